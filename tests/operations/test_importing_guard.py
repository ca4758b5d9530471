"""Data that look shifted as Chinese web maps shift them: said, never acted upon by itself."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.exchange.datum import from_wgs84, to_wgs84
from gisgrid.exchange.datum_guard import by_outline, by_places
from gisgrid.exchange.outgoing import Form, Outgoing, points
from gisgrid.exchange.writers import write
from gisgrid.operations.importing import ImportOptions, preview, run

RNG = np.random.default_rng(7)
LON, LAT = RNG.uniform(105.0, 105.1, 300), RNG.uniform(35.6, 35.7, 300)


@settings(max_examples=300, deadline=None)
@given(st.floats(74, 134), st.floats(18, 53), st.sampled_from(["gcj02", "bd09"]))
def test_the_shift_is_taken_off_to_less_than_a_millimetre_both_ways(lon, lat, datum) -> None:
    x, y = np.array([lon]), np.array([lat])
    back = to_wgs84(*from_wgs84(x, y, datum), datum)
    forth = from_wgs84(*to_wgs84(x, y, datum), datum)
    for found in (back, forth):
        assert np.hypot(found[0] - x, found[1] - y)[0] * 111_320 < 1e-3


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_known_places_that_moved_together_are_a_shift(datum: str) -> None:
    shift = by_places(*from_wgs84(LON, LAT, datum), LON, LAT)
    assert shift is not None
    assert (shift.datum, shift.share) == (datum, 1.0)
    assert 300 < shift.metres < 1500


def test_places_that_stayed_moved_apart_or_are_few_are_none() -> None:
    assert by_places(LON, LAT, LON, LAT) is None
    assert by_places(LON + RNG.normal(0, 0.004, 300), LAT, LON, LAT) is None
    moved = from_wgs84(LON, LAT, "gcj02")
    assert by_places(moved[0][:4], moved[1][:4], LON[:4], LAT[:4]) is None
    # A fifth shifted, the rest in place: as many lie right as they stand, so nothing is said.
    mixed = (
        np.where(np.arange(300) < 60, moved[0], LON),
        np.where(np.arange(300) < 60, moved[1], LAT),
    )
    assert by_places(*mixed, LON, LAT) is None


def test_places_at_the_edge_tell_without_known_numbers() -> None:
    # Half of them in the middle, half at the eastern edge, to which the shift leads.
    west = np.where(np.arange(50) % 2, 105.0995, 105.05)
    lat = np.linspace(35.61, 35.69, 50)

    def inside(lon, lat):
        return (lon < 105.1) & (lat < 35.7) & (lon > 105) & (lat > 35.6)

    assert by_outline(west, lat, inside) is None
    shift = by_outline(*from_wgs84(west, lat, "gcj02"), inside)
    assert shift is not None
    assert shift.datum == "gcj02"
    assert by_outline(west + 1, lat, inside) is None


@pytest.fixture
def ws(empty_workspace):
    ws = empty_workspace()
    edges = np.linspace(105.0, 105.1, 6), np.linspace(35.6, 35.7, 6)
    boxes = [box(w, s, e, n) for w, e in pairwise(edges[0]) for s, n in pairwise(edges[1])]
    with ws.store.write() as writer:
        frame = gpd.GeoDataFrame(
            {"code": [f"G{n}" for n in range(25)]}, geometry=boxes, crs="EPSG:4326"
        )
        writer.put_grids(frame, valid_from=None)
        homes = gpd.GeoDataFrame(
            {"id": [f"H{n}" for n in range(300)]},
            geometry=gpd.points_from_xy(LON.round(7), LAT.round(7)),
            crs="EPSG:4326",
        )
        writer.put_households(homes)
    return ws


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_shifted_file_is_told_from_a_true_one_and_taken_back_when_asked(
    ws, tmp_path, datum: str
) -> None:
    frame = ws.store.households(scope=EVERYWHERE)
    shapes = points(shapely.get_x(frame.geometry), shapely.get_y(frame.geometry))
    out = Outgoing("households", pd.DataFrame({"id": frame["id"]}), shapes, "Point")
    path = tmp_path / "a.zip"
    write(out, path, "shp", Form(datum=datum))
    word = {"gcj02": "GCJ-02", "bd09": "BD-09"}[datum]
    (told,) = preview(ws, CONSOLE, "households", path, ImportOptions()).notes
    assert told.startswith(f"100 % of the rows fit what is on record if the shift of {word}")
    assert f"--datum {datum}" in told
    report = run(ws, CONSOLE, "households", path, ImportOptions(datum=datum))
    assert (report.notes, report.unchanged) == ([], 300)
    write(out, path, "shp")
    assert preview(ws, CONSOLE, "households", path, ImportOptions()).notes == []


def test_shifted_grids_are_told_as_well(ws, tmp_path) -> None:
    frame = ws.store.grids(scope=EVERYWHERE)
    shapes = frame.geometry.to_numpy()
    out = Outgoing("grids", pd.DataFrame({"code": frame["code"]}), shapes, "MultiPolygon")
    write(out, tmp_path / "a.gpkg", "gpkg", Form(datum="gcj02"))
    options = ImportOptions(whole_plan=True)
    (told,) = preview(ws, CONSOLE, "grids", tmp_path / "a.gpkg", options).notes
    assert told.startswith("100 % of the rows fit")
    report = preview(ws, CONSOLE, "grids", tmp_path / "a.gpkg", ImportOptions(datum="gcj02"))
    assert report.notes == []
