"""A draft that mends the last plan, as far as anybody can know how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from gisgrid import redraw
from gisgrid.access import Action, Actor, require
from gisgrid.operations.auditing import object_of
from gisgrid.operations.plans.drafts import by
from gisgrid.operations.plans.drawing import Drawing
from gisgrid.operations.plans.findings import GAP, finding, unread
from gisgrid.operations.plans.lineage import SHARE
from gisgrid.operations.plans.making import Made
from gisgrid.redraw.lattice import array_of, made_valid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Grid

REPAIR = "repair"


def repair(ws: Workspace, actor: Actor, name: str) -> tuple[int | None, list[dict[str, Any]]]:
    """A draft that mends the last plan, and what is still wrong with it then.

    Overlaps go to one of their grids, narrow gaps to a neighbour, edges are matched. Whose ground a
    wide gap is nobody can know: it is left and told. None where nothing can be mended. Raises
    NotAllowed.
    """
    require(actor, Action.CHANGE_FOOTPRINT)
    require(actor, Action.EDIT_PLAN)
    damaged = unread(ws.store.unreadable(), ws.store.history())
    if damaged:
        return None, damaged
    snapshot = ws.snapshot()
    if not snapshot.plans:
        return None, []
    latest = snapshot.plans[-1].revision
    grids = ws.drawings.grids(latest)
    wrong = redraw.check_plan(grids, None)
    if not wrong:
        return None, []
    mended = redraw.repair(grids)
    left = [finding(latest, fault) for fault in (*mended.faults, *_still_open(wrong, mended))]
    before = Drawing.begun(redraw.Plan.of(grids), latest)
    made = repaired(before, mended)
    if made is None:
        return None, [finding(latest, fault) for fault in wrong]
    with ws.store.write() as w:
        draft = w.add_draft(name, None, by(actor), base_revision=latest)
        head = w.add_edit(draft, None, 1, by(actor), **made.row(before))
        w.change_draft(draft, 1, "edit", by(actor), head=head, tip=head)
        w.audit(actor, "draft_new", object_of("draft", [str(draft)]))
    return draft, left


def repaired(before: Drawing, mended: redraw.Proposal) -> Made | None:
    """The step of a draft that takes a repair over; None where it changes nothing."""
    plan, removed = before.plan, mended.removed
    grids = [plan[code] for code in plan.codes()]
    heirs = _heirs(grids, mended)
    changed = {grid.code: grid for grid in grids if grid.code in heirs} | mended.changed
    if not changed and not removed:
        return None
    came_from = {code: (code, *heirs.get(code, ())) for code in changed}
    drawing = before.after(plan.replaced(changed, removed), list(changed), removed, came_from)
    arguments = {"op": REPAIR, "footprint": True}
    return Made(REPAIR, arguments, drawing, changed, removed, came_from, [])


def _heirs(grids: list[Grid], mended: redraw.Proposal) -> dict[str, tuple[str, ...]]:
    """Code of a grid -> those that are taken away and whose ground it has then."""
    shapes = {grid.code: grid.polygon for grid in grids}
    stays = [code for code in shapes if code not in mended.removed]
    drawn = (mended.changed[c].polygon if c in mended.changed else shapes[c] for c in stays)
    now = made_valid(array_of(drawn))
    found: dict[str, tuple[str, ...]] = {}
    for gone in mended.removed:
        (was,) = made_valid(array_of([shapes[gone]]))
        for code, shape in zip(stays, now, strict=True):
            if shape.intersection(was).area > SHARE * was.area:
                found[code] = (*found.get(code, ()), gone)
    return found


def _still_open(wrong: Iterable[redraw.Fault], mended: redraw.Proposal) -> list[redraw.Fault]:
    """Gaps that no repaired grid fills: with matching edges round it a gap looks like a hole."""
    told = {fault.place for fault in mended.faults if fault.what == GAP}
    gaps = [f for f in wrong if f.what == GAP and f.place not in told]
    if not gaps:
        return []
    inside = [shapely.Point(f.place or ()) for f in gaps]
    tree = shapely.STRtree([grid.polygon for grid in mended.changed.values()])
    filled = set(tree.query(inside, predicate="intersects")[0].tolist())
    return [fault for i, fault in enumerate(gaps) if i not in filled]
