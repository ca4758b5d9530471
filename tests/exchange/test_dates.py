# ruff: noqa: DTZ001 - files hold local times without a zone
from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gisgrid.columns import objects
from gisgrid.errors import DateFormatAmbiguous, UnknownWord
from gisgrid.exchange.dates import as_days, as_moments, read_dates
from gisgrid.exchange.reasons import Faults

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 22)


def read(*cells, said=None, excel=False):
    faults = Faults()
    values, used = read_dates(
        objects(list(cells)), "visited_at", said=said, numbers_are_days=excel, faults=faults
    )
    return values.tolist(), used, faults.indexes


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-22", "2026/11/22", "2026.11.22", "20261122", "2026年11月22日", "2026-11-2"),
        *("2026 年 11 月 22 日", "2026年11月22号"),
    ],
)
def test_year_first_is_never_in_doubt(text: str) -> None:
    (day,), used, _ = read(text)
    assert (day.year, day.month, used) == (2026, 11, "YMD")


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (("04/12/2018", "04/16/2018"), "MDY"),
        (("12/04/2018", "16/04/2018"), "DMY"),
        (("5.11.2026", "22.11.2026"), "DMY"),
        (("05-05-2026", "12-12-2026"), "MDY"),  # both orders give the same days
    ],
)
def test_one_value_decides_for_the_column(cells, order: str) -> None:
    assert read(*cells)[1] == order


def test_a_column_that_fits_both_orders_is_asked_for() -> None:
    with pytest.raises(DateFormatAmbiguous) as err:
        read("04/05/2026", "05/05/2026", None)
    assert str(err.value) == (
        "The dates in column visited_at, such as 04/05/2026, can be read in more than one way "
        "(DMY, MDY); say which with --date-format."
    )


def test_a_column_in_both_orders_is_asked_for_not_read_row_by_row() -> None:
    with pytest.raises(DateFormatAmbiguous):
        read("22/11/2026", "11/22/2026")


def test_what_is_said_is_kept_to() -> None:
    assert read("04/05/2026", said="DMY")[0] == [date(2026, 5, 4)]
    assert read("04/05/2026", said="mdy")[0] == [date(2026, 4, 5)]
    assert read("22 Nov 26", said="%d %b %y")[0] == [DAY]
    assert read("22.11.26 14:30", said="%d.%m.%y %H:%M")[0] == [datetime(2026, 11, 22, 14, 30)]
    assert read("22/11/2026", said="MDY")[2] == [0]
    with pytest.raises(UnknownWord):
        read("2026-11-22", said="British")


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2026-13-01",
        "22 November",
        "yesterday",
        "2026-11-22 25:00",
        "26-11-22",
        "2026",
    ],
)
def test_a_value_unlike_the_others_is_refused(text: str) -> None:
    values, _, refused = read("2026-11-21", "2026-11-22", text)
    assert values[2] is None
    assert refused == [2]


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2026-11-22 09:05", (9, 5, 0)),
        ("2026-11-22T09:05:07", (9, 5, 7)),
        ("2026/11/22 9:05:07 PM", (21, 5, 7)),
        ("2026/11/22 12:05 AM", (0, 5, 0)),
        ("2026年11月22日 上午9:05", (9, 5, 0)),
        ("2026年11月22日下午3时05分", (15, 5, 0)),
        ("2026-11-22 12:05 pm", (12, 5, 0)),
    ],
)
def test_times_are_read_in_the_usual_ways(text: str, clock) -> None:
    assert read(text)[0] == [datetime(2026, 11, 22, *clock)]


def test_a_moment_with_its_zone_keeps_it() -> None:
    (first, second), _, _ = read("2026-11-21T17:00:00Z", "2026-11-22T01:00:00+08:00")
    assert first == second == datetime(2026, 11, 21, 17, tzinfo=UTC)


def test_spreadsheet_days_are_days() -> None:
    assert read(46348.0, 20261122.0, excel=True)[0] == [DAY, DAY]
    assert read(46348.5, excel=True)[0] == [datetime(2026, 11, 22, 12)]
    assert read(datetime(2026, 11, 22), DAY, excel=True)[0] == [DAY, DAY]
    assert read("46348")[2] == [0]


def test_a_day_alone_is_stored_at_noon_and_stays_that_day() -> None:
    (moment,) = as_moments(objects([DAY]), SHANGHAI)
    assert moment == datetime(2026, 11, 22, 4, tzinfo=UTC)
    assert as_days(objects([moment]), SHANGHAI).tolist() == [DAY]


def test_a_local_time_is_the_programmes_and_near_midnight_the_day_holds() -> None:
    moments = as_moments(objects([datetime(2026, 11, 22, 0, 30), None]), SHANGHAI)
    assert moments[0] == datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
    assert as_days(moments, SHANGHAI).tolist() == [DAY, None]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC"])
def test_a_moment_beyond_the_calendar_is_a_day_at_its_end(zone: str) -> None:
    here = ZoneInfo(zone)
    ends = (date.min, date.max)
    texts = ("0001-01-01 00:00", "0001-01-01T00:00:00+14:00", "9999-12-31 23:59:59-12:00")
    values = objects([*read(*texts, "9999-12-31 23:59")[0], *ends])
    first, last = ends
    days = [first, first, last, last, *ends]
    assert as_days(as_moments(values, here), here).tolist() == days
    assert as_days(values, here).tolist() == days


@given(
    st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d"]),
)
def test_every_day_written_year_first_comes_back(day: date, pattern: str) -> None:
    text = day.strftime(pattern) if day.year >= 1000 else ""
    assert read(text)[0] == [day]


@given(st.lists(st.dates(date(1900, 1, 1), date(2199, 12, 31)), min_size=1), st.booleans())
def test_a_column_is_read_right_or_asked_for_but_never_wrong(days, american: bool) -> None:
    pattern = "%m/%d/%Y" if american else "%d/%m/%Y"
    try:
        values, _, refused = read(*(day.strftime(pattern) for day in days))
    except DateFormatAmbiguous:
        return
    assert refused == []
    assert values == days


@pytest.mark.parametrize("clock", ["13:05 AM", "25:05 PM", "25:05 AM"])
def test_an_hour_that_no_clock_shows_is_refused(clock: str) -> None:
    values, _, refused = read("2026/11/22 1:05 PM", f"2026/11/22 {clock}")
    assert values[0] == datetime(2026, 11, 22, 13, 5)
    assert refused == [1]
