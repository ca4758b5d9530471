"""A small county in a real store, and people who sign in to it.

T1 (township) = V1 (G1 G2), V2 (G3);  T2 = V3 (G4).  Grids are squares of 0.01 degrees in a row.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box
from sqlalchemy import select

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.model import Programme
from gisgrid.operations import people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store
from gisgrid.store.schema import metadata
from gisgrid.web import create_app, openapi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from flask.testing import FlaskClient

TODAY = date(2026, 11, 22)
PASSWORD = "a long enough phrase"
HOSTILE = (
    "{{7*7}}",
    "{% set x = 1 %}",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "`${alert(1)}`",
    "\"><b>'bold'&amp;",
)
GRIDS = {"G1": ("V1", 0), "G2": ("V1", 1), "G3": ("V2", 2), "G4": ("V3", 3)}


class Clock:
    """An instant that tests move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


def areas() -> pd.DataFrame:
    rows = [
        ("C", "会宁", "county", None),
        ("T1", "新添堡", "township", "C"),
        ("T2", "Daokou", "township", "C"),
        ("V1", "Upper", "village", "T1"),
        ("V2", "Lower", "village", "T1"),
        ("V3", "Far", "village", "T2"),
    ]
    return pd.DataFrame(rows, columns=["code", "name", "level", "parent_code"])


def grids() -> gpd.GeoDataFrame:
    rows = [
        (code, f"Grid {code}", village, f"Member {code}", None)
        for code, (village, _) in GRIDS.items()
    ]
    shapes = [box(105 + i / 100, 35, 105 + (i + 1) / 100, 35.01) for _, i in GRIDS.values()]
    columns = ["code", "name", "area_code", "member", "visit_every_days"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs="EPSG:4326")


