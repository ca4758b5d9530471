from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gisgrid import coverage
from gisgrid.access import EVERYWHERE, Scope
from gisgrid.errors import UnknownArea
from gisgrid.model import LEVELS, STATUS_WORDS, Outcome, Programme, Status
from gisgrid.snapshot import ReadModel, Snapshot

if TYPE_CHECKING:
    from types import ModuleType

D = date(2026, 11, 22)


def grids_of(snapshot: Snapshot) -> dict[str, str | None]:
    plan = snapshot.plan_on(D)
    codes = np.append(plan.code, None)[snapshot.placement(plan)]
    return dict(zip(snapshot.households.id, codes, strict=True))


def seen_by(snapshot: Snapshot, scope: str, area: str | None = None) -> set[str]:
    return set(snapshot.households.id[snapshot.view(Scope(scope), area, D).households])


def test_each_household_lies_in_the_grid_of_its_point_else_in_the_one_it_names(county: Any) -> None:
    assert grids_of(ReadModel(county).current()) == {
        "in a": "a",
        "on the corner": "a",
        "in b": "b",
        "also in b": "b",
        "in d": "d",
        "outside": None,
        "names c": "c",
        "names V": None,
        "names nothing": None,
        "in a, names c": "a",
    }


def test_each_case_lies_where_its_own_point_lies_else_where_its_household_does(county: Any) -> None:
    snapshot = ReadModel(county).current()
    plan = snapshot.plan_on(D)
    grids = np.append(plan.code, None)[snapshot.case_placement(plan)]
    assert dict(zip(snapshot.cases.id, grids, strict=True)) == {
        "1": "a", "2": "b", "3": None, "4": None, "5": None,
    }  # fmt: skip
    in_v = snapshot.view(EVERYWHERE, "V", D).cases
    assert snapshot.cases.id[in_v].tolist() == ["2", "3"]


@pytest.mark.parametrize(
    ("scope", "area", "expected"),
    [
        ("V", None, {"in b", "also in b", "names V"}),
        ("*", "V", {"in b", "also in b", "names V"}),
        ("K", "V", {"in b", "also in b", "names V"}),
        ("U", None, {"in a", "on the corner", "names c", "in a, names c"}),
        ("b", None, {"in b", "also in b"}),
        ("V", "b", {"in b", "also in b"}),
        ("*", "d", {"in d"}),
        ("gone", None, set()),
    ],
)
def test_a_view_holds_what_lies_in_its_grids_or_names_its_areas(
    county: Any, scope: str, area: str | None, expected: set[str]
) -> None:
    assert seen_by(ReadModel(county).current(), scope, area) == expected


def test_only_a_scope_of_everything_sees_what_lies_nowhere(county: Any) -> None:
    snapshot = ReadModel(county).current()
    assert seen_by(snapshot, "*") == set(snapshot.households.id)
    hidden = {"in d", "outside", "names nothing"}
    assert seen_by(snapshot, "K") == set(snapshot.households.id) - hidden
    assert snapshot.view(EVERYWHERE, None, D).whole
    assert not snapshot.view(Scope("K"), None, D).whole


@pytest.mark.parametrize(
    ("scope", "area"),
    [("*", "nowhere"), ("V", "U"), ("V", "T"), ("V", "K"), ("V", "a"), ("b", "V"), ("gone", "V")],
)
def test_an_area_outside_the_scope_is_answered_like_one_that_does_not_exist(
    county: Any, scope: str, area: str
) -> None:
    snapshot = ReadModel(county).current()
    with pytest.raises(UnknownArea) as refused:
        snapshot.view(Scope(scope), area, D)
    assert str(refused.value) == str(UnknownArea(area=area))


@pytest.mark.parametrize(
    ("scope", "area", "path"),
    [
        ("*", None, []),
        (
            "*",
            "V",
            [("K", "County", "county"), ("T", "Town", "township"), ("V", "Vale", "village")],
        ),
        ("T", "a", [("T", "Town", "township"), ("U", "Upper", "village"), ("a", "A", "grid")]),
        ("V", None, [("V", "Vale", "village")]),
        ("a", None, [("a", "A", "grid")]),
        ("*", "d", [("d", "D", "grid")]),
        ("gone", None, []),
    ],
)
def test_the_path_leads_from_the_scope_to_the_area(
    county: Any, scope: str, area: str | None, path: list[Any]
) -> None:
    assert ReadModel(county).current().view(Scope(scope), area, D).path == path


