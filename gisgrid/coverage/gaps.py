"""Why a household was not visited, and which one waits longest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gisgrid.coverage.daybits import last_day
from gisgrid.model import Outcome

if TYPE_CHECKING:
    from gisgrid.columns import Ints, Objects, Visits


def reasons(visits: Visits, rows: Ints, *, last: Ints, day: int) -> Objects:
    """What came of the last attempt since the last visit, for each of `rows`.

    "no_one_home" or "refused"; of two on one day "refused", which asks for more; "" where nobody
    tried. An attempt on the day of the last visit or before is no reason.
    last: day of the last visit of all households (NO_DAY for none). day: as of which.
    """
    away = last_day(day, visits.no_one_home)[rows]
    refused = last_day(day, visits.refused)[rows]
    found: Objects = np.full(len(rows), "", dtype=object)
    found[away > last[rows]] = Outcome.NO_ONE_HOME.value
    found[(refused > last[rows]) & (refused >= away)] = Outcome.REFUSED.value
    return found


def longest_wait(rows: Ints, waiting: Ints, rank: Ints) -> Ints:
    """`rows` with the longest wait first; of equal waits the lower rank (of the id) first."""
    return rows[np.lexsort((rank[rows], -waiting[rows]))]
