"""Figures: coverage and cases by area, totals and the trend.

Each takes the workspace and the actor, then by name: as_of (None: today in the programme's zone),
area (a code; None: all that the actor may see) and restate (work out the past on today's grids).
All require Action.SEE_FIGURES; they raise NotAllowed, and UnknownArea for an area that does not
exist or lies outside the actor's scope. Lists of single households and cases are in lists.py, the
page's own bundle in overview.py; they are offered from here too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisgrid import coverage
from gisgrid.access import Action, Actor, require
from gisgrid.errors import UnknownArea
from gisgrid.model import CASE_COLUMNS, COVERAGE_COLUMNS, UNASSIGNED
from gisgrid.operations.asked import Asked
from gisgrid.operations.lists import case_counts, case_list, gap_list, household_list
from gisgrid.operations.overview import count_cases, count_households, heading, overview_of
from gisgrid.operations.symbols import household_counts

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.coverage.sums import Tally
    from gisgrid.operations.workspace import Workspace

__all__ = [
    "case_counts",
    "case_list",
    "case_table",
    "categories",
    "coverage_table",
    "gap_list",
    "household_list",
    "overview",
    "totals",
    "trend",
]

TREND_WEEKS = 12


def coverage_table(
    ws: Workspace,
    actor: Actor,
    *,
    as_of: date | None = None,
    by: str = "grid",
    area: str | None = None,
    restate: bool = False,
) -> pd.DataFrame:
    """How well households are visited: one row for each grid or area, by code.

    by: one of model.BY, not above the level of `area`. Returns COVERAGE_COLUMNS: counts of listed
    households (int64); `coverage` from 0 to 1, NaN where no household is listed. The last row,
    code "" and name UNASSIGNED, holds what lies in no grid (or in no area of that level), so that
    the sums of the columns are the totals of `area`.
    Raises UnknownWord for another level.
    """
    asked = _asked(ws, actor, as_of, area, restate=restate)
    frame = _table(asked, by, asked.tally(), coverage.HOUSEHOLD_COUNTS)
    frame["coverage"] = coverage.share_without_gap(
        frame["households"].to_numpy(), frame["gap"].to_numpy()
    )
    return frame[list(COVERAGE_COLUMNS)]


def case_table(
    ws: Workspace,
    actor: Actor,
    *,
    as_of: date | None = None,
    by: str = "grid",
    area: str | None = None,
    category: str | None = None,
    restate: bool = False,
) -> pd.DataFrame:
    """Cases: one row for each grid or area, by code; rows as in `coverage_table`.

    Returns CASE_COLUMNS, int64: open (the overdue ones among them), overdue, and opened and closed
    within the 30 days up to the day. category: only cases of it.
    Raises UnknownWord for another level, or a category that no case has.
    """
    asked = _asked(ws, actor, as_of, area, restate=restate)
    frame = _table(asked, by, asked.case_tally(category), coverage.CASE_COUNTS)
    return frame[list(CASE_COLUMNS)]


def totals(
    ws: Workspace,
    actor: Actor,
    *,
    as_of: date | None = None,
    area: str | None = None,
    restate: bool = False,
) -> dict[str, Any]:
    """The figures of one area: code, name, level, then counts.

    households, on_time, due_soon, overdue, never, gap, coverage (0 to 1, None where no household is
    listed), unlocated, unassigned (listed, in no grid), stacked, open_cases, overdue_cases.
    """
    asked = _asked(ws, actor, as_of, area, restate=restate)
    return {**heading(asked)[-1], **_totals(asked)}


def overview(
    ws: Workspace,
    actor: Actor,
    *,
    as_of: date | None = None,
    area: str | None = None,
    restate: bool = False,
) -> dict[str, Any]:
    """All that the coverage page shows first, in JSON types.

    as_of, today (ISO); area, path [{code, name, level} …] from the top of the scope; child_level
    (township, village, grid or household) and rows, the next level below by code: code, name,
    counts as in `totals`, open, overdue_cases, bounds [w, s, e, n] or null; rest: the same for what
    lies in none of them; totals; symbols (see symbols.household_counts); bounds; trend; version;
    demo; revision (whose grids are shown), revision_then (in force on the day), revision_today.
    """
    asked = _asked(ws, actor, as_of, area, restate=restate)
    return {
        **overview_of(asked),
        "totals": {**heading(asked)[-1], **_totals(asked)},
        "symbols": household_counts(asked),
        "trend": _trend(asked, area, TREND_WEEKS, restate=restate),
    }


def trend(
    ws: Workspace,
    actor: Actor,
    *,
    as_of: date | None = None,
    area: str | None = None,
    weeks: int = TREND_WEEKS,
    restate: bool = False,
) -> list[dict[str, Any]]:
    """Coverage week by week up to the day, the oldest first.

    Each: as_of (ISO), coverage, gap, households, worked out on the grids in force on that day
    (restate: on today's); a grid that was not there yet has no households.
    """
    asked = _asked(ws, actor, as_of, area, restate=restate)
    return _trend(asked, area, weeks, restate=restate)


def categories(ws: Workspace, actor: Actor) -> list[str]:
    """The categories of cases; a category's place in this list is the number in the tiles.

    "" stands for cases without a category, if there are any.
    """
    require(actor, Action.SEE_FIGURES)
    return list(ws.snapshot().cases.categories)


def _asked(
    ws: Workspace, actor: Actor, as_of: date | None, area: str | None, *, restate: bool
) -> Asked:
    return Asked.of(ws, actor, action=Action.SEE_FIGURES, as_of=as_of, area=area, restate=restate)


def _table(asked: Asked, by: str, tally: Tally, counts: tuple[str, ...]) -> pd.DataFrame:
    """Code, name and counts of each row, the unassigned last."""
    rows = asked.rows(by)
    codes, names = asked.labels(by, rows)
    group = coverage.groups(asked.snapshot.areas, asked.plan, by)
    sums = coverage.sum_groups(tally, group, rows)
    table = {name: sums[:, i] for i, name in enumerate(counts)}
    return pd.DataFrame({"code": [*codes, ""], "name": [*names, UNASSIGNED], **table})


def _totals(asked: Asked) -> dict[str, Any]:
    tally = asked.tally()
    grids = len(asked.plan.code)
    households = count_households(tally.sum(axis=0))
    cases = count_cases(asked.case_tally().sum(axis=0))
    return {
        **households,
        "unassigned": count_households(tally[grids:].sum(axis=0))["households"],
        "open_cases": cases["open"],
        "overdue_cases": cases["overdue"],
    }


def _trend(asked: Asked, area: str | None, weeks: int, *, restate: bool) -> list[dict[str, Any]]:
    snapshot = asked.snapshot
    points = []
    for back in range(weeks - 1, -1, -1):
        day = asked.day - timedelta(weeks=back)
        plan = asked.plan if restate else snapshot.plan_on(day)
        try:
            places = snapshot.view(asked.scope, area, day, plan).places
            counts = count_households(snapshot.tally(day, plan)[places].sum(axis=0))
        except UnknownArea:  # a grid of today that an earlier plan does not have
            counts = {"coverage": None, "gap": 0, "households": 0}
        points.append(
            {"as_of": day.isoformat(), **{k: counts[k] for k in ("coverage", "gap", "households")}}
        )
    return points
