"""Geometry comes back from either database bit by bit as it went in."""

from __future__ import annotations

import struct
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon

from gisgrid.access import EVERYWHERE
from gisgrid.store import PutCounts, Store, geometry

lon = st.floats(-180, 180, allow_nan=False, width=64)
lat = st.floats(-90, 90, allow_nan=False, width=64)
points = st.one_of(st.none(), st.builds(Point, lon, lat))


@st.composite
def polygons(draw: Any) -> Polygon | MultiPolygon:
    """Polygons with and without holes, alone or several; valid or not does not matter here."""

    def ring() -> list[tuple[float, float]]:
        return draw(st.lists(st.tuples(lon, lat), min_size=3, max_size=6, unique=True))

    parts = [
        Polygon(ring(), [ring() for _ in range(draw(st.integers(0, 2)))])
        for _ in range(draw(st.integers(1, 3)))
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


many = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@many
@given(st.lists(points, min_size=1, max_size=20))
def test_points_make_the_round_trip(store: Store, given_points: list[Point | None]) -> None:
    ids = [f"h{i}" for i in range(len(given_points))]
    rows = gpd.GeoDataFrame({"id": ids}, geometry=given_points, crs="EPSG:4326")
    with store.write() as w:
        w.put_households(rows)
        assert w.put_households(rows) == PutCounts(0, 0, len(rows))
    back = store.households(scope=EVERYWHERE, ids=ids).set_index("id").geometry[ids]
    assert shapely.equals_identical(
        np.array(back.array, dtype=object), np.array(given_points, dtype=object)
    ).tolist() == [p is not None for p in given_points]
    assert [p is None for p in back] == [p is None for p in given_points]
    columns = store.household_columns(scope=EVERYWHERE)
    at = {name: i for i, name in enumerate(columns["id"])}
    for name, place in zip(ids, given_points, strict=True):
        if place is not None:
            assert (columns["lon"][at[name]], columns["lat"][at[name]]) == (place.x, place.y)


@many
@given(st.lists(polygons(), min_size=1, max_size=5))
def test_polygons_make_the_round_trip(store: Store, shapes: list[Any]) -> None:
    rows = gpd.GeoDataFrame(
        {"code": [f"g{i}" for i in range(len(shapes))]}, geometry=shapes, crs="EPSG:4326"
    )
    with store.write() as w:
        w.put_grids(rows)
        assert w.put_grids(rows) == PutCounts(0, 0, len(rows))
    back = store.grids(scope=EVERYWHERE).geometry
    assert shapely.equals_identical(
        np.array(back.array, dtype=object), np.array(shapes, dtype=object)
    ).all()


def test_points_from_other_programs_are_read_in_any_byte_order_and_with_envelopes() -> None:
    place = Point(105.25, 35.5)
    big = shapely.to_wkb(place, byte_order=0)
    empty = shapely.to_wkb(Point(), byte_order=1)
    head = b"GP\x00"
    blobs = [
        head + b"\x00\x00\x00\x10\xe6" + big,
        head + b"\x03\xe6\x10\x00\x00" + bytes(32) + shapely.to_wkb(place, byte_order=1),
        head + b"\x11\xe6\x10\x00\x00" + empty,
        None,
        geometry.gpkg_points(np.array([105.25]), np.array([35.5]))[0],
    ]
    x, y = geometry.gpkg_lonlat(blobs)
    np.testing.assert_array_equal(x, [105.25, 105.25, np.nan, np.nan, 105.25])
    np.testing.assert_array_equal(y, [35.5, 35.5, np.nan, np.nan, 35.5])


def test_a_polygon_carries_its_envelope_for_other_programs() -> None:
    shape = geometry.multi([shapely.box(100, 30, 103, 31)])
    (blob,) = geometry.gpkg_polygons(shape)
    assert struct.unpack("<2sBBi4d", blob[:40]) == (b"GP", 0, 3, 4326, 100, 103, 30, 31)
    assert shapely.from_wkb(blob[40:]) == shape[0]


def test_heights_are_left_out(store: Store) -> None:
    rows = gpd.GeoDataFrame({"id": ["a"]}, geometry=[Point(100, 30, 1200)], crs="EPSG:4326")
    with store.write() as w:
        w.put_households(rows)
        solid = Polygon([(0, 0, 1), (1, 0, 1), (1, 1, 1)])
        w.put_grids(gpd.GeoDataFrame({"code": ["g"]}, geometry=[solid], crs="EPSG:4326"))
    assert not store.households(scope=EVERYWHERE).geometry.has_z.any()
    assert not store.grids(scope=EVERYWHERE).geometry.has_z.any()


@pytest.mark.parametrize("kind", [geometry.gpkg_points, geometry.hex_points])
def test_no_points_are_no_blobs(kind: Any) -> None:
    assert kind(np.array([]), np.array([])) == []


@many
@given(st.lists(st.one_of(points, polygons()), min_size=1, max_size=9), st.sampled_from([0, 1]))
def test_the_wkb_of_what_postgis_writes_is_that_of_the_shape(shapes: list[Any], order: int) -> None:
    marked = shapely.set_srid(np.array(shapes, dtype=object), geometry.SRID)
    texts = shapely.to_wkb(marked, hex=True, byte_order=order, include_srid=True)
    expected = shapely.to_wkb(np.array(shapes, dtype=object), byte_order=1).tolist()
    assert geometry.hex_wkb(texts.tolist()).tolist() == expected
