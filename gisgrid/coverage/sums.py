"""Counts by place, and their sums by area.

Every figure of gisgrid is a sum of one small table, the tally: a row for each *place*, which is a
grid, or an area that a household in no grid names, or nowhere. Each household and each case lies at
exactly one place, so sums equal their parts whichever way they are cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gisgrid.coverage.cases import is_open
from gisgrid.coverage.status import is_gap
from gisgrid.model import LEVELS, CaseStatus, Status

if TYPE_CHECKING:
    from gisgrid.columns import Areas, Bools, Ints, Plan
    from gisgrid.coverage.cases import CaseState
    from gisgrid.coverage.status import HouseholdState

HOUSEHOLD_COUNTS: tuple[str, ...] = (
    "households",
    "on_time",
    "due_soon",
    "overdue",
    "never",
    "gap",
    "unlocated",
    "stacked",
)
CASE_COUNTS: tuple[str, ...] = ("open", "overdue", "opened", "closed")

Tally = npt.NDArray[np.int64]
"""One row for each place, one column for each count."""


@dataclass(frozen=True, slots=True)
class Places:
    """The places of a plan: its grids (0 …), then the areas, then nowhere (the last)."""

    grids: int
    areas: int

    @property
    def nowhere(self) -> int:
        """Number of the last place."""
        return self.grids + self.areas

    @property
    def count(self) -> int:
        """How many places there are."""
        return self.grids + self.areas + 1

    def of(self, grid: Ints, area: Ints) -> Ints:
        """Place of each thing: its grid, else the area it names, else nowhere (-1 is none)."""
        named = np.where(area >= 0, area + np.int32(self.grids), np.int32(self.nowhere))
        return np.where(grid >= 0, grid, named).astype(np.int32)


def tally_households(
    place: Ints, places: Places, state: HouseholdState, *, unlocated: Bools, shared: Bools
) -> Tally:
    """HOUSEHOLD_COUNTS of the listed households at each place.

    unlocated: without a position. shared: stacked with another listed one (stacked.share_position).
    """
    kinds = len(Status)
    cell = place.astype(np.int64) * kinds + state.status
    by_status = np.bincount(cell, minlength=places.count * kinds).reshape(-1, kinds)
    tally = np.empty((places.count, len(HOUSEHOLD_COUNTS)), dtype=np.int64)
    tally[:, 0] = by_status[:, Status.ON_TIME :].sum(axis=1)
    tally[:, 1:5] = by_status[:, Status.ON_TIME :]
    tally[:, 5] = by_status[:, is_gap(np.arange(kinds, dtype=np.int8))].sum(axis=1)
    tally[:, 6] = np.bincount(place[unlocated & state.listed], minlength=places.count)
    tally[:, 7] = np.bincount(place[shared & state.listed], minlength=places.count)
    return tally


def tally_cases(place: Ints, places: Places, state: CaseState, counted: Bools | None) -> Tally:
    """CASE_COUNTS of the cases at each place. counted: which cases; None for all."""
    columns = (
        is_open(state.status),
        state.status == CaseStatus.OVERDUE,
        state.opened,
        state.closed,
    )
    masks = columns if counted is None else tuple(mask & counted for mask in columns)
    return np.stack([np.bincount(place[m], minlength=places.count) for m in masks], axis=1)


def ancestors(areas: Areas, level: int) -> Ints:
    """For each area the area of `level` (index into LEVELS) that it is or lies in, -1 for none."""
    found = np.where(areas.level == level, np.arange(len(areas.code)), -1).astype(np.int32)
    below = (found < 0) & (areas.parent >= 0)
    # Parents come before children: after one step for each level, every area has its answer.
    for _ in LEVELS:
        found[below] = np.maximum(found[below], found[areas.parent[below]])
    return found


def subtree(areas: Areas, root: int) -> Bools:
    """Which areas are `root` or lie in it."""
    inside = np.zeros(len(areas.code), dtype=bool)
    inside[root] = True
    for _ in LEVELS:
        inside |= (areas.parent >= 0) & inside[areas.parent]
    return inside


def groups(areas: Areas, plan: Plan, by: str) -> Ints:
    """The row of each place in a table `by` grid or by an area level.

    An index into the plan's grids or into the areas; -1 for the last row, which holds what lies in
    no grid, or in no area of that level.
    """
    if by == "grid":
        below = np.full(len(areas.code) + 1, -1, dtype=np.int32)
        return np.concatenate([np.arange(len(plan.code), dtype=np.int32), below])
    of_area = np.append(ancestors(areas, LEVELS.index(by)), np.int32(-1))
    return np.concatenate([of_area[plan.area], of_area])


def sum_groups(tally: Tally, group: Ints, rows: Ints) -> Tally:
    """The tally summed by group: one row for each of `rows` (group numbers), then the last row.

    Places whose group is not among `rows` go into the last row: nothing leaves the total.
    """
    # The last element catches both -1 and whatever is not among the rows.
    most = int(max(np.max(group, initial=-1), np.max(rows, initial=-1)))
    row_of = np.full(most + 2, len(rows))
    row_of[rows] = np.arange(len(rows))
    row = row_of[group]
    # Sums of float64 are exact for whole numbers below 2**53.
    sums = [np.bincount(row, weights=column, minlength=len(rows) + 1) for column in tally.T]
    return np.stack(sums, axis=1).astype(np.int64)
