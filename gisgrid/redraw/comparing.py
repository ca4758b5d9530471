"""Two plans side by side: which grids are the same, and the ground that changes hands."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.corners import BESIDE, same_ground
from gisgrid.redraw.households import NOWHERE
from gisgrid.redraw.lattice import array_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from gisgrid.columns import Objects
    from gisgrid.redraw.plan import Grid, Plan

WORDS = ("code", "name", "area_code", "member", "visit_every_days")
"""All of a grid but its shape."""
words_of = attrgetter(*WORDS)
"""What a grid has for WORDS."""
_AREAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_HAIR_M2 = 0.01
"""Ground below this is an edge that bends by less than the lattice."""


def same(one: Grid | None, other: Grid | None) -> bool:
    """Whether two grids are equal in every word and every coordinate, wherever a ring begins."""
    if one is None or other is None:
        return one is other
    if one is other:
        return True
    return same_words(one, other) and _same_shape(one.polygon, other.polygon)


def same_words(one: Grid, other: Grid) -> bool:
    """Whether two grids are equal in all but their shape."""
    return bool(words_of(one) == words_of(other))


def _same_shape(one: Any, other: Any) -> bool:
    if one is other or one.equals_exact(other):
        return True
    return bool(shapely.equals_exact(one.normalize(), other.normalize()))


def unchanged(one: Grid | None, other: Grid | None) -> bool:
    """Whether people find nothing changed: the same words and ground, though not each corner."""
    if one is None or other is None or one is other:
        return one is other
    return same_words(one, other) and same_ground(one.polygon, other.polygon)


def differing(one: Mapping[str, Grid], other: Mapping[str, Grid]) -> set[str]:
    """Codes of grids that are only in one of two plans, or not the same in both."""
    return {code for code in {*one, *other} if not same(one.get(code), other.get(code))}


def compare(before: Plan, after: Plan, codes: Collection[str]) -> list[tuple[str, str, Any]]:
    """The ground that changes hands: (from, to, polygon in EPSG:4326), by codes.

    codes: all in which the two differ; it costs what they are. NOWHERE stands for ground outside
    the plan. A grid that only got another code has all its ground moved to that code.
    """
    old, new = _shapes(before, codes), _shapes(after, codes)
    moved = [
        *_shared(old, new),
        *((code, NOWHERE, shape) for code, shape in _left(old, [g for _, g in new])),
        *((NOWHERE, code, shape) for code, shape in _left(new, [g for _, g in old])),
    ]
    return sorted(moved, key=lambda row: row[:2])


def _shapes(plan: Plan, codes: Collection[str]) -> list[tuple[str, Any]]:
    there = [code for code in sorted(codes) if code in plan]
    shapes = lattice.made_valid(array_of(plan[code].polygon for code in there))
    return list(zip(there, shapes, strict=True))


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


def came_from(
    plan: Plan, codes: Iterable[str], shapes: Mapping[str, Any]
) -> dict[str, tuple[str, ...]]:
    """Code of each new shape -> the grids of a plan whose ground it has, but for a hair."""
    there = [code for code in codes if code in plan]
    return sources(dict(zip(there, plan.units(there), strict=True)), shapes)


def sources(was: Mapping[str, Any], shapes: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Code of each new shape -> the codes of shapes of before that it has ground of.

    All in units. A hair is no ground; what has none of the others' comes from itself.
    """
    if not shapes:
        return {}
    before, codes = lattice.made_valid(array_of(was.values())), list(was)
    return {
        code: tuple(codes[i] for i in sharing(before, shape)) or (code,)
        for code, shape in shapes.items()
    }


def sharing(before: Objects, shape: Any) -> list[int]:
    """Which shapes share more than a hair of ground with one, by index; all in units."""
    shares = shapely.relate_pattern(before, shape, "T********")
    shares[shares] = [_wider(common) for common in shapely.intersection(before[shares], shape)]
    return np.flatnonzero(shares).tolist()


def _wider(shape: Any) -> bool:
    """Whether a part of a shape (units) is more than what corners beside an edge bend it by.

    Part by part: between two grids that trade ground, hairs may lie along the rest of their edge.
    """
    parts = shapely.get_parts(shape)
    return bool((2 * shapely.area(parts) > BESIDE * shapely.length(parts)).any())
