"""A neighbour that got a mere corner tells what it had: from the map's counts, to the household."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, Polygon

from gisgrid.access import CONSOLE
from gisgrid.operations.plans import drafts, editing
from gisgrid.operations.plans.ground import Ground
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings

from .town import NOW

if TYPE_CHECKING:
    from gisgrid.store import Store

WEST = Polygon([(105, 35), (105.01, 35), (105.0133333, 35.01), (105, 35.01)])
EAST = Polygon([(105.01, 35), (105.03, 35), (105.03, 35.01), (105.0133333, 35.01)])
NORTH = Polygon(
    [(105, 35.01), (105.0133333, 35.01), (105.03, 35.01), (105.03, 35.02), (105, 35.02)]
)


def filled(store: Store, homes: list[Point]) -> int:
    """Three grids, the edge between two of them slanted; a draft on them."""
    plan = gpd.GeoDataFrame(
        {"code": ["B1", "A1", "A2"], "area_code": ["T"] * 3},
        geometry=[WEST, EAST, NORTH],
        crs="EPSG:4326",
    )
    ids, listed = [f"H{n:03}" for n in range(len(homes))], [date(2026, 9, 1)] * len(homes)
    table = gpd.GeoDataFrame({"id": ids, "listed_on": listed}, geometry=homes, crs="EPSG:4326")
    areas = pd.DataFrame(
        [("T", "Town", "township", None)], columns=["code", "name", "level", "parent_code"]
    )
    with store.write() as w:
        w.put_areas(areas)
        w.put_grids(plan)
        w.put_households(table)
    return drafts.open_draft(opened(store), CONSOLE, name="春")


def opened(store: Store, *, shown: bool = False) -> Workspace:
    ws = Workspace(store, Settings(), lambda: NOW)
    if shown:  # as a map of the plan has been
        ws.snapshot().tally(ws.today())
        ws.snapshot().case_tally(ws.today())
    return ws


def cut(ws: Workspace, draft: int, lat: float, code: str = "B1") -> dict[str, Any]:
    line = {"type": "LineString", "coordinates": [[104.99, lat], [105.04, lat]]}
    wish = {"op": "split", "code": code, "line": line, "allow_led": True}
    return editing.edit(ws, CONSOLE, draft, wish, seen=None, dry_run=True)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The grids of each look at the ground."""
    seen: list[list[str]] = []
    look = Ground.lying_in

    def told(self: Ground, drawings: Any, codes: Any, near: Any) -> Any:
        seen.append(sorted(codes))
        return look(self, drawings, codes, near)

    monkeypatch.setattr(Ground, "lying_in", told)
    return seen


def test_it_is_not_counted_again_and_has_the_same_figures(
    store: Store, looks: list[list[str]]
) -> None:
    rng = np.random.default_rng(1)
    inner = [Point(*p) for p in rng.uniform([105.0001, 35.0001], [105.0299, 35.0199], (90, 2))]
    draft = filled(store, [*inner, Point(105, 35.004), Point(105.02, 35.01), Point(105.01, 35)])
    plain, mapped = opened(store), opened(store, shown=True)
    for lat in (35.0031, 35.00777, 35.004, 35.0088888):
        looks.clear()
        told = cut(plain, draft, lat)
        assert looks == [["A1", "B1", "B2"]]
        looks.clear()
        assert cut(mapped, draft, lat) == told
        assert looks == [["B1", "B2"]]
        (east,) = (f for f in told["changed"] if f["properties"]["code"] == "A1")
        assert east["properties"]["households"] > 10


def test_who_lives_in_the_hair_that_a_corner_moves_is_told(
    store: Store, looks: list[list[str]]
) -> None:
    draft = filled(store, [])
    told = cut(opened(store), draft, 35.0031)
    (east,) = (f for f in told["changed"] if f["properties"]["code"] == "A1")
    (corner,) = (p for p in east["geometry"]["coordinates"][0] if p[1] == 35.0031)
    edge = 105.01 + 0.0033333 * (35.0031 - 35) / 0.01
    assert 1e-9 < abs(corner[0] - edge) < 1e-7
    homes = [Point((corner[0] + edge) / 2, 35.0031), Point(105.005, 35.002), Point(105.02, 35.005)]
    rows = {"id": ["in", "west", "east"], "listed_on": [date(2026, 9, 1)] * 3}
    with store.write() as w:
        w.put_households(gpd.GeoDataFrame(rows, geometry=homes, crs="EPSG:4326"))
    looks.clear()
    told = cut(opened(store, shown=True), draft, 35.0031)
    assert (looks[0], looks[-1]) == (["B1", "B2"], ["A1", "B1", "B2"])
    assert told == cut(opened(store), draft, 35.0031)
    (moved,) = (row for row in told["impact"]["households"]["moved"] if row["id"] == "in")
    assert "A1" in (moved["from"], moved["to"])


def test_a_neighbour_that_was_drawn_before_is_counted_as_it_is_now(
    store: Store, looks: list[list[str]]
) -> None:
    rng = np.random.default_rng(2)
    inner = [Point(*p) for p in rng.uniform([105.0001, 35.0001], [105.0299, 35.0199], (90, 2))]
    draft = filled(store, inner)
    mapped = opened(store, shown=True)
    line = {"type": "LineString", "coordinates": [[105.0255, 34.99], [105.0255, 35.02]]}
    wish = {"op": "split", "code": "A1", "line": line}
    before = mapped.snapshot().tally(mapped.today())[0].tolist()  # A1 as the map has it
    editing.edit(mapped, CONSOLE, draft, wish, seen=1)
    looks.clear()
    told = cut(mapped, draft, 35.0031)
    assert looks == [["A1", "B1", "B2"]]
    (east,) = (f for f in told["changed"] if f["properties"]["code"] == "A1")
    assert 0 < east["properties"]["households"] < before[0]
    assert told == cut(opened(store), draft, 35.0031)
