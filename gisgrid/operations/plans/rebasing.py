"""A draft on a newer plan: edits that still hold are made again, the others are named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gisgrid.access import Action, Actor, require
from gisgrid.errors import WrongState
from gisgrid.operations.auditing import object_of
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.drafts import at, by, latest_revision
from gisgrid.operations.plans.faults import left_out
from gisgrid.operations.plans.replaying import Replay
from gisgrid.store import By

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace


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
    replay = Replay(ws, desk, actor, row, latest)
    for edit in edits:
        replay.step(edit)
    lost = replay.lost
    told = [*json.loads(row.left_out or "[]"), *lost]
    with ws.store.write() as w:
        head: int | None = None
        for step, (before, made, edit) in enumerate(replay.steps, start=1):
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
