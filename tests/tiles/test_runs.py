from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gisgrid.errors import UnknownWord
from gisgrid.tiles import BUFFER, EXTENT, Address, Points, bin_points


def county(count=20_000, seed=1):
    rng = np.random.default_rng(seed)
    lon, lat = rng.normal(105, 0.3, count), rng.normal(36, 0.3, count)
    lon[::50] = np.nan
    lat[::50] = np.nan
    return lon, lat


POINTS = Points.of(*county())


@settings(max_examples=100, deadline=None)
@given(z=st.integers(0, 20), at=st.integers(0, len(POINTS.x) - 1), east=st.integers(-1, 1))
def test_a_tile_holds_exactly_the_points_within_it_and_its_buffer(z, at, east):
    side = 1 << z
    x = min(max(int(POINTS.x[at] * side) + east, 0), side - 1)
    address = Address.checked(z, x, min(int(POINTS.y[at] * side), side - 1))
    found = POINTS.within(address)
    assert len(np.unique(found)) == len(found)
    px, py = address.units(POINTS.x, POINTS.y)
    inside = (np.minimum(px, py) >= -BUFFER) & (np.maximum(px, py) < EXTENT + BUFFER)
    assert set(np.flatnonzero(inside)) <= set(found.tolist())
    # What is found beyond lies within a sixteenth of a tile of the buffer's cells.
    assert (np.minimum(px, py)[found] >= -256 - 1).all()
    assert (np.maximum(px, py)[found] <= EXTENT + 256 + 1).all()


def test_points_without_a_position_are_in_no_tile():
    lon, _ = county()
    assert set(POINTS.row.tolist()) == set(np.flatnonzero(~np.isnan(lon)).tolist())
    assert (np.diff(POINTS.key.astype(np.float64)) >= 0).all()


def test_the_world_tile_has_no_neighbours():
    assert len(POINTS.within(Address(0, 0, 0))) == len(POINTS.x)


@pytest.mark.parametrize("z", [4, 8, 10, 12])
def test_bins_hold_every_point_once(z):
    side = 1 << z
    address = Address(z, int(0.7916 * side), int(0.3935 * side))
    at = POINTS.within(address)
    gap = POINTS.row[at] % 3 == 0
    x, y, sums = bin_points(address, POINTS.key[at], (POINTS.x[at], POINTS.y[at]), {"g": gap})
    assert sums["n"].sum() == len(at)
    assert sums["g"].sum() == gap.sum()
    px, py = address.units(POINTS.x[at], POINTS.y[at])
    # An independent count by cells of 64 units.
    place = np.floor(np.stack([POINTS.x[at], POINTS.y[at]]) * side * 64)
    assert sorted(np.unique(place, axis=1, return_counts=True)[1]) == sorted(sums["n"])
    assert x.min() >= px.min()
    assert y.max() <= py.max()


def test_an_empty_tile_has_no_bins():
    none = np.empty(0)
    x, _, sums = bin_points(
        Address(3, 0, 0), none.astype(np.uint64), (none, none), {"g": none.astype(bool)}
    )
    assert len(x) == 0
    assert sums.keys() == {"n", "g"}


@pytest.mark.parametrize(("z", "x", "y"), [(-1, 0, 0), (21, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_a_tile_that_does_not_exist_is_refused(z, x, y):
    with pytest.raises(UnknownWord):
        Address.checked(z, x, y)
