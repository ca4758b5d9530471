"""One household: where it stands, its last visits and its cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisgrid.access import Action, Actor, Field, require, sees
from gisgrid.columns import date_of
from gisgrid.errors import UnknownHousehold
from gisgrid.model import LEVELS, STATUS_WORDS, CaseStatus, Status
from gisgrid.operations import figures
from gisgrid.operations.asked import day_of
from gisgrid.operations.auditing import looked, object_of

if TYPE_CHECKING:
    from datetime import date

    from pandas import DataFrame

    from gisgrid.access import Scope
    from gisgrid.operations.workspace import Workspace
    from gisgrid.snapshot import Snapshot

VISITS_SHOWN = 10
PAGE_ROWS = 100
"""Rows of one page of a list: names are shown where they are worked with, not by the thousand."""


def detail(
    ws: Workspace, actor: Actor, *, household: str, as_of: date | None = None
) -> dict[str, Any]:
    """All that may be seen of one household, as of a day (today when None).

    Returns id, grid, grid_name, area (path of {code, name, level}), status, last_visit, due_on,
    days_waiting, lon, lat, visits (newest first, ten at most: id, visited_on,
    outcome, flags, corrects, corrected: a later one stands in its place) and cases (id,
    category, opened_on, due_on, closed_on, status; open ones first). name, address, the cases'
    title and the visits' member are None where access.fields does not show them to the role.
    Dates are datetime.date. The look is written into the account of use.

    Raises NotAllowed without Action.SEE_HOUSEHOLDS; UnknownHousehold when there is none, or when
    it lies outside the actor's scope.
    """
    require(actor, Action.SEE_HOUSEHOLDS)
    day = day_of(as_of, ws.today())
    rows = ws.store.households(scope=actor.scope, ids=[household])
    snapshot = ws.snapshot()
    i = int(snapshot.ids.get_indexer(pd.Index([household]))[0])
    if rows.empty or i < 0:
        raise UnknownHousehold(household=household)
    row = rows.iloc[0]
    point = row.geometry
    located = point is not None and not point.is_empty and sees(actor, Field.POSITION)
    found = {
        "id": household,
        "name": _text(row["name"]) if sees(actor, Field.NAME) else None,
        "address": _text(row["address"]) if sees(actor, Field.ADDRESS) else None,
        **_place(snapshot, actor.scope, day, i),
        **_standing(snapshot, day, i),
        "lon": point.x if located else None,
        "lat": point.y if located else None,
        "visits": _visits(ws, actor, household, day),
        "cases": _cases(ws, actor, household, _case_words(snapshot, day, i)),
    }
    looked(ws, actor, "look_household", object_of("household", [household], as_of=as_of), 1)
    return found


def listing(
    ws: Workspace,
    actor: Actor,
    *,
    as_of: date | None = None,
    area: str | None = None,
    status: str | None = None,
    restate: bool = False,
    page: int = 1,
) -> dict[str, Any]:
    """One page of the list behind a number: as_of, area, path, status, total, pages, names, rows.

    status: one of the words of figures.household_list; None for all listed households. restate: a
    past day on the grids in force today. path: the way down to `area` ({code, name, level}). rows:
    dicts of that list's columns and grid_name (its village and name; "" for none), with name and
    address where access.fields shows them. A page after the last is empty. The look is written into
    the account of use. Raises as figures.household_list does.
    """
    skip = (page - 1) * PAGE_ROWS
    frame, total = figures.household_list(
        ws,
        actor,
        as_of=as_of,
        area=area,
        status=status,
        restate=restate,
        limit=PAGE_ROWS,
        offset=skip,
    )
    shown = [field.value for field in (Field.NAME, Field.ADDRESS) if sees(actor, field)]
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    path, grid_names = _ground(ws, actor.scope, area, as_of, restate=restate)
    for row in rows:
        row["grid_name"] = grid_names.get(row["grid"], "")
    if shown and rows:
        ids = frame["household"].tolist()
        known = ws.store.households(scope=actor.scope, ids=ids).set_index("id")
        for row in rows:
            for column in shown:
                row[column] = _text(known[column].get(row["household"]))
        what = object_of("households", ids, area=area, status=status, as_of=as_of, page=page)
        looked(ws, actor, "list_households", what, len(ids))
    return {
        "as_of": as_of or ws.today(),
        "area": area,
        "path": path,
        "status": status,
        "total": total,
        "pages": max(1, -(-total // PAGE_ROWS)),
        "names": bool(shown),
        "rows": rows,
    }


def _ground(
    ws: Workspace, scope: Scope, area: str | None, as_of: date | None, *, restate: bool
) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The path to an area; and each grid as people call it: its village and its name.

    A grid without a name is called by its code alone.
    """
    snapshot, day = ws.snapshot(), as_of or ws.today()
    plan = snapshot.plan_on(ws.today() if restate else day)
    path = snapshot.view(scope, area, day, plan).path if area else []
    steps = [{"code": code, "name": name or code, "level": level} for code, name, level in path]
    above = np.append(snapshot.areas.name, "")[plan.area]
    named = zip(plan.code, plan.name, above, strict=True)
    return steps, {
        code: " · ".join(filter(None, (over, name))) if name else code for code, name, over in named
    }


