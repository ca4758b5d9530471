"""Which rows are about a household, also those that were first written under another number.

A report may be accepted for another household than it named, and a visit may be moved to another
one: what was said of the household then stands in the report as it came, and in the visit that no
longer counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import false, or_, select

from gisgrid.store.records import payload, taking_back_id
from gisgrid.store.schema import cases, households, visits
from gisgrid.store.schema_records import case_changes, pending_reports

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from gisgrid.store.dialects.base import Dialect


@dataclass(frozen=True, slots=True)
class About:
    """visits, cases: ids, also of those that wait for a decision, under whichever household."""

    household: str
    visits: list[str]
    cases: list[str]

    def rows(self, dialect: Dialect, table: str) -> ColumnElement[bool]:
        """Which rows of a table these are."""
        p = pending_reports.c
        found = {
            "households": households.c.id == self.household,
            "visits": or_(
                visits.c.household_id == self.household, dialect.among(visits.c.id, self.visits)
            ),
            "cases": cases.c.household_id == self.household,
            "case_changes": dialect.among(case_changes.c.case_id, self.cases),
            "pending_reports": or_(
                p.household_id == self.household,
                dialect.among(p.case_id, self.cases),
                dialect.among(p.client_id, [*self.visits, *self.cases]),
            ),
        }
        return found.get(table, false())


def without_others(
    row: dict[str, Any], household: str, hide: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """A row about a household, without the number of another one under which it was written.

    What is said in it is of this household; which other one was meant by mistake is not. hide:
    columns that are left out where it was written under another one, which may be anybody's.
    """
    if row.get("household_id") not in (None, household):
        row = row | {"household_id": None}
        if hide:
            return {k: None if k in hide else v for k, v in row.items()} | {"withheld": True}
    if row.get("payload"):
        said = json.loads(row["payload"])
        if said.get("household_id") not in (None, household):
            row = row | {"payload": payload(said | {"household_id": None})}
    return row


def about(connection: Connection, dialect: Dialect, household: str) -> About:
    """The visits and cases of a household, and the visits in whose place its own ones stand."""
    p, v = pending_reports.c, visits.c
    reported = connection.execute(
        select(p.client_id, p.kind).where(p.household_id == household)
    ).all()
    named = select(cases.c.id).where(cases.c.household_id == household)
    opened = {*connection.execute(named).scalars(), *(r[0] for r in reported if r.kind == "case")}
    own = select(v.id).where(v.household_id == household)
    found = {*connection.execute(own).scalars(), *(r[0] for r in reported if r.kind == "visit")}
    ahead = set(found)
    while ahead:
        # Where the right household was one of others, a row beside it took the wrong visit back.
        sayers = sorted(ahead | {taking_back_id(number) for number in ahead})
        corrected = select(v.corrects).where(dialect.among(v.id, sayers), v.corrects.is_not(None))
        ahead = set(connection.execute(corrected).scalars()) - found
        found |= ahead
    return About(household, sorted(found), sorted(opened))
