"""Every zone of CGCS2000, Xi'an 1980 and Beijing 1954 is read from a .prj, east first."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest

from gisgrid.exchange.crs import file_crs, to_degrees

CGCS2000 = (4490, *range(4491, 4555))
OLDER = (4610, *range(2327, 2391), 4214, *range(2401, 2443), *range(21413, 21424))


@pytest.mark.parametrize("form", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_every_zone_is_known_by_its_own_name_and_gives_the_place_back(form: str) -> None:
    for code in CGCS2000:
        system = pyproj.CRS(code)
        found = file_crs(system.to_wkt(form), file="a.shp")
        assert found is not None, code
        # What GDAL wrote before WKT 2 names no datum, and zones of 3 and 6 degrees are alike there.
        if form != "WKT1_GDAL":
            assert found.to_epsg(min_confidence=70) == code
        west, south, east, north = system.area_of_use.bounds
        lon = np.array([(west + east) / 2])
        lat = np.array([(max(south, 18.0) + min(north, 50.0)) / 2])
        x, y = pyproj.Transformer.from_crs(4490, code, always_xy=True).transform(lon, lat)
        if system.is_projected:  # east first: six digits, or eight with the zone's number
            assert 200_000 < x[0] % 1_000_000 < 800_000, code
            assert 1_900_000 < y[0] < 5_600_000, code
        back = to_degrees(x, y, found, "wgs84")
        assert np.allclose(back, [lon, lat], rtol=0, atol=1e-9), code


@pytest.mark.parametrize("form", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_older_zones_are_known_too(form: str) -> None:
    for code in OLDER:
        system = pyproj.CRS(code)
        found = file_crs(system.to_wkt(form), file="a.shp")
        assert found is not None, code
        west, south, east, north = system.area_of_use.bounds
        place = (west + east) / 2, (south + north) / 2  # in its own datum, whatever that is worth
        there = pyproj.Transformer.from_crs(system.geodetic_crs, system, always_xy=True)
        back = pyproj.Transformer.from_crs(found, found.geodetic_crs, always_xy=True)
        assert back.transform(*there.transform(*place)) == pytest.approx(place, abs=1e-9), code
        assert found.ellipsoid.inverse_flattening == system.ellipsoid.inverse_flattening, code
