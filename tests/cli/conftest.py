"""The command line, run in this process on a store of a few rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from shapely.geometry import Point, box

from gisgrid.cli import main
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Result]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store with one township, two grids and five households."""
    url = str(tmp_path / "county.gpkg")
    areas = pd.DataFrame(
        [("C", "会宁县", "county", None), ("T", "新添堡", "township", "C")],
        columns=["code", "name", "level", "parent_code"],
    )
    grids = gpd.GeoDataFrame(
        {
            "code": ["G1", "G2"],
            "name": ["桥头", "Second"],
            "area_code": ["T", "T"],
            "member": [None, None],
            "visit_every_days": [None, None],
        },
        geometry=[box(105, 35, 105.01, 35.01), box(105.01, 35, 105.02, 35.01)],
        crs="EPSG:4326",
    )
    ids = [f"H{n}" for n in range(5)]
    households = gpd.GeoDataFrame(
        {
            "id": ids,
            "name": [f"Name {n}" for n in ids],
            "address": [None] * 5,
            "visit_every_days": [None] * 5,
            "listed_on": [date(2026, 9, 1)] * 5,
            "unlisted_on": [None] * 5,
            "grid_code": [None] * 5,
        },
        geometry=[Point(105.0025 + 0.005 * n, 35.005) for n in range(4)] + [None],
        crs="EPSG:4326",
    )
    visits = pd.DataFrame(
        [("v1", "H0", datetime(2026, 11, 20, 2, tzinfo=UTC), "met", None, None, None)],
        columns=["id", "household_id", "visited_at", "outcome", "member", "note", "client_id"],
    )
    cases: Any = gpd.GeoDataFrame(
        {
            "id": ["c1"],
            "household_id": ["H0"],
            "category": ["water"],
            "title": [None],
            "opened_on": [date(2026, 11, 1)],
            "due_on": [date(2026, 11, 10)],
            "closed_on": [None],
            "status": [None],
            "note": [None],
        },
        geometry=[None],
        crs="EPSG:4326",
    )
    with Store.create(url) as store, store.write() as w:
        w.put_areas(areas)
        w.put_grids(grids, valid_from=None)
        w.put_households(households)
        w.place(ids, ["G1", "G1", "G2", "G2", None])
        w.put_visits(visits)
        w.put_cases(cases)
    return url


@pytest.fixture
def run(url: str) -> Run:
    """`run("coverage", "--by", "grid")` -> what came of it, on the fixture's store."""

    def command(*args: str, store: str | None = url, **more: Any) -> Result:
        first = ["--store", store] if store else []
        return CliRunner().invoke(main, [*first, *args], **more)

    return command
