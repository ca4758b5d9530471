"""What lies on the ground today: households and cases, found near an edit and counted by grid.

The counts are those of gisgrid.coverage, as everywhere: listed households, visit gaps, open and
overdue cases, by the grid that holds the point (the lowest code on an edge). Only what lies near
the grids asked for is looked at, so that the cost does not grow with the county.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gisgrid import columns, coverage
from gisgrid.columns import day_number, objects
from gisgrid.model import CaseStatus
from gisgrid.redraw import NOWHERE, Points, local
from gisgrid.snapshot.cache import Cache

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from gisgrid.columns import Bools, Floats, Ints, Objects
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.redraw import Plan
    from gisgrid.snapshot import Snapshot

Bounds = tuple[float, float, float, float]

_WASTE = 4
"""Boxes are looked at as one where that has at most so many times the area of them all."""

COUNTS = ("households", "visits_due", "open", "overdue")


def within_any(points: Points, around: Sequence[Bounds]) -> Ints:
    """Rows of the points in some boxes, ascending, each once; of boxes nearby those between too.

    Grids that are drawn together lie side by side: one box around them is quicker than each.
    """
    if len(around):
        west, south, east, north = zip(*around, strict=True)
        whole = min(west), min(south), max(east), max(north)
        if _area(whole) <= _WASTE * sum(map(_area, around)):
            return points.within(whole)
    none: Ints = np.empty(0, dtype=np.int64)
    rows: Ints = np.unique(np.concatenate([none, *(points.within(box) for box in around)]))
    return rows


def _area(box: Bounds) -> float:
    """Of a box, in square degrees."""
    west, south, east, north = box
    return (east - west) * (north - south)


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """Listed households and open cases in some boxes; lon, lat: first the households', then theirs.

    homes, cases: their rows.
    """

    boxes: tuple[Bounds, ...]
    homes: Ints
    cases: Ints
    lon: Floats
    lat: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Lying:
    """Which of some grids each of some households and cases lies in, by code (NOWHERE for none).

    Listed households and open cases. counts: code -> COUNTS of the grids asked for.
    """

    homes: Ints
    home_codes: Objects
    cases: Ints
    case_codes: Objects
    counts: dict[str, tuple[int, ...]]


class Ground:
    """All households and cases as they stand on one day."""

    def __init__(self, snapshot: Snapshot, day: date) -> None:
        self.snapshot, self.day = snapshot, day
        homes, cases = snapshot.households, snapshot.cases
        self.homes = Points(homes.lon, homes.lat)
        self.cases = Points(cases.lon, cases.lat)
        last = coverage.last_visit(
            snapshot.visits, day_number(day), phone=snapshot.programme.phone_counts
        )
        self._since = coverage.counted_from(homes.listed, last)
        self.listed = (homes.listed <= day_number(day)) & (homes.unlisted > day_number(day))
        self._case_status = snapshot.case_state(day).status
        self._open = coverage.is_open(self._case_status)
        self._unlocated: Cache[int, tuple[dict[str, Ints], ...]] = Cache(8)

    def near(self, around: Sequence[Bounds]) -> Near:
        """What lies in some boxes: drawings that differ only there are looked at in one go."""
        homes, cases = (
            rows[counts[rows]]
            for rows, counts in (
                (within_any(self.homes, around), self.listed),
                (within_any(self.cases, around), self._open),
            )
        )
        lon, lat = (
            np.concatenate([getattr(self.homes, axis)[homes], getattr(self.cases, axis)[cases]])
            for axis in ("lon", "lat")
        )
        return Near(tuple(around), homes, cases, lon, lat)

    def lying(self, drawing: Drawing, codes: Collection[str]) -> Lying:
        """Where everything lies that lies in `codes`.

        codes: grids of which the counts are wanted; one that the plan lacks counts nothing. What
        lies in another grid is in none here, unless it lies on an edge that the other one holds.
        """
        near = self.near(boxes(drawing.plan, codes))
        (found,) = self.lying_in([drawing], codes, near)
        return found

    def lying_in(
        self, drawings: Sequence[Drawing], codes: Collection[str], near: Near
    ) -> list[Lying]:
        """`lying` in each of some drawings, of what is near."""
        parts = [local(d.plan, [code for code in codes if code in d.plan]) for d in drawings]
        sides = coverage.inside(near.lon, near.lat, parts)
        found, cut = [], len(near.homes)
        for drawing, part, (grid, edge) in zip(drawings, parts, sides, strict=True):
            of_homes, of_cases = self._named(drawing, codes, near.boxes)
            held = self._held(near, drawing.plan, part, grid, np.flatnonzero(edge))
            homes = _with(near.homes, grid[:cut], held[:cut], of_homes, part)
            cases = _with(near.cases, grid[cut:], held[cut:], of_cases, part)
            found.append(self._lying(part, homes, cases))
        return found

    def everywhere(self, drawing: Drawing) -> Lying:
        """`lying`, of all that lies in a grid or names one, and all that lies outside."""
        plan = drawing.plan
        part = local(plan, plan.codes())
        named = self._named(drawing, part.code, None)
        sides = []
        counted = (self.homes, self.listed), (self.cases, self._open)
        for (points, counts), of in zip(counted, named, strict=True):
            rows = np.flatnonzero(counts & ~np.isnan(points.lon))
            grid = coverage.place(points.lon[rows], points.lat[rows], part)
            sides.append(_with(rows, grid, np.append(part.code, NOWHERE)[grid], of, part))
        return self._lying(part, *sides)

    def _held(
        self, near: Near, plan: Plan, part: columns.Plan, grid: Ints, on_edge: Ints
    ) -> Objects:
        """The code of the grid of each household, then of each case.

        grid: index into `part` of each; corrected for those on an edge.
        """
        lon, lat = near.lon, near.lat
        codes = np.append(part.code, NOWHERE)[grid]
        for at in on_edge.tolist():  # who holds it, all around are asked
            around = local(plan, plan.near((lon[at], lat[at], lon[at], lat[at])))
            (holder,) = coverage.place(lon[[at]], lat[[at]], around)
            codes[at] = around.code[holder]
            grid[at] = next((i for i, code in enumerate(part.code) if code == codes[at]), -1)
        return codes

    def _named(
        self, drawing: Drawing, codes: Collection[str], around: Sequence[Bounds] | None
    ) -> tuple[dict[str, Ints], ...]:
        """Code -> the unlocated households, and the cases of such, that count in that grid.

        Of those that the drawing has ended, in the grid that holds most of its ground
        (coverage.heir). around: where to look for such; None: everywhere.
        """
        by_base = self._unlocated.get(drawing.revision, lambda: self._by_base(drawing))
        found = tuple({c: of[c] for c in codes if c in of and c in drawing.plan} for of in by_base)
        for gone in drawing.gone:
            if not any(gone in of for of in by_base):
                continue
            shape = drawing.base[gone].polygon
            if around is not None and not any(_meet(shape.bounds, box) for box in around):
                continue
            near = local(drawing.plan, drawing.plan.near(shape.bounds))
            at = coverage.heir(shape, near)
            code = str(near.code[at]) if at >= 0 else NOWHERE
            for side, of in zip(found, by_base, strict=True):
                if gone in of:
                    rows = [*([side[code]] if code in side else []), of[gone]]
                    side[code] = np.concatenate(rows)
        return found

    def _by_base(self, drawing: Drawing) -> tuple[dict[str, Ints], ...]:
        """Code in the plan that is drawn on -> rows of unlocated households, and their cases."""
        homes, cases = self.snapshot.households, self.snapshot.cases
        base = next((p for p in self.snapshot.plans if p.revision == drawing.revision), None)
        if base is None:  # a withdrawn plan
            codes = np.array([c if c in drawing.base else NOWHERE for c in homes.codes], object)
        else:
            codes = np.append(base.code, NOWHERE)[self.snapshot.heirs(base)]
        lent = np.where(cases.own_point | (cases.household < 0), -1, cases.household)
        named = np.append(homes.named, np.int32(-1))[lent]
        sides = (
            np.where(self.listed, homes.named, -1),
            np.where(self._open & np.isnan(cases.lon), named, -1),
        )
        return tuple(_by_code(codes, side) for side in sides)

    def _lying(
        self,
        part: columns.Plan,
        homes: tuple[Ints, Ints, Objects],
        cases: tuple[Ints, Ints, Objects],
    ) -> Lying:
        (home_rows, home_grid, home_codes), (case_rows, case_grid, case_codes) = homes, cases
        inside = home_grid >= 0
        gap = np.zeros(len(home_rows), dtype=bool)
        gap[inside] = self._gaps(home_rows[inside], home_grid[inside], part)
        overdue = self._case_status[case_rows] == CaseStatus.OVERDUE
        sums = [
            np.bincount(grid + 1, minlength=len(part.code) + 1)[1:].tolist()  # -1: in none of them
            for grid in (home_grid, home_grid[gap], case_grid, case_grid[overdue])
        ]
        counts = dict(zip(part.code.tolist(), zip(*sums, strict=True), strict=True))
        return Lying(home_rows, home_codes, case_rows, case_codes, counts)

    @property
    def open_cases(self) -> int:
        """How many cases are open, wherever they lie."""
        return int(self._open.sum())

    def _gaps(self, rows: Ints, grid: Ints, part: columns.Plan) -> Bools:
        """Which listed households are visit gaps, by the interval of the grid that they lie in."""
        own, default = (
            self.snapshot.households.every[rows],
            self.snapshot.programme.visit_every_days,
        )
        every = coverage.intervals(own, grid, part, default)
        return coverage.is_late(self._since[rows], every, day_number(self.day))


def _with(
    rows: Ints, grid: Ints, codes: Objects, named: dict[str, Ints], part: columns.Plan
) -> tuple[Ints, Ints, Objects]:
    """The same with rows that lie nowhere and name a grid."""
    if not named:
        return rows, grid, codes
    at = {code: i for i, code in enumerate(part.code)}
    more = [(found, at.get(code, -1), code) for code, found in sorted(named.items())]
    counts = [len(found) for found, _, _ in more]
    return (
        np.concatenate([rows, *(found for found, _, _ in more)]),
        np.concatenate([grid, np.repeat(np.array([i for _, i, _ in more], np.int32), counts)]),
        np.concatenate([codes, np.repeat(objects([code for *_, code in more]), counts)]),
    )


def _meet(one: Bounds, other: Bounds) -> bool:
    """Whether two boxes have a point in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def boxes(plan: Plan, codes: Iterable[str]) -> list[Bounds]:
    """The box of each of some grids that the plan has."""
    return [plan[code].polygon.bounds for code in codes if code in plan]


def _by_code(codes: Objects, named: Ints) -> dict[str, Ints]:
    """Code -> the rows that name it; several of `codes` may be one."""
    found: dict[str, list[Ints]] = {}
    rows = np.flatnonzero(named >= 0)
    order = rows[np.argsort(named[rows], kind="stable")]
    which, starts = np.unique(named[order], return_index=True)
    for i, part in zip(which.tolist(), np.split(order, starts[1:]), strict=False):
        if codes[i] != NOWHERE:
            found.setdefault(str(codes[i]), []).append(part)
    return {code: np.concatenate(parts) for code, parts in found.items()}
