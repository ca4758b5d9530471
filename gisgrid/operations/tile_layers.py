"""What is in each layer of tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid import coverage, tiles
from gisgrid.model import LEVELS, CaseStatus, Status
from gisgrid.operations.symbols import WAITS, open_cases

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from gisgrid.columns import Bools, Ints, Plan
    from gisgrid.operations.tile_store import Kept, PlanMap
    from gisgrid.snapshot import Snapshot, View

POINTS_FROM = 13
"""First zoom with single households and cases; sums by cell before."""
IDS_FROM = 16
"""First zoom at which one can click a single one."""
_COARSE = {13: 8}
"""Units to which points are drawn where nobody can click them: half a pixel where towns are a
hand wide, a quarter (4) elsewhere."""
LINES_FROM = {0: 0, 1: 0, 2: 9, 3: 12}
NAMES_FROM = {"township": 0, "village": 9, "grid": 13}
"""Before all names have room: on a phone an area opened is shown so small, and its parts
are named there with their figures (symbols.js)."""


POLYGONS = {"townships": "township", "villages": "village", "grids": "grid"}
"""Layers of polygons, and the level of each."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cases: of a category, open or overdue, open at least so many days."""

    category: str | None = None
    status: str | None = None
    min_age: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One tile to be made."""

    kept: Kept
    snapshot: Snapshot
    scope: str
    view: View
    plan: Plan
    day: date
    address: tiles.Address
    filters: Filters

    @property
    def map(self) -> PlanMap:
        """The shapes of the plan in force."""
        return self.kept.plan_map(self.plan, self.snapshot)


# Areas and grids ----------------------------------------------------------------------------------


def outlines(asked: Asked) -> bytes:
    """Boundaries and names."""
    return _lines(asked) + _names(asked)


def _lines(asked: Asked) -> bytes:
    view, z = asked.view, asked.address.z
    grids = None if view.grids.all() else view.grids
    levels = [level for level, first in LINES_FROM.items() if z >= first]
    found = [asked.map.lines(z, level, asked.scope, grids) for level in levels]
    shapes = np.concatenate(found)
    return tiles.encode_lines("lines", asked.address, shapes, {"level": np.array(levels)}, {})


def _names(asked: Asked) -> bytes:
    """Names without a buffer: each is in one tile alone, and is not written twice."""
    found: list[tuple[Any, ...]] = []
    for level, first in NAMES_FROM.items():
        if asked.address.z < first:
            continue
        mask, code, name = _table(asked, level)
        x, y = asked.address.units(*(np.nan_to_num(a, nan=-1.0) for a in asked.map.names(level)))
        rows = np.flatnonzero(mask & _inside(x, y, 0))
        depth = np.full(len(rows), list(NAMES_FROM).index(level) + 1)
        found.append((x[rows], y[rows], depth, code[rows], name[rows]))
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    code, label = columns[3], np.where(columns[4].astype(bool), columns[4], columns[3])
    return tiles.encode_points(
        "names", columns[0], columns[1], {"level": columns[2]}, {"code": code, "name": label}
    )


def _table(asked: Asked, level: str) -> tuple[Bools, Any, Any]:
    """Which grids or areas of a level may be seen, with all codes and names."""
    if level == "grid":
        return asked.view.grids, asked.plan.code, asked.plan.name
    areas = asked.snapshot.areas
    return asked.view.areas & (areas.level == LEVELS.index(level)), areas.code, areas.name


def polygons(layer: str) -> Callable[[Asked], bytes]:
    """Maker of a layer of areas or grids."""

    def make(asked: Asked) -> bytes:
        level = POLYGONS[layer]
        mask, code, _ = _table(asked, level)
        shapes = asked.map.polygons(asked.address.z, level)[mask]
        return tiles.encode_polygons(layer, asked.address, shapes, {}, {"code": code[mask]})

    return make


# Households and cases -----------------------------------------------------------------------------


def households(asked: Asked) -> bytes:
    """Listed households of the day, or their sums by cell."""
    snapshot = asked.snapshot
    points = asked.kept.points(snapshot.households)
    state = snapshot.state(asked.day)
    at = points.within(asked.address)
    row = points.row[at]
    shown = state.listed[row]
    if not asked.view.whole:
        shown &= asked.view.households[row]
    at, row = at[shown], row[shown]
    status = state.status[row]
    opened, overdue = asked.kept.worked_out(
        (snapshot.households, snapshot.cases),
        ("open cases", asked.day),
        lambda: open_cases(snapshot, asked.day),
    )
    if asked.address.z < POINTS_FROM:
        sums = {"g": coverage.is_gap(status), "c": opened[row]}
        return _bins(asked, points, at, sums)
    numbers = {
        "s": status,
        "c": np.where(overdue[row], 2, (opened[row] > 0).astype(np.int8)),
        "d": _waiting(state.waiting[row], status, exact=asked.address.z >= IDS_FROM),
    }
    return _marks(asked, "households", points, at, numbers, snapshot.households.id[row])


def _waiting(days: Ints, status: Ints, *, exact: bool) -> Ints:
    """Days waiting; where nobody can click a household only what its colour needs.

    Only overdue ones are coloured by them. A third of a tile's bytes would be days that no eye can
    tell apart.
    """
    if exact:
        return days
    shade = np.searchsorted(WAITS[:2], days)
    found: Ints = np.where(status == Status.OVERDUE, np.array(WAITS, dtype=np.int32)[shade], 0)
    return found


def cases(asked: Asked) -> bytes:
    """Open cases of the day, or their sums by cell."""
    snapshot, filters = asked.snapshot, asked.filters
    points, state = asked.kept.points(snapshot.cases), snapshot.case_state(asked.day)
    at = points.within(asked.address)
    row = points.row[at]
    least = CaseStatus.OVERDUE if filters.status == "overdue" else CaseStatus.OPEN
    shown = state.status[row] >= least
    if not asked.view.whole:
        shown &= asked.view.cases[row]
    if filters.min_age is not None:
        shown &= state.age[row] >= filters.min_age
    category = snapshot.cases.category
    if filters.category is not None:
        shown &= category[row] == list(snapshot.cases.categories).index(filters.category)
    at, row = at[shown], row[shown]
    if asked.address.z < POINTS_FROM:
        return _bins(asked, points, at, {"o": state.status[row] == CaseStatus.OVERDUE})
    numbers = {"s": state.status[row], "k": category[row], "a": state.age[row]}
    return _marks(asked, "cases", points, at, numbers, snapshot.cases.id[row])


def _bins(asked: Asked, points: tiles.Points, at: Ints, sums: dict[str, Any]) -> bytes:
    x, y, numbers = tiles.bin_points(
        asked.address, points.key[at], (points.x[at], points.y[at]), sums
    )
    near = _inside(x, y, tiles.BUFFER)
    return tiles.encode_points("bins", x[near], y[near], {k: v[near] for k, v in numbers.items()})


def _marks(
    asked: Asked, name: str, points: tiles.Points, at: Ints, numbers: dict[str, Ints], ids: Any
) -> bytes:
    x, y = asked.address.units(points.x[at], points.y[at])
    near = np.flatnonzero(_inside(x, y, tiles.BUFFER))
    clickable = asked.address.z >= IDS_FROM
    if not clickable:
        unit = _COARSE.get(asked.address.z, 4)
        x, y = x // unit * unit, y // unit * unit
    columns = {key: column[near] for key, column in numbers.items()}
    order = tiles.drawing_order(x[near], y[near], columns, distinct=not clickable)
    near = near[order]
    return tiles.encode_points(
        name,
        x[near],
        y[near],
        {key: column[order] for key, column in columns.items()},
        ids=ids[near] if clickable else None,
    )


def _inside(x: Ints, y: Ints, buffer: int) -> Bools:
    found: Bools = (
        (x >= -buffer) & (x < tiles.EXTENT + buffer) & (y >= -buffer) & (y < tiles.EXTENT + buffer)
    )
    return found
