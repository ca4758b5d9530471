"""What was erased does not come back: by no file, no device, no decision."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from gisgrid.access import EVERYWHERE
from gisgrid.store import ACCEPTED, CaseChange, CaseReport, Reporter, Store, VisitReport

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
BY = Reporter(7, "Li", "g1", NOW)
SECRET = "Canary-张三丰"


@pytest.fixture
def bare(county: Store) -> Store:
    """A county in which h1, which has a visit v1, is erased."""
    with county.write(today=TODAY) as w:
        w.erase("h1")
    return county


def put(store: Store, what: str, frame: Any) -> Any:
    with store.write(today=TODAY) as w:
        return getattr(w, f"put_{what}")(frame)


def case(number: str, **more: Any) -> gpd.GeoDataFrame:
    data = {
        "id": [number],
        "household_id": ["h1"],
        "category": ["water"],
        "opened_on": [date(2026, 10, 1)],
        "title": [SECRET],
        "note": [SECRET],
        "status": [SECRET],
    }
    return gpd.GeoDataFrame(data | more, geometry=[Point(100.123, 30.321)], crs=4326)


def said(store: Store) -> str:
    """All that the store holds about the household, as one text."""
    return repr(store.held("h1"))


def test_a_file_does_not_bring_back_name_and_position(bare: Store) -> None:
    before = bare.held("h1")["households"]
    home = gpd.GeoDataFrame(
        {"id": ["h1", "h2"], "name": [SECRET, "new"], "address": [SECRET, None]},
        geometry=[Point(100.123, 30.321), Point(100.5, 30.5)],
        crs=4326,
    )
    counts = put(bare, "households", home)
    assert (counts.inserted, counts.updated, counts.unchanged) == (0, 1, 1)
    assert bare.held("h1")["households"] == before


def test_a_number_that_was_erased_elsewhere_is_not_taken_anew(county: Store) -> None:
    with county.write(today=TODAY) as w:
        w.erase_again(["gone"])
    home = gpd.GeoDataFrame({"id": ["gone"], "name": [SECRET]}, geometry=[None], crs=4326)
    assert put(county, "households", home).inserted == 0
    assert county.households(scope=EVERYWHERE, ids=["gone"]).empty


def test_visits_of_a_file_come_without_notes_and_once(bare: Store) -> None:
    frame = pd.DataFrame(
        {
            "household_id": ["h1"],
            "visited_at": pd.to_datetime(["2026-11-01T01:00:00Z"]),
            "outcome": ["met"],
            "note": [SECRET],
        }
    )
    assert put(bare, "visits", frame).inserted == 1
    assert put(bare, "visits", frame).inserted == 0
    assert SECRET not in said(bare)


def test_cases_of_a_file_come_without_texts_and_without_their_point(bare: Store) -> None:
    put(bare, "cases", case("c9"))
    assert put(bare, "cases", case("c9")).unchanged == 1
    unnamed = case("c9").drop(columns="household_id")
    assert put(bare, "cases", unnamed).unchanged == 1
    freed = put(bare, "cases", case("c9", household_id=[None]))
    assert freed.updated == 1
    row = bare.cases(scope=EVERYWHERE, ids=["c9"]).iloc[0]
    assert (row["title"], row["note"], row["status"], row.geometry) == (None, None, None, None)
    assert row["category"] == "water"


def test_a_device_that_comes_late_brings_the_visit_and_not_the_words(bare: Store) -> None:
    visit = VisitReport(str(uuid.uuid4()), "h1", NOW, TODAY, "met", note=SECRET)
    opened = CaseReport(
        str(uuid.uuid4()), "h1", NOW, TODAY, None, {"category": "water", "title": SECRET}
    )
    change = CaseChange(
        str(uuid.uuid4()), opened.client_id, "closed", NOW, TODAY, None, {"note": SECRET}
    )
    for _ in range(2):  # the second time it is known for a repeat
        with bare.write() as w:
            found = [
                *w.record_visits([visit], BY, EVERYWHERE),
                w.open_case(opened, BY, EVERYWHERE),
                w.change_case(change, BY, EVERYWHERE),
            ]
        assert [kept.state for kept in found] == [ACCEPTED] * 3
    assert [kept.repeat for kept in found] == [True] * 3
    held = bare.held("h1")
    assert visit.client_id in [row["id"] for row in held["visits"]]
    assert [row["kind"] for row in held["case_changes"]] == ["opened", "closed"]
    assert SECRET not in said(bare)


def test_a_decision_brings_the_visit_and_not_the_words(bare: Store) -> None:
    with bare.write() as w:
        w.add_visits([VisitReport(str(uuid.uuid4()), "h1", NOW, TODAY, "met", note=SECRET)], BY)
    assert SECRET not in said(bare)


def test_all_points_that_are_held_are_told(county: Store) -> None:
    put(county, "cases", case("c9"))
    held = county.held("h1")
    assert {"lon", "lat"} <= set(held["households"][0])
    assert [(row["lon"], row["lat"]) for row in held["cases"] if row["id"] == "c9"] == [
        (100.123, 30.321)
    ]
