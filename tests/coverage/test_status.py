from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gisgrid.columns import FAR_DAY, NO_DAY, Households, Visits, date_of, day_number
from gisgrid.coverage import (
    counted_from,
    daybits,
    household_state,
    intervals,
    is_gap,
    is_late,
    last_visit,
    reasons,
    share_without_gap,
)
from gisgrid.model import STATUS_WORDS, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from gisgrid.columns import Plan

D = date(2026, 11, 22)
BASE = date(2024, 2, 1)  # so that windows hold 29 February


def homes_of(homes: list[Any]) -> Households:
    """Columns of the oracle's households; where they lie does not matter here."""
    n = len(homes)
    return Households(
        id=np.array([h.id for h in homes], dtype=object),
        lon=np.full(n, np.nan),
        lat=np.full(n, np.nan),
        key=np.zeros(n, dtype=np.uint64),
        every=np.array([h.every or 0 for h in homes], dtype=np.int32),
        listed=np.array([day_number(h.listed_on) for h in homes], dtype=np.int32),
        unlisted=np.array(
            [day_number(h.unlisted_on) if h.unlisted_on else FAR_DAY for h in homes], dtype=np.int32
        ),
        named=np.full(n, -1, dtype=np.int32),
        codes=np.empty(0, dtype=object),
    )


def visits_of(homes: list[Any], visits: list[Any]) -> Visits:
    """Columns of the oracle's visits."""
    index = {h.id: i for i, h in enumerate(homes)}
    tables = {}
    for kind in Outcome:
        rows = [v for v in visits if v.outcome == kind.value]
        tables[kind.value] = daybits.add(
            daybits.empty(len(homes)),
            np.array([index[v.home] for v in rows], dtype=np.int64),
            np.array([day_number(v.day) for v in rows], dtype=np.int64),
        )
    return Visits(**tables)


def status_after(
    ahead: int, *, visited: bool = True, every: int = 7, soon: int = 2
) -> tuple[str, int]:
    """Status and days waiting of a household whose due day lies `ahead` days after D."""
    base = day_number(D) + ahead - every
    home = homes_of([])
    one = np.ones(1, dtype=np.int32)
    home = Households(
        np.array(["H"]), np.array([np.nan]), np.array([np.nan]), np.zeros(1, np.uint64),
        0 * one, one * (base if not visited else base - 100), one * FAR_DAY, -one, np.array([]),
    )  # fmt: skip
    last = one * (base if visited else NO_DAY)
    state = household_state(home, day=day_number(D), last=last, every=every * one, soon=soon)
    assert date_of(state.due[0]) == D + timedelta(days=ahead)
    since = counted_from(home.listed, last)
    assert is_late(since, every * one, day_number(D)).tolist() == is_gap(state.status).tolist()
    return STATUS_WORDS[Status(int(state.status[0]))], int(state.waiting[0])


@pytest.mark.parametrize(
    ("ahead", "visited", "soon", "expected"),
    [
        (7, True, 2, "on_time"),
        (2, True, 2, "on_time"),
        (1, True, 2, "due_soon"),  # due tomorrow
        (0, True, 2, "due_soon"),  # due today
        (-1, True, 2, "overdue"),
        (-90, True, 2, "overdue"),
        (1, True, 1, "on_time"),
        (0, True, 1, "due_soon"),
        (0, True, 0, "on_time"),
        (3, True, 4, "due_soon"),
        (2, False, 2, "on_time"),  # never visited, but listed only a few days ago
        (0, False, 2, "due_soon"),
        (-1, False, 2, "never"),
    ],
)
def test_status_follows_from_the_due_day(
    ahead: int, visited: bool, soon: int, expected: str
) -> None:
    assert status_after(ahead, visited=visited, soon=soon) == (expected, 7 - ahead)


def test_a_household_is_listed_from_its_first_day_until_the_day_before_it_is_unlisted(
    oracle: ModuleType,
) -> None:
    days = [D + timedelta(days=n) for n in (0, 1, -9)]
    homes = [
        oracle.Home("A", days[0]),
        oracle.Home("B", days[1]),
        oracle.Home("C", days[2], days[0]),
        oracle.Home("E", days[2], days[1]),
    ]
    none = np.full(4, NO_DAY)
    seven = np.full(4, 7, dtype=np.int32)
    state = household_state(homes_of(homes), day=day_number(D), last=none, every=seven, soon=2)
    assert state.listed.tolist() == [True, False, False, True]
    assert (state.status == Status.UNLISTED).tolist() == [False, True, True, False]
    assert state.waiting.tolist() == [0, 0, 0, 9]


