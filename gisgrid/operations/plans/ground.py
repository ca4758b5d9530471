"""What lies on the ground today: households and cases, found near an edit and counted by grid.

The counts are those of gisgrid.coverage, as everywhere: listed households, visit gaps, open and
overdue cases, by the grid that holds the point (the lowest code on an edge). Only what lies near
the grids asked for is looked at, so that the cost does not grow with the county.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid import columns, coverage
from gisgrid.columns import day_number
from gisgrid.frames import metric_crs
from gisgrid.model import WGS84, CaseStatus
from gisgrid.redraw import NOWHERE, Points

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from gisgrid.columns import Bools, Ints, Objects
    from gisgrid.redraw import Grid, Plan
    from gisgrid.snapshot import Snapshot

Bounds = tuple[float, float, float, float]

COUNTS = ("households", "visits_due", "open", "overdue")


def within_any(points: Points, around: Collection[Bounds]) -> Ints:
    """Rows of the points in some boxes, ascending, each once."""
    none: Ints = np.empty(0, dtype=np.int64)
    rows: Ints = np.unique(np.concatenate([none, *(points.within(box) for box in around)]))
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class Lying:
    """Which grid each of some households and cases lies in, by code (NOWHERE for none).

    counts: code -> COUNTS of the grids asked for.
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
        self._last = coverage.last_visit(
            snapshot.visits, day_number(day), phone=snapshot.programme.phone_counts
        )
        self._listed = (homes.listed <= day_number(day)) & (homes.unlisted > day_number(day))
        self._case_status = snapshot.case_state(day).status
        self._unlocated = _by_code(homes.codes, homes.named)
        lent = np.where(cases.own_point | (cases.household < 0), -1, cases.household)
        named = np.append(homes.named, np.int32(-1))[lent]
        self._cases_unlocated = _by_code(homes.codes, np.where(np.isnan(cases.lon), named, -1))

    def lying(self, plan: Plan, codes: Collection[str]) -> Lying:
        """Where everything lies that lies in `codes`, or in the box of one of them.

        codes: grids of which the counts are wanted; one that the plan lacks counts nothing.
        """
        return self.lying_within(plan, codes, boxes(plan, codes))

    def lying_within(self, plan: Plan, codes: Collection[str], around: Collection[Bounds]) -> Lying:
        """`lying`, of all in some boxes, and of the unlocated that name one of `codes`."""
        part = local(plan, {code for bounds in around for code in plan.near(bounds)})
        homes, cases = (within_any(points, around) for points in (self.homes, self.cases))
        return self._lying(part, codes, codes, homes, cases)

    def everywhere(self, plan: Plan) -> Lying:
        """`lying`, of all that lies in a grid or names one, and all that lies outside."""
        codes = plan.codes()
        rows = [np.flatnonzero(~np.isnan(points.lon)) for points in (self.homes, self.cases)]
        return self._lying(local(plan, codes), codes, codes, *rows)

    def _lying(
        self,
        part: columns.Plan,
        codes: Collection[str],
        named: Collection[str],
        homes: Ints,
        cases: Ints,
    ) -> Lying:
        homes, home_grid = self._with_named(self.homes, homes, self._unlocated, part, named)
        cases, case_grid = self._with_named(self.cases, cases, self._cases_unlocated, part, named)
        listed = self._listed[homes]
        gap = self._gaps(homes, home_grid, part)
        status = self._case_status[cases]
        is_open = coverage.is_open(status)
        masks = (listed, gap, is_open, status == CaseStatus.OVERDUE)
        grids = (home_grid, home_grid, case_grid, case_grid)
        sums = [
            np.bincount(grid[mask & (grid >= 0)], minlength=len(part.code))
            for grid, mask in zip(grids, masks, strict=True)
        ]
        at = {code: i for i, code in enumerate(part.code)}
        counts = {c: tuple(int(s[at[c]]) for s in sums) for c in codes if c in at}
        names = np.append(part.code, NOWHERE)
        return Lying(
            homes[listed],
            names[home_grid[listed]],
            cases[is_open],
            names[case_grid[is_open]],
            counts,
        )

    def _with_named(
        self,
        points: Points,
        rows: Ints,
        unlocated: Mapping[str, Ints],
        part: columns.Plan,
        named: Collection[str],
    ) -> tuple[Ints, Ints]:
        """Rows and their grids (index into `part`), with the unlocated ones that name a grid."""
        grid = coverage.place(points.lon[rows], points.lat[rows], part)
        at = {code: i for i, code in enumerate(part.code)}
        more = [(unlocated[code], at.get(code, -1)) for code in sorted(named) if code in unlocated]
        if not more:
            return rows, grid
        return (
            np.concatenate([rows, *(found for found, _ in more)]),
            np.concatenate([grid, *(np.full(len(f), i, dtype=np.int32) for f, i in more)]),
        )

    @property
    def open_cases(self) -> int:
        """How many cases are open, wherever they lie."""
        return int(coverage.is_open(self._case_status).sum())

    def _gaps(self, rows: Ints, grid: Ints, part: columns.Plan) -> Bools:
        """Which households are visit gaps, by the interval of the grid that they lie in."""
        rules = self.snapshot.programme
        homes = columns.Households(
            **{name: getattr(self.snapshot.households, name)[rows] for name in _BY_ROW},
            codes=self.snapshot.households.codes,
        )
        every = coverage.intervals(homes.every, grid, part, rules.visit_every_days)
        state = coverage.household_state(
            homes,
            day=day_number(self.day),
            last=self._last[rows],
            every=every,
            soon=rules.soon_days,
        )
        return coverage.is_gap(state.status)


