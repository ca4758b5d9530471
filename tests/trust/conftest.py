"""A county of canaries: every personal field of every household is a word that occurs nowhere else.

    T1 (township) = V1 (G1 G2), V2 (G3)        T2 = V3 (G4), V4 (G5 G6)
    grids are squares of 0.01 degrees in a row from 105 E, 35 N

In each grid one household inside; one on the border of G3 and G4, that is of T1 and T2 (the grid
with the lowest code has it); unlocated ones in G2 and G5 by their word, one in T2 by its word, and
one nowhere. A canary reads like NAMExHHxG1x: field, household.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box

from gisgrid.access import CONSOLE, Field
from gisgrid.model import Programme
from gisgrid.operations import people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import By, Store
from gisgrid.web import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient

GRIDS = {"G1": "V1", "G2": "V1", "G3": "V2", "G4": "V3", "G5": "V4", "G6": "V4"}
AREAS = {"T1": "C", "T2": "C", "V1": "T1", "V2": "T1", "V3": "T2", "V4": "T2", "C": None}
WORDS = {
    "NAME": Field.NAME,
    "ADDR": Field.ADDRESS,
    "VMEM": Field.MEMBER,
    "VNOT": Field.NOTE,
    "TITL": Field.TITLE,
    "STAT": Field.TITLE,
    "CNOT": Field.NOTE,
}
CANARY = re.compile(rb"(NAME|ADDR|VMEM|VNOT|TITL|STAT|CNOT|MEMB)x((?:HHx)?[A-Z0-9]+x)")
HOUSEHOLD = re.compile(rb"(?<![A-Za-z])HHx[A-Z0-9]+x")


@dataclass
class Home:
    """A household of the canary county. grid: that it counts for; area: that it names."""

    id: str
    grid: str | None
    area: str | None = None
    point: Point | None = None


def homes() -> list[Home]:
    found = [
        Home(f"HHx{grid}x", grid, point=Point(105.001 + i / 100, 35.005))
        for i, grid in enumerate(GRIDS)
    ]
    found.append(Home("HHxBORDERx", "G3", point=Point(105.03, 35.005)))
    found.append(Home("HHxLOST2x", "G2"))
    found.append(Home("HHxLOST5x", "G5"))
    found.append(Home("HHxADRIFTx", None, area="T2"))
    found.append(Home("HHxNOWHEREx", None))
    return found


def below(scope: str) -> set[str]:
    """Codes of a scope: the area, all areas below it, their grids."""
    found = {scope}
    for _ in range(3):
        found |= {code for code, parent in {**AREAS, **GRIDS}.items() if parent in found}
    return found


@dataclass
class Canaries:
    """What there is to be seen, and by whom."""

    homes: list[Home] = field(default_factory=homes)

    def seen(self, scope: str) -> set[str]:
        """Ids of the households that a scope sees."""
        if scope == "*":
            return {home.id for home in self.homes}
        codes = below(scope)
        return {h.id for h in self.homes if h.grid in codes or h.area in codes}

    def words(self, scope: str, fields: frozenset[Field]) -> set[str]:
        """The canaries of those fields in a scope, grid members' names among them."""
        found = {
            f"{word}x{home}"
            for home in self.seen(scope)
            for word, f in WORDS.items()
            if f in fields
        }
        if Field.GRID_MEMBER in fields:
            codes = set(GRIDS) if scope == "*" else below(scope)
            found |= {f"MEMBx{grid}x" for grid in GRIDS if grid in codes}
        return found


def plans(store: Store) -> None:
    """A draft for each township: number 1 in T1, number 2 in T2."""
    with store.write() as w:
        for area in ("T1", "T2"):
            w.add_draft(f"Draft of {area}", area, By(None, at_console=True), base_revision=1)


