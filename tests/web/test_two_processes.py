"""Two processes on one store, as behind one proxy: nobody who asks notices it."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from benchmarks.postgis import new_secret
from benchmarks.server import first_answer, free_port
from gisgrid.access import CONSOLE
from gisgrid.operations import people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

LOOKS = 12
"""So many requests, each with a line of its own, that no process of two is left out."""


class Browser:
    """A browser that asks now the one server, now the other: cookies do not know ports."""

    def __init__(self, ports: list[int]) -> None:
        self.ports, self.token = ports, ""
        # To a proxy it speaks TLS, and the proxy says so.
        policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar(policy))
        self.opener = urllib.request.build_opener(jar)

    def ask(self, which: int, path: str, sent: Any = None) -> tuple[int, str]:
        head = {"X-CSRFToken": self.token, "Content-Type": "application/json"}
        head["X-Forwarded-Proto"] = "https"
        body = sent if sent is None or isinstance(sent, bytes) else json.dumps(sent).encode()
        if isinstance(sent, bytes):
            head["Content-Type"] = "application/x-www-form-urlencoded"
        address = f"http://127.0.0.1:{self.ports[which]}{path}"
        try:
            with self.opener.open(urllib.request.Request(address, body, head)) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as err:
            return err.code, err.read().decode()

    def enter(self, path: str) -> None:
        """Open a link at the first server and confirm it at the second."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.ask(0, path)[1])
        assert found
        assert self.ask(-1, path, f"csrf_token={found[1]}".encode())[0] == 200
        self.token = json.loads(self.ask(0, "/api/v1/me")[1])["csrf"]


def lay_out(url: str) -> None:
    areas = {"code": ["T"], "name": ["Town"], "level": ["township"], "parent_code": [None]}
    with Store.create(url) as store, store.write() as w:
        w.put_areas(pd.DataFrame(areas))
        grid = {"code": ["g"], "area_code": ["T"]}
        w.put_grids(gpd.GeoDataFrame(grid, geometry=[box(0, 0, 1, 1)], crs=4326))
        homes = {"id": ["h1", "h2"], "listed_on": date(2026, 1, 1)}
        points = [Point(0.5, 0.5), Point(0.2, 0.2)]
        w.put_households(gpd.GeoDataFrame(homes, geometry=points, crs=4326))


def twice(url: str, ports: list[int]) -> list[list[str]]:
    """`gisgrid serve`, and once more."""
    return [
        [sys.executable, "-m", "gisgrid", "--store", url, "serve", "--port", str(port)]
        for port in ports
    ]


def granian(_url: str, ports: list[int]) -> list[list[str]]:
    """One server with two processes; the first of the ports is that of both."""
    ports[:] = ports[:1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory"]
    command += ["gisgrid.web.wsgi:application", "--workers", "2", "--blocking-threads", "4"]
    return [[*command, "--port", str(ports[0])]]


KINDS = [
    pytest.param((twice, "gpkg"), id="serve twice"),
    pytest.param((granian, "gpkg"), id="granian"),
    pytest.param((granian, "postgis"), id="granian-postgis", marks=pytest.mark.postgis),
]


@pytest.fixture(params=KINDS)
def county(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[list[int], str]]:
    """Ports of two servers, or the port of both, and their store."""
    url = str(tmp_path / "county.gpkg")
    start, kind = request.param
    if kind == "postgis":
        url = f"{request.getfixturevalue('postgis')}?schema=pair_{secrets.token_hex(4)}"
    lay_out(url)
    ports = [free_port(), free_port()]
    environ = {
        **os.environ,
        "GISGRID_STORE": url,
        "GISGRID_SECRET_KEY": new_secret(),
        "GISGRID_SECURE_COOKIES": str(start is granian).lower(),
    }
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    servers = [subprocess.Popen(c, env=environ, **quiet) for c in start(url, ports)]
    try:
        for port in ports:
            first_answer(f"http://127.0.0.1:{port}", time.perf_counter())
        yield ports, url
    finally:
        for server in servers:
            server.terminate()
            server.wait(timeout=60)


def never_visited(browser: Browser) -> set[int]:
    """What all processes say: a server with several gives each request to any of them."""
    asked = [browser.ask(n % len(browser.ports), "/api/v1/overview")[1] for n in range(LOOKS)]
    return {int(json.loads(answer)["totals"]["never"]) for answer in asked}


@pytest.mark.alone  # two whole servers start
def test_sessions_figures_and_rights_hold_across_two_processes(
    county: tuple[list[int], str],
) -> None:
    ports, url = county
    browser = Browser(ports)
    with Workspace.open(Settings(store=url)) as ws:
        people.add(ws, CONSOLE, "Li", role="member", scope="g")
        browser.enter(f"/enter/{people.make_link(ws, CONSOLE, 'Li')}")
        assert never_visited(browser) == {2}
        sent = {
            "client_id": str(uuid.uuid4()),
            "household": "h1",
            "outcome": "met",
            "visited_at": datetime.now(UTC).isoformat(),
        }
        assert browser.ask(-1, "/api/v1/visits", sent)[0] == 201
        for _ in range(LOOKS):  # the same, by the other too: once
            assert browser.ask(0, "/api/v1/visits", sent)[0] == 200
        wait_until(lambda: never_visited(browser) == {1})
        people.disable(ws, CONSOLE, "Li")
    for n in range(LOOKS):
        assert browser.ask(n % len(ports), "/api/v1/overview")[0] == 401


def wait_until(true: Callable[[], bool]) -> None:
    """Changes travel to other processes within a second."""
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
