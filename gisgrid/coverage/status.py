"""Where each household stands on a day. The rules are those of docs/measures.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gisgrid.columns import NO_DAY
from gisgrid.model import Status

if TYPE_CHECKING:
    from gisgrid.columns import Bools, Households, Ints, Plan


@dataclass(frozen=True, slots=True, eq=False)
class HouseholdState:
    """All households on one day, in the order of Households.

    status: model.Status. due: day number of the day up to which the next visit is in time.
    last: day of the last visit, NO_DAY where there was none. waiting: days since the last visit,
    never visited: since the household was listed; 0 where it is not listed. listed: on that day.
    """

    status: npt.NDArray[np.int8]
    due: Ints
    last: Ints
    waiting: Ints
    listed: Bools


def intervals(own: Ints, placement: Ints, plan: Plan, default: int) -> Ints:
    """Visit interval of each household in days: its own, else its grid's, else the programme's.

    own, plan.every: 0 where there is none. placement: index of each household's grid, -1 for none.
    """
    # One more element, so that -1 (no grid) reads the programme's interval.
    of_grid = np.append(np.where(plan.every > 0, plan.every, default), default).astype(np.int32)
    every = of_grid[placement]
    np.copyto(every, own, where=own > 0)
    return every


def counted_from(listed: Ints, last: Ints) -> Ints:
    """The day from which the next visit is counted: the last visit, else the listing."""
    return np.where(last == NO_DAY, listed, last)


def is_late(since: Ints, every: Ints, day: int) -> Bools:
    """Whether the due day of each is past: `is_gap` of `household_state`, for who is listed.

    since: counted_from(…). every: intervals(…), days.
    """
    return since + every < day


def household_state(
    households: Households, *, day: int, last: Ints, every: Ints, soon: int
) -> HouseholdState:
    """Status, due day and days waiting of each household on `day`.

    last: daybits.last_visit(…, day). every: intervals(…), days. soon: Programme.soon_days.
    A household never visited is on time and due soon by the same rule as any other, counted from
    the day it was listed, and "never" only when that is past; a visit counts though it be older
    than the listing.
    """
    listed = (households.listed <= day) & (households.unlisted > day)
    never = last == NO_DAY
    since = counted_from(households.listed, last)
    due = since + every
    ahead = due - np.int32(day)  # < 0: the due day is past
    late = ahead < 0
    soonish = late | (ahead < soon)
    # The statuses are numbered so that each step is one more: on time 1, due soon 2, overdue 3,
    # never 4, and 0 where it is not listed. Sums of bytes are several times faster than masks.
    steps = soonish.view(np.int8) + late.view(np.int8) + (late & never).view(np.int8)
    status = (steps + np.int8(Status.ON_TIME)) * listed.view(np.int8)
    waiting = (np.int32(day) - since) * listed
    return HouseholdState(status, due, last, waiting, listed)


def is_gap(status: npt.NDArray[np.int8]) -> Bools:
    """Whether each household is a visit gap: overdue or never visited."""
    return status >= Status.OVERDUE


def share_without_gap(households: Ints, gap: Ints) -> npt.NDArray[np.float64]:
    """Coverage, 0 to 1: households without a gap / listed households; NaN where none is listed."""
    households = np.asarray(households)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (households - gap) / households
    share[households == 0] = np.nan
    return share
