"""Excel and OpenDocument sheets, in the child: each sheet is a layer."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import python_calamine

from gisgrid.errors import FileEmpty, FileUnreadable
from gisgrid.exchange import wire
from gisgrid.exchange.limits import MAX_FIELDS
from gisgrid.exchange.table import distinct
from gisgrid.exchange.tables import unguarded
from gisgrid.exchange.wish import choose


def read_excel(task: dict[str, Any]) -> None:
    """The sheet `task["layer"]`, or the only one that holds anything."""
    file = task["file"]
    try:
        book = python_calamine.load_workbook(task["path"])
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except (python_calamine.CalamineError, OSError, ValueError) as err:
        raise FileUnreadable(file=file, problem=str(err)) from err
    filled = [name for name, rows in sheets.items() if any(_filled(row) for row in rows)]
    name = choose(filled, task, others=list(sheets))
    rows = [(number, row) for number, row in enumerate(sheets[name], start=1) if _filled(row)]
    if len(rows) < 2:
        raise FileEmpty(file=file)
    # A sheet may be wider than its headings by cells that only carry a colour.
    width = max(place for _, row in rows for place, cell in enumerate(row, 1) if cell != "")
    if width > MAX_FIELDS:
        raise FileUnreadable(file=file, problem=f"it has more than {MAX_FIELDS} columns")
    headings = distinct([_text(cell) for cell in rows[0][1][:width]])
    cells = zip(*([_cell(cell) for cell in row[:width]] for _, row in rows[1:]), strict=True)
    columns = dict(zip(headings, map(list, cells), strict=True))
    meta = {"rows": [number for number, _ in rows[1:]], "layer": name}
    wire.dump(Path(), meta, columns, None)


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
