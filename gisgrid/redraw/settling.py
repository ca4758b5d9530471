"""From new shapes of some grids to a new plan: neighbours follow, and all is proved.

The proof is exact. The edges of the touched grids are added up with their direction; what does not
cancel is the outer border of them all. Where it is the same before and after, and every polygon is
valid, every point of the plane lies in as many of the grids as before: no gap, no overlap, the same
footprint. See lattice.apart. Ground that is added lies in no grid: `_check_added`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.comparing import sources
from gisgrid.redraw.corners import aside, with_corners
from gisgrid.redraw.edits import Allowing
from gisgrid.redraw.faults import MOVED_END, Fault, Note, Refused
from gisgrid.redraw.lattice import Corner, Edge, array_of
from gisgrid.redraw.slender import LEAST_WIDTH_M, slivers, tongue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisgrid.redraw.plan import Grid, Plan

LED_MOST_M = 10.0
"""An end of a line is led no further along the outer border, unless the planner allows it."""
_NOTHING = Allowing()


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
    labels: code of a new grid -> the grid whose labels it takes. came_from: as in Outcome, where
    the edit says it; of the others the ground does.
    added, lost: ground that the plan gains or gives up. otherwise: the fault where the outer border
    of the touched grids would become another. allows: what the planner allows.
    """

    shapes: Mapping[str, Any]
    removed: tuple[str, ...] = ()
    labels: Mapping[str, Grid] = field(default_factory=dict)
    came_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    added: tuple[Any, ...] = ()
    lost: tuple[Any, ...] = ()
    notes: tuple[Note, ...] = ()
    allows: Allowing = _NOTHING
    otherwise: str = "too_fine"


def settle(plan: Plan, wish: Wish) -> Outcome:
    """The plan with a wish fulfilled. Raises Refused."""
    _check_ends(wish)
    touched = [code for code in dict.fromkeys((*wish.shapes, *wish.removed)) if code in plan]
    before = dict(zip(touched, plan.units(touched), strict=True))
    shapes = _differing(before, wish.shapes)
    if not shapes and not wish.removed:
        raise Refused(Fault("nothing_to_do", tuple(sorted(wish.shapes))))
    _check_shapes(shapes, before, allow_pieces=wish.allows.allow_pieces)
    _check_added(plan, wish)
    came = sources(before, {c: s for c, s in shapes.items() if c not in wish.came_from})
    shapes |= _follow(plan, before, wish)
    changed = {}
    for code, polygon in zip(shapes, lattice.to_degrees(array_of(shapes.values())), strict=True):
        grid = wish.labels.get(code) or plan[code]
        changed[code] = grid.drawn_as(code, polygon)
    came = {c: tuple(wish.came_from.get(c) or came.get(c, (c,))) for c in changed}
    made = plan.replaced(changed, wish.removed)
    notes = (*wish.notes, *_across_areas(plan, changed, came))
    return Outcome(made, changed, wish.removed, came, (), notes)


def _across_areas(
    plan: Plan, changed: Mapping[str, Grid], came_from: Mapping[str, tuple[str, ...]]
) -> list[Note]:
    """A note for each grid that got ground of grids of other areas, with the area it is of."""
    notes = []
    for code, origins in came_from.items():
        area = changed[code].area_code
        others = [o for o in origins if o in plan and plan[o].area_code != area]
        if others:
            place = changed[code].place()
            notes.append(Note("across_areas", (code, *others), place, area=area))
    return notes


