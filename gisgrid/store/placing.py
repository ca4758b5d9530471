"""Which grid of the plan in force each household and case lies in, kept beside the row.

`placed_in` is what scopes look at. The store keeps it right by itself, with the one rule of
gisgrid.coverage.place: when a row is put, and for all rows when another plan comes in force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

from gisgrid.columns import Plan
from gisgrid.coverage import place
from gisgrid.errors import FrameError
from gisgrid.store.geometry import objects
from gisgrid.store.schema import cases, grids, households

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from gisgrid.columns import Floats
    from gisgrid.store.transaction import Transaction


def plan_in_force(tx: Transaction) -> Plan:
    """Codes and polygons of `grids`, by code; read once in a transaction."""
    if tx.plan is None:
        rows = tx.connection.execute(
            select(grids.c.code, grids.c.geom).order_by(grids.c.code)
        ).all()
        # The database may sort text by the rules of a language; places are by code points.
        rows = sorted(rows, key=lambda row: row.code)
        none = np.empty(len(rows), dtype=object)
        tx.plan = Plan(
            revision=0,
            valid_from=None,
            valid_to=None,
            code=np.array([row.code for row in rows], dtype=object),
            name=none,
            member=none,
            area=np.full(len(rows), -1, dtype=np.int32),
            every=np.zeros(len(rows), dtype=np.int32),
            geometry=tx.dialect.load_geometries([row.geom for row in rows]),
        )
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
        for i in np.flatnonzero(np.isnan(lon) | np.isnan(lat)).tolist():
            found[i] = named[i] if named[i] in known else None
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
