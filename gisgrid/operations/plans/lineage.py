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
    from collections.abc import Sequence
    from datetime import date

    from gisgrid.columns import Bools, Plan
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.operations.workspace import Workspace

Pairs = list[tuple[str, str]]
SHARE = 1e-3
"""Less of a grid's ground than this is the hair of a redrawn line, and no descent."""


def lineage(ws: Workspace, actor: Actor, code: str) -> dict[str, Any]:
    """What a code of any time came from and became.

    in_force: whether the plan of today has it. predecessors, successors: [{revision, codes}] by
    revision; origins: the codes of the first plan that its ground came from; now: the codes of
    today that hold its ground; coming: what plans that wait for their day change of that
    [{revision, valid_from, in_force, codes}]. Codes outside the scope are left out. Raises
    NotAllowed; UnknownArea where no plan had such a grid that the actor may see.
    """
    require(actor, Action.SEE_FIGURES)
    seen = seen_codes(ws, actor)
    if code not in seen:
        raise UnknownArea(area=code)
    plans = ws.snapshot().plans
    today = _last_begun(plans, ws.today())
    holders = [i for i, plan in enumerate(plans) if code in plan.code]
    successors, predecessors, redrawn = [], [], set()
    for n in range(1, len(plans)):
        pairs = steps(ws, plans[n].revision)
        if any(code in pair for pair in pairs) or (n in holders) != (n - 1 in holders):
            redrawn.add(n)
        out = sorted({c for c, origin in pairs if origin == code} & seen)
        into = sorted({origin for c, origin in pairs if c == code} & seen)
        if out:
            successors.append({"revision": plans[n].revision, "codes": out})
        if into:
            predecessors.append({"revision": plans[n].revision, "codes": into})
    earlier = _before(ws, plans, code, holders[-1])
    ground = _after(ws, plans, code, holders[0]) | {n: earlier[n] for n in range(holders[0])}
    return {
        "code": code,
        "in_force": today in holders,
        "predecessors": predecessors,
        "successors": successors,
        "origins": sorted(earlier[0] & seen),
        "now": sorted(ground[today] & seen) if today >= 0 else [],
        "coming": [
            {
                "revision": plans[n].revision,
                "valid_from": _written(plans[n].valid_from),
                "in_force": n in holders,
                "codes": sorted(ground[n] & seen),
            }
            for n in range(today + 1, len(plans))
            if n in redrawn or n == 0 or ground[n] != ground[n - 1]
        ],
    }


def _last_begun(plans: Sequence[Plan], day: date) -> int:
    """Index of the last plan whose day has come; -1 where none has."""
    begun = [i for i, p in enumerate(plans) if p.valid_from is None or p.valid_from <= day]
    return begun[-1] if begun else -1


def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _after(ws: Workspace, plans: Sequence[Plan], code: str, first: int) -> dict[int, set[str]]:
    """Index of each plan from the first that has a code -> the codes that hold its ground."""
    codes = {code}
    found = {first: codes}
    for n in range(first + 1, len(plans)):
        codes = found[n] = _forward(codes, steps(ws, plans[n].revision), set(plans[n].code))
    return found


def _before(ws: Workspace, plans: Sequence[Plan], code: str, last: int) -> dict[int, set[str]]:
    """Index of each plan up to the last that has a code -> the codes that its ground came from."""
    codes = {code}
    found = {last: codes}
    for n in range(last, 0, -1):
        codes = found[n - 1] = _backward(codes, steps(ws, plans[n].revision))
    return found


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


def lineage_of(drawing: Drawing) -> list[tuple[str, str]]:
    """(code, came from) of all grids that did not come from themselves alone, and of those gone."""
    pairs = {
        (code, origin)
        for code, origins in drawing.origins.items()
        if origins != (code,) and code in drawing.plan
        for origin in origins
    }
    return sorted(pairs)


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
        least = SHARE * shape.area
        origins = [sources[i].code for i in near if shapes[i].intersection(shape).area > least]
        if origins != [code]:
            pairs += [(code, origin) for origin in origins]
    return pairs


def seen_codes(ws: Workspace, actor: Actor) -> set[str]:
    """Codes of all times of grids that lay in the actor's scope."""
    return {
        str(code)
        for plan, seen in _seen(ws, actor)
        for code, sees in zip(plan.code, seen, strict=True)
        if sees
    }


def of_other_days(ws: Workspace, actor: Actor, text: str) -> dict[str, tuple[Plan, int]]:
    """Codes that begin so of grids that lay in the scope, and that the plan of today has not.

    Each with the last plan that has it, and its place there.
    """
    today = ws.snapshot().plan_on(ws.today())
    found: dict[str, tuple[Plan, int]] = {}
    for plan, seen in _seen(ws, actor):
        for word in dict.fromkeys((text, text.upper(), text.lower())):
            # By code, ascending.
            i = int(np.searchsorted(plan.code, word)) if len(plan.code) else 0
            while i < len(plan.code) and plan.code[i].startswith(word):
                if seen[i]:
                    found[str(plan.code[i])] = plan, i
                i += 1
    for code in found.keys() & set(today.code):
        del found[code]
    return found


def _seen(ws: Workspace, actor: Actor) -> list[tuple[Plan, Bools]]:
    """Each plan with a mask of its grids that lay in the actor's scope."""
    snapshot = ws.snapshot()
    if actor.scope.everything:
        return [(plan, np.ones(len(plan.code), dtype=bool)) for plan in snapshot.plans]
    inside = bench(ws).inside(actor.scope.code)
    if inside is None:
        return [(plan, plan.code == actor.scope.code) for plan in snapshot.plans]
    areas = np.append(np.isin(snapshot.areas.code.astype(str), [*inside]), False)
    return [(plan, areas[plan.area]) for plan in snapshot.plans]
