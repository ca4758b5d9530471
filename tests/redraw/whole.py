"""A whole plan, held against the plan that its edits began from.

The judge of an edit looks at the grids that it touched; here nothing of the edits is known but what
was drawn, and every grid and household is looked at.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import redraw_checker as checker
import shapely

from gisgrid.redraw import check_plan, footprint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.redraw import Grid, Homes, Note, Plan

Grids = dict[str, "Grid"]
"""All grids of a plan by code."""
MOVING = {"grow", "trim"}
"""The kinds of edits that are meant to move the footprint."""
HAIRS = 12.0
"""Units of the lattice, some 12 cm. A line that meets the outer border within 20 units of a corner
ends there, so that what is taken or left beside it is up to 20 wide; and an edge bends by half a
unit where a line meets it, and again where the next does."""
UNIT_M = math.radians(1e-7) * 6_371_009


def listed(plan: Plan) -> Grids:
    """All grids of a plan, in the order of their codes."""
    codes = plan.codes()
    assert len(plan) == len(set(codes)) == len(codes)
    return {code: plan[code] for code in codes}


def same(one: Grids, other: Grids) -> bool:
    """Whether two plans have the same codes and of each the very same grid."""
    return one.keys() == other.keys() and all(other[code] is grid for code, grid in one.items())


def near(grids: Grids, bounds: Any) -> Grids:
    """The grids whose box meets these bounds; all are looked at, no index is asked."""
    boxes = shapely.bounds(np.array([grid.polygon for grid in grids.values()], dtype=object))
    (low, high), (w, s, e, n) = np.split(boxes, 2, axis=1), bounds
    meets = (low <= (e, n)).all(axis=1) & (high >= (w, s)).all(axis=1)
    return {code: grid for (code, grid), met in zip(grids.items(), meets, strict=True) if met}


def drawn(edit: dict[str, Any]) -> Any:
    """The area or lasso of an edit, on the lattice."""
    ring = (edit.get("area") or edit["lasso"])["coordinates"][0]
    return shapely.Polygon(np.round(np.array(ring), 7))


class Start:
    """The plan that edits began from, and the ground that is due after those that moved it.

    ground: in units of the lattice. moved: whether it is another than at the start. slim: square
    metres of slivers of which an edit said that they went too.
    """

    def __init__(self, plan: Plan, homes: Homes) -> None:
        self.plan, self.homes, self.grids = plan, homes, listed(plan)
        self._shapes = shapes_of(self.grids)
        self._kept = [shape.wkb for shape in self._shapes]
        self._held, inside = self._holders(self.grids)
        assert (inside <= 1).all(), "a household in two grids"
        self._ground = shapely.union_all(checker.units(self._shapes))
        self.again()

    def again(self) -> None:
        """Begin again from the first plan."""
        self.moved, self.ground, self.slim = False, self._ground, 0.0

    def follow(self, edit: dict[str, Any], notes: Iterable[Note]) -> None:
        """Move the ground that is due, where an edit that was done is meant to."""
        if edit["op"] not in MOVING:
            return
        (area,) = checker.units([drawn(edit)])
        move = shapely.union if edit["op"] == "grow" else shapely.difference
        self.ground, self.moved = move(self.ground, area), True
        self.slim += sum(note.size or 0 for note in notes if note.what == "slivers_out")

    def judge(self, grids: Grids) -> None:
        """Fail unless a plan is a partition of the ground that is due, and holds every household.

        As long as nothing moved the footprint it is that of the first plan to the last coordinate.
        """
        shapes, now = shapes_of(grids), list(grids.values())
        if self.moved:
            checker.judge_alone(shapes)
            strayed = self._judge_ground(shapes)
            assert check_plan(now, footprint(now)) == ()
        else:
            checker.judge(self._shapes, shapes)
            strayed = shapely.Polygon()
            assert check_plan(now, footprint(self.grids.values())) == ()
        self._judge_homes(grids, strayed)

    def judge_undone(self) -> None:
        """Fail unless the first plan is what it was, to the last bit."""
        assert same(self.grids, listed(self.plan))
        pairs = zip(self.grids.values(), self._shapes, self._kept, strict=True)
        assert all(g.polygon is shape and shape.wkb == wkb for g, shape, wkb in pairs)

    def _judge_ground(self, shapes: list[Any]) -> Any:
        """Fail unless the ground is that which is due, but for hairs and for what was told.

        Returns where it is not, hairs left out.
        """
        now = shapely.union_all(checker.units(shapes))
        wrong = shapely.symmetric_difference(self.ground, now)
        strayed = wrong.buffer(-HAIRS, join_style="mitre")
        latitude = math.radians(shapely.total_bounds(shapes)[1])
        size = strayed.area * UNIT_M**2 * math.cos(latitude)
        assert size <= 1.02 * self.slim, f"{size} m2 of the footprint are not where they should be"
        return strayed

    def _judge_homes(self, grids: Grids, strayed: Any) -> None:
        """Fail unless every household on the ground that is due is in one grid, others in none.

        strayed: as from _judge_ground.
        """
        code, inside = self._holders(grids)
        assert (inside <= 1).all(), "a household in two grids"
        if not self.moved:
            assert ((code != "") == (self._held != "")).all(), "a household fell out, or in"
            return
        x, y = self.homes.lon * 1e7, self.homes.lat * 1e7
        told = strayed.buffer(3 * HAIRS)
        least, most = self.ground.buffer(-HAIRS) - told, self.ground.buffer(HAIRS) | told
        for ground in (least, most):
            shapely.prepare(ground)
        assert (code[shapely.intersects_xy(least, x, y)] != "").all(), "a household fell out"
        assert (code[~shapely.intersects_xy(most, x, y)] == "").all(), "a household fell in"

    def _holders(self, grids: Grids) -> tuple[Any, Any]:
        shapes = {code: grid.polygon for code, grid in grids.items()}
        return checker.held(self.homes.lon, self.homes.lat, shapes)


def shapes_of(grids: Grids) -> list[Any]:
    """The polygons of grids."""
    return [grid.polygon for grid in grids.values()]
