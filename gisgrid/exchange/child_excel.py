"""Excel and OpenDocument sheets, in the child: each sheet is a layer."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import python_calamine

from gisgrid.errors import EncodingUnknown, FileEmpty, FileUnreadable
from gisgrid.exchange import wire
from gisgrid.exchange.fields import heading_row
from gisgrid.exchange.limits import MAX_FIELDS
from gisgrid.exchange.old_excel import Sheets, as_western, in_words
from gisgrid.exchange.table import distinct
from gisgrid.exchange.tables import unguarded
from gisgrid.exchange.wish import choose

Merged = dict[str, list[int]]
"""Sheet -> rows in which a cell got what its merged range says, one for each cell."""


def read_excel(task: dict[str, Any]) -> None:
    """The sheet `task["layer"]`, or the only one that holds anything."""
    file, path = task["file"], Path(task["path"])
    page = as_western(path) if path.suffix == ".xls" else None
    sheets, merged = _sheets(path, file)
    said: dict[str, Any] = {"notes": []}
    if page is not None:
        sheets, said = _in_words(sheets, page, task)
    filled = [name for name, rows in sheets.items() if any(_filled(row) for row in rows)]
    name = choose(filled, task, others=list(sheets))
    rows = [(number, row) for number, row in enumerate(sheets[name], start=1) if _filled(row)]
    start = heading_row([row for _, row in rows], task.get("our_layer"))
    if start:
        said["notes"].append(["title_rows", {"row": rows[start][0]}])
    rows = rows[start:]
    below = sum(number > rows[0][0] for number in merged.get(name, ())) if rows else 0
    if below:
        said["notes"].append(["cells_merged", {"count": below}])
    if len(rows) < 2:
        raise FileEmpty(file=file)
    # A sheet may be wider than its headings by cells that only carry a colour.
    width = max(place for _, row in rows for place, cell in enumerate(row, 1) if cell != "")
    if width > MAX_FIELDS:
        raise FileUnreadable(file=file, problem=f"it has more than {MAX_FIELDS} columns")
    headings = distinct([_text(cell) for cell in rows[0][1][:width]])
    cells = zip(*([_cell(cell) for cell in row[:width]] for _, row in rows[1:]), strict=True)
    columns = dict(zip(headings, map(list, cells), strict=True))
    meta = {"rows": [number for number, _ in rows[1:]], "layer": name, **said}
    wire.dump(Path(), meta, columns, None)


def _in_words(sheets: Sheets, page: int, task: dict[str, Any]) -> tuple[Sheets, dict[str, Any]]:
    """Sheets of Excel 95 in words, and what is said of their encoding. Raises FileUnreadable."""
    file = task["file"]
    try:
        sheets, encoding = in_words(sheets, page, said=task.get("encoding"), file=file)
    except UnicodeDecodeError as err:
        raise EncodingUnknown(file=file) from err
    except ValueError as err:
        raise FileUnreadable(file=file, problem=str(err)) from err
    notes = [[each.code, each.facts] for each in encoding.notes]
    return sheets, {"encoding": encoding.name, "notes": notes}


def _sheets(path: Path, file: str) -> tuple[Sheets, Merged]:
    """All sheets with their cells, see `_loaded`. Raises FileUnreadable."""
    try:
        try:
            return _loaded(path)
        except python_calamine.CalamineError:
            if path.suffix != ".ods":
                raise
            return _loaded(_without_breaks(path))
    except (python_calamine.CalamineError, OSError, ValueError, KeyError, BadZipFile) as err:
        raise FileUnreadable(file=file, problem=str(err)) from err


def _loaded(path: Path) -> tuple[Sheets, Merged]:
    """Sheets with their rows from the first on, and where a row got what a merged range says."""
    book = python_calamine.load_workbook(path)
    sheets: Sheets = {}
    merged: Merged = {}
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        rows = sheet.to_python()
        top, left = sheet.start or (0, 0)
        merged[name] = [top + row + 1 for row in _filled_down(rows, sheet, top, left)]
        sheets[name] = [[]] * top + rows
    return sheets, merged


def _filled_down(rows: list[list[Any]], sheet: Any, top: int, left: int) -> list[int]:
    """Put the value of a range that is merged downwards into its empty cells; in which rows.

    A file holds it in the first cell alone, and people see it beside all rows of the range.
    """
    filled: list[int] = []
    left_to_do = sum(map(len, rows))  # ranges may lie on one another in a file that means harm
    for (first, column), (last, _) in sheet.merged_cell_ranges or ():
        at, place = first - top, column - left
        if at < 0 or place < 0 or at >= len(rows) or place >= len(rows[at]):
            continue
        for row in range(at + 1, min(last - top + 1, len(rows), at + 1 + left_to_do)):
            left_to_do -= 1
            if place < len(rows[row]) and rows[row][place] == "" != rows[at][place]:
                rows[row][place] = rows[at][place]
                filled.append(row)
    return filled


_CONTENT = "content.xml"
_BLANKS = re.compile(rb"(?<=>)\s++(?=<)")


def _without_breaks(path: Path) -> Path:
    """The sheets without the ends of lines between two marks, at which calamine stumbles.

    GDAL, and with it QGIS, writes rows and cells on lines of their own.
    """
    closed = path.with_name(f"closed{path.suffix}")
    with ZipFile(path) as given, ZipFile(closed, "w") as made:
        for entry in given.namelist():
            data = given.read(entry)
            made.writestr(entry, _BLANKS.sub(_kept, data) if entry == _CONTENT else data)
    return closed


def _kept(blanks: re.Match[bytes]) -> bytes:
    """A blank within a text is a part of it; the end of a line is not."""
    return b"" if b"\n" in blanks[0] else blanks[0]


def _filled(row: list[Any]) -> bool:
    return any(cell not in ("", None) for cell in row)


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _cell(cell: Any) -> Any:
    """A cell as text, number, truth, day or moment; a time of day and a span become text."""
    if isinstance(cell, str):
        return unguarded(cell.strip()) or None
    if isinstance(cell, (time, timedelta)) and not isinstance(cell, (date, datetime)):
        return str(cell)
    return cell
