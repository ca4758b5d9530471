"""A published plan undone: a draft that gives the ground back to the grids that had it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisgrid.access import CONSOLE, Action, Actor, require
from gisgrid.errors import EditRefused, ReverseClashes, UnknownRevision
from gisgrid.operations.auditing import object_of
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.drafts import (
    NAME_LIMIT,
    by,
    checked_name,
    latest_revision,
)
from gisgrid.operations.plans.drawing import Drawing
from gisgrid.operations.plans.faults import fault_json
from gisgrid.operations.plans.making import Made
from gisgrid.operations.plans.revisions import heading, parent_of, standing
from gisgrid.operations.plans.unserved import unserved_notes
from gisgrid.redraw import Fault, differing, footprint, lattice, same, sources

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Grid

REVERSE = "reverse"


def reverse(ws: Workspace, actor: Actor, revision: int, *, name: str | None = None) -> int:
    """A draft whose publishing undoes a revision; its number.

    It gives all grids that the revision changed their shape and words of before, on the plan as it
    is now. Raises NotAllowed; UnknownRevision; ReverseClashes with the grids and places that later
    revisions have changed; EditRefused where the revision reaches beyond the actor's scope.
    """
    require(actor, Action.EDIT_PLAN)
    undone = heading(ws, actor, standing(ws, revision))
    latest = latest_revision(ws)
    plan = ws.drawings.base(latest)
    before = Drawing.begun(plan, latest)
    area = None if actor.scope.everything else actor.scope.code
    _within_scope(ws, area, revision)
    made = reversed_edit(ws, actor, before, revision)
    if made.arguments["footprint"]:
        require(actor, Action.CHANGE_FOOTPRINT)
    words = filter(None, [f"↩ {revision}", undone["name"]])
    label = checked_name(name or " · ".join(words)[:NAME_LIMIT])
    with ws.store.write() as w:
        draft = w.add_draft(label, area, by(actor), base_revision=latest, reverses=revision)
        head = w.add_edit(draft, None, 1, by(actor), **made.row(before))
        w.change_draft(draft, 1, "edit", by(actor), head=head, tip=head)
        w.audit(actor, "draft_new", object_of("draft", [str(draft)]))
    return draft


def reversed_edit(ws: Workspace, actor: Actor | None, drawing: Drawing, revision: int) -> Made:
    """The edit that undoes a revision on a plan. Raises ReverseClashes, UnknownRevision.

    Of the clashing grids only those within the actor's scope are named and counted (None: all).
    """
    old, new = _sides(ws, revision)
    touched = differing(old, new)
    clashing = [c for c in sorted(touched) if not same(new.get(c), drawing.plan.get(c))]
    if clashing:
        sees = bench(ws).sees(actor or CONSOLE, drawing)
        clashing = [
            code
            for code in clashing
            if all(sees(g) for g in (old.get(code), new.get(code), drawing.plan.get(code)) if g)
        ]
        places = [_place(code, drawing, old, new) for code in clashing]
        faults = [fault_json(Fault(REVERSE, (c,), p, None, "")) for c, p in places]
        raise ReverseClashes(
            revision=revision, count=len(clashing), codes=clashing, faults=faults[:100]
        )
    changed = {code: old[code] for code in touched if code in old}
    removed = tuple(sorted(code for code in touched if code not in old))
    origins = _origins(old, new, touched)
    plan = drawing.plan.replaced(changed, removed)
    widens = not footprint(old[c] for c in touched if c in old).equals(
        footprint(new[c] for c in touched if c in new)
    )
    arguments: dict[str, Any] = {"op": REVERSE, "revision": revision, "footprint": widens}
    after = drawing.after(plan, changed, removed, origins)
    made = Made(REVERSE, arguments, after, changed, removed, origins, [])
    made.notes.extend(unserved_notes(bench(ws), drawing, made))
    return made


def _sides(ws: Workspace, revision: int) -> tuple[dict[str, Grid], dict[str, Grid]]:
    """The grids before a revision, and of it, by code. Raises UnknownRevision for the first."""
    parent = parent_of(ws, revision)
    if parent is None:
        raise UnknownRevision(revision=revision)
    # As drafts have them: a plan that was imported may not lie on the lattice.
    plans = (ws.drawings.base(number) for number in (parent, revision))
    old, new = ({code: plan[code] for code in plan.codes()} for plan in plans)
    return old, new


def _origins(
    old: dict[str, Grid], new: dict[str, Grid], touched: set[str]
) -> dict[str, tuple[str, ...]]:
    """Which grids each grid of before is made from again: those that it shares ground with.

    More than the hair by which a cut bends the edge of a neighbour.
    """
    then, now = (_units(plan, touched) for plan in (old, new))
    return sources(now, then)


def _units(plan: dict[str, Grid], codes: set[str]) -> dict[str, Any]:
    """The shapes of some grids in units, by code; those that the plan has."""
    there = sorted(codes & set(plan))
    shapes = lattice.to_units(lattice.array_of(plan[code].polygon for code in there))
    shapes = lattice.made_valid(shapes)
    return dict(zip(there, shapes, strict=True))


def _place(
    code: str, drawing: Drawing, old: dict[str, Grid], new: dict[str, Grid]
) -> tuple[str, tuple[float, float] | None]:
    grid = drawing.plan.get(code) or new.get(code) or old.get(code)
    return code, None if grid is None else grid.place()


def _within_scope(ws: Workspace, area: str | None, revision: int) -> None:
    """Refuse to reach beyond the scope, as an edit would be refused: before all else is told."""
    if area is None:
        return
    inside = bench(ws).inside(area) or frozenset()
    old, new = _sides(ws, revision)
    touched = [g for code in differing(old, new) for g in (old.get(code), new.get(code)) if g]
    if any(grid.area_code not in inside for grid in touched):
        told = [fault_json(Fault("outside_draft", (), None, None, ""))]
        raise EditRefused(problem=told[0]["sentence"], faults=told)
