from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gisgrid.access import CONSOLE, Actor, Role, Scope
from gisgrid.errors import NotAllowed, UnknownArea, UnknownWord
from gisgrid.model import BY, CASE_COLUMNS, COVERAGE_COLUMNS, UNASSIGNED, Programme
from gisgrid.operations import figures
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in Shanghai
REDRAWN = date(2026, 11, 1)
LAST_ROWS = ("", UNASSIGNED)


def supervisor(scope: str) -> Actor:
    return Actor("ann", Role.SUPERVISOR, Scope(scope))


def grid_layer(columns: int, villages: dict[int, str]) -> gpd.GeoDataFrame:
    """Cells of a square of 4 by 4 degrees, `columns` a side; those of a column share a village."""
    size = 4 / columns
    rows = [
        (f"g{x}{y}", f"Grid {x}-{y}", villages.get(x), x % 2 * 10 or None, x, y)
        for x in range(columns)
        for y in range(columns)
    ]
    frame = pd.DataFrame(
        [row[:4] for row in rows], columns=["code", "name", "area_code", "visit_every_days"]
    )
    frame["visit_every_days"] = frame["visit_every_days"].astype("Int64")
    cells = [
        shapely.box(r[4] * size, r[5] * size, (r[4] + 1) * size, (r[5] + 1) * size) for r in rows
    ]
    return gpd.GeoDataFrame(frame, geometry=cells, crs="EPSG:4326")


def some_households(rng: random.Random, count: int) -> gpd.GeoDataFrame:
    """Most inside, some outside every grid, unlocated, on one point, or on an edge."""
    points, names = [], []
    for i in range(count):
        kind = rng.random()
        named = rng.choice(["g00", "V2", "T1", "K", "gone", None]) if kind < 0.1 else None
        names.append(named)
        if kind < 0.1:
            points.append(None)
        elif kind < 0.2:
            points.append(shapely.Point(rng.randint(0, 4), rng.randint(0, 4)))
        elif kind < 0.25:
            points.append(shapely.Point(9 + i % 3, 9))
        else:
            points.append(shapely.Point(rng.uniform(0, 4), rng.uniform(0, 4)))
    days = [TODAY - timedelta(days=rng.randint(-3, 120)) for _ in range(count)]
    frame = pd.DataFrame(
        {
            "id": [f"H{i:04}" for i in range(count)],
            "name": ["Name"] * count,
            "visit_every_days": pd.array([rng.choice([None, None, 3, 30]) for _ in days], "Int64"),
            "listed_on": days,
            "unlisted_on": [rng.choice([None] * 9 + [d + timedelta(days=60)]) for d in days],
            "grid_code": names,
        }
    )
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(points, crs="EPSG:4326"))


def some_visits(rng: random.Random, ids: list[str]) -> pd.DataFrame:
    rows = [
        (home, NOON - timedelta(days=rng.randint(0, 90)), outcome)
        for home in ids
        for outcome in rng.choices(["met", "met", "no_one_home", "refused", "phone"], k=4)
        if rng.random() < 0.8
    ]
    frame = pd.DataFrame(rows, columns=["household_id", "visited_at", "outcome"])
    return frame.assign(id=[f"V{i}" for i in range(len(frame))]).drop_duplicates("id")


def some_cases(rng: random.Random, ids: list[str]) -> gpd.GeoDataFrame:
    rows, points = [], []
    for i in range(60):
        opened = TODAY - timedelta(days=rng.randint(-2, 90))
        due = rng.choice([None, opened + timedelta(days=rng.randint(1, 40))])
        closed = rng.choice([None, None, opened + timedelta(days=rng.randint(1, 40))])
        home = rng.choice([None, *rng.sample(ids, 2)])
        rows.append(
            (f"C{i:03}", home, rng.choice(["Pension", "Repair", None]), opened, due, closed)
        )
        inside = shapely.Point(rng.uniform(-1, 5), rng.uniform(0, 4))
        points.append(rng.choice([None, inside]))
    columns = ["id", "household_id", "category", "opened_on", "due_on", "closed_on"]
    frame = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(points, crs="EPSG:4326"))


