"""The lattice of 1e-7 degrees (about a centimetre) as whole numbers, on which all is exact.

A coordinate in degrees that lies on the lattice is `k / 1e7` for a whole number k below 2**31, so
both ways lose nothing. Sums and products of these numbers stay below 2**63: areas, sides and chains
of edges are worked out without any rounding.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

from gisgrid.columns import objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gisgrid.columns import Bools, Floats, Ints, Objects

Corner: TypeAlias = tuple[int, int]
Edge: TypeAlias = tuple[int, int, int, int]
"""From x, y to x, y in lattice units; the inside of the polygon is on the left."""

Segments: TypeAlias = "Ints"
"""Edges as rows, (n, 4) int64."""

SCALE = 1e7
"""Units of the lattice in a degree."""

_EQUATOR = 6_378_137.0
_E2 = 0.006_694_379_990_141_316
"""WGS 84: semi-major axis in metres, first eccentricity squared."""


def array_of(shapes: Iterable[Any]) -> Objects:
    """Shapes as an array of objects."""
    return objects(list(shapes))


def to_units(shapes: Objects) -> Objects:
    """Shapes in degrees -> in lattice units, each coordinate the nearest whole number."""
    turned: Objects = shapely.transform(shapes, lambda points: np.rint(points * SCALE))
    return turned


def to_degrees(shapes: Objects) -> Objects:
    """The reverse of `to_units`: the very numbers that a plan on the lattice holds."""
    turned: Objects = shapely.transform(shapes, lambda points: np.rint(points) / SCALE)
    return turned


def on_lattice(shapes: Objects) -> bool:
    """Whether every coordinate, in degrees, lies on the lattice."""
    points = shapely.get_coordinates(shapes)
    return bool(np.array_equal(np.rint(points * SCALE) / SCALE, points))


def made_valid(shapes: Objects) -> Objects:
    """Shapes, those that are not valid as the polygons that they most likely mean.

    A plan of before the rules, or one that was damaged, may cross itself; to overlay it takes
    valid shapes.
    """
    bad = ~shapely.is_valid(shapes)
    if bad.any():
        shapes = shapes.copy()
        shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    return shapes


def degrees_of(point: Any) -> tuple[float, float]:
    """A point in lattice units as (lon, lat)."""
    x, y = point
    return round(float(x)) / SCALE, round(float(y)) / SCALE


def units_of(point: Any) -> Corner:
    """A point (lon, lat) in lattice units."""
    lon, lat = point
    return round(float(lon) * SCALE), round(float(lat) * SCALE)


def segments(shapes: Objects) -> Segments:
    """All edges of (multi)polygons, (n, 4), inside on the left, whatever way the rings run."""
    return segments_of(shapes)[0]


def segments_of(shapes: Objects) -> tuple[Segments, Ints]:
    """`segments`, and the index of the shape that each edge is of."""
    parts, shape = shapely.get_parts(shapely.orient_polygons(shapes), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    if len(points) == 0:
        return np.empty((0, 4), dtype=np.int64), np.empty(0, dtype=np.intp)
    whole = np.rint(points).astype(np.int64)
    inner = ring[1:] == ring[:-1]
    edges = np.concatenate([whole[:-1][inner], whole[1:][inner]], axis=1)
    return edges, shape[part[ring[:-1][inner]]]


def equal_to(edges: Segments, edge: Edge) -> Bools:
    """Which of some edges are this one."""
    ax, ay, bx, by = edge
    begins = (edges[:, 0] == ax) & (edges[:, 1] == ay)
    found: Bools = begins & (edges[:, 2] == bx) & (edges[:, 3] == by)
    return found


def difference(before: Objects, after: Objects) -> tuple[dict[Edge, int], dict[Edge, int]]:
    """How the boundaries of two sums of polygons differ: see `apart`."""
    return apart(segments(before), segments(after))


def apart(before: Segments, after: Segments) -> tuple[dict[Edge, int], dict[Edge, int]]:
    """How the boundaries of two sums of polygons differ: the edges lost, and the edges new.

    before, after: all edges of the polygons, as `segments` gives them.

    The boundary of a sum is what is left of all edges when those that run both ways cancel out. Two
    sets of valid polygons with the same boundary cover every point of the plane equally often,
    since a sum of polygons is determined by its boundary: this is the proof that an edit leaves no
    gap and no overlap. It is exact, since it only compares whole numbers. Edge -> how many times.
    """
    edges = np.concatenate([before, after])
    if len(edges) == 0:
        return {}, {}
    # Whole numbers below 2**32 from a corner of their box: both of a point are packed into one.
    x, y = edges[:, 0].min(), edges[:, 1].min()  # each ring is closed: where edges begin is all
    begins = ((edges[:, 0] - x) << 32) | (edges[:, 1] - y)
    ends = ((edges[:, 2] - x) << 32) | (edges[:, 3] - y)
    low, high = np.minimum(begins, ends), np.maximum(begins, ends)
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    sign = np.where(begins > ends, -1, 1)[order]
    first = np.append(True, (low[1:] != low[:-1]) | (high[1:] != high[:-1]))
    starts = np.flatnonzero(first)
    old = order < len(before)
    was, total = np.add.reduceat(sign * old, starts), np.add.reduceat(sign, starts)
    counts = (was, total - was)
    # A corner given twice in a ring makes an edge of no length: it bounds nothing.
    left = np.flatnonzero((counts[0] != counts[1]) & (low[starts] != high[starts]))
    a, b = low[starts[left]], high[starts[left]]
    rows = np.stack(
        [(a >> 32) + x, (a & 0xFFFFFFFF) + y, (b >> 32) + x, (b & 0xFFFFFFFF) + y], axis=1
    ).tolist()
    found: tuple[dict[Edge, int], dict[Edge, int]] = ({}, {})
    for side, count in zip(found, counts, strict=True):
        for (ax, ay, bx, by), times in zip(rows, count[left].tolist(), strict=True):
            if times:
                side[(ax, ay, bx, by) if times > 0 else (bx, by, ax, ay)] = abs(times)
    return found


def same_course(lost: Mapping[Edge, int], new: Mapping[Edge, int]) -> Edge | None:
    """None where the lost and the new edges run along the very same points, else one that does not.

    Edges may be divided by corners exactly on them. New edges that run both ways along one another
    are no course at all: there the corners of two neighbours do not match.
    """
    lines: dict[tuple[int, int, int], list[tuple[int, int, int, int]]] = {}
    example: dict[tuple[int, int, int], Edge] = {}
    for edges, old in ((lost, 1), (new, 0)):
        for edge, times in edges.items():
            ax, ay, bx, by = edge
            dx, dy = bx - ax, by - ay
            divisor = int(np.gcd(dx, dy))
            sign = 1 if (dx, dy) > (0, 0) else -1
            dx, dy = sign * dx // divisor, sign * dy // divisor
            line = (dx, dy, dx * ay - dy * ax)
            start, stop = sorted((ax, bx) if dx else (ay, by))
            was, net, number = sign * times * old, sign * times * (1 - old), times * (1 - old)
            lines.setdefault(line, []).append((start, was, net, number))
            lines[line].append((stop, -was, -net, -number))
            example[line] = edge
    for line, stops in lines.items():
        stops.sort()
        was = net = number = 0
        for i, (at, a, b, c) in enumerate(stops):
            was, net, number = was + a, net + b, number + c
            last = i + 1 == len(stops) or stops[i + 1][0] != at
            if last and (was != net or abs(net) != number):
                return example[line]
    return None


def doubled_area(shape: Any) -> int:
    """Twice the area of a (multi)polygon in square lattice units, exactly."""
    edges = segments(array_of([shape]))
    if len(edges) == 0:
        return 0
    ax, ay, bx, by = (edges - np.tile(edges[0, :2], 2)).T
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
    sin2 = math.sin(math.radians(y / SCALE)) ** 2
    root = math.sqrt(1 - _E2 * sin2)
    degree = math.pi / 180 / SCALE
    east = _EQUATOR / root * math.sqrt(1 - sin2) * degree
    north = _EQUATOR * (1 - _E2) / root**3 * degree
    return east, north


def distance(one: Any, other: Any) -> float:
    """Metres between two points nearby, in units."""
    east, north = metres((one[1] + other[1]) / 2)
    return math.hypot((one[0] - other[0]) * east, (one[1] - other[1]) * north)


def flat(shapes: Any, y: float) -> Any:
    """Shapes in units -> in metres, near the latitude of y (in units)."""
    scale = np.array(metres(y))
    return shapely.transform(shapes, lambda points: points * scale)


def unflat(shapes: Any, y: float) -> Any:
    """The reverse of `flat`, rounded to whole units."""
    scale = np.array(metres(y))
    return shapely.transform(shapes, lambda points: np.rint(points / scale))


def mean_width(shapes: Objects) -> Floats:
    """Twice the area over the outline, in metres: the width of a strip, half a square's side."""
    return np.empty(0) if len(shapes) == 0 else measured(shapes)[1]


def measured(shapes: Objects) -> tuple[Floats, Floats]:
    """Area (about, in square metres) and mean width of shapes near the first of them."""
    turned = flat(shapes, float(shapely.bounds(shapes[0])[1]))
    area: Floats = shapely.area(turned)
    return area, 2 * area / shapely.length(turned)
