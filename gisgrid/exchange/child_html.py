"""Web pages with a table, in the child: what web systems call a workbook, and name .xls.

Each table of the page is a layer. The page is text: nothing in it is run or fetched.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisgrid.errors import EncodingUnknown, FileUnreadable
from gisgrid.exchange.child_excel import give
from gisgrid.exchange.dbf_encoding import Cells, Encoding, Texts, decide
from gisgrid.exchange.limits import MAX_FIELDS
from gisgrid.exchange.merged import Merged, Range, fill, span
from gisgrid.exchange.text import decode

if TYPE_CHECKING:
    from gisgrid.exchange.old_excel import Sheets

_WIDE = (b"\xff\xfe", b"\xfe\xff")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.IGNORECASE)
_HEAD = 4096
_UNSEEN = frozenset({"script", "style", "title", "xml"})


def read_html(task: dict[str, Any]) -> None:
    """The table `task["layer"]`, or the only one that has rows and columns."""
    text, encoding = _text(Path(task["path"]).read_bytes(), task)
    page = _Page()
    page.feed(text)
    page.close()
    sheets: Sheets = {}
    merged: dict[str, Merged] = {}
    for table in page.tables:
        if len(table.rows) > 1 and any(len(row) > 1 for row in table.rows):
            name = f"table {len(sheets) + 1}"
            if any(len(row) > MAX_FIELDS for row in table.rows):
                raise FileUnreadable(file=task["file"], why="too_wide", most=MAX_FIELDS)
            sheets[name] = table.rows
            merged[name] = fill(table.rows, table.ranges)
    notes = [[each.code, each.facts] for each in encoding.notes]
    give(sheets, merged, {"encoding": encoding.name, "notes": notes}, task)


def _text(data: bytes, task: dict[str, Any]) -> tuple[str, Encoding]:
    """What a page says of its encoding is obeyed where its bytes agree, as a shapefile's is."""
    file, said = task["file"], task.get("encoding")
    if data.startswith(_WIDE):
        text, name = decode(data, file=file, encoding=said)
        return text, Encoding(name)
    named = _CHARSET.search(data[:_HEAD])
    cells = {"": [Cells([data + b" "])]}
    cpg = named[1] if named else None
    encoding = decide(Texts([], cells), said=said, cpg=cpg, mark=0, file=file)
    try:
        return data.decode(encoding.name).removeprefix("\ufeff"), encoding
    except UnicodeDecodeError as err:
        raise EncodingUnknown(file=file) from err


class _Table:
    """Rows while they are read. ranges: cells that reach over several rows or columns."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.ranges: list[Range] = []
        self.cell: list[str] | None = None
        self._covered: dict[int, int] = {}
        """Column -> up to which row a cell from above reaches."""

    def row(self) -> None:
        self.end_cell()
        self.rows.append([])

    def begin_cell(self, down: int, wide: int) -> None:
        self.end_cell()
        if not self.rows:
            self.rows.append([])
        row, number = self.rows[-1], len(self.rows) - 1
        while self._covered.get(len(row), -1) >= number and len(row) <= MAX_FIELDS:
            row.append("")
        place = len(row)
        wide = min(wide, MAX_FIELDS + 1 - min(place, MAX_FIELDS))
        row += [""] * wide
        if down > 1 or wide > 1:
            self.ranges.append(((number, place), (number + down - 1, place + wide - 1)))
            self._covered |= dict.fromkeys(range(place, place + wide), number + down - 1)
        self._place = place
        self.cell = []

    def end_cell(self) -> None:
        if self.cell is not None:
            self.rows[-1][self._place] = " ".join("".join(self.cell).split())
        self.cell = None

    def end(self) -> None:
        """All rows as wide as the widest that is taken."""
        self.end_cell()
        width = min(max(map(len, self.rows), default=0), MAX_FIELDS + 1)
        for row in self.rows:
            row.extend([""] * (width - len(row)))


class _Page(HTMLParser):
    """All tables of a page, one within another too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._open.append(_Table())
        elif tag in _UNSEEN:
            self._unseen += 1
        elif self._open and tag == "tr":
            self._open[-1].row()
        elif self._open and tag in {"td", "th"}:
            said = dict(attrs)
            self._open[-1].begin_cell(span(said.get("rowspan")), span(said.get("colspan")))
        elif tag in {"br", "p", "div"}:
            self.handle_data(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _UNSEEN:
            super().handle_startendtag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._open:
            self._ended()
        elif tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif self._open and tag in {"td", "th", "tr"}:
            self._open[-1].end_cell()

    def handle_data(self, data: str) -> None:
        if self._open and not self._unseen and self._open[-1].cell is not None:
            self._open[-1].cell.append(data)

    def close(self) -> None:
        """Tables that were never ended end with the page."""
        super().close()
        while self._open:
            self._ended()

    def _ended(self) -> None:
        table = self._open.pop()
        table.end()
        self.tables.append(table)
