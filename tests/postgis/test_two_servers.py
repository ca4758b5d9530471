"""Two server processes on one database are one gisgrid."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE
from gisgrid.operations import people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.postgis, pytest.mark.alone]


def visited(server: Any, token: str) -> int:
    status, told = server.ask(token, "/api/v1/coverage?by=county")
    assert status == 200, told
    return int(told["rows"][0]["on_time"])


def test_two_servers_are_one(postgis: str, serve_pair: Callable[[str], Any]) -> None:
    """A visit shows, a name closes, on both; one test, since two servers take seconds to start."""
    pair = serve_pair(postgis)
    here, there = pair.servers
    viewer, member = pair.tokens["Viewer"], pair.tokens["Member"]
    before = visited(there, viewer)
    for n in range(5):
        number = str(uuid.uuid4())
        sent = {
            "client_id": number,
            "household": pair.homes[n],
            "outcome": "met",
            "visited_at": datetime.now(UTC).isoformat(),
        }
        status, told = here.ask(member, "/api/v1/visits", sent)
        assert status == 201, told
        until = time.monotonic() + 1
        while visited(there, viewer) != before + n + 1:
            assert time.monotonic() < until, "not within a second"
        # The other server knows the report: it is the same one, not a second.
        again, told = there.ask(member, "/api/v1/visits", sent)
        assert again == 200, told
    assert visited(here, viewer) == visited(there, viewer) == before + 5
    with Workspace.open(Settings(store=pair.url)) as ws:
        people.disable(ws, CONSOLE, "Viewer")
    for server in pair.servers:
        assert server.ask(viewer, "/api/v1/coverage")[0] == 401
