"""Reports that could not be taken as they came: who sees them, and what becomes of them.

Shown to whoever reported, to whoever serves the household now, and to the reporter's supervisors.
Accepted by those who serve the household, to the account of the grid where it lies today; set aside
by any of the three, with a reason. Neither is the end of it: what was set aside is kept, and may
still be accepted. Whoever does not see the household is not told whether there is one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pandas as pd

from gisgrid.access import Action, Role, Scope, require
from gisgrid.coverage import local_day
from gisgrid.errors import (
    RecordDiffers,
    RecordUnreadable,
    ReportDecided,
    UnknownCase,
    UnknownHousehold,
    UnknownReport,
    UnknownVisit,
)
from gisgrid.model import TAKEN_BACK
from gisgrid.operations.auditing import looked, object_of
from gisgrid.operations.recording import demo_lag
from gisgrid.store import (
    ACCEPTED,
    SET_ASIDE,
    Pending,
    Reporter,
    case_of,
    change_of,
    visit_of,
)

if TYPE_CHECKING:
    from gisgrid.access import Actor
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Writer

REASON = 500
PAGE_ROWS = 100


def listing(
    ws: Workspace, actor: Actor, *, waiting: bool = True, page: int = 1
) -> tuple[list[dict[str, Any]], bool]:
    """A page of the reports that wait (or were decided), the newest first; whether there are more.

    Each: report (its id), kind, household, case, said (the report), member, received_at, state,
    decided_by, decided_at, reason; seen (the household is served by the actor), mine, and of those
    seen name, address, grid, was_hers (it lay in the reporter's area on the day of the visit).
    household: as it was reported, where what it was accepted for is not seen. The look is written
    into the account of use: every report that is shown, and the households that are seen. Raises
    NotAllowed.
    """
    require(actor, Action.RECORD)
    every = _pending(ws, actor, waiting=waiting, offset=(page - 1) * PAGE_ROWS)
    found = every[:PAGE_ROWS]
    ids = [p.household_id for p in found if p.seen and p.household_id]
    rows = ws.store.households(scope=actor.scope, ids=ids).set_index("id") if ids else None
    if found:
        what = object_of("reports", [p.client_id for p in found], households=_numbers(ids))
        looked(ws, actor, "list_reports", what, len(found))
    return [_shown(ws, actor, p, rows) for p in found], len(every) > PAGE_ROWS


def _numbers(ids: list[str]) -> str | None:
    """Numbers of households in one text, each once."""
    return ",".join(quote(number, safe="-") for number in dict.fromkeys(ids)) or None


def waiting(ws: Workspace, actor: Actor) -> int:
    """How many reports wait that the actor sees; 100 stands for all beyond."""
    return min(PAGE_ROWS, len(_pending(ws, actor, waiting=True)))


def accept(ws: Workspace, actor: Actor, *, report: str, household: str | None = None) -> None:
    """Take a report to the account of the grid where its household lies now.

    household: the right one, where the report named a wrong one. Raises NotAllowed, UnknownReport,
    UnknownHousehold (not served by the actor), UnknownCase, UnknownVisit (to be taken back, not in
    the scope), RecordDiffers (its id was imported meanwhile), ReportDecided.
    """
    require(actor, Action.RECORD)
    now = _now(ws)
    with ws.store.write() as w:
        found = _one(ws, actor, report)
        if not w.decide(report, ACCEPTED, now, actor.name, None):
            raise ReportDecided
        _take(ws, w, actor, found, household)
        w.audit(actor, "accept_report", object_of(found.kind, [report]))


def set_aside(ws: Workspace, actor: Actor, *, report: str, reason: str) -> None:
    """Leave a report out of all figures, and say why. Raises as `accept`, RecordUnreadable."""
    require(actor, Action.RECORD)
    reason = reason.strip()
    if not reason or len(reason) > REASON or "\0" in reason:
        raise RecordUnreadable(field="reason", problem="is missing or too long")
    now = _now(ws)
    with ws.store.write() as w:
        found = _one(ws, actor, report)
        if not w.decide(report, SET_ASIDE, now, actor.name, reason):
            raise ReportDecided
        w.audit(actor, "set_aside_report", object_of(found.kind, [report]))


def _now(ws: Workspace) -> Any:
    return ws.clock() - demo_lag(ws)


def _pending(
    ws: Workspace, actor: Actor, *, waiting: bool, client_id: str | None = None, offset: int = 0
) -> list[Pending]:
    return ws.store.pending(
        scope=actor.scope,
        person=actor.person or None,
        reporters=actor.role in (Role.SUPERVISOR, Role.CONSOLE),
        waiting=waiting,
        client_id=client_id,
        limit=PAGE_ROWS + 1,
        offset=offset,
    )


def _one(ws: Workspace, actor: Actor, report: str) -> Pending:
    found = _pending(ws, actor, waiting=True, client_id=report)
    if not found:
        raise UnknownReport(report=report)
    return found[0]


def _take(ws: Workspace, w: Writer, actor: Actor, found: Pending, household: str | None) -> None:
    """Record what the report says, in the name of whoever reported it."""
    by = Reporter(found.person_id, found.member or "", found.scope, found.received_at)
    # Where the device's clock cannot be right, it counts on the server's day.
    came_on = local_day(by.received_at, ZoneInfo(ws.programme().zone))
    if found.kind == "case_change":
        change = change_of(found.payload)
        if not change.countable:
            change = replace(change, changed_on=came_on)
        row = w.case_seen(change.case_id, actor.scope)
        if row is None:
            raise UnknownCase(case=change.case_id)
        w.add_change(change, by, row)
        return
    home = household or found.household_id or ""
    if not w.sees_household(home, actor.scope):
        raise UnknownHousehold(household=home)
    if w.has_case(found.client_id) if found.kind == "case" else w.has_visit(found.client_id):
        raise RecordDiffers(client_id=found.client_id)
    if found.kind == "case":
        case = replace(case_of(found.payload), household_id=home)
        w.add_case(case if case.countable else replace(case, opened_on=came_on), by)
        w.found_home(found.client_id, home)
        return
    visit = replace(visit_of(found.payload), household_id=home)
    if not visit.countable:
        visit = replace(visit, visited_on=came_on)
    if visit.corrects and not w.sees_visit(visit.corrects, actor.scope):
        if visit.flags == TAKEN_BACK:
            raise UnknownVisit(visit=visit.corrects)
        # Where it was the reporter's own, it was taken back when the report came.
        visit = replace(visit, corrects=None)
    w.add_visits([visit], by)
    w.found_home(found.client_id, home)


def _shown(ws: Workspace, actor: Actor, p: Pending, rows: pd.DataFrame | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "report": p.client_id,
        "kind": p.kind,
        "household": p.household_id if p.seen else p.payload.get("household_id"),
        "case": p.case_id,
        "said": p.payload,
        "member": p.member,
        "received_at": p.received_at,
        "state": p.state,
        "decided_by": p.decided_by,
        "decided_at": p.decided_at,
        "reason": p.reason,
        "seen": p.seen,
        "mine": p.person_id is not None and p.person_id == actor.person,
        "name": None,
        "address": None,
        "grid": None,
        "was_hers": None,
    }
    if p.seen and rows is not None and p.household_id in rows.index:
        row = rows.loc[p.household_id]
        for name, column in (("name", "name"), ("address", "address"), ("grid", "placed_in")):
            found[name] = row[column] if isinstance(row[column], str) else None
        found["was_hers"] = _was_hers(ws, p)
    return found


def _was_hers(ws: Workspace, p: Pending) -> bool | None:
    """Whether the household lay in what the reporter served, on the day of the visit."""
    if p.kind != "visit":
        return None
    snapshot = ws.snapshot()
    row = int(snapshot.ids.get_indexer(pd.Index([p.household_id]))[0])
    day = visit_of(p.payload).visited_on
    return row >= 0 and bool(snapshot.view(Scope(p.scope), None, day).households[row])
