"""Which grid holds a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from gisgrid.columns import Floats, Ints, Plan


def place(lon: Floats, lat: Floats, plan: Plan) -> Ints:
    """The grid of each point: its index in `plan`, -1 where no grid holds it.

    A point exactly on an edge or a corner lies in the grid with the lowest code; so does a point
    that several grids hold because the plan overlaps itself. A point without a position (NaN) lies
    in none, and a grid without a polygon holds none.

    lon, lat: EPSG:4326 degrees, as the plan's polygons. Returns int32, one for each point.
    """
    lon = np.asarray(lon, dtype=np.float64)
    lat = np.asarray(lat, dtype=np.float64)
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
