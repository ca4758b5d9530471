"""What a Store tells of reports that wait for a decision, and of the history of cases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, false, func, or_, select, true

from gisgrid.model import TAKEN_BACK
from gisgrid.store.core import Core
from gisgrid.store.records import NEEDS_DECISION, CaseStep, Pending
from gisgrid.store.schema import areas, cases, grids, households, visits
from gisgrid.store.schema_records import case_changes, pending_reports
from gisgrid.store.scoping import Sight

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import ColumnElement

    from gisgrid.access import Scope

_P = pending_reports.c
_NAMES = tuple(name for name in Pending.__slots__ if name not in ("seen", "payload"))


class RecordReads(Core):
    """Reads of reports and histories, each within a scope."""

    def pending(
        self,
        *,
        scope: Scope,
        person: int | None,
        reporters: bool,
        waiting: bool = True,
        client_id: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Pending]:
        """Reports that wait (or with `waiting` False: that were decided), the newest first.

        Those of households in the scope, and those that `person` sent; with `reporters` also those
        of whoever serves the scope or a part of it. `seen` says whether what it is about is in it.
        """
        sight = Sight(scope)  # one for the statement: its tree of areas has one name
        seen = _seen(sight)
        mine = false() if person is None else _P.person_id == person
        theirs = _served(scope, sight) if reporters else false()
        state = _P.state == NEEDS_DECISION if waiting else _P.state != NEEDS_DECISION
        # What was erased is nobody's any more.
        shown = and_(or_(seen, mine, theirs), _P.payload != "")
        wanted = and_(shown, state if client_id is None else _P.client_id == client_id)
        statement = (
            select(*(_P[name] for name in _NAMES), _P.payload, seen.label("seen"))
            .where(wanted)
            .order_by(_P.fid.desc())
            .limit(limit)
            .offset(offset)
        )
        with self.reading(scope) as connection:
            return [_pending(row) for row in connection.execute(statement)]

    def recent_visits(
        self, *, scope: Scope, household_ids: Sequence[str], since: date
    ) -> dict[str, list[tuple[date, str]]]:
        """Household -> (day, outcome) of its visits since a day, the oldest first.

        Without those that a later one corrects.
        """
        v, by = visits.c, visits.alias("by")
        statement = (
            select(v.household_id, v.visited_on, v.outcome)
            .where(
                self._dialect.among(v.household_id, household_ids),
                v.visited_on >= since,
                Sight(scope).visits(),
                ~exists().where(by.c.corrects == v.id),
                func.coalesce(v.flags, "") != TAKEN_BACK,
            )
            .order_by(v.visited_on, v.visited_at, v.fid)
        )
        found: dict[str, list[tuple[date, str]]] = {}
        with self.reading(scope) as connection:
            for row in connection.execute(statement):
                found.setdefault(row.household_id, []).append((row.visited_on, row.outcome))
        return found

    def corrected(self, *, scope: Scope, household_id: str) -> set[str]:
        """Ids of the household's visits that a later one corrects."""
        statement = select(visits.c.corrects).where(
            visits.c.corrects.is_not(None),
            visits.c.corrects.in_(select(visits.c.id).where(visits.c.household_id == household_id)),
            Sight(scope).visits(),
        )
        with self.reading(scope) as connection:
            return set(connection.execute(statement).scalars())

    def case_steps(self, *, scope: Scope, case_ids: Sequence[str]) -> list[CaseStep]:
        """The history of cases that the scope sees, the oldest step first."""
        c = case_changes.c
        names = ("case_id", "kind", "changed_at", "changed_on", "received_at", "member")
        ours = select(cases.c.id).where(Sight(scope).cases())
        statement = (
            select(*(c[name] for name in names), c.changes)
            .where(self._dialect.among(c.case_id, case_ids), c.case_id.in_(ours))
            .order_by(c.fid)
        )
        with self.reading(scope) as connection:
            return [
                CaseStep(
                    **{name: row._mapping[name] for name in names},
                    changes={k: (a, b) for k, (a, b) in json.loads(row.changes or "{}").items()},
                )
                for row in connection.execute(statement)
            ]


def _pending(row: Any) -> Pending:
    values = {name: row._mapping[name] for name in _NAMES}
    return Pending(**values, payload=json.loads(row.payload), seen=bool(row.seen))


def _seen(sight: Sight) -> ColumnElement[bool]:
    """Whether the scope sees what a report is about: its case where it changes one, else its home.

    A case with a point of its own is seen where that lies, whoever's household it belongs to.
    """
    home = exists().where(households.c.id == _P.household_id, sight.households())
    case = exists().where(cases.c.id == _P.case_id, sight.cases())
    return or_(and_(_P.case_id.is_(None), home), case)


def _served(scope: Scope, sight: Sight) -> ColumnElement[bool]:
    """Whether the reporter served the scope or a part of it."""
    if scope.everything:
        return true()
    return or_(
        _P.scope == scope.code,
        _P.scope.in_(select(areas.c.code).where(sight.areas())),
        _P.scope.in_(select(grids.c.code).where(sight.grids())),
    )
