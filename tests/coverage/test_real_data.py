"""Real layers, read in place: what `place` and the rules say against pandas and shapely alone."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gisgrid.columns import FAR_DAY, NO_DAY, Cases, day_number
from gisgrid.coverage import Places, case_placement, case_state, is_open, place, tally_cases

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisgrid.columns import Plan

pytestmark = pytest.mark.real_data
AS_OF = date(2018, 7, 1)


def test_every_address_of_the_isle_of_man_lies_in_exactly_one_parish(
    shared_data: Path, make_plan: Callable[..., Plan]
) -> None:
    parishes = gpd.read_file(shared_data / "B_points" / "iom_boundaries_osm.gpkg", layer="parishes")
    addresses = pd.read_csv(shared_data / "B_points" / "iom_addresses_osm.csv")
    plan = make_plan(dict(zip(parishes["name"], parishes.geometry, strict=True)))
    found = place(addresses["lon"].to_numpy(), addresses["lat"].to_numpy(), plan)
    assert (len(plan.code), len(found)) == (24, 4231)
    points = shapely.points(addresses["lon"], addresses["lat"])
    holding = np.array([shapely.contains(parish, points) for parish in plan.geometry])
    assert (holding.sum(axis=0) == 1).all()
    assert (holding.argmax(axis=0) == found).all()


@pytest.fixture(scope="module")
def baltimore(shared_data: Path) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """The 311 rows with their days and usable positions, and the council districts."""
    folder = shared_data / "C_cases"
    rows = pd.read_csv(folder / "baltimore_311_dev.csv", dtype=str)
    for ours, theirs in (("opened", "CreatedDate"), ("due", "DueDate"), ("closed", "CloseDate")):
        rows[ours] = pd.to_datetime(rows[theirs], format="%m/%d/%Y %I:%M:%S %p").dt.date
    lon, lat = pd.to_numeric(rows["Longitude"]), pd.to_numeric(rows["Latitude"])
    usable = lon.notna() & lat.notna() & ~((lon % 1 == 0) & (lat % 1 == 0))
    rows["lon"], rows["lat"] = lon.where(usable), lat.where(usable)
    districts = gpd.read_file(folder / "baltimore_council_districts.gpkg").to_crs("EPSG:4326")
    return rows, districts


def columns_of(rows: pd.DataFrame) -> Cases:
    def days(name: str) -> Any:
        return np.array([FAR_DAY if pd.isna(d) else day_number(d) for d in rows[name]], np.int32)

    return Cases(
        id=rows["SRRecordID"].to_numpy(object),
        household=np.full(len(rows), -1, np.int32),
        lon=rows["lon"].to_numpy(float),
        lat=rows["lat"].to_numpy(float),
        own_point=rows["lon"].notna().to_numpy(),
        opened=days("opened"),
        due=days("due"),
        closed=days("closed"),
        category=np.zeros(len(rows), np.int32),
        categories=np.array([""], object),
        since=np.full(len(rows), NO_DAY),
        until=np.full(len(rows), FAR_DAY),
    )


def test_baltimores_requests_are_all_counted_and_none_is_dropped(
    baltimore: tuple[pd.DataFrame, gpd.GeoDataFrame], make_plan: Callable[..., Plan]
) -> None:
    rows, districts = baltimore
    codes = districts["name"].astype(str).str.zfill(2)
    plan = make_plan(dict(zip(codes, districts.geometry, strict=True)))
    cases, places = columns_of(rows), Places(len(plan.code), 0)
    own = place(cases.lon, cases.lat, plan)
    grid = case_placement(cases, own, np.empty(0, np.int32))
    state = case_state(cases, day=day_number(AS_OF))
    where = places.of(grid, np.full(len(rows), -1, np.int32))
    tally = tally_cases(where, places, state, None)

    # Once more with pandas and shapely alone.
    point = gpd.GeoSeries(gpd.points_from_xy(rows["lon"], rows["lat"]))
    within = np.array([point.intersects(d) for d in districts.geometry]).any(axis=0)
    still = (rows["opened"] <= AS_OF) & ~(rows["closed"] <= AS_OF).where(
        rows["closed"].notna(), False
    )
    located = rows["lon"].notna()

    assert (len(plan.code), len(rows)) == (14, 5000)
    assert tally[:14, 0].sum() == (still & within).sum() == 83
    assert (located & (grid < 0)).sum() == (located & ~within).sum() == 84
    assert (~located).sum() == 748
    assert tally[:, 0].sum() == still.sum() == is_open(state.status).sum()
    assert (grid >= 0).sum() + 84 + 748 == 5000
