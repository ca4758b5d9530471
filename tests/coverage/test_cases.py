from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gisgrid.columns import FAR_DAY, NO_DAY, Cases, day_number
from gisgrid.coverage import case_placement, case_state
from gisgrid.model import CaseStatus

if TYPE_CHECKING:
    from types import ModuleType

D = date(2026, 11, 22)


def cases_of(cases: list[Any]) -> Cases:
    """Columns of the oracle's cases; where they lie does not matter here."""
    n = len(cases)

    def days(name: str) -> np.ndarray:
        values = [getattr(c, name) for c in cases]
        return np.array([day_number(v) if v else FAR_DAY for v in values], dtype=np.int32)

    return Cases(
        id=np.array([c.id for c in cases], dtype=object),
        household=np.full(n, -1, dtype=np.int32),
        lon=np.full(n, np.nan),
        lat=np.full(n, np.nan),
        own_point=np.zeros(n, dtype=bool),
        opened=days("opened_on"),
        due=days("due_on"),
        closed=days("closed_on"),
        category=np.zeros(n, dtype=np.int32),
        categories=np.array([""], dtype=object),
        since=np.full(n, NO_DAY),
        until=np.full(n, FAR_DAY),
    )


@pytest.mark.parametrize(
    ("opened", "due", "closed", "status", "in_window"),
    [
        (0, None, None, "open", (True, False)),
        (1, None, None, "absent", (False, False)),
        (-29, 0, None, "open", (True, False)),
        (-30, -1, None, "overdue", (False, False)),
        (-9, -1, 1, "overdue", (True, False)),
        (-9, -5, 0, "closed", (True, True)),
        (-90, None, -29, "closed", (False, True)),
        (-90, None, -30, "closed", (False, False)),
        (2, None, -2, "absent", (False, False)),  # closed before it was opened: not yet there
    ],
)
def test_a_case_stands_where_its_days_say(
    oracle: ModuleType,
    opened: int,
    due: int | None,
    closed: int | None,
    status: str,
    in_window: tuple[bool, bool],
) -> None:
    days = [None if n is None else D + timedelta(days=n) for n in (opened, due, closed)]
    state = case_state(cases_of([oracle.Case("C", *days)]), day=day_number(D))
    assert CaseStatus(int(state.status[0])).name.lower() == status
    assert (state.opened[0], state.closed[0]) == in_window
    assert state.age[0] == max(0, -opened)


DAYS = st.integers(-70, 10).map(lambda n: D + timedelta(days=n))


@given(st.lists(st.tuples(DAYS, st.none() | DAYS, st.none() | DAYS), max_size=20), DAYS)
@settings(max_examples=300)
def test_cases_are_counted_as_the_rules_say(oracle: ModuleType, rows: list[Any], day: date) -> None:
    cases = [oracle.Case(str(i), *row) for i, row in enumerate(rows)]
    state = case_state(cases_of(cases), day=day_number(day))
    for i, case in enumerate(cases):
        assert CaseStatus(int(state.status[i])).name.lower() == oracle.case_status(case, day)
        assert state.opened[i] == oracle.case_in_window(case.opened_on, case, day)
        assert state.closed[i] == oracle.case_in_window(case.closed_on, case, day)


def test_the_own_point_decides_the_grid_and_else_the_household() -> None:
    table = Cases(
        id=np.array(list("ABCDE"), dtype=object),
        household=np.array([0, 0, -1, -1, 1], dtype=np.int32),
        lon=np.zeros(5),
        lat=np.zeros(5),
        own_point=np.array([True, False, True, False, True]),
        opened=np.zeros(5, np.int32),
        due=np.zeros(5, np.int32),
        closed=np.zeros(5, np.int32),
        category=np.zeros(5, np.int32),
        categories=np.array([""], dtype=object),
        since=np.full(5, NO_DAY),
        until=np.full(5, FAR_DAY),
    )
    own = np.array([7, 7, 8, 9, -1], dtype=np.int32)
    homes = np.array([3, 4], dtype=np.int32)
    # The last one's own point lies in no grid: its household's does not matter.
    assert case_placement(table, own, homes).tolist() == [7, 3, 8, -1, -1]
