from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.columns import date_of
from gisgrid.errors import FrameError
from gisgrid.snapshot import ReadModel, Snapshot

if TYPE_CHECKING:
    from types import ModuleType

D = date(2026, 11, 22)


def last_visit_of(snapshot: Snapshot, household: str, day: date = D) -> date | None:
    (row,) = snapshot.ids.get_indexer([household])
    return date_of(snapshot.state(day).last[row])


def test_an_unchanged_store_is_not_read_again(county: Any) -> None:
    model = ReadModel(county)
    first = model.current()
    county.loads.clear()
    assert model.current() is first
    assert county.loads == []


def test_new_visits_are_added_without_reading_anything_else(
    county: Any, oracle: ModuleType
) -> None:
    model = ReadModel(county)
    before = model.current()
    before.placement(before.plan_on(D))
    county.loads.clear()
    county.seen.append(oracle.Visit("in b", D, "met"))
    county.change("visits")
    after = model.current()
    assert county.loads == ["visits after 1"]
    assert last_visit_of(after, "in b") == D
    assert last_visit_of(before, "in b") is None
    assert last_visit_of(after, "in a") == date(2026, 11, 20)
    assert after.placement(after.plan_on(D)) is before.placement(before.plan_on(D))


def test_days_before_a_new_visit_keep_what_was_worked_out(county: Any, oracle: ModuleType) -> None:
    model = ReadModel(county)
    before = model.current()
    yesterday = D - timedelta(days=1)
    kept, renewed = before.state(yesterday), before.state(D)
    tally = before.tally(yesterday)
    county.seen.append(oracle.Visit("in b", D, "met"))
    county.change("visits")
    after = model.current()
    assert after.state(yesterday) is kept
    assert after.tally(yesterday) is tally
    assert after.state(D) is not renewed


def test_changed_cases_leave_the_households_as_they_are(county: Any, oracle: ModuleType) -> None:
    model = ReadModel(county)
    state = model.current().state(D)
    county.loads.clear()
    county.cases.append(oracle.Case("6", D))
    county.change("cases")
    after = model.current()
    assert county.loads == ["cases"]
    assert after.state(D) is state
    assert after.case_tally(D).sum(axis=0)[0] == 6


def test_households_that_move_keep_their_visits(county: Any, oracle: ModuleType) -> None:
    model = ReadModel(county)
    model.current()
    county.loads.clear()
    county.homes = [
        replace(h, point=(1.9, 1.9)) if h.id == "in a" else h for h in reversed(county.homes)
    ]
    county.homes.append(oracle.Home("new", D))
    county.seen.append(oracle.Visit("new", D, "met"))
    county.change("households", "visits")
    after = model.current()
    assert "visits after 1" in county.loads
    assert "plans" not in county.loads
    assert last_visit_of(after, "in a") == date(2026, 11, 20)
    assert last_visit_of(after, "new") == D
    assert last_visit_of(after, "in b") is None


def test_a_new_plan_places_everything_anew(county: Any, oracle: ModuleType) -> None:
    model = ReadModel(county)
    before = model.current()
    before.tally(D)
    county.plans = [(None, None, [oracle.Square("q", 0, 0, 9, 9, "V")])]
    county.change("plan")
    after = model.current()
    plan = after.plan_on(D)
    assert plan.code.tolist() == ["q"]
    assert after.tally(D)[0, 0] == 7
    assert last_visit_of(after, "in a") == date(2026, 11, 20)


def test_new_rules_change_the_figures(county: Any) -> None:
    model = ReadModel(county)
    assert model.current().tally(D)[:, 5].sum() == 9
    county.rules = replace(county.rules, visit_every_days=1000)
    county.change("programme")
    assert model.current().tally(D)[:, 5].sum() == 2  # grid b has an interval of its own


def test_the_version_changes_with_every_change_and_only_then(county: Any) -> None:
    model = ReadModel(county)
    versions = [model.current().version]
    assert model.current().version == versions[0]
    for name in ("areas", "plan", "households", "visits", "cases", "programme"):
        county.change(name)
        versions.append(model.current().version)
    assert len(set(versions)) == 7
    assert all(version.startswith("abc-") for version in versions)


def test_a_visit_that_comes_with_its_household_while_reading_is_not_lost(
    county: Any, oracle: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = county.household_columns

    def and_then_somebody_writes(*, scope: Any) -> Any:
        columns = read(scope=scope)
        if len(county.homes) == 10:
            county.homes.append(oracle.Home("late", D))
            county.seen.append(oracle.Visit("late", D, "met"))
            county.change("households", "visits")
        return columns

    monkeypatch.setattr(county, "household_columns", and_then_somebody_writes)
    assert last_visit_of(ReadModel(county).current(), "late") == D


def test_a_visit_for_a_household_that_is_not_there_is_told(county: Any, oracle: ModuleType) -> None:
    county.seen.append(oracle.Visit("nobody", D, "met"))
    with pytest.raises(FrameError, match="household that the store lacks"):
        ReadModel(county).current()


def test_threads_see_one_snapshot_and_it_is_read_once(county: Any) -> None:
    model = ReadModel(county)
    start = threading.Barrier(8)

    def ask(_: int) -> Snapshot:
        start.wait()
        return model.current()

    with ThreadPoolExecutor(8) as pool:
        found = set(map(id, pool.map(ask, range(8))))
    assert len(found) == 1
    assert county.loads.count("households") == 1


def test_threads_work_out_the_same_figures_at_once(county: Any) -> None:
    snapshot = ReadModel(county).current()
    days = [D - timedelta(days=n % 40) for n in range(400)]
    with ThreadPoolExecutor(8) as pool:
        sums = list(pool.map(lambda day: snapshot.tally(day)[:, 0].sum(), days))
    assert set(sums) == {10}