def test_the_households_own_interval_comes_before_its_grids_and_the_programmes(
    make_plan: Callable[..., Plan],
) -> None:
    plan = make_plan({"a": None, "b": None}, every={"a": 14})
    own = np.array([3, 0, 0, 0, 5], dtype=np.int32)
    placement = np.array([0, 0, 1, -1, -1], dtype=np.int32)
    assert intervals(own, placement, plan, 7).tolist() == [3, 14, 7, 7, 5]


def test_coverage_is_empty_where_no_household_is_listed() -> None:
    share = share_without_gap(np.array([4, 0, 3]), np.array([1, 0, 3]))
    assert share[[0, 2]].tolist() == [0.75, 0.0]
    assert np.isnan(share[1])


DAYS = st.integers(0, 90).map(lambda n: BASE + timedelta(days=n))
HOMES = st.lists(
    st.tuples(
        DAYS,
        st.none() | DAYS,
        st.none() | st.integers(1, 40),
        st.lists(st.tuples(DAYS, st.sampled_from([o.value for o in Outcome])), max_size=6),
    ),
    min_size=1,
    max_size=8,
)


@given(HOMES, DAYS, st.integers(1, 20), st.integers(0, 5), st.booleans())
@settings(max_examples=300, deadline=None)
def test_state_and_reason_are_what_the_rules_say(
    oracle: ModuleType, rows: list[Any], day: date, every: int, soon: int, phone: bool
) -> None:
    rules = oracle.Rules(every=every, soon=soon, phone=phone)
    homes = [oracle.Home(str(i), row[0], row[1], row[2]) for i, row in enumerate(rows)]
    visits = [
        oracle.Visit(str(i), when, outcome)
        for i, row in enumerate(rows)
        for when, outcome in row[3]
    ]
    number, table = day_number(day), visits_of(homes, visits)
    last = last_visit(table, number, phone=phone)
    own = np.array([h.every or every for h in homes], dtype=np.int32)
    state = household_state(homes_of(homes), day=number, last=last, every=own, soon=soon)
    why = reasons(table, np.arange(len(homes)), last=last, day=number)
    for i, home in enumerate(homes):
        assert STATUS_WORDS[Status(int(state.status[i]))] == oracle.status(
            home, visits, None, day, rules
        )
        assert date_of(last[i]) == oracle.last_visit(home, visits, day, rules)
        assert date_of(state.due[i]) == oracle.due_on(home, date_of(last[i]), None, rules)
        assert why[i] == oracle.reason(home, visits, day, rules)
        if oracle.listed(home, day):
            assert state.waiting[i] == oracle.days_waiting(home, visits, day, rules)
    gaps = [oracle.status(h, visits, None, day, rules) in ("overdue", "never") for h in homes]
    assert is_gap(state.status).tolist() == gaps


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], ""),
        ([(-3, "no_one_home")], "no_one_home"),
        ([(-3, "no_one_home"), (-3, "refused")], "refused"),  # of two on one day the refusal
        ([(-3, "refused"), (-2, "no_one_home")], "no_one_home"),  # else the later
        ([(-3, "no_one_home"), (-2, "refused")], "refused"),
        ([(-9, "met"), (-9, "refused")], ""),  # on the day of the visit: no reason since
        ([(-9, "met"), (-8, "refused")], "refused"),
        ([(-9, "met"), (-10, "refused")], ""),
        ([(1, "refused")], ""),  # after D
        ([(-3, "phone")], ""),  # no attempt
    ],
)
def test_the_reason_of_a_gap_is_the_last_attempt_since_the_last_visit(
    oracle: ModuleType, events: list[tuple[int, str]], expected: str
) -> None:
    homes = [oracle.Home("H", BASE)]
    visits = visits_of(homes, [oracle.Visit("H", D + timedelta(days=n), o) for n, o in events])
    last = last_visit(visits, day_number(D))
    assert reasons(visits, np.array([0]), last=last, day=day_number(D)).tolist() == [expected]
