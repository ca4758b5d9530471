"""Keeping no longer than needed: what would go, and taking it away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from gisgrid.access import Action, Actor, require
from gisgrid.operations import erasing

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.settings import Settings

MONTH = 30.44
"""Days."""


@dataclass(frozen=True, slots=True)
class Due:
    """A class of data. before: what is older goes; None: it is kept. count: rows that are older."""

    name: str
    months: int
    before: datetime | None
    count: int


def months(settings: Settings) -> dict[str, int]:
    """Class of data -> months that it is kept; 0: for good."""
    return {
        "notes": settings.keep_notes_months,
        "cases": settings.keep_notes_months,
        "steps": settings.keep_notes_months,
        "reports": settings.keep_notes_months,
        "left": settings.keep_left_months,
        "sessions": settings.keep_sessions_months,
        "links": settings.keep_sessions_months,
    }


def due(ws: Workspace, actor: Actor) -> list[Due]:
    """What `apply` would take away today. Raises NotAllowed without Action.ANSWER_FOR_DATA."""
    require(actor, Action.ANSWER_FOR_DATA)
    midnight = datetime.combine(ws.today(), time(), UTC)
    found = []
    for name, kept in months(ws.settings).items():
        before = midnight - timedelta(days=round(kept * MONTH)) if kept else None
        count = ws.store.expired(name, before) if before else 0
        found.append(Due(name, kept, before, count))
    return found


def apply(ws: Workspace, actor: Actor) -> tuple[list[Due], bool]:
    """Take it away, each class with its row in the account of use; then sweep the files.

    Returns what went, and whether no trace is left. Raises as `due`.
    """
    gone = []
    erasing.see_to_list(ws)
    with ws.store.write(today=ws.today()) as w:
        for one in due(ws, actor):
            count = w.expire(one.name, one.before) if one.before else 0
            if count and one.before:
                w.audit(actor, "retention", f"{one.name}?before={one.before.date()}", count)
            gone.append(Due(one.name, one.months, one.before, count))
    swept = erasing.finish(ws, always=any(one.count for one in gone))
    return gone, swept