def _place(snapshot: Snapshot, scope: Scope, day: date, i: int) -> dict[str, Any]:
    """Grid, its name, and path of areas (from the top of the scope) of household `i` on `day`."""
    plan = snapshot.plan_on(day)
    place, grids = int(snapshot.household_places(plan)[i]), len(plan.code)
    path: list[tuple[str, str, str]] = []
    if place < snapshot.places(plan).nowhere:
        code = plan.code[place] if place < grids else snapshot.areas.code[place - grids]
        path = snapshot.view(scope, code, day).path
    return {
        "grid": plan.code[place] if place < grids else None,
        "grid_name": (plan.name[place] or plan.code[place]) if place < grids else None,
        "area": [{"code": code, "name": name} for code, name, level in path if level in LEVELS],
    }


def _standing(snapshot: Snapshot, day: date, i: int) -> dict[str, Any]:
    state = snapshot.state(day)
    status = Status(int(state.status[i]))
    waits = status is not Status.UNLISTED
    return {
        "status": STATUS_WORDS[status],
        "last_visit": date_of(state.last[i]),
        "due_on": date_of(state.due[i]) if waits else None,
        "days_waiting": int(state.waiting[i]) if waits else None,
    }


def _visits(ws: Workspace, actor: Actor, household: str, day: date) -> list[dict[str, Any]]:
    rows = ws.store.visits(scope=actor.scope, household_ids=[household])
    rows = rows[rows["visited_on"] <= day].head(VISITS_SHOWN)
    marks = ws.store.visit_marks(scope=actor.scope, household_ids=[household])
    rows = rows.merge(marks, on="id")
    return [
        {
            "id": row.id,
            "visited_on": row.visited_on,
            "outcome": row.outcome,
            "member": _text(row.member) if sees(actor, Field.MEMBER) else None,
            "flags": _text(row.flags),
            "corrects": _text(row.corrects),
            "corrected": bool(row.corrected),
        }
        for row in rows.itertuples()
    ]


def _case_words(snapshot: Snapshot, day: date, i: int) -> dict[str, str]:
    """Id -> open | overdue | closed of the household's cases that were opened by `day`."""
    state = snapshot.case_state(day)
    cases = np.flatnonzero(snapshot.cases.household == i)
    # A case that was changed has a row for each time; on a day one of them is not absent.
    words = [(snapshot.cases.id[c], CaseStatus(int(state.status[c]))) for c in cases]
    return {key: w.name.lower() for key, w in words if w is not CaseStatus.ABSENT}


def _cases(
    ws: Workspace, actor: Actor, household: str, words: dict[str, str]
) -> list[dict[str, Any]]:
    rows: DataFrame = ws.store.cases(scope=actor.scope, household_ids=[household])
    found = [
        {
            "id": row.id,
            "category": _text(row.category),
            "title": _text(row.title) if sees(actor, Field.TITLE) else None,
            "opened_on": row.opened_on,
            "due_on": row.due_on,
            # A day in the past does not know yet that the case will be closed.
            "closed_on": row.closed_on if words[str(row.id)] == "closed" else None,
            "status": words[str(row.id)],
        }
        for row in rows[rows["id"].isin(list(words))].itertuples()
    ]
    newest_first = sorted(found, key=lambda case: (case["opened_on"], case["id"]), reverse=True)
    return sorted(newest_first, key=lambda case: case["status"] == "closed")


def _text(value: Any) -> str | None:
    """Text or None; pandas writes what is missing in several ways."""
    return value if isinstance(value, str) and value else None
