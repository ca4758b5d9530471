"""A plan changed in two places at once, put together: what goes together, what clashes, and how.

Three plans: the one that both began with (base), the one that went on (now), and a sketch that
was made elsewhere. What was redrawn is divided into groups of grids that touch; the ground of a
group is the same before and after. Groups that lie apart from what changed meanwhile are taken
over one by one, each proved (settling.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.codes import free_codes
from gisgrid.redraw.comparing import came_from
from gisgrid.redraw.corners import same_ground, with_corners
from gisgrid.redraw.edits import Allowing
from gisgrid.redraw.faults import Fault, Refused
from gisgrid.redraw.lattice import array_of
from gisgrid.redraw.settling import Outcome, Wish, corner_paths, settle

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from gisgrid.columns import Objects
    from gisgrid.redraw.lattice import Corner, Edge
    from gisgrid.redraw.plan import Bounds, Grid, Plan
    from gisgrid.redraw.returned import Sketch


_ALLOWS = Allowing(allow_pieces=True)
"""Who drew in another program saw the pieces; they are no slip of the hand."""


@dataclass(frozen=True, slots=True)
class Group:
    """Grids that are redrawn together.

    before: codes of the base whose ground it is; after: codes of the sketch that have it then.
    state: new | done (the plan has it already) | clash (its grids were redrawn meanwhile too).
    since: codes that the plan has there now. drawn: codes of those whose ground is another, not
    only their corners.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    state: str
    since: tuple[str, ...]
    drawn: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its lowest code of before, of what is drawn: by this it is spoken of."""
        return next((code for code in self.before if code in self.drawn), self.before[0])


class Part(NamedTuple):
    """Grids that touch: codes before and after."""

    before: set[str]
    after: set[str]


def groups(base: Plan, now: Plan, made: Sketch, mine: Collection[str]) -> list[Group]:
    """All that a sketch redraws, by the lowest code."""
    redrawn = made.redrawn(base)
    old = {c: base[c] for c in (*made.gone(mine), *(c for c in redrawn if c in base))}
    theirs = _together(old, {code: made.grids[code] for code in redrawn})
    found = []
    for part, ours in _linked(theirs, _since(base, now, mine)):
        both = Part(part.before | ours.before, part.after)
        since = ours.after | {code for code in both.before if code in now}
        if _same_ground(base, now, made, both, since):
            found.append(_group(base, made, both, "done", since))
        elif _clashes(base, now, made, part.before):
            found.append(_group(base, made, both, "clash", since))
        else:
            since = {code for code in part.before if code in now}
            found.append(_group(base, made, part, "new", since))
    return sorted(found, key=lambda group: group.before)


def _group(base: Plan, made: Sketch, part: Part, state: str, since: set[str]) -> Group:
    def drawn(code: str) -> bool:
        was, grid = base.get(code), made.grids.get(code)
        return was is None or grid is None or not same_ground(was.polygon, grid.polygon)

    before, after = tuple(sorted(part.before)), tuple(sorted(part.after))
    redrawn = tuple(code for code in sorted({*before, *after}) if drawn(code))
    return Group(before, after, state, tuple(sorted(since)), redrawn)


def _since(base: Plan, now: Plan, mine: Collection[str]) -> list[Part]:
    """What was redrawn meanwhile, in groups; corners that a neighbour brought are no redrawing."""
    old = {c: base[c] for c in mine if c not in now or _moved(base, now, c) == "moved"}
    if not old:
        return []
    near = {code for grid in old.values() for code in now.near(grid.polygon.bounds)}
    new = {c: now[c] for c in near if c in old or c not in base}
    return _together(old, new)


def _moved(base: Plan, now: Plan, code: str) -> str:
    """How a grid of both plans differs: same | corners | moved."""
    if base[code].polygon is now[code].polygon:
        return "same"
    return _differs(base.units([code])[0], now.units([code])[0])


def _differs(was: Any, now: Any) -> str:
    """How two shapes differ: same | corners (more of them along its edges) | moved."""
    if shapely.equals_exact(*shapely.normalize(array_of([was, now]))):
        return "same"
    if not now.is_valid:
        return "moved"
    lost, new = lattice.difference(array_of([was]), array_of([now]))
    divided = corner_paths(lost, new)
    gained = sum(len(path) + 1 for path in divided.values())
    return "corners" if len(divided) == len(lost) and gained == len(new) else "moved"


def _together(old: Mapping[str, Grid], new: Mapping[str, Grid]) -> list[Part]:
    """Grids of before and after in groups that touch."""
    nodes = [*((0, code) for code in old), *((1, code) for code in new)]
    shapes = array_of([*(g.polygon for g in old.values()), *(g.polygon for g in new.values())])
    if len(shapes) == 0:
        return []
    pairs = shapely.STRtree(shapes).query(shapes, predicate="intersects").T.tolist()
    # A code that was given up and taken anew elsewhere holds both places together.
    pairs += [(i, len(old) + j) for j, c in enumerate(new) for i, was in enumerate(old) if c == was]
    found: dict[int, Part] = {}
    for i, root in enumerate(_roots(len(nodes), pairs)):
        side, code = nodes[i]
        found.setdefault(root, Part(set(), set()))[side].add(code)
    return list(found.values())


def _roots(count: int, pairs: Iterable[Any]) -> list[int]:
    """For each of `count` things the first of those that it hangs together with by pairs."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for a, b in pairs:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return [root(i) for i in range(count)]


