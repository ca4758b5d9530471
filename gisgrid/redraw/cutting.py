"""Cutting grids along lines: ends led to the border, lines noded, faces found.

All shapes are in lattice units. What is cut keeps its outer border: where a line ends on an edge
that a neighbour shares, the corner that comes to be there is given to the neighbour too
(settling.py); where it ends on the plan's own outer border, it is led to a corner of it, or to a
point of the lattice that lies exactly on the edge, since the footprint must not move by a hair.
Only where it moves on purpose, the line ends where it was drawn: see bending.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import coverage_union_all

from gisgrid.redraw import bending, lattice
from gisgrid.redraw.faults import MOVED_END, Fault, Note, Refused
from gisgrid.redraw.halving import halves
from gisgrid.redraw.lattice import array_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from gisgrid.columns import Bools, Ints, Objects
    from gisgrid.redraw.lattice import Corner, Edge
    from gisgrid.redraw.plan import Plan

SNAP = 20
"""Units (some 20 cm): an end of a line this near to a corner is the corner."""
TOLD_M = 1.0
"""An end that was led further than this is told to the planner."""
MOST_POINTS = 10_000
"""Of one drawing; a hand draws some hundred. Noding takes the square of them: 2 s at the worst."""
_OPEN = -1


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The pieces of some grids after a cut.

    owner: index into `codes` of the grid that each was of, -1 where of none. hairs: the ground
    between the outer border and where it was bent, in no piece (inward) or in those of grids
    (outward).
    """

    codes: list[str]
    shapes: Objects
    pieces: Objects
    owner: Ints
    notes: list[Note]
    hairs: list[Any]

    def of(self, code: str, taken: Bools | None = None) -> Any:
        """The pieces of a grid together, without those taken; None where nothing is left."""
        mine = self.owner == self.codes.index(code)
        return joined(self.pieces[mine if taken is None else mine & ~taken])


def joined(pieces: Objects) -> Any:
    """Pieces with equal edges as one shape; None for none."""
    if len(pieces) == 0:
        return None
    return pieces[0] if len(pieces) == 1 else coverage_union_all(pieces)


def drawn(plan: Plan, shape: Any) -> Any:
    """What was drawn (degrees) in lattice units. Raises Refused for what no hand can have drawn."""
    points = shapely.get_coordinates(shape)
    if len(points) > MOST_POINTS:
        raise Refused(Fault("too_many_points", (), None, float(len(points)), "points"))
    if len(points) == 0 or not np.isfinite(points).all():
        raise Refused(Fault("not_a_number"))
    west, south, east, north = plan.bounds
    low, high = points.min(axis=0), points.max(axis=0)
    if low[0] > east or high[0] < west or low[1] > north or high[1] < south:
        raise Refused(Fault("outside", (), lattice.degrees_of(points[0] * lattice.SCALE)))
    units = lattice.to_units(array_of([shape]))[0]
    return shapely.remove_repeated_points(units)


def drawn_area(plan: Plan, shape: Any) -> Any:
    """`drawn`, of a polygon; refused where its outline crosses itself."""
    area = drawn(plan, shape)
    if not area.is_valid:
        outline = shapely.node(shapely.linestrings(shapely.get_coordinates(area)))
        place = _crossing(area, outline)
        raise Refused(Fault("line_crosses_itself", (), place))
    return area


def _crossing(area: Any, outline: Any) -> tuple[float, float] | None:
    words = shapely.is_valid_reason(area)
    if "[" in words:
        x, y = words[words.index("[") + 1 : words.index("]")].split()[:2]
        return lattice.degrees_of((float(x), float(y)))
    points = shapely.get_coordinates(outline)
    return lattice.degrees_of(points[0]) if len(points) else None


class Border:
    """The outer border of some grids together.

    bend: the side on which lines may end beside the plan's own outer border; 0 for neither. bends:
    the edges of it that are bent so far, with their new corners. fixed: no neighbour is given a
    corner either. met: new corner -> which of the edges it divides.
    """

    def __init__(
        self,
        plan: Plan,
        codes: Collection[str],
        shapes: Objects,
        bend: int = 0,
        *,
        fixed: bool = False,
    ) -> None:
        self._plan, self._codes, self._bend, self._fixed = plan, set(codes), bend, fixed
        self.bends: dict[Edge, list[Corner]] = {}
        self.met: dict[Corner, int] = {}
        self.whole = joined(shapes)
        self.line = shapely.boundary(self.whole)
        if len(codes) == 1:
            self.edges = plan.segments(list(codes))[0]
        else:
            self.edges = lattice.segments(array_of([self.whole]))
        ax, ay, bx, by = self.edges.T.astype(float)
        self._begins, self._along = (ax, ay), (bx - ax, by - ay)
        self._square = (bx - ax) ** 2 + (by - ay) ** 2

    def shared(self, edge: Ints) -> bool:
        """Whether a neighbour has this edge too."""
        ax, ay, bx, by = edge.tolist()
        return bool(lattice.equal_to(self._theirs, (bx, by, ax, ay)).any())

    @cached_property
    def _theirs(self) -> Ints:
        """The edges of all neighbours."""
        around = [c for c in self._plan.near_units(self.whole.bounds) if c not in self._codes]
        return self._plan.segments(around)[0]

    def anchor(self, point: Any) -> tuple[Ints, float]:
        """Where a line that meets the border at `point` shall end, and how far that is (metres)."""
        (px, py), (ax, ay), (dx, dy) = point, self._begins, self._along
        t = (((px - ax) * dx + (py - ay) * dy) / self._square).clip(0.0, 1.0)
        x, y = ax + t * dx, ay + t * dy
        at = int(np.argmin((x - px) ** 2 + (y - py) ** 2))
        edge, foot = self.edges[at], np.array([x[at], y[at]])
        near = edge[:2] if t[at] < 0.5 else edge[2:]
        if np.hypot(*(near - point)) <= SNAP:
            return near, lattice.distance(near, point)
        if not self._fixed and self.shared(edge):
            found = np.rint(foot).astype(np.int64)
        elif self._bend:
            found = self._bent(bending.edge_of(edge), foot)
        else:
            found = _on_edge(edge, point)
        self.met[found[0].item(), found[1].item()] = at
        return found, lattice.distance(found, point)

    def _bent(self, edge: Edge, foot: Any) -> Ints:
        """A corner beside an edge of the plan's own outer border, which is bent there."""
        corner = bending.beside(edge, foot, self._bend)
        self.bends[edge] = bending.ordered(edge, [*self.bends.get(edge, ()), corner])
        return np.array(corner, dtype=np.int64)


