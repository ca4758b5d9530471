from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gisgrid.columns import date_of, dates_of, day_number
from gisgrid.coverage import daybits, last_day, local_day, local_days
from gisgrid.errors import FrameError

if TYPE_CHECKING:
    from types import ModuleType

ZONES = (
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
)
FIRST, LAST = datetime(2009, 1, 1, tzinfo=UTC), datetime(2036, 12, 30, tzinfo=UTC)
MOMENTS = st.integers(0, int((LAST - FIRST).total_seconds())).map(
    lambda s: FIRST + timedelta(seconds=s)
)


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2026-11-22T15:59:59+00:00", "Asia/Shanghai", date(2026, 11, 22)),
        ("2026-11-22T16:00:00+00:00", "Asia/Shanghai", date(2026, 11, 23)),
        ("2026-11-23T00:30:00+09:00", "Asia/Shanghai", date(2026, 11, 22)),
        ("2024-02-28T16:00:00+00:00", "Asia/Shanghai", date(2024, 2, 29)),  # leap day
        ("2024-02-29T16:00:00+00:00", "Asia/Shanghai", date(2024, 3, 1)),
        ("2026-06-30T23:30:00+00:00", "Europe/London", date(2026, 7, 1)),  # summer time
        ("2026-12-31T23:30:00+00:00", "Europe/London", date(2026, 12, 31)),
        ("2026-03-08T04:59:00+00:00", "America/New_York", date(2026, 3, 7)),  # EST that night
        ("2026-11-01T03:59:00+00:00", "America/New_York", date(2026, 10, 31)),  # EDT that night
        ("2026-10-03T13:15:00+00:00", "Australia/Lord_Howe", date(2026, 10, 3)),  # half an hour
        ("2026-10-04T13:15:00+00:00", "Australia/Lord_Howe", date(2026, 10, 5)),
        ("1988-07-01T15:30:00+00:00", "Asia/Shanghai", date(1988, 7, 2)),  # China's summer time
    ],
)
def test_a_day_is_a_calendar_day_of_the_programmes_zone(
    moment: str, zone: str, expected: date
) -> None:
    instant = datetime.fromisoformat(moment)
    assert local_day(instant, ZoneInfo(zone)) == expected
    assert local_days(pd.Series([instant.astimezone(UTC)]), ZoneInfo(zone)).tolist() == [expected]


def test_an_instant_without_its_offset_is_refused() -> None:
    with pytest.raises(FrameError, match="lacks its offset"):
        local_day(datetime(2026, 11, 22, 8, 0), ZoneInfo("Asia/Shanghai"))  # noqa: DTZ001
    with pytest.raises(FrameError, match="lack their offset"):
        local_days(pd.Series(pd.to_datetime(["2026-11-22"])), ZoneInfo("Asia/Shanghai"))


def test_a_missing_instant_has_no_day() -> None:
    moments = pd.Series(pd.to_datetime(["2026-11-22T16:00Z", None], utc=True))
    assert local_days(moments, ZoneInfo("Asia/Shanghai")).tolist() == [date(2026, 11, 23), None]


@given(MOMENTS, st.sampled_from(ZONES))
@settings(max_examples=500)
def test_days_follow_the_laws_of_each_zone(oracle: ModuleType, moment: datetime, zone: str) -> None:
    assert local_day(moment, ZoneInfo(zone)) == oracle.local_day(moment, zone)


@given(st.lists(st.tuples(MOMENTS, MOMENTS), min_size=1, max_size=20), st.sampled_from(ZONES))
@settings(max_examples=100, deadline=None)
def test_days_since_a_visit_are_calendar_days(
    oracle: ModuleType, pairs: list[tuple[datetime, datetime]], zone: str
) -> None:
    assert waits(pairs, zone) == expected_waits(oracle, pairs, zone)


@pytest.mark.long
@pytest.mark.parametrize("zone", ZONES)
def test_days_since_a_visit_are_right_for_100_000_pairs(oracle: ModuleType, zone: str) -> None:
    rng = np.random.default_rng(20261122)
    seconds = int((LAST - FIRST).total_seconds())
    visited = rng.integers(0, seconds, 100_000)
    # Half of the pairs lie within two days of each other, where one hour more makes a day more.
    asked = np.where(
        rng.random(100_000) < 0.5,
        np.minimum(visited + rng.integers(0, 172_800, 100_000), seconds),
        rng.integers(0, seconds, 100_000),
    )
    pairs = [
        (FIRST + timedelta(seconds=int(v)), FIRST + timedelta(seconds=int(a)))
        for v, a in zip(visited, asked, strict=True)
    ]
    assert waits(pairs, zone) == expected_waits(oracle, pairs, zone)


def waits(pairs: list[tuple[datetime, datetime]], zone: str) -> list[int | None]:
    """Days since the visit, None for a visit that lies ahead: each pair is one household."""
    visited = local_days(pd.Series([v for v, _ in pairs]), ZoneInfo(zone))
    today = local_days(pd.Series([a for _, a in pairs]), ZoneInfo(zone))
    found: list[int | None] = [None] * len(pairs)
    by_visit = sorted(range(len(pairs)), key=lambda i: visited[i])
    for begin in range(0, len(pairs), 1000):  # tables of a thousand households
        rows = by_visit[begin : begin + 1000]
        numbers = np.array([day_number(visited[i]) for i in rows])
        bits = daybits.add(daybits.empty(len(rows)), np.arange(len(rows)), numbers)
        for at, i in enumerate(rows):
            last = last_day(day_number(today[i]), bits)[at]
            found[i] = None if date_of(last) is None else day_number(today[i]) - int(last)
    return found


def expected_waits(
    oracle: ModuleType, pairs: list[tuple[datetime, datetime]], zone: str
) -> list[int | None]:
    days = [(oracle.local_day(a, zone) - oracle.local_day(v, zone)).days for v, a in pairs]
    return [d if d >= 0 else None for d in days]


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_day_number_is_the_days_since_1970_and_back(day: date) -> None:
    assert day_number(day) == (day - date(1970, 1, 1)).days
    assert date_of(day_number(day)) == day
    assert dates_of(np.array([day_number(day)] * 2)).tolist() == [day, day]
