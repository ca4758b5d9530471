"""What drafts are counted on, taken over from state to state, is what a bench made anew says."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from gisgrid.access import CONSOLE
from gisgrid.operations.plans import drafts
from gisgrid.operations.plans.bench import Bench, bench

from .town import NOW, make, publish, town, upright

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Store


@pytest.fixture
def ws(store: Store) -> Workspace:
    return town(store)


def visit(ws: Workspace, home: str, at: datetime = NOW, outcome: str = "met") -> None:
    row = {"household_id": [home], "visited_at": [at], "outcome": [outcome]}
    with ws.store.write() as w:
        w.put_visits(pd.DataFrame(row))


def home(ws: Workspace, name: str, at: Point | None, **values: Any) -> None:
    row = {"id": [name], "listed_on": [date(2026, 9, 1)]}
    row |= {key: [value] for key, value in values.items()}
    with ws.store.write() as w:
        w.put_households(gpd.GeoDataFrame(row, geometry=[at], crs="EPSG:4326"))


def case(ws: Workspace, name: str, of: str, **values: Any) -> None:
    row = {"id": [name], "household_id": [of], "opened_on": [date(2026, 11, 1)], "status": ["open"]}
    row |= {key: [value] for key, value in values.items()}
    with ws.store.write() as w:
        w.put_cases(gpd.GeoDataFrame(row, geometry=[None], crs="EPSG:4326"))


CHANGES = {
    "a visit": lambda ws: visit(ws, "H0"),
    "a call": lambda ws: visit(ws, "H1", outcome="phone"),
    "another visit": lambda ws: visit(ws, "H4"),
    "a case": lambda ws: case(ws, "C1", "H2", due_on=date(2026, 11, 9)),
    "a case of somebody unlocated": lambda ws: case(ws, "C2", "N1"),
    "that case closed": lambda ws: case(ws, "C2", "N1", closed_on=date(2026, 11, 20)),
    "somebody moved": lambda ws: home(ws, "H0", Point(105.0225, 35.005)),
    "somebody new": lambda ws: home(ws, "H9", Point(105.0125, 35.006)),
    "somebody unlocated": lambda ws: home(ws, "N2", None, grid_code="甲1"),
    "somebody gone": lambda ws: home(ws, "N1", None, unlisted_on=date(2026, 11, 2)),
    "an interval": lambda ws: home(ws, "H5", Point(105.0275, 35.005), visit_every_days=90),
}


def told(desk: Bench, ws: Workspace, draft: int) -> Any:
    """All that a bench counts, with rows by their ids."""
    drawing = ws.drawings.of(drafts.found(ws, CONSOLE, draft))
    homes, cases = desk.snapshot.households.id, desk.snapshot.cases.id
    found = desk.ground.everywhere(drawing)
    near = desk.ground.lying(drawing, drawing.plan.codes())
    return (
        found.counts,
        near.counts,
        sorted(zip(homes[near.homes], near.home_codes, strict=True)),
        sorted(zip(cases[near.cases], near.case_codes, strict=True)),
        desk.outside(drawing),
        desk.areas.km2([drawing.plan[code] for code in drawing.plan.codes()]),
        homes[np.flatnonzero(desk.ground.listed())].tolist(),
        desk.ground.open_cases,
    )


def test_what_is_taken_over_is_what_is_worked_out_anew(ws: Workspace) -> None:
    home(ws, "N1", None, grid_code="乙1")
    draft = drafts.open_draft(ws, CONSOLE, name="spring")
    make(ws, draft, op="split", code="乙1", line=upright(105.025))
    seen = [told(bench(ws), ws, draft)]
    for name, change in CHANGES.items():
        change(ws)
        desk = bench(ws)
        seen.append(told(desk, ws, draft))
        assert seen[-1] == told(Bench(desk.snapshot, desk.day), ws, draft), name
        assert seen[-1] != seen[-2] or name == "a call", name
    publish(ws, draft)
    other = drafts.open_draft(ws, CONSOLE, name="summer")
    desk = bench(ws)
    assert told(desk, ws, other) == told(Bench(desk.snapshot, desk.day), ws, other)


def test_a_visit_has_nothing_worked_out_for_all(ws: Workspace) -> None:
    draft = drafts.open_draft(ws, CONSOLE, name="spring")
    before = bench(ws)
    told(before, ws, draft)
    visit(ws, "H0")
    after = bench(ws)
    assert after is not before
    assert after.ground.homes is before.ground.homes
    assert after.ground.cases is before.ground.cases
    assert after.areas is before.areas
    assert after.ground.unlocated._homes is before.ground.unlocated._homes
    assert after.ground.unlocated._cases is before.ground.unlocated._cases
