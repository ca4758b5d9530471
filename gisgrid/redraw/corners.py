"""Corners put into the edge of a grid, and what a cut next door put there: it moves nothing."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisgrid.redraw.lattice import Corner, Edge

BESIDE = 5.0
"""Units (some 5 cm): a corner no further beside an edge bends it by nothing that anybody sees.

One is put in half a unit beside at most; where edges are divided again and again it adds up.
"""


def aside(edge: Edge, corner: Corner) -> float:
    """How far a corner lies beside an edge, in units."""
    ax, ay, bx, by = edge
    dx, dy = bx - ax, by - ay
    px, py = corner[0] - ax, corner[1] - ay
    length = dx * dx + dy * dy
    t = min(max((px * dx + py * dy) / length, 0.0), 1.0) if length else 0.0
    return math.hypot(px - t * dx, py - t * dy)


def with_corners(shape: Any, corners: Mapping[Edge, list[Corner]]) -> Any:
    """A shape with corners put into some of its edges: edge, as the ring runs -> corners."""

    def ring(line: Any) -> Any:
        points = shapely.get_coordinates(line).tolist()
        found = points[:1]
        for (ax, ay), (bx, by) in pairwise(points):
            found += corners.get((ax, ay, bx, by), ())
            found.append((bx, by))
        return line if len(found) == len(points) else shapely.linearrings(found)

    parts = []
    for part in shapely.get_parts(shape):
        shell = ring(shapely.get_exterior_ring(part))
        inner = range(shapely.get_num_interior_rings(part))
        holes = [ring(shapely.get_interior_ring(part, i)) for i in inner]
        parts.append(shapely.polygons(shell, holes or None))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def same_ground(one: Any, other: Any) -> bool:
    """Whether two polygons (degrees) are the same but for corners beside the edges of both.

    However long an edge is, and however large the hair of ground that such a corner moves: what
    both have in common must be the same rings, and each corner more lie within BESIDE of them.
    """
    if one is other or one.equals_exact(other):
        return True
    # No corner beside an edge moves more ground than a strip along all edges: most are told here.
    strip = (one.length + other.length) * BESIDE / lattice.SCALE
    return abs(one.area - other.area) <= strip and _same_but_for_corners(one, other)


@lru_cache(maxsize=128)  # what an edit did is asked of the same few grids twice
def _same_but_for_corners(one: Any, other: Any) -> bool:
    if _with_more(one, other):
        return True
    rings = _rings([one, other])
    common = set().union(*rings[0]) & set().union(*rings[1])
    left = [sorted(_reduced(ring, common) for ring in side) for side in rings]
    if left[0] != left[1] or not all(left[0]):
        return False
    return all(_beside(ring, common) for side in rings for ring in side)


def _with_more(one: Any, other: Any) -> bool:
    """Whether a ring without holes got nothing but corners beside its edges, as a cut gives them.

    The quick answer to the most frequent question; False where it takes a longer look.
    """
    if any(s.geom_type != "Polygon" or shapely.get_num_interior_rings(s) for s in (one, other)):
        return False
    few, more = sorted((shapely.get_coordinates(s).tolist() for s in (one, other)), key=len)
    if few[0] != more[0]:
        return False
    at = 0
    for a, b in pairwise(few):
        at += 1
        while at < len(more) and more[at] != b:
            begin, end, corner = map(lattice.units_of, (a, b, more[at]))
            if aside((*begin, *end), corner) > BESIDE:
                return False
            at += 1
    return at == len(more) - 1


def _rings(shapes: list[Any]) -> list[list[list[Corner]]]:
    """The rings of each in units, the end not repeated; shells one way round, holes the other."""
    units = shapely.orient_polygons(lattice.to_units(lattice.array_of(shapes)))
    parts, shape = shapely.get_parts(units, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    found: list[list[list[Corner]]] = [[] for _ in shapes]
    for ring, at in zip(rings, shape[part].tolist(), strict=True):
        found[at].append(_corners(ring)[:-1])
    return found


def _corners(ring: Any) -> list[Corner]:
    points = shapely.get_coordinates(ring).astype(np.int64)
    return [(x, y) for x, y in points.tolist()]


def _reduced(ring: list[Corner], common: set[Corner]) -> list[Corner]:
    """The common corners of a ring in their order, from the lowest; none where it is no ring."""
    kept = [corner for corner in ring if corner in common]
    if len(kept) < 3:
        return []
    at = kept.index(min(kept))
    return kept[at:] + kept[:at]


def _beside(ring: list[Corner], common: set[Corner]) -> bool:
    """Whether each corner that is not common lies beside the edge between those around it."""
    first = next(i for i, corner in enumerate(ring) if corner in common)
    turned = [*ring[first:], *ring[: first + 1]]
    at, waiting = turned[0], []
    for corner in turned[1:]:
        if corner not in common:
            waiting.append(corner)
            continue
        if any(aside((*at, *corner), extra) > BESIDE for extra in waiting):
            return False
        at, waiting = corner, []
    return True
