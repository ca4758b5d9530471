"""Recording visits and cases: everything readable is kept, once, whoever it belongs to by now.

A record is accepted where the actor serves the household; else it waits for a decision (see
deciding.py), and whether the household exists makes no difference to the answer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from gisgrid.access import Action, require
from gisgrid.coverage import local_day
from gisgrid.errors import BatchTooBig, GisgridError, RecordDiffers, UnknownVisit
from gisgrid.model import TAKEN_BACK
from gisgrid.operations import record_items
from gisgrid.operations.auditing import object_of
from gisgrid.operations.record_items import Item
from gisgrid.store import DIFFERS, Kept, Reporter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from gisgrid.access import Actor
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import CaseChange, CaseReport, VisitReport, Writer

    Report = TypeVar("Report")
    Answer = Kept | GisgridError

BATCH = 200
"""Most records of one request."""

AUDITED = 100
"""Ids that fit into one row of the account of use."""


def record_visits(ws: Workspace, actor: Actor, items: Sequence[object]) -> list[Answer]:
    """Keep visits; one answer for each item, in their order.

    An item is {client_id (UUID), household, outcome, visited_at (ISO, with offset), zone, note,
    corrects (id of a visit that it puts right)}; outcome "taken_back": that one never took place.
    A refusal of one (RecordUnreadable, RecordDiffers) stands in its place and holds up no other.
    Raises NotAllowed, BatchTooBig, StoreBusy, StoreFull.
    """

    def save(w: Writer, reports: list[VisitReport], by: Reporter) -> list[Kept]:
        return w.record_visits(reports, by, actor.scope)

    return _record(ws, actor, items, "visits", record_items.VISIT, record_items.visit, save)


def correct_visit(
    ws: Workspace, actor: Actor, household: str, visit: str, item: dict[str, Any]
) -> Answer:
    """Put a visit of a household right: a new one at its moment; the old one stays, marked.

    Its moment is the server's where it was accepted though its device's clock could not be right.

    item: client_id, outcome ("taken_back": it never took place), note, and household where it was
    another one. Errors as record_visits; UnknownVisit where the household has no such visit within
    the scope.
    """
    require(actor, Action.RECORD)
    rows = ws.store.visits(scope=actor.scope, household_ids=[household])
    found = rows[rows["id"] == visit]
    if found.empty:
        raise UnknownVisit(visit=visit)
    at = _counted_at(ws, actor, household, found.iloc[0]) + demo_lag(ws)
    if item.get("outcome") == TAKEN_BACK:  # of this household, whatever else the form held
        item = item | {"household": household}
    sent = {"household": household, **item, "corrects": visit, "visited_at": at.isoformat()}
    (answer,) = record_visits(ws, actor, [sent])
    return answer


def _counted_at(ws: Workspace, actor: Actor, household: str, visit: Any) -> Any:
    """The moment of a visit; the server's, where its device's clock could not be right."""
    marks = ws.store.visit_marks(scope=actor.scope, household_ids=[household]).set_index("id")
    received = marks["received_at"][visit["id"]]
    if pd.isna(received) or record_items.countable(visit["visited_at"], received):
        return visit["visited_at"]
    return received


def open_cases(ws: Workspace, actor: Actor, items: Sequence[object]) -> list[Answer]:
    """Open cases: {client_id, household, category, title, due_on, note, opened_at, zone}.

    Answers and errors as record_visits; the case's id is its client id.
    """

    def save(w: Writer, reports: list[CaseReport], by: Reporter) -> list[Kept]:
        return [w.open_case(report, by, actor.scope) for report in reports]

    return _record(ws, actor, items, "cases", record_items.CASE, record_items.case, save)


def change_cases(ws: Workspace, actor: Actor, items: Sequence[object]) -> list[Answer]:
    """Change cases: {client_id, case, do (update, close, reopen), category, title, due_on, note}.

    Only the fields that are sent change. Answers and errors as record_visits.
    """

    def save(w: Writer, reports: list[CaseChange], by: Reporter) -> list[Kept]:
        return [w.change_case(report, by, actor.scope) for report in reports]

    return _record(ws, actor, items, "case_changes", record_items.CHANGE, record_items.change, save)


def _record(
    ws: Workspace,
    actor: Actor,
    items: Sequence[object],
    kind: str,
    known: tuple[str, ...],
    read: Callable[[Item], Report],
    save: Callable[[Writer, list[Report], Reporter], list[Kept]],
) -> list[Answer]:
    require(actor, Action.RECORD)
    if not 1 <= len(items) <= BATCH:
        raise BatchTooBig(most=BATCH, count=len(items))
    rules, now, behind = ws.programme(), ws.clock(), demo_lag(ws)
    answers: list[Answer | None] = []
    reports: list[Report] = []
    for sent in items:
        try:
            reports.append(read(Item(sent, known, rules, now, behind)))
            answers.append(None)
        except GisgridError as err:
            answers.append(err)
    kept = iter(_saved(ws, actor, reports, kind, save) if reports else [])
    return [_told(next(kept)) if answer is None else answer for answer in answers]


def _saved(
    ws: Workspace,
    actor: Actor,
    reports: list[Report],
    kind: str,
    save: Callable[[Writer, list[Report], Reporter], list[Kept]],
) -> list[Kept]:
    by = reporter(ws, actor)

    def change(w: Writer) -> list[Kept]:
        kept = save(w, reports, by)
        new = [k.id for k in kept if not k.repeat and k.state != DIFFERS]
        for at in range(0, len(new), AUDITED):
            part = new[at : at + AUDITED]
            w.audit(actor, f"record_{kind}", object_of(kind, part), len(part))
        return kept

    return ws.store.write_together(change)


def reporter(ws: Workspace, actor: Actor) -> Reporter:
    """Who reports, at this moment of the programme's calendar."""
    return Reporter(actor.person or None, actor.name, actor.scope.code, ws.clock() - demo_lag(ws))


def demo_lag(ws: Workspace) -> timedelta:
    """How far the calendar is behind the clock; nothing but in a demo, whose calendar stands still.

    What is recorded there is recorded on its last day: else the first visit of a newcomer would
    move the calendar, and the whole county would be overdue.
    """
    rules = ws.programme()
    if not rules.demo:
        return timedelta(0)
    return local_day(ws.clock(), ZoneInfo(rules.zone)) - ws.today()


def _told(kept: Kept) -> Answer:
    return RecordDiffers(client_id=kept.client_id) if kept.state == DIFFERS else kept
