"""Reports from the field are kept once, whoever they belong to by now, on both databases."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import box
from sqlalchemy import func, select

from gisgrid.access import EVERYWHERE, Scope
from gisgrid.columns import day_number
from gisgrid.coverage.daybits import last_day
from gisgrid.model import TAKEN_BACK, CaseStatus, Outcome
from gisgrid.snapshot import ReadModel
from gisgrid.store import (
    ACCEPTED,
    DIFFERS,
    NEEDS_DECISION,
    SET_ASIDE,
    CaseChange,
    CaseReport,
    Kept,
    Reporter,
    Store,
    VisitReport,
)
from gisgrid.store.schema import visits

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
ONE, TWO = Scope("g1"), Scope("g2")
BY = Reporter(7, "Li", "g1", NOW)


def key() -> str:
    return str(uuid.uuid4())


def visit(household: str = "h1", outcome: str = "met", **more: Any) -> VisitReport:
    values: dict[str, Any] = {
        "client_id": key(),
        "household_id": household,
        "visited_at": NOW - timedelta(hours=1),
        "visited_on": date(2026, 11, 20),
        "outcome": outcome,
    }
    return VisitReport(**(values | more))


def kept(store: Store, *reports: VisitReport, scope: Scope = ONE, by: Reporter = BY) -> list[Kept]:
    with store.write() as w:
        return w.record_visits(reports, by, scope)


def rows(store: Store, household: str = "h1") -> list[Any]:
    with store.reading(EVERYWHERE) as connection:
        wanted = visits.c.household_id == household
        return list(connection.execute(select(visits).where(wanted).order_by(visits.c.fid)))


def count(store: Store) -> int:
    with store.reading(EVERYWHERE) as connection:
        return connection.execute(select(func.count()).select_from(visits)).scalar_one()


def pending(store: Store, scope: Scope, **more: Any) -> list[Any]:
    asked = {"person": None, "reporters": False} | more
    return store.pending(scope=scope, **asked)


def test_a_visit_keeps_the_clock_of_the_device_that_of_the_server_and_its_zone(
    county: Store,
) -> None:
    report = visit(zone="Asia/Urumqi", note="ok")
    (answer,) = kept(county, report)
    assert (answer.state, answer.repeat, answer.id) == (ACCEPTED, False, report.client_id)
    row = rows(county)[-1]
    assert (row.visited_at, row.received_at) == (NOW - timedelta(hours=1), NOW)
    assert (row.zone, row.visited_on, row.member) == ("Asia/Urumqi", date(2026, 11, 20), "Li")


def test_a_repeat_is_answered_as_the_first_time_and_recorded_once(county: Store) -> None:
    report, before = visit(), count(county)
    first = kept(county, report, report)
    again = kept(county, report)
    assert [a.id for a in first] == [report.client_id] * 2
    assert [a.repeat for a in (*first, *again)] == [False, True, True]
    assert count(county) == before + 1


def test_another_record_under_a_used_id_is_not_taken_for_a_repeat(county: Store) -> None:
    report = visit()
    kept(county, report)
    (answer,) = kept(county, visit(outcome="refused", client_id=report.client_id))
    assert answer.state == DIFFERS
    assert len(rows(county)) == 2  # the one of the small county, and the first


def test_of_many_deliveries_at_once_one_is_recorded(county: Store) -> None:
    reports = [visit() for _ in range(5)]
    before, answers, faults = count(county), [], []

    def deliver() -> None:
        try:
            answers.extend(kept(county, *reports))
        except Exception as err:  # noqa: BLE001 - shown below
            faults.append(err)

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert count(county) == before + 5
    assert {a.state for a in answers} == {ACCEPTED}
    assert sum(not a.repeat for a in answers) == 5


@pytest.mark.parametrize("household", ["h2", "nobody knows it"])
def test_a_foreign_and_an_unknown_household_get_the_same_answer_and_both_are_kept(
    county: Store, household: str
) -> None:
    report, before = visit(household), count(county)
    (answer,) = kept(county, report)
    assert answer == Kept(report.client_id, report.client_id, NEEDS_DECISION)
    assert kept(county, report)[0].state == NEEDS_DECISION
    assert count(county) == before
    mine = pending(county, ONE, person=7)
    assert [(p.household_id, p.seen) for p in mine] == [(household, False)]
    assert mine[0].payload["outcome"] == "met"


def test_a_report_is_seen_by_who_sent_it_who_serves_the_household_and_the_supervisors_of_both(
    county: Store,
) -> None:
    kept(county, visit("h3"))
    assert len(pending(county, ONE, person=7)) == 1  # who sent it
    assert len(pending(county, Scope("12"))) == 1  # who serves the household
    assert len(pending(county, Scope("11"), reporters=True)) == 1  # who looks after the sender
    assert pending(county, Scope("11")) == []
    assert pending(county, TWO, person=8) == []


def test_a_decision_is_made_once_and_what_was_set_aside_may_still_be_accepted(
    county: Store,
) -> None:
    report = visit("h2")
    kept(county, report)
    with county.write() as w:
        assert w.decide(report.client_id, SET_ASIDE, NOW, "Wang", "not that day")
        assert not w.decide(report.client_id, SET_ASIDE, NOW, "Li", "me too")
        assert w.decide(report.client_id, ACCEPTED, NOW, "Wang", None)
        assert not w.decide(report.client_id, ACCEPTED, NOW, "Li", None)
    assert pending(county, TWO) == []
    assert [p.state for p in pending(county, TWO, waiting=False)] == [ACCEPTED]


def test_a_change_of_a_case_is_seen_where_the_case_lies(county: Store) -> None:
    """Not by whoever serves the household: the case has a point of its own, in another grid."""
    frame = gpd.GeoDataFrame(
        {
            "id": ["c9"],
            "household_id": ["h1"],
            "category": ["water"],
            "opened_on": [date(2026, 11, 1)],
        },
        geometry=[county.households(scope=EVERYWHERE, ids=["h2"]).geometry.iloc[0]],
        crs=4326,
    )
    with county.write() as w:
        w.put_cases(frame)
        change = CaseChange(key(), "c9", "closed", NOW, date(2026, 11, 20), None, {})
        assert w.change_case(change, BY, Scope("g3")).state == NEEDS_DECISION
    assert [p.client_id for p in pending(county, TWO)] == [change.client_id]
    assert pending(county, ONE) == []


def test_figures_follow_new_visits_and_forget_what_was_corrected(county: Store) -> None:
    model, day = ReadModel(county), date(2026, 11, 20)

    def last(household: str) -> int:
        now = model.current()
        return int(now.state(day).last[now.ids.get_indexer([household])[0]])

    wrong, other = visit(), visit("lost", visited_on=date(2026, 11, 19))
    before = last("h1")
    kept(county, wrong, other)
    assert last("h1") == day_number(day)
    kept(county, visit(outcome="no_one_home", corrects=wrong.client_id))
    assert last("h1") == before
    assert last("lost") == day_number(date(2026, 11, 19))
    # Loaded anew it says the same.
    model = ReadModel(county)
    assert last("h1") == before
    # A visit of the same day stands though another one was taken back.
    twice = [visit(), visit()]
    kept(county, *twice)
    kept(county, visit(outcome="refused", corrects=twice[0].client_id))
    assert last("h1") == day_number(day)


def test_a_visit_that_never_took_place_is_taken_back_and_leaves_no_attempt(county: Store) -> None:
    model, day = ReadModel(county), date(2026, 11, 20)

    def told() -> tuple[list[int], list[tuple[date, str]]]:
        now = model.current()
        i = int(now.ids.get_indexer(["h1"])[0])
        tables = [getattr(now.visits, outcome) for outcome in Outcome]
        tried = [int(last_day(day_number(day), table)[i]) for table in tables]
        seen = county.recent_visits(scope=EVERYWHERE, household_ids=["h1"], since=day)
        return tried, seen.get("h1", [])

    before = told()
    wrong = visit()
    kept(county, wrong)
    assert told() != before
    nothing = visit(outcome="no_one_home", flags=TAKEN_BACK, corrects=wrong.client_id)
    assert [k.state for k in kept(county, nothing)] == [ACCEPTED]
    assert told() == before
    model = ReadModel(county)  # loaded anew it says the same
    assert told() == before
    # Sent again it is the same; that nobody was home is something else.
    assert kept(county, nothing)[0].repeat
    assert kept(county, replace(nothing, flags=None))[0].state == DIFFERS
    # An attempt of that day stands beside it.
    kept(county, visit(outcome="no_one_home"))
    assert told()[1] == [(day, "no_one_home")]


def test_a_visit_moved_to_a_household_of_others_is_taken_back_at_once_and_waits_there(
    county: Store,
) -> None:
    wrong = visit()
    kept(county, wrong)
    right = visit("h2", corrects=wrong.client_id)
    assert [k.state for k in kept(county, right, right)] == [NEEDS_DECISION] * 2
    assert kept(county, right)[0].repeat
    day = date(2026, 11, 20)
    seen = {"scope": EVERYWHERE, "household_ids": ["h1", "h2"], "since": day}
    assert county.recent_visits(**seen) == {}
    (answer,) = rows(county, "h1")[-1:]
    assert (answer.flags, answer.corrects, answer.note) == (TAKEN_BACK, wrong.client_id, None)
    with county.write() as w:
        w.add_visits([replace(right, corrects=None)], BY)
    assert county.recent_visits(**seen) == {"h2": [(day, "met")]}


def test_only_who_sees_a_visit_may_put_it_right(county: Store) -> None:
    report = visit("h2")
    kept(county, report, scope=TWO)
    (answer,) = kept(county, visit("h1", corrects=report.client_id))
    assert answer.state == NEEDS_DECISION


def opening(household: str = "h1", **more: Any) -> CaseReport:
    values = {"category": "water", "title": "leak", "due_on": date(2026, 11, 5), "note": None}
    on = date(2026, 11, 1)
    at = datetime(2026, 11, 1, 2, tzinfo=UTC)
    return CaseReport(key(), household, at, on, None, values | more)


def change(case: str, kind: str, day: int, **values: Any) -> CaseChange:
    at = datetime(2026, 11, day, 2, tzinfo=UTC)
    return CaseChange(key(), case, kind, at, date(2026, 11, day), None, values)


def test_every_day_of_a_case_is_as_it_was_on_that_day(county: Store) -> None:
    report = opening()
    steps = [
        change(report.client_id, "updated", 8, due_on=date(2026, 11, 12), category="road"),
        change(report.client_id, "closed", 10, note="done"),
        change(report.client_id, "reopened", 15),
    ]
    with county.write() as w:
        w.open_case(report, BY, ONE)
        for step in steps:
            assert w.change_case(step, BY, ONE).state == ACCEPTED

    def on(day: int) -> list[tuple[str, str]]:
        now = ReadModel(county).current()
        which = np.flatnonzero(now.cases.id == report.client_id)
        state = now.case_state(date(2026, 11, day))
        told = [(CaseStatus(int(state.status[i])).name, int(now.cases.category[i])) for i in which]
        return [(s, now.cases.categories[c]) for s, c in told if s != "ABSENT"]

    assert on(1) == [("OPEN", "water")]
    assert on(7) == [("OVERDUE", "water")]
    assert on(8) == [("OPEN", "road")]
    assert on(10) == on(14) == [("CLOSED", "road")]
    assert on(15) == [("OVERDUE", "road")]
    history = county.case_steps(scope=ONE, case_ids=[report.client_id])
    assert [s.kind for s in history] == ["opened", "updated", "closed", "reopened"]
    assert history[1].changes["due_on"] == ("2026-11-05", "2026-11-12")
    assert county.case_steps(scope=TWO, case_ids=[report.client_id]) == []
    row = county.cases(scope=EVERYWHERE, ids=[report.client_id]).iloc[0]
    assert (row.closed_on, row.category, row.note) == (None, "road", "done")


def test_cases_and_their_changes_are_recorded_once(county: Store) -> None:
    report = opening()
    step = change(report.client_id, "closed", 10, note="done")
    with county.write() as w:
        told = [w.open_case(report, BY, ONE) for _ in range(2)]
        told += [w.change_case(step, BY, ONE) for _ in range(2)]
        other = w.change_case(change(report.client_id, "updated", 11, note="more"), BY, ONE)
        late = w.change_case(step, BY, ONE)
    assert [t.repeat for t in told] == [False, True, False, True]
    assert (other.repeat, late.repeat, late.state) == (False, True, ACCEPTED)
    assert len(county.case_steps(scope=ONE, case_ids=[report.client_id])) == 3


def test_another_kind_of_change_under_a_used_id_is_not_taken_for_a_repeat(county: Store) -> None:
    report, foreign = opening(), opening("h2")
    for scope, case in ((ONE, report), (TWO, foreign)):
        with county.write() as w:
            w.open_case(case, BY, scope)
    # One that is taken, and one that waits.
    for case, state in ((report, ACCEPTED), (foreign, NEEDS_DECISION)):
        step = change(case.client_id, "closed", 10)
        with county.write() as w:
            assert w.change_case(step, BY, ONE).state == state
            assert w.change_case(step, BY, ONE).repeat
            for kind in ("reopened", "updated"):
                assert w.change_case(replace(step, kind=kind), BY, ONE).state == DIFFERS


def test_a_repeat_of_what_was_accepted_for_another_household_is_known(county: Store) -> None:
    report, case, by = visit("h33", note="fine"), opening("h33"), "Wang"
    with county.write() as w:
        w.record_visits([report], BY, ONE)
        w.open_case(case, BY, ONE)
        for one in (report, case):
            w.decide(one.client_id, ACCEPTED, NOW, by, None)
        w.add_visits([replace(report, household_id="h1")], BY)
        w.add_case(replace(case, household_id="h1"), BY)
        for one in (report, case):
            w.found_home(one.client_id, "h1")
    (again,) = kept(county, report)
    assert (again.state, again.repeat) == (ACCEPTED, True)
    assert kept(county, replace(report, note="other"))[0].state == DIFFERS
    with county.write() as w:
        assert w.open_case(case, BY, ONE).repeat


def test_a_case_of_a_foreign_household_waits_and_its_changes_with_it(county: Store) -> None:
    report = opening("h2")
    step = change(report.client_id, "closed", 10)
    with county.write() as w:
        assert w.open_case(report, BY, ONE).state == NEEDS_DECISION
        assert w.change_case(step, BY, ONE).state == NEEDS_DECISION
        assert w.change_case(step, BY, ONE).repeat
    assert [p.kind for p in pending(county, ONE, person=7)] == ["case_change", "case"]
    assert [p.kind for p in pending(county, TWO)] == ["case"]  # the change is of no case yet


def test_a_redraw_moves_what_comes_afterwards_and_nothing_that_came_before(
    county: Store, town: Any
) -> None:
    before = visit("h1")
    kept(county, before)
    frame: gpd.GeoDataFrame = town.grids()
    frame.geometry = [box(100, 30, 100.2, 31), box(100.2, 30, 102, 31), box(102, 30, 103, 31)]
    with county.write() as w:
        w.put_grids(frame)
    after = visit("h1")
    assert [k.state for k in kept(county, after)] == [NEEDS_DECISION]
    assert kept(county, before)[0].state == ACCEPTED
    assert [p.client_id for p in pending(county, TWO)] == [after.client_id]
    assert [p.client_id for p in pending(county, ONE, person=7)] == [after.client_id]
