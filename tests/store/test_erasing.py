"""Taking a person out: personal data go, figures stay."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from gisgrid.access import EVERYWHERE
from gisgrid.errors import UnknownHousehold
from gisgrid.snapshot import ReadModel
from gisgrid.store import Store
from gisgrid.store.erasing import ENOUGH

TODAY = date(2026, 11, 20)
HERE = Point(100.123456789, 30.987654321)
CANARIES = {
    "name": "Canary-name-张三丰",
    "address": "Canary-address-井巷一号",
    "note": "Canary-note-病",
    "title": "Canary-title-无水",
    "status": "Canary-status",
}


def home(number: str, point: Point | None, **more: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"id": [number], **{k: [v] for k, v in more.items()}}, geometry=[point], crs=4326
    )


def add_canary(store: Store) -> None:
    """A household with something personal in every field, and neighbours."""
    chance = random.Random(1)  # noqa: S311
    with store.write(today=date(2026, 9, 1)) as w:
        for n in range(ENOUGH):
            w.put_households(home(f"n{n}", Point(100 + chance.random(), 30 + chance.random())))
        w.put_households(
            home("canary", HERE, name=CANARIES["name"], address=CANARIES["address"], grid_code="g1")
        )
        w.put_visits(
            pd.DataFrame(
                {
                    "id": ["cv1"],
                    "household_id": ["canary"],
                    "visited_at": pd.to_datetime(["2026-11-05T01:00:00Z"]),
                    "outcome": ["met"],
                    "note": [CANARIES["note"]],
                }
            )
        )
        w.put_cases(
            gpd.GeoDataFrame(
                {
                    "id": ["cc1"],
                    "household_id": ["canary"],
                    "category": ["water"],
                    "opened_on": [date(2026, 10, 1)],
                    "title": [CANARIES["title"]],
                    "note": [CANARIES["note"]],
                    "status": [CANARIES["status"]],
                },
                geometry=[Point(100.223456789, 30.887654321)],
                crs=4326,
            )
        )


def figures(store: Store) -> list[Any]:
    """What is counted on days of the past, by grid."""
    found = []
    snapshot = ReadModel(store).current()
    for day in (date(2026, 9, 5), date(2026, 11, 6), date(2026, 11, 19)):
        found += [snapshot.tally(day).tolist(), snapshot.case_tally(day).tolist()]
    return found


def test_what_is_personal_goes_and_figures_of_past_days_stay(county: Store) -> None:
    add_canary(county)
    before = figures(county)
    with county.write(today=TODAY) as w:
        done = w.erase("canary")
    assert done.rows == 3
    row = county.households(scope=EVERYWHERE, ids=["canary"]).iloc[0]
    assert (row["name"], row["address"], row["unlisted_on"]) == (None, None, TODAY)
    assert row["placed_in"] == "g1"
    assert row.geometry.distance(Point(100.123456789, 30.987654321)) > 1e-6
    case = county.cases(scope=EVERYWHERE, ids=["cc1"]).iloc[0]
    assert (case["title"], case["note"], case["status"]) == (None, None, None)
    assert case["category"] == "water"
    assert case.geometry.distance(Point(100.223456789, 30.887654321)) > 1e-6
    visit = county.visits(scope=EVERYWHERE, household_ids=["canary"]).iloc[0]
    assert (visit["note"], visit["outcome"]) == (None, "met")
    assert figures(county) == before


def test_figures_stay_also_on_the_plans_of_the_past(county: Store, town: Any) -> None:
    """The new place lies in the part that all plans have kept together."""
    add_canary(county)
    moved = town.grids()
    moved.geometry = [box(100, 30, 100.6, 31), box(100.6, 30, 102, 31), box(102, 30, 103, 31)]
    with county.write(today=date(2026, 11, 1)) as w:
        w.put_grids(moved, valid_from=date(2026, 11, 1))
        for n in range(ENOUGH):
            w.put_households(home(f"m{n}", Point(100.1 + n / 25, 30.5)))
            w.put_households(home(f"o{n}", Point(100.65 + n / 50, 30.5)))
    with county.write(today=date(2026, 11, 10)) as w:
        w.put_grids(town.grids(), valid_from=date(2026, 11, 10))
    before, ids = figures(county), ["canary", *(f"n{n}" for n in range(ENOUGH))]
    with county.write(today=TODAY) as w:
        for household in ids:
            w.erase(household)
    assert figures(county) == before
    assert county.households(scope=EVERYWHERE, ids=ids).geometry.notna().any()


def test_where_few_live_the_position_goes_altogether(county: Store) -> None:
    with county.write(today=TODAY) as w:
        w.erase("h3")  # alone in g3
        w.erase("far")  # outside every grid
        w.erase("lost")  # never had one
    rows = county.households(scope=EVERYWHERE, ids=["h3", "far", "lost"]).set_index("id")
    assert all(point is None for point in rows.geometry)
    assert rows["placed_in"].tolist() == [None, "g3", "g1"]


def test_no_byte_of_it_is_left_in_any_file_of_the_store(gpkg: Store, town: Any) -> None:
    town.fill(gpkg)
    add_canary(gpkg)
    away = Point(100.5, 30.5)
    with gpkg.write() as w:  # rows that push others from page to page
        for size in (10, 200, 3, 400, 90):
            for n in range(60):
                w.put_households(home(f"x{n}", None, name="y" * size))
                w.put_households(home(f"n{n % ENOUGH}", away, name="z" * size))
    point = gpkg.households(scope=EVERYWHERE, ids=["canary"]).geometry.iloc[0]
    secret = [text.encode() for text in CANARIES.values()]
    secret += [point.wkb[5:13], point.wkb[13:21]]
    folder = Path(gpkg.url).parent
    assert all(any(s in p.read_bytes() for p in copies(folder)) for s in secret)
    with gpkg.write(today=TODAY) as w:
        w.erase("canary")
    assert gpkg.sweep()
    for path in copies(folder):
        for text in secret:
            assert text not in path.read_bytes(), (path.name, text)


def copies(folder: Path) -> list[Path]:
    """The files of a store, looked at by another process: an open() here would drop our locks."""
    import subprocess
    import tempfile

    target = Path(tempfile.mkdtemp(dir=folder.parent))
    subprocess.run(["cp", "-r", f"{folder}/.", target], check=True)
    return [path for path in target.rglob("*") if path.is_file()]


def test_a_sweep_waits_for_who_reads_and_says_so(gpkg: Store, town: Any) -> None:
    town.fill(gpkg)
    with Store.open(gpkg.url, patience=0.1) as hasty, gpkg.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM households").all()
        with hasty.write(today=TODAY) as w:
            w.erase("h1")
        assert not hasty.sweep()
    assert gpkg.sweep()
    assert gpkg.sweep()


def test_who_is_not_there_cannot_be_erased(county: Store) -> None:
    with pytest.raises(UnknownHousehold), county.write() as w:
        w.erase("nobody")
    assert county.erased() == []


def test_all_that_is_held_comes_by_table(county: Store) -> None:
    add_canary(county)
    held = county.held("canary")
    assert held["households"][0]["name"] == CANARIES["name"]
    assert held["visits"][0]["note"] == CANARIES["note"]
    assert held["cases"][0]["title"] == CANARIES["title"]
    assert not any(county.held("nobody").values())
