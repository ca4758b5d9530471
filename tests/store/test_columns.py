"""The columns that the read model is made of."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gisgrid.access import EVERYWHERE
from gisgrid.columns import FAR_DAY, day_number
from gisgrid.store import Store
from gisgrid.store.civil import parse_days


def test_households_as_columns(county: Store) -> None:
    columns = county.household_columns(scope=EVERYWHERE)
    at = {name: i for i, name in enumerate(columns["id"])}
    h2, lost, far = at["h2"], at["lost"], at["far"]
    assert (columns["lon"][h2], columns["lat"][h2]) == (101.5, 30.5)
    assert np.isnan([columns["lon"][lost], columns["lat"][lost]]).all()
    assert (columns["every"][h2], columns["every"][far]) == (3, 0)
    assert columns["listed"][h2] == day_number(dt.date(2026, 1, 1))
    assert columns["unlisted"][h2] == day_number(dt.date(2026, 9, 1))
    assert columns["unlisted"][far] == FAR_DAY
    assert (columns["grid_code"][lost], columns["grid_code"][far]) == ("g1", "")
    assert {k: v.dtype.kind for k, v in columns.items()} == {
        "id": "O",
        "lon": "f",
        "lat": "f",
        "every": "i",
        "listed": "i",
        "unlisted": "i",
        "grid_code": "O",
    }


def test_cases_as_columns(county: Store) -> None:
    columns = county.case_columns(scope=EVERYWHERE)
    at = {name: i for i, name in enumerate(columns["id"])}
    assert columns["household_id"][[at["c1"], at["c3"]]].tolist() == ["h1", ""]
    assert columns["category"][[at["c1"], at["c4"]]].tolist() == ["water", ""]
    assert columns["due"][[at["c1"], at["c2"]]].tolist() == [
        day_number(dt.date(2026, 10, 8)),
        FAR_DAY,
    ]
    assert columns["closed"][at["c2"]] == day_number(dt.date(2026, 10, 5))
    assert columns["lon"][at["c2"]] == 101.2
    assert np.isnan(columns["lon"][at["c1"]])


def test_areas_and_plans_as_columns(county: Store, town: Any) -> None:
    areas = county.area_columns(scope=EVERYWHERE)
    assert dict(zip(areas["code"], areas["parent_code"], strict=True)) == {
        "1": "",
        "11": "1",
        "12": "1",
        "111": "11",
    }
    (plan,) = county.plan_columns(scope=EVERYWHERE)
    assert plan.code.tolist() == ["g1", "g2", "g3"]
    assert plan.name.tolist() == ["One", "Two", ""]
    assert plan.member.tolist() == ["Li", "Wang", ""]
    assert plan.every.tolist() == [7, 0, 14]
    shapes = shapely.from_wkb(plan.wkb)
    assert shapely.equals(shapes, town.grids().geometry.array).all()
    assert shapely.get_srid(shapes).tolist() == [0, 0, 0]


def test_empty_tables_are_empty_columns(store: Store) -> None:
    assert len(store.household_columns(scope=EVERYWHERE)["lon"]) == 0
    assert len(store.case_columns(scope=EVERYWHERE)["due"]) == 0
    assert len(store.area_columns(scope=EVERYWHERE)["code"]) == 0
    assert store.plan_columns(scope=EVERYWHERE) == []
    rows = store.visit_days(scope=EVERYWHERE)
    assert (len(rows.household_id), len(rows.day), rows.last) == (0, 0, 0)


def runs(rows: Any) -> set[tuple[str, str, int]]:
    """(household, outcome, day) of each visit."""
    return set(
        zip(
            np.repeat(rows.household_id, rows.count),
            np.repeat(rows.outcome, rows.count),
            rows.day.tolist(),
            strict=True,
        )
    )


def test_visits_come_in_runs_and_later_ones_alone(county: Store, town: Any) -> None:
    all_rows = county.visit_days(scope=EVERYWHERE)
    day = day_number(dt.date(2026, 11, 1))
    expected = {("h1", "met", day), ("h3", "no_one_home", day + 1), ("lost", "phone", day + 2)}
    assert runs(all_rows) == expected
    assert all_rows.count.sum() == len(all_rows.day) == 3
    later = pd.DataFrame(
        {
            "id": ["v8", "v9"],
            "household_id": ["h1", "h1"],
            "visited_at": pd.to_datetime(["2026-11-05T01:00:00Z", "2026-10-05T01:00:00Z"]),
            "outcome": ["met", "met"],
        }
    )
    with county.write() as w:
        w.put_visits(later)
    new = county.visit_days(scope=EVERYWHERE, after=all_rows.last)
    assert runs(new) == {("h1", "met", day + 4), ("h1", "met", day - 27)}
    assert new.count.tolist() == [2]
    none = county.visit_days(scope=EVERYWHERE, after=new.last)
    assert (len(none.day), none.last) == (0, new.last)


@given(st.lists(st.dates(), max_size=20))
def test_days_are_read_from_their_digits(days: list[dt.date]) -> None:
    text = "".join(day.isoformat() for day in days).encode()
    assert parse_days(text).tolist() == [day_number(day) for day in days]


def test_kept_columns_are_believed_only_where_the_same_visit_stands(county: Store) -> None:
    """Also behind walls, which show a reader without a scope no visit at all."""
    last = county.visit_days(scope=EVERYWHERE).last
    marks = county.marks(last)
    assert marks[0] in {"v1", "v2", "v3"}
    assert county.is_after(marks, last)
    assert not county.is_after(["another", *marks[1:]], last)


def test_a_moment_of_a_year_before_1000_is_read_with_and_without_its_zeros() -> None:
    from datetime import UTC, datetime

    from sqlalchemy.dialects import sqlite

    from gisgrid.store.types import Instant, instant_text

    at = datetime(26, 11, 24, 8, tzinfo=UTC)
    assert instant_text(at) == "0026-11-24T08:00:00.000Z"
    for text in (instant_text(at), "26-11-24T08:00:00.000Z"):
        assert Instant().process_result_value(text, sqlite.dialect()) == at
