"""The review of drafts: handed in, approved by a second person, given back, laid aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisgrid.access import Action, Actor, require
from gisgrid.errors import SecondPersonNeeded, WrongState
from gisgrid.operations.auditing import object_of
from gisgrid.operations.plans.drafts import at, by, checked_note, drew

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace


def submit(ws: Workspace, actor: Actor, draft: int, *, seen: int, remark: str | None = None) -> int:
    """Hand the draft in for approval: it takes no more edits. Returns its version.

    remark: for who approves.
    """
    needed = ("open",)
    return _step(ws, actor, draft, seen, "submit", Action.EDIT_PLAN, needed, "submitted", remark)


def withdraw(ws: Workspace, actor: Actor, draft: int, *, seen: int) -> int:
    """Take it back to draw on; an approval is void. Returns its version."""
    needed = ("submitted", "approved")
    return _step(ws, actor, draft, seen, "withdraw", Action.EDIT_PLAN, needed, "open")


def give_back(
    ws: Workspace, actor: Actor, draft: int, *, seen: int, remark: str | None = None
) -> int:
    """Give it back to its author with a remark; an approval is void. Returns its version."""
    needed = ("submitted", "approved")
    return _step(ws, actor, draft, seen, "return", Action.APPROVE_PLAN, needed, "open", remark)


def discard(ws: Workspace, actor: Actor, draft: int, *, seen: int) -> int:
    """Lay it aside; it can still be copied. Returns its version."""
    needed = ("open", "submitted", "approved")
    return _step(ws, actor, draft, seen, "discard", Action.EDIT_PLAN, needed, "discarded")


def approve(
    ws: Workspace, actor: Actor, draft: int, *, seen: int, remark: str | None = None
) -> int:
    """Approve a submitted draft as a second person. Returns its version.

    Raises SecondPersonNeeded for who opened it or made one of its edits, undone ones included.
    """
    row = at(ws, actor, draft, seen)
    if row.state == "submitted" and drew(actor, row, ws.store.edits(row.tip)):
        require(actor, Action.APPROVE_PLAN)
        raise SecondPersonNeeded(draft=draft)
    needed = ("submitted",)
    return _step(ws, actor, draft, seen, "approve", Action.APPROVE_PLAN, needed, "approved", remark)


def _step(  # noqa: PLR0913, PLR0917 - a row of the table of states
    ws: Workspace,
    actor: Actor,
    draft: int,
    seen: int,
    what: str,
    right: Action,
    needed: tuple[str, ...],
    state: str,
    remark: str | None = None,
) -> int:
    """Lead the draft to another state. Raises NotAllowed, UnknownDraft, StaleDraft, WrongState."""
    require(actor, right)
    row = at(ws, actor, draft, seen)
    if row.state not in needed:
        raise WrongState(draft=draft, state=row.state, needed=needed[0])
    with ws.store.write() as w:
        approved = what == "approve"
        version = w.change_draft(
            draft,
            seen,
            what,
            by(actor),
            note=checked_note(remark),
            state=state,
            approved_by=by(actor).person if approved else None,
            approved_at=ws.clock() if approved else None,
            approved_at_console=actor.at_console if approved else None,
        )
        w.audit(actor, f"draft_{what}", object_of("draft", [str(draft)]))
    return version
