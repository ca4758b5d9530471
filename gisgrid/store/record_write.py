"""What a Writer does with reports from the field: each is kept once, and none is lost.

A report is known by the client id that its device gave it. All looks and inserts happen in the one
transaction that may write, so that of two deliveries at once the second finds the first.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, bindparam, insert, select, union_all, update

from gisgrid.access import EVERYWHERE, Scope
from gisgrid.model import TAKEN_BACK, Outcome
from gisgrid.store import erasing, tombstones
from gisgrid.store.prepared import Prepared
from gisgrid.store.records import ACCEPTED, DIFFERS, NEEDS_DECISION, Kept, taking_back_id
from gisgrid.store.records import payload as payload_of
from gisgrid.store.schema import households, visits
from gisgrid.store.schema_records import pending_reports
from gisgrid.store.scoping import Sight

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import CompoundSelect, Select

    from gisgrid.store.dialects.base import Dialect
    from gisgrid.store.records import CaseChange, CaseReport, Reporter, VisitReport
    from gisgrid.store.transaction import Transaction

_TOLD = ("household_id", "outcome", "note", "corrects")
"""What a repeat of a visit must have in common with the first delivery, beside whether it takes one
back; its time may be left to the server, and is not compared."""

_P = pending_reports.c
_GIVEN = [column.name for column in visits.c if column.name != "fid"]
_ADD = Prepared(lambda _: insert(visits).values({name: bindparam(name) for name in _GIVEN}))


def _known(dialect: Dialect) -> CompoundSelect[Any]:
    """Visits by their ids: the one that the device gave, and that of a row that was imported."""
    told = (visits.c.id, visits.c.flags, *(visits.c[name] for name in _TOLD))
    return union_all(
        *(
            select(key.label("key"), *told).where(dialect.among(key, dialect.given("ids")))
            for key in (visits.c.client_id, visits.c.id)
        )
    )


_KNOWN = Prepared(_known)
_WAITING = Prepared(
    lambda dialect: select(_P.client_id, _P.kind, _P.state, _P.payload).where(
        dialect.among(_P.client_id, dialect.given("ids"))
    )
)


def _seen(scope: Scope) -> Callable[[Dialect], Select[Any]]:
    sight = Sight(scope, bindparam("scope", type_=Text))
    return lambda dialect: select(households.c.id).where(
        dialect.among(households.c.id, dialect.given("ids")), sight.households()
    )


_SEEN_ALL, _SEEN = Prepared(_seen(EVERYWHERE)), Prepared(_seen(Scope("(one)")))


class VisitVerbs:
    """Recording visits, and deciding about reports, within one transaction."""

    _tx: Transaction

    def record_visits(
        self, reports: Sequence[VisitReport], by: Reporter, scope: Scope
    ) -> list[Kept]:
        """Keep visits: in `visits` where `scope` sees the household, else for a decision.

        One that is there already is answered as it was; one whose client id names something else
        is not taken and says so. Where one moves a visit to a household that the scope does not
        see, the visit that was wrong is taken back at once, and the right one waits.
        """
        reports = self._bare(reports)
        known = self._visits_known([name for r in reports for name in _names(r)])
        seen = seen_households(self._tx, scope, [r.household_id for r in reports])
        corrected = self._corrected_visits(reports, scope)
        new: list[VisitReport] = []
        found: list[Kept] = []
        for report in reports:
            before = known.get(report.client_id)
            if before is not None:
                found.append(_again(before, report))
                continue
            mine = report.household_id in seen and report.countable
            if mine and (report.corrects is None or report.corrects in corrected):
                new.append(report)
                kept = Kept(report.client_id, report.client_id, ACCEPTED, flags=report.flags)
            elif report.corrects in corrected and report.household_id not in seen:
                back = _taking_back(report, corrected[report.corrects])
                if back.client_id in known:  # a record of something else bears its id
                    found.append(Kept(report.client_id, report.client_id, DIFFERS))
                    continue
                kept = self.keep_pending("visit", report, by)
                new.append(back)
                known[back.client_id] = (kept, _told(back))
            else:
                kept = self.keep_pending("visit", report, by)
            known[report.client_id] = (kept, _told(report))
            found.append(kept)
        self._insert_visits(new, by)
        # A note that was written of an erased household under another one goes as well.
        erasing.clear_late(self._tx, [r.household_id for r in reports if r.corrects is not None])
        return found

    def has_visit(self, name: str) -> bool:
        """Whether there is a visit of that id, recorded or imported, whoever sees it."""
        return (
            self._tx.connection.scalar(select(visits.c.id).where(visits.c.id == name)) is not None
        )

    def add_visits(self, reports: Sequence[VisitReport], by: Reporter) -> None:
        """New rows of `visits`; who calls has looked that they may be."""
        self._insert_visits(self._bare(reports), by)

    def _bare(self, reports: Sequence[VisitReport]) -> Sequence[VisitReport]:
        """The reports; those about an erased household without their note."""
        gone = tombstones.among(self._tx, [r.household_id for r in reports if r.note is not None])
        return [replace(r, note=None) if r.household_id in gone else r for r in reports]

    def _insert_visits(self, reports: Sequence[VisitReport], by: Reporter) -> None:
        if not reports:
            return
        rows = [
            {
                "id": r.client_id,
                "household_id": r.household_id,
                "visited_at": r.visited_at,
                "visited_on": r.visited_on,
                "outcome": r.outcome,
                "member": by.member,
                "note": r.note,
                "client_id": r.client_id,
                "received_at": by.received_at,
                "zone": r.zone,
                "flags": r.flags,
                "corrects": r.corrects,
            }
            for r in reports
        ]
        for row in rows:
            _ADD.run(self._tx.dialect, self._tx.connection, **row)
        self._tx.changed("visits", "visits")

    def keep_pending(
        self, kind: str, report: VisitReport | CaseReport | CaseChange, by: Reporter
    ) -> Kept:
        """Keep a report whole, for somebody to decide about."""
        self._tx.connection.execute(
            insert(pending_reports).values(
                client_id=report.client_id,
                kind=kind,
                household_id=getattr(report, "household_id", None),
                case_id=getattr(report, "case_id", None),
                payload=payload_of(asdict(report)),
                person_id=by.person,
                member=by.member,
                scope=by.scope,
                received_at=by.received_at,
                state=NEEDS_DECISION,
            )
        )
        flags = getattr(report, "flags", None)
        return Kept(report.client_id, report.client_id, NEEDS_DECISION, flags=flags)

    def decide(self, client_id: str, state: str, at: datetime, by: str, reason: str | None) -> bool:
        """Note a decision; False where the report was accepted already, or never was.

        What was set aside may still be accepted; the statement itself decides between two at once.
        """
        open_to = (NEEDS_DECISION,) if state != ACCEPTED else (NEEDS_DECISION, "set_aside")
        done = self._tx.connection.execute(
            update(pending_reports)
            .where(pending_reports.c.client_id == client_id, pending_reports.c.state.in_(open_to))
            .values(state=state, decided_at=at, decided_by=by, reason=reason)
        )
        return done.rowcount == 1

    def found_home(self, client_id: str, household: str) -> None:
        """Note with a report for which household it was accepted; the report keeps what it said."""
        self._tx.connection.execute(
            update(pending_reports)
            .where(pending_reports.c.client_id == client_id)
            .values(household_id=household)
        )
        erasing.clear_late(self._tx, [household])

    def sees_household(self, household: str, scope: Scope) -> bool:
        """Whether the scope sees the household, in the plan in force."""
        return household in seen_households(self._tx, scope, [household])

    def sees_visit(self, visit: str, scope: Scope) -> bool:
        """Whether the scope sees the visit."""
        statement = select(visits.c.id).where(visits.c.id == visit, Sight(scope).visits())
        return self._tx.connection.execute(statement).first() is not None

    def _visits_known(self, client_ids: list[str]) -> dict[str, tuple[Kept, Any]]:
        """Client id -> what became of it and what it said, of visits and reports that wait.

        What waited may have been accepted as something else than it said: the report is what tells.
        """
        tx, found = self._tx, {}
        rows = _KNOWN.rows(tx.dialect, tx.connection, ids=tx.dialect.keys(client_ids))
        for key, number, flags, *told in rows:
            kept = Kept(key, number, ACCEPTED, repeat=True, flags=flags)
            said = dict(zip(_TOLD, told, strict=True))
            found[key] = kept, said | {TAKEN_BACK: flags == TAKEN_BACK}
        waited = pending_known(tx, client_ids, "visit", (*_TOLD, "flags"))
        for _, said in waited.values():
            if said:
                said[TAKEN_BACK] = said.pop("flags") == TAKEN_BACK
        return found | waited

    def _corrected_visits(self, reports: Sequence[VisitReport], scope: Scope) -> dict[str, Any]:
        """Id -> row of the visits that these correct, of those that the scope sees."""
        wanted = [r.corrects for r in reports if r.corrects is not None]
        if not wanted:
            return {}
        names = ("id", "household_id", "visited_at", "visited_on")
        statement = select(*(visits.c[name] for name in names)).where(
            self._tx.dialect.among(visits.c.id, wanted), Sight(scope).visits()
        )
        return {row.id: row for row in self._tx.connection.execute(statement)}


def seen_households(tx: Transaction, scope: Scope, ids: Sequence[str]) -> set[str]:
    """Which of the households the scope sees, in the plan in force."""
    keys = {"ids": tx.dialect.keys(sorted(set(ids)))}
    if scope.everything:
        rows = _SEEN_ALL.rows(tx.dialect, tx.connection, **keys)
    else:
        rows = _SEEN.rows(tx.dialect, tx.connection, **keys, scope=scope.code)
    return {row[0] for row in rows}


def pending_known(
    tx: Transaction, client_ids: list[str], kind: str, told: Sequence[str]
) -> dict[str, tuple[Kept, Any]]:
    """Client id -> what became of a report that waited, and what it said; None: it is erased."""
    import json  # noqa: PLC0415 - seldom anything is found

    found = {}
    keys = tx.dialect.keys(client_ids)
    for client_id, its_kind, state, payload in _WAITING.rows(tx.dialect, tx.connection, ids=keys):
        said = json.loads(payload or "{}")
        kept = Kept(client_id, client_id, state, repeat=True, flags=said.get("flags"))
        told_then = {name: said.get(name) for name in told} if payload else None
        found[client_id] = kept, (told_then if its_kind == kind else {})
    return found


def _names(report: VisitReport) -> list[str]:
    """The ids of the rows that a report may become."""
    back = [] if report.corrects is None else [taking_back_id(report.client_id)]
    return [report.client_id, *back]


def _told(report: VisitReport) -> dict[str, Any]:
    said = {name: getattr(report, name) for name in _TOLD}
    return said | {TAKEN_BACK: report.flags == TAKEN_BACK}


def _taking_back(report: VisitReport, wrong: Any) -> VisitReport:
    """The row that takes back the visit that `report` corrects."""
    return replace(
        report,
        client_id=taking_back_id(report.client_id),
        household_id=wrong.household_id,
        visited_at=wrong.visited_at,
        visited_on=wrong.visited_on,
        outcome=Outcome.NO_ONE_HOME,
        note=None,
        flags=TAKEN_BACK,
    )


def _again(before: tuple[Kept, Any], report: VisitReport) -> Kept:
    kept, said = before
    if said is not None and said != _told(report):
        return Kept(report.client_id, report.client_id, DIFFERS)
    return Kept(kept.client_id, kept.id, kept.state, repeat=True, flags=kept.flags)


def iso(value: Any) -> Any:
    """A value as JSON keeps it."""
    return value.isoformat() if isinstance(value, date | datetime) else value
