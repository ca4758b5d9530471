"""More of the table of cases: spreadsheets, columns as programs write them, other formats."""

from __future__ import annotations

import json
import shutil
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter
from shapely.geometry import Point, Polygon

from gisgrid.columns import objects
from gisgrid.exchange.outgoing import Form, Outgoing
from gisgrid.exchange.writers import FORMATS, write

from .case_files import CASES, HERE, NAMES, POINTS, case, geojson, text
from .case_shapes import GRID, RING, SQUARE

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CASES"]

ROWS: list[list[Any]] = [
    ["编号", "姓名", "经度", "纬度", "登记日期"],
    *([f"H{n + 1}", NAMES[n], *HERE[n], date(2026, 1, 2)] for n in range(2)),
]
VALUES = {"id": ["H1", "H2"], "name": list(NAMES[:2]), "listed_on": ["2026-01-02"] * 2}


def book(**options: Any) -> Callable[[Path], Path]:
    """A workbook of xlsxwriter with days as days."""

    def make(folder: Path) -> Path:
        path = folder / "a.xlsx"
        with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as made:
            for sheet in options.get("sheets", ("住户",)):
                page = made.add_worksheet(sheet)
                for number, row in enumerate(options.get("rows", ROWS)):
                    for at, cell in enumerate(row):
                        page.write(number, at, cell)
        return path

    return make


case("an Excel file", book(), values=VALUES)
case("an Excel file with two full sheets", book(sheets=("甲", "乙")), error="LayerChoice")
case(
    "an Excel file with two full sheets, one named",
    book(sheets=("甲", "乙")),
    options={"layer_name": "乙"},
    values=VALUES,
)
TITLES: list[list[Any]] = [
    ["会宁县会师镇住户名册（2026年）"],
    ["填报单位：会师镇", "", "", "2026-11-01"],
]
ABOVE = ("its headings stand in row 3",)
case("an Excel file under a title", book(rows=[*TITLES, *ROWS]), notes=ABOVE, values=VALUES)


def merged(folder: Path) -> Path:
    """A list as offices make them: below a title, headings in two rows, one office beside all."""
    path = folder / "a.xlsx"
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as made:
        page = made.add_worksheet("住户")
        page.merge_range(1, 1, 1, 6, "住户名册")
        for at, heading in enumerate(("地址", *ROWS[0][:2])):
            page.merge_range(3, 1 + at, 4, 1 + at, heading)
        page.merge_range(3, 4, 3, 6, "其他")
        for at, heading in enumerate(ROWS[0][2:]):
            page.write(4, 4 + at, heading)
        page.merge_range(5, 1, 6, 1, "东关村")
        for number, row in enumerate(ROWS[1:]):
            for at, cell in enumerate(row):
                page.write(5 + number, 2 + at, cell)
    return path


