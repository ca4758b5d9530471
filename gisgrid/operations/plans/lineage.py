"""Where grids came from and what became of them, through all plans.

Plans that were drawn here say so; of plans that were imported, a grid came from those whose ground
it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid import redraw
from gisgrid.access import Action, Actor, require
from gisgrid.errors import UnknownArea
from gisgrid.operations.plans.bench import bench

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace

Pairs = list[tuple[str, str]]
_SHARE = 1e-3
"""Less of a grid's ground than this is the hair of a redrawn line, and no descent."""


def lineage(ws: Workspace, actor: Actor, code: str) -> dict[str, Any]:
    """What a code of any time came from and became.

    predecessors, successors: [{revision, codes}] by revision; origins: the codes of the first plan
    that its ground came from; now: the codes of the last plan that hold its ground. Codes outside
    the scope are left out. Raises NotAllowed; UnknownArea where no plan had such a grid that the
    actor may see.
    """
    require(actor, Action.SEE_FIGURES)
    seen = seen_codes(ws, actor)
    if code not in seen:
        raise UnknownArea(area=code)
    plans = ws.snapshot().plans
    holders = [i for i, plan in enumerate(plans) if code in plan.code]
    forward, backward = {code}, {code}
    successors, predecessors = [], []
    for n in range(1, len(plans)):
        pairs = steps(ws, plans[n].revision)
        out = sorted({c for c, origin in pairs if origin == code} & seen)
        into = sorted({origin for c, origin in pairs if c == code} & seen)
        if out:
            successors.append({"revision": plans[n].revision, "codes": out})
        if into:
            predecessors.append({"revision": plans[n].revision, "codes": into})
        if n > holders[0]:
            forward = _forward(forward, pairs, set(plans[n].code))
    for n in range(holders[-1], 0, -1):
        backward = _backward(backward, steps(ws, plans[n].revision))
    return {
        "code": code,
        "in_force": holders[-1] == len(plans) - 1,
        "predecessors": predecessors,
        "successors": successors,
        "origins": sorted(backward & seen),
        "now": sorted(forward & seen),
    }


def _forward(codes: set[str], pairs: Pairs, there: set[str]) -> set[str]:
    """The codes after a revision that hold the ground of `codes`."""
    redrawn = {code for code, _ in pairs}
    stayed = {code for code in codes if code in there and code not in redrawn}
    return stayed | {code for code, origin in pairs if origin in codes}


def _backward(codes: set[str], pairs: Pairs) -> set[str]:
    """The codes before a revision whose ground `codes` hold."""
    redrawn = {code for code, _ in pairs}
    return (codes - redrawn) | {origin for code, origin in pairs if code in codes}


def steps_of(ws: Workspace, actor: Actor, revision: int) -> Pairs:
    """(code, came from) of one revision, of grids that the actor may see."""
    seen = seen_codes(ws, actor)
    return [(c, origin) for c, origin in steps(ws, revision) if c in seen and origin in seen]


def steps(ws: Workspace, revision: int) -> Pairs:
    """(code, came from) of grids that a revision drew out of others; none for the first."""
    found: Pairs = ws.lineages.get(revision, lambda: _steps(ws, revision))
    return found


def _steps(ws: Workspace, revision: int) -> Pairs:
    (row,) = ws.store.published(revision)
    if row.document is not None:
        return [(code, origin) for _, code, origin in ws.store.lineage(revision=revision)]
    plans = ws.snapshot().plans
    at = next(i for i, plan in enumerate(plans) if plan.revision == revision)
    return [] if at == 0 else by_ground(ws, plans[at - 1].revision, revision)


def by_ground(ws: Workspace, before: int, after: int) -> Pairs:
    """The pairs of two plans by the ground that their differing grids share."""
    old, new = (
        {grid.code: grid for grid in ws.drawings.grids(number)} for number in (before, after)
    )
    touched = redraw.differing(old, new)
    sources = [old[code] for code in sorted(touched & set(old))]
    shapes = np.array([grid.polygon for grid in sources], dtype=object)
    pairs: Pairs = []
    for code in sorted(touched & set(new)):
        shape = new[code].polygon
        near = [i for i in range(len(shapes)) if shapes[i].intersects(shape)]
        least = _SHARE * shape.area
        origins = [sources[i].code for i in near if shapes[i].intersection(shape).area > least]
        if origins != [code]:
            pairs += [(code, origin) for origin in origins]
    return pairs


def seen_codes(ws: Workspace, actor: Actor) -> set[str]:
    """Codes of all times of grids that lay in the actor's scope."""
    snapshot = ws.snapshot()
    if actor.scope.everything:
        return {str(code) for plan in snapshot.plans for code in plan.code}
    inside = bench(ws).inside(actor.scope.code)
    if inside is None:
        return {str(c) for plan in snapshot.plans for c in plan.code if c == actor.scope.code}
    areas = np.append(snapshot.areas.code, "")
    return {
        str(code)
        for plan in snapshot.plans
        for code, area in zip(plan.code, areas[plan.area], strict=True)
        if area in inside
    }
