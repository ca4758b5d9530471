"""What is recorded in the field, as the store takes it and gives it back."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

NEEDS_DECISION, ACCEPTED, SET_ASIDE = "needs_decision", "accepted", "set_aside"
"""Where a report stands."""

DIFFERS = "differs"
"""The client id was used for something else before: a mistake of the device, said and not taken."""

_OF_CORRECTED = uuid.UUID("6c1f0c3e-7c53-4b83-9d0b-4a4f0a3e8a11")


def taking_back_id(client_id: str) -> str:
    """The client id of the row that takes back what a report corrects, of that of the report."""
    return str(uuid.uuid5(_OF_CORRECTED, client_id))


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports, and when it arrived. person: None for the console. scope: what they serve."""

    person: int | None
    member: str
    scope: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class VisitReport:
    """One visit as a device reports it.

    visited_at: by the clock of the device. visited_on: that moment's day in the programme's zone;
    accepted though it was not countable, the day on which the report came in.
    countable: False where the time is so far off that no figure could hold it.
    corrects: the id of a visit that this one puts right.
    """

    client_id: str
    household_id: str
    visited_at: datetime
    visited_on: date
    outcome: str
    note: str | None = None
    zone: str | None = None
    flags: str | None = None
    corrects: str | None = None
    countable: bool = True


@dataclass(frozen=True, slots=True)
class CaseReport:
    """A case as a device opens it; its client id becomes its id. countable: as of a visit."""

    client_id: str
    household_id: str
    opened_at: datetime
    opened_on: date
    zone: str | None
    values: dict[str, Any]  # category, title, due_on, note
    countable: bool = True


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One change of a case. kind: updated | closed | reopened. values: only what is changed.

    countable: as of a visit.
    """

    client_id: str
    case_id: str
    kind: str
    changed_at: datetime
    changed_on: date
    zone: str | None
    values: dict[str, Any] = field(default_factory=dict)
    countable: bool = True


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a report. state: accepted, needs_decision, set_aside or differs.

    id: of the visit or case; of a report that waits, its own. repeat: it was there already.
    """

    client_id: str
    id: str
    state: str
    repeat: bool = False
    flags: str | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A report that waits, or waited, for a decision. seen: what it is about lies in the scope."""

    client_id: str
    kind: str
    household_id: str | None
    case_id: str | None
    payload: dict[str, Any]
    person_id: int | None
    member: str | None
    scope: str
    received_at: datetime
    state: str
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    seen: bool


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One row of a case's history. changes: column -> (before, after), days as ISO text."""

    case_id: str
    kind: str
    changed_at: datetime
    changed_on: date
    received_at: datetime
    member: str | None
    changes: dict[str, tuple[Any, Any]]


def payload(values: dict[str, Any]) -> str:
    """A report as JSON: moments and days as ISO text."""
    return json.dumps(values, ensure_ascii=False, default=lambda v: v.isoformat())


def visit_of(said: dict[str, Any]) -> VisitReport:
    """The visit that a payload holds."""
    days = {"visited_on": date.fromisoformat(said["visited_on"])}
    moments = {"visited_at": datetime.fromisoformat(said["visited_at"])}
    return VisitReport(**(said | days | moments))


def case_of(said: dict[str, Any]) -> CaseReport:
    """The opening of a case that a payload holds."""
    days = {"opened_on": date.fromisoformat(said["opened_on"])}
    moments = {"opened_at": datetime.fromisoformat(said["opened_at"])}
    return CaseReport(**(said | days | moments | {"values": _values(said["values"])}))


def change_of(said: dict[str, Any]) -> CaseChange:
    """The change of a case that a payload holds."""
    days = {"changed_on": date.fromisoformat(said["changed_on"])}
    moments = {"changed_at": datetime.fromisoformat(said["changed_at"])}
    return CaseChange(**(said | days | moments | {"values": _values(said["values"])}))


def _values(said: dict[str, Any]) -> dict[str, Any]:
    due = said.get("due_on")
    return said | ({"due_on": date.fromisoformat(due)} if due else {})
