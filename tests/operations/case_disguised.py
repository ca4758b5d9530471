"""The last of the table of cases: what is called a workbook and is something else; merged cells."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from .case_files import HERE, NAMES, case, text
from .case_formats import ODS, ODS_LIST, ODS_TYPE, OLD, ROWS, book, cell
from .case_old_excel import CASES, compound, old
from .case_shapes import zipped

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CASES"]

VALUES = {"id": ["H1", "H2"], "name": list(NAMES[:2]), "listed_on": ["2026-01-02"] * 2}
CELLS = ["".join(f"<td class=x>{each}</td>" for each in row) for row in ROWS]
TABLE = "<table border=1>" + "".join(f"<tr>{row}</tr>" for row in CELLS) + "</table>"
META = '<meta http-equiv="Content-Type" content="text/html; charset={}">'
OFFICE = '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>{}</head><body>{}</body>'


def page(charset: str = "gb2312", encoding: str = "gbk", table: str = TABLE) -> Any:
    """A page as web systems write it."""
    whole = OFFICE.format(META.format(charset), table)
    return text("a.xls", whole.encode(encoding))


case("a web page called .xls", page(), values=VALUES)
case("a web page called .xls in UTF-8", page("utf-8", "utf-8-sig"), values=VALUES)
case("a web page called .xls in UTF-16", page("unicode", "utf-16"), values=VALUES)
case(
    "a web page called .xls whose encoding its bytes contradict",
    page("gb2312", "utf-8"),
    notes=("it says gb2312, but its text is utf-8",),
    values=VALUES,
)
case(
    "a web page called .xls, its encoding said by a person that does not fit",
    page(),
    options={"encoding": "utf-8"},
    error="EncodingUnknown",
)
case("a table alone called .xls", text("a.xls", TABLE), values=VALUES)
case(
    "a page whose marks are not ended, with words of a program and a table around the table",
    text(
        "a.xls",
        "<TABLE><TR><TD>"
        + TABLE.replace("</td>", "").replace("</tr>", "").replace("</table>", "")
        + "</table></TD></TR></TABLE><script>var x='<td>'</script>",
    ),
    values=VALUES,
)
case(
    "a web page called .xls with a title over its columns and a place beside both rows",
    page(
        table="<table><tr><th colspan=6>住户名册</th></tr>"
        f"<tr><td>地址</td>{CELLS[0]}</tr>"
        f"<tr><td rowspan=2>东关村&amp;<br>西关村</td>{CELLS[1]}</tr>"
        f"<tr>{CELLS[2]}</tr></table>"
    ),
    notes=("its headings stand in row 2", "what a merged range says"),
    values=VALUES | {"address": ["东关村& 西关村"] * 2},
)
case("a web page called .xls with two full tables", page(table=TABLE * 2), error="LayerChoice")
case(
    "a web page called .xls with two full tables, one named",
    page(table=TABLE * 2),
    options={"layer_name": "table 2"},
    values=VALUES,
)
case("a web page called .xls without a table", page(table="请登录"), error="FileEmpty")
case(
    "a web page called .xls whose cells reach over more columns than there are",
    page(table="<table><tr><td colspan=99999999 rowspan=99999999>x</td></tr><tr><td>y</td></tr>"),
    error="FileUnreadable",
    says="more than 128 columns",
)
case(
    "a workbook of XML called .xls",
    text("a.xls", '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:'
         'spreadsheet"><Worksheet><Table/></Worksheet></Workbook>'),
    error="FileInDisguise",
    says="written as XML",
)  # fmt: skip
case(
    "a web archive called .xls",
    text("a.xls", "MIME-Version: 1.0\nContent-Type: multipart/related\n\n<table>"),
    error="FileInDisguise",
    says="web archive",
)
case(
    "plain text called .xls",
    text("a.xls", "\n".join("\t".join(map(str, row)) for row in ROWS).encode("gbk")),
    error="FileInDisguise",
    says=".csv",
)


def called(name: str, make: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def other(folder: Path) -> Path:
        return make(folder).rename(folder / name)

    return other


case("a web page called .html", called("b.html", page()), values=VALUES)
case("a list as text called .html", text("a.html", "id,name"), error="FileNotWhatItSays")
LINES = "\n".join(",".join(map(str, row)) for row in ROWS).encode("gbk")
case("a zip with a list alone", zipped({"名册/住户.csv": LINES, "名册/a.pdf": b"x"}), values=VALUES)
case("a zip with a web page alone", zipped({"a.xls": TABLE.encode()}), values=VALUES)
case(
    "a zip with two lists",
    zipped({"a.csv": LINES, "b.csv": LINES}),
    error="FileUnreadable",
    says="it holds several files",
)
case("a zip with a list that lies", zipped({"a.csv": b"\0" * 99}), error="FileNotWhatItSays")
case(
    "CSV whose positions are wide digits",
    text("a.csv", "id,经度,纬度\nH1,１０５．００５,３５．７０５\nH2,东经１０５．０１５°,35.715\n"),
    values={"id": ["H1", "H2"]},
)


case("an Excel file called .xls", called("b.xls", book()), values=VALUES)
case("an old Excel file called .xlsx", called("b.xlsx", old()), values=VALUES)


def lists_of_offices(folder: Path) -> Path:
    """What `case_formats.merged` is, as an old workbook by another writer: see old/README.md."""
    return Path(shutil.copy(OLD / "merged.xls", folder / "a.xls"))


MERGED: dict[str, Any] = {
    "notes": ("its headings stand in row 5", "what a merged range says"),
    "values": VALUES | {"address": ["东关村"] * 2},
}
case("an old Excel file with merged cells", lists_of_offices, **MERGED)
case("a workbook of WPS", called("a.et", lists_of_offices), **MERGED)
case("a workbook of today called .et", called("a.et", book()), values=VALUES)
case("a web page called .et", called("a.et", page()), values=VALUES)
case(
    "a workbook of XML called .et",
    text("a.et", '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:'
         'spreadsheet"><Worksheet><Table/></Worksheet></Workbook>'),
    error="FileInDisguise",
    says="is no workbook of Excel or WPS, whatever its name says: it is a workbook written as XML",
)  # fmt: skip
case("a PDF called .et", text("a.et", b"%PDF-1.4\n\0"), error="FileNotWhatItSays")


def locked(folder: Path) -> Path:
    path = folder / "a.xlsx"
    path.write_bytes(compound(bytes(5000), name="EncryptedPackage"))
    return path


case("an Excel file with a password", locked, error="FileUnreadable", says="by a password")


def wide(folder: Path) -> Path:
    """A name that reaches over the address."""
    path = folder / "a.xlsx"
    headings = [*ROWS[0], "地址"]
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as made:
        sheet = made.add_worksheet("住户")
        order = [0, 2, 3, 4, 1, 5]
        for column, place in enumerate(order):
            sheet.write(0, column, headings[place])
        for number, row in enumerate(ROWS[1:], 1):
            for column, place in enumerate(order[:5]):
                sheet.write(number, column, row[place])
            sheet.merge_range(number, 4, number, 5, row[1])
    return path


def far(folder: Path) -> Path:
    """A list and one cell in the last corner of the sheet."""
    path = folder / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        sheet = made.add_worksheet("住户")
        for at, heading in enumerate(ROWS[0]):
            sheet.write(0, at, heading)
        sheet.write(1_048_575, 16_383, "x")
    return path


case("an Excel file with a cell in its last corner", far, error="FileUnreadable", says="XFD1048576")


WIDE = ("cells merged over several columns were taken for the first of them: 2",)
case(
    "an Excel file with cells merged over two columns",
    wide,
    notes=WIDE,
    values=VALUES | {"address": [None, None]},
)


def spread(folder: Path, content: str | None = None) -> Path:
    """An OpenDocument table below a title and empty rows, with cells merged both ways.

    content: an own one instead.
    """
    part = "<table:covered-table-cell/>"

    def over(value: str, down: int, across: int = 1) -> str:
        more = f'table:number-rows-spanned="{down}" table:number-columns-spanned="{across}"'
        return cell(value).replace("<table:table-cell", f"<table:table-cell {more}")

    lines = [
        over("住户名册", 1, 6) + part * 5,
        cell("地址") + "".join(map(cell, ROWS[0])),
        over("东关村", 2) + "".join(map(cell, ROWS[1])),
        part + "".join(map(cell, ROWS[2])),
    ]
    empty = '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
    rows = empty + "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    path = folder / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", ODS_TYPE)
        archive.writestr("content.xml", content or ODS.format(rows=rows))
        archive.writestr("META-INF/manifest.xml", ODS_LIST)
    return path


case(
    "an OpenDocument table with a title and merged cells",
    spread,
    notes=("its headings stand in row 5", "what a merged range says"),
    values=VALUES | {"address": ["东关村"] * 2},
)
REPEATED = (
    f'<table:table-row table:number-rows-repeated="999999">{cell("H1") * 3}</table:table-row>'
)
for title, content, said in (
    ("that repeats a row a million times", ODS.format(rows=REPEATED), "repeats its cells"),
    ("in an encoding that there is not", "<?xml version='1.0' encoding='UTFN8'?><a/>", "damaged"),
    ("whose marks are not closed", ODS.format(rows="</x>"), "damaged"),
    ("with an entity bomb", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities"),
):
    case(
        f"an OpenDocument table {title}",
        lambda folder, content=content: spread(folder, content),
        error="FileUnreadable",
        says=said,
    )
assert len(HERE) >= 2
