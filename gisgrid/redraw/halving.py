"""A polygon cut in two by one line from border to border: nearly every cut that a hand draws.

Then both parts can be read off the ring, where noding would look for crossings of everything with
everything. Whatever is not so plain is left to it: see cutting.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw.bending import edge_of, ordered
from gisgrid.redraw.lattice import array_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gisgrid.columns import Objects
    from gisgrid.redraw.lattice import Corner, Segments


def halves(shape: Any, edges: Segments, line: Any, met: Mapping[Corner, int]) -> Objects | None:
    """The two parts of a polygon along a line; None where that takes noding.

    edges: those of the shape, as lattice.segments gives them. line: in whole units, with its ends
    at corners of the shape or at those of `met`: corner -> the edge that it comes to divide. Both
    parts are valid, so that the line meets the border at its ends and nowhere else.
    """
    if shape.geom_type != "Polygon" or shapely.get_num_interior_rings(shape) or line.is_closed:
        return None
    way = shapely.get_coordinates(line).astype(np.int64).tolist()
    ring = _with_ends(edges, (way[0], way[-1]), met)
    if any(ring.count(end) != 1 for end in (way[0], way[-1])):
        return None
    start, stop, way = ring.index(way[0]), ring.index(way[-1]), way[1:-1]
    if start > stop:
        start, stop, way = stop, start, way[::-1]
    parts = (
        [*ring[start : stop + 1], *way[::-1]],
        [*ring[stop:], *ring[: start + 1], *way],
    )
    if min(map(len, parts)) < 3:
        return None
    # As noding hands them out: clockwise.
    pieces = array_of(shapely.polygons(part[::-1]) for part in parts)
    return pieces if shapely.is_valid(pieces).all() else None


def _with_ends(edges: Segments, ends: Iterable[list[int]], met: Mapping[Corner, int]) -> list[Any]:
    """The corners of a ring, those among them that come to divide its edges."""
    put: dict[int, list[Corner]] = {}
    for x, y in ends:
        at = met.get((x, y))
        if at is not None:
            put.setdefault(at, []).append((x, y))
    ring: list[Any] = edges[:, :2].tolist()
    for at in sorted(put, reverse=True):
        ring[at + 1 : at + 1] = map(list, ordered(edge_of(edges[at]), put[at]))
    return ring
