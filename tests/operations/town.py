"""A small town whose plan is drawn anew, and the people who do so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point, box

from gisgrid.access import CONSOLE, Actor, Role, Scope
from gisgrid.operations.plans import drafts, editing, publishing, reviewing
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings

if TYPE_CHECKING:
    from gisgrid.store import Store

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
LATER = date(2026, 12, 1)


def town(store: Store) -> Workspace:
    """A township of two villages, T1 = A (甲1 甲2) and B (乙1), and six households in a row."""
    areas = pd.DataFrame(
        [
            ("T1", "Town", "township", None),
            ("A", "甲", "village", "T1"),
            ("B", "乙", "village", "T1"),
        ],
        columns=["code", "name", "level", "parent_code"],
    )
    codes = ["甲1", "甲2", "乙1"]
    plan = gpd.GeoDataFrame(
        {"code": codes, "area_code": ["A", "A", "B"], "member": ["Li", "Wang", None]},
        geometry=[box(105 + n / 100, 35, 105.01 + n / 100, 35.01) for n in range(3)],
        crs="EPSG:4326",
    )
    homes = gpd.GeoDataFrame(
        {"id": [f"H{n}" for n in range(6)], "listed_on": [date(2026, 9, 1)] * 6},
        geometry=[Point(105.0025 + n / 200, 35.005) for n in range(6)],
        crs="EPSG:4326",
    )
    with store.write() as w:
        w.put_areas(areas)
        w.put_grids(plan)
        w.put_households(homes)
        w.add_person("Ann", "planner", "*")
        w.add_person("Chen", "supervisor", "*")
    return Workspace(store, Settings(), lambda: NOW)


def person(ws: Workspace, name: str) -> Actor:
    found = ws.store.person(name)
    assert found is not None
    return Actor(name, Role(found.role), Scope(found.scope), found.id)


def version(ws: Workspace, draft: int) -> int:
    return drafts.found(ws, CONSOLE, draft).version


def make(ws: Workspace, draft: int, **wish: Any) -> dict[str, Any]:
    return editing.edit(ws, person(ws, "Ann"), draft, wish, seen=version(ws, draft))


def publish(ws: Workspace, draft: int, **more: Any) -> dict[str, Any]:
    ann = person(ws, "Ann")
    seen = reviewing.submit(ws, ann, draft, seen=version(ws, draft))
    seen = reviewing.approve(ws, person(ws, "Chen"), draft, seen=seen)
    return publishing.publish(ws, ann, draft, seen=seen, **more)


def codes(ws: Workspace, draft: int) -> list[str]:
    return ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan.codes()


LINE = {"type": "LineString", "coordinates": [[105.005, 34.99], [105.005, 35.02]]}


def upright(lon: float) -> dict[str, Any]:
    """A line from south to north over the whole town."""
    return {"type": "LineString", "coordinates": [[lon, 34.99], [lon, 35.02]]}
