"""Households with a position that no grid of a plan holds, or that more than one does.

In a gap of the plan it is a fault: they ought to lie in one grid. Beyond its footprint it is none:
they count beside the plan, as its certificate says and every list does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid import columns, redraw
from gisgrid.columns import FAR_DAY, day_number
from gisgrid.redraw import lattice

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from gisgrid.columns import Floats, Ints
    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Bare, Grid, Plan

NAMED_MOST = 1_000
"""Households that an answer names one by one; the count is always of all."""


@dataclass(frozen=True, slots=True)
class Homeless:
    """Households that no grid holds: their number, and `id` and `place` (lon, lat) of the first."""

    count: int
    households: list[dict[str, Any]]


def homeless(ws: Workspace, plan: columns.Plan, gaps: Sequence[Bare]) -> tuple[Homeless, Homeless]:
    """Households that lie in a gap of a plan, and those beyond its footprint.

    Those that were listed on one of its days: of a plan that stands today from today on.
    """
    snapshot = ws.snapshot()
    homes = snapshot.households
    first, end = _days(plan, ws.today())
    listed = (homes.listed < end) & (homes.unlisted > first) & ~np.isnan(homes.lon)
    rows = np.flatnonzero(listed)
    rows = rows[snapshot.place(plan, rows) < 0]
    lost = np.zeros(len(rows), dtype=bool)
    if gaps and len(rows):
        bare = shapely.union_all([gap.shape for gap in gaps])
        x, y = homes.lon[rows] * lattice.SCALE, homes.lat[rows] * lattice.SCALE
        lost = shapely.intersects_xy(bare, x, y)
    return _named(ws, rows[lost]), _named(ws, rows[~lost])


def _days(plan: columns.Plan, today: date) -> tuple[int, int]:
    """The first of a plan's days that matter, and the first that is none of its own any more."""
    first = 0 if plan.valid_from is None else day_number(plan.valid_from)
    if plan.valid_to is not None and plan.valid_to <= today:
        return first, day_number(plan.valid_to)
    end = int(FAR_DAY) if plan.valid_to is None else day_number(plan.valid_to)
    return max(first, day_number(today)), end


def _named(ws: Workspace, rows: Ints) -> Homeless:
    homes = ws.snapshot().households
    rows = rows[np.argsort(homes.id[rows].astype(str), kind="stable")]
    first = [
        {"id": str(homes.id[row]), "place": [float(homes.lon[row]), float(homes.lat[row])]}
        for row in rows[:NAMED_MOST].tolist()
    ]
    return Homeless(len(rows), first)


def in_two(ws: Workspace, grids: Collection[Grid]) -> list[str]:
    """Households strictly inside of more than one grid."""
    homes = ws.snapshot().households
    found = twice_held(redraw.Plan.of(grids), homes.lon, homes.lat)
    return sorted(str(homes.id[row]) for row in found)


def twice_held(plan: Plan, lon: Floats, lat: Floats) -> list[int]:
    """Points strictly inside of more than one grid."""
    part = redraw.local(plan, plan.codes())
    tree = shapely.STRtree(np.asarray(shapely.points(lon, lat)))
    _, rows = tree.query(part.geometry, predicate="contains_properly")
    count = Counter(rows.tolist())
    return sorted(row for row, n in count.items() if n > 1)
