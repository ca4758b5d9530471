"""From new shapes of some grids to a new plan: neighbours follow, and all is proved.

The proof is exact. The edges of the touched grids are added up with their direction; what does not
cancel is the outer border of them all. Where it is the same before and after, and every polygon is
valid, every point of the plane lies in as many of the grids as before: no gap, no overlap, the same
footprint. See lattice.chain.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.faults import Fault, Note, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisgrid.columns import Objects
    from gisgrid.redraw.plan import Grid, Plan

LEAST_M2 = 50.0
"""A new part smaller than this is a slip of the hand."""
LEAST_WIDTH_M = 1.0
"""So is one whose mean width is less."""

Edge = tuple[int, int, int, int]
Corner = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of an edit.

    plan: the new one; the one given where there are faults. changed: the grids that are new or
    differ, neighbours that only got a corner among them. removed: codes that are gone. came_from:
    code of each changed grid -> the grids whose ground it has.
    """

    plan: Plan
    changed: dict[str, Grid] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    came_from: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """New shapes in lattice units, before neighbours and proof.

    shapes: code -> its new shape, for all touched grids that remain. removed: codes that are gone.
    labels: code of a new grid -> the grid whose labels it takes. came_from: as in Outcome.
    added, lost: ground that the plan gains or gives up.
    """

    shapes: dict[str, Any]
    removed: tuple[str, ...] = ()
    labels: Mapping[str, Grid] = field(default_factory=dict)
    came_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    added: tuple[Any, ...] = ()
    lost: tuple[Any, ...] = ()
    notes: tuple[Note, ...] = ()
    allow_pieces: bool = False


def settle(plan: Plan, wish: Wish) -> Outcome:
    """The plan with a wish fulfilled. Raises Refused."""
    touched = [code for code in (*wish.shapes, *wish.removed) if code in plan]
    before = dict(zip(touched, plan.units(touched), strict=True))
    shapes = {
        code: shape
        for code, shape in wish.shapes.items()
        if code not in before or not _same(before[code], shape)
    }
    _check_shapes(shapes, before, wish)
    moved = _moved_border(before, wish)
    followers = _follow(plan, set(before), moved) if moved else {}
    before |= dict(zip(followers, plan.units(followers), strict=True))
    shapes |= followers
    _prove(before, shapes, wish, moved)
    degrees = lattice.to_degrees(_array(shapes.values()))
    changed = {}
    for code, polygon in zip(shapes, degrees, strict=True):
        grid = wish.labels.get(code) or plan[code]
        changed[code] = replace(grid, code=code, polygon=polygon)
    if not changed and not wish.removed:
        raise Refused(Fault("nothing_to_do"))
    came = {code: tuple(wish.came_from.get(code, (code,))) for code in changed}
    made = plan.replaced(changed, wish.removed)
    return Outcome(made, changed, wish.removed, came, (), wish.notes)


def _array(shapes: Any) -> Objects:
    listed = list(shapes)
    found: Objects = np.empty(len(listed), dtype=object)
    found[:] = listed
    return found


def _same(one: Any, other: Any) -> bool:
    """Whether two shapes have the same corners, wherever their rings begin."""
    return one is other or lattice.chain(_array([one])) == lattice.chain(_array([other]))


def _check_shapes(shapes: Mapping[str, Any], before: Mapping[str, Any], wish: Wish) -> None:
    """Refuse a shape that no grid may have."""
    for code, shape in shapes.items():
        if shape is None or shape.is_empty:
            raise Refused(Fault("vanish", (code,), _place(before.get(code))))
        if not shape.is_valid:
            where = _where_invalid(shape)
            raise Refused(Fault("crosses", (code,), where))
        pieces = shapely.get_parts(shape)
        old = before.get(code)
        known = len(shapely.get_parts(old)) if old is not None else 1
        if len(pieces) > max(known, 1) and not wish.allow_pieces:
            small = pieces[int(np.argmin(shapely.area(pieces)))]
            told = Fault("in_pieces", (code,), _place(small), float(len(pieces)), "pieces")
            raise Refused(told)
        _refuse_slivers(code, pieces, old)


def _refuse_slivers(code: str, pieces: Objects, old: Any) -> None:
    areas, widths = lattice.square_metres(pieces), lattice.mean_width(pieces)
    narrow = (areas < LEAST_M2) | (widths < LEAST_WIDTH_M)
    if not narrow.any():
        return
    if old is not None:  # what was small before may stay as it was
        least = lattice.square_metres(shapely.get_parts(old)).min()
        narrow &= areas < least
    for i in np.flatnonzero(narrow):
        told = Fault("sliver", (code,), _place(pieces[i]), round(float(areas[i]), 2), "m2")
        raise Refused(told)


def _place(shape: Any) -> tuple[float, float] | None:
    if shape is None or shape.is_empty:
        return None
    point = shapely.point_on_surface(shape)
    return lattice.degrees_of((point.x, point.y))


def _where_invalid(shape: Any) -> tuple[float, float] | None:
    """Where a shape is invalid, from GEOS's words: "Self-intersection[105.1 35.2]"."""
    words = shapely.is_valid_reason(shape)
    try:
        x, y = words[words.index("[") + 1 : words.index("]")].split()[:2]
        return lattice.degrees_of((float(x), float(y)))
    except ValueError:
        return None


