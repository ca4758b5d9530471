"""An independent judge of plans: whole numbers of Python, and an overlay of its own.

Shares nothing with gisgrid.redraw: no chain, no lattice module, no coverage functions of GEOS.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import shapely

Corner = tuple[int, int]


def corners(ring: Any) -> list[Corner]:
    """Whole-number corners of a ring; each coordinate must be the float of a whole 1e-7 degree."""
    degrees = np.array(ring.coords)
    whole = np.rint(degrees * 1e7)
    assert (whole / 1e7 == degrees).all(), f"a corner is off the lattice: {ring}"
    return [(x, y) for x, y in whole.astype(np.int64).tolist()]


def doubled(ring: list[Corner]) -> int:
    """Twice the signed area, by the shoelace formula in Python's own whole numbers."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))


def polygons(shape: Any) -> list[Any]:
    return list(shape.geoms) if shape.geom_type == "MultiPolygon" else [shape]


Rings = list[list[list[Corner]]]
"""Of each part of a shape: its shell, then its holes."""


def rings_of(shape: Any) -> Rings:
    return [
        [corners(ring) for ring in (part.exterior, *part.interiors)] for part in polygons(shape)
    ]


def area(shape: Any) -> int:
    """Twice the area of a shape, exactly: shells less holes."""
    return area_of(rings_of(shape))


def area_of(parts: Rings) -> int:
    return sum(
        abs(doubled(shell)) - sum(abs(doubled(hole)) for hole in holes) for shell, *holes in parts
    )


def edges(shapes: list[Rings]) -> Counter[tuple[Corner, Corner]]:
    """Every edge of the shapes without direction, and how many shapes have it."""
    return Counter(
        (a, b) if a < b else (b, a)
        for parts in shapes
        for rings in parts
        for ring in rings
        for a, b in itertools.pairwise(ring)
    )


def border(found: Counter[tuple[Corner, Corner]]) -> frozenset[tuple[Corner, Corner]]:
    """The outer border: edges of one shape only, straight runs taken as one edge."""
    single = [edge for edge, times in found.items() if times == 1]
    at: dict[Corner, list[Corner]] = {}
    for a, b in single:
        at.setdefault(a, []).append(b)
        at.setdefault(b, []).append(a)
    straight = {}
    for corner, beside in at.items():
        if len(beside) == 2:
            (ax, ay), (bx, by), (x, y) = beside[0], beside[1], corner
            cross = (x - ax) * (by - y) - (y - ay) * (bx - x)
            ahead = (x - ax) * (bx - x) + (y - ay) * (by - y) > 0
            straight[corner] = cross == 0 and ahead
    runs = set()
    for start, steps in at.items():
        if straight.get(start):
            continue
        for step in steps:
            before, now = start, step
            while straight.get(now):
                one, other = at[now]
                before, now = now, other if one == before else one
            runs.add((min(start, now), max(start, now)))
    return frozenset(runs)


def overlaps(shapes: list[Any]) -> Fraction:
    """The common ground of all pairs, by an overlay of each with each that its box meets."""
    one, other = shapely.STRtree(shapes).query(shapes)
    pairs = one < other
    listed = np.array(shapes, dtype=object)
    common = shapely.intersection(listed[one[pairs]], listed[other[pairs]])
    return Fraction(float(shapely.area(common).sum()))


def judge(before: list[Any], after: list[Any]) -> None:
    """Fail unless two lists of shapes are partitions of exactly the same ground.

    Every shape valid; no edge of more than two shapes; the same outer border; the same sum of
    areas to the last unit; no two overlap.
    """
    was, now = [rings_of(shape) for shape in before], [rings_of(shape) for shape in after]
    assert sum(map(area_of, was)) == sum(map(area_of, now)), "the area changed"
    assert border(edges(was)) == border(_alone(now, after)), "the footprint changed"


def judge_alone(after: list[Any]) -> None:
    """Fail unless shapes are valid, share their edges and do not overlap."""
    _alone([rings_of(shape) for shape in after], after)


def hollows(shapes: list[Any]) -> list[Any]:
    """What shapes surround and none holds, as polygons in units of the lattice.

    Their edges with the inside on the left, those that run both ways taken away: what is left are
    rings, and a ring that runs the other way round lies about ground that nobody holds. Followed in
    whole numbers; where several rings meet in a corner, by the sharpest turn to the right, which
    keeps them apart.
    """
    left: Counter[tuple[Corner, Corner]] = Counter()
    for rings in (ring for shape in shapes for ring in rings_of(shape)):
        for n, ring in enumerate(rings):
            forth = ring if (doubled(ring) > 0) == (n == 0) else ring[::-1]
            for a, b in itertools.pairwise(forth):
                if left[b, a]:
                    left[b, a] -= 1
                else:
                    left[a, b] += 1
    out: dict[Corner, list[Corner]] = {}
    for (a, b), times in left.items():
        out.setdefault(a, []).extend([b] * times)
    found = []
    while any(out.values()):
        start = next(corner for corner, steps in out.items() if steps)
        ring = [start, out[start].pop()]
        while ring[-1] != start:
            ring.append(_turned(ring[-2], ring[-1], out[ring[-1]]))
        if doubled(ring) < 0:
            found.append(shapely.Polygon(ring))
    return found


def _turned(before: Corner, at: Corner, steps: list[Corner]) -> Corner:
    """The next corner of a ring, taken out of those that it could be."""
    back = math.atan2(before[1] - at[1], before[0] - at[0])

    def turn(to: Corner) -> float:
        return (math.atan2(to[1] - at[1], to[0] - at[0]) - back) % math.tau

    best = max(steps, key=turn)
    steps.remove(best)
    return best


