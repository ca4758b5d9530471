"""What households and cases are drawn as, and how many of each the legend of a map counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gisgrid import coverage
from gisgrid.model import CaseStatus, Status

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.columns import Bools, Ints
    from gisgrid.operations.asked import Asked
    from gisgrid.snapshot import Snapshot

WAITS = (14, 28, 29)
"""Days waiting as a map colours them: up to 14, up to 28, more."""


def open_cases(snapshot: Snapshot, day: date) -> tuple[Ints, Bools]:
    """How many open cases each household has, and whether one of them is overdue."""
    status, of = snapshot.case_state(day).status, snapshot.cases.household
    counted = coverage.is_open(status) & (of >= 0)
    opened = np.bincount(of[counted], minlength=len(snapshot.households.id))
    overdue = np.zeros(len(snapshot.households.id), dtype=bool)
    overdue[of[(status == CaseStatus.OVERDUE) & (of >= 0)]] = True
    return opened, overdue


def household_counts(asked: Asked) -> dict[str, int | list[int]]:
    """How many located households of the area are drawn as what; each is in one of the first four.

    on_time, due_soon, never; overdue: those that wait up to 14 days, up to 28, longer. open_case,
    overdue_case: those that bear the mark of one.
    """
    snapshot = asked.snapshot
    state = snapshot.state(asked.day, asked.plan)
    shown = asked.view.households & state.listed & ~np.isnan(snapshot.households.lon)
    status = np.bincount(state.status[shown], minlength=len(Status))
    late = state.waiting[shown & (state.status == Status.OVERDUE)]
    waits = np.bincount(np.searchsorted(WAITS[:2], late), minlength=len(WAITS))
    opened, overdue = open_cases(snapshot, asked.day)
    return {
        "on_time": int(status[Status.ON_TIME]),
        "due_soon": int(status[Status.DUE_SOON]),
        "overdue": waits.tolist(),
        "never": int(status[Status.NEVER]),
        "open_case": int(np.count_nonzero(shown & (opened > 0) & ~overdue)),
        "overdue_case": int(np.count_nonzero(shown & overdue)),
    }
