"""`check` names the households in no grid: in a gap as a fault, outside the plan beside it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from gisgrid.access import CONSOLE
from gisgrid.operations.plans import certificate, checking, drafts
from gisgrid.operations.plans.bench import bench

from .town import person, town

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Store

GAP = box(105.0095, 35.003, 105.01, 35.007)  # 甲2 has no corners there
LAKE = box(105.002, 35.002, 105.003, 35.008)  # H0 lies in it
UNLOCATED = 1
"""That name no grid: the certificate counts them among those outside."""


@pytest.fixture
def ws(store: Store) -> Workspace:
    return town(store)


def plan_of(ws: Workspace, *shapes: Any, day: date | None = None) -> None:
    names = ["甲1", "甲2", "乙1"]
    plan = gpd.GeoDataFrame(
        {"code": names, "area_code": ["A", "A", "B"]}, geometry=list(shapes), crs="EPSG:4326"
    )
    with ws.store.write(today=ws.today()) as w:
        w.put_grids(plan, valid_from=day or ws.today())


def home(ws: Workspace, name: str, at: Point | None, unlisted: date | None = None) -> None:
    row = {"id": [name], "listed_on": [date(2026, 9, 1)], "unlisted_on": [unlisted]}
    with ws.store.write(today=ws.today()) as w:
        w.put_households(gpd.GeoDataFrame(row, geometry=[at], crs="EPSG:4326"))


def test_households_in_a_gap_are_a_fault_and_those_outside_are_told(ws: Workspace) -> None:
    one, two, three = (box(105 + n / 100, 35, 105.01 + n / 100, 35.01) for n in range(3))
    home(ws, "lost", Point(105.00975, 35.005))
    home(ws, "far", Point(105.5, 35.5))
    home(ws, "gone", Point(105.6, 35.5), unlisted=date(2026, 11, 1))
    home(ws, "nowhere", None)
    plan_of(ws, one.difference(GAP), two, three)
    found, (beside,) = checking.proved(ws, CONSOLE)
    (row,) = [row for row in found if row["what"] == "unassigned"]
    assert (row["codes"], row["size"], row["unit"]) == (["lost"], 1, "households")
    assert row["households"] == [{"id": "lost", "place": [105.00975, 35.005]}]
    assert (beside["what"], beside["size"], beside["place"]) == ("outside", 1, [105.5, 35.5])
    assert beside["households"] == [{"id": "far", "place": [105.5, 35.5]}]
    # A lake has matching edges all around: the footprint has a hole, and H0 lies outside.
    plan_of(ws, one.difference(LAKE), two, three)
    found, (beside, hole) = checking.proved(ws, CONSOLE)
    assert not [
        row for row in found if row["what"] in ("gap", "unassigned") and row["revision"] == 3
    ]
    assert beside["codes"] == ["H0", "far"]
    assert (hole["what"], hole["size"]) == ("holes", 1)
    draft = drafts.found(ws, CONSOLE, drafts.open_draft(ws, person(ws, "Ann"), name="春"))
    told = certificate.households(*(at := at_desk(ws, draft)), at[0].ground.everywhere(at[1]))
    assert told["households_outside"] - UNLOCATED == beside["size"]


def test_each_plan_is_held_against_the_households_of_its_own_days(ws: Workspace) -> None:
    one, two, three = (box(105 + n / 100, 35, 105.01 + n / 100, 35.01) for n in range(3))
    holed, cut = one.difference(GAP), two.difference(box(105.0195, 35.003, 105.02, 35.007))
    home(ws, "gone", Point(105.00975, 35.005), unlisted=date(2026, 11, 1))
    home(ws, "before", Point(105.00975, 35.004), unlisted=date(2026, 9, 20))
    home(ws, "stays", Point(105.01975, 35.005))
    plan_of(ws, holed, two, three, day=date(2026, 10, 1))
    plan_of(ws, one, two, three, day=ws.today())
    plan_of(ws, holed, cut, three, day=ws.today() + timedelta(days=5))
    found = checking.check(ws, CONSOLE)
    lost = {row["revision"]: row["codes"] for row in found if row["what"] == "unassigned"}
    assert lost == {2: ["gone"], 4: ["stays"]}


def at_desk(ws: Workspace, draft: Any) -> Any:
    return bench(ws), ws.drawings.of(draft)
