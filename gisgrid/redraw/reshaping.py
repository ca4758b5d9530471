"""Corners moved, added and removed; all grids that share them follow. Makes a Wish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.corners import with_corners
from gisgrid.redraw.cutting import MOST_POINTS
from gisgrid.redraw.faults import Fault, Refused
from gisgrid.redraw.settling import Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisgrid.redraw.edits import Reshape
    from gisgrid.redraw.households import Homes
    from gisgrid.redraw.lattice import Corner, Edge
    from gisgrid.redraw.plan import Plan


def reshape(plan: Plan, edit: Reshape, _homes: Homes) -> Wish:
    """Put corners into edges, then move corners, then remove corners."""
    _check(plan, edit)
    moves = {lattice.units_of(a): lattice.units_of(b) for a, b in edit.moves}
    removed = {lattice.units_of(point) for point in edit.remove}
    fresh = {lattice.units_of(at) for *_, at in edit.insert}
    inserts = _inserts(edit)
    shapes = _around(plan, {*moves, *removed} - fresh, inserts)
    held = {code: _corners(shape) for code, shape in shapes.items()}
    _check_corners({*moves, *removed} - fresh, held, removed)
    _check_edges(shapes, inserts)
    made = {}
    for code, shape in shapes.items():
        grown = with_corners(shape, inserts) if inserts else shape
        made[code] = _moved(grown, moves, removed)
        if made[code] is not None:
            _check_sides(code, grown, made[code], moves)
    return Wish(made, allows=edit, otherwise="footprint")


def _check(plan: Plan, edit: Reshape) -> None:
    """Refuse too much, and what is no number or lies far away."""
    points = [*(p for pair in edit.moves for p in pair), *edit.remove]
    points += [p for three in edit.insert for p in three]
    if not points:
        raise Refused(Fault("nothing_to_do"))
    if len(points) > MOST_POINTS:
        raise Refused(Fault("too_many_points", (), None, float(len(points)), "points"))
    if not np.isfinite(np.array(points, dtype=np.float64)).all():
        raise Refused(Fault("not_a_number"))
    west, south, east, north = plan.bounds
    width, height = east - west, north - south
    for lon, lat in points:
        if not (west - width <= lon <= east + width and south - height <= lat <= north + height):
            raise Refused(Fault("outside", (), (float(lon), float(lat))))


def _inserts(edit: Reshape) -> dict[Edge, list[Corner]]:
    """Edge, in both directions -> its new corners in order."""
    found: dict[Edge, list[Corner]] = {}
    for one, other, at in edit.insert:
        a, b = sorted((lattice.units_of(one), lattice.units_of(other)))
        found.setdefault((*a, *b), []).append(lattice.units_of(at))
    for (ax, ay, bx, by), corners in list(found.items()):
        dx, dy = bx - ax, by - ay
        corners.sort(key=lambda p: (p[0] - ax) * dx + (p[1] - ay) * dy)
        found[(bx, by, ax, ay)] = corners[::-1]
    return found


def _around(
    plan: Plan, corners: set[Corner], inserts: Mapping[Edge, list[Corner]]
) -> dict[str, Any]:
    """All grids that have one of the corners, or the ends of one of the edges, by code."""
    ends = {(x, y) for ax, ay, bx, by in inserts for x, y in ((ax, ay), (bx, by))}
    wanted = corners | ends
    codes = sorted({code for x, y in wanted for code in plan.near_units((x, y, x, y))})
    shapes = dict(zip(codes, plan.units(codes), strict=True))
    return {code: shape for code, shape in shapes.items() if not wanted.isdisjoint(_corners(shape))}


def _corners(shape: Any) -> set[Corner]:
    return set(map(tuple, np.rint(shapely.get_coordinates(shape)).astype(int).tolist()))


def _check_corners(
    corners: set[Corner], held: Mapping[str, set[Corner]], removed: set[Corner]
) -> None:
    for corner in sorted(corners):
        codes = tuple(code for code, mine in held.items() if corner in mine)
        place = lattice.degrees_of(corner)
        if not codes:
            raise Refused(Fault("no_vertex", (), place))
        if corner in removed and len(codes) > 2:
            told = Fault("corner_of_several", codes, place, float(len(codes)), "grids")
            raise Refused(told)


def _check_edges(shapes: Mapping[str, Any], inserts: Mapping[Edge, list[Corner]]) -> None:
    if not inserts:
        return
    rows = lattice.segments(lattice.array_of(shapes.values())).tolist()
    edges = {edge for ax, ay, bx, by in rows for edge in ((ax, ay, bx, by), (bx, by, ax, ay))}
    for edge in inserts:
        if edge not in edges:
            raise Refused(Fault("no_edge", (), lattice.degrees_of(edge[:2])))


def _check_sides(code: str, was: Any, shape: Any, moves: Mapping[Corner, Corner]) -> None:
    """Refuse a corner dragged over the far side of a grid: its boundary would run the other way."""
    old, new = (shapely.get_exterior_ring(shapely.get_parts(each)) for each in (was, shape))
    if len(old) == len(new) and (shapely.is_ccw(old) != shapely.is_ccw(new)).any():
        to = next((moves[corner] for corner in sorted(_corners(was) & set(moves))), None)
        raise Refused(Fault("crosses", (code,), None if to is None else lattice.degrees_of(to)))


def _moved(shape: Any, moves: Mapping[Corner, Corner], removed: set[Corner]) -> Any:
    """A shape with corners moved and removed; None where a ring has no ground left."""

    def ring(points: Any) -> list[Corner]:
        corners = [(int(x), int(y)) for x, y in points][:-1]
        out: list[Corner] = []
        for corner in corners:
            if corner in removed:
                continue
            at = moves.get(corner, corner)
            if not out or out[-1] != at:
                out.append(at)
        while len(out) > 1 and out[0] == out[-1]:
            out.pop()
        return [*out, *out[:1]]

    parts = []
    for part in shapely.get_parts(shape):
        shell, *holes = (ring(line.coords) for line in (part.exterior, *part.interiors))
        if len(shell) > 3:
            parts.append(shapely.Polygon(shell, [hole for hole in holes if len(hole) > 3]))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