def _check_ends(wish: Wish) -> None:
    """Refuse an end of a line that was led far, unless that is allowed."""
    if wish.allows.allow_led:
        return
    for note in wish.notes:
        if note.what == MOVED_END and (note.size or 0.0) > LED_MOST_M:
            of = (wish.came_from.get(code, (code,)) for code in wish.shapes)
            codes = tuple(sorted({code for origins in of for code in origins}))
            raise Refused(Fault("led_far", codes, note.place, note.size, note.unit))


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The shapes that are new or have other corners than before, wherever their rings begin."""
    known = [code for code in after if code in before and after[code] is not None]
    new = shapely.normalize(array_of(after[code] for code in known))
    old = shapely.normalize(array_of(before[code] for code in known))
    same = {c for c, equal in zip(known, shapely.equals_exact(new, old), strict=True) if equal}
    return {code: shape for code, shape in after.items() if code not in same}


def _check_shapes(
    shapes: Mapping[str, Any], before: Mapping[str, Any], *, allow_pieces: bool
) -> None:
    """Refuse shapes that no grid may have."""
    for code, shape in shapes.items():
        if shape is None or shape.is_empty:
            raise Refused(Fault("vanish", (code,), place_of(before.get(code))))
    codes = list(shapes)
    listed = array_of(shapes.values())
    for i in np.flatnonzero(~shapely.is_valid(listed)):
        raise Refused(Fault("crosses", (codes[i],), where_invalid(listed[i])))
    pieces, owner = shapely.get_parts(listed, return_index=True)
    count = np.bincount(owner, minlength=len(codes))
    narrow = slivers(pieces)
    for i in np.flatnonzero((count > 1) | (np.bincount(owner[narrow], minlength=len(codes)) > 0)):
        old = before.get(codes[i])
        known = np.empty(0, dtype=object) if old is None else shapely.get_parts(old)
        if count[i] > max(len(known), 1) and not allow_pieces:
            small = min(pieces[owner == i], key=lambda piece: float(piece.area))
            told = Fault("in_pieces", (codes[i],), place_of(small), float(count[i]), "pieces")
            raise Refused(told)
        for piece in pieces[(owner == i) & narrow]:
            if not any(shapely.equals(piece, was) for was in known):  # as it was, it may stay
                area = round(float(lattice.square_metres(piece)), 2)
                raise Refused(Fault("sliver", (codes[i],), place_of(piece), area, "m2"))
    for code, shape in shapes.items():
        corner = tongue(shape, before.values())
        if corner is not None:
            place = lattice.degrees_of(corner)
            raise Refused(Fault("tongue", (code,), place, LEAST_WIDTH_M, "m"))


def _check_added(plan: Plan, wish: Wish) -> None:
    """Refuse new ground that lies in a grid: that is what the proof takes as given."""
    added = array_of(wish.added)
    if len(added) == 0:
        return
    codes = plan.near_units(shapely.total_bounds(added).tolist())
    shapes = plan.units(codes)
    piece, at = shapely.STRtree(shapes).query(added, "intersects")
    both = shapely.relate_pattern(added[piece], shapes[at], "T********")
    for i in at[both].tolist():
        raise Refused(Fault(wish.otherwise, (codes[i],), place_of(shapes[i])))


def place_of(shape: Any) -> tuple[float, float] | None:
    """A point (lon, lat) in a shape; None where there is none."""
    if shape is None or shape.is_empty:
        return None
    point = shapely.point_on_surface(shape)
    return lattice.degrees_of((point.x, point.y))


def where_invalid(shape: Any) -> tuple[float, float] | None:
    """Where a shape is invalid, from GEOS's words: "Self-intersection[105.1 35.2]"."""
    words = shapely.is_valid_reason(shape)
    try:
        x, y = words[words.index("[") + 1 : words.index("]")].split()[:2]
        return lattice.degrees_of((float(x), float(y)))
    except (ValueError, OverflowError):
        return None


def _follow(plan: Plan, before: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    """New shapes of the neighbours that have to follow, and the proof. Raises Refused."""
    was, _ = plan.segments(list(before))
    if wish.added:
        was = np.concatenate([was, lattice.segments(array_of(wish.added))])
    now = lattice.segments(array_of([*wish.shapes.values(), *wish.lost]))
    lost, new = lattice.apart(was, now)
    if not lost and not new:
        return {}
    turned = _neighbours(plan, set(before), lost, corner_paths(lost, new))
    if turned:
        for code, shape in turned.items():
            if not shape.is_valid:
                raise Refused(Fault("too_fine", (code,), where_invalid(shape)))
        old, _ = plan.segments(list(turned))
        more = lattice.segments(array_of(turned.values()))
        lost, new = lattice.apart(np.concatenate([was, old]), np.concatenate([now, more]))
    wrong = lattice.same_course(lost, new)
    if wrong is not None:
        raise Refused(Fault(wish.otherwise, (), lattice.degrees_of(wrong[:2])))
    return turned


def corner_paths(lost: Mapping[Edge, int], new: Mapping[Edge, int]) -> dict[Edge, list[Corner]]:
    """Edge that was lost -> the corners that divide it now, in its direction; those found."""
    following: dict[Corner, list[Corner]] = {}
    for edge in new:
        following.setdefault(edge[:2], []).append(edge[2:])
    found = {}
    for edge in lost:
        at, end = edge[:2], edge[2:]
        between: list[Corner] = []
        while at != end and following.get(at):
            # Where lines meet, the one that stays beside the edge.
            at = min(following[at], key=lambda corner: aside(edge, corner))
            between.append(at)
            if len(between) > len(new) or aside(edge, at) > 1.0:
                break
        if at == end:
            found[edge] = between[:-1]
    return found


def _neighbours(
    plan: Plan, inside: set[str], lost: Mapping[Edge, int], paths: Mapping[Edge, list[Corner]]
) -> dict[str, Any]:
    """The neighbours that share lost edges, with the corners of the paths.

    Raises Refused where a neighbour shares an edge that is gone.
    """
    if not lost:
        return {}
    ends = np.array(list(lost), dtype=np.int64).reshape(-1, 2)
    box = (*ends.min(axis=0).tolist(), *ends.max(axis=0).tolist())
    codes = [code for code in plan.near_units(box) if code not in inside]
    edges, owner = plan.segments(codes)
    mine: dict[int, dict[Edge, list[Corner]]] = {}
    for edge in lost:
        ax, ay, bx, by = edge
        back = (bx, by, ax, ay)
        for at in owner[lattice.equal_to(edges, back)].tolist():
            path = paths.get(edge)
            if path is None:
                raise Refused(Fault("too_fine", (codes[at],), lattice.degrees_of(edge[:2])))
            # Whichever way the ring runs.
            mine.setdefault(at, {}).update({back: path[::-1], edge: path})
    follow = sorted(mine)
    shapes = plan.units(codes[at] for at in follow)
    return {
        codes[at]: with_corners(shape, mine[at]) for at, shape in zip(follow, shapes, strict=True)
    }
