"""A draft on a newer plan: edits that still hold are made again, the others are named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gisgrid import redraw
from gisgrid.access import CONSOLE, Action, Actor, require
from gisgrid.errors import GisgridError, WrongState
from gisgrid.operations.auditing import object_of
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.drafts import at, by, latest_revision
from gisgrid.operations.plans.drawing import Drawing
from gisgrid.operations.plans.editing import tried
from gisgrid.operations.plans.faults import left_out, named_in
from gisgrid.operations.plans.file_merge import FILE, again
from gisgrid.operations.plans.images import unpacked
from gisgrid.operations.plans.reversing import REVERSE, reversed_edit
from gisgrid.store import By

if TYPE_CHECKING:
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.making import Made
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Draft, EditRow


def rebase(ws: Workspace, actor: Actor, draft: int, *, seen: int) -> list[dict[str, Any]]:
    """Build the draft on the last published plan. Returns the edits that do not hold any more.

    Each of those: step, op, by, arguments, place (of what it was made on), and the faults with
    their places; they are kept beside the draft. What it was stays among its versions. A draft that
    was handed in is open again: what was approved is another plan now. One that builds on the last
    plan already stays as it is.
    Raises NotAllowed, UnknownDraft, StaleDraft, WrongState.
    """
    require(actor, Action.EDIT_PLAN)
    row = at(ws, actor, draft, seen)
    if row.state not in ("open", "submitted", "approved"):
        raise WrongState(draft=draft, state=row.state, needed="open")
    latest = latest_revision(ws)
    if row.base_revision == latest:
        return []
    desk, edits = bench(ws), ws.store.edits(row.head, images=True)
    plan = ws.drawings.base(latest)
    steps, lost = _replayed(ws, desk, actor, row, Drawing.begun(plan, latest), edits)
    told = [*json.loads(row.left_out or "[]"), *lost]
    with ws.store.write() as w:
        head: int | None = None
        for step, (before, made, edit) in enumerate(steps, start=1):
            maker = By(edit.person_id, edit.at_console)
            head = w.add_edit(row.id, head, step, maker, **made.row(before))
        w.change_draft(
            row.id,
            row.version,
            "rebase",
            by(actor),
            base_revision=latest,
            head=head,
            tip=head,
            state="open",
            approved_by=None,
            approved_at=None,
            approved_at_console=None,
            left_out=json.dumps(told, ensure_ascii=False) if told else None,
        )
        w.audit(actor, "draft_rebase", object_of("draft", [str(row.id)]))
    return left_out(lost, plan, desk.sees(actor, ws.drawings.at(latest, head)))


def _replayed(
    ws: Workspace,
    desk: Bench,
    actor: Actor,
    row: Draft,
    drawing: Drawing,
    edits: list[EditRow],
) -> tuple[list[tuple[Drawing, Made, EditRow]], list[dict[str, Any]]]:
    """The edits that hold, each with the drawing before it; and those that do not."""
    steps, lost = [], []
    for edit in edits:
        arguments = json.loads(edit.arguments)
        try:
            if edit.op == REVERSE:
                made = reversed_edit(ws, None, drawing, int(arguments["revision"]))
            elif edit.op == FILE:
                made = again(ws, desk, CONSOLE, row, drawing, edit)
            else:
                wish = redraw.edit_from_json(arguments)
                made = tried(desk, actor, row, drawing, wish, veil=False)
        except GisgridError as err:
            lost.append(_lost(edit, arguments, err))
            continue
        steps.append((drawing, made, edit))
        drawing = made.drawing
    return steps, lost


def _lost(edit: EditRow, arguments: dict[str, Any], err: GisgridError) -> dict[str, Any]:
    faults = err.facts.get("faults")
    if faults is None:
        what = {"what": err.code, "sentence": str(err), "codes": err.facts.get("codes", [])}
        faults = [{**what, "place": None, "size": None, "unit": ""}]
    return {
        "step": edit.step,
        "op": edit.op,
        "by": edit.by,
        "arguments": arguments,
        "place": _place(edit, arguments),
        "faults": faults,
    }


def _place(edit: EditRow, arguments: dict[str, Any]) -> list[float] | None:
    """Where the first grid lay that an edit names, which may be no more; None where it names none.

    Of the draft's own area, so that whoever may see the draft may see it.
    """
    before, named = unpacked(edit.before), named_in(arguments)
    for code in sorted(named & before.keys()):
        point = before[code].polygon.representative_point()
        return [point.x, point.y]
    return None
