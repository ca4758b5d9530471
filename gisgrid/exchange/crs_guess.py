"""Which coordinate systems would bring numbers to where they should lie: offered, never chosen."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj

from gisgrid.model import WGS84

if TYPE_CHECKING:
    from gisgrid.columns import Floats

Box = tuple[float, float, float, float]
CHINA: Box = (73.0, 17.0, 136.0, 54.0)
MOST = 6
"""Systems among which a person can choose."""
_SAMPLE = 50
_MARGIN = 0.2
"""Degrees around an outline in which data count as lying there."""

_THREE = ((4513, 4534), (2349, 2370), (2401, 2422))
"""First three-degree zone (25) with and without its number: CGCS2000, Xi'an 80, Beijing 54."""
_SIX = ((4491, 4502), (2327, 2338), (21413, 21453))
"""The same for six-degree zones (13)."""


def candidates(x: Floats, y: Floats, box: Box | None) -> list[str]:
    """EPSG codes with which most positions fall into `box` (None: China), the likeliest first.

    Of systems that put them in the same places (zones of three and of six degrees around one
    meridian) the first alone.
    """
    good = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not len(good):
        return []
    picked = good[np.linspace(0, len(good) - 1, min(_SAMPLE, len(good))).astype(int)]
    west, south, east, north = box or CHINA
    found: dict[str, Floats] = {}
    for code in _codes((west + east) / 2 if box else None):
        lon, lat = _degrees(_plain(code), x[picked], y[picked])
        inside = (lon > west - _MARGIN) & (lon < east + _MARGIN)
        inside &= (lat > south - _MARGIN) & (lat < north + _MARGIN)
        if inside.mean() <= 0.5 or (box is None and not _in_use(code, lon)):
            continue
        places = np.column_stack([lon, lat])
        if not any(np.allclose(places, each, 0, 1e-9, True) for each in found.values()):
            found[f"EPSG:{code}"] = places
    return list(found)


def _in_use(code: int, lon: Floats) -> bool:
    """Whether the middle of some places lies where a system is made for, or a degree beside it."""
    use = pyproj.CRS.from_epsg(code).area_of_use
    return use is None or bool(use.west - 1 <= np.nanmedian(lon) <= use.east + 1)


def sample(code: str, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Longitudes and latitudes of some of the positions, were they in the system `code`."""
    good = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    picked = good[np.linspace(0, len(good) - 1, min(_SAMPLE, len(good))).astype(int)]
    return _degrees(_change(int(code.removeprefix("EPSG:"))), x[picked], y[picked])


def _codes(lon: float | None) -> list[int]:
    """Degrees, zones of CGCS2000 around a longitude (None: all), UTM, web maps, old zones."""
    threes = range(25, 46) if lon is None else range(round(lon / 3) - 1, round(lon / 3) + 2)
    sixes = range(13, 24) if lon is None else range(int(lon // 6), int(lon // 6) + 3)
    new: list[int] = [4326]
    old: list[int] = []
    for firsts, zones, first, most in ((_THREE, threes, 25, 21), (_SIX, sixes, 13, 11)):
        for codes, starts in ((new, firsts[0]), (old, (*firsts[1], *firsts[2]))):
            codes += [s + z - first for s in starts for z in zones if 0 <= z - first < most]
    around = range(32643, 32654) if lon is None else [32601 + int((lon + 180) // 6) % 60]
    return [*new, *around, 3857, *old]


def _degrees(change: pyproj.Transformer, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    lon, lat = change.transform(x, y)
    with np.errstate(invalid="ignore"):
        return np.asarray(lon, np.float64), np.asarray(lat, np.float64)


@lru_cache(maxsize=256)
def _plain(code: int) -> pyproj.Transformer:
    """To degrees of the system's own datum: near enough to choose by, and a hundred times quicker.

    PROJ weighs every known way from an old datum to WGS 84, a tenth of a second for each system.
    """
    crs = pyproj.CRS.from_epsg(code)
    return pyproj.Transformer.from_crs(crs, crs.geodetic_crs or crs, always_xy=True)


@lru_cache(maxsize=256)
def _change(code: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(f"EPSG:{code}", WGS84, always_xy=True)


def named(codes: list[str]) -> str:
    """Codes with their names, for a sentence."""
    return ", ".join(f"{code} ({pyproj.CRS.from_user_input(code).name})" for code in codes)


_PRECISE = frozenset({4326, 4490, 4480, 4979, 4258, 4937, 7844, 7843})
"""Datums that agree with WGS 84 to a metre or better, though PROJ calls the change a ballpark."""
_OLD = frozenset({4214, 4610, 4555})
"""Beijing 1954, Xi'an 1980, New Beijing: what is public of them holds for parts of China alone."""
_OLD_WORDS = ("Beijing", "Xian")
_ROUGH_METRES = 5.0
_BALLPARK_METRES = 100


def roughness(crs: pyproj.CRS) -> int | None:
    """Metres to which a system can be brought to WGS 84 where that is worse than 5 m, else None.

    A datum that PROJ has no parameters for, or only for parts of China, counts as 100 m off.
    """
    base = crs.geodetic_crs
    if base is None or base.to_epsg(min_confidence=70) in _PRECISE:
        return None
    if base.to_epsg(min_confidence=70) in _OLD or any(word in base.name for word in _OLD_WORDS):
        return _BALLPARK_METRES
    with np.errstate(all="ignore"):
        best = pyproj.transformer.TransformerGroup(base, WGS84, always_xy=True).transformers
    accuracy = best[0].accuracy if best else -1
    if accuracy < 0:
        # An unnamed datum on the ellipsoid of WGS 84 is WGS 84 itself.
        same = base.ellipsoid is not None and abs(base.ellipsoid.semi_major_metre - 6378137) < 0.5
        return None if same else _BALLPARK_METRES
    return round(accuracy) if accuracy > _ROUGH_METRES else None
