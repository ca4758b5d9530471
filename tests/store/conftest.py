"""A small county for the store's tests.

      100       101       102       103
    31 +---------+---------+---------+
       |   g1    |   g2    |   g3    |
    30 +---------+---------+---------+
         village 111       township 12
       (township 11)

Households: h1 in g1, h2 in g2, h3 in g3, far outside every grid, lost without position but in g1
by its word, adrift without position in township 12 by its word, nowhere without any hint.
"""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from gisgrid.store import Store

CRS = "EPSG:4326"


class Town:
    """Frames of the small county; every call makes new ones."""

    listed = date(2026, 1, 1)

    def areas(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "code": ["1", "11", "12", "111"],
                "name": ["County", "East", "West", "Well"],
                "level": ["county", "township", "township", "village"],
                "parent_code": [None, "1", "1", "11"],
            }
        )

    def grids(self) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {
                "code": ["g1", "g2", "g3"],
                "name": ["One", "Two", None],
                "area_code": ["111", "111", "12"],
                "member": ["Li", "Wang", None],
                "visit_every_days": pd.array([7, None, 14], dtype="Int64"),
            },
            geometry=[box(100, 30, 101, 31), box(101, 30, 102, 31), box(102, 30, 103, 31)],
            crs=CRS,
        )

    def households(self) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {
                "id": ["h1", "h2", "h3", "far", "lost", "adrift", "nowhere"],
                "name": ["张三", "李四", "100%_x", None, "Zhao", None, None],
                "address": ["1 Well Lane", None, "3 Hill", None, None, None, None],
                "visit_every_days": pd.array([None, 3, *[None] * 5], dtype="Int64"),
                "listed_on": [self.listed] * 7,
                "unlisted_on": [None, date(2026, 9, 1), *[None] * 5],
                "grid_code": [None, None, None, None, "g1", "12", None],
            },
            geometry=[
                Point(100.5, 30.5),
                Point(101.5, 30.5),
                Point(102.5, 30.5),
                Point(110, 35),
                None,
                None,
                None,
            ],
            crs=CRS,
        )

    def visits(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "id": ["v1", "v2", "v3"],
                "household_id": ["h1", "h3", "lost"],
                "visited_at": pd.to_datetime(
                    [
                        "2026-11-01T15:59:59.999Z",
                        "2026-11-01T16:00:00.000Z",
                        "2026-11-03T02:00:00.000Z",
                    ]
                ),
                "outcome": ["met", "no_one_home", "phone"],
                "member": ["Li", "Wang", "Li"],
                "note": [None, "dog", None],
                "client_id": [None, None, "device-1"],
            }
        )

    def cases(self) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {
                "id": ["c1", "c2", "c3", "c4"],
                "household_id": ["h1", "h3", None, None],
                "category": ["water", "road", "road", None],
                "title": ["No water", None, "Hole", None],
                "opened_on": [date(2026, 10, 1)] * 4,
                "due_on": [date(2026, 10, 8), None, None, None],
                "closed_on": [None, date(2026, 10, 5), None, None],
                "status": [None, "done", None, None],
                "note": [None] * 4,
            },
            # c2 has its own point in g2, though its household lies in g3; c4 lies nowhere.
            geometry=[None, Point(101.2, 30.2), Point(100.2, 30.2), None],
            crs=CRS,
        )

    def fill(self, store: Store) -> Store:
        """All of it in one transaction."""
        with store.write() as w:
            w.put_areas(self.areas())
            w.put_grids(self.grids())
            w.put_households(self.households())
            w.put_visits(self.visits())
            w.put_cases(self.cases())
        return store


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def county(store: Store, town: Town) -> Store:
    """A store that holds the small county."""
    return town.fill(store)
