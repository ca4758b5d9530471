"""Moving, adding and removing corners: every grid that has one follows."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.faults import Fault, Refused
from gisgrid.redraw.settling import Outcome, Wish, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.redraw.edits import Point, Reshape
    from gisgrid.redraw.ground import Homes
    from gisgrid.redraw.plan import Plan
    from gisgrid.redraw.settling import Corner

Ring = "list[Corner]"


def reshape(plan: Plan, edit: Reshape, homes: Homes) -> Outcome:
    """The corners in turn; the outer border of the plan stays where it is."""
    del homes
    shapes: dict[str, Any] = {}
    for start, end in edit.moves:
        _move(plan, shapes, start, end)
    for start, end, at in edit.insert:
        _insert(plan, shapes, start, end, at)
    for point in edit.remove:
        _remove(plan, shapes, point)
    if not shapes:
        raise Refused(Fault("nothing_to_do"))
    for code, shape in shapes.items():
        # Turned inside out: a corner was dragged over the far side of the grid.
        if not shape.is_valid or _inverted(shape):
            raise Refused(Fault("crosses", (code,), _spot(shape, edit)))
    return settle(plan, Wish(shapes, allow_pieces=edit.allow_pieces))


def _inverted(shape: Any) -> bool:
    """Whether a shell runs clockwise, though `_edited` keeps shells counter-clockwise."""
    return not all(part.exterior.is_ccw for part in shapely.get_parts(shape))


def _spot(shape: Any, edit: Reshape) -> tuple[float, float] | None:
    words = shapely.is_valid_reason(shape)
    if "[" in words:
        x, y = words[words.index("[") + 1 : words.index("]")].split()[:2]
        return lattice.degrees_of((float(x), float(y)))
    return edit.moves[0][1] if edit.moves else None


def _units(point: Point) -> Corner:
    return round(point[0] * lattice.SCALE), round(point[1] * lattice.SCALE)


def _around(plan: Plan, shapes: dict[str, Any], *points: Point) -> dict[str, Any]:
    """The grids near these points as they are by now, in units, shells counter-clockwise."""
    lon, lat = zip(*points, strict=True)
    codes = plan.near((min(lon), min(lat), max(lon), max(lat)))
    # A corner moved before may have left the box that the plan knows.
    codes = [*codes, *(code for code in shapes if code not in codes)]
    fresh = [code for code in codes if code not in shapes]
    units: Any = shapely.orient_polygons(plan.units(fresh)) if fresh else []
    now = shapes | dict(zip(fresh, units, strict=True))
    return {code: now[code] for code in codes}


def _corners(shape: Any) -> set[Corner]:
    return {(int(x), int(y)) for x, y in shapely.get_coordinates(shape)}


def _on_border(around: dict[str, Any], corner: Corner) -> bool:
    """Whether a corner lies on the plan's outer border. around: all grids that have it."""
    listed = np.empty(len(around), dtype=object)
    listed[:] = list(around.values())
    return any(corner in (edge[:2], edge[2:]) for edge in lattice.chain(listed))


def _having(around: dict[str, Any], corner: Corner, place: Point) -> dict[str, Any]:
    found = {code: shape for code, shape in around.items() if corner in _corners(shape)}
    if not found:
        raise Refused(Fault("no_vertex", (), place))
    return found


def _move(plan: Plan, shapes: dict[str, Any], start: Point, end: Point) -> None:
    corner, target = _units(start), _units(end)
    having = _having(_around(plan, shapes, start), corner, start)
    if corner == target:
        return
    if _on_border(having, corner):
        raise Refused(Fault("footprint", tuple(having), start))
    for code, shape in having.items():
        shapes[code] = _edited(shape, lambda ring: [target if c == corner else c for c in ring])


def _insert(plan: Plan, shapes: dict[str, Any], start: Point, end: Point, at: Point) -> None:
    a, b, corner = _units(start), _units(end), _units(at)
    edges = {(a, b), (b, a)}
    found = {}
    for code, shape in _around(plan, shapes, start, end).items():
        rings = [ring for part in shapely.get_parts(shape) for ring in _rings(part)]
        if any(edge in edges for ring in rings for edge in pairwise(ring)):
            found[code] = shape
    if not found:
        raise Refused(Fault("no_edge", (), at))
    if corner in (a, b):
        return
    aligned = (corner[0] - a[0]) * (b[1] - a[1]) == (corner[1] - a[1]) * (b[0] - a[0])
    if len(found) == 1 and not aligned:
        raise Refused(Fault("footprint", tuple(found), at))

    def with_corner(ring: list[Corner]) -> list[Corner]:
        out = [ring[0]]
        for one, other in pairwise(ring):
            out += [corner, other] if (one, other) in edges else [other]
        return out

    for code, shape in found.items():
        shapes[code] = _edited(shape, with_corner)


def _remove(plan: Plan, shapes: dict[str, Any], point: Point) -> None:
    corner = _units(point)
    having = _having(_around(plan, shapes, point), corner, point)
    if _on_border(having, corner):
        raise Refused(Fault("footprint", tuple(having), point))
    if len(_beside(having, corner)) > 2:
        raise Refused(Fault("corner_of_several", tuple(having), point))

    def without(ring: list[Corner]) -> list[Corner]:
        kept = [c for c in ring[:-1] if c != corner]
        return [*kept, kept[0]] if len(kept) >= 3 else []

    for code, shape in having.items():
        try:
            shapes[code] = _edited(shape, without)
        except ValueError as err:
            raise Refused(Fault("vanish", (code,), point)) from err


def _beside(having: dict[str, Any], corner: Corner) -> set[Corner]:
    """The corners at the other ends of all edges that meet in one."""
    pairs = (
        pair
        for shape in having.values()
        for part in shapely.get_parts(shape)
        for ring in _rings(part)
        for pair in pairwise(ring)
    )
    return {other for pair in pairs if corner in pair for other in pair} - {corner}


def _rings(part: Any) -> list[list[Corner]]:
    return [[(int(x), int(y)) for x, y in ring.coords] for ring in (part.exterior, *part.interiors)]


def _edited(shape: Any, edit: Callable[[list[Corner]], list[Corner]]) -> Any:
    """The shape with each ring edited; corners twice in a row become one.

    Raises ValueError where a ring has nothing left.
    """
    parts = []
    for part in shapely.get_parts(shape):
        rings = [_tidy(edit(ring)) for ring in _rings(part)]
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _tidy(ring: list[Corner]) -> list[Corner]:
    out = ring[:1]
    for corner in ring[1:]:
        if corner != out[-1]:
            out.append(corner)
    if len(out) < 4:
        raise ValueError("ring")
    return out
