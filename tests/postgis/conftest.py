"""Two servers on one database."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from benchmarks.postgis import Cluster, Serving, cluster, installed, new_secret
from gisgrid.access import CONSOLE
from gisgrid.operations import keys, people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOMES = [f"H{n:03d}" for n in range(200)]


@dataclass(frozen=True)
class Pair:
    """Two servers of one county. tokens: name of a person -> a token of theirs."""

    url: str
    servers: tuple[Serving, Serving]
    tokens: dict[str, str]
    homes: list[str]


def county(url: str) -> None:
    """One township, two grids, 100 households in each; nobody was visited."""
    areas = [("C", "County", "county", None), ("T", "Town", "township", "C")]
    grids = gpd.GeoDataFrame(
        {"code": ["G1", "G2"], "area_code": ["T", "T"]},
        geometry=[box(105, 35, 105.01, 35.01), box(105.01, 35, 105.02, 35.01)],
        crs="EPSG:4326",
    )
    points = [Point(105.00005 + 0.0001 * n, 35.005) for n in range(len(HOMES))]
    homes = gpd.GeoDataFrame(
        {"id": HOMES, "listed_on": date(2026, 1, 1)}, geometry=points, crs="EPSG:4326"
    )
    with Store.create(url) as store, store.write() as w:
        w.put_areas(pd.DataFrame(areas, columns=["code", "name", "level", "parent_code"]))
        w.put_grids(grids)
        w.put_households(homes)


def tokens(url: str) -> dict[str, str]:
    found = {}
    with Workspace.open(Settings(store=url)) as ws:
        for name, role, scope in (
            ("Member", "member", "G1"),
            ("Planner", "planner", "*"),
            ("Second", "planner", "*"),
            ("Viewer", "supervisor", "*"),
        ):
            people.add(ws, CONSOLE, name, role=role, scope=scope)
            person = ws.store.person(name)
            assert person is not None
            actor = people.actor_of(person)
            found[name] = keys.make_token(ws, actor, name="test", reach="write", days=1)
    return found


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A database server that a test may stop."""
    if not installed():
        pytest.fail("PostGIS is not installed: sudo apt install postgresql postgresql-postgis")
    with cluster(durable=True) as made:
        yield made


@pytest.fixture
def serve_pair(tmp_path: Path) -> Iterator[object]:
    """`serve_pair(url)` -> a Pair on a new schema of that server."""
    with ExitStack() as stack:

        def start(server: str) -> Pair:
            url = f"{server}?schema=pair_{secrets.token_hex(4)}"
            county(url)
            made, secret = tokens(url), new_secret()
            first, second = (
                stack.enter_context(Serving(url, tmp_path / f"log{n}", secret)) for n in range(2)
            )
            return Pair(url, (first, second), made, HOMES)

        yield start


def visit(home: str, number: str) -> dict[str, str]:
    """A visit as a device reports it."""
    at = datetime.now(UTC).isoformat()
    return {"client_id": number, "household": home, "outcome": "met", "visited_at": at}
