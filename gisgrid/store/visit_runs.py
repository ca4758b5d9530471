"""Days of visits as numpy columns, for the read model: all of them, or what came since."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import and_, bindparam, exists, func, or_, select

from gisgrid.columns import objects
from gisgrid.model import TAKEN_BACK
from gisgrid.store.civil import parse_days
from gisgrid.store.prepared import Prepared
from gisgrid.store.schema import visits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.sql import ClauseElement

    from gisgrid.columns import Ints, Objects
    from gisgrid.store.dialects.base import Dialect

_RUNS_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class VisitRows:
    """Days of visits in runs: run i is `count[i]` days at one household with one outcome.

    day: the days of all runs, one after the other (int32); within a run in any order.
    last: row number of the newest visit seen; the next call takes it as `after`.
    """

    household_id: Objects
    outcome: Objects
    count: Ints
    day: Ints
    last: int


def _corrected(_: Dialect) -> ClauseElement:
    old, by, other, again = (visits.alias(name) for name in ("old", "by", "other", "again"))
    itself = and_(old.c.id == by.c.id, by.c.flags == TAKEN_BACK)
    stands = exists().where(
        other.c.household_id == old.c.household_id,
        other.c.outcome == old.c.outcome,
        other.c.visited_on == old.c.visited_on,
        ~exists().where(again.c.corrects == other.c.id),
        func.coalesce(other.c.flags, "") != TAKEN_BACK,
    )
    return select(old.c.household_id, old.c.outcome, old.c.visited_on).where(
        by.c.corrects.is_not(None),
        by.c.fid > bindparam("after"),
        or_(old.c.id == by.c.corrects, itself),
        ~stands,
    )


_CORRECTED = Prepared(_corrected)


def corrected_days(
    connection: Connection, dialect: Dialect, after: int
) -> list[tuple[str, str, date]]:
    """Household, outcome, day of visits that later ones (numbered above `after`) correct.

    And of those of the later ones that only take a visit back. Not where another visit stands that
    says the same of that day. Asked for at every change of visits.
    """
    return _CORRECTED.rows(dialect, connection, after=after)


def _runs_of(dialect: Dialect, *, later: bool) -> ClauseElement:
    """Household, outcome, count, days run together; later: of rows numbered above `after`."""
    key: list[ColumnElement[str]] = [visits.c.household_id, visits.c.outcome]
    if later:
        # As an expression the key has no index, so that a few new rows are found by their number
        # instead of by a walk over all visits: 0.1 ms, not 90, after each visit recorded.
        key = [column + "" for column in key]
    statement = select(*key, func.count(), dialect.joined(visits.c.visited_on)).group_by(*key)
    return statement.where(visits.c.fid > bindparam("after")) if later else statement


_ALL_RUNS = Prepared(partial(_runs_of, later=False))
_LATER_RUNS = Prepared(partial(_runs_of, later=True))
_LAST = select(func.max(visits.c.fid))


def visit_days(connection: Connection, dialect: Dialect, after: int) -> VisitRows:
    """Visits in runs; see Store.visit_days.

    The database runs the dates of a household together over a covering index, and numpy reads the
    digits: one row for each visit through Python would take five times as long.
    """
    if after:
        found = _LATER_RUNS.cursor(dialect, connection, after=after)
    else:
        found = _ALL_RUNS.cursor(dialect, connection)
    # Some at a time: all of a million households at once would take half a gigabyte more than what
    # comes of them.
    parts = []
    while rows := found.fetchmany(_RUNS_AT_ONCE):
        parts.append(_runs(rows))
    found.close()
    last = connection.scalar(_LAST) or 0
    household, outcome, count, day = zip(*(parts or [_runs([])]), strict=True)
    return VisitRows(
        household_id=np.concatenate(household),
        outcome=np.concatenate(outcome),
        count=np.concatenate(count),
        day=np.concatenate(day),
        last=max(last, after),
    )


def _runs(rows: Sequence[Any]) -> tuple[Objects, Objects, Ints, Ints]:
    """household, outcome, count, day of some runs; a text that comes again is held once."""
    names = ("household", "outcome", "count", "days")
    column = dict(zip(names, list(zip(*rows, strict=True)) or [()] * len(names), strict=True))
    known: dict[str, str] = {}
    household, outcome = (
        objects([known.setdefault(text, text) for text in column[name]])
        for name in ("household", "outcome")
    )
    count = np.array(column["count"], dtype=np.int32)
    return household, outcome, count, parse_days("".join(column["days"]).encode("ascii"))
