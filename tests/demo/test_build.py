from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import shapely

from gisgrid import demo
from gisgrid.access import CONSOLE, EVERYWHERE, ROLES
from gisgrid.errors import StoreExists, UnknownArea
from gisgrid.model import LAYERS
from gisgrid.operations import figures, importing
from gisgrid.operations.exporting import export
from gisgrid.operations.importing import ImportOptions
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store


@pytest.fixture(scope="module")
def store(demo_township_store):
    with Store.open(str(demo_township_store)) as opened:
        yield opened


@pytest.fixture(scope="module")
def workspace(demo_township_store):
    noon = datetime(2026, 11, 22, 4, tzinfo=UTC)
    with Workspace.open(Settings(store=str(demo_township_store)), lambda: noon) as opened:
        yield opened


def test_the_store_says_that_its_people_are_invented(store):
    assert store.programme().demo
    assert store.programme().name == "会宁县"


def test_there_is_one_person_for_each_role_and_nobody_has_a_password(store):
    people = store.people()
    roles = [p.role for p in people]
    assert {role.value for role in ROLES} == set(roles)
    assert roles.count("supervisor") == 2
    assert all(p.password_hash is None for p in people)
    member = next(p for p in people if p.role == "member")
    assert member.scope in set(store.grids(scope=EVERYWHERE)["code"])


def test_the_listed_households_are_the_published_number(workspace):
    total = figures.totals(workspace, CONSOLE)
    assert total["households"] == pytest.approx(3722, abs=3)  # a few move away or come later
    assert total["unlocated"] > 0
    assert total["unassigned"] > 0
    assert total["stacked"] > 0
    assert total["never"] > 0
    assert total["open_cases"] > total["overdue_cases"] > 0
    assert 0.75 < total["coverage"] < 0.95


def test_a_worst_village_stands_out(workspace):
    table = figures.coverage_table(workspace, CONSOLE, by="village")
    shares = table["coverage"][table["code"] != ""].dropna().sort_values()
    assert shares.iloc[0] < 0.6
    assert shares.iloc[2] > shares.iloc[0] + 0.15


def test_visits_are_of_fourteen_weeks_in_office_hours_and_end_before_today(store, today):
    visits = store.visits(scope=EVERYWHERE)
    local = pd.DatetimeIndex(visits["visited_at"]).tz_convert("Asia/Shanghai")
    assert local.hour.min() >= 8
    assert local.hour.max() <= 18
    days = pd.to_datetime(visits["visited_on"])
    assert days.max().date() < today
    assert 88 <= (days.max() - days.min()).days <= 98
    assert set(visits["outcome"]) == {"met", "no_one_home", "refused", "phone"}
    per_household = len(visits) / len(store.households(scope=EVERYWHERE))
    assert 9 < per_household < 13


def test_households_have_all_the_peculiarities_of_real_ones(store):
    homes = store.households(scope=EVERYWHERE)
    assert homes["id"].is_unique
    assert homes["name"].str.len().between(2, 3).all()
    nowhere = homes.geometry.isna()
    named = homes["grid_code"][nowhere]
    assert (named.str.len() == 15).any()  # a grid
    assert (named.str.len() == 12).any()  # only a village
    assert homes["grid_code"][~nowhere].isna().all()
    assert {3, 14} <= set(homes["visit_every_days"].dropna())
    assert homes["unlisted_on"].notna().any()
    located = homes[~nowhere]
    astray = located["placed_in"].isna()
    whole = shapely.union_all(store.grids(scope=EVERYWHERE).geometry)
    assert 1 <= astray.sum() < 10
    assert not shapely.intersects(whole, located.geometry[astray]).any()


