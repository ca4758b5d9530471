"""Published plans: listed, shown with their certificates, withdrawn before their day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gisgrid.access import Action, Actor, require
from gisgrid.errors import UnknownRevision
from gisgrid.operations.auditing import object_of
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.drafts import by
from gisgrid.operations.plans.lineage import steps_of

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Revision

PROOF = (
    "revision",
    "valid_from",
    "published_at",
    "gaps",
    "gaps_inherited",
    "overlaps",
    "footprint_changed",
    "plan_sha256",
)
"""What everybody may read of a certificate: that the plan was proved, not who drew what where."""


def listing(ws: Workspace, actor: Actor) -> list[dict[str, Any]]:
    """All published plans, the newest first. Raises NotAllowed."""
    require(actor, Action.SEE_FIGURES)
    return [heading(ws, actor, row) for row in ws.store.published()]


def heading(ws: Workspace, actor: Actor, row: Revision) -> dict[str, Any]:
    """What a list shows of a plan. state: past, in_force, waiting or withdrawn."""
    told = seen_certificate(ws, actor, row)
    whole = told is not None and "draft" in told
    return {
        "revision": row.revision,
        "valid_from": None if row.valid_from is None else row.valid_from.isoformat(),
        "published_at": row.published_at.isoformat(),
        "state": state_of(ws, row),
        "note": row.note if whole or actor.scope.everything else None,
        "draft": row.draft_id if whole else None,
        "name": told["name"] if whole and told else None,
        "certified": row.sha256 is not None,
    }


def state_of(ws: Workspace, row: Revision) -> str:
    """How a plan stands today: past, in_force, waiting or withdrawn."""
    if row.withdrawn:
        return "withdrawn"
    today = ws.today()
    if row.valid_from is not None and row.valid_from > today:
        return "waiting"
    in_force = ws.snapshot().plan_on(today).revision
    return "in_force" if row.revision == in_force else "past"


def shown(ws: Workspace, actor: Actor, revision: int) -> dict[str, Any]:
    """One plan: its heading, certificate (None for an imported one), sha256, and lineage.

    Outside the area of the draft that made it, the certificate is what everybody may read, and
    lineage names grids of the scope only. Raises NotAllowed, UnknownRevision.
    """
    require(actor, Action.SEE_FIGURES)
    row = _found(ws, revision)
    pairs = [] if row.withdrawn else steps_of(ws, actor, revision)
    came_from: dict[str, list[str]] = {}
    for code, origin in pairs:
        came_from.setdefault(code, []).append(origin)
    return {
        **heading(ws, actor, row),
        "certificate": seen_certificate(ws, actor, row),
        "sha256": row.sha256,
        "lineage": [{"code": code, "came_from": codes} for code, codes in came_from.items()],
    }


def seen_certificate(ws: Workspace, actor: Actor, row: Revision) -> dict[str, Any] | None:
    """The certificate, as much as the actor may read; None where there is none."""
    if row.document is None:
        return None
    told: dict[str, Any] = json.loads(row.document)
    if _reaches(ws, actor, told.get("area")):
        return told
    return {word: told[word] for word in PROOF if word in told}


def _reaches(ws: Workspace, actor: Actor, area: str | None) -> bool:
    if actor.scope.everything:
        return True
    inside = bench(ws).inside(actor.scope.code) or {actor.scope.code}
    return area is not None and area in inside


def _found(ws: Workspace, revision: int) -> Revision:
    rows = ws.store.published(revision) if 0 < revision < 2**31 else []
    if not rows:
        raise UnknownRevision(revision=revision)
    return rows[0]


def standing(ws: Workspace, revision: int) -> Revision:
    """A revision that was not withdrawn. Raises UnknownRevision."""
    row = _found(ws, revision)
    if row.withdrawn:
        raise UnknownRevision(revision=revision)
    return row


def parent_of(ws: Workspace, revision: int) -> int | None:
    """The plan that a revision changed; None for the first."""
    return ws.drawings.parent(revision)


def withdraw(ws: Workspace, actor: Actor, revision: int) -> None:
    """Take back a plan whose day has not come; its draft is approved again.

    The row and the certificate stay, marked as withdrawn. Raises NotAllowed; UnknownRevision where
    there is none, or its draft reaches beyond the scope; RevisionStands where its day has come or
    a later plan builds on it.
    """
    require(actor, Action.PUBLISH_PLAN)
    row = standing(ws, revision)
    area = None if row.document is None else json.loads(row.document).get("area")
    if not _reaches(ws, actor, area):
        raise UnknownRevision(revision=revision)
    draft = None if row.draft_id is None else ws.store.draft(row.draft_id, scope=actor.scope)
    with ws.store.write(today=ws.today()) as w:
        w.withdraw_revision(revision)
        if draft is not None:
            values: dict[str, Any] = {"state": "approved", "revision": None}
            w.change_draft(draft.id, draft.version, "unpublish", by(actor), **values)
        w.audit(actor, "plan_withdraw", object_of("revision", [str(revision)]))
