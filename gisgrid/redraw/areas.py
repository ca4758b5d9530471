"""Ground that changes hands: what lies inside an area goes to one grid. Makes a Wish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.codes import known
from gisgrid.redraw.cutting import cut, drawn_area, joined
from gisgrid.redraw.faults import Fault, Note, Refused
from gisgrid.redraw.households import inside
from gisgrid.redraw.settling import Wish, place_of
from gisgrid.redraw.slender import slivers

if TYPE_CHECKING:
    from gisgrid.columns import Bools
    from gisgrid.redraw.cutting import Faces
    from gisgrid.redraw.edits import Allowing, Transfer
    from gisgrid.redraw.households import Homes
    from gisgrid.redraw.plan import Plan


def transfer(plan: Plan, edit: Transfer, homes: Homes) -> Wish:
    """Give all ground inside an area to one grid."""
    known(plan, edit.to)
    area = drawn_area(plan, edit.area)
    donors = [code for code in under(plan, area) if code != edit.to]
    if not donors:
        there = "nothing_to_do" if under(plan, area) else "empty"
        raise Refused(Fault(there, (edit.to,), place_of(area)))
    return given(plan, area, donors, edit.to, homes, allows=edit)


def under(plan: Plan, area: Any) -> list[str]:
    """Codes of the grids of which an area (units) covers some ground."""
    codes = plan.near_units(area.bounds)
    shapes = plan.units(codes)
    meets = shapely.relate_pattern(shapes, area, "T********")
    return [code for code, yes in zip(codes, meets, strict=True) if yes]


def refuse_covered(plan: Plan, area: Any, codes: list[str]) -> None:
    """Refuse an area that covers a grid wholly: nothing would be left of it."""
    shapes = plan.units(codes)
    for i in np.flatnonzero(shapely.covers(area, shapes)):
        raise Refused(Fault("vanish", (codes[i],), place_of(shapes[i])))


def given(
    plan: Plan, area: Any, donors: list[str], to: str, homes: Homes, *, allows: Allowing
) -> Wish:
    """The wish that the ground of the donors inside an area is one grid's."""
    refuse_covered(plan, area, donors)
    faces = cut(plan, [*donors, to], area.exterior, within=donors)
    within = shapely.intersects(area, shapely.point_on_surface(faces.pieces))
    taken = within & (faces.owner >= 0) & (faces.owner < len(donors))
    if not taken.any():
        raise Refused(Fault("nothing_to_do", (to,), place_of(area)))
    notes = list(faces.notes)
    if not allows.allow_pieces:
        _leave_loose(faces, taken, to)
        if not taken.any():
            raise Refused(Fault("apart", (to,), place_of(area)))
        for i in range(len(donors)):
            _take_along(faces, taken, i, homes, notes)
    shapes = {code: faces.of(code, taken) for code in donors}
    mine = faces.owner == len(donors)
    shapes[to] = joined(faces.pieces[mine | taken])
    gave = [code for i, code in enumerate(donors) if (taken & (faces.owner == i)).any()]
    return Wish(
        shapes,
        came_from={code: (code,) for code in donors} | {to: (to, *gave)},
        notes=tuple(notes),
        allows=allows,
    )


def _leave_loose(faces: Faces, taken: Bools, to: str) -> None:
    """Leave slivers that would lie apart from the grid where they are; refuse larger parts."""
    mine = faces.owner == faces.codes.index(to)
    whole = shapely.get_parts(joined(faces.pieces[mine | taken]))
    points = shapely.point_on_surface(faces.pieces)
    for part in whole:
        within = shapely.intersects(part, points) & (mine | taken)
        if (within & mine).any():
            continue
        if not slivers(lattice.array_of([part]))[0]:
            size = round(float(lattice.square_metres(part)), 1)
            raise Refused(Fault("apart", (to,), place_of(part), size, "m2"))
        taken[within] = False


def _take_along(faces: Faces, taken: Bools, donor: int, homes: Homes, notes: list[Note]) -> None:
    """Let remains of a donor that are cut off go along, where they are small and hold nobody."""
    of = faces.owner == donor
    rest = faces.of(faces.codes[donor], taken)
    if rest is None or not (taken & of).any():
        return
    parts = shapely.get_parts(rest)
    if len(parts) == 1 or len(parts) <= len(shapely.get_parts(faces.shapes[donor])):
        return
    held = np.array([len(inside(homes, part)) for part in parts])
    order = np.lexsort((-shapely.area(parts), -held))
    points = shapely.point_on_surface(faces.pieces)
    tiny = slivers(parts)
    for i in order[1:]:
        small = parts[i].area < 0.1 * faces.shapes[donor].area
        if held[i] or not (small or tiny[i]):
            continue
        taken |= of & shapely.intersects(parts[i], points)
        size = round(float(lattice.square_metres(parts[i])), 1)
        notes.append(Note("fragments", (faces.codes[donor],), place_of(parts[i]), size, "m2"))