def households() -> gpd.GeoDataFrame:
    rows: list[tuple[Any, ...]] = []
    points: list[Point | None] = []
    for grid, (_, i) in GRIDS.items():
        for n in range(6):
            name = HOSTILE[n] if grid == "G1" else f"Name {grid} {n}"
            rows.append((f"{grid}-{n}", name, f"Road {grid} {n}", date(2026, 9, 1), None))
            points.append(Point(105 + i / 100 + 0.001 * (n + 1), 35.005))
    rows.append(("U-1", "Unlocated One", "somewhere", date(2026, 9, 1), "G2"))
    rows.append(("U-2", "Unassigned Two", "nowhere", date(2026, 9, 1), None))
    points += [None, None]
    columns = ["id", "name", "address", "listed_on", "grid_code"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["visit_every_days"] = None
    frame["unlisted_on"] = None
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")


def visits() -> pd.DataFrame:
    rows = []
    for grid in GRIDS:
        for n in range(5):  # number 5 is never visited
            at = datetime(2026, 11, 21 - n * 4, 2, 0, tzinfo=UTC)
            rows.append((f"v-{grid}-{n}", f"{grid}-{n}", at, "met", f"Member {grid}"))
        tried = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
        rows.append((f"v-{grid}-5", f"{grid}-5", tried, "no_one_home", f"Member {grid}"))
    columns = ["id", "household_id", "visited_at", "outcome", "member"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["note"] = None
    frame["client_id"] = None
    return frame


def cases() -> gpd.GeoDataFrame:
    rows = [
        ("c1", "G1-0", "water", "<b>leak</b>", date(2026, 10, 1), date(2026, 11, 1), None),
        ("c2", "G1-1", "road", "hole", date(2026, 11, 1), None, date(2026, 11, 10)),
        ("c3", "G4-0", "water", "pump", date(2026, 11, 15), date(2026, 12, 1), None),
        ("c4", None, "road", "nowhere", date(2026, 11, 15), None, None),
    ]
    columns = ["id", "household_id", "category", "title", "opened_on", "due_on", "closed_on"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["status"] = None
    frame["note"] = None
    return gpd.GeoDataFrame(frame, geometry=[None] * len(rows), crs="EPSG:4326")


def place(points: gpd.GeoDataFrame) -> tuple[list[str], list[str | None]]:
    found: list[str | None] = []
    for point, named in zip(points.geometry, points["grid_code"], strict=True):
        at = [c for c, (_, i) in GRIDS.items() if point and 0 <= point.x - 105 - i / 100 < 0.01]
        found.append(at[0] if at else named if isinstance(named, str) else None)
    return list(points["id"]), found


def fill(store: Store) -> None:
    with store.write() as w:
        w.put_areas(areas())
        w.put_grids(grids(), valid_from=None)
        w.put_households(households())
        w.place(*place(households()))
        w.put_visits(visits())
        w.put_cases(cases())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(store_url: str) -> Settings:
    """Of a store that is yet to be made; a test that takes it runs once for each database."""
    return settings_of(store_url)


def settings_of(url: str) -> Settings:
    """Beside a file the key is made; a database has no place beside it."""
    return Settings(store=url, secret_key=secrets.token_urlsafe(48) if "://" in url else "")


@pytest.fixture
def ws(settings: Settings, clock: Clock) -> Iterator[Workspace]:
    with Store.create(settings.store, programme=Programme()) as store:
        fill(store)
        yield Workspace(store, settings, clock)


@pytest.fixture
def stored(settings: Settings, ws: Workspace) -> Callable[[], bytes]:
    """`stored()` -> all that the store holds: the bytes of its files, or every row; closes it."""

    def read() -> bytes:
        if "://" not in settings.store:
            ws.close()  # no file of an open store is read here
            return b"".join(
                p.read_bytes() for p in Path(settings.store).parent.glob("county.gpkg*")
            )
        with ws.store.reading(EVERYWHERE) as connection:
            tables = [connection.execute(select(t)).all() for t in metadata.tables.values()]
        return repr(tables).encode()

    return read


@pytest.fixture
def app(settings: Settings, ws: Workspace) -> Flask:
    return create_app(settings, ws)


@pytest.fixture
def enter(app: Flask, ws: Workspace) -> Callable[..., FlaskClient]:
    """`enter(role, scope)` -> the browser of a person who has just come in by a link."""
    return entering(app, ws)


@pytest.fixture(scope="module")
def standing_app(module_store_url: str) -> Iterator[Flask]:
    """An app for tests that change nothing but who is signed in; one for all of a module."""
    settings = settings_of(module_store_url)
    with Store.create(settings.store, programme=Programme()) as store:
        fill(store)
        yield create_app(settings, Workspace(store, settings, Clock()))


@pytest.fixture
def look_in(standing_app: Flask) -> Callable[..., FlaskClient]:
    """`enter`, for the app that stands."""
    return entering(standing_app, standing_app.extensions["gisgrid"])


def entering(app: Flask, ws: Workspace) -> Callable[..., FlaskClient]:
    def come_in(role: str = "supervisor", scope: str = "*", name: str = "") -> FlaskClient:
        name = name or f"{role} {scope}"
        if ws.store.person(name) is None:
            people.add(ws, CONSOLE, name, role=role, scope=scope)
        client = app.test_client()
        address = f"/enter/{people.make_link(ws, CONSOLE, name)}"
        answer = client.post(address, data={"csrf_token": token(client, address)})
        assert answer.status_code == 303, answer.text
        return client

    return come_in


def token(client: FlaskClient, address: str = "/signin") -> str:
    """The CSRF token of a page."""
    page = client.get(address, follow_redirects=True).text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture(name="token")
def token_fixture() -> Callable[..., str]:
    return token


@pytest.fixture
def found() -> Callable[[FlaskClient, str], list[dict[str, Any]]]:
    """`found(client, text)` -> the hits of a search."""

    def hits(client: FlaskClient, text: str) -> list[dict[str, Any]]:
        headers = {"X-CSRFToken": token(client, "/")}
        answer = client.post("/api/v1/search", json={"q": text}, headers=headers)
        assert answer.status_code == 200, answer.text
        listed: list[dict[str, Any]] = answer.json["hits"]
        return listed

    return hits


@pytest.fixture
def hostile() -> tuple[str, ...]:
    return HOSTILE


def assert_fits(value: Any, schema: dict[str, Any], where: str) -> None:
    """A small reading of JSON Schema: type, properties, required, items, enum."""
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    python = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": int | float,
        "boolean": bool,
        "null": type(None),
    }
    assert not kinds or any(isinstance(value, python[kind]) for kind in kinds), (where, value)
    if "enum" in schema:
        assert value in schema["enum"], where
    if isinstance(value, dict):
        for name in schema.get("required", []):
            assert name in value, (where, name)
        for name, part in schema.get("properties", {}).items():
            if name in value:
                assert_fits(value[name], part, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for item in value:
            assert_fits(item, schema["items"], f"{where}[]")


@pytest.fixture
def fits() -> Callable[..., None]:
    """`fits(value, schema, where)` fails where a value is not as the document says."""
    return assert_fits


class Pen:
    """A person with one draft: sends the version that was seen last, as the page does."""

    def __init__(self, client: FlaskClient, key: str, draft: int | None = None, **new: Any) -> None:
        self.client, self.key = client, key
        self.tag = ""
        self.id = draft or 0
        if draft is None:
            self.id = self.post("/api/v1/drafts", new, expect=201)["id"]
        else:
            self.get()

    def request(self, method: str, address: str, body: Any = None, **more: Any) -> Any:
        headers = {"X-CSRFToken": self.key} | more.pop("headers", {})
        return self.client.open(address, method=method, json=body, headers=headers, **more)

    def post(
        self, verb: str, body: Any = None, *, expect: int = 200, tag: str | None = None
    ) -> Any:
        address = verb if verb.startswith("/") else f"/api/v1/drafts/{self.id}/{verb}"
        seen = self.tag if tag is None else tag
        headers = {"If-Match": seen} if seen else {}
        answer = self.request("POST", address, {} if body is None else body, headers=headers)
        assert answer.status_code == expect, answer.text
        if expect < 300:
            self.check(address, answer.json)
        if expect < 300 and "dry_run" not in address:
            self.tag = answer.headers.get("ETag", self.tag)
        return answer.json

    def check(self, address: str, found: Any) -> None:
        """Every answer of a change is as the document of the API says."""
        urls = self.client.application.url_map.bind("localhost")
        endpoint, _ = urls.match(address.partition("?")[0], method="POST")
        assert_fits(found, openapi.ROUTES[endpoint].answer, address)

    def edit(self, *, expect: int = 201, **wish: Any) -> Any:
        return self.post("edits", wish, expect=expect)

    def get(self, what: str = "", **query: Any) -> Any:
        answer = self.client.get(f"/api/v1/drafts/{self.id}{what}", query_string=query)
        assert answer.status_code == 200, answer.text
        self.tag = answer.headers["ETag"]
        return answer.json

    def codes(self) -> dict[str, int]:
        """Code -> households of all grids of the draft."""
        found = self.get("/grids")["features"]
        return {f["properties"]["code"]: f["properties"]["households"] for f in found}


@pytest.fixture
def pen(enter: Callable[..., FlaskClient], token: Callable[..., str]) -> Callable[..., Pen]:
    """`pen(scope="T1")` -> a planner with a new draft; `pen(draft=…)` -> of one that is there."""

    def take(
        role: str = "planner",
        scope: str = "*",
        name: str = "",
        draft: int | None = None,
        title: str = "spring",
        **new: Any,
    ) -> Pen:
        client = enter(role, scope, name)
        given = {} if draft else {"name": title, **new}
        return Pen(client, token(client, "/"), draft, **given)

    return take
