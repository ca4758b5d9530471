"""The table of a shapefile (dBASE and FoxPro), read strictly and by columns, without GDAL.

GDAL gives numbers that are no numbers as 0, merges columns whose cut names are alike, and decodes
cell by cell; here each cell is what it says, text that cannot be a number stays text, and the
encoding is one decision for the file (`dbf_encoding`). The file is mapped and looked at a group of
rows after another, so that its wide, mostly empty cells are never in memory all at once.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.errors import FileUnreadable
from gisgrid.exchange.limits import MAX_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gisgrid.columns import Bools

GROUP = 16_384
"""Rows that are looked at in one go."""

_KNOWN = frozenset("CNFDLIOBYT@+MGPVQW0")
_SKIPPED = frozenset("MGPQW0")
"""Memos, pictures and the like lie in other files or are no values."""


@dataclass(frozen=True, slots=True)
class DbfField:
    """One column: raw name, type letter, bytes a cell, decimals, where it begins in a record."""

    name: bytes
    kind: str
    width: int
    decimals: int
    place: int


@dataclass(eq=False, slots=True)
class Dbf:
    """A table on disk. said: rows by its head; count: rows that are there. mark: language."""

    fields: list[DbfField]
    said: int
    count: int
    grid: Any
    mark: int
    lies: mmap.mmap

    def groups(self) -> Iterator[slice]:
        """The rows, group by group; after each the system may have its memory back."""
        for start in range(0, self.count, GROUP):
            yield slice(start, min(start + GROUP, self.count))
            if hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
                self.lies.madvise(mmap.MADV_DONTNEED)

    @property
    def live(self) -> Bools:
        """Rows that are not marked as deleted."""
        kept = [self.grid[rows, 0] != 0x2A for rows in self.groups()]
        return np.concatenate([np.empty(0, dtype=bool), *kept])

    def raw(self, each: DbfField, rows: slice) -> list[bytes]:
        """The cells of a column as bytes, as wide as the field."""
        block = np.ascontiguousarray(self.grid[rows, each.place : each.place + each.width])
        joined = block.tobytes()
        width = each.width
        return [joined[at : at + width] for at in range(0, len(joined), width)]


def open_dbf(path: Path, file: str) -> Dbf:
    """The structure of a table. Raises FileUnreadable where head and fields make no sense."""
    if path.stat().st_size < 33:
        raise FileUnreadable(file=file, problem="its .dbf is cut off")
    with path.open("rb") as stream:
        data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    said, start, width = struct.unpack("<IHH", data[4:12])
    fields, place = [], 1
    for at in range(32, min(start, len(data)) - 31, 32):
        if data[at] in {0x0D, 0x00}:
            break
        name, kind, size, decimals = struct.unpack("<11sc4xBB14x", data[at : at + 32])
        letter = kind.decode("latin-1")
        if letter not in _KNOWN:
            raise FileUnreadable(file=file, problem="its .dbf has a column of no known kind")
        if letter == "C":
            # Clipper and FoxPro count text beyond 255 bytes with both bytes.
            size, decimals = (size + 256 * decimals, 0) if place + size < width else (size, 0)
            size = size if place + size <= width else size % 256
        fields.append(DbfField(name.split(b"\0")[0].rstrip(b" "), letter, size, decimals, place))
        place += size
    if len(fields) > MAX_FIELDS:
        raise FileUnreadable(file=file, why="too_wide", most=MAX_FIELDS)
    if width == 0 or place > width or start < 33 or any(each.width == 0 for each in fields):
        raise FileUnreadable(file=file, problem="the head of its .dbf is damaged")
    count = min(said, max(0, len(data) - start) // width)
    grid = np.frombuffer(data, np.uint8, count * width, min(start, len(data)))
    return Dbf(fields, said, count, grid.reshape(count, width), data[29], data)


def values(dbf: Dbf, each: DbfField, rows: slice) -> tuple[list[Any], int]:
    """Cells of a column that is not text, and how many are too narrow for their number."""
    cells = dbf.raw(each, rows)
    if each.kind in "NF":
        return _numbers(cells, whole=each.decimals == 0)
    if each.kind in _SKIPPED:
        return [None] * len(cells), 0
    return [_READ[each.kind](cell) for cell in cells], 0


def is_text(each: DbfField) -> bool:
    """Whether a column's cells have an encoding."""
    return each.kind in "CV"


def _numbers(cells: list[bytes], *, whole: bool) -> tuple[list[Any], int]:
    """Numbers; a cell that is none stays text, so that it is refused where it matters."""
    made: list[Any] = []
    overflow = 0
    for cell in cells:
        try:
            made.append(int(cell) if whole else float(cell))
            continue
        except ValueError:
            text = cell.strip(b" \0\t\r\n")
        if not text:
            made.append(None)
        elif not text.strip(b"*"):
            overflow += 1
            made.append(None)
        else:
            made.append(_odd_number(text))
    return made, overflow


def _odd_number(text: bytes) -> Any:
    """A whole-number cell with a fraction, a decimal comma; else the text itself."""
    try:
        return float(text.replace(b",", b"."))
    except ValueError:
        return text.decode("latin-1")


def _day(cell: bytes) -> Any:
    """A day; nothing for blanks and zeros; the text where it is no day."""
    text = cell.strip(b" \0")
    if not text.strip(b"0"):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return text.decode("latin-1")


def _truth(cell: bytes) -> Any:
    return {b"T": True, b"Y": True, b"F": False, b"N": False}.get(cell[:1].upper())


def _moment(cell: bytes) -> Any:
    """Julian day and milliseconds."""
    if len(cell) != 8:
        return None
    day, milliseconds = struct.unpack("<ii", cell)
    if day <= 0:
        return None
    try:
        start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day - 2440588)
        return (start + timedelta(milliseconds=milliseconds)).replace(tzinfo=None)
    except OverflowError:
        return None


def _packed(form: str) -> Any:
    size = struct.calcsize(form)
    return lambda cell: struct.unpack(form, cell)[0] if len(cell) == size else None


_READ: dict[str, Any] = {
    "D": _day,
    "L": _truth,
    "T": _moment,
    "@": _moment,
    "I": _packed("<i"),
    "+": _packed("<i"),
    "O": _packed("<d"),
    "B": _packed("<d"),
    "Y": lambda cell: struct.unpack("<q", cell)[0] / 10_000 if len(cell) == 8 else None,
}
