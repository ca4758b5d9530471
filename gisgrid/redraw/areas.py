"""Edits by a drawn area: give its ground or its households to a grid, grow or trim the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import cutting, ground, lattice
from gisgrid.redraw.faults import Fault, Note, Refused
from gisgrid.redraw.ground import known, united
from gisgrid.redraw.lines import crossing
from gisgrid.redraw.settling import Outcome, Wish, settle

if TYPE_CHECKING:
    from gisgrid.redraw.edits import Assign, Grow, Transfer, Trim
    from gisgrid.redraw.ground import Homes
    from gisgrid.redraw.plan import Plan


def transfer(plan: Plan, edit: Transfer, homes: Homes) -> Outcome:
    """All ground inside the area goes to one grid."""
    del homes
    known(plan, edit.to)
    area = _drawn(edit.area)
    kept, given, notes = _carved(plan, area, edit.to)
    return settle(plan, _handed(plan, edit.to, kept, given, notes, pieces=edit.allow_pieces))


def assign(plan: Plan, edit: Assign, homes: Homes) -> Outcome:
    """The households inside the lasso go to one grid, and the ground inside with them.

    What the lasso cuts off of a grid goes along where no household lies in it.
    """
    (target,) = known(plan, edit.to)
    del target
    lasso = _drawn(edit.lasso)
    rows = ground.rows_near(homes, lasso)
    rows = rows[ground.inside(homes, rows, lasso)]
    (own,) = plan.units([edit.to])
    if not (~ground.inside(homes, rows, own)).any():
        raise Refused(Fault("nothing_inside", (edit.to,), _middle(lasso)))
    kept, given, notes = _carved(plan, lasso, edit.to)
    for code, pieces in kept.items():
        if code == edit.to:
            continue
        loose = _loose(plan, code, pieces, homes)
        if loose:
            kept[code] = [piece for piece in pieces if not any(piece is x for x in loose)]
            given.setdefault(code, []).extend(loose)
            size = float(sum(lattice.square_metres(np.array(loose, dtype=object))))
            notes.append(Note("fragments", (code,), _middle(loose[0]), round(size), "m2"))
    return settle(plan, _handed(plan, edit.to, kept, given, notes, pieces=edit.allow_pieces))


def grow(plan: Plan, edit: Grow, homes: Homes) -> Outcome:
    """The ground of the area that lies in no grid is added to one grid."""
    del homes
    known(plan, edit.to)
    area = _drawn(edit.area)
    codes = _near(plan, area)
    if edit.to not in codes:
        raise Refused(Fault("apart", (edit.to,), _middle(area)))
    faces = cutting.cut(plan, codes, area.boundary, side=cutting.OUTSIDE)
    new = [p for p, o in zip(faces.pieces, faces.owner, strict=True) if o < 0 and _in(area, p)]
    if not new:
        raise Refused(Fault("nothing_to_do", (edit.to,), _middle(area)))
    kept = _of_each(faces)
    shapes = {code: united(pieces) for code, pieces in kept.items()}
    shapes[edit.to] = united([*kept[edit.to], *new])
    _refuse_apart(plan, edit.to, shapes[edit.to], new, pieces=edit.allow_pieces)
    wish = Wish(shapes, added=tuple(new), notes=tuple(faces.notes), allow_pieces=edit.allow_pieces)
    return settle(plan, wish)


def trim(plan: Plan, edit: Trim, homes: Homes) -> Outcome:
    """The ground inside the area is given up; households that fall out are named."""
    area = _drawn(edit.area)
    codes = _near(plan, area)
    faces = cutting.cut(plan, codes, area.boundary, corners_only=True)
    kept: dict[str, list[Any]] = {code: [] for code in codes}
    lost: list[Any] = []
    for piece, owner in zip(faces.pieces, faces.owner, strict=True):
        if owner >= 0:
            (lost if _in(area, piece) else kept[codes[owner]]).append(piece)
    if not lost:
        raise Refused(Fault("nothing_to_do", tuple(codes), _middle(area)))
    _refuse_holes(faces, lost)
    removed = tuple(code for code, pieces in kept.items() if not pieces)
    shapes = {code: united(pieces) for code, pieces in kept.items() if pieces}
    notes = list(faces.notes)
    gone = united(lost)
    rows = ground.rows_near(homes, gone)
    out = rows[ground.inside(homes, rows, gone)]
    if len(out):
        told = tuple(int(row) for row in out)
        notes.append(Note("households_out", (), _middle(gone), float(len(out)), "households", told))
    wish = Wish(
        shapes, removed, lost=tuple(lost), notes=tuple(notes), allow_pieces=edit.allow_pieces
    )
    return settle(plan, wish)


def _drawn(degrees: Any) -> Any:
    """A drawn area in units. Raises Refused for one that crosses itself or holds nothing."""
    cutting.check_size(degrees)
    area = shapely.remove_repeated_points(lattice.to_units(degrees))
    if not area.is_empty and not area.is_valid and area.exterior.length > 0:
        raise Refused(Fault("line_crosses_itself", (), crossing(area.exterior)))
    if area.is_empty or area.area == 0:
        raise Refused(Fault("empty"))
    shapely.prepare(area)
    return area


def _near(plan: Plan, area: Any) -> list[str]:
    """The grids that the area meets. Raises Refused where there is none."""
    west, south, east, north = (side / lattice.SCALE for side in area.bounds)
    codes = plan.near((west, south, east, north))
    meets: Any = shapely.intersects(area, plan.units(codes)) if codes else []
    found = [code for code, meet in zip(codes, meets, strict=True) if meet]
    if not found:
        raise Refused(Fault("outside", (), _middle(area)))
    return found


def _in(area: Any, piece: Any) -> bool:
    return bool(area.contains(shapely.point_on_surface(piece)))


def _middle(shape: Any) -> tuple[float, float]:
    point = shapely.point_on_surface(shape)
    return lattice.degrees_of((point.x, point.y))


def _of_each(faces: cutting.Faces) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {code: [] for code in faces.codes}
    for piece, owner in zip(faces.pieces, faces.owner, strict=True):
        if owner >= 0:
            found[faces.codes[owner]].append(piece)
    return found


def _carved(
    plan: Plan, area: Any, to: str
) -> tuple[dict[str, list[Any]], dict[str, list[Any]], list[Note]]:
    """What each grid under the area keeps, and what it gives: code -> pieces."""
    codes = _near(plan, area)
    shapes = plan.units(codes)
    under = shapely.area(shapely.intersection(shapes, area)) > 0
    donors = [c for c, u in zip(codes, under, strict=True) if u and c != to]
    if not donors:
        raise Refused(Fault("nothing_to_do", (to,), _middle(area)))
    faces = cutting.cut(plan, [*donors, to], area.boundary)
    kept: dict[str, list[Any]] = {code: [] for code in faces.codes}
    given: dict[str, list[Any]] = {}
    for piece, owner in zip(faces.pieces, faces.owner, strict=True):
        if owner < 0:
            continue
        code = faces.codes[owner]
        if code != to and _in(area, piece):
            given.setdefault(code, []).append(piece)
        else:
            kept[code].append(piece)
    if not given:
        raise Refused(Fault("nothing_to_do", (to,), _middle(area)))
    return kept, given, list(faces.notes)


def _handed(
    plan: Plan,
    to: str,
    kept: dict[str, list[Any]],
    given: dict[str, list[Any]],
    notes: list[Note],
    *,
    pieces: bool,
) -> Wish:
    """The wish that what is given belongs to one grid."""
    for code, left in kept.items():
        if not left:
            raise Refused(Fault("vanish", (code,), _middle(given[code][0])))
    shapes = {code: united(left) for code, left in kept.items()}
    moved = [piece for parts in given.values() for piece in parts]
    shapes[to] = united([*kept[to], *moved])
    _refuse_apart(plan, to, shapes[to], moved, pieces=pieces)
    came_from = {code: (code,) for code in shapes} | {to: (to, *given)}
    return Wish(shapes, came_from=came_from, notes=tuple(notes), allow_pieces=pieces)


def _refuse_apart(plan: Plan, to: str, whole: Any, moved: list[Any], *, pieces: bool) -> None:
    """Refuse ground that does not touch the grid that it goes to."""
    parts = shapely.get_parts(whole)
    before = len(shapely.get_parts(plan[to].polygon))
    if len(parts) <= before or pieces:
        return
    (own,) = plan.units([to])
    apart = [p for p in parts if p.intersection(own).area == 0]
    if apart:
        far = shapely.distance(apart[0], own)
        east, _ = lattice.metres(apart[0].bounds[1])
        raise Refused(Fault("apart", (to,), _middle(apart[0]), round(far * east, 1), "m"))
    del moved


def _loose(plan: Plan, code: str, pieces: list[Any], homes: Homes) -> list[Any]:
    """Pieces that were cut off of a grid and hold no household."""
    if not pieces:
        return []
    parts = list(shapely.get_parts(united(pieces)))
    if len(parts) <= len(shapely.get_parts(plan[code].polygon)):
        return []
    parts.sort(key=lambda part: (-ground.households(homes, part), -part.area))
    empty = [part for part in parts[1:] if ground.households(homes, part) == 0]
    return [p for p in pieces if any(part.contains(shapely.point_on_surface(p)) for part in empty)]


def _refuse_holes(faces: cutting.Faces, lost: list[Any]) -> None:
    """Ground that is given up must lie at the outer border, else the plan has a hole."""
    whole = united(faces.shapes)
    rest = shapely.get_parts(united(lost))
    for part in rest:
        if part.boundary.intersection(whole.boundary).length == 0:
            raise Refused(Fault("hole", (), _middle(part)))
