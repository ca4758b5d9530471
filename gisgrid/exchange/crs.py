"""Coordinate systems of files: which one, and from there to EPSG:4326."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from gisgrid.errors import CrsMismatch, CrsUnknown, UnknownWord
from gisgrid.exchange.datum import from_wgs84, to_wgs84
from gisgrid.exchange.limits import MAX_PRJ_BYTES
from gisgrid.model import DATUMS, WGS84

if TYPE_CHECKING:
    from gisgrid.columns import Floats, Objects

_CODE = re.compile(r"(?:EPSG:)?(\d{4,6})", re.IGNORECASE)
_KNOWN = "EPSG:4490, EPSG:4326 …"
_NAMES = {"wgs84": 4326, "crs84": 4326, "ogc:crs84": 4326, "cgcs2000": 4490}
SAME_AS_WGS84 = frozenset({4326, 4490})
"""CGCS2000 and WGS 84 differ by centimetres; PROJ knows no transformation between them either."""


def named_crs(name: str) -> pyproj.CRS:
    """The CRS that a person names: EPSG:4490, 4490, WGS84, CGCS2000. UnknownWord for others."""
    match = _CODE.fullmatch(name.strip())
    code = int(match[1]) if match else _NAMES.get(name.strip().lower())
    try:
        if code is not None:
            return pyproj.CRS.from_epsg(code)
    except pyproj.exceptions.CRSError:
        pass
    raise UnknownWord(value=name, kind="coordinate system", known=_KNOWN)


def naming_known(err: UnknownWord, lon: float) -> UnknownWord:
    """The same refusal; of an unknown system, with those that are usual around a longitude."""
    if err.facts["kind"] != "coordinate system":
        return err
    return UnknownWord(**err.facts | {"known": f"{', '.join(offered(lon)[:3])} …"})


def file_crs(said: str | None, *, file: str) -> pyproj.CRS | None:
    """The CRS that a file says: AUTHORITY:CODE or WKT; None where it says nothing.

    Only numbers of the EPSG and WKT are read: other texts that PROJ takes can name files. Raises
    CrsUnknown for what PROJ cannot make out.
    """
    if said is None:
        return None
    text = said.strip()
    try:
        if _CODE.fullmatch(text) or text.lower() in _NAMES:
            return named_crs(text)
        if len(text) > MAX_PRJ_BYTES or not text.upper().startswith(
            ("GEOG", "PROJ", "BOUND", "COMP")
        ):
            raise CrsUnknown(file=file)
        crs = pyproj.CRS.from_wkt(text)
        if _is_map(crs):
            _to_degrees(crs)  # a text may read well and name a projection that there is not
    except (pyproj.exceptions.CRSError, UnknownWord) as err:
        raise CrsUnknown(file=file) from err
    return crs


def described(crs: pyproj.CRS) -> str:
    """`EPSG:4490 China Geodetic Coordinate System 2000`, or the name alone."""
    code = crs.to_epsg(min_confidence=70)
    return f"EPSG:{code} {crs.name}" if code else crs.name


def check_system(datum: str, crs: pyproj.CRS) -> None:
    """Raise UnknownWord for a system of heights or of space, or a datum that does not go with it.

    Only degrees are shifted, and by the shifts that there are.
    """
    if not _is_map(crs):
        raise _no_system(crs)
    if datum not in DATUMS:
        raise UnknownWord(value=datum, kind="datum", known=", ".join(DATUMS))
    if datum != "wgs84" and not crs.is_geographic:
        raise UnknownWord(value=datum, kind="datum for coordinates in metres", known="wgs84")


def to_degrees(x: Floats, y: Floats, crs: pyproj.CRS, datum: str) -> tuple[Floats, Floats]:
    """Coordinates of a file, east first, as longitude and latitude in EPSG:4326.

    NaN stays NaN; what cannot be transformed becomes infinite. datum: one of DATUMS; the shift
    is taken off degrees as they stand in the file. Raises CrsMismatch where the CRS counts in
    metres and the numbers are degrees, UnknownWord for a CRS of another kind (geocentric …).
    """
    _check_units(x, y, crs)
    if datum != "wgs84":
        return to_wgs84(x, y, datum)
    if crs.to_epsg(min_confidence=70) in SAME_AS_WGS84:
        return np.asarray(x, np.float64), np.asarray(y, np.float64)
    lon, lat = _to_degrees(crs).transform(np.asarray(x, np.float64), np.asarray(y, np.float64))
    empty = np.isnan(x) | np.isnan(y)
    return np.where(empty, np.nan, lon), np.where(empty, np.nan, lat)


@lru_cache(maxsize=16)
def _to_degrees(crs: pyproj.CRS) -> pyproj.Transformer:
    return _way(crs, crs, _degrees_of(crs))


def _way(named: pyproj.CRS, start: pyproj.CRS, end: pyproj.CRS) -> pyproj.Transformer:
    """From one system to another. UnknownWord where PROJ has no way; `named` is at fault."""
    try:
        # always_xy: EPSG writes many systems north first; files of all formats have east first.
        return pyproj.Transformer.from_crs(start, end, always_xy=True)
    except pyproj.exceptions.ProjError as err:
        raise _no_system(named) from err


def _is_map(crs: pyproj.CRS) -> bool:
    return bool(crs.is_geographic or crs.is_projected)


def _no_system(crs: pyproj.CRS) -> UnknownWord:
    return UnknownWord(value=described(crs), kind="coordinate system", known=_KNOWN)


def _degrees_of(crs: pyproj.CRS) -> pyproj.CRS:
    """WGS 84, or the degrees under a projected system where these are taken as WGS 84.

    To bring a zone to its own degrees is a formula; for those of another PROJ searches its whole
    list of ways between datums, a hundred times as long.
    """
    base = crs.geodetic_crs if crs.type_name == "Projected CRS" else None
    same = base is not None and base.to_epsg(min_confidence=70) in SAME_AS_WGS84
    return base if base is not None and same else named_crs(WGS84)


def _check_units(x: Floats, y: Floats, crs: pyproj.CRS) -> None:
    """Degrees read as metres would be a county of a few centimetres on the edge of the zone."""
    if crs.is_geographic:
        return
    if not crs.is_projected:
        raise _no_system(crs)
    known = np.isfinite(x) & np.isfinite(y)
    if known.any() and (np.abs(x[known]) <= 180).all() and (np.abs(y[known]) <= 90).all():
        raise CrsMismatch(crs=described(crs))


def shapes_to_degrees(shapes: Objects, crs: pyproj.CRS, datum: str) -> Objects:
    """Geometries of a file in EPSG:4326; None stays None."""
    points = shapely.get_coordinates(shapes)
    lon, lat = to_degrees(points[:, 0], points[:, 1], crs, datum)
    return shapely.set_coordinates(shapes.copy(), np.column_stack([lon, lat]))


def from_degrees(lon: Floats, lat: Floats, crs: str, datum: str) -> tuple[Floats, Floats]:
    """Degrees in EPSG:4326 as coordinates of `crs`, east first; NaN stays NaN.

    datum: gcj02 and bd09 shift first; only degrees can be shifted (UnknownWord for metres).
    """
    system = named_crs(crs)
    check_system(datum, system)
    if datum != "wgs84":
        return from_wgs84(lon, lat, datum)
    if system.to_epsg() in SAME_AS_WGS84:
        return np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    change = _way(system, named_crs(WGS84), system)
    x, y = change.transform(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    empty = np.isnan(lon) | np.isnan(lat)
    return np.where(empty, np.nan, x), np.where(empty, np.nan, y)


def shapes_from_degrees(shapes: Objects, crs: str, datum: str) -> Objects:
    """Geometries in EPSG:4326 in the coordinates of `crs`; None stays None."""
    if datum == "wgs84" and named_crs(crs).to_epsg() in SAME_AS_WGS84:
        return shapes
    points = shapely.get_coordinates(shapes)
    x, y = from_degrees(points[:, 0], points[:, 1], crs, datum)
    return shapely.set_coordinates(shapes.copy(), np.column_stack([x, y]))


def esri_wkt(crs: pyproj.CRS) -> str:
    """The text of a .prj, as every program reads it; WKT 1 where ESRI has no words for it."""
    return crs.to_wkt("WKT1_ESRI")


def offered(lon: float) -> tuple[str, ...]:
    """Systems to offer for data around a longitude, the usual ones of China first.

    CGCS2000 degrees, its three-degree Gauss-Krueger zone without and with the zone's number in
    the easting, WGS 84, and the UTM zone.

    >>> offered(105.05)
    ('EPSG:4490', 'EPSG:4544', 'EPSG:4523', 'EPSG:4326', 'EPSG:32648')
    """
    utm = 32601 + int((lon + 180) // 6) % 60
    zone = round(lon / 3)
    if not 25 <= zone <= 45:
        return (WGS84, f"EPSG:{utm}")
    metric = (f"EPSG:{4534 + zone - 25}", f"EPSG:{4513 + zone - 25}")
    return ("EPSG:4490", *metric, WGS84, f"EPSG:{utm}")
