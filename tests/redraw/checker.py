"""An independent judge of plans: whole numbers of Python, and an overlay of its own.

Shares nothing with gisgrid.redraw: no chain, no lattice module, no coverage functions of GEOS.
"""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction
from typing import Any

import shapely

Corner = tuple[int, int]


def corners(ring: Any) -> list[Corner]:
    """Whole-number corners of a ring; each coordinate must be the float of a whole 1e-7 degree."""
    found = []
    for x, y in ring.coords:
        kx, ky = round(x * 1e7), round(y * 1e7)
        assert kx / 1e7 == x and ky / 1e7 == y, f"{x!r}, {y!r} is off the lattice"  # noqa: PT018
        found.append((kx, ky))
    return found


def doubled(ring: list[Corner]) -> int:
    """Twice the signed area, by the shoelace formula in Python's own whole numbers."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))


def polygons(shape: Any) -> list[Any]:
    return list(shape.geoms) if shape.geom_type == "MultiPolygon" else [shape]


def area(shape: Any) -> int:
    """Twice the area of a shape, exactly: shells less holes."""
    total = 0
    for part in polygons(shape):
        total += abs(doubled(corners(part.exterior)))
        total -= sum(abs(doubled(corners(hole))) for hole in part.interiors)
    return total


def edges(shapes: list[Any]) -> Counter[tuple[Corner, Corner]]:
    """Every edge of the shapes without direction, and how many shapes have it."""
    found: Counter[tuple[Corner, Corner]] = Counter()
    for shape in shapes:
        for part in polygons(shape):
            for ring in (part.exterior, *part.interiors):
                points = corners(ring)
                for a, b in itertools.pairwise(points):
                    found[(min(a, b), max(a, b))] += 1
    return found


def border(shapes: list[Any]) -> frozenset[tuple[Corner, Corner]]:
    """The outer border: edges of one shape only, straight runs taken as one edge."""
    single = [edge for edge, times in edges(shapes).items() if times == 1]
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
    found = set()
    for start, steps in at.items():
        if straight.get(start):
            continue
        for step in steps:
            before, now = start, step
            while straight.get(now):
                one, other = at[now]
                before, now = now, other if one == before else one
            found.add((min(start, now), max(start, now)))
    return frozenset(found)


def overlaps(shapes: list[Any]) -> Fraction:
    """The common ground of all pairs, by an overlay of each with each that its box meets."""
    tree = shapely.STRtree(shapes)
    total = 0.0
    for i, shape in enumerate(shapes):
        for j in tree.query(shape):
            if j > i:
                total += shape.intersection(shapes[j]).area
    return Fraction(total)


def judge(before: list[Any], after: list[Any]) -> None:
    """Fail unless two lists of shapes are partitions of exactly the same ground.

    Every shape valid; no edge of more than two shapes; the same outer border; the same sum of
    areas to the last unit; no two overlap.
    """
    assert all(shape.is_valid and not shape.is_empty for shape in after)
    assert max(edges(after).values()) <= 2
    assert sum(map(area, before)) == sum(map(area, after)), "the area changed"
    assert border(before) == border(after), "the footprint changed"
    # An overlay in degrees has rounding of its own, a hundred-thousandth of a unit of the lattice.
    assert overlaps(after) < Fraction(1, 10**17), "grids overlap"