case(
    "an Excel file with headings in two rows and merged cells",
    merged,
    notes=("its headings stand in row 5", "what a merged range says"),
    values=VALUES | {"address": ["东关村"] * 2},
)
case(
    "an Excel file that begins further down, one of its rows wrong",
    book(rows=[[], [], [], ROWS[0], ROWS[1], ["H2", NAMES[1], 0, 0]]),
    refused={6: "zero_position"},
    values={"id": ["H1"]},
    at=HERE[:1],
)
case(
    "an Excel file with a sum below its rows",
    book(rows=[*TITLES, *ROWS, ["合计", "2户"]]),
    notes=ABOVE,
    rows=3,
    refused={6: "sum_row"},
    values=VALUES,
)
case(
    "an Excel file of which no row holds headings",
    book(rows=[*TITLES, *([1, 2, 3] for _ in range(3))]),
    error="ColumnMissing",
)
case(
    "an Excel file whose codes are numbers",
    book(rows=[ROWS[0], *([620422100 + n, *ROWS[n + 1][1:]] for n in range(2))]),
    values={"id": ["620422100", "620422101"]},
)

ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="住户">{rows}</table:table>
</office:spreadsheet></office:body></office:document-content>"""
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS_LIST = (
    '<?xml version="1.0"?><manifest:manifest manifest:version="1.2" '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)


def cell(value: Any) -> str:
    if isinstance(value, float):
        kind = f'office:value-type="float" office:value="{value}"'
    elif isinstance(value, date):
        kind = f'office:value-type="date" office:date-value="{value.isoformat()}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{value}</text:p></table:table-cell>"


def ods(folder: Path) -> Path:
    rows = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in ROWS)
    path = folder / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", ODS_TYPE)
        archive.writestr("content.xml", ODS.format(rows=rows))
        archive.writestr("META-INF/manifest.xml", ODS_LIST)
    return path


case("an OpenDocument table", ods, values=VALUES)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD = Path(__file__).parents[1] / "exchange" / "old"
case(
    "an old Excel file, its days counted from 1904",
    lambda folder: Path(shutil.copy(OLD / "households_of_1904.xls", folder)),
    values={
        "id": ["H0000", "H0001"],
        "name": ["欧阳伟伟", "欧阳芳伟"],
        "listed_on": ["2026-01-01", "2026-02-02"],
        "visit_every_days": [None, 8],
    },
    at=((105.0, 35.7), (105.0001, 35.7)),
)
case("an old Excel file of a head alone", text("a.xls", OLE + bytes(600)), error="FileUnreadable")


def ours(form: str, **more: Any) -> Callable[[Path], Path]:
    """A file as gisgrid writes it."""

    def make(folder: Path) -> Path:
        frame = pd.DataFrame({"id": ["H1", "H2"], "name": list(NAMES[:2])})
        out = Outgoing("households", frame, objects([Point(*at) for at in HERE[:2]]), "Point")
        path = folder / f"a{FORMATS[form]}"
        write(out, path, form, Form(**more))
        return path

    return make


SAME = {"id": ["H1", "H2"], "name": list(NAMES[:2])}
for form in ("gpkg", "shp", "geojson", "fgb", "parquet", "kml", "csv", "xlsx"):
    case(f"an export of gisgrid as {form}", ours(form), values=SAME)
for form in ("gpkg", "shp", "fgb", "parquet"):
    case(f"an export of gisgrid as {form} in the zone", ours(form, crs="EPSG:4544"), values=SAME)
case("an export of gisgrid as shp with its twin", ours("shp", twin=True), values=SAME)
case("an export of gisgrid as shp in GB18030", ours("shp", encoding="gb18030"), values=SAME)
case(
    "an export of gisgrid shifted to GCJ-02, said",
    ours("gpkg", datum="gcj02"),
    options={"datum": "gcj02"},
    values=SAME,
)


def table(mark: str, rows: Any = None) -> str:
    return "\n".join(mark.join(map(str, row)) for row in rows or ROWS)


for title, made in (
    ("semicolons", table(";")),
    ("tabs", table("\t")),
    ("lines of Windows", table(",").replace("\n", "\r\n")),
    ("quoted cells", "\n".join(",".join(f'"{each}"' for each in row) for row in ROWS)),
    ("empty lines at its end", table(",") + "\n\n\n"),
):
    case(f"CSV with {title}", text("a.csv", made), values=VALUES)
case(
    "CSV under a title",
    text("a.csv", table(",", [*TITLES, *ROWS])),
    notes=ABOVE,
    values=VALUES,
)
case(
    "CSV whose cells read like headings",
    text("a.csv", "id,lon,lat\nname,105.005,35.705\naddress,105.015,35.715\n"),
    values={"id": ["name", "address"]},
)
TWO = [f"{lon},{lat}" for lon, lat in HERE[:2]]
case(
    "CSV with a line break in a cell",
    text(
        "a.csv", 'id,address,lon,lat\nH1,"东关\n1号",{},{}\nH2,x,{},{}\n'.format(*HERE[0], *HERE[1])
    ),
    values={"id": ["H1", "H2"], "address": ["东关\n1号", "x"]},
)
case(
    "CSV with degrees, minutes and seconds",
    text("a.csv", "id,经度,纬度\nH1,105°0′18″,35°42′18″\nH2,东经105度0分54秒,北纬35度42分54秒\n"),
    values={"id": ["H1", "H2"]},
)
case(
    "CSV whose degrees say the other axis",
    text("a.csv", "id,经度,纬度\nH1,35°42′18″N,105°0′18″E\n"),
    rows=1,
    refused={2: "bad_position"},
    at=None,
)
case(
    "CSV whose positions are words",
    text("a.csv", "id,lon,lat\nH1,east,north\nH2,105.0,35.7\n"),
    refused={2: "bad_position"},
    at=None,
)

POLYGON = {"type": "Polygon", "coordinates": [RING]}
for title, shape, reason in (
    ("a collection of one polygon", [POLYGON], "wrong_shape"),
    ("a collection of a polygon and a point", [POLYGON, POINTS[0]], "wrong_shape"),
    ("a collection of nothing", [], "no_shape"),
):
    whole = {"type": "GeometryCollection", "geometries": shape}
    case(title, geojson(whole, ids=["N1"]), refused={1: reason}, **GRID)
case(
    "points in collections",
    geojson(*({"type": "GeometryCollection", "geometries": [point]} for point in POINTS[:2])),
    refused={1: "wrong_shape", 2: "wrong_shape"},
    at=None,
)

DXF_LINE = "0\nLWPOLYLINE\n8\nN1\n90\n{count}\n70\n{closed}\n{corners}"


def dxf(*, closed: bool) -> Callable[[Path], Path]:
    corners = "".join(f"10\n{x}\n20\n{y}\n" for x, y in SQUARE[:-1])
    line = DXF_LINE.format(count=len(SQUARE) - 1, closed=int(closed), corners=corners)
    return text("a.dxf", f"0\nSECTION\n2\nENTITIES\n{line}0\nENDSEC\n0\nEOF\n")


DXF: dict[str, Any] = {"fields": {"code": "Layer"}, "crs": "EPSG:4326"}
case(
    "a closed line of a drawing",
    dxf(closed=True),
    options=DXF,
    values={"shape": [1004110.6]},
    **GRID,
)
case(
    "an open line of a drawing", dxf(closed=False), options=DXF, refused={1: "wrong_shape"}, **GRID
)
case("a closed line of a drawing that says no system", dxf(closed=True),
     options={"fields": {"code": "Layer"}}, error="CrsChoice", layer="grids")  # fmt: skip
case(
    "GeoJSON lines, one a row",
    text("a.geojson", "\n".join(json.dumps({"type": "Feature", "properties": {"id": f"H{n}"},
         "geometry": point}) for n, point in enumerate(POINTS[:2], 1))),
    error="FileUnreadable",
)  # fmt: skip
assert Polygon(SQUARE).is_valid
