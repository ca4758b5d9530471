"""Drafts: opened, listed, shown and copied.

A draft is open while it is drawn, then submitted, approved by a second person (reviewing.py), and
published (publishing.py); it may be discarded before that. Whoever changes one says which version
was seen.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gisgrid.access import Action, Actor, may, require
from gisgrid.errors import (
    DraftClosed,
    NoPlan,
    StaleDraft,
    UnknownArea,
    UnknownDraft,
    UnknownWord,
)
from gisgrid.operations.auditing import object_of
from gisgrid.operations.plans import steps
from gisgrid.operations.plans.areas import across_areas, undone_by
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.faults import left_out
from gisgrid.store import By

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Draft, EditRow

NAME_LIMIT = 100
NOTE_LIMIT = 1000


def by(actor: Actor) -> By:
    """Who acts, as the store keeps it."""
    return By(actor.person or None, actor.at_console)


def found(ws: Workspace, actor: Actor, draft: int) -> Draft:
    """The draft. Raises NotAllowed; UnknownDraft where there is none that the actor may see."""
    require(actor, Action.SEE_PLANS)
    seen = ws.store.draft(draft, scope=actor.scope) if 0 < draft < 2**31 else None
    if seen is None:
        raise UnknownDraft(draft=draft)
    return seen


def at(ws: Workspace, actor: Actor, draft: int, seen: int | None) -> Draft:
    """The draft at the version that was seen (None: at whichever). Raises StaleDraft."""
    row = found(ws, actor, draft)
    if seen is not None and seen != row.version:
        raise StaleDraft(draft=draft, seen=seen, version=row.version)
    return row


def left(ws: Workspace, actor: Actor, draft: int, seen: int | None) -> Draft | None:
    """The draft at the version `seen`, as an edit of this process left it; None where none did.

    Whoever changes it is told by the change itself where it does not stand there any more
    (Writer.draw), so that the stroke after a stroke need not read it again. Raises NotAllowed.
    """
    require(actor, Action.SEE_PLANS)
    return None if seen is None else ws.drafts_left.peek(_sight(ws, actor, draft, seen))


def leave(ws: Workspace, actor: Actor, row: Draft) -> None:
    """Keep a draft for `left`, for who sees what the actor sees."""
    ws.drafts_left.put(_sight(ws, actor, row.id, row.version), row)


def _sight(ws: Workspace, actor: Actor, draft: int, version: int) -> tuple[object, ...]:
    """A draft at a version for those who see it; which areas a scope holds may change."""
    if actor.scope.everything:
        return draft, version, actor.scope.code
    changes = ws.store.changes()
    return draft, version, actor.scope.code, changes.areas, changes.plan


def opened(row: Draft) -> None:
    """Raise DraftClosed unless the draft may be edited."""
    if row.state != "open":
        raise DraftClosed(draft=row.id, state=row.state)


def listing(ws: Workspace, actor: Actor) -> list[dict[str, Any]]:
    """All drafts within the scope, the one changed last first."""
    require(actor, Action.SEE_PLANS)
    latest = latest_revision(ws)
    return [heading(row, latest) for row in ws.store.drafts(scope=actor.scope)]


def latest_revision(ws: Workspace) -> int:
    """The last published plan, though its day may still come; 0 where there is none."""
    plans = ws.snapshot().plans
    return plans[-1].revision if plans else 0


def heading(row: Draft, latest: int) -> dict[str, Any]:
    """What a list shows of a draft."""
    return {
        "id": row.id,
        "name": row.name,
        "area": row.area_code,
        "state": row.state,
        "version": row.version,
        "base_revision": row.base_revision,
        "current_revision": latest,
        "step": row.step,
        "steps": row.steps,
        "can_undo": row.state == "open" and row.step > 0,
        "can_redo": row.state == "open" and row.step < row.steps,
        "author": row.author,
        "at_console": row.at_console,
        "approved_by": row.approver,
        "created_at": row.created_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
        "revision": row.revision,
        "reverses": row.reverses,
        "copied_from": row.copied_from,
    }


def shown(ws: Workspace, actor: Actor, draft: int) -> dict[str, Any]:
    """One draft: its heading, its edits, what happened to it, and what the actor may do with it."""
    row = found(ws, actor, draft)
    rows = ws.store.edits(row.tip)
    drawing = ws.drawings.of(row)
    latest, lost = latest_revision(ws), json.loads(row.left_out or "[]")
    behind = row.state != "published" and latest not in (0, row.base_revision)
    sees = bench(ws).sees(actor, drawing)
    return {
        **heading(row, latest),
        "edits": [steps.made(edit) for edit in rows],
        "left_out": left_out(lost, drawing.base, sees) if lost else [],
        "clashes": steps.clashes(ws.drawings.base(latest), drawing, sees) if behind else [],
        "across_areas": across_areas(drawing, undone_by(ws, row)),
        "log": [steps.event(event) for event in ws.store.draft_log(row)],
        "rights": rights(actor, row, rows),
    }


def rights(actor: Actor, row: Draft, edits: list[EditRow]) -> dict[str, bool]:
    """What the actor may do with the draft as it stands."""
    edit, approve = may(actor, Action.EDIT_PLAN), may(actor, Action.APPROVE_PLAN)
    unpublished = row.state in ("open", "submitted", "approved")
    return {
        "edit": edit and row.state == "open",
        "submit": edit and row.state == "open",
        "withdraw": edit and row.state in ("submitted", "approved"),
        "approve": approve and row.state == "submitted" and not drew(actor, row, edits),
        "return": approve and row.state in ("submitted", "approved"),
        "publish": may(actor, Action.PUBLISH_PLAN) and row.state == "approved",
        "discard": edit and unpublished,
        "rebase": edit and unpublished,
        "copy": edit,
        "footprint": may_change_footprint(actor),
    }


def may_change_footprint(actor: Actor) -> bool:
    """Whether the actor may grow and trim the footprint, which is the whole county's matter."""
    return may(actor, Action.CHANGE_FOOTPRINT)


