"""Two `gisgrid serve` on one GeoPackage, as behind one proxy: nobody who asks notices it."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from benchmarks.server import first_answer, free_port
from gisgrid.access import CONSOLE
from gisgrid.operations import people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store


class Browser:
    """A browser that asks now the one server, now the other: cookies do not know ports."""

    def __init__(self, ports: list[int]) -> None:
        self.ports, self.token = ports, ""
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def ask(self, which: int, path: str, sent: Any = None) -> tuple[int, str]:
        head = {"X-CSRFToken": self.token, "Content-Type": "application/json"}
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
        assert self.ask(1, path, f"csrf_token={found[1]}".encode())[0] == 200
        self.token = json.loads(self.ask(0, "/api/v1/me")[1])["csrf"]


def lay_out(path: Path) -> None:
    areas = {"code": ["T"], "name": ["Town"], "level": ["township"], "parent_code": [None]}
    with Store.create(str(path)) as store, store.write() as w:
        w.put_areas(pd.DataFrame(areas))
        grid = {"code": ["g"], "area_code": ["T"]}
        w.put_grids(gpd.GeoDataFrame(grid, geometry=[box(0, 0, 1, 1)], crs=4326))
        homes = {"id": ["h1", "h2"], "listed_on": date(2026, 1, 1)}
        points = [Point(0.5, 0.5), Point(0.2, 0.2)]
        w.put_households(gpd.GeoDataFrame(homes, geometry=points, crs=4326))


@pytest.fixture
def county(tmp_path: Path) -> Iterator[tuple[list[int], Path]]:
    """Ports of two servers, and their store."""
    path = tmp_path / "county.gpkg"
    lay_out(path)
    ports, servers = [free_port(), free_port()], []
    command = [sys.executable, "-m", "gisgrid", "--store", str(path), "serve", "--port"]
    try:
        for port in ports:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            servers.append(subprocess.Popen([*command, str(port)], env=os.environ, **quiet))
            first_answer(f"http://127.0.0.1:{port}", time.perf_counter())
        yield ports, path
    finally:
        for server in servers:
            server.terminate()
            server.wait(timeout=60)


def never_visited(browser: Browser, which: int) -> int:
    return int(json.loads(browser.ask(which, "/api/v1/overview")[1])["totals"]["never"])


@pytest.mark.alone  # two whole servers start
def test_sessions_figures_and_rights_hold_across_two_servers(
    county: tuple[list[int], Path],
) -> None:
    ports, path = county
    browser = Browser(ports)
    with Workspace.open(Settings(store=str(path))) as ws:
        people.add(ws, CONSOLE, "Li", role="member", scope="g")
        browser.enter(f"/enter/{people.make_link(ws, CONSOLE, 'Li')}")
        assert [never_visited(browser, n) for n in (0, 1)] == [2, 2]
        sent = {
            "client_id": str(uuid.uuid4()),
            "household": "h1",
            "outcome": "met",
            "visited_at": datetime.now(UTC).isoformat(),
        }
        assert browser.ask(1, "/api/v1/visits", sent)[0] == 201
        assert browser.ask(0, "/api/v1/visits", sent)[0] == 200  # the same, by the other: once
        assert [never_visited(browser, n) for n in (0, 1)] == [1, 1]
        people.disable(ws, CONSOLE, "Li")
    assert [browser.ask(n, "/api/v1/overview")[0] for n in (0, 1)] == [401, 401]
