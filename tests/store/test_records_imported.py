"""An id that a file brought, or a record of something else bears, holds up its own record only."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from gisgrid.access import Scope
from gisgrid.store import (
    ACCEPTED,
    DIFFERS,
    NEEDS_DECISION,
    CaseReport,
    Kept,
    Reporter,
    VisitReport,
)
from gisgrid.store.records import taking_back_id

if TYPE_CHECKING:
    from gisgrid.store import Store

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
ONE = Scope("g1")
BY = Reporter(7, "Li", "g1", NOW)


def visit(household: str = "h1", **more: Any) -> VisitReport:
    at = NOW - timedelta(hours=1)
    report = VisitReport(str(uuid.uuid4()), household, at, date(2026, 11, 20), "met")
    return replace(report, **more)


def opening(household: str = "h1", **more: Any) -> CaseReport:
    values = {"category": "water", "title": "leak", "due_on": date(2026, 11, 25), "note": None}
    on = date(2026, 11, 20)
    return CaseReport(str(uuid.uuid4()), household, NOW, on, None, values | more)


def kept(store: Store, *reports: VisitReport) -> list[Kept]:
    with store.write() as w:
        return w.record_visits(reports, BY, ONE)


@pytest.fixture
def imported(county: Store) -> tuple[VisitReport, CaseReport]:
    """A visit and a case that a file brought under the ids that a device gave them."""
    seen, case = visit(), opening()
    row = {
        "id": seen.client_id,
        "household_id": "h1",
        "visited_at": seen.visited_at,
        "visited_on": seen.visited_on,
        "outcome": "met",
    }
    opened = {"id": case.client_id, "household_id": "h1", "opened_on": case.opened_on}
    with county.write() as w:
        w.put_visits(pd.DataFrame([row]))
        w.put_cases(pd.DataFrame([opened | case.values]))
    return seen, case


def test_a_visit_under_the_id_of_an_imported_one_holds_up_no_other(
    county: Store, imported: tuple[VisitReport, CaseReport]
) -> None:
    seen, _ = imported
    other, another = replace(seen, outcome="refused"), visit()
    told = kept(county, other, another, seen)
    assert [(k.state, k.repeat) for k in told] == [
        (DIFFERS, False),
        (ACCEPTED, False),
        (ACCEPTED, True),  # what the file holds is what the device says
    ]
    assert told[2].id == seen.client_id


def test_a_case_under_the_id_of_an_imported_one_holds_up_no_other(
    county: Store, imported: tuple[VisitReport, CaseReport]
) -> None:
    _, case = imported
    other = replace(case, values=case.values | {"title": "pump"})
    with county.write() as w:
        told = [w.open_case(report, BY, ONE) for report in (other, opening(), case)]
    states = [(k.state, k.repeat) for k in told]
    assert states == [(DIFFERS, False), (ACCEPTED, False), (ACCEPTED, True)]


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("first", ["h1", "h2"])
def test_the_id_of_the_row_that_takes_back_may_be_taken(
    county: Store, *, at_once: bool, first: str
) -> None:
    wrong = visit()
    kept(county, wrong)
    right = visit("h2", corrects=wrong.client_id)
    squatter = visit(first, client_id=taking_back_id(right.client_id))
    if at_once:
        (one, two, three) = kept(county, squatter, right, visit())
    else:
        (one,), (two, three) = kept(county, squatter), kept(county, right, visit())
    assert one.state == (ACCEPTED if first == "h1" else NEEDS_DECISION)
    assert (two.state, three.state) == (DIFFERS, ACCEPTED)


def test_the_row_that_takes_back_keeps_its_id_from_the_rest_of_the_batch(county: Store) -> None:
    wrong = visit()
    kept(county, wrong)
    right = visit("h2", corrects=wrong.client_id)
    squatter = visit(client_id=taking_back_id(right.client_id))
    told = kept(county, right, squatter, visit())
    assert [k.state for k in told] == [NEEDS_DECISION, DIFFERS, ACCEPTED]
