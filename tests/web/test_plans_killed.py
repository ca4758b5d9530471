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
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import shapely

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
MOST = 30
"""Changes after which a server is killed at the latest, give or take those of a moment."""


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


class Told:
    """What the server has acknowledged of one draft.

    made: all its edits as they were sent, undone ones too; step: how many of them count. grids:
    name and corners of those that answers have shown. asked: what was sent last and has no answer.
    """

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.step = 0
        self.grids: dict[str, tuple[Any, Any]] = {}
        self.asked: dict[str, Any] | None = None

    def next(self, wish: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
        """The edits, and how many of them count, once a wish is done."""
        if wish["op"] in WAYS:
            return self.made, self.step + (1 if wish["op"] == "redo" else -1)
        return [*self.made[: self.step], wish], self.step + 1

    def answered(self, wish: dict[str, Any], answer: dict[str, Any]) -> None:
        self.made, self.step = self.next(wish)
        assert answer["step"] == self.step
        for feature in answer["changed"]:
            grid = feature["properties"]
            self.grids[grid["code"]] = grid["name"], feature["geometry"]["coordinates"]
        for code in answer["removed"]:
            del self.grids[code]
        self.asked = None


WAYS = ("undo", "redo")
BEND = [105.0312, 35.005]
EDGE = [[105.03, 35.0], [105.03, 35.01]]


def strokes(chance: random.Random, word: str) -> list[dict[str, Any]]:
    """What is drawn in one draft: names, or ground as well; the next draft can draw it again."""
    names = [{"op": "change", "code": f"G{n}", "name": f"{word} {n}"} for n in range(1, 5)]
    if chance.random() < 0.3:  # so that many are published too
        return names
    x = round(105.012 + chance.randrange(60) / 1e4, 7)
    line = {"type": "LineString", "coordinates": [[x, 34.99], [x, 35.02]]}
    new = f"N{word}".replace(" ", "-")
    often = chance.randrange(1, 3)
    drawn = [
        {"op": "split", "code": "G2", "line": line, "new_codes": [new]},
        {"op": "reshape", "insert": [{"between": EDGE, "at": BEND}]},
        *({"op": way} for way in WAYS for _ in range(often)),
        {"op": "change", "code": new, "name": f"{word} new"},
        {"op": "undo"},  # let go by the edit that follows
        {"op": "merge", "codes": ["G2", new]},
        {"op": "reshape", "remove": [BEND]},
    ]
    return [*names[:2], *drawn, *names[2:]]


class Work:
    """Drafts drawn and published one after the other, and what the server said of each."""

    def __init__(self, planner: Session, boss: Session, round_: int, enough: int) -> None:
        """enough: after how many acknowledged changes it is `busy`, for who waits to kill."""
        self.planner, self.boss, self.round = planner, boss, round_
        self.left = enough
        self.chance = random.Random(round_)  # noqa: S311 - not a secret
        self.drafts: dict[int, Told] = {}
        self.published: dict[int, int] = {}
        self.busy = threading.Event()
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            with suppress(OSError, http.client.HTTPException, ValueError):
                for n in range(10_000):
                    self.draw(n)
        except AssertionError as err:
            self.failed = err
            self.busy.set()

    def draw(self, n: int) -> None:
        draft = self.planner.post("/drafts", {"name": f"draft {self.round} {n}"})["id"]
        told = self.drafts.setdefault(draft, Told())
        seen = 1
        for wish in strokes(self.chance, f"{self.round} {n}"):
            told.asked = wish
            verb, body = (wish["op"], {}) if wish["op"] in WAYS else ("edits", wish)
            answer = self.planner.post(f"/drafts/{draft}/{verb}", body, seen)
            told.answered(wish, answer)
            seen = answer["version"]
            self.count()
        self.planner.post(f"/drafts/{draft}/submit", {}, seen)
        self.boss.post(f"/drafts/{draft}/approve", {}, seen + 1)
        made = self.planner.post(f"/drafts/{draft}/publish", {}, seen + 2)
        self.published[draft] = made["revision"]
        self.count()

    def count(self) -> None:
        self.left -= 1
        if self.left <= 0:
            self.busy.set()


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
    found: Counter[str] = Counter()
    for round_ in range(rounds):
        pid, port = forge()
        for session in sessions:
            session.port = port
        work = Work(*sessions, round_, chance.randrange(1, MOST))
        thread = threading.Thread(target=work.run)
        thread.start()
        assert work.busy.wait(60)
        time.sleep(chance.random() * 0.2)
        os.kill(pid, signal.SIGKILL)
        thread.join(60)
        with Workspace(Store.open(settings.store), settings, clock) as again:
            found += judge(again, work)
    assert min(found[op] for op in ("split", "reshape", "merge", "change", "published")), found


def judge(ws: Workspace, work: Work) -> Counter[str]:
    """Hold the store against what was acknowledged. Returns the ops that it was held against."""
    assert work.failed is None, work.failed
    found: Counter[str] = Counter()
    for draft, told in work.drafts.items():
        row = drafts.found(ws, CONSOLE, draft)
        made = [json.loads(edit.arguments) for edit in ws.store.edits(row.tip)]
        step = 0 if row.head is None else ws.store.edit(row.head).step
        able = [(told.made, told.step)]
        if told.asked is not None:  # it may have been done, though nobody heard of it
            able.append(told.next(told.asked))
        assert (made, step) in able, f"an acknowledged edit is lost in round {work.round}"
        plan = ws.drawings.of(row).plan
        if (made, step) == able[0]:
            shown = {code: looks(plan[code]) for code in told.grids}
            assert shown == told.grids, f"a grid is not as it was told in round {work.round}"
        if draft in work.published:
            assert (row.state, row.revision) == ("published", work.published[draft])
        found.update(wish["op"] for wish in made)
        found["undone"] += step < len(made)
    newest = ws.store.published()[0]
    least = max(work.published.values(), default=0)
    assert least <= newest.revision, f"an acknowledged plan is lost in round {work.round}"
    shown = ws.store.grids(scope=EVERYWHERE)
    whole = ws.store.grids(scope=EVERYWHERE, revision=newest.revision)
    assert shown.equals(whole), f"half a plan is shown in round {work.round}"
    if newest.document is not None:
        (draft,) = [d for d in ws.store.drafts(scope=EVERYWHERE) if d.revision == newest.revision]
        plan = ws.drawings.of(draft).plan
        drawn = {code: (plan[code].name, shape_of(plan[code].polygon)) for code in plan.codes()}
        names, shapes = shown["name"], map(shape_of, shown.geometry)
        rows = zip(shown["code"], zip(names, shapes, strict=True), strict=True)
        assert dict(rows) == drawn, f"another plan is shown in round {work.round}"
        found["published"] += len(work.published)
    assert checking.check(ws, CONSOLE) == []
    return found


def looks(grid: Any) -> tuple[Any, Any]:
    """A grid as an answer shows it: its name and the corners of its shell."""
    shell = [[list(point) for point in grid.polygon.exterior.coords]]
    return grid.name, shell


def shape_of(polygon: Any) -> bytes:
    """The bytes of a polygon, alone or as the only one of several."""
    parts = shapely.get_parts(polygon)
    assert len(parts) == 1
    return bytes(shapely.to_wkb(parts[0].normalize()))


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
