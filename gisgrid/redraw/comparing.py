"""Two plans side by side: the ground that changes hands, and what a change does to people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.households import NOWHERE, placed
from gisgrid.redraw.lattice import array_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gisgrid.columns import Bools, Floats, Ints, Objects
    from gisgrid.redraw.households import Homes
    from gisgrid.redraw.plan import Bounds, Grid, Plan

_AREAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_HAIR_M2 = 0.01
"""Ground below this is an edge that bends by less than the lattice."""


def differing(before: Plan, after: Plan) -> set[str]:
    """Codes whose polygon is not the same in two plans.

    Quick where one was made of the other: a grid that was not touched is the same object.
    """
    codes = {*before.codes(), *after.codes()}
    found = set()
    for code in codes:
        old, new = _grid(before, code), _grid(after, code)
        if old is new or (old and new and old.polygon is new.polygon):
            continue
        if old and new and shapely.equals_exact(*shapely.normalize([old.polygon, new.polygon])):
            continue
        found.add(code)
    return found


def _grid(plan: Plan, code: str) -> Grid | None:
    return plan[code] if code in plan else None  # noqa: SIM401 - a plan is no dict


def compare(before: Plan, after: Plan) -> list[tuple[str, str, Any]]:
    """The ground that changes hands: (from, to, polygon in EPSG:4326), by codes.

    NOWHERE stands for ground outside the plan. Costs what differs (and a look at each code). A grid
    that only got another code has all its ground moved to that code.
    """
    codes = differing(before, after)
    old = [(code, before[code].polygon) for code in sorted(codes) if code in before]
    new = [(code, after[code].polygon) for code in sorted(codes) if code in after]
    moved = [
        *_shared(old, new),
        *((code, NOWHERE, shape) for code, shape in _left(old, [g for _, g in new])),
        *((NOWHERE, code, shape) for code, shape in _left(new, [g for _, g in old])),
    ]
    return sorted(moved, key=lambda row: row[:2])


def _shared(old: list[tuple[str, Any]], new: list[tuple[str, Any]]) -> list[tuple[str, str, Any]]:
    if not old or not new:
        return []
    tree = shapely.STRtree([shape for _, shape in old])
    pairs = tree.query(array_of(shape for _, shape in new), predicate="intersects").T.tolist()
    found = []
    for i, j in pairs:
        (to, shape), (code, was) = new[i], old[j]
        if to != code:
            common = _areal(_common(shape, was))
            if common is not None:
                found.append((code, to, common))
    return found


def _common(one: Any, other: Any) -> Any:
    """What two shapes share, on the lattice."""
    return _on_units(lambda a, b: shapely.intersection(a, b, grid_size=1.0), one, other)


def _on_units(work: Any, *shapes: Any) -> Any:
    made = work(*lattice.to_units(array_of(shapes)))
    return lattice.to_degrees(array_of([made]))[0]


def _left(some: list[tuple[str, Any]], others: list[Any]) -> list[tuple[str, Any]]:
    """What of each shape none of the others covers."""
    found = []
    tree = shapely.STRtree(others)
    for code, shape in some:
        near = [others[i] for i in tree.query(shape).tolist()]
        rest = _on_units(_without, shape, *near) if near else shape
        part = _areal(rest)
        if part is not None:
            found.append((code, part))
    return found


def _without(shape: Any, *others: Any) -> Any:
    return shapely.difference(shape, shapely.union_all(others, grid_size=1.0), grid_size=1.0)


def _areal(shape: Any) -> Any | None:
    """The polygons of a shape in degrees that are more than a hair; None where there are none."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    parts = parts[np.isin(shapely.get_type_id(parts), _AREAL)]
    if len(parts) == 0:
        return None
    parts = parts[lattice.square_metres(lattice.to_units(parts)) >= _HAIR_M2]
    if len(parts) == 0:
        return None
    return parts[0] if len(parts) == 1 else shapely.multipolygons(list(parts))


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What is counted: of each household whether it is listed and whether a visit is due.

    case_lon, case_lat: the place of each case; case_open, case_overdue: how it stands.
    """

    listed: Bools
    due: Bools
    cases: Homes
    case_open: Bools
    case_overdue: Bools


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one grid. area_m2 on the ellipsoid."""

    households: int
    visits_due: int
    open: int
    overdue: int
    area_m2: float
    member: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Impact:
    """What a change does.

    grids: code -> figures before and after, None where there is no such grid. households, cases:
    (row, from, to) of the listed households and open cases that change hands.
    """

    grids: dict[str, tuple[Figures | None, Figures | None]]
    households: list[tuple[int, str, str]]
    cases: list[tuple[int, str, str]]


def impact(
    before: Plan, after: Plan, touched: Collection[str], homes: Homes, facts: Facts
) -> Impact:
    """What a change of some grids does to households and cases."""
    codes = sorted(touched)
    bounds = _box([plan[code] for plan in (before, after) for code in codes if code in plan])
    home_rows, case_rows = homes.within(bounds), facts.cases.within(bounds)
    lon = np.concatenate([homes.lon[home_rows], facts.cases.lon[case_rows]])
    lat = np.concatenate([homes.lat[home_rows], facts.cases.lat[case_rows]])
    masks = (
        (facts.listed[home_rows], facts.due[home_rows]),
        (facts.case_open[case_rows], facts.case_overdue[case_rows]),
    )
    split = len(home_rows)
    sides, places = [], []
    for plan in (before, after):
        where = placed(plan, bounds, lon, lat)
        parts = (where[:split], where[split:])
        places.append(parts)
        counts = [
            Counter(part[mask].tolist())
            for part, pair in zip(parts, masks, strict=True)
            for mask in pair
        ]
        sides.append(_figures(plan, codes, counts))
    (home_was, case_was), (home_is, case_is) = places
    return Impact(
        {code: (sides[0].get(code), sides[1].get(code)) for code in codes},
        _moved(home_rows, home_was, home_is, masks[0][0]),
        _moved(case_rows, case_was, case_is, masks[1][0]),
    )


def _box(grids: Iterable[Grid]) -> Bounds:
    west, south, east, north = shapely.total_bounds(array_of(g.polygon for g in grids)).tolist()
    return west, south, east, north


def _figures(plan: Plan, codes: list[str], counts: list[Counter[str]]) -> dict[str, Figures]:
    there = [code for code in codes if code in plan]
    areas: Floats = np.round(lattice.square_metres(plan.units(there)), 2)
    return {
        code: Figures(
            counts[0][code],
            counts[1][code],
            counts[2][code],
            counts[3][code],
            float(area),
            plan[code].member,
        )
        for code, area in zip(there, areas, strict=True)
    }


def _moved(rows: Ints, was: Objects, now: Objects, mask: Bools) -> list[tuple[int, str, str]]:
    at = np.flatnonzero((was != now) & mask)
    return list(zip(rows[at].tolist(), was[at].tolist(), now[at].tolist(), strict=True))
