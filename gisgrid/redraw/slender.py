"""What is too small or too narrow to be ground of a grid: slivers, and tongues of a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.columns import Bools, Floats, Objects

LEAST_M2 = 50.0
"""A part of a grid smaller than this is a slip of the hand."""
LEAST_WIDTH_M = 1.0
"""So is one whose mean width is less; and what is narrower over more than TONGUE_M."""
TONGUE_M = 20.0
"""Sharp corners are narrow at their tips as well."""
_PAIRS = 20_000
"""Points times corners that are sooner held against one another than against a prepared shape."""


def slivers(pieces: Objects) -> Bools:
    """Which polygons (units) are too small or too narrow to be a part of a grid."""
    if len(pieces) == 0:
        return np.empty(0, dtype=bool)
    area, width = lattice.measured(pieces)
    small: Bools = area < 2 * LEAST_M2  # only of these it takes the exact area to tell
    small[small] = lattice.square_metres(pieces[small]) < LEAST_M2
    return small | (width < LEAST_WIDTH_M)


def tongue(shape: Any, before: Iterable[Any]) -> Any | None:
    """A corner (units) of a part narrower than LEAST_WIDTH_M and longer than TONGUE_M.

    None where the shape has none, or only such as the shapes before had at the same corners.
    """
    y = float(shapely.bounds(shape)[1])
    found = _slender(shape, y)
    if len(found) == 0:
        return None
    known = {tuple(c) for old in before if old is not None for c in _slender(old, y).tolist()}
    return next((corner for corner in found.tolist() if tuple(corner) not in known), None)


def _slender(shape: Any, y: float) -> Floats:
    """Corners that lie far from what is left of a shape without its narrow parts."""
    corners = shapely.get_coordinates(shape)
    metric = lattice.flat(shape, y)
    body = shapely.buffer(metric, -LEAST_WIDTH_M / 2, join_style="mitre")
    if shapely.is_empty(body):
        return corners
    points = shapely.get_coordinates(metric)
    far = _far(points, body)
    if far.any() or shapely.get_num_geometries(body) <= shapely.get_num_geometries(shape):
        return corners[far]
    # A neck between two bodies may have all its corners near them.
    rest = shapely.get_parts(metric.difference(body.buffer(LEAST_WIDTH_M * 0.51)))
    necks = rest[shapely.length(rest) / 2 > TONGUE_M]
    if len(necks) == 0:
        return corners[:0]
    tips: Objects = np.asarray(shapely.points(points))
    near = np.asarray(shapely.dwithin(tips[:, None], necks[None, :], LEAST_WIDTH_M))
    return corners[near.any(axis=1)]


def _far(points: Floats, body: Any) -> Bools:
    """Which points lie further than TONGUE_M from a shape; both in metres."""
    x, y = shapely.get_coordinates(body).T
    far: Bools = np.ones(len(points), dtype=bool)
    if len(points) * len(x) <= _PAIRS:
        # Nearly always a corner of the body is near, and no edge has to be asked.
        aside, along = points[:, :1] - x, points[:, 1:] - y
        far = ~(aside * aside + along * along < TONGUE_M**2).any(axis=1)
    if far.any():
        shapely.prepare(body)
        # The prepared one first, or every point is held against every edge.
        far[far] = ~np.asarray(shapely.dwithin(body, shapely.points(points[far]), TONGUE_M))
    return far
