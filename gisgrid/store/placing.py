"""Which grid of the plan in force each household and case lies in, kept beside the row.

`placed_in` is what scopes look at. The store keeps it right by itself, with the one rule of
gisgrid.coverage.place: when a row is put, and for all rows when another plan comes in force. Where
an unlocated household names a grid that is no more, that is the one that holds most of its ground.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

from gisgrid.columns import objects
from gisgrid.coverage import place
from gisgrid.errors import FrameError
from gisgrid.store.history import heirs, plan_of
from gisgrid.store.schema import cases, grids, households

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from gisgrid.columns import Floats, Plan
    from gisgrid.store.transaction import Transaction


def plan_in_force(tx: Transaction) -> Plan:
    """Codes and polygons of `grids`, by code; read once in a transaction."""
    if tx.plan is None:
        rows = tx.connection.execute(select(grids.c.code, grids.c.geom))
        tx.plan = plan_of(tx, rows.all())
    return tx.plan


def placed(
    tx: Transaction, lon: Floats, lat: Floats, named: Sequence[str | None] | None = None
) -> list[str | None]:
    """Code of the grid of each point, None for none. named: what the unlocated ones name."""
    plan = plan_in_force(tx)
    codes = objects([*plan.code, None])  # the last one stands for place's -1
    found: list[str | None] = codes[place(lon, lat, plan)].tolist()
    if named is not None:
        known = set(plan.code.tolist())
        unlocated = np.flatnonzero(np.isnan(lon) | np.isnan(lat)).tolist()
        gone = {code for i in unlocated if (code := named[i]) is not None and code not in known}
        now = {code: code for code in known} | (heirs(tx, gone, known) if gone else {})
        for i in unlocated:
            found[i] = now.get(named[i] or "")
    return found


def place_all(tx: Transaction) -> None:
    """Place every household and case anew, after `grids` changed."""
    tx.plan = None
    _place_table(tx, households, ["id", "placed_in", "geom", "grid_code"])
    _place_table(tx, cases, ["id", "placed_in", "geom"])


def _place_table(tx: Transaction, table: Table, names: list[str]) -> None:
    rows = list(tx.dialect.raw(tx.connection, table, names))
    if not rows:
        return
    key, before, geometry, *named = zip(*rows, strict=True)
    after = placed(tx, *tx.dialect.load_lonlat(geometry), *named)
    _update(tx, table, key, before, after)


def place_households(tx: Transaction, ids: Sequence[str], codes: Sequence[str | None]) -> None:
    """Take over placements that the caller worked out. Raises FrameError for an unknown grid."""
    wanted = {i: (code or None) for i, code in zip(ids, codes, strict=True)}
    unknown = sorted({c for c in wanted.values() if c} - set(plan_in_force(tx).code.tolist()))
    if unknown:
        raise FrameError(what="households", problem=f"there is no grid {unknown[0]} to lie in")
    rows = tx.dialect.raw_among(tx.connection, households, ["id", "placed_in"], list(wanted))
    if len(rows) < len(wanted):
        lost = sorted(set(wanted) - {row[0] for row in rows})
        raise FrameError(what="households", problem=f"there is no household {lost[0]} to place")
    key = [row[0] for row in rows]
    _update(tx, households, key, [row[1] for row in rows], [wanted[k] for k in key])


def _update(
    tx: Transaction, table: Table, key: Sequence[Any], before: Sequence[Any], after: Sequence[Any]
) -> None:
    moved = [(k, new) for k, old, new in zip(key, before, after, strict=True) if old != new]
    tx.dialect.update(tx.connection, table, ["id", "placed_in"], moved)
