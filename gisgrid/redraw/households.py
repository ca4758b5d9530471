"""Household points as far as an edit needs them: which lie near, and in which grid."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import shapely

from gisgrid import columns, coverage
from gisgrid.redraw.lattice import SCALE, array_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.columns import Floats, Ints, Objects
    from gisgrid.redraw.plan import Bounds, Plan

NOWHERE = ""
"""Stands for the code of no grid."""


_TIMES = 64
"""So many times as many points are in a strip as there are strips: a box of an edit meets few."""


class Homes(Protocol):
    """Household points (EPSG:4326; NaN where unlocated) that are looked up by a box."""

    lon: Floats
    lat: Floats

    def within(self, bounds: Bounds) -> Ints:
        """Rows of the points in a box, its edges included, ascending."""
        ...


class Points:
    """Points in Morton-like strips: sorted by longitude in rows of latitude, found by bisection."""

    def __init__(self, lon: Floats, lat: Floats) -> None:
        lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        self.lon, self.lat = lon, lat
        rows = np.flatnonzero(~(np.isnan(lon) | np.isnan(lat)))
        south, north = (lat[rows].min(), lat[rows].max()) if len(rows) else (0.0, 1.0)
        self._strips = max(1, int(np.sqrt(len(rows) / _TIMES)))
        self._south = float(south)
        self._step = max(float(north - south) / self._strips, 1e-9)
        strip = self._strip(lat[rows])
        order = np.lexsort((lon[rows], strip))
        self._rows = rows[order]
        self._x, self._y = lon[self._rows], lat[self._rows]
        self._starts = np.searchsorted(strip[order], np.arange(self._strips + 1))

    def _strip(self, lat: Floats) -> Ints:
        found = np.floor((lat - self._south) / self._step)
        strips: Ints = np.clip(found, 0, self._strips - 1).astype(np.int64)
        return strips

    def within(self, bounds: Bounds) -> Ints:
        """Rows of the points in a box, its edges included, ascending."""
        west, south, east, north = bounds
        low, high = self._strip(np.array([south, north]))
        found = []
        starts = self._starts[low : high + 2].tolist()
        for start, stop in pairwise(starts):
            x = self._x[start:stop]
            run = slice(start + x.searchsorted(west, "left"), start + x.searchsorted(east, "right"))
            y = self._y[run]
            found.append(self._rows[run][(y >= south) & (y <= north)])
        rows: Ints = np.sort(np.concatenate(found))
        return rows


def local(plan: Plan, codes: Iterable[str]) -> columns.Plan:
    """Some grids of a plan as the columns that gisgrid.coverage works on."""
    grids = [plan[code] for code in sorted(codes)]
    return columns.Plan(
        revision=0,
        valid_from=None,
        valid_to=None,
        code=array_of(grid.code for grid in grids),
        name=array_of(grid.name or "" for grid in grids),
        member=array_of(grid.member or "" for grid in grids),
        area=np.full(len(grids), -1, dtype=np.int32),
        every=np.array([grid.visit_every_days or 0 for grid in grids], dtype=np.int32),
        geometry=array_of(grid.polygon for grid in grids),
    )


def placed(plan: Plan, bounds: Bounds, lon: Floats, lat: Floats) -> Objects:
    """The code of the grid that holds each of some points within bounds; NOWHERE for none."""
    if len(lon) == 0:
        return np.empty(0, dtype=object)
    part = local(plan, plan.near(bounds))
    found: Objects = np.append(part.code, NOWHERE)[coverage.place(lon, lat, part)]
    return found


def inside(homes: Homes, shape: Any) -> Ints:
    """Rows of the households in a shape (units), its edge included."""
    if shape.is_empty:
        return np.empty(0, dtype=np.int64)
    west, south, east, north = (float(v) / SCALE for v in shape.bounds)
    rows = homes.within((west, south, east, north))
    if len(rows) == 0:
        return rows
    x, y = _units(homes.lon[rows]), _units(homes.lat[rows])
    found: Ints = rows[shapely.intersects_xy(shape, x, y)]
    return found


def _units(degrees: Floats) -> Floats:
    """In lattice units; what is on the lattice whole, so that it is on the corner that it is on."""
    units = degrees * SCALE
    whole = np.rint(units)
    found: Floats = np.where(np.abs(units - whole) < 1e-5, whole, units)
    return found
