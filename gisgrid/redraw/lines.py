"""Edits by a drawn line: split a grid, draw the edge between two grids anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.codes import check_free, free_codes, free_names, known
from gisgrid.redraw.cutting import cut, drawn, joined, lines_of, loose_end
from gisgrid.redraw.faults import Fault, Note, Refused
from gisgrid.redraw.merging import check_touching
from gisgrid.redraw.settling import Wish, place_of

if TYPE_CHECKING:
    from gisgrid.columns import Ints, Objects
    from gisgrid.redraw.cutting import Faces
    from gisgrid.redraw.edits import Course, Split
    from gisgrid.redraw.households import Homes
    from gisgrid.redraw.plan import Bounds, Plan


def split(plan: Plan, edit: Split, homes: Homes) -> Wish:
    """Cut one grid; each part becomes a grid.

    The part with most households keeps the code and the name; the others get numbers after both.
    """
    known(plan, edit.code)
    line = drawn(plan, edit.line)
    (shape,) = plan.units([edit.code])
    _check_line(shape, line, (edit.code,))
    faces = cut(plan, [edit.code], line)
    parts = _parts(faces)
    if len(parts) < 2:
        raise Refused(_divides_nothing(shape, line, (edit.code,)))
    order = np.lexsort((-shapely.area(parts), -_households(parts, shape.bounds, homes)))
    check_free(plan, edit.new_codes)
    asked = edit.new_codes[: len(parts) - 1]
    unused = edit.new_codes[len(asked) :]
    made = free_codes(plan, edit.code, len(parts) - 1 - len(asked), asked)
    codes = [edit.code, *asked, *made]
    grid = plan[edit.code]
    names = [grid.name, *free_names(plan, grid.name, len(codes) - 1)]
    return Wish(
        shapes=dict(zip(codes, parts[order], strict=True)),
        labels={c: replace(grid, name=n) for c, n in zip(codes, names, strict=True)},
        came_from=dict.fromkeys(codes, (edit.code,)),
        notes=(*faces.notes, *([Note("codes_unused", unused, place_of(shape))] if unused else [])),
        allows=edit,
    )


def _check_line(shape: Any, line: Any, codes: tuple[str, ...]) -> None:
    """Refuse a line that ends inside, or that crosses itself inside."""
    end = loose_end(shape, line)
    if end is not None:
        raise Refused(Fault("line_ends_inside", codes, lattice.degrees_of(end)))
    if not line.is_simple:
        crossing = _crossing(line)
        if crossing is None or shape.intersects(crossing):
            place = None if crossing is None else lattice.degrees_of((crossing.x, crossing.y))
            raise Refused(Fault("line_crosses_itself", codes, place))


def _crossing(line: Any) -> Any | None:
    """Where a line meets itself; None where that cannot be told."""
    noded = shapely.get_parts(shapely.union_all([line], grid_size=0.0))
    ends = shapely.get_coordinates(shapely.get_point(noded, 0))
    own = {tuple(point) for point in shapely.get_coordinates(line).tolist()}
    for end in ends.tolist():
        if tuple(end) not in own:
            return shapely.Point(end)
    seen: set[tuple[float, ...]] = set()
    for point in map(tuple, shapely.get_coordinates(line).tolist()):
        if point in seen:
            return shapely.Point(point)
        seen.add(point)
    return None


def _divides_nothing(shape: Any, line: Any, codes: tuple[str, ...]) -> Fault:
    inside = lines_of(line.intersection(shape))
    point = lattice.degrees_of(shapely.get_coordinates(line.interpolate(0.5, normalized=True))[0])
    if not inside:
        return Fault("line_misses", codes, point)
    return Fault("line_along_border", codes, point)


def _parts(faces: Faces) -> Objects:
    """The parts of a grid that was cut; those of its pieces that the line missed stay together."""
    pieces: Objects = faces.pieces[faces.owner == 0]
    was = shapely.get_parts(faces.shapes[0])
    if len(was) == 1:
        return pieces
    point, part = shapely.STRtree(was).query(shapely.point_on_surface(pieces), "intersects")
    of = np.zeros(len(pieces), dtype=np.int64)
    of[point] = part
    whole = np.bincount(of, minlength=len(was))[of] == 1
    if whole.all():
        return lattice.array_of([joined(pieces)])
    parts = list(pieces[~whole])
    if whole.any():  # what the line missed stays with the largest part
        largest = int(np.argmax(shapely.area(pieces[~whole])))
        parts[largest] = joined(lattice.array_of([parts[largest], *pieces[whole]]))
    return lattice.array_of(parts)


def _households(parts: Objects, box: Bounds, homes: Homes) -> Ints:
    """How many households each part holds. box: around them all, as they in units."""
    west, south, east, north = (value / lattice.SCALE for value in box)
    rows = homes.within((west, south, east, north))
    x, y = homes.lon[rows] * lattice.SCALE, homes.lat[rows] * lattice.SCALE
    shapely.prepare(parts)  # they are new: no other thread has them
    counts: Ints = np.count_nonzero(shapely.contains_xy(parts[:, None], x, y), axis=1)
    return counts


def course(plan: Plan, edit: Course, _homes: Homes) -> Wish:
    """Draw the edge between two grids anew; each side goes to the one that it was more of."""
    known(plan, *edit.codes)
    if len(edit.codes) != 2 or edit.codes[0] == edit.codes[1]:
        raise Refused(Fault("not_neighbours", tuple(edit.codes)))
    one, other = edit.codes
    line = drawn(plan, edit.line)
    shapes = plan.units([one, other])
    _check_neighbours(edit.codes, shapes)
    whole = joined(shapes)
    _check_line(whole, line, edit.codes)
    faces = cut(plan, [one, other], line, as_one=True)
    sides = faces.pieces[faces.owner == 0]
    if len(sides) <= len(shapely.get_parts(whole)):
        raise Refused(_divides_nothing(whole, line, edit.codes))
    share = shapely.area(shapely.intersection(sides, shapes[0])) / shapely.area(sides)
    mine = share > 0.5
    if mine.all() or not mine.any():
        mine = np.arange(len(sides)) == int(np.argmax(share))
    return Wish(
        {one: joined(sides[mine]), other: joined(sides[~mine])},
        notes=tuple(faces.notes),
        allows=edit,
    )


def _check_neighbours(codes: tuple[str, str], shapes: Objects) -> None:
    """Refuse two grids that share no edge."""
    try:
        check_touching(list(codes), shapes)
    except Refused as refused:
        (fault,) = refused.faults
        raise Refused(Fault("not_neighbours", codes, fault.place, fault.size, "m")) from None
