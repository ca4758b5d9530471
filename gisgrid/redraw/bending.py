"""The outer border bent by less than a unit, where ground is grown or trimmed on purpose.

A line ends where it was drawn, at a corner of the lattice beside the edge, always on the side of
the ground that is gained or given up. Between that corner and the edge lies a hair of ground, less
than a unit (a centimetre) wide: it is counted with the ground gained or given up, to the last unit,
so that the proof of settling.py holds as it does everywhere. An edit that has to keep the footprint
bends nothing: see cutting.Border.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw.corners import aside, with_corners
from gisgrid.redraw.lattice import array_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gisgrid.columns import Ints, Objects
    from gisgrid.redraw.lattice import Corner, Edge

INWARD, OUTWARD = 1, -1
"""The side of an edge, which has the inside of its polygon on the left."""


def beside(edge: Edge, point: Any, side: int) -> Corner:
    """The corner of the lattice exactly on an edge or on one side of it, nearest to the edge."""
    x, y = np.floor(point).astype(np.int64).tolist()
    around = [(x + i, y + j) for i in (0, 1) for j in (0, 1)]
    return min((c for c in around if side * _turn(edge, c) >= 0), key=lambda c: aside(edge, c))


def _turn(edge: Edge, corner: Corner) -> int:
    """More than 0 left of an edge, 0 on its line, less than 0 right of it; exactly."""
    ax, ay, bx, by = edge
    return (bx - ax) * (corner[1] - ay) - (by - ay) * (corner[0] - ax)


def ordered(edge: Edge, corners: Iterable[Corner]) -> list[Corner]:
    """Corners beside an edge, each once, in its direction."""
    ax, ay, bx, by = edge
    dx, dy = bx - ax, by - ay
    return sorted(set(corners), key=lambda c: ((c[0] - ax) * dx + (c[1] - ay) * dy, c))


def bent(shapes: Objects, bends: Mapping[Edge, list[Corner]]) -> Objects:
    """Shapes with the corners in those of their edges that are bent."""
    if not bends:
        return shapes
    back = {(bx, by, ax, ay): path[::-1] for (ax, ay, bx, by), path in bends.items()}
    both = {**bends, **back}  # whichever way a ring runs
    return array_of(with_corners(shape, both) for shape in shapes)


def hairs(bends: Mapping[Edge, list[Corner]]) -> list[Any]:
    """The ground between each bent edge and its corners; none where a corner is exactly on it."""
    found = []
    for edge, path in bends.items():
        chain = [edge[:2], *path, edge[2:]]
        level = [i for i, corner in enumerate(chain) if _turn(edge, corner) == 0]
        found += [shapely.Polygon(chain[i : j + 1]) for i, j in pairwise(level) if j > i + 1]
    return found


def edge_of(row: Ints) -> Edge:
    """A row of lattice.segments as an edge."""
    ax, ay, bx, by = row.tolist()
    return ax, ay, bx, by
