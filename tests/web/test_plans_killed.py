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
from collections.abc import Iterator
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

from .test_plans_drawn import (
    FIGURES,
    KINDS,
    WAYS,
    Looks,
    Session,
    Strokes,
    Told,
    kind_of,
    looks,
    settled,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.settings import Settings

SERVER = Path(__file__).with_name("drawing_server.py")
SAMPLE, LONG = 14, 50
MOST = 30
"""Changes after which a server is killed at the latest, give or take those of a moment."""


class Work:
    """Drafts drawn and published one after the other, and what the server said of each."""

    def __init__(
        self, people: list[Session], round_: int, enough: int, deck: Iterator[str]
    ) -> None:
        """enough: after how many acknowledged changes it is `busy`, for who waits to kill.

        deck: the figures that are drawn next.
        """
        self.planner, self.boss = people
        self.round, self.left, self.deck = round_, enough, deck
        self.chance = random.Random(round_)  # noqa: S311 - not a secret
        self.strokes = Strokes(self.chance, str(round_))
        self.drafts: dict[int, Told] = {}
        self.plans: dict[int, Looks] = {}
        self.published: dict[int, int] = {}
        self.busy = threading.Event()
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            with suppress(OSError, http.client.HTTPException, ValueError):
                while True:
                    self.draw()
        except BaseException as err:  # noqa: BLE001 - told by who waits for it
            self.failed = err
            self.busy.set()

    def draw(self) -> None:
        """A draft of names; or one of figures, and after it one that was begun before it."""
        if self.chance.random() < 0.3:  # so that many are published too
            short = self.open()
            for _ in range(3):
                self.figure(short, "name")
            self.publish(short)
            return
        aside, main = self.open(), self.open()
        assert aside.grids is not None
        for wish in self.strokes.aside(aside.grids):
            self.change(aside, wish)
        self.figures(main, 5)
        self.publish(main)
        self.rebase(aside, main)
        self.figures(aside, 3)
        self.publish(aside)

    def open(self) -> Told:
        opened = self.planner.post("/drafts", {"name": f"draft {self.round}"})
        told = Told(opened, self.planner.grids(opened["id"]))
        assert told.grids is not None
        known = self.plans.setdefault(told.base, dict(told.grids))
        assert known == told.grids
        return self.drafts.setdefault(told.id, told)

    def figures(self, told: Told, count: int) -> None:
        """So many figures; some are undone, and of these some done again or let go."""
        for _ in range(count):
            self.figure(told, next(self.deck))
            back = min(self.chance.choice((0, 0, 1, 2)), told.step)
            again = self.chance.randrange(back + 1)
            for way in ["undo"] * back + ["redo"] * again:
                self.change(told, {"op": way})

    def figure(self, told: Told, figure: str) -> None:
        assert told.grids is not None
        self.change(told, self.strokes.wish(told.grids, figure))

    def change(self, told: Told, wish: dict[str, Any]) -> None:
        verb, body = (wish["op"], {}) if wish["op"] in WAYS else ("edits", wish)
        told.asks(wish)
        answer = self.planner.post(f"/drafts/{told.id}/{verb}", body, told.version)
        told.answered(kind_of(wish), answer)
        told.drawn(answer)
        self.count()

    def rebase(self, told: Told, other: Told) -> None:
        """Build a draft on another that was published: edits of grids that are no more are lost."""
        plan = self.plans[self.published[other.id]]
        hold = [wish for wish in told.made if wish.get("code", wish.get("to")) in plan]
        lost = [n for n, wish in enumerate(told.made, start=1) if wish not in hold]
        told.able = hold, len(hold), self.published[other.id]
        told.grids = None
        answer = self.planner.post(f"/drafts/{told.id}/rebase", {}, told.version)
        told.answered("rebase", answer)
        assert [edit["step"] for edit in answer["lost"]] == lost
        self.count()
        told.grids = self.planner.grids(told.id)

    def publish(self, told: Told) -> None:
        self.figure(told, "name")  # all before it may be undone, or undo itself
        seen = told.version
        self.planner.post(f"/drafts/{told.id}/submit", {}, seen)
        self.boss.post(f"/drafts/{told.id}/approve", {}, seen + 1)
        told.publishing = True
        made = self.planner.post(f"/drafts/{told.id}/publish", {}, seen + 2)
        assert told.grids is not None
        self.plans[made["revision"]] = told.grids
        self.published[told.id] = made["revision"]
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
    deck = dealt(chance)
    for round_ in range(rounds):
        pid, port = forge()
        for session in sessions:
            session.port = port
        work = Work(sessions, round_, chance.randrange(1, MOST), deck)
        thread = threading.Thread(target=work.run)
        thread.start()
        assert work.busy.wait(60)
        time.sleep(chance.random() * 0.2)
        os.kill(pid, signal.SIGKILL)
        thread.join(60)
        with Workspace(Store.open(settings.store), settings, clock) as again:
            found += judge(again, work)
    assert found.keys() >= {*KINDS, *WAYS, "rebase", "published"}, found


def dealt(chance: random.Random) -> Iterator[str]:
    """The figures in any order, again and again; those that come and go twice each."""
    figures = [*FIGURES, "split", "grow"]
    while True:
        yield from chance.sample(figures, len(figures))


def judge(ws: Workspace, work: Work) -> Counter[str]:
    """Hold the store against what was acknowledged. Returns what it was held against."""
    assert work.failed is None, work.failed
    found: Counter[str] = Counter(published=len(work.published))
    for draft, told in work.drafts.items():
        row = drafts.found(ws, CONSOLE, draft)
        made = [json.loads(edit.arguments) for edit in ws.store.edits(row.tip)]
        place = made, 0 if row.head is None else ws.store.edit(row.head).step, row.base_revision
        assert place in (told.place, told.able), f"an edit is lost in round {work.round}"
        if place == told.place and told.grids is not None:
            plan = ws.drawings.of(row).plan
            drawn = {code: looks(plan[code]) for code in plan.codes()}
            assert drawn == told.grids, f"a grid is not as it was told in round {work.round}"
        if draft in work.published:
            assert (row.state, row.revision) == ("published", work.published[draft])
        found += told.kinds
        found["undone"] += place[1] < len(made)
    judge_plan(ws, work)
    assert checking.check(ws, CONSOLE) == []
    return found


def judge_plan(ws: Workspace, work: Work) -> None:
    """The plan in force is wholly the last that was told of, or wholly what was to follow it."""
    newest = ws.store.published()[0].revision
    whole = ws.store.grids(scope=EVERYWHERE, revision=newest)
    assert ws.store.grids(scope=EVERYWHERE).equals(whole), f"half a plan in round {work.round}"
    if not work.plans:  # killed before its first answer
        return
    last = max(work.plans)
    asked = [t for t in work.drafts.values() if t.publishing and t.id not in work.published]
    able = [work.plans[last]] if newest == last else []
    if newest == last + 1:
        able = [told.grids for told in asked if told.grids is not None]
    assert able, f"plan {newest} after {last}, an acknowledged plan is lost in round {work.round}"
    plan = {grid.code: settled(looks(grid)) for grid in ws.drawings.shown()}
    (wanted,) = able
    told = {code: settled(look) for code, look in wanted.items()}
    assert plan == told, f"another plan is shown in round {work.round}"


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
