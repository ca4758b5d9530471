"""Edits by a drawn line: split a grid, draw the edge between two grids anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import cutting, lattice
from gisgrid.redraw.faults import Fault, Refused
from gisgrid.redraw.ground import check_free, free_codes, households, known, united
from gisgrid.redraw.settling import Outcome, Wish, settle

if TYPE_CHECKING:
    from gisgrid.redraw.edits import Course, Split
    from gisgrid.redraw.ground import Homes
    from gisgrid.redraw.plan import Plan


def split(plan: Plan, edit: Split, homes: Homes) -> Outcome:
    """Each piece becomes a grid; the one with most households keeps the code."""
    (grid,) = known(plan, edit.code)
    (shape,) = plan.units([edit.code])
    line = _drawn(edit.line, shape, (edit.code,))
    faces = cutting.cut(plan, [edit.code], line)
    pieces = list(faces.pieces[faces.owner == 0])
    before = list(shapely.get_parts(shape))
    if len(pieces) <= len(before):
        near = line.intersection(shape.buffer(2)).length
        along = shape.boundary.intersection(line.buffer(1)).length > near / 2
        raise Refused(Fault("line_along_border" if along else "line_misses", (edit.code,)))
    # Pieces of a grid in several that the line did not touch stay with the old code.
    whole = [piece for piece in pieces if any(piece.equals(part) for part in before)]
    parts = [piece for piece in pieces if not any(piece is other for other in whole)]
    parts.sort(key=lambda piece: (-households(homes, piece), -piece.area, piece.bounds))
    check_free(plan, edit.new_codes)
    wanted = list(edit.new_codes[: len(parts) - 1])
    wanted += free_codes(plan, edit.code, len(parts) - 1 - len(wanted), wanted)
    shapes = {edit.code: united([parts[0], *whole])}
    shapes |= dict(zip(wanted, parts[1:], strict=True))
    return settle(
        plan,
        Wish(
            shapes,
            labels=dict.fromkeys(wanted, grid),
            came_from=dict.fromkeys(shapes, (edit.code,)),
            notes=tuple(faces.notes),
            allow_pieces=edit.allow_pieces,
        ),
    )


def course(plan: Plan, edit: Course, homes: Homes) -> Outcome:
    """Both grids keep the side of the line on which most of their ground lay."""
    del homes
    if len(edit.codes) != 2 or edit.codes[0] == edit.codes[1]:
        raise Refused(Fault("not_neighbours", edit.codes))
    known(plan, *edit.codes)
    shapes = plan.units(edit.codes)
    if len(lattice.chain(shapes)) == sum(len(lattice.chain(shapes[i : i + 1])) for i in (0, 1)):
        raise Refused(Fault("not_neighbours", edit.codes))
    line = _drawn(edit.line, united(shapes), edit.codes)
    faces = cutting.cut(plan, list(edit.codes), line, whole=True)
    pieces = faces.pieces[faces.owner >= 0]
    if len(pieces) < 2:
        raise Refused(Fault("line_misses", edit.codes))
    one = shapely.area(shapely.intersection(pieces, shapes[0])) / shapely.area(pieces)
    mine = one > 0.5
    if len(pieces) == 2:
        mine = np.array([one[0] > one[1], one[0] <= one[1]])
    if mine.all() or not mine.any():
        raise Refused(Fault("vanish", (edit.codes[int(mine.all())],)))
    wish = Wish(
        {edit.codes[0]: united(pieces[mine]), edit.codes[1]: united(pieces[~mine])},
        came_from=dict.fromkeys(edit.codes, tuple(edit.codes)),
        notes=tuple(faces.notes),
        allow_pieces=edit.allow_pieces,
    )
    return settle(plan, wish)


def _drawn(degrees: Any, shape: Any, codes: tuple[str, ...]) -> Any:
    """A drawn line in units. Raises Refused for one that cannot divide the shape."""
    cutting.check_size(degrees)
    line = shapely.remove_repeated_points(lattice.to_units(degrees))
    if line.length == 0 or not line.intersects(shape):
        raise Refused(Fault("line_misses", codes))
    if not line.is_simple:
        raise Refused(Fault("line_crosses_itself", codes, crossing(line)))
    end = cutting.loose_end(shape, line)
    if end is not None:
        raise Refused(Fault("line_ends_inside", codes, lattice.degrees_of(end)))
    return line


def crossing(line: Any) -> tuple[float, float] | None:
    """Where a line crosses itself, as (lon, lat)."""
    own = set(map(tuple, shapely.get_coordinates(line)))
    noded = shapely.get_coordinates(shapely.union_all([line]))
    for point in map(tuple, noded):
        if point not in own:
            return lattice.degrees_of(point)
    return lattice.degrees_of(line.coords[0])
