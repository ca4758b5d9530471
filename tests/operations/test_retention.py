"""What has been kept long enough is shown first, then taken away; figures stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from gisgrid.access import CONSOLE, EVERYWHERE, Actor, Role
from gisgrid.errors import NotAllowed
from gisgrid.operations import retention
from gisgrid.operations.workspace import Workspace

OLD, NEW = date(2024, 1, 10), date(2026, 11, 1)


@pytest.fixture
def ws(empty_workspace: Callable[..., Workspace]) -> Workspace:
    found = empty_workspace()
    days = {"old": OLD, "new": NEW}
    homes: Any = gpd.GeoDataFrame(
        {
            "id": ["old", "new", "here"],
            "name": ["Li", "Wang", "Zhao"],
            "listed_on": [date(2023, 1, 1)] * 3,
            "unlisted_on": [OLD, NEW, None],
        },
        geometry=[None] * 3,
        crs=4326,
    )
    visits = pd.DataFrame(
        {
            "id": list(days),
            "household_id": "here",
            "visited_at": [datetime(d.year, d.month, d.day, 2, tzinfo=UTC) for d in days.values()],
            "outcome": "met",
            "note": [f"note {name}" for name in days],
        }
    )
    cases: Any = gpd.GeoDataFrame(
        {
            "id": list(days),
            "household_id": "here",
            "category": "water",
            "title": [f"title {name}" for name in days],
            "opened_on": [OLD] * 2,
            "closed_on": list(days.values()),
        },
        geometry=[None] * 2,
        crs=4326,
    )
    with found.store.write() as w:
        w.put_households(homes)
        w.put_visits(visits)
        w.put_cases(cases)
        person = w.add_person("Li", "admin", "*")
        for name, day in days.items():
            end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=7)
            w.add_session(name, person.id, end - timedelta(days=7), end)
            w.add_link(name, person.id, end)
    return found


def figures(ws: Workspace) -> list[Any]:
    snapshot = ws.snapshot()
    days = (date(2024, 1, 9), date(2024, 2, 1), date(2026, 10, 1), date(2026, 11, 22))
    return [[snapshot.tally(d).tolist(), snapshot.case_tally(d).tolist()] for d in days]


def test_a_look_shows_what_would_go_and_changes_nothing(ws: Workspace) -> None:
    before = ws.store.changes()
    found = {one.name: one.count for one in retention.due(ws, CONSOLE)}
    assert found == {
        "notes": 1,
        "cases": 1,
        "steps": 0,
        "reports": 0,
        "left": 1,
        "sessions": 1,
        "links": 1,
    }
    assert ws.store.changes() == before


def test_what_is_old_goes_and_the_figures_stay(ws: Workspace) -> None:
    before = figures(ws)
    shown = {one.name: one.count for one in retention.due(ws, CONSOLE)}
    gone, swept = retention.apply(ws, CONSOLE)
    assert {one.name: one.count for one in gone} == shown
    assert swept
    homes = ws.store.households(scope=EVERYWHERE).set_index("id")
    assert homes["name"].to_dict() == {"old": None, "new": "Wang", "here": "Zhao"}
    assert ws.store.erased() == ["old"]
    visits = ws.store.visits(scope=EVERYWHERE).set_index("id")
    assert visits["note"].to_dict() == {"old": None, "new": "note new"}
    cases = ws.store.cases(scope=EVERYWHERE).set_index("id")
    assert cases["title"].to_dict() == {"old": None, "new": "title new"}
    assert figures(ws) == before
    assert [one.count for one in retention.due(ws, CONSOLE)] == [0] * len(gone)
    rows = ws.store.audit_rows(limit=100, action="retention")
    assert {row.object.partition("?")[0] for row in rows} == {k for k, n in shown.items() if n}


def test_nothing_is_old_where_it_is_kept_for_good(ws: Workspace) -> None:
    from dataclasses import replace

    ws.settings = replace(
        ws.settings, keep_notes_months=0, keep_left_months=0, keep_sessions_months=0
    )
    assert all(one.count == 0 for one in retention.due(ws, CONSOLE))


def test_only_who_answers_for_the_data_may_do_so(ws: Workspace) -> None:
    with pytest.raises(NotAllowed):
        retention.apply(ws, Actor("Li", Role.SUPERVISOR, EVERYWHERE, 1))
