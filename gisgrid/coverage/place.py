"""Which grid holds a point, and which the ground of a grid that is no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gisgrid.columns import Bools, Floats, Ints, Plan


_PAIRS = 1_000_000
"""Points times grids that are held against one another at once."""


def place(lon: Floats, lat: Floats, plan: Plan) -> Ints:
    """The grid of each point: its index in `plan`, -1 where no grid holds it.

    A point exactly on an edge or a corner lies in the grid with the lowest code; so does a point
    that several grids hold because the plan overlaps itself. A point without a position (NaN) lies
    in none, and a grid without a polygon holds none.

    lon, lat: EPSG:4326 degrees, as the plan's polygons. Returns int32, one for each point.
    """
    lon = np.asarray(lon, dtype=np.float64)
    lat = np.asarray(lat, dtype=np.float64)
    if len(lon) - np.count_nonzero(np.isnan(lon) | np.isnan(lat)) < len(plan.code):
        return _place_few(lon, lat, plan)
    # Points sorted by longitude: the candidates of a grid are one slice, filtered by latitude.
    order = np.argsort(lon, kind="stable")
    order = order[: len(lon) - int(np.count_nonzero(np.isnan(lon)))]  # NaN sorts last
    x, y = lon[order], lat[order]
    found = np.full(len(order), -1, dtype=np.int32)
    # Copies: a prepared polygon builds its index at the first question, which threads that share
    # the plan's polygons must not do at once.
    polygons = shapely.force_2d(plan.geometry)
    bounds = shapely.bounds(polygons)
    left = np.searchsorted(x, bounds[:, 0], side="left")
    right = np.searchsorted(x, bounds[:, 2], side="right")
    shapely.prepare(polygons)
    for grid in np.flatnonzero(left < right):
        rows = slice(left[grid], right[grid])
        near = (y[rows] >= bounds[grid, 1]) & (y[rows] <= bounds[grid, 3]) & (found[rows] < 0)
        at = left[grid] + np.flatnonzero(near)
        # `intersects` holds the edge too; `found` keeps what a lower code took before.
        found[at[shapely.intersects_xy(polygons[grid], x[at], y[at])]] = grid
    placed = np.full(len(lon), -1, dtype=np.int32)
    placed[order] = found
    return placed


def _place_few(lon: Floats, lat: Floats, plan: Plan) -> Ints:
    """`place` for fewer points than grids: each asks for its grids, not a grid for its points."""
    at = np.flatnonzero(~(np.isnan(lon) | np.isnan(lat)))
    tree = shapely.STRtree(shapely.force_2d(plan.geometry))
    point, grid = tree.query(shapely.points(lon[at], lat[at]), predicate="intersects")
    lowest = np.full(len(at), len(plan.code), dtype=np.int32)
    np.minimum.at(lowest, point, grid)
    placed = np.full(len(lon), -1, dtype=np.int32)
    placed[at] = np.where(lowest < len(plan.code), lowest, -1)
    return placed


def inside(lon: Floats, lat: Floats, plans: Sequence[Plan]) -> list[tuple[Ints, Bools]]:
    """For each of some plans the grid whose inside holds each point, -1 for none; which on an edge.

    What `place` says of all points that lie on no edge, for some grids out of a plan without those
    around them. lon, lat: without NaN. Several plans are asked together, as they stand before and
    after a change.
    """
    found = np.full((len(plans), len(lon)), -1, dtype=np.int32)
    edge = np.zeros((len(plans), len(lon)), dtype=bool)
    polygons = shapely.force_2d(np.concatenate([plan.geometry for plan in plans]))
    shapely.prepare(polygons)
    boxes = shapely.bounds(polygons)
    counts = [len(plan.code) for plan in plans]
    of, own = np.repeat(np.arange(len(plans)), counts), np.concatenate([*map(np.arange, counts)])
    together = max(1, _PAIRS // max(len(lon), 1))
    pairs = [
        _in_boxes(lon, lat, boxes[start : start + together], start)
        for start in range(0, len(boxes), together)
    ]
    for grid, point in pairs:
        held = shapely.contains_xy(polygons[grid], lon[point], lat[point])
        held &= found[of[grid], point] < 0
        first = np.flatnonzero(held)[::-1]  # what is written last stays: the first grid
        found[of[grid[first]], point[first]] = own[grid[first]]
    for grid, point in pairs:  # what no inside holds, an edge may
        left = np.flatnonzero(found[of[grid], point] < 0)
        on = left[shapely.intersects_xy(polygons[grid[left]], lon[point[left]], lat[point[left]])]
        edge[of[grid[on]], point[on]] = True
    return list(zip(found, edge, strict=True))


def _in_boxes(lon: Floats, lat: Floats, boxes: Floats, first: int) -> tuple[Ints, Ints]:
    """Each grid with each point in its box: index of the grid, from `first`, and of the point."""
    west, south, east, north = boxes.T[:, :, None]
    grid, point = np.nonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
    return grid + first, point


def heir(shape: Any, plan: Plan) -> int:
    """The grid that holds most of a shape's ground, by index; of equal ones the lowest code.

    -1 where none holds any. Who names a grid that is no more (an unlocated household) is counted
    in the one that holds most of its ground.
    """
    west, south, east, north = shapely.bounds(shape).tolist()
    boxes = shapely.bounds(plan.geometry).reshape(-1, 4)
    meets = (boxes[:, 0] <= east) & (boxes[:, 2] >= west)
    near = np.flatnonzero(meets & (boxes[:, 1] <= north) & (boxes[:, 3] >= south))
    if len(near) == 0:
        return -1
    shared = shapely.area(shapely.intersection(plan.geometry[near], shape))
    at = int(np.argmax(shared))
    return int(near[at]) if shared[at] > 0 else -1
