"""What the numbers mean: visits, gaps, cases and their sums, as of a day.

Pure: arrays (gisgrid.columns) and a day number in, arrays out. The rules and their dates are in
docs/measures.md; no other place works out a figure.
"""

from gisgrid.coverage.cases import CaseState, case_placement, case_state, is_open
from gisgrid.coverage.daybits import last_day, last_visit
from gisgrid.coverage.days import local_day, local_days
from gisgrid.coverage.gaps import longest_wait, reasons
from gisgrid.coverage.place import heir, inside, place
from gisgrid.coverage.stacked import positions, share_position
from gisgrid.coverage.status import (
    HouseholdState,
    counted_from,
    household_state,
    intervals,
    is_gap,
    is_late,
    share_without_gap,
)
from gisgrid.coverage.sums import (
    CASE_COUNTS,
    HOUSEHOLD_COUNTS,
    Places,
    ancestors,
    groups,
    subtree,
    sum_groups,
    tally_cases,
    tally_households,
)
from gisgrid.coverage.tour import steps, tour

__all__ = [
    "CASE_COUNTS",
    "HOUSEHOLD_COUNTS",
    "CaseState",
    "HouseholdState",
    "Places",
    "ancestors",
    "case_placement",
    "case_state",
    "counted_from",
    "groups",
    "heir",
    "household_state",
    "inside",
    "intervals",
    "is_gap",
    "is_late",
    "is_open",
    "last_day",
    "last_visit",
    "local_day",
    "local_days",
    "longest_wait",
    "place",
    "positions",
    "reasons",
    "share_position",
    "share_without_gap",
    "steps",
    "subtree",
    "sum_groups",
    "tally_cases",
    "tally_households",
    "tour",
]
