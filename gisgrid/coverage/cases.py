"""Where each case stands on a day. The rules are those of docs/measures.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gisgrid.model import CASE_WINDOW_DAYS, CaseStatus

if TYPE_CHECKING:
    from gisgrid.columns import Bools, Cases, Ints


@dataclass(frozen=True, slots=True, eq=False)
class CaseState:
    """All cases on one day, in the order of Cases.

    status: model.CaseStatus. age: days since the case was opened, that day 0; 0 where it is absent.
    opened, closed: whether it was opened, or closed, within the 30 days up to that day.
    """

    status: npt.NDArray[np.int8]
    age: Ints
    opened: Bools
    closed: Bools


def case_state(cases: Cases, *, day: int) -> CaseState:
    """Status and age of each case on `day`.

    Open: opened by that day and not closed by it. Overdue: open, and due before that day; a case
    without a due day never is. What the case's own status text says does not matter.
    """
    known = (cases.opened <= day) & (cases.since <= day) & (cases.until > day)
    is_open = known & (cases.closed > day)
    status = np.where(known, np.int8(CaseStatus.CLOSED), np.int8(CaseStatus.ABSENT))
    np.copyto(status, np.int8(CaseStatus.OPEN), where=is_open)
    np.copyto(status, np.int8(CaseStatus.OVERDUE), where=is_open & (cases.due < day))
    age = np.where(known, np.int32(day) - cases.opened, np.int32(0))
    since = day - (CASE_WINDOW_DAYS - 1)
    return CaseState(
        status,
        age,
        known & (cases.opened >= since),
        known & (cases.closed >= since) & (cases.closed <= day),
    )


def is_open(status: npt.NDArray[np.int8]) -> Bools:
    """Whether each case is open; an overdue case is open too."""
    return status >= CaseStatus.OPEN


def case_placement(cases: Cases, own: Ints, of_households: Ints) -> Ints:
    """The grid of each case: of its own point, else of its household, -1 where neither has one.

    A case whose own point lies in no grid lies in none, whatever its household's grid is.
    own: place(…) of the cases' points. of_households: the grid of each household.
    """
    with_household = ~cases.own_point & (cases.household >= 0)
    grid = np.where(cases.own_point, own, np.int32(-1))
    grid[with_household] = of_households[cases.household[with_household]]
    return grid
