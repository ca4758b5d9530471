"""Merged cells of a sheet: what is seen over several cells lies in the file in the first alone.

Merged downwards it holds for each of the rows, as people read it. Merged sideways it stays in the
first column: whether the others mean the same cannot be known. Both are counted, to be said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.parsers import expat
from zipfile import ZipFile

from gisgrid.errors import FileUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Range = tuple[tuple[int, int], tuple[int, int]]
"""Its first and its last cell as (row, column), counted from nought."""
ODS_CONTENT = "content.xml"
_MOST = 1 << 20
"""Rows and columns of a sheet."""


@dataclass(slots=True)
class Merged:
    """Row numbers of a sheet, one for each cell. down: filled; wide: that reach over columns."""

    down: list[int] = field(default_factory=list)
    wide: list[int] = field(default_factory=list)


def fill(rows: list[list[Any]], ranges: Iterable[Range], top: int = 0, left: int = 0) -> Merged:
    """Put what ranges say into their cells below. top, left: where the first of `rows` begins."""
    merged = Merged()
    left_to_do = sum(map(len, rows))  # ranges may lie on one another in a file that means harm
    for (first, column), (last, end) in ranges:
        at, place = first - top, column - left
        if at < 0 or place < 0 or at >= len(rows) or place >= len(rows[at]):
            continue
        if rows[at][place] == "":
            continue
        stop = min(last - top + 1, len(rows), at + 1 + left_to_do)
        if end > column:
            merged.wide += [first + 1 + row for row in range(max(stop - at, 1))]
        for row in range(at + 1, stop):
            left_to_do -= 1
            if place < len(rows[row]) and rows[row][place] == "":
                rows[row][place] = rows[at][place]
                merged.down.append(top + row + 1)
    return merged


def ranges_of_ods(path: Path, *, file: str) -> list[list[Range]]:
    """Those of each sheet of an OpenDocument table; calamine does not tell them.

    Raises FileUnreadable also for what calamine would read without an end: marks that are not
    closed, cells that repeat a million times.
    """
    found = _Sheets(file)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = found.begins, found.ends
    parser.EntityDeclHandler = found.declares
    try:
        with ZipFile(path) as archive, archive.open(ODS_CONTENT) as stream:
            parser.ParseFile(stream)
    except (expat.ExpatError, LookupError) as err:  # no XML, no encoding of that name, no content
        raise FileUnreadable(file=file, problem="its table is damaged") from err
    return found.sheets


class _Sheets:
    """What is noted while the marks of `content.xml` go by."""

    def __init__(self, file: str) -> None:
        self.sheets: list[list[Range]] = []
        self._file = file
        self._depth = self._row = self._column = self._height = 0
        self._filled = self._cells = self._written = 0

    def begins(self, name: str, said: dict[str, str]) -> None:
        if name == "table:table":
            self._depth += 1
            if self._depth == 1:
                self.sheets.append([])
                self._row = 0
        elif name == "table:table-row" and self._depth == 1:
            self._column, self._height = 0, _number(said, "table:number-rows-repeated")
            self._filled = 0
        elif name in _CELLS and self._depth == 1:
            down = _number(said, "table:number-rows-spanned")
            wide = _number(said, "table:number-columns-spanned")
            if down > 1 or wide > 1:
                last = (self._row + down - 1, self._column + wide - 1)
                self.sheets[-1].append(((self._row, self._column), last))
            repeated = _number(said, "table:number-columns-repeated")
            self._column += repeated
            if "office:value-type" in said:
                self._filled += repeated
                self._written += 1

    def ends(self, name: str) -> None:
        if name == "table:table":
            self._depth -= 1
        elif name == "table:table-row" and self._depth == 1:
            self._row += self._height
            self._cells += self._filled * self._height
            if self._cells > self._written + _MOST:
                raise FileUnreadable(file=self._file, problem="it repeats its cells too often")

    def declares(self, *_: Any) -> None:
        raise FileUnreadable(file=self._file, problem="it declares entities, which are not taken")


_CELLS = frozenset({"table:table-cell", "table:covered-table-cell"})


def _number(said: dict[str, str], name: str) -> int:
    return span(said.get(name))


def span(said: str | None) -> int:
    """Over how many cells something reaches; 1 where that is no number."""
    number = (said or "").strip()
    if not number.isascii() or not number.isdigit():
        return 1
    return min(max(int(number[:9]), 1), _MOST)