@pytest.fixture(scope="module")
def ws(module_store_url: str) -> Iterator[Workspace]:
    """A county K of two townships and three villages; redrawn on 1 November 2026."""
    url = module_store_url
    rng = random.Random(20261122)  # noqa: S311 - made-up people, no secret
    areas = pd.DataFrame(
        [
            ("K", "Kings County", "county", None),
            ("T1", "Town One", "township", "K"),
            ("T2", "Town Two", "township", "K"),
            ("V1", "Vale", "village", "T1"),
            ("V2", "Hill", "village", "T1"),
            ("V3", "Ford", "village", "T2"),
        ],
        columns=["code", "name", "level", "parent_code"],
    )
    homes = some_households(rng, 300)
    with Store.create(url, Programme(name="Kings"), clock=lambda: NOON) as store:
        with store.write() as w:
            w.put_areas(areas)
            w.put_grids(grid_layer(4, {0: "V1", 1: "V2", 2: "V3"}), valid_from=None)
        with store.write() as w:
            w.put_households(homes)
            w.put_visits(some_visits(rng, list(homes["id"])))
            w.put_cases(some_cases(rng, list(homes["id"])))
        with store.write() as w:
            w.put_grids(grid_layer(5, {0: "V1", 1: "V1", 2: "V2", 3: "T2"}), valid_from=REDRAWN)
    with Workspace.open(Settings(store=url), clock=lambda: NOON) as workspace:
        yield workspace


DAYS = [TODAY - timedelta(days=n) for n in (0, 1, 2, 7, 20, 21, 22, 40, 80)]
PLACES = [
    ("*", None),
    ("*", "K"),
    ("*", "T1"),
    ("K", "V1"),
    ("T1", None),
    ("T2", None),
    ("V1", "g00"),
    ("gone", None),
]
LEVEL = {"K": "county", "T1": "township", "T2": "township", "V1": "village", "g00": "grid"}


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize(("scope", "area"), PLACES)
@pytest.mark.parametrize("restate", [False, True])
def test_every_way_to_a_figure_gives_the_same(
    ws: Workspace, day: date, scope: str, area: str | None, restate: bool
) -> None:
    who, asked = supervisor(scope), {"as_of": day, "area": area, "restate": restate}
    total = figures.totals(ws, who, **asked)
    level = LEVEL.get(area or scope, "county")
    for by in BY[: BY.index(level) + 1]:
        table = figures.coverage_table(ws, who, by=by, **asked)
        counted = table.drop(columns=["code", "name", "coverage"]).sum()
        assert {name: total[name] for name in counted.index} == counted.to_dict()
        cases = figures.case_table(ws, who, by=by, **asked)
        assert (cases["open"].sum(), cases["overdue"].sum()) == (
            total["open_cases"],
            total["overdue_cases"],
        )
    page = figures.overview(ws, who, **asked)
    assert page["totals"] == total
    assert page["trend"][-1] == {"as_of": day.isoformat()} | {
        name: total[name] for name in ("coverage", "gap", "households")
    }
    parts = [*page["rows"], page["rest"]]
    for name in ("households", "on_time", "due_soon", "overdue", "never", "gap", "unlocated"):
        grid_only = page["child_level"] == "household"
        assert grid_only or sum(part[name] for part in parts) == total[name]
    for status in (
        "on_time",
        "due_soon",
        "overdue",
        "never",
        "gap",
        "unlocated",
        "unassigned",
        "stacked",
    ):
        rows, count = figures.household_list(ws, who, status=status, limit=None, **asked)
        assert count == len(rows) == total[status]
    assert figures.household_list(ws, who, **asked)[1] == total["households"]
    assert figures.gap_list(ws, who, **asked)[1] == total["gap"]
    assert figures.case_list(ws, who, **asked)[1] == total["open_cases"]
    assert figures.case_list(ws, who, status="overdue", **asked)[1] == total["overdue_cases"]


def test_the_columns_are_the_stable_ones_and_the_last_row_is_the_unassigned(ws: Workspace) -> None:
    for by in BY:
        table = figures.coverage_table(ws, CONSOLE, by=by)
        assert tuple(table.columns) == COVERAGE_COLUMNS
        assert tuple(table.iloc[-1][["code", "name"]]) == LAST_ROWS
        assert table["code"][:-1].is_monotonic_increasing
        assert set(table.dtypes[2:].astype(str)) == {"int64", "float64"}
        cases = figures.case_table(ws, CONSOLE, by=by)
        assert tuple(cases.columns) == CASE_COLUMNS
        assert tuple(cases.iloc[-1][["code", "name"]]) == LAST_ROWS


def test_coverage_is_worked_out_from_sums(ws: Workspace) -> None:
    table = figures.coverage_table(ws, CONSOLE, by="township")
    share = (table["households"] - table["gap"]) / table["households"]
    pd.testing.assert_series_equal(table["coverage"], share, check_names=False)
    long_ago = figures.coverage_table(ws, CONSOLE, as_of=date(2000, 1, 1), by="township")
    assert long_ago["coverage"].isna().all()
    assert figures.totals(ws, CONSOLE, as_of=date(2000, 1, 1))["coverage"] is None


