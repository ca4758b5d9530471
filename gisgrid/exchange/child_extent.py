"""Why a workbook could not be read, in a child: a sheet of which nearly all is empty."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from gisgrid.errors import FileUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = re.compile(rb'<(?:\w+:)?c\s[^<>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_PIECE = 1 << 20
_TOO_MANY = 10_000_000
"""Places of a sheet, full or empty; each of them takes room where a sheet is read."""
_EMPTY = 20
"""So many places for each cell that is there, and the table is not what makes the sheet large."""


def find_far(task: dict[str, Any]) -> None:
    """Raise FileUnreadable with the last corner of a sheet whose cells lie far from each other.

    Done only where reading failed: to look at each cell first would take as long as to read it.
    """
    try:
        with ZipFile(task["path"]) as archive:
            for entry in filter(_SHEET.fullmatch, archive.namelist()):
                _look(archive, entry, task["file"])
    except (BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return


def _look(archive: ZipFile, entry: str, file: str) -> None:
    count, width, last, letters = 0, 0, 0, b""
    for piece in _pieces(archive, entry):
        for column, row in _CELL.findall(piece):
            count += 1
            last = max(last, int(row))
            if (len(column), column) > (len(letters), letters):
                letters = column
    for letter in letters:
        width = width * 26 + letter - 64
    if width * last > max(_TOO_MANY, _EMPTY * count):
        raise FileUnreadable(file=file, why="far", cell=f"{letters.decode('ascii')}{last}")


def _pieces(archive: ZipFile, entry: str) -> Iterator[bytes]:
    """The text of an entry, cut between its marks."""
    rest = b""
    with archive.open(entry) as stream:
        while piece := stream.read(_PIECE):
            whole, mark, rest = (rest + piece).rpartition(b"<")
            yield whole
            rest = mark + rest
    yield rest
