"""Opening and changing cases: `cases` shows the present, `case_changes` keeps every step."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from gisgrid.store import tombstones
from gisgrid.store.record_write import VisitVerbs, iso, pending_known, seen_households
from gisgrid.store.records import ACCEPTED, DIFFERS, Kept
from gisgrid.store.schema import cases
from gisgrid.store.schema_records import case_changes
from gisgrid.store.scoping import Sight

if TYPE_CHECKING:
    from datetime import date
    from typing import TypeVar

    from sqlalchemy import Row

    from gisgrid.access import Scope
    from gisgrid.store.records import CaseChange, CaseReport, Reporter

    Said = TypeVar("Said", CaseReport, CaseChange)

_WORDS = ("category", "title", "due_on", "note")
_STATES = ("category", "title", "due_on", "note", "closed_on")


class RecordVerbs(VisitVerbs):
    """Recording visits and cases within one transaction."""

    def open_case(self, report: CaseReport, by: Reporter, scope: Scope) -> Kept:
        """A new case where `scope` sees the household, else one that waits for a decision.

        One that is not countable waits as well; so does a change.
        """
        report = self._bare_case(report, report.household_id)
        said = {"household_id": report.household_id} | _plain(report.values)
        before = (
            pending_case(self, report.client_id, "case")
            or self._step_of(report.client_id)
            or self._case_of(report.client_id)
        )
        if before is not None:
            return _again(before, said, report.client_id)
        seen = seen_households(self._tx, scope, [report.household_id])
        if report.household_id not in seen or not report.countable:
            return self.keep_pending("case", report, by)
        return self.add_case(report, by)

    def add_case(self, report: CaseReport, by: Reporter) -> Kept:
        """A new row of `cases`; who calls has looked that it may be."""
        report = self._bare_case(report, report.household_id)
        values = {name: report.values.get(name) for name in _WORDS}
        self._tx.connection.execute(
            insert(cases).values(
                id=report.client_id,
                household_id=report.household_id,
                opened_on=report.opened_on,
                **values,
            )
        )
        said = {"household_id": report.household_id} | _plain(report.values)
        step = {name: [None, value] for name, value in said.items()}
        self._add_step(
            report.client_id, "opened", report, by, step, report.opened_at, report.opened_on
        )
        return Kept(report.client_id, report.client_id, ACCEPTED)

    def change_case(self, report: CaseChange, by: Reporter, scope: Scope) -> Kept:
        """Change a case that `scope` sees, else keep the change for a decision.

        A change counts from its own day on, but never before the change that came before it.
        """
        report = self._bare_case(report, self._home_of(report.case_id))
        before = pending_case(self, report.client_id, "case_change") or self._step_of(
            report.client_id
        )
        if before is not None:
            said = {"case_id": report.case_id, "kind": report.kind} | _plain(report.values)
            return _again(before, said, report.client_id)
        row = self.case_seen(report.case_id, scope)
        if row is None or not report.countable:
            return self.keep_pending("case_change", report, by)
        return self.add_change(report, by, row)

    def add_change(self, report: CaseChange, by: Reporter, row: Row[Any]) -> Kept:
        """One more step of a case that stands as in `row`."""
        report = self._bare_case(report, row.household_id)
        since = self._tx.connection.scalar(
            select(func.max(case_changes.c.changed_on)).where(
                case_changes.c.case_id == report.case_id
            )
        )
        day = max(report.changed_on, row.opened_on, since or report.changed_on)
        values = dict(report.values)
        if report.kind == "closed" and row.closed_on is None:
            values["closed_on"] = day
        elif report.kind == "reopened":
            values["closed_on"] = None
        changed = {
            name: (getattr(row, name), value)
            for name, value in values.items()
            if getattr(row, name) != value
        }
        if changed:
            self._tx.connection.execute(
                update(cases)
                .where(cases.c.id == report.case_id)
                .values(**{name: new for name, (_, new) in changed.items()})
            )
        # What was said is kept with what it changed, so that a repeat is known for one.
        step = {name: [iso(getattr(row, name)), iso(value)] for name, value in values.items()}
        was = {f"was_{name}": getattr(row, name) for name in ("category", "due_on", "closed_on")}
        self._add_step(report.case_id, report.kind, report, by, step, report.changed_at, day, **was)
        return Kept(report.client_id, report.case_id, ACCEPTED)

    def _home_of(self, case: str) -> str | None:
        """The household of a case, whoever sees it."""
        found: str | None = self._tx.connection.scalar(
            select(cases.c.household_id).where(cases.c.id == case)
        )
        return found

    def _bare_case(self, report: Said, household: str | None) -> Said:
        """The report; one about an erased household without its texts."""
        told = [name for name in tombstones.CASE_WORDS if report.values.get(name) is not None]
        if not told or not tombstones.among(self._tx, [household]):
            return report
        return replace(report, values=report.values | dict.fromkeys(told))

    def case_seen(self, case: str, scope: Scope) -> Row[Any] | None:
        """The row of a case that the scope sees."""
        columns = [cases.c[name] for name in ("id", "household_id", "opened_on", *_STATES)]
        found: Row[Any] | None = self._tx.connection.execute(
            select(*columns).where(cases.c.id == case, Sight(scope).cases())
        ).first()
        return found

    def _add_step(
        self,
        case: str,
        kind: str,
        report: CaseReport | CaseChange,
        by: Reporter,
        step: dict[str, Any],
        at: Any,
        day: date,
        **was: Any,
    ) -> None:
        self._tx.connection.execute(
            insert(case_changes).values(
                case_id=case,
                client_id=report.client_id,
                kind=kind,
                changed_at=at,
                changed_on=day,
                received_at=by.received_at,
                zone=report.zone,
                member=by.member,
                changes=json.dumps(step, ensure_ascii=False),
                **was,
            )
        )
        self._tx.changed("cases", "cases", ids=[case])

    def has_case(self, name: str) -> bool:
        """Whether there is a case of that id, opened here or imported, whoever sees it."""
        return self._case_of(name) is not None

    def _case_of(self, name: str) -> tuple[Kept, dict[str, Any]] | None:
        """A case that was imported, as if its first delivery had said what it holds now."""
        columns = ("household_id", *_WORDS)
        row = self._tx.connection.execute(
            select(*(cases.c[column] for column in columns)).where(cases.c.id == name)
        ).first()
        if row is None:
            return None
        return Kept(name, name, ACCEPTED, repeat=True), _plain(dict(row._mapping))

    def _step_of(self, client_id: str) -> tuple[Kept, dict[str, Any]] | None:
        """What became of an earlier delivery, and what it said."""
        c = case_changes.c
        row = self._tx.connection.execute(
            select(c.case_id, c.kind, c.changes).where(c.client_id == client_id)
        ).first()
        if row is None:
            return None
        said = {name: new for name, (_, new) in json.loads(row.changes or "{}").items()}
        said.pop("closed_on", None)
        if row.kind != "opened":
            said |= {"case_id": row.case_id, "kind": row.kind}
        return Kept(client_id, row.case_id, ACCEPTED, repeat=True), said


def pending_case(verbs: VisitVerbs, client_id: str, kind: str) -> Any:
    """As RecordVerbs._step_of, for a report that waited for a decision."""
    names = ("household_id",) if kind == "case" else ("case_id", "kind")
    found = pending_known(verbs._tx, [client_id], kind, (*names, "values")).get(client_id)
    if found is None or found[1] is None:
        return found
    kept, said = found
    return kept, {name: said.get(name) for name in names} | (said.get("values") or {})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: iso(value) for name, value in values.items()}


def _again(before: tuple[Kept, Any], said: dict[str, Any], client_id: str) -> Kept:
    kept, then = before
    return kept if then is None or then == said else Kept(client_id, client_id, DIFFERS)