AROUND = 0.01
"""Degrees around a drawn area in which its judge looks for gaps."""


def judge_held(before: list[Any], after: list[Any], drawn: Any, *, grown: bool) -> None:
    """Fail where a footprint that was grown or trimmed by an area has a gap that nobody drew.

    before, after: all shapes within AROUND of the area, drawn: the area in degrees. All drawn
    ground is held after a grow, none of it after a trim; and what is surrounded and bare afterwards
    was bare before, or (of a trim) adjoins what was.
    """
    was, now = (shapely.union_all(units(shapes)) for shapes in (before, after))
    (area,) = units([drawn])
    hair = 2.0 * area.length  # along its outline ground may go by a unit either way
    wrong = area.difference(now) if grown else area.intersection(now)
    assert wrong.area <= hair, "ground that was drawn was not taken, or not given up"
    old = hollows(before)
    for hollow in hollows(after):
        if not hollow.intersects(area.buffer(AROUND * 1e7).envelope):
            continue  # grids that lie further off, among these shapes
        if grown:
            # Of a hollow round an island: what lies there and is held is no gap.
            opened = hollow.difference(now).intersection(was)
            assert opened.area <= 2.0 * hollow.length, "a gap was opened"
        else:
            assert any(hollow.intersection(one).area > 0 for one in old), "a gap was opened"


def units(shapes: list[Any]) -> list[Any]:
    """Shapes in units of the lattice."""
    return [shapely.transform(shape, lambda points: np.rint(points * 1e7)) for shape in shapes]


def _alone(now: list[Rings], after: list[Any]) -> Counter[tuple[Corner, Corner]]:
    assert all(shape.is_valid and not shape.is_empty for shape in after)
    found = edges(now)
    assert max(found.values()) <= 2, "an edge of three"
    # An overlay in degrees has rounding of its own, a hundred-thousandth of a unit of the lattice.
    assert overlaps(after) < Fraction(1, 10**17), "grids overlap"
    return found


def boxed(lon: Any, lat: Any, bounds: Any) -> Any:
    """Rows of the points in a box, its edge included."""
    w, s, e, n = (float(value) for value in bounds)
    return np.flatnonzero((lon >= w) & (lon <= e) & (lat >= s) & (lat <= n))


def holders(lon: Any, lat: Any, shapes: dict[str, Any]) -> list[tuple[str, int]]:
    """`held` as one pair for each point."""
    return list(zip(*(found.tolist() for found in held(lon, lat, shapes)), strict=True))


def held(lon: Any, lat: Any, shapes: dict[str, Any]) -> tuple[Any, Any]:
    """The grid of each point, and how many hold it inside: by even and odd crossings, exactly.

    The lowest code of those that hold it or have it on their edge; "" where none has. "On the edge"
    is meant of the degrees as they are stored, as everywhere in gisgrid: a point of the lattice in
    the middle of an edge lies beside it by the rounding of its degrees.
    """
    lon, lat = (np.asarray(v, dtype=float) for v in (lon, lat))
    best = np.full(len(lon), "", dtype=object)
    number = np.zeros(len(lon), dtype=int)
    order = np.argsort(lon)
    ordered = lon[order]
    for code in sorted(shapes, reverse=True):
        rings = [r for p in polygons(shapes[code]) for r in (p.exterior, *p.interiors)]
        each = [np.array(ring.coords) for ring in rings]
        pairs = np.concatenate([np.hstack([ring[:-1], ring[1:]]) for ring in each])
        (west, south), (east, north) = pairs[:, :2].min(axis=0), pairs[:, :2].max(axis=0)
        rows = order[np.searchsorted(ordered, west) : np.searchsorted(ordered, east, "right")]
        rows = rows[(lat[rows] >= south) & (lat[rows] <= north)]
        inside, on = _crossings(lon[rows], lat[rows], pairs)
        best[rows[inside | on]] = code
        number[rows] += inside
    return best, number


def _crossings(x: Any, y: Any, pairs: Any) -> tuple[Any, Any]:
    """Which points lie inside some rings, and which on their edges; pairs: both ends of each."""
    ends = pairs[:, [1, 3]]
    i, k = np.nonzero((ends.min(axis=1) <= y[:, None]) & (y[:, None] <= ends.max(axis=1)))
    (ax, ay, bx, by), px, py = pairs[k].T, x[i], y[i]  # of edges that a point lies beside or on
    cross = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    met = (np.minimum(ax, bx) <= px) & (px <= np.maximum(ax, bx))
    for n in np.flatnonzero((np.abs(cross) < 1e-16) & met):  # too close for floats
        cross[n] = _side(pairs[k[n]].tolist(), (float(px[n]), float(py[n])))
    upward, downward = (ay <= py) & (py < by), (by <= py) & (py < ay)
    left = (upward & (cross > 0)) | (downward & (cross < 0))
    on = np.bincount(i[met & (cross == 0)], minlength=len(x)) > 0
    return (np.bincount(i[left], minlength=len(x)) % 2 == 1) & ~on, on


def _side(pair: list[float], point: tuple[float, float]) -> int:
    """On which side of an edge a point lies, exactly: 1, 0 or -1."""
    if point in ((pair[0], pair[1]), (pair[2], pair[3])):
        return 0
    ax, ay, bx, by, x, y = map(Fraction, (*pair, *point))
    cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    return (cross > 0) - (cross < 0)
