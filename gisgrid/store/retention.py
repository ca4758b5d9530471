"""What has been kept long enough: counted, and taken away. One entry for each class of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, or_, select, update

from gisgrid.store import erasing
from gisgrid.store.records import NEEDS_DECISION
from gisgrid.store.schema import cases, erasures, households, links, sessions, visits
from gisgrid.store.schema_records import case_changes, pending_reports

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Table

    from gisgrid.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """A class of data.

    which: the rows that are older than a moment. values: what they become; None: they go.
    """

    table: Table
    which: Callable[[datetime], ColumnElement[bool]]
    values: dict[str, Any] | None = None
    counter: str | None = None


def _old_notes(before: datetime) -> ColumnElement[bool]:
    return and_(visits.c.note.is_not(None), visits.c.visited_on < before.date())


def _old_cases(before: datetime) -> ColumnElement[bool]:
    said = or_(cases.c.title.is_not(None), cases.c.note.is_not(None), cases.c.status.is_not(None))
    return and_(cases.c.closed_on < before.date(), said)


def _old_steps(before: datetime) -> ColumnElement[bool]:
    closed = select(cases.c.id).where(cases.c.closed_on < before.date())
    return and_(case_changes.c.changes != "", case_changes.c.case_id.in_(closed))


def _decided(before: datetime) -> ColumnElement[bool]:
    p = pending_reports.c
    return and_(p.payload != "", p.state != NEEDS_DECISION, p.received_at < before)


def _left(before: datetime) -> ColumnElement[bool]:
    gone = select(erasures.c.household_id)
    return and_(households.c.unlisted_on < before.date(), households.c.id.not_in(gone))


CLASSES: dict[str, Kept] = {
    "notes": Kept(visits, _old_notes, {"note": None}, "visits"),
    "cases": Kept(cases, _old_cases, {"title": None, "note": None, "status": None}, "cases"),
    "steps": Kept(case_changes, _old_steps, {"changes": ""}, "cases"),
    "reports": Kept(pending_reports, _decided, {"payload": "", "reason": None}),
    "left": Kept(households, _left),
    "sessions": Kept(sessions, lambda before: sessions.c.expires_at < before),
    "links": Kept(links, lambda before: links.c.expires_at < before),
}
"""In the order in which they are looked at; docs/privacy.md says what each is."""


def count(connection: Connection, name: str, before: datetime) -> int:
    """How many rows of a class are older than a moment."""
    kept = CLASSES[name]
    statement = select(func.count()).select_from(kept.table).where(kept.which(before))
    return int(connection.execute(statement).scalar_one())


def expire(tx: Transaction, name: str, before: datetime) -> int:
    """Take away what is older than a moment; households that left are erased as by request."""
    kept = CLASSES[name]
    if name == "left":
        ids = tx.connection.execute(select(households.c.id).where(kept.which(before))).scalars()
        gone = list(ids)
        for household in gone:
            erasing.erase(tx, household)
        return len(gone)
    if kept.values is None:
        found = tx.connection.execute(delete(kept.table).where(kept.which(before)))
    else:
        changed = update(kept.table).where(kept.which(before)).values(**kept.values)
        found = tx.connection.execute(changed)
    if found.rowcount and kept.counter:
        tx.changed(kept.counter, kept.counter)
    return int(found.rowcount)
