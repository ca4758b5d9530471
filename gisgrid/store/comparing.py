"""Rows that would be put, beside what is stored: what is new, changed and gone. Reads only.

The same functions sort the rows when they are put, so that a preview says what will be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gisgrid.store.put_layers import area_rows, case_rows, household_rows
from gisgrid.store.put_plan import compare_plan
from gisgrid.store.put_visits import compare_visits, visit_rows
from gisgrid.store.schema import areas, cases, households

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from sqlalchemy import Table

    from gisgrid.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Compared:
    """Keys of the rows that are new, changed and gone; `gone` is for grids alone.

    differ: (index of the row, what stands against it) of visits that may not be taken.
    """

    new: list[str]
    changed: list[str]
    gone: list[str]
    differ: list[tuple[int, str]]


_ROWS: dict[str, tuple[Table, Callable[[Transaction, Any], dict[str, list[Any]]]]] = {
    "areas": (areas, area_rows),
    "households": (households, household_rows),
    "cases": (cases, case_rows),
}


def compare(tx: Transaction, layer: str, frame: pd.DataFrame) -> Compared:
    """What putting `frame` (as Writer.put_… takes it) would do."""
    if layer == "grids":
        plan: Any = frame
        done = compare_plan(tx, plan)
        return Compared(done.new, done.changed, done.gone, [])
    if layer == "visits":
        columns, _ = visit_rows(tx, frame)
        new, differ = compare_visits(tx, columns)
        return Compared([columns["id"][i] for i in new], [], [], differ)
    table, rows = _ROWS[layer]
    columns = rows(tx, frame)
    found, keys = tx.compare(table, columns), next(iter(columns.values()))
    return Compared([keys[i] for i in found.inserted], [keys[i] for i in found.updated], [], [])
