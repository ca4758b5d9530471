"""Rules of coordinates: the one Morton key, the one metric CRS, the one distance.

Everything in the store is EPSG:4326, longitude first. Lengths and areas are never worked out in
degrees or in EPSG:3857: `metric_crs` decides where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

if TYPE_CHECKING:
    import numpy.typing as npt

    from gisgrid.columns import Floats

MORTON_BITS = 26
"""Bits a side: 2**26 cells around the equator are 0.6 m each, below what a household needs."""

MAX_LATITUDE = 85.0511287798066
"""Where the square of the web map ends (arctan(sinh(pi)))."""


METRES_A_DEGREE = 111_320.0
"""Of latitude: near enough for what lies near; lengths that are told are measured in metric_crs."""

_GEOD = pyproj.Geod(ellps="WGS84")


def metres_apart(lon: Floats, lat: Floats, other_lon: Floats, other_lat: Floats) -> Floats:
    """Distance on the ground; plain trigonometry, enough for some hundred metres. NaN stays NaN."""
    east = (lon - other_lon) * np.cos(np.radians(lat))
    distance: Floats = np.hypot(east, lat - other_lat) * METRES_A_DEGREE
    return distance


def square_metres(shape: Any) -> float | None:
    """Area of a shape in degrees on the ellipsoid, to a tenth; None for none."""
    if shape is None:
        return None
    return round(abs(float(_GEOD.geometry_area_perimeter(shape)[0])), 1)


def mercator_unit(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """EPSG:4326 degrees -> x, y in [0, 1] of the web map's square, y southward.

    Only for tiles and keys, never for lengths. Latitudes beyond MAX_LATITUDE are clipped; NaN
    stays NaN. Source: OGC 17-083r4, annex D (WebMercatorQuad).
    """
    x = np.asarray(lon) / 360.0 + 0.5
    sin = np.sin(np.radians(np.clip(lat, -MAX_LATITUDE, MAX_LATITUDE)))
    y = 0.5 - np.log((1 + sin) / (1 - sin)) / (4 * np.pi)
    return x, y


def morton(lon: Floats, lat: Floats) -> npt.NDArray[np.uint64]:
    """Z-order key of each point: bits of tile column and row at zoom 26, interleaved (y above x).

    The key of the tile z/x/y that holds a point is `key >> 2 * (26 - z)`. NaN gives 0.
    """
    x, y = mercator_unit(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    side = 1 << MORTON_BITS
    column = np.clip(np.nan_to_num(x) * side, 0, side - 1).astype(np.uint64)
    row = np.clip(np.nan_to_num(y) * side, 0, side - 1).astype(np.uint64)
    key = cell_key(column, row)
    key[np.isnan(x) | np.isnan(y)] = 0
    return key


def cell_key(column: npt.ArrayLike, row: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    """Z-order key of cells of one zoom: the bits of column and row, interleaved (row above).

    Both from 0, below 2**32. The cell of zoom z holds the points whose `morton` is
    key << 2 * (26 - z) up to the next key's.
    """
    columns = np.asarray(column, dtype=np.uint64)
    return _spread(columns) | (_spread(np.asarray(row, dtype=np.uint64)) << np.uint64(1))


_SPREAD_STEPS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def _spread(value: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A zero bit between any two bits (32 bits in, 64 out)."""
    for shift, mask in _SPREAD_STEPS:
        value = (value | (value << np.uint64(shift))) & np.uint64(mask)
    return value


def metric_crs(bounds: tuple[float, float, float, float]) -> pyproj.CRS:
    """The CRS, in metres, in which a county with these EPSG:4326 bounds is measured.

    Lambert azimuthal equal-area on WGS 84, centred on the bounds: areas are exact and lengths are
    right to 1 in 10,000 within 100 km of the centre, whichever UTM zones the county straddles.
    """
    west, south, east, north = bounds
    return pyproj.CRS.from_dict(
        {
            "proj": "laea",
            "lon_0": round((west + east) / 2, 4),
            "lat_0": round((south + north) / 2, 4),
        }
    )