def test_a_past_day_uses_the_grids_of_that_day_unless_it_is_restated(ws: Workspace) -> None:
    before = REDRAWN - timedelta(days=1)
    assert len(figures.coverage_table(ws, CONSOLE, as_of=REDRAWN)) == 26
    assert len(figures.coverage_table(ws, CONSOLE, as_of=before)) == 17
    assert len(figures.coverage_table(ws, CONSOLE, as_of=before, restate=True)) == 26
    with pytest.raises(UnknownArea):
        figures.totals(ws, CONSOLE, as_of=before, area="g44")
    weeks = figures.trend(ws, CONSOLE, area="g44")
    assert [w["coverage"] is None for w in weeks] == [True] * 8 + [False] * 4


@pytest.mark.parametrize(
    ("scope", "area", "by", "known"),
    [
        ("*", "V1", "township", "grid, village"),
        ("V1", None, "county", "grid, village"),
        ("*", "g00", "village", "grid"),
        ("*", None, "street", "grid, village, township, county"),
    ],
)
def test_a_level_above_the_area_is_refused(
    ws: Workspace, scope: str, area: str | None, by: str, known: str
) -> None:
    with pytest.raises(UnknownWord, match=f"use one of: {known}"):
        figures.coverage_table(ws, supervisor(scope), area=area, by=by)


@pytest.mark.parametrize(
    ("scope", "area"), [("*", "nowhere"), ("T1", "T2"), ("T1", "K"), ("V1", "V2"), ("gone", "K")]
)
def test_what_lies_outside_the_scope_does_not_exist(ws: Workspace, scope: str, area: str) -> None:
    asks = (
        figures.coverage_table, figures.case_table, figures.totals, figures.overview, figures.trend,
        figures.gap_list, figures.case_list, figures.household_list,
    )  # fmt: skip
    for ask in asks:
        with pytest.raises(UnknownArea, match=f"no area or grid “{area}”"):
            ask(ws, supervisor(scope), area=area)


def test_each_role_sees_what_it_may(ws: Workspace) -> None:
    admin = Actor("root", Role.ADMIN, Scope("*"))
    for ask in (getattr(figures, name) for name in figures.__all__):
        with pytest.raises(NotAllowed):
            ask(ws, admin)


def test_the_overview_leads_from_the_county_to_the_household(ws: Workspace) -> None:
    pages = {area: figures.overview(ws, CONSOLE, area=area) for area in (None, "T1", "V1", "g00")}
    top = {"code": "", "name": "Kings County", "level": "county"}
    assert pages[None]["area"] == top
    assert [p["child_level"] for p in pages.values()] == [
        "township",
        "village",
        "grid",
        "household",
    ]
    assert [row["code"] for row in pages[None]["rows"]] == ["T1", "T2"]
    assert [row["code"] for row in pages["T1"]["rows"]] == ["V1", "V2"]
    assert len(pages["V1"]["rows"]) == 10
    assert pages["g00"]["rows"] == []
    assert pages["g00"]["path"] == [
        top,
        {"code": "T1", "name": "Town One", "level": "township"},
        {"code": "V1", "name": "Vale", "level": "village"},
        {"code": "g00", "name": "Grid 0-0", "level": "grid"},
    ]
    assert np.allclose(pages["V1"]["bounds"], [0, 0, 1.6, 4])
    assert np.allclose(pages["g00"]["bounds"], [0, 0, 0.8, 0.8])
    assert pages[None]["rows"][0]["bounds"] == pages["T1"]["bounds"]


def test_a_scoped_page_begins_at_the_scope(ws: Workspace) -> None:
    page = figures.overview(ws, supervisor("T1"))
    assert page["path"] == [{"code": "T1", "name": "Town One", "level": "township"}]
    nothing = figures.overview(ws, supervisor("gone"))
    assert (nothing["rows"], nothing["bounds"]) == ([], None)
    assert nothing["totals"]["households"] == nothing["totals"]["unassigned"] == 0


def test_gaps_come_longest_wait_first_and_page_by_page(ws: Workspace) -> None:
    whole, total = figures.gap_list(ws, CONSOLE, limit=None)
    keys = list(zip(-whole["days_waiting"], whole["household"], strict=True))
    assert keys == sorted(keys)
    pages = [figures.gap_list(ws, CONSOLE, limit=7, offset=n)[0] for n in range(0, total, 7)]
    pd.testing.assert_frame_equal(pd.concat(pages, ignore_index=True), whole)
    late = whole[whole["status"] == "overdue"]
    waits = [(TODAY - day).days for day in late["last_visit"]]
    assert late["days_waiting"].tolist() == waits
    assert set(whole["reason"]) == {"", "no_one_home", "refused"}
    never = whole[whole["status"] == "never"]
    assert never["last_visit"].isna().all()
    assert all(day < TODAY for day in whole["due_on"])


