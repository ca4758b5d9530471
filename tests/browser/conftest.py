"""A real Chromium against a real server on a small county.

Three townships of two villages of four grids of twelve households, in a row of squares: T1 is the
worst. Any request to another machine, any error in the console, and any breach of the page's
policy fails the test that caused it. Needs Chromium (`apt install chromium fonts-wqy-microhei`).
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import geopandas as gpd
import pandas as pd
import pytest
from playwright.sync_api import expect, sync_playwright
from shapely.geometry import Point, box

from gisgrid.access import CONSOLE
from gisgrid.model import Programme
from gisgrid.operations import people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store
from gisgrid.web import create_app

from ..conftest import listening
from .kept import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

PATIENCE_MS = 30_000
"""How long a busy machine may take; who waits for a state loses no time by it."""
expect.set_options(timeout=PATIENCE_MS)

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SIDE = 0.04
HOSTILE = "<img src=x onerror=window.__gg=1>{{7*7}}${window.__gg=1}"
LISTED = date(2026, 8, 1)


def plan():
    """Rows of (grid code, village code, township number, column, row)."""
    for t in range(3):
        for v in range(2):
            for g in range(4):
                column, row = t * 4 + v * 2 + g % 2, g // 2
                yield f"T{t + 1}V{v + 1}-{g + 1}", f"T{t + 1}V{v + 1}", t, column, row


def areas() -> pd.DataFrame:
    names = ["新添堡", "Daokou", "Hepan"]
    rows = [("C", "会宁县", "county", None)]
    rows += [(f"T{t + 1}", names[t], "township", "C") for t in range(3)]
    rows += [
        (f"T{t + 1}V{v + 1}", f"Village {t + 1}.{v + 1}", "village", f"T{t + 1}")
        for t in range(3)
        for v in range(2)
    ]
    return pd.DataFrame(rows, columns=["code", "name", "level", "parent_code"])


def grids() -> gpd.GeoDataFrame:
    rows = [(code, None, village, "Wang Fang", None) for code, village, *_ in plan()]
    columns = ["code", "name", "area_code", "member", "visit_every_days"]
    shapes = [
        box(105 + c * SIDE, 35.7 + r * SIDE, 105 + (c + 1) * SIDE, 35.7 + (r + 1) * SIDE)
        for *_, c, r in plan()
    ]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs="EPSG:4326")


def households() -> gpd.GeoDataFrame:
    rows, points = [], []
    for code, _, _, c, r in plan():
        for n in range(12):
            name = HOSTILE if n == 0 else f"Name {n}"
            rows.append((f"{code}-{n:02d}", name, f"Road {n}", LISTED, None))
            x, y = 0.1 + 0.8 * (n % 4) / 3, 0.2 + 0.6 * (n // 4) / 2
            points.append(Point(105 + (c + x) * SIDE, 35.7 + (r + y) * SIDE))
    rows.append(("U-1", "Unlocated", "somewhere", LISTED, "T1V1-1"))
    points.append(None)
    frame = pd.DataFrame(rows, columns=["id", "name", "address", "listed_on", "grid_code"])
    frame["visit_every_days"] = None
    frame["unlisted_on"] = None
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")


def visits() -> pd.DataFrame:
    """T1: six of twelve are up to date, number 0 was never visited; elsewhere one is late."""
    rows = []
    for code, _, t, *_ in plan():
        for n in range(12):
            if t == 0 and n == 0:
                continue
            late = n < 6 if t == 0 else n == 1
            day = 30 if late else n % 6
            at = NOW - timedelta(days=day, hours=2)
            rows.append((f"v-{code}-{n}", f"{code}-{n:02d}", at, "met", "Wang Fang", None, None))
    columns = ["id", "household_id", "visited_at", "outcome", "member", "note", "client_id"]
    return pd.DataFrame(rows, columns=columns)


def cases() -> gpd.GeoDataFrame:
    day = timedelta(days=1)
    rows, points = [], []
    for i, (code, *_) in enumerate(plan()):
        due = TODAY - 3 * day if i % 3 == 0 else TODAY + 9 * day
        kind = "medical" if i % 2 else "repair"
        rows.append((f"c{i:02d}", f"{code}-00", kind, HOSTILE, TODAY - (20 + i) * day, due, None))
        points.append(None)
    rows.append(("c99", None, "road", "no place", TODAY - 5 * day, None, None))
    points.append(None)
    columns = ["id", "household_id", "category", "title", "opened_on", "due_on", "closed_on"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["status"] = None
    frame["note"] = None
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")


def fill(store: Store) -> None:
    people_at = households()
    with store.write() as w:
        w.put_areas(areas())
        w.put_grids(grids(), valid_from=None)
        w.put_households(people_at)
        w.place(list(people_at["id"]), [i[:6] if i != "U-1" else "T1V1-1" for i in people_at["id"]])
        w.put_visits(visits())
        w.put_cases(cases())


@contextmanager
def serving(settings: Settings, *, full: bool) -> Iterator[tuple[str, Workspace]]:
    """The address of a server on a store, full or empty, and the workspace behind it."""
    with Store.create(settings.store, programme=Programme()) as store:
        if full:
            fill(store)
        ws = Workspace(store, settings, lambda: NOW)
        with listening(create_app(settings, ws), 6) as port:
            yield f"http://127.0.0.1:{port}", ws


@pytest.fixture(scope="session")
def county(tmp_path_factory):
    with serving(Settings(store=str(tmp_path_factory.mktemp("full") / "c.gpkg")), full=True) as s:
        yield s


@pytest.fixture(scope="module")
def own_county(tmp_path_factory, request):
    """A county for one module, or (with a parameter) for one test that publishes a plan."""
    store = str(tmp_path_factory.mktemp(getattr(request, "param", "own")) / "c.gpkg")
    with serving(Settings(store=store), full=True) as s:
        yield s


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    with serving(Settings(store=str(tmp_path_factory.mktemp("none") / "c.gpkg")), full=False) as s:
        yield s


@pytest.fixture
def own(tmp_path):
    """A server on a full store of the test's own, for what changes it."""
    with serving(Settings(store=str(tmp_path / "own.gpkg")), full=True) as s:
        yield s


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        message = "Chromium is missing: apt install chromium fonts-wqy-microhei"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watch:
    """What a page may not do; collected while it lives."""

    def __init__(self, page: Page, allowed: tuple[str, ...] = ()) -> None:
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.allowed = allowed
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", self.console)
        page.on("request", self.request)

    def console(self, message) -> None:
        if message.type in ("error", "warning") and not any(
            a in message.text for a in self.allowed
        ):
            self.faults.append(f"console: {message.text}")

    def request(self, request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("data", "blob"):
            return
        self.requests.append(parts.path)
        if parts.hostname != "127.0.0.1":
            self.faults.append(f"request to {request.url}")


@pytest.fixture(scope="session")
def signed_in(chromium):
    """`signed_in(base, ws, role, scope)` -> the cookies of a person who came in by a link."""
    known = {}

    def cookies(base, ws, role, scope):
        name = f"{role} {scope}"
        if (base, name) not in known:
            if ws.store.person(name) is None:
                people.add(ws, CONSOLE, name, role=role, scope=scope)
            context = chromium.new_context(base_url=base)
            page = context.new_page()
            page.goto(f"/enter/{people.make_link(ws, CONSOLE, name)}")
            page.locator("main button.primary").click()
            page.wait_for_url(re.compile(r"/(people|rights|audit|work)?(#.*)?$"))
            known[base, name] = context.storage_state()
            context.close()
        return known[base, name]

    return cookies


@pytest.fixture(scope="session")
def kept(chromium):
    """See kept.py."""
    contexts = Kept(chromium)
    yield contexts
    contexts.close()


@pytest.fixture
def visit(kept, county, signed_in, request):
    """`visit(path, width=, language=, role=, at=)` -> a page of a signed-in person."""
    opened = []

    def open_page(
        path, *, width=1440, language="en", role="supervisor", scope="*", at=None, touch=False
    ):
        base, ws = at or county
        phone = width < 720
        how = {
            "viewport": {"width": width, "height": 844 if phone else 900},
            "locale": "zh-CN" if language == "zh" else "en-GB",
            "timezone_id": "Asia/Shanghai",
            "has_touch": phone or touch,
            "is_mobile": phone,
            "base_url": base,
        }
        context = kept.take(signed_in(base, ws, role, scope)["cookies"], **how)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch = Watch(page, allowed=getattr(request, "param", ()))
        opened.append((context, how, watch))
        page.goto(path)
        page.watch = watch
        return page

    yield open_page
    for context, how, watch in opened:
        kept.give_back(context, **how)
        assert watch.faults == []


@pytest.fixture
def ready():
    """Wait until the page shows an area on a day (code|day), its tiles drawn."""

    def wait(page, area=None, day=None):
        for _ in range(PATIENCE_MS // 50):
            now = page.evaluate("document.documentElement.dataset.ready || ''")
            shown, _, on = now.partition("|")
            if now and area in (None, shown) and day in (None, on):
                page.wait_for_load_state("networkidle")
                return
            page.wait_for_timeout(50)
        raise AssertionError(f"the page shows {now!r}, not {area!r} on {day!r}")

    return wait