_BY_ROW = [f.name for f in fields(columns.Households) if f.name != "codes"]


def boxes(plan: Plan, codes: Iterable[str]) -> list[Bounds]:
    """The box of each of some grids that the plan has."""
    return [plan[code].polygon.bounds for code in codes if code in plan]


def local(plan: Plan, codes: Iterable[str]) -> columns.Plan:
    """Some grids of a plan as the columns that gisgrid.coverage works on."""
    grids = [plan[code] for code in sorted(codes)]
    every = [grid.visit_every_days or 0 for grid in grids]
    return columns.Plan(
        revision=0,
        valid_from=None,
        valid_to=None,
        code=_objects([grid.code for grid in grids]),
        name=_objects([grid.name or "" for grid in grids]),
        member=_objects([grid.member or "" for grid in grids]),
        area=np.full(len(grids), -1, dtype=np.int32),
        every=np.array(every, dtype=np.int32),
        geometry=_objects([grid.polygon for grid in grids]),
    )


def _objects(values: list[Any]) -> Objects:
    found: Objects = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _by_code(codes: Objects, named: Ints) -> dict[str, Ints]:
    """Code -> the rows that name it."""
    rows = np.flatnonzero(named >= 0)
    order = rows[np.argsort(named[rows], kind="stable")]
    which, starts = np.unique(named[order], return_index=True)
    parts = np.split(order, starts[1:])
    return {str(codes[i]): part for i, part in zip(which, parts, strict=False)}


class Areas:
    """Areas of grids in square kilometres, measured in the metric CRS of one plan."""

    def __init__(self, bounds: Bounds) -> None:
        import pyproj  # noqa: PLC0415 - only where something is measured

        there = pyproj.Transformer.from_crs(WGS84, metric_crs(bounds), always_xy=True)
        self._there = there.transform

    def km2(self, grids: Iterable[Grid]) -> list[float]:
        """The area of each grid."""
        return [round(area, 6) for area in self._measured([grid.polygon for grid in grids])]

    def km2_of(self, shape: Any) -> float:
        """The area of one shape, unrounded."""
        return self._measured([shape])[0]

    def _measured(self, polygons: list[Any]) -> list[float]:
        shapes = _objects(polygons)
        if len(shapes) == 0:
            return []
        points = shapely.get_coordinates(shapes)
        moved = np.column_stack(self._there(points[:, 0], points[:, 1]))
        areas = shapely.area(shapely.set_coordinates(shapes, moved)) / 1e6
        found: list[float] = areas.tolist()
        return found
