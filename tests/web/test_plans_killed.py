"""A server that is killed while plans are drawn and published loses nothing it acknowledged."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.operations import people
from gisgrid.operations.plans import checking, drafts
from gisgrid.operations.workspace import Workspace
from gisgrid.store import Store
from gisgrid.web import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gisgrid.settings import Settings

SERVER = Path(__file__).with_name("drawing_server.py")
SAMPLE, LONG = 15, 50


class Session:
    """A person over HTTP, on a server that may vanish at any moment."""

    def __init__(self, cookie: str, key: str) -> None:
        self.cookie, self.key, self.port = cookie, key, 0

    def post(self, address: str, body: Any, seen: int | None = None) -> Any:
        """The JSON of the answer. Raises OSError or HTTPException when the server is gone."""
        headers = {"Cookie": self.cookie, "X-CSRFToken": self.key}
        headers["Content-Type"] = "application/json"
        if seen is not None:
            headers["If-Match"] = f'"v{seen}"'
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", f"/api/v1{address}", json.dumps(body), headers)
            answer = connection.getresponse()
            found = json.loads(answer.read())
        finally:
            connection.close()
        assert answer.status < 300, found
        return found


class Work:
    """Drafts drawn and published one after the other, and what the server said of each."""

    def __init__(self, planner: Session, boss: Session, round_: int) -> None:
        self.planner, self.boss, self.round = planner, boss, round_
        self.drafts: dict[int, list[str]] = {}
        self.published: dict[int, int] = {}
        self.busy = threading.Event()

    def run(self) -> None:
        with suppress(OSError, http.client.HTTPException, ValueError):
            for n in range(10_000):
                self.draw(n)

    def draw(self, n: int) -> None:
        draft = self.planner.post("/drafts", {"name": f"draft {self.round} {n}"})["id"]
        kept = self.drafts.setdefault(draft, [])
        seen = 1
        for step in range(1, 5):
            name = f"{self.round} {n} {step}"
            wish = {"op": "change", "code": f"G{step}", "name": name}
            seen = self.planner.post(f"/drafts/{draft}/edits", wish, seen)["version"]
            kept.append(name)
            self.busy.set()
        self.planner.post(f"/drafts/{draft}/submit", {}, seen)
        self.boss.post(f"/drafts/{draft}/approve", {}, seen + 1)
        made = self.planner.post(f"/drafts/{draft}/publish", {}, seen + 2)
        self.published[draft] = made["revision"]


@pytest.fixture
def forge(ws: Workspace, settings: Settings) -> Iterator[Callable[[], tuple[int, int]]]:
    """`forge()` -> process number and port of a new server on the store, which is closed here."""
    ws.close()
    command = [sys.executable, str(SERVER), settings.store]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    alive: list[int] = []
    environ = os.environ | {"GISGRID_SECRET_KEY": settings.secret_key}
    with subprocess.Popen(command, **pipes, env=environ) as process:

        def make() -> tuple[int, int]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            pid, port = (int(word) for word in process.stdout.readline().split())
            alive.append(pid)
            return pid, port

        try:
            yield make
        finally:
            for pid in alive:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.kill()


@pytest.fixture
def sessions(ws: Workspace, settings: Settings, token: Callable[..., str]) -> list[Session]:
    """A planner and a supervisor who signed in before; their sessions are in the store."""
    app = create_app(settings, ws)
    found = []
    for role in ("planner", "supervisor"):
        people.add(ws, CONSOLE, role, role=role, scope="*")
        client = app.test_client()
        address = f"/enter/{people.make_link(ws, CONSOLE, role)}"
        client.post(address, data={"csrf_token": token(client, address)})
        key = token(client, "/")
        cookie = client.get_cookie("gisgrid")
        assert cookie is not None
        found.append(Session(f"gisgrid={cookie.value}", key))
    return found


def kill_rounds(
    settings: Settings,
    sessions: list[Session],
    forge: Callable[[], tuple[int, int]],
    clock: Any,
    rounds: int,
) -> None:
    chance = random.Random(20261122)  # noqa: S311 - not a secret
    for round_ in range(rounds):
        pid, port = forge()
        for session in sessions:
            session.port = port
        work = Work(*sessions, round_)
        thread = threading.Thread(target=work.run)
        thread.start()
        assert work.busy.wait(60)
        time.sleep(chance.random() * 0.5)
        os.kill(pid, signal.SIGKILL)
        thread.join(60)
        with Workspace(Store.open(settings.store), settings, clock) as again:
            judge(again, work)


def judge(ws: Workspace, work: Work) -> None:
    for draft, names in work.drafts.items():
        row = drafts.found(ws, CONSOLE, draft)
        plan = ws.drawings.of(row).plan
        kept = [json.loads(edit.arguments)["name"] for edit in ws.store.edits(row.head)]
        assert kept[: len(names)] == names, f"an acknowledged edit is lost in round {work.round}"
        assert len(kept) <= len(names) + 1
        assert [plan[f"G{n + 1}"].name for n in range(len(kept))] == kept
        if draft in work.published:
            assert (row.state, row.revision) == ("published", work.published[draft])
    newest = ws.store.published()[0]
    least = max(work.published.values(), default=0)
    assert least <= newest.revision, f"an acknowledged plan is lost in round {work.round}"
    shown = ws.store.grids(scope=EVERYWHERE)
    whole = ws.store.grids(scope=EVERYWHERE, revision=newest.revision)
    assert shown.equals(whole), f"half a plan is shown in round {work.round}"
    if newest.document is not None:
        (draft,) = [d for d in ws.store.drafts(scope=EVERYWHERE) if d.revision == newest.revision]
        names = [json.loads(edit.arguments)["name"] for edit in ws.store.edits(draft.head)]
        assert shown["name"].tolist() == names
    assert checking.check(ws, CONSOLE) == []


def test_what_was_acknowledged_outlives_kill_9(
    settings: Settings, sessions: list[Session], forge: Callable[..., Any], clock: Any
) -> None:
    kill_rounds(settings, sessions, forge, clock, SAMPLE)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_fifty_kills_lose_nothing(
    settings: Settings, sessions: list[Session], forge: Callable[..., Any], clock: Any
) -> None:
    kill_rounds(settings, sessions, forge, clock, LONG)
