"""A repair from `check` to the published plan, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from shapely.geometry import Polygon, box

from gisgrid.access import CONSOLE
from gisgrid.operations.plans import checking, comparing, drafts, lineage
from gisgrid.operations.plans.repairs import repair

from .town import publish, town

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Store


@pytest.fixture
def ws(store: Store) -> Workspace:
    """The town of town.py."""
    return town(store)


def test_a_grid_that_crosses_itself_is_mended_and_published(ws: Workspace) -> None:
    corners = [(105, 35), (105.01, 35), (105.01, 35.01), (105.004, 34.999), (105, 35.01)]
    shapes = [Polygon(corners), box(105.01, 35, 105.02, 35.01), box(105.02, 35, 105.03, 35.01)]
    assert not shapes[0].is_valid
    plan = gpd.GeoDataFrame(
        {"code": ["甲1", "甲2", "乙1"], "area_code": ["A", "A", "B"]},
        geometry=shapes,
        crs="EPSG:4326",
    )
    with ws.store.write(today=ws.today()) as w:
        w.put_grids(plan, valid_from=ws.today())
    assert {f["what"] for f in checking.check(ws, CONSOLE) if f["revision"] == 2} == {"shape"}
    draft, left = repair(ws, CONSOLE, "repair")
    assert (draft is not None, left) == (True, [])
    assert draft is not None
    told = comparing.compare(ws, CONSOLE, draft)
    assert [row["code"] for row in told["grids"]] == ["甲1"]
    assert drafts.shown(ws, CONSOLE, draft)["step"] == 1
    proof = publish(ws, draft)["certificate"]
    assert (proof["changed"], proof["gaps"], proof["overlaps"]) == (["甲1"], 0, 0)
    assert [f for f in checking.check(ws, CONSOLE) if f["revision"] == 3] == []


def test_a_grid_that_a_repair_takes_away_has_its_successor(ws: Workspace) -> None:
    one, two, three = (box(105 + n / 100, 35, 105.01 + n / 100, 35.01) for n in range(3))
    plan = gpd.GeoDataFrame(
        {"code": ["甲1", "甲2", "甲9", "乙1"], "area_code": ["A", "A", "A", "B"]},
        geometry=[one, two, two, three],
        crs="EPSG:4326",
    )
    with ws.store.write(today=ws.today()) as w:
        w.put_grids(plan, valid_from=ws.today())
    draft, _ = repair(ws, CONSOLE, "repair")
    assert draft is not None
    publish(ws, draft)
    assert [f for f in checking.check(ws, CONSOLE) if f["revision"] == 3] == []
    both = {"甲2", "甲9"}
    (stays,) = both & {grid.code for grid in ws.drawings.grids(3)}
    (gone,) = both - {stays}
    assert lineage.steps(ws, 3) == [(stays, "甲2"), (stays, "甲9")]
    assert lineage.lineage(ws, CONSOLE, gone)["now"] == [stays]
