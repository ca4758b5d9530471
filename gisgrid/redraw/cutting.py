"""Cutting grids along lines: ends led to the border, lines noded, faces found.

All shapes are in lattice units. What is cut keeps its outer border: where a line ends on an edge
that a neighbour shares, the corner that comes to be there is given to the neighbour too
(settling.py); where it ends on the plan's own outer border, it is led to a corner of it, or to a
point of the lattice that lies exactly on the edge, since the footprint must not move by a hair.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import coverage_union_all

from gisgrid.redraw import lattice
from gisgrid.redraw.faults import Fault, Note, Refused

if TYPE_CHECKING:
    from gisgrid.columns import Objects
    from gisgrid.redraw.plan import Plan

INSIDE, OUTSIDE = "inside", "outside"
SNAP = 20
"""Units (some 20 cm): an end of a line this near to a corner is the corner."""
TOLD_M = 1.0
"""An end that was led further than this is told to the planner."""


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The pieces of some grids after a cut. owner: index into `codes` of the grid each was of."""

    codes: list[str]
    shapes: Objects
    pieces: Objects
    owner: Any
    notes: list[Note]


class Border:
    """The outer border of some grids together, and which edges of it neighbours share."""

    def __init__(self, plan: Plan, codes: list[str], shapes: Objects) -> None:
        self.whole = coverage_union_all(shapes)
        self.edges = lattice.segments(np.array([self.whole], dtype=object))
        around = self.neighbours(plan, codes)
        theirs = lattice.segments(plan.units(around)) if around else np.empty((0, 4), dtype=int)
        self.shared = _rows_in(self.edges, theirs[:, [2, 3, 0, 1]])
        self.corners_only = False

    def neighbours(self, plan: Plan, codes: list[str]) -> list[str]:
        """Codes of the grids around, other than `codes`."""
        inside = set(codes)
        west, south, east, north = self.whole.bounds
        box = ((west - 1) / lattice.SCALE, (south - 1) / lattice.SCALE)
        far = ((east + 1) / lattice.SCALE, (north + 1) / lattice.SCALE)
        return [code for code in plan.near((*box, *far)) if code not in inside]

    def anchor(self, point: Any) -> tuple[Any, float]:
        """Where a line that meets the border at `point` shall end, and how far that is (metres)."""
        a, b = self.edges[:, :2].astype(float), self.edges[:, 2:].astype(float)
        along = b - a
        length = np.maximum((along**2).sum(axis=1), 1.0)
        t = np.clip(((point - a) * along).sum(axis=1) / length, 0.0, 1.0)
        apart = np.hypot(*(a + t[:, None] * along - point).T)
        at = int(np.argmin(apart))
        ends = self.edges[at, :2], self.edges[at, 2:]
        near = min(ends, key=lambda end: float(np.hypot(*(end - point))))
        if np.hypot(*(near - point)) <= SNAP or (self.corners_only and not self.shared[at]):
            found = near
        elif self.shared[at]:
            found = np.rint(a[at] + t[at] * along[at]).astype(np.int64)
        else:
            found = _on_edge(ends[0], ends[1], point)
        return found, lattice.distance(found, point)


def _on_edge(start: Any, end: Any, point: Any) -> Any:
    """The point of the lattice exactly on an edge, or one of its ends, that is nearest."""
    dx, dy = (int(v) for v in end - start)
    steps = gcd(dx, dy)
    one = np.array([dx // steps, dy // steps])
    t = float(((point - start) * one).sum() / (one * one).sum())
    return start + one * int(np.clip(round(t), 0, steps))


def _rows_in(rows: Any, others: Any) -> Any:
    """Which rows of a table of whole numbers are rows of another."""
    if len(others) == 0:
        return np.zeros(len(rows), dtype=bool)
    kind = np.dtype([("", np.int64)] * rows.shape[1])
    mine = np.ascontiguousarray(rows, dtype=np.int64).view(kind).ravel()
    theirs = np.ascontiguousarray(others, dtype=np.int64).view(kind).ravel()
    return np.isin(mine, theirs)


def cut(
    plan: Plan,
    codes: list[str],
    line: Any,
    *,
    whole: bool = False,
    side: str = INSIDE,
    corners_only: bool = False,
) -> Faces:
    """Cut grids along a line (in units). owner is -1 for pieces that lie in none of them.

    whole: cut them as if they were one; then owner is 0. side: which part of the line counts, that
    inside the grids or that outside. corners_only: end at corners of the outer border only.
    """
    shapes = plan.units(codes)
    border = Border(plan, codes, shapes)
    border.corners_only = corners_only or side == OUTSIDE
    notes: list[Note] = []
    lines = _anchored(line, border, notes, side)
    of = np.array([border.whole], dtype=object) if whole else shapes
    rings = list(shapely.boundary(of))
    noded = shapely.union_all(np.array([*rings, *lines], dtype=object), grid_size=1.0)
    pieces = shapely.get_parts(shapely.polygonize([noded]))
    tree = shapely.STRtree(of)
    piece, owner = tree.query(shapely.point_on_surface(pieces), predicate="intersects")
    owned = np.full(len(pieces), -1)
    owned[piece[::-1]] = owner[::-1]
    return Faces(codes, shapes, pieces, owned, notes)


def _anchored(line: Any, border: Border, notes: list[Note], side: str) -> list[Any]:
    """The parts of a line on one side of the border, each from border to border (or closed)."""
    parts = []
    clip = shapely.intersection if side == INSIDE else shapely.difference
    merged = shapely.line_merge(shapely.multilinestrings(_lines(clip(line, border.whole))))
    for part in _lines(merged):
        raw = shapely.get_coordinates(part)
        points = np.rint(raw).astype(np.int64)
        for end in () if part.is_closed else (0, -1):
            if _on(border, raw[end]):
                points[end], moved = border.anchor(raw[end])
                if moved > TOLD_M:
                    place = lattice.degrees_of(points[end])
                    notes.append(Note("moved_end", (), place, round(moved, 1), "m"))
        kept = np.append(True, (points[1:] != points[:-1]).any(axis=1))
        if kept.sum() > 1:
            parts.append(shapely.LineString(points[kept]))
    return parts


def _on(border: Border, point: Any) -> bool:
    """Whether the end of a part lies on the border, rather than inside."""
    return bool(shapely.distance(border.whole.boundary, shapely.points(point)) < 0.5)


def _lines(shape: Any) -> list[Any]:
    """The lines of a shape; points and empty ones left out."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return [
        part
        for part in parts
        if part.geom_type in ("LineString", "LinearRing") and not part.is_empty
    ]


def loose_end(shape: Any, line: Any) -> Any | None:
    """An end of the line that lies inside the shape, not on its border; None where none does."""
    for end in (line.coords[0], line.coords[-1]):
        point = shapely.Point(end)
        if shape.contains(point) and shape.boundary.distance(point) > SNAP:
            return end
    return None


def check_size(shape: Any, most: int = 100_000) -> None:
    """Refuse a drawing of too many points."""
    count = shapely.get_num_coordinates(shape)
    if count > most:
        raise Refused(Fault("too_many_points", (), None, float(count), "points"))
