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
from gisgrid.operations.plans.unlocated import Unlocated
from gisgrid.redraw import NOWHERE, Points, local

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from gisgrid.columns import Bools, Cases, Floats, Households, Ints, Objects
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.redraw import Plan
    from gisgrid.snapshot import Snapshot

Bounds = tuple[float, float, float, float]

_ALL = slice(None)
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

    homes, cases: their rows. since: the day from which each household's next visit is counted.
    """

    boxes: tuple[Bounds, ...]
    homes: Ints
    cases: Ints
    lon: Floats
    lat: Floats
    since: Ints


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
    """All households and cases as they stand on one day.

    before: the ground as it was; what holds still is taken over. Visits come all the time, and
    neither they nor anything else that is asked of single rows is worked out for all.
    """

    def __init__(self, snapshot: Snapshot, day: date, before: Ground | None = None) -> None:
        self.snapshot, self.day, self._day = snapshot, day, day_number(day)
        self.homes: Points = _points(snapshot.households, None if before is None else before.homes)
        self.cases: Points = _points(snapshot.cases, None if before is None else before.cases)
        self._case_status = snapshot.case_state(day).status
        kept = before.unlocated if before is not None and before.day == day else None
        self.unlocated: Unlocated = Unlocated(snapshot, self.listed, self.is_open, kept)

    def listed(self, rows: Ints | slice = _ALL) -> Bools:
        """Which households are listed."""
        homes = self.snapshot.households
        found: Bools = (homes.listed[rows] <= self._day) & (homes.unlisted[rows] > self._day)
        return found

    def is_open(self, rows: Ints | slice = _ALL) -> Bools:
        """Which cases are open."""
        return coverage.is_open(self._case_status[rows])

    def near(self, around: Sequence[Bounds]) -> Near:
        """What lies in some boxes: drawings that differ only there are looked at in one go."""
        homes, cases = within_any(self.homes, around), within_any(self.cases, around)
        homes, cases = homes[self.listed(homes)], cases[self.is_open(cases)]
        lon, lat = (
            np.concatenate([getattr(self.homes, axis)[homes], getattr(self.cases, axis)[cases]])
            for axis in ("lon", "lat")
        )
        return Near(tuple(around), homes, cases, lon, lat, self._since(homes))

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
            of_homes, of_cases = self.unlocated.named(drawing, codes, near.boxes)
            held = self._held(near, drawing.plan, part, grid, np.flatnonzero(edge))
            homes = _with(near.homes, grid[:cut], held[:cut], of_homes, part)
            cases = _with(near.cases, grid[cut:], held[cut:], of_cases, part)
            more = homes[0][cut:]
            since = np.append(near.since, self._since(more)) if len(more) else near.since
            found.append(self._lying(part, homes, cases, since))
        return found

    def everywhere(self, drawing: Drawing) -> Lying:
        """`lying`, of all that lies in a grid or names one, and all that lies outside."""
        plan = drawing.plan
        part = local(plan, plan.codes())
        named = self.unlocated.named(drawing, part.code, None)
        sides = []
        counted = (self.homes, self.listed()), (self.cases, self.is_open())
        for (points, counts), of in zip(counted, named, strict=True):
            rows = np.flatnonzero(counts & ~np.isnan(points.lon))
            grid = coverage.place(points.lon[rows], points.lat[rows], part)
            sides.append(_with(rows, grid, np.append(part.code, NOWHERE)[grid], of, part))
        homes, cases = sides
        return self._lying(part, homes, cases, self._since(homes[0]))

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

    def _lying(
        self,
        part: columns.Plan,
        homes: tuple[Ints, Ints, Objects],
        cases: tuple[Ints, Ints, Objects],
        since: Ints,
    ) -> Lying:
        (home_rows, home_grid, home_codes), (case_rows, case_grid, case_codes) = homes, cases
        inside = home_grid >= 0
        gap = np.zeros(len(home_rows), dtype=bool)
        gap[inside] = self._gaps(home_rows[inside], home_grid[inside], part, since[inside])
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
        return int(self.is_open().sum())

    def _gaps(self, rows: Ints, grid: Ints, part: columns.Plan, since: Ints) -> Bools:
        """Which listed households are visit gaps, by the interval of the grid that they lie in."""
        own, rules = self.snapshot.households.every[rows], self.snapshot.programme
        every = coverage.intervals(own, grid, part, rules.visit_every_days)
        return coverage.is_late(since, every, self._day)

    def _since(self, rows: Ints) -> Ints:
        """The day from which the next visit of each household is counted."""
        visits, phone = self.snapshot.visits, self.snapshot.programme.phone_counts
        last = coverage.last_visit(visits, self._day, phone=phone, rows=rows)
        return coverage.counted_from(self.snapshot.households.listed[rows], last)


def _points(table: Households | Cases, before: Points | None) -> Points:
    """The index of a table's points; the one before where they are the same."""
    if before is not None and before.lon is table.lon and before.lat is table.lat:
        return before
    return Points(table.lon, table.lat)


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


def boxes(plan: Plan, codes: Iterable[str]) -> list[Bounds]:
    """The box of each of some grids that the plan has."""
    return [plan[code].polygon.bounds for code in codes if code in plan]