def _linked(theirs: list[Part], ours: list[Part]) -> list[tuple[Part, Part]]:
    """Groups of a sketch, each with what changed meanwhile on its ground.

    Two that the same change of meanwhile lies under are one.
    """
    parts = [*theirs, *ours]
    first: dict[str, int] = {}
    pairs = [(first.setdefault(c, i), i) for i, part in enumerate(parts) for c in part.before]
    joint: dict[int, tuple[Part, Part]] = {}
    roots = _roots(len(parts), pairs)
    for i, part in enumerate(parts):
        sides = joint.setdefault(roots[i], (Part(set(), set()), Part(set(), set())))
        into = sides[i >= len(theirs)]
        into.before.update(part.before)
        into.after.update(part.after)
    return [joint[i] for i in sorted(set(roots[: len(theirs)]))]


def _clashes(base: Plan, now: Plan, made: Sketch, before: set[str]) -> bool:
    """Whether a grid of a group was redrawn on both sides."""
    for code in before:
        if code in now and _moved(base, now, code) != "moved":
            continue
        grid = made.grids.get(code)
        if grid is None:
            return True
        units = lattice.to_units(array_of([base[code].polygon, grid.polygon]))
        if _differs(units[0], units[1]) == "moved":
            return True
    return False


def _same_ground(base: Plan, now: Plan, made: Sketch, part: Part, since: set[str]) -> bool:
    """Whether the plan has already what a group of the sketch draws, whatever the codes of new."""
    stay = {code for code in part.before if code in made.grids}
    if {code for code in since if code in base} != stay:
        return False
    theirs = [made.grids[code].polygon for code in part.after | stay]
    ours = [now[code].polygon for code in since]
    marks = [
        sorted(shapely.to_wkb(shapely.normalize(lattice.to_units(array_of(side)))).tolist())
        for side in (theirs, ours)
    ]
    return bool(marks[0] == marks[1])


# Taking over --------------------------------------------------------------------------------------


def take(base: Plan, now: Plan, made: Sketch, group: Group) -> Outcome:
    """The plan as it is now with a group as it was drawn elsewhere.

    What was redrawn meanwhile on its ground is given up for it, where they clash. The outcome has
    faults where it cannot be.
    """
    try:
        return settle(now, _wish(base, now, made, group))
    except Refused as refused:
        return Outcome(now, faults=refused.faults)
    except (shapely.errors.ShapelyError, OverflowError):
        return Outcome(now, faults=(Fault("too_fine"),))


def _wish(base: Plan, now: Plan, made: Sketch, group: Group) -> Wish:
    over = group.state == "clash"
    shapes: dict[str, Any] = {}
    labels: dict[str, Grid] = {}
    removed = [code for code in group.since if code not in group.before]
    for code in group.before:
        here = _moved(base, now, code) if code in now else "gone"
        if here in ("moved", "gone") and not over:
            continue  # only its neighbours' corners came with the sketch; they follow
        if code not in made.grids:
            removed += [code] if code in now else []
            continue
        shapes[code] = made.grids[code].polygon
        if code not in now:
            labels[code] = base[code]
    for code in group.after:
        if code not in base:
            name = _free(now, code, shapes)
            labels[name] = made.grids[code]
            shapes[name] = made.grids[code].polygon
    units = dict(zip(shapes, lattice.to_units(array_of(shapes.values())), strict=True))
    if units:
        box = shapely.total_bounds(array_of(units.values())).tolist()
        corners = _corners(base, now, made, box)
        units = {code: with_corners(shape, corners) for code, shape in units.items()}
    came = came_from(now, group.since, units)
    return Wish(units, tuple(removed), labels, came, allows=_ALLOWS, otherwise="footprint")


def _free(now: Plan, code: str, used: Collection[str]) -> str:
    taken = code in now or code in used
    return free_codes(now, code, 1, used)[0] if taken else code


def _corners(base: Plan, now: Plan, made: Sketch, near: Bounds) -> dict[Edge, list[Corner]]:
    """Edges as the sketch has them -> the corners that they got meanwhile, both ways.

    An edge may have got corners on both sides: then those of meanwhile go between the others.
    """
    theirs: dict[Edge, list[Corner]] = {}
    ours: dict[Edge, list[Corner]] = {}
    for code in base.near_units(near):
        if code in now and now[code].polygon is not base[code].polygon:
            ours |= _divided(base.units([code]), now.units([code]))
        if code in made.grids and made.grids[code].polygon is not base[code].polygon:
            shapes = lattice.to_units(array_of([made.grids[code].polygon]))
            if shapes[0].is_valid:
                theirs |= _divided(base.units([code]), shapes)
    found: dict[Edge, list[Corner]] = {}
    for edge, corners in ours.items():
        stops = [edge[:2], *theirs.get(edge, ()), edge[2:]]
        for at, to in pairwise(stops):
            between = [c for c in corners if _along(edge, at) < _along(edge, c) < _along(edge, to)]
            if between:
                found[(*at, *to)] = between
    return found


def _divided(was: Objects, now: Objects) -> dict[Edge, list[Corner]]:
    """Edges of a shape (units) that only got corners -> those, both ways."""
    found = {}
    for (ax, ay, bx, by), path in corner_paths(*lattice.difference(was, now)).items():
        found[(ax, ay, bx, by)] = path
        found[(bx, by, ax, ay)] = path[::-1]
    return found


def _along(edge: Edge, corner: Corner) -> int:
    """How far along an edge a corner lies, in no unit."""
    ax, ay, bx, by = edge
    return (corner[0] - ax) * (bx - ax) + (corner[1] - ay) * (by - ay)