def test_a_day_is_worked_out_on_the_plan_in_force_then(county: Any, oracle: ModuleType) -> None:
    squares = county.plans[0][2]
    change = D - timedelta(days=7)
    county.plans = [
        (None, change, squares),
        (change, None, [oracle.Square("z", 0, 0, 2, 2, "T")]),
    ]
    snapshot = ReadModel(county).current()
    before, after = change - timedelta(days=1), change
    assert (snapshot.plan_on(before).revision, snapshot.plan_on(after).revision) == (1, 2)
    # The unlocated one that names c goes with the ground of c.
    assert seen_by(snapshot, "*", "z") == {
        "in a", "on the corner", "in b", "also in b", "in d", "in a, names c", "names c",
    }  # fmt: skip
    with pytest.raises(UnknownArea):
        snapshot.view(EVERYWHERE, "z", before)


def test_without_a_plan_nothing_is_assigned(county: Any) -> None:
    county.plans = []
    snapshot = ReadModel(county).current()
    assert len(snapshot.plan_on(D).code) == 0
    assert set(grids_of(snapshot).values()) == {None}
    assert snapshot.tally(D)[-1, 0] == 9  # one names V
    assert np.isnan(snapshot.bounds(snapshot.plan_on(D))).all()


def test_an_empty_store_gives_an_empty_snapshot(memory_store: Any) -> None:
    snapshot = ReadModel(memory_store()).current()
    assert snapshot.tally(D).tolist() == [[0] * 8]
    assert snapshot.case_tally(D).tolist() == [[0] * 4]
    assert not seen_by(snapshot, "*")


def test_bounds_of_an_area_hold_its_grids(county: Any) -> None:
    snapshot = ReadModel(county).current()
    plan = snapshot.plan_on(D)
    found = snapshot.bounds(plan)[len(plan.code) :]
    by_code = dict(zip(snapshot.areas.code, found.tolist(), strict=True))
    assert by_code == {"K": [0, 0, 2, 2], "T": [0, 0, 2, 2], "U": [0, 0, 1, 2], "V": [1, 0, 2, 1]}


def test_an_area_whose_parent_is_missing_or_below_it_is_a_root(memory_store: Any) -> None:
    store = memory_store(
        areas=[("A", "", "village", "B"), ("B", "", "village", "A"), ("C", "", "county", "C")]
    )
    assert ReadModel(store).current().areas.parent.tolist() == [-1, -1, -1]


# The whole way, against the rules written a second time -------------------------------------------

DAYS = st.integers(0, 60).map(lambda n: date(2024, 2, 1) + timedelta(days=n))
POINTS = st.none() | st.tuples(st.integers(0, 7), st.integers(0, 7)).map(
    lambda p: (p[0] / 2, p[1] / 2)  # half of them on edges, some outside
)
NAMES = st.sampled_from(["", "a", "e", "i", "U", "T", "nowhere"])
AREA_TABLE = [
    ("K", "K", "county", ""),
    ("S", "S", "township", "K"),
    ("T", "T", "township", "K"),
    ("U", "U", "village", "S"),
    ("V", "V", "village", "T"),
]


@st.composite
def counties(draw: st.DrawFn) -> dict[str, Any]:
    homes = draw(
        st.lists(
            st.tuples(DAYS, st.none() | DAYS, st.none() | st.integers(1, 20), POINTS, NAMES),
            max_size=12,
        )
    )
    ids = st.integers(0, max(0, len(homes) - 1))
    visits = st.tuples(ids, DAYS, st.sampled_from([o.value for o in Outcome]))
    cases = st.tuples(DAYS, st.none() | DAYS, st.none() | DAYS, st.none() | ids, POINTS)
    return {
        "homes": homes,
        "visits": draw(st.lists(visits, max_size=30)) if homes else [],
        "cases": draw(st.lists(cases, max_size=8)) if homes else [],
        "areas": draw(st.lists(st.sampled_from(["", "K", "S", "U", "V"]), min_size=9, max_size=9)),
        "every": draw(st.lists(st.none() | st.integers(1, 20), min_size=9, max_size=9)),
        "rules": draw(st.tuples(st.integers(1, 14), st.integers(0, 4), st.booleans())),
        "day": draw(DAYS),
    }


