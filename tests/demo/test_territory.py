from __future__ import annotations

import numpy as np
import pytest
import shapely

from gisgrid import demo
from gisgrid.columns import Plan
from gisgrid.coverage import place
from gisgrid.demo import territory


def test_the_grids_are_a_valid_partition_of_the_outline(land, county):
    assert shapely.is_valid(land.polygon).all()
    assert (shapely.get_type_id(land.polygon) == 3).all()
    assert shapely.coverage_is_valid(land.polygon)
    whole = shapely.union_all(land.polygon)
    # The lattice of 1e-7 degrees moves a corner by a centimetre: 7 ha of 5,600 km² at most.
    assert shapely.symmetric_difference(whole, county.outline).area < 1e-6
    assert shapely.hausdorff_distance(whole, county.outline) < 2e-7
    assert shapely.area(land.polygon).sum() == pytest.approx(whole.area, rel=1e-12)


def test_every_level_is_the_union_of_the_one_below_and_in_one_piece(land):
    codes = land.codes[land.village]
    villages = [shapely.union_all(land.polygon[codes == code]) for code in np.unique(codes)]
    of_township = np.array([code[:9] for code in np.unique(codes)])
    assert len(villages) == 322
    assert all(shapely.get_type_id(village) == 3 for village in villages)
    townships = [
        shapely.union_all(np.array(villages)[of_township == t]) for t in np.unique(of_township)
    ]
    assert len(townships) == 28
    assert all(shapely.get_type_id(township) == 3 for township in townships)
    assert shapely.coverage_is_valid(np.array(villages))
    assert shapely.coverage_is_valid(np.array(townships))


def test_every_household_lies_in_exactly_the_grid_that_it_was_made_for(land):
    none = np.empty(len(land.grid_code), dtype=object)
    plan = Plan(
        revision=1,
        valid_from=None,
        valid_to=None,
        code=land.grid_code,
        name=none,
        member=none,
        area=np.zeros(len(none), dtype=np.int32),
        every=np.zeros(len(none), dtype=np.int32),
        geometry=land.polygon,
    )
    assert (place(land.lon, land.lat, plan) == land.grid).all()
    assert list(land.grid_code) == sorted(set(land.grid_code))


def test_townships_have_their_published_households_and_about_their_areas(land, county):
    township = np.array([code[:9] for code in land.codes[land.village]])
    homes = np.bincount(land.grid, minlength=len(township))
    areas = shapely.area(land.polygon)
    published = sum(t.area_km2 for t in county.townships)
    for known in county.townships:
        own = township == known.code[:9]
        assert homes[own].sum() == known.households
        share = areas[own].sum() / areas.sum()
        assert share == pytest.approx(known.area_km2 / published, rel=0.25)


def test_grids_have_about_eighty_households(land):
    homes = np.bincount(land.grid, minlength=len(land.grid_code))
    assert 1_700 <= len(homes) <= 1_900
    assert homes.mean() == pytest.approx(80, abs=4)
    assert np.percentile(homes, 2) >= 35
    assert np.percentile(homes, 98) <= 140


def test_known_seats_lie_in_or_near_their_townships(land, county):
    township = np.array([code[:9] for code in land.codes[land.village]])
    near = 0
    for known in county.townships:
        if known.seat:
            own = shapely.union_all(land.polygon[township == known.code[:9]])
            near += shapely.distance(own, shapely.Point(known.seat)) < 0.03
    assert near >= 18


def test_coordinates_lie_on_the_lattice(land):
    where = shapely.get_coordinates(land.polygon)
    assert np.abs(where * 1e7 - np.round(where * 1e7)).max() < 1e-4


def test_one_township_has_the_same_households_as_in_the_county(land, county):
    index = [t.code[:9] for t in county.townships].index("620422202")
    alone = territory.invent(county, demo.SEED, index)
    own = np.array([code.startswith("620422202") for code in land.grid_code])[land.grid]
    assert len(alone.lon) == own.sum() == county.townships[index].households
    assert shapely.coverage_is_valid(alone.polygon)
    # Rounded lines may move a few; the rest stand where they stand in the county.
    same = set(zip(alone.lon, alone.lat, strict=True)) & set(
        zip(land.lon[own], land.lat[own], strict=True)
    )
    assert len(same) > 0.8 * own.sum()


def test_the_same_seed_gives_the_same_county(county):
    one, other = (territory.invent(county, 5, 27) for _ in range(2))
    assert shapely.equals_exact(one.polygon, other.polygon, 0).all()
    assert (one.lon == other.lon).all()
    assert (territory.invent(county, 6, 27).lon != one.lon).any()
