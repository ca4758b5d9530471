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

from gisgrid import redraw
from gisgrid.columns import day_number
from gisgrid.redraw import lattice

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def homeless(ws: Workspace, gaps: Sequence[Bare]) -> tuple[Homeless, Homeless]:
    """Listed households that lie in a gap of the plan in force, and those beyond its footprint."""
    snapshot, today = ws.snapshot(), ws.today()
    homes, day = snapshot.households, day_number(today)
    listed = (homes.listed <= day) & (homes.unlisted > day) & ~np.isnan(homes.lon)
    rows = np.flatnonzero(listed & (snapshot.placement(snapshot.plan_on(today)) < 0))
    lost = np.zeros(len(rows), dtype=bool)
    if gaps and len(rows):
        bare = shapely.union_all([gap.shape for gap in gaps])
        x, y = homes.lon[rows] * lattice.SCALE, homes.lat[rows] * lattice.SCALE
        lost = shapely.intersects_xy(bare, x, y)
    return _named(ws, rows[lost]), _named(ws, rows[~lost])


def _named(ws: Workspace, rows: Ints) -> Homeless:
    homes = ws.snapshot().households
    rows = rows[np.argsort(homes.id[rows].astype(str), kind="stable")]
    first = [
        {"id": str(homes.id[row]), "place": [float(homes.lon[row]), float(homes.lat[row])]}
        for row in rows[:NAMED_MOST].tolist()
    ]
    return Homeless(len(rows), first)


def in_two(ws: Workspace, grids: dict[str, Grid]) -> list[str]:
    """Households strictly inside of more than one grid."""
    homes = ws.snapshot().households
    found = twice_held(redraw.Plan.of(grids.values()), homes.lon, homes.lat)
    return sorted(str(homes.id[row]) for row in found)


def twice_held(plan: Plan, lon: Floats, lat: Floats) -> list[int]:
    """Points strictly inside of more than one grid."""
    part = redraw.local(plan, plan.codes())
    tree = shapely.STRtree(np.asarray(shapely.points(lon, lat)))
    _, rows = tree.query(part.geometry, predicate="contains_properly")
    count = Counter(rows.tolist())
    return sorted(row for row, n in count.items() if n > 1)