@given(counties())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_count_is_what_the_rules_say(
    oracle: ModuleType, memory_store: Any, drawn: dict[str, Any]
) -> None:
    every, soon, phone = drawn["rules"]
    rules, day = oracle.Rules(every, soon, phone), drawn["day"]
    squares = [
        oracle.Square("abcdefghi"[i], i % 3, i // 3, i % 3 + 1, i // 3 + 1, area, own)
        for i, (area, own) in enumerate(zip(drawn["areas"], drawn["every"], strict=True))
    ]
    homes = [oracle.Home(str(i), *row[:3], row[3], row[4]) for i, row in enumerate(drawn["homes"])]
    visits = [oracle.Visit(str(h), when, outcome) for h, when, outcome in drawn["visits"]]
    cases = [
        oracle.Case(str(i), *row[:3], "" if row[3] is None else str(row[3]), row[4])
        for i, row in enumerate(drawn["cases"])
    ]
    store = memory_store(
        areas=AREA_TABLE, plans=[(None, None, squares)], homes=homes, seen=visits, cases=cases,
        rules=Programme(visit_every_days=every, soon_days=soon, phone_counts=phone),
    )  # fmt: skip
    snapshot = ReadModel(store).current()
    plan = snapshot.plan_on(day)
    state, status = snapshot.state(day), {}
    for i, key in enumerate(snapshot.households.id):
        home = homes[int(key)]
        grid = oracle.grid_of_home(home, squares)
        status[key] = oracle.status(home, visits, grid, day, rules)
        assert STATUS_WORDS[Status(int(state.status[i]))] == status[key]
        assert np.append(plan.code, "")[snapshot.placement(plan)[i]] == (grid.code if grid else "")
    for by in ("grid", "village", "township", "county"):
        assert by_row(snapshot, day, by) == expected_rows(
            oracle, by, squares, homes, cases, status, day
        )


def by_row(snapshot: Snapshot, day: date, by: str) -> dict[str, list[int]]:
    plan, areas = snapshot.plan_on(day), snapshot.areas
    group = coverage.groups(areas, plan, by)
    if by == "grid":
        codes, rows = plan.code, np.arange(len(plan.code))
    else:
        codes, rows = areas.code, np.flatnonzero(areas.level == LEVELS.index(by))
    sums = np.hstack(
        [
            coverage.sum_groups(snapshot.tally(day), group, rows),
            coverage.sum_groups(snapshot.case_tally(day), group, rows),
        ]
    )
    return dict(zip([*codes[rows], ""], sums.tolist(), strict=True))


def expected_rows(
    oracle: ModuleType,
    by: str,
    squares: list[Any],
    homes: list[Any],
    cases: list[Any],
    status: dict[str, str],
    day: date,
) -> dict[str, list[int]]:
    parents = {code: parent for code, _, _, parent in AREA_TABLE}
    level = {code: word for code, _, word, _ in AREA_TABLE}

    def row_of(grid: Any, names: str) -> str:
        if by == "grid":
            return grid.code if grid else ""
        area = grid.area if grid else names
        while area in parents and level[area] != by:
            area = parents[area]
        return area if area in parents else ""

    codes = [s.code for s in squares] if by == "grid" else [c for c in level if level[c] == by]
    table = {code: [0] * 12 for code in [*codes, ""]}
    by_id = {h.id: h for h in homes}
    on_list = [h for h in homes if status[h.id] != "unlisted"]
    points = [h.point for h in on_list if h.point is not None]
    words = ("on_time", "due_soon", "overdue", "never")
    for home in on_list:
        names = home.names if home.point is None else ""
        row = table[row_of(oracle.grid_of_home(home, squares), names)]
        facts = [True, *(status[home.id] == w for w in words)]
        facts += [status[home.id] in ("overdue", "never"), home.point is None]
        facts += [home.point is not None and points.count(home.point) > 1]
        row[:8] = [n + fact for n, fact in zip(row, facts, strict=False)]
    for case in cases:
        home = by_id.get(case.home) if case.point is None else None
        names = home.names if home is not None and home.point is None else ""
        row = table[row_of(oracle.case_grid(case, by_id, squares), names)]
        word = oracle.case_status(case, day)
        facts = [word in ("open", "overdue"), word == "overdue"]
        facts += [oracle.case_in_window(case.opened_on, case, day)]
        facts += [oracle.case_in_window(case.closed_on, case, day)]
        row[8:] = [n + fact for n, fact in zip(row[8:], facts, strict=True)]
    return table