def _moved_border(before: Mapping[str, Any], wish: Wish) -> dict[Edge, list[Corner]]:
    """Edges of the outer border that got corners: edge -> the corners, in its direction.

    Ground that is gained or lost counts as a grid after or before, so that it is no change here.
    """
    was = lattice.chain(_array([*before.values(), *wish.added]))
    now = lattice.chain(_array([*wish.shapes.values(), *wish.lost]))
    lost = [edge for edge in was if edge not in now]
    if not lost and was == now:
        return {}
    following: dict[Corner, list[Corner]] = {}
    for edge in now:
        if edge not in was:
            following.setdefault(edge[:2], []).append(edge[2:])
    moved = {}
    for edge in lost:
        moved[edge] = _path(edge, following)
    if any(following.values()):
        raise Refused(
            Fault("too_fine", (), lattice.degrees_of(next(c for c in following if following[c])))
        )
    return moved


def _path(edge: Edge, following: dict[Corner, list[Corner]]) -> list[Corner]:
    """The corners between the ends of an edge, taken out of `following`. Raises Refused."""
    at, end = edge[:2], edge[2:]
    between: list[Corner] = []
    while at != end:
        ways = following.get(at) or []
        if not ways or len(between) > len(following):
            raise Refused(Fault("too_fine", (), lattice.degrees_of(edge[:2])))
        # Where lines meet, the one that stays beside the edge.
        step = min(ways, key=lambda way: _aside(edge, way))
        ways.remove(step)
        if step != end:
            between.append(step)
        at = step
    return between


def _aside(edge: Edge, corner: Corner) -> float:
    """How far a corner lies beside the line of an edge, in units."""
    ax, ay, bx, by = edge
    dx, dy = bx - ax, by - ay
    return abs((corner[0] - ax) * dy - (corner[1] - ay) * dx) / float(np.hypot(dx, dy))


def _follow(plan: Plan, inside: set[str], moved: Mapping[Edge, list[Corner]]) -> dict[str, Any]:
    """New shapes of the neighbours that share the edges that got corners.

    Raises Refused where an edge is of the plan's own outer border and its corners do not lie
    exactly on it.
    """
    ends = np.array(list(moved), dtype=np.int64).reshape(-1, 2)
    low, high = ends.min(axis=0) - 1, ends.max(axis=0) + 1
    box = (*(low / lattice.SCALE), *(high / lattice.SCALE))
    waiting = {(bx, by, ax, ay): corners[::-1] for (ax, ay, bx, by), corners in moved.items()}
    found: dict[str, Any] = {}
    for code in plan.near(box):
        if code in inside or not waiting:
            continue
        (shape,) = plan.units([code])
        turned = _with_corners(shape, waiting)
        if turned is not None:
            if not turned.is_valid:
                raise Refused(Fault("too_fine", (code,), _where_invalid(turned)))
            found[code] = turned
    for (bx, by, ax, ay), corners in waiting.items():
        for x, y in corners:
            if (x - ax) * (by - ay) != (y - ay) * (bx - ax):
                raise Refused(Fault("footprint", (), lattice.degrees_of((x, y))))
    return found


def _with_corners(shape: Any, waiting: dict[Edge, list[Corner]]) -> Any | None:
    """The shape with corners in those of its edges that wait for some; None where it has none."""
    edges = map(tuple, lattice.segments(_array([shape])).tolist())
    mine = {edge: waiting.pop(edge) for edge in edges if edge in waiting}
    if not mine:
        return None

    def ring(points: Any) -> list[Corner]:
        corners = [(int(x), int(y)) for x, y in points]
        out = [corners[0]]
        for a, b in itertools.pairwise(corners):
            extra = mine.get((*a, *b))
            if extra is None and (*b, *a) in mine:
                extra = mine[(*b, *a)][::-1]
            out += [*(extra or []), b]
        return out

    parts = [
        shapely.Polygon(ring(p.exterior.coords), [ring(hole.coords) for hole in p.interiors])
        for p in shapely.get_parts(shape)
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _prove(
    before: Mapping[str, Any],
    shapes: Mapping[str, Any],
    wish: Wish,
    moved: Mapping[Edge, list[Corner]],
) -> None:
    """Raise Refused unless the same ground is covered as often as before."""
    kept = {code: shape for code, shape in before.items() if code not in wish.removed}
    was = lattice.chain(_array([*before.values(), *wish.added]))
    now = lattice.chain(_array([*{**kept, **shapes}.values(), *wish.lost]))
    for edge, corners in moved.items():
        if edge in was:  # an edge of the plan's outer border, with corners exactly on it
            times = was.pop(edge)
            stops = [edge[:2], *corners, edge[2:]]
            was |= {(*a, *b): times for a, b in itertools.pairwise(stops)}
    if was != now:
        differing = next(iter({*was} ^ {*now}), None)
        place = None if differing is None else lattice.degrees_of(differing[:2])
        raise Refused(Fault("too_fine", (), place))
