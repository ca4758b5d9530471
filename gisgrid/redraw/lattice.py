"""The lattice of 1e-7 degrees (about a centimetre) as whole numbers, on which all is exact.

A coordinate in degrees that lies on the lattice is k / 1e7 for a whole number k below 2**31, so
both ways lose nothing. Sums and products of these numbers, taken from a corner nearby, stay below
2**53: areas, sides and chains of edges are worked out without any rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt

    from gisgrid.columns import Floats, Objects

SCALE = 1e7
"""Units of the lattice in a degree."""

Segments: TypeAlias = "npt.NDArray[np.int64]"
"""(n, 4): from x, y to x, y in lattice units; the inside of the polygon is on the left."""

_EQUATOR = 6_378_137.0
_E2 = 0.006_694_379_990_141_316
"""WGS 84: semi-major axis in metres, first eccentricity squared."""


def to_units(shapes: Any) -> Any:
    """Shapes in degrees -> in lattice units, each coordinate the nearest whole number."""
    return shapely.transform(shapes, lambda points: np.rint(points * SCALE))


def to_degrees(shapes: Any) -> Any:
    """The reverse of `to_units`: the very numbers that a plan on the lattice holds."""
    return shapely.transform(shapes, lambda points: np.rint(points) / SCALE)


def on_lattice(shapes: Objects) -> bool:
    """Whether every coordinate, in degrees, lies on the lattice."""
    points = shapely.get_coordinates(shapes)
    return bool(np.array_equal(np.rint(points * SCALE) / SCALE, points))


def degrees_of(point: Any) -> tuple[float, float]:
    """A point in lattice units as (lon, lat)."""
    x, y = point
    return float(np.rint(x)) / SCALE, float(np.rint(y)) / SCALE


def segments(shapes: Objects) -> Segments:
    """All edges of (multi)polygons, each with the inside on its left, whatever way rings run."""
    rings, _ = _rings(shapes)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    if len(points) == 0:
        return np.empty((0, 4), dtype=np.int64)
    whole = np.rint(points).astype(np.int64)
    inner = ring[1:] == ring[:-1]
    return np.concatenate([whole[:-1][inner], whole[1:][inner]], axis=1)


def _rings(shapes: Objects) -> tuple[Objects, npt.NDArray[np.intp]]:
    """Rings of shapes, shells turned counter-clockwise and holes clockwise, and whose they are."""
    oriented = shapely.orient_polygons(np.atleast_1d(shapes))
    parts, of_shape = shapely.get_parts(oriented, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    return rings, of_shape[of_part]


def chain(shapes: Objects) -> dict[tuple[int, int, int, int], int]:
    """The boundary of the sum of the shapes: edges that no neighbour runs the other way.

    What is left of all edges when those that run both ways cancel out; edge -> how many times. Two
    sets of valid polygons with the same chain cover every point of the plane equally often: a sum
    of polygons is determined by its boundary. This is the proof that an edit leaves no gap and no
    overlap, and exact, since it only compares whole numbers.
    """
    edges = segments(shapes)
    if len(edges) == 0:
        return {}
    swap = (edges[:, 0] > edges[:, 2]) | (
        (edges[:, 0] == edges[:, 2]) & (edges[:, 1] > edges[:, 3])
    )
    key = np.where(swap[:, None], edges[:, [2, 3, 0, 1]], edges)
    sign = np.where(swap, -1, 1)
    order = np.lexsort(key.T[::-1])
    key, sign = key[order], sign[order]
    first = np.append(True, (key[1:] != key[:-1]).any(axis=1))
    total = np.add.reduceat(sign, np.flatnonzero(first))
    key = key[first]
    left = np.flatnonzero(total)
    found: dict[tuple[int, int, int, int], int] = {}
    for (ax, ay, bx, by), times in zip(key[left].tolist(), total[left].tolist(), strict=True):
        edge = (ax, ay, bx, by) if times > 0 else (bx, by, ax, ay)
        found[edge] = abs(times)
    return found


def doubled_area(shape: Any) -> int:
    """Twice the area of a (multi)polygon in square lattice units, exactly."""
    edges = segments(np.array([shape], dtype=object))
    if len(edges) == 0:
        return 0
    corner = edges[0, :2]
    ax, ay, bx, by = (edges - np.concatenate([corner, corner])).T
    return int(np.sum(ax * by - bx * ay))


def square_metres(shapes: Any) -> Floats:
    """Areas of shapes in lattice units, in square metres on the ellipsoid WGS 84.

    Exact areas of a cylindrical equal-area projection in which edges are straight; an edge of a few
    kilometres differs from a straight one in degrees by far less than a millimetre.
    Source: J. P. Snyder, "Map projections: a working manual", 1987, equations 3-12 and 10-15.
    """

    def project(points: Floats) -> Floats:
        lon, sin = np.radians(points[:, 0] / SCALE), np.sin(np.radians(points[:, 1] / SCALE))
        e = np.sqrt(_E2)
        q = (1 - _E2) * (sin / (1 - _E2 * sin**2) + np.arctanh(e * sin) / e)
        return np.column_stack([_EQUATOR * lon, _EQUATOR * q / 2])

    found: Floats = shapely.area(shapely.transform(shapes, project))
    return found


def metres(y: float) -> tuple[float, float]:
    """Metres in one lattice unit at the latitude of y (in units): eastward, northward."""
    sin2 = np.sin(np.radians(y / SCALE)) ** 2
    root = np.sqrt(1 - _E2 * sin2)
    degree = np.pi / 180 / SCALE
    east = _EQUATOR / root * np.sqrt(1 - sin2) * degree
    north = _EQUATOR * (1 - _E2) / root**3 * degree
    return float(east), float(north)


def distance(one: Any, other: Any) -> float:
    """Metres between two points nearby, in units."""
    east, north = metres((one[1] + other[1]) / 2)
    return float(np.hypot((one[0] - other[0]) * east, (one[1] - other[1]) * north))


def mean_width(shapes: Any) -> Floats:
    """Twice the area over the outline, in metres: the width of a strip, half a square's side."""

    def project(points: Floats) -> Floats:
        east, north = metres(float(points[0, 1]))
        return points * (east, north)

    flat = shapely.transform(shapes, project)
    found: Floats = 2 * shapely.area(flat) / shapely.length(flat)
    return found
