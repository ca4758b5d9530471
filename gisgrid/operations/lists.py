"""The households and cases behind a figure, one by one.

Arguments and errors as in figures.py, but Action.SEE_HOUSEHOLDS is required. Each returns one page
as a frame, and how many rows there are in all. limit: rows of the page, None for all. after: the
place behind which it begins (asked.place_of), instead of the number of rows before it (offset).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisgrid import coverage
from gisgrid.access import Action, Actor
from gisgrid.columns import dates_of, day_number
from gisgrid.model import STATUS_WORDS, CaseStatus, Status
from gisgrid.operations.asked import Asked, behind, category_number, one_of, page

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.columns import Bools, Ints, Objects
    from gisgrid.operations.workspace import Workspace

GAP_STATUS: tuple[str, ...] = ("gap", "overdue", "never")
HOUSEHOLD_STATUS: tuple[str, ...] = (
    "on_time",
    "due_soon",
    "overdue",
    "never",
    "gap",
    "unlocated",
    "unassigned",
    "stacked",
)
CASE_STATUS: tuple[str, ...] = ("open", "overdue", "closed")


def gap_list(  # noqa: PLR0913 - each filter of the page is an argument
    ws: Workspace,
    actor: Actor,
    *,
    as_of: date | None = None,
    area: str | None = None,
    status: str | None = None,
    restate: bool = False,
    limit: int | None = 100,
    offset: int = 0,
    after: str | None = None,
) -> tuple[pd.DataFrame, int]:
    """Visit gaps, the longest wait first, then by id.

    status: "overdue" or "never" for one kind only. Columns as in `household_list`.
    """
    one_of("status", status, GAP_STATUS)
    return household_list(
        ws,
        actor,
        as_of=as_of,
        area=area,
        status=status or "gap",
        restate=restate,
        limit=limit,
        offset=offset,
        after=after,
    )


def household_list(  # noqa: PLR0913 - each filter of the page is an argument
    ws: Workspace,
    actor: Actor,
    *,
    as_of: date | None = None,
    area: str | None = None,
    status: str | None = None,
    restate: bool = False,
    limit: int | None = 100,
    offset: int = 0,
    after: str | None = None,
) -> tuple[pd.DataFrame, int]:
    """Listed households, the longest wait first, then by id.

    status: one of HOUSEHOLD_STATUS, None for all. Columns: household (id), grid (code, "" for
    none), status, last_visit and due_on (datetime.date or None), days_waiting, reason (what came
    of the last attempt since the last visit: "no_one_home", "refused" or ""; of gaps only), lon and
    lat (EPSG:4326, NaN where unlocated).
    """
    one_of("status", status, HOUSEHOLD_STATUS)
    asked = Asked.of(
        ws, actor, action=Action.SEE_HOUSEHOLDS, as_of=as_of, area=area, restate=restate
    )
    snapshot = asked.snapshot
    homes, state = snapshot.households, snapshot.state(asked.day, asked.plan)
    wanted = np.flatnonzero(asked.view.households & _with_status(asked, status))
    found = coverage.longest_wait(wanted, state.waiting, snapshot.id_rank)
    rows = page(behind(found, state.waiting, homes.id, after), limit, offset)
    gap = coverage.is_gap(state.status[rows])
    reason = np.full(len(rows), "", dtype=object)
    reason[gap] = coverage.reasons(
        snapshot.visits, rows[gap], last=state.last, day=day_number(asked.day)
    )
    frame = pd.DataFrame(
        {
            "household": homes.id[rows],
            "grid": _grid_codes(asked, snapshot.placement(asked.plan)[rows]),
            "status": [STATUS_WORDS[Status(int(s))] for s in state.status[rows]],
            "last_visit": pd.Series(dates_of(state.last[rows]), dtype=object),
            "due_on": pd.Series(dates_of(state.due[rows]), dtype=object),
            "days_waiting": state.waiting[rows].astype(np.int64),
            "reason": reason,
            "lon": homes.lon[rows],
            "lat": homes.lat[rows],
        }
    )
    return frame, len(found)


def case_list(  # noqa: PLR0913 - each filter of the page is an argument
    ws: Workspace,
    actor: Actor,
    *,
    as_of: date | None = None,
    area: str | None = None,
    category: str | None = None,
    status: str | None = None,
    min_age: int | None = None,
    located: bool | None = None,
    restate: bool = False,
    limit: int | None = 100,
    offset: int = 0,
    after: str | None = None,
) -> tuple[pd.DataFrame, int]:
    """Cases, the one open longest first, then by id.

    status: "open" (None too: open cases, the overdue ones among them), "overdue" or "closed".
    category: only of it. min_age: only those opened at least so many days ago. located: only with,
    or only without, a position. Columns: id, household ("" for none, or for one outside the
    view), category, status, opened_on,
    due_on (None for none), days_open, grid ("" for none), lon, lat (its own or its household's
    point, EPSG:4326; NaN where neither has one).
    """
    one_of("status", status, CASE_STATUS)
    asked = Asked.of(
        ws, actor, action=Action.SEE_HOUSEHOLDS, as_of=as_of, area=area, restate=restate
    )
    snapshot = asked.snapshot
    cases, state = snapshot.cases, snapshot.case_state(asked.day)
    wanted = _fitting(asked, category, status, min_age)
    if located is not None:
        wanted &= np.isnan(cases.lon) != located
    found = np.flatnonzero(wanted)
    found = found[np.argsort(-state.age[found], kind="stable")]
    rows = page(behind(found, state.age, cases.id, after), limit, offset)
    # The last, "", for a case without household. A case's own point may lie in view where its
    # household does not: whose it is stays hidden then.
    homes = np.append(np.where(asked.view.households, snapshot.households.id, ""), "")
    frame = pd.DataFrame(
        {
            "id": cases.id[rows],
            "household": homes[cases.household[rows]],
            "category": cases.categories[cases.category[rows]],
            "status": [CaseStatus(int(s)).name.lower() for s in state.status[rows]],
            "opened_on": pd.Series(dates_of(cases.opened[rows]), dtype=object),
            "due_on": pd.Series(dates_of(cases.due[rows]), dtype=object),
            "days_open": state.age[rows].astype(np.int64),
            "grid": _grid_codes(asked, snapshot.case_placement(asked.plan)[rows]),
            "lon": cases.lon[rows],
            "lat": cases.lat[rows],
        }
    )
    return frame, len(found)


def case_counts(
    ws: Workspace,
    actor: Actor,
    *,
    as_of: date | None = None,
    area: str | None = None,
    category: str | None = None,
    status: str | None = None,
    min_age: int | None = None,
    restate: bool = False,
) -> dict[str, int]:
    """How many cases fit, as a map and the list beside it count them.

    open (the overdue ones among them) and overdue; and of these those with a position: located,
    located_overdue. Arguments as in `case_list`; nothing is open that is asked for as "closed".
    """
    one_of("status", status, CASE_STATUS)
    asked = Asked.of(
        ws, actor, action=Action.SEE_HOUSEHOLDS, as_of=as_of, area=area, restate=restate
    )
    state = asked.snapshot.case_state(asked.day).status
    fits = _fitting(asked, category, status, min_age) & coverage.is_open(state)
    late = fits & (state == CaseStatus.OVERDUE)
    located = ~np.isnan(asked.snapshot.cases.lon)
    masks = {
        "open": fits,
        "overdue": late,
        "located": fits & located,
        "located_overdue": late & located,
    }
    return {name: int(np.count_nonzero(mask)) for name, mask in masks.items()}


def _fitting(asked: Asked, category: str | None, status: str | None, min_age: int | None) -> Bools:
    """Which cases of the view the filters leave, with or without a position."""
    snapshot = asked.snapshot
    cases, state = snapshot.cases, snapshot.case_state(asked.day)
    wanted: Bools = asked.view.cases & _case_with_status(state.status, status)
    if category is not None:
        wanted &= cases.category == category_number(snapshot, category)
    if min_age is not None:
        wanted &= state.age >= min_age
    return wanted


def _with_status(asked: Asked, status: str | None) -> Bools:
    """Which households are listed and of the status asked for."""
    snapshot = asked.snapshot
    state = snapshot.state(asked.day, asked.plan)
    if status is None:
        return state.listed
    if status == "gap":
        return coverage.is_gap(state.status)
    if status == "unlocated":
        return state.listed & np.isnan(snapshot.households.lon)
    if status == "unassigned":
        return state.listed & (snapshot.placement(asked.plan) < 0)
    if status == "stacked":
        return coverage.share_position(snapshot.positions, state.listed)
    numbers = {word: number for number, word in STATUS_WORDS.items()}
    of_status: Bools = state.status == numbers[status]
    return of_status


def _case_with_status(
    state: np.ndarray[tuple[int], np.dtype[np.int8]], status: str | None
) -> Bools:
    if status == "overdue":
        return np.equal(state, CaseStatus.OVERDUE)
    if status == "closed":
        return np.equal(state, CaseStatus.CLOSED)
    return coverage.is_open(state)


def _grid_codes(asked: Asked, grid: Ints) -> Objects:
    """Code of each grid, "" for none."""
    codes: Objects = np.append(asked.plan.code, "")[grid]
    return codes
