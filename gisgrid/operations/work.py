"""The work list of a grid: who is due today, in walking order, and why each was not visited."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid import coverage
from gisgrid.access import Action, Actor, require
from gisgrid.access.fields import Field, sees
from gisgrid.columns import date_of, day_number
from gisgrid.errors import UnknownArea
from gisgrid.model import STATUS_WORDS, Outcome, Status
from gisgrid.operations.asked import Asked
from gisgrid.operations.auditing import looked, object_of
from gisgrid.operations.households import PAGE_ROWS

if TYPE_CHECKING:
    from gisgrid.columns import Bools, Ints
    from gisgrid.operations.workspace import Workspace
    from gisgrid.snapshot import Snapshot

SHOW: tuple[str, ...] = ("due", "cases", "all")
"""Which households a list shows: due today, with an open case, all."""

RECENT = timedelta(days=60)
"""How far back attempts are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class _Day:
    """The listed households of one grid on a day.

    due: by what was known when the day began, so that the list and its order stay while the
    day's visits come in. done, tried: visited today, tried today.
    """

    rows: Ints
    due: Bools
    done: Bools
    tried: Bools


def grids(ws: Workspace, actor: Actor, page: int = 1) -> tuple[list[dict[str, Any]], int]:
    """A page of a hundred of the grids that the actor serves, most due first; how many there are.

    Each: code, name, member, households, due, gap. Raises NotAllowed.
    """
    asked = Asked.of(ws, actor, action=Action.RECORD, as_of=None, area=None)
    snapshot, plan = asked.snapshot, asked.plan
    state, place = snapshot.state(asked.day, plan), snapshot.placement(plan)
    size = len(plan.code)
    mine = asked.view.households & (place >= 0)

    def count(chosen: Bools) -> Ints:
        return np.bincount(place[mine & chosen], minlength=size)

    due = count(state.listed & (state.due <= day_number(asked.day)))
    gap, listed = count(coverage.is_gap(state.status)), count(state.listed)
    at = np.flatnonzero(asked.view.grids)
    order = at[np.lexsort((at, -due[at]))][(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    named = sees(actor, Field.GRID_MEMBER)
    rows = [
        {
            "code": plan.code[i],
            "name": plan.name[i] or "",
            "member": (plan.member[i] or "") if named else "",
            "households": int(listed[i]),
            "due": int(due[i]),
            "gap": int(gap[i]),
        }
        for i in order
    ]
    return rows, len(at)


def work(
    ws: Workspace, actor: Actor, *, grid: str, show: str = "due", page: int = 1
) -> dict[str, Any]:
    """The list of one grid, today.

    Returns grid, name, member, day, show, counts (of SHOW), due, done and tried (of those due this
    morning: visited today, tried today), total, pages, and rows in walking order, a hundred a page:
    household, name, address, status, last_visit, due_on, days_waiting, reason (of the last
    attempt), attempts (since the last visit), today (outcome recorded today, or None), metres (from
    the row before, None where a position lacks) and cases (open ones: id, category, title, due_on,
    note, overdue). The look is written into the account of use.

    Raises NotAllowed; UnknownArea for what is no grid that the actor sees.
    """
    require(actor, Action.RECORD)
    asked, at = _of_grid(ws, actor, grid)
    snapshot = asked.snapshot
    today = _day(asked)
    open_cases = _with_open_case(snapshot, asked.day)[today.rows]
    chosen = {"due": today.due, "cases": open_cases, "all": np.ones(len(today.rows), bool)}
    rows = _walk(snapshot, today.rows[chosen[show]])
    shown = rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    ids = snapshot.households.id[shown].tolist()
    found = {
        "grid": grid,
        "name": asked.plan.name[at] or "",
        "member": asked.plan.member[at] or "",
        "day": asked.day,
        "show": show,
        "counts": {name: int(which.sum()) for name, which in chosen.items()},
        "due": int(today.due.sum()),
        "done": int((today.due & today.done).sum()),
        "tried": int((today.due & today.tried & ~today.done).sum()),
        "total": len(rows),
        "pages": max(1, -(-len(rows) // PAGE_ROWS)),
        "rows": _rows(ws, actor, asked, shown, ids),
    }
    if ids:
        looked(ws, actor, "list_households", object_of("work", grid=grid, show=show), len(ids))
    return found


def _of_grid(ws: Workspace, actor: Actor, grid: str) -> tuple[Asked, int]:
    """The question about one grid, also where its village has the same code; its row in the plan.

    Raises UnknownArea for what is no grid that the actor sees.
    """
    asked = Asked.of(ws, actor, action=Action.SEE_HOUSEHOLDS, as_of=None, area=grid)
    plan, view = asked.plan, asked.view
    at = int(np.searchsorted(plan.code, grid))
    if at == len(plan.code) or plan.code[at] != grid or not view.grids[at]:
        raise UnknownArea(area=grid)
    inside = view.households & (asked.snapshot.placement(plan) == at)
    return replace(asked, view=replace(view, households=inside)), at


def _day(asked: Asked) -> _Day:
    """The grid's households, and which of them were due this morning."""
    snapshot, number = asked.snapshot, day_number(asked.day)
    state = snapshot.state(asked.day, asked.plan)
    rows = np.flatnonzero(asked.view.households & state.listed)
    morning = snapshot.state(asked.day - timedelta(days=1), asked.plan)
    # Who is listed since today has no yesterday; their first visit is due by the state of today.
    due_on = np.where(morning.listed, morning.due, state.due)[rows]
    tables = snapshot.visits
    last_try = coverage.last_day(number, tables.no_one_home, tables.refused, tables.phone)
    return _Day(rows, due_on <= number, state.last[rows] == number, last_try[rows] == number)


def _walk(snapshot: Snapshot, rows: Ints) -> Ints:
    """`rows` in walking order; last those without a position, to whom no map leads."""
    lon, lat = snapshot.households.lon[rows], snapshot.households.lat[rows]
    located = ~np.isnan(lon)
    walk = rows[located][coverage.tour(lon[located], lat[located])]
    return np.concatenate([walk, rows[~located]])


def _with_open_case(snapshot: Snapshot, day: date) -> Bools:
    state, cases = snapshot.case_state(day), snapshot.cases
    found = np.zeros(len(snapshot.households.id), dtype=bool)
    found[cases.household[coverage.is_open(state.status) & (cases.household >= 0)]] = True
    return found


def _rows(
    ws: Workspace, actor: Actor, asked: Asked, rows: Ints, ids: list[str]
) -> list[dict[str, Any]]:
    snapshot, homes = asked.snapshot, asked.snapshot.households
    state = snapshot.state(asked.day, asked.plan)
    reason = coverage.reasons(snapshot.visits, rows, last=state.last, day=day_number(asked.day))
    names = ws.store.households(scope=actor.scope, ids=ids).set_index("id") if ids else None
    recent = ws.store.recent_visits(scope=actor.scope, household_ids=ids, since=asked.day - RECENT)
    cases = open_cases(ws, actor, asked, ids)
    metres = coverage.steps(homes.lon[rows], homes.lat[rows])
    found = []
    for i, row in enumerate(rows):
        last = date_of(state.last[row])
        visits = [v for v in recent.get(ids[i], []) if v[0] <= asked.day]
        tries = Counter(o for on, o in visits if o != Outcome.MET and (last is None or on > last))
        today = [o for on, o in visits if on == asked.day]
        texts: Any = {} if names is None or ids[i] not in names.index else names.loc[ids[i]]
        found.append(
            {
                "household": ids[i],
                "name": _text(texts, "name") if sees(actor, Field.NAME) else None,
                "address": _text(texts, "address") if sees(actor, Field.ADDRESS) else None,
                "status": STATUS_WORDS[Status(int(state.status[row]))],
                "last_visit": last,
                "due_on": date_of(state.due[row]),
                "days_waiting": int(state.waiting[row]),
                "reason": reason[i] or None,
                "attempts": int(sum(tries.values())),
                "today": today[-1] if today else None,
                "metres": None if i == 0 or np.isnan(metres[i]) else round(float(metres[i])),
                "cases": cases.get(ids[i], []),
            }
        )
    return found


def open_cases(
    ws: Workspace, actor: Actor, asked: Asked, ids: list[str]
) -> dict[str, list[dict[str, Any]]]:
    """Household -> its open cases, the oldest first."""
    if not ids:
        return {}
    rows = ws.store.cases(scope=actor.scope, household_ids=ids)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows.sort_values(["opened_on", "id"]).itertuples():
        closed = row.closed_on if isinstance(row.closed_on, date) else None
        if closed is not None and closed <= asked.day:
            continue
        due = row.due_on if isinstance(row.due_on, date) else None
        found.setdefault(str(row.household_id), []).append(
            {
                "id": row.id,
                "category": row.category if isinstance(row.category, str) else "",
                "title": row.title if sees(actor, Field.TITLE) and _is_text(row.title) else None,
                "note": row.note if sees(actor, Field.NOTE) and _is_text(row.note) else None,
                "opened_on": row.opened_on,
                "due_on": due,
                "overdue": due is not None and due < asked.day,
            }
        )
    return found


def of_household(ws: Workspace, actor: Actor, household: str) -> dict[str, Any]:
    """What the page of a household shows to whoever records: its open cases, and their history.

    open: as in `work`. steps: of all its cases, the newest first: case, kind, on, member, changes
    (column -> (before, after); texts only where the role sees them). Raises NotAllowed.
    """
    asked = Asked.of(ws, actor, action=Action.RECORD, as_of=None, area=None)
    cases = open_cases(ws, actor, asked, [household]).get(household, [])
    rows = ws.store.cases(scope=actor.scope, household_ids=[household])
    steps = ws.store.case_steps(scope=actor.scope, case_ids=rows["id"].tolist())
    private = (("title", Field.TITLE), ("note", Field.NOTE))
    hidden = {"household_id", *(name for name, field in private if not sees(actor, field))}
    shown = [
        {
            "case": step.case_id,
            "kind": step.kind,
            "on": step.changed_on,
            "member": step.member if sees(actor, Field.MEMBER) else None,
            "changes": {k: v for k, v in step.changes.items() if k not in hidden and v[0] != v[1]},
        }
        for step in reversed(steps)
    ]
    return {"open": cases, "steps": shown}


def categories(ws: Workspace) -> list[str]:
    """Categories that a new case may choose from: those in use, in the order of text."""
    return [str(word) for word in ws.snapshot().cases.categories if word]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _text(row: Any, name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) and value else None
