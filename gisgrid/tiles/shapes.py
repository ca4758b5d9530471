"""A plan as a map of one zoom shows it: simplified, with every shared boundary drawn once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisgrid.frames import mercator_unit
from gisgrid.tiles.address import EXTENT

if TYPE_CHECKING:
    import numpy.typing as npt

    from gisgrid.columns import Bools, Ints, Objects

FULL_ZOOM = 15
"""From this zoom on shapes are drawn as they are; a unit is 0.3 m there."""
_TOLERANCE = {12: 16, 14: 4}
"""Units of the tile by zoom, 8 elsewhere: a pixel where a tile is drawn 512 pixels wide; two
where most grids are in view. It is the side of a square: corners whose triangle is smaller go."""

OUTER, INNER = 0, 3
"""Levels of a boundary: that of the plan, and that between two grids of the same area."""


def to_square(shapes: Objects) -> Objects:
    """EPSG:4326 -> the unit square. What shares a vertex before shares it after, to the last bit.

    Each distinct place is worked out once: vectorised logarithms may round the same number
    differently at different positions of an array.
    """
    where = shapely.get_coordinates(shapes)
    distinct, which = np.unique(where.view(np.complex128).ravel(), return_inverse=True)
    square = np.column_stack(mercator_unit(distinct.real, distinct.imag))
    copied: Objects = shapely.set_coordinates(shapes.copy(), square[which.ravel()])
    return copied


def simplify(square: Objects, z: int) -> Objects:
    """Shapes of the unit square with no more vertices than zoom `z` shows.

    Shared boundaries stay shared (shapely.coverage_simplify). From FULL_ZOOM on they come back
    as they are. None and empty shapes stay.
    """
    if z >= FULL_ZOOM:
        return square
    there = np.flatnonzero(~(shapely.is_missing(square) | shapely.is_empty(square)))
    found = square.copy()
    if len(there):
        found[there] = shapely.coverage_simplify(square[there], grain(z) / (EXTENT << z))
    return found


def grain(z: int) -> int:
    """Units of the tile below which a corner at zoom `z` is left out."""
    return _TOLERANCE.get(z, 8)


def merge(shapes: Objects, group: Ints, groups: int) -> Objects:
    """The union of the shapes of each group, None for a group without; group -1 is left out."""
    found = np.full(groups, None, dtype=object)
    order = np.argsort(group, kind="stable")
    order = order[(group[order] >= 0) & ~shapely.is_missing(shapes[order])]
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    for rows in np.split(order, cuts) if len(order) else ():
        found[group[rows[0]]] = shapely.coverage_union_all(shapes[rows])
    return found


def name_points(shapes: Objects) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Where to write the name of each shape: the middle of the widest room inside; NaN for none."""
    found = np.full((len(shapes), 2), np.nan)
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    if len(there):
        box = shapely.bounds(shapes[there])
        size = np.hypot(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
        circle = shapely.maximum_inscribed_circle(shapes[there], tolerance=size / 50)
        found[there] = shapely.get_coordinates(shapely.get_point(circle, 0))
    return found[:, 0], found[:, 1]


@dataclass(frozen=True, slots=True, eq=False)
class Boundaries:
    """The edges of a plan, each once, in the order of the rings that they were found on.

    place: where in these rings an edge lies; the next one on the same ring has the next number.
    start, end: (n, 2) in the unit square. one, other: the grids at the sides; other is -1 at the
    edge of the plan. level: 0 edge of the plan or between counties, 1 between townships, 2 between
    villages, 3 between grids of one village.
    """

    place: Ints
    start: npt.NDArray[np.float64]
    end: npt.NDArray[np.float64]
    one: Ints
    other: Ints
    level: npt.NDArray[np.int8]

    @classmethod
    def of(cls, shapes: Objects, areas: Ints) -> Boundaries:
        """From the grids' polygons, which share their vertices.

        areas: (3, n), the county, township and village of each grid, -1 for none. A line has the
        highest level at which its sides differ.
        """
        ring, owner = _rings(shapes)
        where, of_ring = shapely.get_coordinates(ring, return_index=True)
        number = np.unique(where.view(np.complex128).ravel(), return_inverse=True)[1].ravel()
        step = np.flatnonzero(of_ring[1:] == of_ring[:-1])
        low = np.minimum(number[step], number[step + 1])
        high = np.maximum(number[step], number[step + 1])
        edge = low.astype(np.int64) * (len(where) + 1) + high
        order = np.argsort(edge, kind="stable")
        first = np.flatnonzero(np.append(True, np.diff(edge[order]) > 0)[: len(order)])
        sides = np.diff(np.append(first, len(order)))
        own = owner[of_ring[step[order]]]
        one = own[first]
        other = np.where(sides > 1, own[np.minimum(first + 1, len(own) - 1)], -1)
        at = step[order[first]]
        along = np.argsort(at)
        at, one, other = at[along], one[along], other[along]
        return cls(at, where[at], where[at + 1], one, other, _levels(one, other, areas))

    def lines(self, level: int, grids: Bools | None = None) -> Objects:
        """All lines of a level as one MultiLineString in an array of one.

        grids: only lines that border one of these (None: all).
        """
        kept = self.level == level
        if grids is not None:
            kept &= grids[self.one] | (np.append(grids, False)[self.other])
        merged = np.empty(1, dtype=object)
        merged[0] = shapely.line_merge(shapely.multilinestrings(self._runs(np.flatnonzero(kept))))
        return merged

    def _runs(self, edges: Ints) -> Objects:
        """Edges as lines; those that follow one another on a ring as one line.

        A line for each edge would take a kilobyte each, a quarter of a gigabyte for a large plan.
        """
        begins = np.append(True, np.diff(self.place[edges]) != 1)[: len(edges)]
        run = np.cumsum(begins) - 1
        last = np.append(begins[1:], True)[: len(edges)]
        where = np.concatenate([self.start[edges], self.end[edges[last]]])
        line = np.concatenate([run, run[last]])
        order = np.argsort(line, kind="stable")  # the end of a run behind its starts
        found: Objects = np.asarray(shapely.linestrings(where[order], indices=line[order]))
        return found


def _rings(shapes: Objects) -> tuple[Objects, Ints]:
    part, owner = shapely.get_parts(shapes, return_index=True)
    ring, of_part = shapely.get_rings(part, return_index=True)
    return ring, owner[of_part]


def _levels(one: Ints, other: Ints, areas: Ints) -> npt.NDArray[np.int8]:
    level = np.full(len(one), INNER, dtype=np.int8)
    for i in reversed(range(len(areas))):
        level[areas[i][one] != areas[i][other]] = i
    level[other < 0] = OUTER
    return level
