"""Find a place or a household by what people know of it."""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.access import Action, Actor, Field, may, require, sees
from gisgrid.model import LEVELS
from gisgrid.operations.auditing import looked, object_of
from gisgrid.operations.plans.lineage import lineage, of_other_days

if TYPE_CHECKING:
    from gisgrid.columns import Plan
    from gisgrid.operations.workspace import Workspace
    from gisgrid.snapshot import Snapshot, View

LIMIT = 10
"""Hits of each kind; who needs more types one more character."""
TEXT_LIMIT = 100


def search(ws: Workspace, actor: Actor, *, text: str) -> list[dict[str, Any]]:
    """Areas and grids by code or name, and households by id, in the actor's scope.

    Names and addresses of households are looked into, and shown, only where access.fields shows
    them to the role; households at all only with SEE_HOUSEHOLDS. Empty text, and text with
    control characters, finds nothing. Which households were found by a name is written into the
    account of use; what was searched for is not.

    Returns: dicts with kind (county | township | village | grid | former_grid | coming_grid |
    household), code, label, sublabel, and bounds ([w, s, e, n], EPSG:4326) or lon and lat (None
    when unlocated). Exact codes first, then beginnings, then what holds the text anywhere. Who may
    see plans finds grids of other days too, by the beginning of their code; others find the grids
    that hold the ground of one that ended (was: its code), where they give the whole code.
    Raises NotAllowed.
    """
    require(actor, Action.SEE_FIGURES)
    text = text.strip()[:TEXT_LIMIT]
    # A store may end the text at a NUL, and what is left of it matches every household.
    if not text or any(unicodedata.category(sign) == "Cc" for sign in text):
        return []
    return _places(ws, actor, text) + _other_days(ws, actor, text) + _households(ws, actor, text)


def _places(ws: Workspace, actor: Actor, text: str) -> list[dict[str, Any]]:
    snapshot = ws.snapshot()
    day = ws.today()
    view = snapshot.view(actor.scope, None, day)
    plan = snapshot.plan_on(day)
    areas = snapshot.areas
    found: list[tuple[int, str, dict[str, Any]]] = []
    for i in np.flatnonzero(view.areas):
        rank = _rank(text, areas.code[i], areas.name[i])
        if rank is not None:
            parent = areas.parent[i]
            hit = {
                "kind": LEVELS[areas.level[i]],
                "code": areas.code[i],
                "label": areas.name[i],
                "sublabel": areas.name[parent] if parent >= 0 else "",
                "bounds": _box(snapshot, plan, len(plan.code) + int(i)),
            }
            found.append((rank, areas.code[i], hit))
    hits = [hit for _, _, hit in sorted(found, key=lambda f: f[:2])[:LIMIT]]
    return hits + _grids(snapshot, plan, view, text)


def _grids(snapshot: Snapshot, plan: Plan, view: View, text: str) -> list[dict[str, Any]]:
    found: list[tuple[int, str, int]] = []
    for i in np.flatnonzero(view.grids):
        rank = _rank(text, plan.code[i], plan.name[i] or "")
        if rank is not None:
            found.append((rank, plan.code[i], int(i)))
    return [_grid(snapshot, plan, i) for _, _, i in sorted(found)[:LIMIT]]


def _grid(snapshot: Snapshot, plan: Plan, i: int) -> dict[str, Any]:
    return {
        "kind": "grid",
        "code": plan.code[i],
        "label": plan.name[i] or plan.code[i],
        "sublabel": snapshot.areas.name[plan.area[i]] if plan.area[i] >= 0 else "",
        "bounds": _box(snapshot, plan, i),
    }


def _other_days(ws: Workspace, actor: Actor, text: str) -> list[dict[str, Any]]:
    """Grids that are not in force today; for who may not see plans, what became of one."""
    found = of_other_days(ws, actor, text)
    snapshot, today = ws.snapshot(), ws.today()
    coming = {c for c, (p, _) in found.items() if p.valid_from is not None and p.valid_from > today}
    if not may(actor, Action.SEE_PLANS):
        return _heirs(ws, actor, text) if text in found.keys() - coming else []
    kinds = {code: "coming_grid" if code in coming else "former_grid" for code in found}
    codes = sorted(found)[:LIMIT]
    return [{**_grid(snapshot, *found[code]), "kind": kinds[code]} for code in codes]


def _heirs(ws: Workspace, actor: Actor, code: str) -> list[dict[str, Any]]:
    """The grids of today within the scope that hold the ground of one that ended."""
    snapshot, day = ws.snapshot(), ws.today()
    plan = snapshot.plan_on(day)
    grids = snapshot.view(actor.scope, None, day).grids
    heirs = lineage(ws, actor, code)["now"]
    places = [i for i in np.flatnonzero(grids) if plan.code[i] in heirs][:LIMIT]
    return [{**_grid(snapshot, plan, int(i)), "was": code} for i in places]


def _rank(text: str, code: str, name: str) -> int | None:
    """0 the very thing, 1 begins so, 2 holds it, None not at all. Letters' case is ignored."""
    needle = text.casefold()
    both = (code.casefold(), name.casefold())
    if needle in both:
        return 0
    if any(word.startswith(needle) for word in both):
        return 1
    return 2 if any(needle in word for word in both) else None


def _box(snapshot: Snapshot, plan: Plan, place: int) -> list[float] | None:
    """Bounds of a place (a grid, or an area behind the grids); None for one without a polygon."""
    box: list[float] = snapshot.bounds(plan)[place].tolist()
    return None if any(map(math.isnan, box)) else box


def _households(ws: Workspace, actor: Actor, text: str) -> list[dict[str, Any]]:
    if not may(actor, Action.SEE_HOUSEHOLDS):
        return []
    named = sees(actor, Field.NAME) and sees(actor, Field.ADDRESS)
    if named:
        rows = ws.store.search_households(scope=actor.scope, text=text, limit=LIMIT)
        parts = zip(rows["id"], rows["name"], rows["address"], strict=True)
        shown = {str(i): (str(name or i), str(address or "")) for i, name, address in parts}
    else:
        # Only the number may match: a hit by name alone would give the name away.
        shown = {number: (number, "") for number in _numbers(ws, actor, text)}
    if not shown:
        return []
    if named:
        looked(ws, actor, "search", object_of("households", shown), len(shown))
    points: Any = ws.store.households(scope=actor.scope, ids=list(shown)).set_index("id").geometry
    hits = []
    for number, (label, sublabel) in shown.items():
        point = points.get(number)
        at = (None, None) if point is None or point.is_empty else (point.x, point.y)
        hits.append(
            {
                "kind": "household",
                "code": number,
                "label": label,
                "sublabel": sublabel,
                "lon": at[0],
                "lat": at[1],
            }
        )
    return hits


def _numbers(ws: Workspace, actor: Actor, text: str) -> list[str]:
    """The first household numbers in scope that begin with `text`."""
    snapshot = ws.snapshot()
    view = snapshot.view(actor.scope, None, ws.today())
    ids = snapshot.households.id[view.households]
    return sorted(number for number in ids if number.startswith(text))[:LIMIT]
