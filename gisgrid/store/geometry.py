"""Geometry as stored bytes, whole columns at a time.

GeoPackage 1.3, clause 2.1.3: the header "GP", version, flags, srs_id, an envelope, then ISO WKB.
Points are written without an envelope (29 bytes), polygons with the envelope x, y.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gisgrid.columns import Floats, Objects

SRID = 4326
_POINT_SIZE = 29
_POINT_HEAD = struct.pack("<2sBBiBI", b"GP", 0, 0b0000_0001, SRID, 1, 1)
_ENVELOPE_SIZE = (0, 32, 48, 48, 64)
_POINT_ROW = np.dtype([("head", "V13"), ("x", "<f8"), ("y", "<f8")])
_EWKB_HEAD = struct.pack("<BII", 1, 0x2000_0001, SRID)
_EWKB_ROW = np.dtype([("head", "V9"), ("x", "<f8"), ("y", "<f8")])
_HEX_SIZE = 2 * _EWKB_ROW.itemsize
_HEADS = {struct.pack("<BII", 1, 0x2000_0000 | n, SRID): struct.pack("<BI", 1, n) for n in (1, 6)}
"""How points and MultiPolygons begin as EWKB, and as ISO WKB: the rest is the same."""
_POLYGON_HEAD = np.dtype([("head", "V8"), ("envelope", "<f8", (4,))])


def lonlat(points: Any) -> tuple[Floats, Floats]:
    """Coordinates of shapely points; NaN where None or empty."""
    array = np.array(points, dtype=object)
    array[shapely.is_empty(array)] = None
    return shapely.get_x(array), shapely.get_y(array)


def multi(polygons: Any) -> Objects:
    """Each (Multi)Polygon as a MultiPolygon, so that a layer holds one type; two dimensions."""
    array: Objects = shapely.force_2d(np.array(polygons, dtype=object))
    single = shapely.get_type_id(array) == shapely.GeometryType.POLYGON
    if single.any():
        parts = array[single]
        array[single] = shapely.multipolygons(parts, indices=np.arange(len(parts)))
    return array


def simple(geometries: Objects) -> Objects:
    """The reverse of `multi`: a MultiPolygon of one part becomes that Polygon."""
    lone = shapely.get_type_id(geometries) == shapely.GeometryType.MULTIPOLYGON
    lone &= shapely.get_num_geometries(geometries) == 1
    geometries[lone] = shapely.get_geometry(geometries[lone], 0)
    return geometries


def gpkg_points(lon: Floats, lat: Floats) -> list[bytes | None]:
    """GeoPackage blobs of points; None where a coordinate is NaN."""
    rows = np.zeros(len(lon), dtype=_POINT_ROW)
    rows["head"] = np.void(_POINT_HEAD)
    rows["x"], rows["y"] = lon, lat
    joined = rows.tobytes()
    starts = range(0, len(joined), _POINT_SIZE)
    blobs: list[bytes | None] = [joined[at : at + _POINT_SIZE] for at in starts]
    for missing in np.flatnonzero(np.isnan(lon) | np.isnan(lat)):
        blobs[missing] = None
    return blobs


def gpkg_polygons(polygons: Objects) -> list[bytes]:
    """GeoPackage blobs of MultiPolygons (see `multi`)."""
    heads = np.zeros(len(polygons), dtype=_POLYGON_HEAD)
    heads["head"] = np.void(struct.pack("<2sBBi", b"GP", 0, 0b0000_0011, SRID))
    heads["envelope"] = shapely.bounds(polygons)[:, [0, 2, 1, 3]]
    bodies = shapely.to_wkb(polygons, byte_order=1, output_dimension=2)
    return [head.tobytes() + body for head, body in zip(heads, bodies, strict=True)]


def gpkg_lonlat(blobs: Sequence[bytes | None]) -> tuple[Floats, Floats]:
    """Coordinates of stored points; NaN where None or empty."""
    coordinates = np.full((len(blobs), 2), np.nan)
    ours = [
        i
        for i, blob in enumerate(blobs)
        if blob is not None and len(blob) == _POINT_SIZE and blob[:13] == _POINT_HEAD
    ]
    joined = b"".join(blobs[i] for i in ours)  # type: ignore[misc]  # none of these is None
    rows = np.frombuffer(joined, dtype=_POINT_ROW)
    coordinates[ours, 0], coordinates[ours, 1] = rows["x"], rows["y"]
    if len(ours) < len(blobs):  # empty, or written by another program in another byte order
        mine = set(ours)
        rest = [i for i, blob in enumerate(blobs) if blob is not None and i not in mine]
        found = shapely.from_wkb(gpkg_wkb([blobs[i] for i in rest]))
        coordinates[rest, 0], coordinates[rest, 1] = lonlat(found)
    return coordinates[:, 0].copy(), coordinates[:, 1].copy()


def gpkg_wkb(blobs: Sequence[bytes | None]) -> Objects:
    """The WKB in each blob (object array of bytes or None)."""
    found: npt.NDArray[np.object_] = np.empty(len(blobs), dtype=object)
    for i, blob in enumerate(blobs):
        if blob is not None:
            found[i] = blob[8 + _ENVELOPE_SIZE[(blob[3] >> 1) & 0b111] :]
    return found


def hex_points(lon: Floats, lat: Floats) -> list[str | None]:
    """Points as PostGIS writes them: EWKB in hexadecimal digits; None where a coordinate is NaN."""
    rows = np.zeros(len(lon), dtype=_EWKB_ROW)
    rows["head"] = np.void(_EWKB_HEAD)
    rows["x"], rows["y"] = lon, lat
    joined = rows.tobytes().hex().upper()
    starts = range(0, len(joined), _HEX_SIZE)
    texts: list[str | None] = [joined[at : at + _HEX_SIZE] for at in starts]
    for missing in np.flatnonzero(np.isnan(lon) | np.isnan(lat)):
        texts[missing] = None
    return texts


def hex_lonlat(texts: Sequence[str | None]) -> tuple[Floats, Floats]:
    """Coordinates of points as PostGIS writes them; NaN where None."""
    coordinates = np.full((len(texts), 2), np.nan)
    located = [i for i, text in enumerate(texts) if text is not None]
    joined = bytes.fromhex("".join(text for text in texts if text is not None))
    rows = np.frombuffer(joined, dtype=_EWKB_ROW)
    coordinates[located, 0], coordinates[located, 1] = rows["x"], rows["y"]
    return coordinates[:, 0].copy(), coordinates[:, 1].copy()


def hex_wkb(texts: Sequence[str | None]) -> Objects:
    """The WKB of geometries as PostGIS writes them; None where None.

    By the bytes: GEOS takes ten times as long to read hexadecimal digits.
    """
    found: npt.NDArray[np.object_] = np.empty(len(texts), dtype=object)
    for i, text in enumerate(texts):
        if text is None:
            continue
        raw = bytes.fromhex(text)
        head = _HEADS.get(raw[:9])
        found[i] = head + raw[9:] if head else shapely.to_wkb(shapely.from_wkb(raw), byte_order=1)
    return found


def total_bounds(geometries: Any) -> tuple[float, float, float, float] | None:
    """West, south, east, north; None where there is no geometry."""
    boxes = shapely.bounds(np.asarray(geometries, dtype=object)).reshape(-1, 4)
    boxes = boxes[~np.isnan(boxes[:, 0])]
    if len(boxes) == 0:
        return None
    west, south = boxes[:, :2].min(axis=0).tolist()
    east, north = boxes[:, 2:].max(axis=0).tolist()
    return west, south, east, north
