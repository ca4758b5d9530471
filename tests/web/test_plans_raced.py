"""Eight planners publish at one moment over HTTP: one wins, seven are told, none loses work."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE
from gisgrid.operations import people
from gisgrid.operations.plans import drafts, editing, rebasing, reviewing
from gisgrid.operations.workspace import Workspace
from gisgrid.web import create_app

from ..conftest import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gisgrid.settings import Settings

PLANNERS = 8
SAMPLE, LONG = 50, 1000
FRESH = 100
"""Rounds on one store: its history grows by a plan a round, and is read anew each time."""


class Planner:
    """A signed-in planner with a connection of one's own, and a draft that is made ready."""

    def __init__(self, ws: Workspace, number: int, port: int, sign_in: Callable[..., Any]) -> None:
        self.ws, self.number, self.port = ws, number, port
        name = f"planner {number}"
        people.add(ws, CONSOLE, name, role="planner", scope="*")
        person = ws.store.person(name)
        assert person is not None
        self.actor = people.actor_of(person)
        self.cookie, self.key = sign_in(name)
        self.draft = 0
        self.answer: tuple[int, Any] = (0, None)

    def ready(self, boss: Any, round_: int) -> None:
        """An approved draft on the last plan: the one that lost, rebased; or a new one."""
        ws = self.ws
        if not self.draft:
            self.draft = drafts.open_draft(ws, self.actor, name=f"round {round_}")
            self.edit(round_)
        else:
            row = drafts.found(ws, self.actor, self.draft)
            assert rebasing.rebase(ws, self.actor, self.draft, seen=row.version) == []
        row = drafts.found(ws, self.actor, self.draft)
        seen = reviewing.submit(ws, self.actor, self.draft, seen=row.version)
        self.seen = reviewing.approve(ws, boss, self.draft, seen=seen)

    def edit(self, round_: int) -> None:
        grid = f"G{self.number % 4 + 1}"
        wish = {"op": "change", "code": grid, "name": f"{self.number} in {round_}"}
        editing.edit(self.ws, self.actor, self.draft, wish, seen=1)

    def publish(self, start: threading.Barrier) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.connect()
        headers = {
            "Cookie": self.cookie,
            "X-CSRFToken": self.key,
            "Content-Type": "application/json",
            "If-Match": f'"v{self.seen}"',
        }
        start.wait()
        connection.request("POST", f"/api/v1/drafts/{self.draft}/publish", "{}", headers)
        answer = connection.getresponse()
        self.answer = answer.status, json.loads(answer.read())
        connection.close()


@contextmanager
def served(settings: Settings, ws: Workspace) -> Iterator[tuple[Any, int]]:
    app = create_app(settings, ws)
    with listening(app, PLANNERS) as port:
        yield app, port


def race(settings: Settings, ws: Workspace, enter_by: Callable[..., Any], rounds: int) -> None:
    with served(settings, ws) as (app, port):
        crowd = [Planner(ws, n, port, lambda name: enter_by(app, name)) for n in range(PLANNERS)]
        people.add(ws, CONSOLE, "boss", role="supervisor", scope="*")
        chief = ws.store.person("boss")
        assert chief is not None
        boss = people.actor_of(chief)
        for round_ in range(1, rounds + 1):
            for planner in crowd:
                planner.ready(boss, round_)
            start = threading.Barrier(PLANNERS)
            threads = [threading.Thread(target=p.publish, args=(start,)) for p in crowd]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            judge(ws, crowd, round_)


def judge(ws: Workspace, crowd: list[Planner], round_: int) -> None:
    statuses = sorted(planner.answer[0] for planner in crowd)
    assert statuses == [201] + [409] * (PLANNERS - 1), (round_, [p.answer for p in crowd])
    newest, before = ws.store.published()[:2]
    assert newest.revision == before.revision + 1 == round_ + 1
    for planner in crowd:
        status, told = planner.answer
        row = drafts.found(ws, planner.actor, planner.draft)
        if status == 201:
            assert (row.state, row.revision) == ("published", newest.revision)
            assert told["revision"] == newest.revision
            planner.draft = 0
            continue
        assert told["code"] == "plan_moved"
        facts = told["facts"]
        assert (facts["base"], facts["current"]) == (before.revision, newest.revision)
        assert (row.state, row.step, row.version) == ("approved", row.steps, planner.seen)


@pytest.fixture
def enter_by(ws: Workspace, token: Callable[..., str]) -> Callable[..., tuple[str, str]]:
    """`enter_by(app, name)` -> the cookie and the page's token of a session of that person."""

    def come_in(app: Any, name: str) -> tuple[str, str]:
        client = app.test_client()
        address = f"/enter/{people.make_link(ws, CONSOLE, name)}"
        client.post(address, data={"csrf_token": token(client, address)})
        key = token(client, "/")
        cookie = client.get_cookie("gisgrid")
        assert cookie is not None
        return f"gisgrid={cookie.value}", key

    return come_in


def test_of_eight_who_publish_at_once_one_wins_and_nobody_loses_work(
    settings: Settings, ws: Workspace, enter_by: Callable[..., Any]
) -> None:
    # On a database two whole servers are raced as well: tests/postgis/test_traffic.py.
    race(settings, ws, enter_by, SAMPLE // 5 if "://" in settings.store else SAMPLE)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(LONG // FRESH))
def test_a_thousand_rounds_have_a_thousand_winners(
    settings: Settings, ws: Workspace, enter_by: Callable[..., Any], part: int
) -> None:
    race(settings, ws, enter_by, FRESH)
