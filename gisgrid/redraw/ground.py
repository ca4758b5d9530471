"""The footprint grown and trimmed: the only edits that move the plan's outer border."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.areas import refuse_covered, under
from gisgrid.redraw.bending import INWARD, OUTWARD
from gisgrid.redraw.codes import known
from gisgrid.redraw.cutting import cut, drawn_area, joined
from gisgrid.redraw.faults import Fault, Note, Refused
from gisgrid.redraw.households import inside
from gisgrid.redraw.settling import Wish, place_of
from gisgrid.redraw.slender import slivers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gisgrid.columns import Bools, Objects
    from gisgrid.redraw.cutting import Faces
    from gisgrid.redraw.edits import Grow, Trim
    from gisgrid.redraw.households import Homes
    from gisgrid.redraw.plan import Plan


def grow(plan: Plan, edit: Grow, _homes: Homes) -> Wish:
    """Add the ground of an area that lies in no grid to one grid."""
    known(plan, edit.to)
    area = drawn_area(plan, edit.area)
    codes = sorted({*plan.near_units(area.bounds), edit.to})
    faces, fresh = _cut_outside(plan, codes, area)
    while met := _met(plan, codes, faces.pieces[fresh]):
        codes = sorted({*codes, *met})
        faces, fresh = _cut_outside(plan, codes, area)
    if not fresh.any():
        raise Refused(Fault("nothing_to_do", (edit.to,), place_of(area)))
    shapes = {code: faces.of(code) for code in codes}
    added = faces.pieces[fresh]
    shapes[edit.to] = joined(faces.pieces[fresh | (faces.owner == codes.index(edit.to))])
    _check_joined(shapes[edit.to], faces, edit)
    return Wish(
        shapes,
        came_from={code: (code,) for code in codes},
        added=(*added, *faces.hairs),
        notes=tuple(faces.notes),
        allows=edit,
    )


def _cut_outside(plan: Plan, codes: list[str], area: Any) -> tuple[Faces, Bools]:
    """What an area divides around grids, and which pieces are new ground."""
    faces = cut(plan, codes, area.exterior, outside=True, bend=OUTWARD)
    within = shapely.intersects(area, shapely.point_on_surface(faces.pieces))
    return faces, within & (faces.owner < 0)


def _met(plan: Plan, codes: list[str], pieces: Objects) -> set[str]:
    """Grids that pieces of a cut meet beside its own: a line led to a corner leaves the area."""
    if len(pieces) == 0:
        return set()
    beside = [c for c in plan.near_units(shapely.total_bounds(pieces).tolist()) if c not in codes]
    _piece, at = shapely.STRtree(plan.units(beside)).query(pieces, "intersects")
    return {beside[i] for i in at.tolist()}


def _check_joined(shape: Any, faces: Faces, edit: Grow) -> None:
    """Refuse ground that does not touch the grid along an edge."""
    was = faces.shapes[faces.codes.index(edit.to)]
    parts = shapely.get_parts(shape)
    if edit.allow_pieces or len(parts) <= len(shapely.get_parts(was)):
        return
    apart = [p for p in parts if not was.intersects(shapely.point_on_surface(p))]
    place = place_of(apart[0] if apart else shape)
    raise Refused(Fault("apart", (edit.to,), place))


def trim(plan: Plan, edit: Trim, homes: Homes) -> Wish:
    """Give up the ground inside an area; the households that fall out are told."""
    area = drawn_area(plan, edit.area)
    codes = under(plan, area)
    if not codes:
        raise Refused(Fault("empty", (), place_of(area)))
    refuse_covered(plan, area, codes)
    faces = cut(plan, codes, area.exterior, bend=INWARD)
    gone = shapely.intersects(area, shapely.point_on_surface(faces.pieces)) & (faces.owner >= 0)
    if not gone.any():
        raise Refused(Fault("nothing_to_do", tuple(codes), place_of(area)))
    slim = _left_over(faces, gone)
    gone |= slim
    lost = (*faces.pieces[gone], *faces.hairs)
    _check_border(plan, codes, lattice.array_of(lost))
    shapes = {code: faces.of(code, gone) for code in codes}
    return Wish(
        shapes,
        came_from={code: (code,) for code in codes},
        lost=lost,
        notes=(*faces.notes, *_went_along(faces, slim), *_fallen_out(plan, shapes, lost, homes)),
        allows=edit,
    )


def _left_over(faces: Faces, gone: Bools) -> Bools:
    """What is left of trimmed grids as slivers: they would be refused, so they go too."""
    slim = np.zeros(len(gone), dtype=bool)
    for i in range(len(faces.codes)):
        mine = (faces.owner == i) & ~gone
        if mine.any() and (gone & (faces.owner == i)).any():
            mine[mine] = slivers(faces.pieces[mine])
            slim |= mine
    return slim


def _went_along(faces: Faces, slim: Bools) -> list[Note]:
    """A note of the ground that is given up though nobody drew around it."""
    sizes = lattice.square_metres(faces.pieces[slim])
    if round(float(sizes.sum()), 1) == 0:
        return []
    codes = sorted({faces.codes[i] for i in faces.owner[slim].tolist()})
    place = place_of(faces.pieces[slim][int(sizes.argmax())])
    return [Note("slivers_out", tuple(codes), place, round(float(sizes.sum()), 1), "m2")]


def _check_border(plan: Plan, codes: list[str], lost: Objects) -> None:
    """Refuse to make a hole in the plan: what is given up must reach the outer border."""
    around = plan.near_units(shapely.total_bounds(lost).tolist(), margin=2.0)
    whole = joined(plan.units(sorted({*codes, *around})))
    for part in shapely.get_parts(joined(lost)):
        if not shapely.intersects(shapely.boundary(whole), part):
            size = round(float(lattice.square_metres(part)), 1)
            raise Refused(Fault("hole", tuple(codes), place_of(part), size, "m2"))


def _fallen_out(
    plan: Plan, shapes: Mapping[str, Any], lost: Iterable[Any], homes: Homes
) -> list[Note]:
    """A note of the households on lost ground that no grid holds any more, its edge included."""
    lost = list(lost)
    rows = [inside(homes, piece) for piece in lost]
    found = np.unique(np.concatenate(rows)) if rows else np.empty(0, dtype=np.int64)
    if len(found) == 0:
        return []
    beside = [c for c in plan.near_units(shapely.total_bounds(lost).tolist()) if c not in shapes]
    for shape in (*shapes.values(), *plan.units(beside)):
        if shape is not None:
            found = np.setdiff1d(found, inside(homes, shape))
    if len(found) == 0:
        return []
    first = found[0]
    place = (float(homes.lon[first]), float(homes.lat[first]))
    told = Note("households_out", (), place, float(len(found)), "households", tuple(found.tolist()))
    return [told]
