"""Counties of random people in real stores, each with rules and plans of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from gisgrid.access import CONSOLE
from gisgrid.model import Programme
from gisgrid.operations import rolling
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
RULES = (
    Programme(),
    Programme(visit_every_days=14, soon_days=3, phone_counts=True),
    Programme(visit_every_days=5, soon_days=1, zone="Europe/London"),
)


def areas(county: str) -> pd.DataFrame:
    rows = [(county, f"County {county}", "county", None)]
    for t in "12":
        rows.append((f"{county}{t}", f"Town {t}", "township", county))
        rows += [(f"{county}{t}{v}", f"Village {v}", "village", f"{county}{t}") for v in "12"]
    rows.append((f"{county}3", "Town without a village", "township", county))
    return pd.DataFrame(rows, columns=["code", "name", "level", "parent_code"])


def grids(county: str, shift: float, moved: int) -> gpd.GeoDataFrame:
    """Four grids in a row; `moved` turns the villages that they belong to."""
    villages = [f"{county}{t}{v}" for t in "12" for v in "12"]
    rows = [(f"{county}G{i}", villages[(i + moved) % 4], 10 if i == 2 else None) for i in range(4)]
    frame = pd.DataFrame(rows, columns=["code", "area_code", "visit_every_days"])
    shapes = [box(105 + shift + i / 10, 35, 105 + shift + (i + 1) / 10, 35.1) for i in range(4)]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")


def households(county: str, shift: float, rng: np.random.Generator) -> gpd.GeoDataFrame:
    rows: list[Any] = []
    points: list[Point | None] = []
    for n in range(240):
        listed = TODAY - timedelta(days=int(rng.integers(5, 200)))
        gone = listed + timedelta(days=int(rng.integers(1, 150))) if n % 9 == 0 else None
        every = int(rng.integers(1, 40)) if n % 7 == 0 else None
        named = [f"{county}G1", f"{county}12", f"{county}3", None][n % 4]
        rows.append((f"{county}-{n}", listed, gone, every, named if n % 11 == 0 else None))
        # Some of them outside every grid.
        x = 105 + shift + rng.uniform(-0.02, 0.42)
        points.append(None if n % 11 == 0 else Point(x, 35 + rng.uniform(0, 0.1)))
    names = ["id", "listed_on", "unlisted_on", "visit_every_days", "grid_code"]
    frame = pd.DataFrame(rows, columns=names)
    frame["visit_every_days"] = frame["visit_every_days"].astype("Int64")
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")


def visits(county: str, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for n in range(240):
        for k in range(int(rng.integers(0, 9))):
            at = NOW - timedelta(days=int(rng.integers(0, 150)), minutes=int(rng.integers(0, 600)))
            kind = ("met", "met", "phone", "no_one_home", "refused")[int(rng.integers(0, 5))]
            rows.append((f"{county}-{n}-{k}", f"{county}-{n}", at, kind))
    return pd.DataFrame(rows, columns=["id", "household_id", "visited_at", "outcome"])


@pytest.fixture(scope="session")
def counties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Workspace]]:
    """Three workspaces: other rules, other zones, plans that changed twice."""
    folder = tmp_path_factory.mktemp("counties")
    opened = []
    for i, rules in enumerate(RULES):
        code, rng = f"62042{i}", np.random.default_rng(i)
        store = Store.create(str(folder / f"{code}.gpkg"), rules)
        with store.write(today=date(2026, 5, 1)) as w:
            w.put_areas(areas(code))
            w.put_grids(grids(code, i, 0))
        with store.write(today=date(2026, 9, 10)) as w:
            w.put_grids(grids(code, i, 1), valid_from=date(2026, 9, 10))
        with store.write(today=TODAY) as w:
            w.put_grids(grids(code, i, 2), valid_from=date(2026, 11, 1))
            w.put_households(households(code, i, rng))
            w.put_visits(visits(code, rng))
        opened.append(Workspace(store, Settings(store=store.url), lambda: NOW))
    yield opened
    for ws in opened:
        ws.close()


@pytest.fixture(scope="session")
def folder(counties: list[Workspace], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them published, for tests that leave it as it is."""
    made = tmp_path_factory.mktemp("published")
    for ws in counties:
        rolling.publish(ws, CONSOLE, str(made))
    return made