def _on_edge(edge: Ints, point: Any) -> Ints:
    """The point of the lattice exactly on an edge, its ends included, that is nearest."""
    ax, ay, bx, by = edge.tolist()
    steps = gcd(bx - ax, by - ay)
    one = np.array([(bx - ax) // steps, (by - ay) // steps])
    t = float(((point - edge[:2]) * one).sum() / (one * one).sum())
    found: Ints = edge[:2] + one * min(max(round(t), 0), steps)
    return found


def cut(
    plan: Plan,
    codes: list[str],
    line: Any,
    *,
    within: list[str] | None = None,
    outside: bool = False,
    as_one: bool = False,
    bend: int = 0,
) -> Faces:
    """Cut grids along a line (in units). Raises Refused.

    within: those of the codes in which the line counts; None: in all. outside: the line counts
    outside of them instead, from border to border. as_one: the edges between them are wiped out
    first, and all pieces are of the first. bend: as in Border.
    """
    shapes = plan.units(codes)
    inner = codes if within is None else within
    part = shapes if within is None else shapes[[codes.index(code) for code in within]]
    border = Border(plan, inner, part, bend)
    if as_one:
        shapes = array_of([border.whole])
    notes: list[Note] = []
    lines = anchored(line, border, notes, outside=outside)
    if len(codes) == len(lines) == 1 and not border.bends and not outside:
        pieces = halves(border.whole, border.edges, lines[0], border.met)
        if pieces is not None:
            return Faces(codes, shapes, pieces, np.zeros(2, dtype=np.int64), notes, [])
    bent = bending.bent(shapes, border.bends)
    noded = shapely.union_all(array_of([*shapely.boundary(bent), *lines]), grid_size=1.0)
    pieces = shapely.get_parts(shapely.polygonize([noded]))
    piece, owner = shapely.STRtree(bent).query(shapely.point_on_surface(pieces), "intersects")
    owned = np.full(len(pieces), _OPEN)
    owned[piece] = owner
    return Faces(codes, shapes, pieces, owned, notes, bending.hairs(border.bends))


def anchored(line: Any, border: Border, notes: list[Note], *, outside: bool = False) -> list[Any]:
    """The parts of a line inside (or outside) the border, each from border to border or closed."""
    inside = line.difference(border.whole) if outside else line.intersection(border.whole)
    parts = []
    for part in lines_of(inside):
        raw = shapely.get_coordinates(part)
        points = np.rint(raw).astype(np.int64)
        if not part.is_closed:
            near = shapely.distance(border.line, shapely.points(raw[[0, -1]])) <= SNAP
            for end in np.array([0, -1])[near]:
                points[end], moved = border.anchor(raw[end])
                if moved > TOLD_M:
                    place = lattice.degrees_of(points[end])
                    notes.append(Note(MOVED_END, (), place, round(moved, 1), "m"))
        kept = np.append(True, (points[1:] != points[:-1]).any(axis=1))
        if kept.sum() > 1:
            parts.append(shapely.linestrings(points[kept]))
    return parts


def lines_of(shape: Any) -> list[Any]:
    """The lines of a shape, each as long as it goes; points and empty ones left out."""
    parts = shapely.get_parts(shape)
    kinds = shapely.get_type_id(parts)
    lines = parts[(kinds == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(parts)]
    if len(lines) < 2:
        return list(lines)
    return list(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(list(lines)))))


def loose_end(shape: Any, line: Any) -> Any | None:
    """An end of the line that lies inside the shape, not on its border; None where none does."""
    if line.is_closed:
        return None
    for end in (line.coords[0], line.coords[-1]):
        point = shapely.Point(end)
        if shape.contains(point) and shape.boundary.distance(point) > SNAP:
            return end
    return None