def drew(actor: Actor, row: Draft, edits: list[EditRow]) -> bool:
    """Whether the actor opened the draft or made one of its edits."""
    return (actor.person or None) in {row.person_id, *(edit.person_id for edit in edits)}


# Opening ------------------------------------------------------------------------------------------


def open_draft(ws: Workspace, actor: Actor, *, name: str, area: str | None = None) -> int:
    """A new draft on the last published plan; its number.

    area: where it may change the plan; None: all of the actor's scope. Raises NotAllowed,
    UnknownArea, UnknownWord (name), NoPlan.
    """
    require(actor, Action.EDIT_PLAN)
    label = checked_name(name)
    area = _area(ws, actor, area)
    ws.snapshot()
    with ws.store.write() as w:
        base = w.latest_revision()
        if not base:
            raise NoPlan
        made = w.add_draft(label, area, by(actor), base_revision=base)
        w.audit(actor, "draft_new", object_of("draft", [str(made)]))
    return made


def checked_name(name: str) -> str:
    """A name that can be shown in a line. Raises UnknownWord."""
    name = name.strip()
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        known = f"1 to {NAME_LIMIT} printable characters"
        raise UnknownWord(value=name[:NAME_LIMIT], kind="name", known=known)
    return name


def checked_note(text: str | None) -> str | None:
    """A remark; None where there is none. Raises UnknownWord for a very long one."""
    text = (text or "").strip()
    if len(text) > NOTE_LIMIT or "\0" in text:
        raise UnknownWord(value=text[:50], kind="note", known=f"up to {NOTE_LIMIT} characters")
    return text or None


def _area(ws: Workspace, actor: Actor, area: str | None) -> str | None:
    """The code of the draft's area. Raises UnknownArea outside the scope."""
    if area is None:
        return None if actor.scope.everything else actor.scope.code
    snapshot = ws.snapshot()
    plan = snapshot.plans[-1] if snapshot.plans else None
    snapshot.view(actor.scope, area, ws.today(), plan)
    if plan is None:
        raise UnknownArea(area=area)
    return area


def copy(
    ws: Workspace, actor: Actor, draft: int, *, name: str | None = None, version: int | None = None
) -> int:
    """A new draft of one's own that begins as another one was at `version` (None: as it is).

    Nothing of the other changes. Raises NotAllowed, UnknownDraft, UnknownWord (version).
    """
    require(actor, Action.EDIT_PLAN)
    row = found(ws, actor, draft)
    wanted = row.version if version is None else version
    # Asked first: a database takes no number of any size.
    known = 1 <= wanted <= row.version
    place = ws.store.draft_version(row, wanted) if known else None
    if place is None:
        raise UnknownWord(value=str(version), kind="version", known=f"1 … {row.version}")
    with ws.store.write() as w:
        made = w.add_draft(
            checked_name(name or row.name),
            row.area_code,
            by(actor),
            base_revision=place["base_revision"],
            head=place["head"],
            tip=place["tip"],
            copied_from=row.id,
            reverses=row.reverses,
        )
        w.audit(actor, "draft_copy", object_of("draft", [str(made)]))
    return made