def fill(store: Store) -> None:
    found = homes()
    ids = [home.id for home in found]
    with store.write() as w:
        w.put_areas(
            pd.DataFrame(
                [
                    (code, code, {"C": "county", "T": "township", "V": "village"}[code[0]], parent)
                    for code, parent in sorted(AREAS.items())
                ],
                columns=["code", "name", "level", "parent_code"],
            )
        )
        w.put_grids(
            gpd.GeoDataFrame(
                {
                    "code": list(GRIDS),
                    "name": [f"Grid {code}" for code in GRIDS],
                    "area_code": list(GRIDS.values()),
                    "member": [f"MEMBx{code}x" for code in GRIDS],
                    "visit_every_days": [None] * len(GRIDS),
                },
                geometry=[
                    box(105 + i / 100, 35, 105 + (i + 1) / 100, 35.01) for i in range(len(GRIDS))
                ],
                crs="EPSG:4326",
            )
        )
        w.put_households(
            gpd.GeoDataFrame(
                {
                    "id": ids,
                    "name": [f"NAMEx{name}" for name in ids],
                    "address": [f"ADDRx{name}" for name in ids],
                    "visit_every_days": [None] * len(ids),
                    "listed_on": [date(2026, 9, 1)] * len(ids),
                    "unlisted_on": [None] * len(ids),
                    "grid_code": [None if home.point else home.grid or home.area for home in found],
                },
                geometry=[home.point for home in found],
                crs="EPSG:4326",
            )
        )
        w.put_visits(
            pd.DataFrame(
                {
                    "id": [f"v-{n}" for n in range(len(ids))],
                    "household_id": ids,
                    "visited_at": [datetime(2026, 10, 1, 2, tzinfo=UTC)] * len(ids),
                    "outcome": ["met"] * len(ids),
                    "member": [f"VMEMx{name}" for name in ids],
                    "note": [f"VNOTx{name}" for name in ids],
                }
            )
        )
        w.put_cases(
            gpd.GeoDataFrame(
                {
                    "id": [f"c-{n}" for n in range(len(ids))],
                    "household_id": ids,
                    "category": ["water"] * len(ids),
                    "title": [f"TITLx{name}" for name in ids],
                    "opened_on": [date(2026, 10, 1)] * len(ids),
                    "due_on": [date(2026, 10, 9)] * len(ids),
                    "closed_on": [None] * len(ids),
                    "status": [f"STATx{name}" for name in ids],
                    "note": [f"CNOTx{name}" for name in ids],
                },
                geometry=[None] * len(ids),
                crs="EPSG:4326",
            )
        )


@dataclass(frozen=True)
class Who:
    """One of the actors. state: signed in, out (never came) or disabled (after coming in)."""

    name: str
    role: str
    scope: str
    state: str = "in"

    @property
    def own(self) -> str:
        """A grid of theirs; for those who have none, any."""
        return "G4" if self.scope == "T2" else "G1"

    @property
    def foreign(self) -> str:
        """A grid that is not theirs."""
        return "G1" if self.scope == "T2" else "G4"


ACTORS = (
    Who("member of G1", "member", "G1"),
    Who("supervisor of T1", "supervisor", "T1"),
    Who("supervisor of T2", "supervisor", "T2"),
    Who("supervisor of all", "supervisor", "*"),
    Who("planner of T1", "planner", "T1"),
    Who("data officer of T1", "data_officer", "T1"),
    Who("administrator", "admin", "*"),
    Who("data protection", "data_protection", "*"),
    Who("shut out", "supervisor", "T1", "disabled"),
    Who("nobody", "supervisor", "T1", "out"),
)


@pytest.fixture(scope="module")
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    settings = Settings(store=str(tmp_path_factory.mktemp("trust") / "county.gpkg"))
    with Store.create(settings.store, Programme()) as store:
        fill(store)
        plans(store)
        now = datetime(2026, 11, 22, 4, tzinfo=UTC)
        yield Workspace(store, settings, lambda: now)


@pytest.fixture(scope="module")
def app(ws: Workspace) -> Flask:
    return create_app(ws.settings, ws)


def key(client: FlaskClient) -> str:
    """A CSRF token for a browser."""
    page = client.get("/signin", follow_redirects=True).text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture(scope="module")
def browser(app: Flask, ws: Workspace) -> Any:
    """`browser(who)` -> a client in the state of that actor, and its CSRF token."""

    def come(who: Who) -> tuple[FlaskClient, str]:
        client = app.test_client()
        if who.state == "out":
            return client, key(client)
        if ws.store.person(who.name) is None:
            people.add(ws, CONSOLE, who.name, role=who.role, scope=who.scope)
        address = f"/enter/{people.make_link(ws, CONSOLE, who.name)}"
        client.post(address, data={"csrf_token": key(client)})
        found = key(client)
        if who.state == "disabled":
            people.disable(ws, CONSOLE, who.name)
        return client, found

    return come


@pytest.fixture(scope="module", params=ACTORS, ids=lambda who: who.name.replace(" ", "-"))
def who(request: pytest.FixtureRequest) -> Who:
    found: Who = request.param
    return found


@pytest.fixture(scope="module")
def actors() -> tuple[Who, ...]:
    return ACTORS


@pytest.fixture(scope="module")
def traces() -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """What to look for in an answer: canaries of fields, ids of households."""
    return CANARY, HOUSEHOLD


@pytest.fixture(scope="module")
def ids(ws: Workspace, app: Flask, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Name of an actor -> kind of thing -> an id of its own, a foreign one, a missing one."""
    from .matrix_ids import everybodys

    return everybodys(ws, app, browser, tmp_path_factory.mktemp("files"))