def test_cases_are_of_many_kinds_some_without_household_or_place(store, today):
    cases = store.cases(scope=EVERYWHERE)
    assert len(set(cases["category"])) == 8
    assert (cases["opened_on"] <= today).all()
    closed = cases["closed_on"].dropna()
    assert (closed <= today).all()
    assert (closed >= cases["opened_on"][closed.index]).all()
    alone = cases["household_id"].isna()
    assert (alone & cases.geometry.notna()).any()
    assert (alone & cases.geometry.isna()).any()
    assert cases["due_on"].isna().any()


def test_every_layer_of_it_exported_and_imported_again_is_unchanged(workspace, tmp_path):
    for layer in LAYERS:
        wish = {"format": "gpkg" if layer == "grids" else "csv", "reason": "to compare"}
        if layer == "visits":  # of one village, for the time that it takes
            wish["area"] = "620422202201"
        path = export(workspace, CONSOLE, layer, tmp_path, **wish)
        report = importing.preview(workspace, CONSOLE, layer, path, ImportOptions())
        assert (report.refused, report.unchanged) == (0, report.rows_read), layer
        assert report.rows_read > 0


def test_nothing_has_happened_after_the_day_on_which_its_calendar_stands(store, workspace):
    day = workspace.today()
    cases, homes = store.cases(scope=EVERYWHERE), store.households(scope=EVERYWHERE)
    for happened in (cases["opened_on"], cases["closed_on"], homes["listed_on"]):
        assert happened.dropna().max() <= day
    assert homes["unlisted_on"].dropna().max() > day  # some are about to leave


def test_the_same_seed_and_day_give_the_same_rows(tmp_path, demo_township_store, today):
    again = tmp_path / "again.gpkg"
    demo.build(str(again), township="620422202000", today=today)
    with Store.open(str(again)) as one, Store.open(str(demo_township_store)) as other:
        for layer in ("households", "cases", "visits", "grids"):
            left, right = (getattr(s, layer)(scope=EVERYWHERE) for s in (one, other))
            pd.testing.assert_frame_equal(pd.DataFrame(left), pd.DataFrame(right))


def test_progress_ends_at_one(tmp_path, today):
    shares = []
    demo.build(
        str(tmp_path / "p.gpkg"),
        township="620422225",
        today=today,
        progress=lambda share, step: shares.append(share),
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_store_that_is_there_is_never_overwritten(demo_township_store, today):
    before = demo_township_store.read_bytes()
    with pytest.raises(StoreExists):
        demo.build(str(demo_township_store), township="620422202", today=today)
    assert demo_township_store.read_bytes() == before


def test_a_build_that_fails_leaves_nothing(tmp_path, today, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setitem(demo.build.__globals__, "_accounts", fail)  # the last step of all
    with pytest.raises(KeyboardInterrupt):
        demo.build(str(tmp_path / "half.gpkg"), township="620422225", today=today)
    with pytest.raises(UnknownArea):
        demo.build(str(tmp_path / "half.gpkg"), township="110000000", today=today)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("back", [3, 6])  # a Thursday and a Monday
def test_a_demo_built_within_the_week_is_mostly_visited_too(tmp_path, today, back):
    day = today - timedelta(days=back)
    path = tmp_path / "week.gpkg"
    demo.build(str(path), township="620422225", today=day)
    noon = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    with Workspace.open(Settings(store=str(path)), lambda: noon) as ws:
        assert 0.7 < figures.totals(ws, CONSOLE)["coverage"] < 0.97


def test_a_grid_far_up_may_have_its_own_interval(store):
    every = store.grids(scope=EVERYWHERE)["visit_every_days"].dropna()
    assert set(np.asarray(every)) <= {14}


def test_a_larger_demo_has_more_grids_not_larger_ones(tmp_path):
    path = str(tmp_path / "large.gpkg")
    counts = demo.build(path, township="620422202", households=283_890, today=date(2026, 11, 22))
    assert 7_444 <= counts["households"] <= 7_500  # twice 3,722, and some that moved away
    assert 70 <= counts["households"] / counts["grids"] <= 90
