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
from gisgrid.exchange.merged import ODS_CONTENT, Merged, Range, fill, ranges_of_ods
from gisgrid.exchange.old_excel import Sheets, as_western, in_words
from gisgrid.exchange.table import distinct
from gisgrid.exchange.tables import unguarded
from gisgrid.exchange.wish import choose


def read_excel(task: dict[str, Any]) -> None:
    """The sheet `task["layer"]`, or the only one that holds anything."""
    file, path = task["file"], Path(task["path"])
    if path.suffix == ".xls" and _LOCKED in path.read_bytes():
        raise _locked(file)
    page = as_western(path) if path.suffix == ".xls" else None
    sheets, merged = _sheets(path, file)
    said: dict[str, Any] = {"notes": []}
    if page is not None:
        sheets, said = _in_words(sheets, page, task)
    give(sheets, merged, said, task)


_LOCKED = "EncryptedPackage".encode("utf-16-le")
"""What a workbook of today with a password is, within a container of yesterday."""


def _locked(file: str) -> FileUnreadable:
    return FileUnreadable(file=file, problem="it is protected by a password")


def give(
    sheets: Sheets, merged: dict[str, Merged], said: dict[str, Any], task: dict[str, Any]
) -> None:
    """Leave the sheet that is meant, read by its headings. said: of the file, for its meta."""
    file = task["file"]
    filled = [name for name, rows in sheets.items() if any(_filled(row) for row in rows)]
    name = choose(filled, task, others=list(sheets))
    rows = [(number, row) for number, row in enumerate(sheets[name], start=1) if _filled(row)]
    start = heading_row([row for _, row in rows], task.get("our_layer"))
    if start:
        said["notes"].append(["title_rows", {"row": rows[start][0]}])
    rows = rows[start:]
    if len(rows) < 2:
        raise FileEmpty(file=file)
    said["notes"] += _said(merged.get(name, Merged()), rows[0][0])
    # A sheet may be wider than its headings by cells that only carry a colour.
    width = max(place for _, row in rows for place, cell in enumerate(row, 1) if cell != "")
    if width > MAX_FIELDS:
        raise FileUnreadable(file=file, why="too_wide", most=MAX_FIELDS)
    headings = distinct([_text(cell) for cell in rows[0][1][:width]])
    cells = zip(*([_cell(cell) for cell in row[:width]] for _, row in rows[1:]), strict=True)
    columns = dict(zip(headings, map(list, cells), strict=True))
    meta = {"rows": [number for number, _ in rows[1:]], "layer": name, **said}
    wire.dump(Path(), meta, columns, None)


def _said(merged: Merged, heading: int) -> list[list[Any]]:
    """What there is to say of merged cells below the headings."""
    counts = {
        "cells_merged": sum(row > heading for row in merged.down),
        "cells_wide": sum(row > heading for row in merged.wide),
    }
    return [[code, {"count": count}] for code, count in counts.items() if count]


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


def _sheets(path: Path, file: str) -> tuple[Sheets, dict[str, Merged]]:
    """All sheets with their cells, see `_loaded`. Raises FileUnreadable."""
    try:
        known = ranges_of_ods(path, file=file) if path.suffix == ".ods" else []
        try:
            return _loaded(path, known)
        except python_calamine.PasswordError as err:
            raise _locked(file) from err
        except python_calamine.CalamineError:
            if path.suffix != ".ods":
                raise
            return _loaded(_without_breaks(path), known)
    except (python_calamine.CalamineError, OSError, ValueError, KeyError, BadZipFile) as err:
        raise FileUnreadable(file=file, why="damaged", said=str(err)) from err


def _loaded(path: Path, known: list[list[Range]]) -> tuple[Sheets, dict[str, Merged]]:
    """Sheets with their rows from the first on, and where a row got what a merged range says.

    known: the ranges of each sheet, where calamine does not tell them.
    """
    book = python_calamine.load_workbook(path)
    sheets: Sheets = {}
    merged: dict[str, Merged] = {}
    for place, name in enumerate(book.sheet_names):
        sheet = book.get_sheet_by_name(name)
        rows = sheet.to_python()
        top, left = sheet.start or (0, 0)
        ranges = known[place] if place < len(known) else sheet.merged_cell_ranges or ()
        merged[name] = fill(rows, ranges, top, left)
        sheets[name] = [[]] * top + rows
    return sheets, merged


_BLANKS = re.compile(rb"(?<=>)\s++(?=<)")


def _without_breaks(path: Path) -> Path:
    """The sheets without the ends of lines between two marks, at which calamine stumbles.

    GDAL, and with it QGIS, writes rows and cells on lines of their own.
    """
    closed = path.with_name(f"closed{path.suffix}")
    with ZipFile(path) as given, ZipFile(closed, "w") as made:
        for entry in given.namelist():
            data = given.read(entry)
            made.writestr(entry, _BLANKS.sub(_kept, data) if entry == ODS_CONTENT else data)
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
