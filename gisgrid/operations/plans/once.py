"""A change of a draft that is sent again, since the answer to it was lost: made once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gisgrid.errors import BadEdit, RecordDiffers, StaleDraft
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.drafts import by, found
from gisgrid.operations.plans.notes import read
from gisgrid.operations.plans.telling import answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.access import Actor
    from gisgrid.operations.workspace import Workspace

CLIENT_ID = "client_id"


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody sent: edit, undo or redo. client: the id given to it, None for none.

    arguments: of an edit under an id, as the store keeps them.
    """

    what: str
    client: str | None = None
    arguments: str | None = None


def client_of(wish: Any) -> tuple[Any, str | None]:
    """A wish without the id that its sender gave it, and that id, a UUID. Raises BadEdit."""
    if not isinstance(wish, Mapping) or wish.get(CLIENT_ID) is None:
        return wish, None
    rest = {name: value for name, value in wish.items() if name != CLIENT_ID}
    return rest, checked(wish[CLIENT_ID])


def checked(client: Any) -> str:
    """A UUID as it is kept. Raises BadEdit."""
    try:
        return str(uuid.UUID(client))
    except (ValueError, AttributeError, TypeError) as err:
        raise BadEdit("no_uuid", name=CLIENT_ID) from err


def made(
    ws: Workspace, actor: Actor, draft: int, sent: Sent, work: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The answer of `work`; of what was made under its id already the answer that it had then.

    That names the version which the change made, though the draft may have moved on since. Raises
    RecordDiffers where the id was another person's or another change's.
    """
    if sent.client is None:
        return work()
    told = _told(ws, actor, draft, sent)
    if told is not None:
        return told
    try:
        return work()
    except StaleDraft:  # two at once: the other one was first
        told = _told(ws, actor, draft, sent)
        if told is None:
            raise
        return told


def _told(ws: Workspace, actor: Actor, draft: int, sent: Sent) -> dict[str, Any] | None:
    row = found(ws, actor, draft)
    then = ws.store.draft_sent(row, sent.client or "")
    if then is None:
        return None
    before = ws.store.draft_version(row, then["version"] - 1)
    assert before is not None  # noqa: S101 - nobody sends an id with the first version
    moved = before["head"] if sent.what == "undo" else then["head"]
    same = (then["what"], then["person_id"]) == (sent.what, by(actor).person)
    edit = ws.store.edit(moved) if same else None
    if edit is None or sent.arguments not in (None, edit.arguments):
        raise RecordDiffers(client_id=sent.client)
    step, steps = (
        0 if place is None else ws.store.edit(place).step for place in (then["head"], then["tip"])
    )
    row = replace(row, version=then["version"], step=step, steps=steps)
    start, end = (ws.drawings.at(v["base_revision"], v["head"]) for v in (before, then))
    notes = read(edit.notes) if sent.what == "edit" else []
    return answer(bench(ws), actor, row, edit.op, start, end, notes, whole=sent.what == "undo")