def test_a_page_without_rows_keeps_its_columns(ws: Workspace) -> None:
    whole, total = figures.gap_list(ws, CONSOLE, limit=None)
    none, same = figures.gap_list(ws, CONSOLE, offset=total)
    assert (len(none), same, list(none.columns)) == (0, total, list(whole.columns))
    for limit, offset in ((0, 0), (-1, 0), (1, -1)):
        with pytest.raises(UnknownWord, match="number of rows"):
            figures.gap_list(ws, CONSOLE, limit=limit, offset=offset)


def test_cases_are_filtered_by_category_age_and_location(ws: Workspace) -> None:
    assert figures.categories(ws, CONSOLE) == ["", "Pension", "Repair"]
    whole, total = figures.case_list(ws, CONSOLE, limit=None)
    assert whole["days_open"].is_monotonic_decreasing
    assert set(whole["status"]) == {"open", "overdue"}
    _, count = figures.case_list(ws, CONSOLE, category="Pension", limit=None)
    assert count == (whole["category"] == "Pension").sum()
    assert figures.case_table(ws, CONSOLE, category="Pension")["open"].sum() == count
    _, count = figures.case_list(ws, CONSOLE, min_age=30, limit=None)
    assert count == (whole["days_open"] >= 30).sum()
    here = figures.case_list(ws, CONSOLE, located=True)[1]
    gone, missing = figures.case_list(ws, CONSOLE, located=False)
    assert here + missing == total
    assert gone["lon"].isna().all()
    closed, _ = figures.case_list(ws, CONSOLE, status="closed", limit=None)
    assert set(closed["status"]) == {"closed"}
    with pytest.raises(UnknownWord, match="use one of: Pension, Repair"):
        figures.case_list(ws, CONSOLE, category="Roads")


def test_a_legend_counts_every_located_household_once(ws: Workspace) -> None:
    for area in (None, "T1", "V1", "g00"):
        page = figures.overview(ws, CONSOLE, area=area)
        symbols, totals = page["symbols"], page["totals"]
        homes = figures.household_list(ws, CONSOLE, area=area, limit=None)[0]
        there = homes[homes["lon"].notna()]
        for status in ("on_time", "due_soon", "never"):
            assert symbols[status] == (there["status"] == status).sum()
        waits = there.loc[there["status"] == "overdue", "days_waiting"]
        assert symbols["overdue"] == [
            (waits <= 14).sum(),
            waits.between(15, 28).sum(),
            (waits > 28).sum(),
        ]
        drawn = [symbols[key] for key in ("on_time", "due_soon", "never")] + symbols["overdue"]
        assert sum(drawn) + totals["unlocated"] == totals["households"]
        cases = figures.case_list(ws, CONSOLE, limit=None)[0]
        late = set(cases.loc[cases["status"] == "overdue", "household"])
        ids = set(there["household"])
        assert symbols["overdue_case"] == len(late & ids)
        assert symbols["open_case"] == len((set(cases["household"]) - late) & ids)


@pytest.mark.parametrize(
    "filters", [{}, {"area": "T1"}, {"category": "Pension"}, {"status": "overdue", "min_age": 30}]
)
def test_the_counts_of_a_case_map_are_those_of_its_lists(ws: Workspace, filters: dict) -> None:
    counts = figures.case_counts(ws, CONSOLE, **filters)

    def total(**more: object) -> int:
        return figures.case_list(ws, CONSOLE, **{**filters, **more})[1]

    assert counts == {
        "open": total(),
        "overdue": total(status="overdue"),
        "located": total(located=True),
        "located_overdue": total(located=True, status="overdue"),
    }
    assert figures.case_counts(ws, CONSOLE, status="closed")["open"] == 0


def test_unknown_statuses_are_refused(ws: Workspace) -> None:
    for ask in (figures.gap_list, figures.household_list, figures.case_list):
        with pytest.raises(UnknownWord, match="not a known status"):
            ask(ws, CONSOLE, status="late")


def test_a_page_of_a_single_grid_has_no_rows_below(ws: Workspace) -> None:
    page = figures.overview(ws, supervisor("g00"))
    assert page["path"] == [{"code": "g00", "name": "Grid 0-0", "level": "grid"}]
    assert (page["child_level"], page["rows"]) == ("household", [])
    assert page["rest"]["households"] == page["totals"]["households"]
    outside = figures.overview(ws, CONSOLE, area="g40")  # a grid in no area hangs at the top
    assert [step["code"] for step in outside["path"]] == ["", "g40"]


def test_the_county_asked_for_by_its_code_leaves_out_what_lies_nowhere(ws: Workspace) -> None:
    everything, county = figures.overview(ws, CONSOLE), figures.overview(ws, CONSOLE, area="K")
    assert county["path"] == [{"code": "K", "name": "Kings County", "level": "county"}]
    assert [row["code"] for row in county["rows"]] == [row["code"] for row in everything["rows"]]
    assert county["totals"]["households"] < everything["totals"]["households"]
