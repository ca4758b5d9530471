"""Two servers under work, the database stopped and started in the middle: nothing lost or twice."""

from __future__ import annotations

import http.client
import itertools
import threading
import uuid
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.operations import keys, people
from gisgrid.operations.plans import drafts, editing, rebasing, reviewing
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.postgis import Cluster

pytestmark = pytest.mark.postgis

PLANNERS = 8
AWAY = 503


def deliver(servers: Any, token: str, home: str, number: str) -> tuple[int, int]:
    """Send a visit until it is taken, then once more; (first answers that failed, last status).

    As a phone does it: whatever goes wrong, the same report again, to whichever server comes next.
    """
    sent = {
        "client_id": number,
        "household": home,
        "outcome": "met",
        "visited_at": datetime.now(UTC).isoformat(),
    }
    failed = 0
    for server in itertools.cycle(servers):
        try:
            status, told = server.ask(token, "/api/v1/visits", sent)
        except (OSError, http.client.HTTPException):
            status, told = AWAY, None
        if status == AWAY:
            failed += 1
            assert failed < 3000
            threading.Event().wait(0.02)
            continue
        assert status in (200, 201), told
        break
    again = servers[failed % 2 - 1]
    try:
        status, _ = again.ask(token, "/api/v1/visits", sent)
    except (OSError, http.client.HTTPException):
        status = AWAY
    assert status in (200, AWAY)
    return failed, status


def visits_survive(pair: Any, database: Cluster, count: int) -> int:
    """`count` visits, each delivered twice; the database is stopped thrice. Returns failures."""
    numbers = [str(uuid.uuid4()) for _ in range(count)]
    token, member = pair.tokens["Member"], pair.homes[:100]
    done, halves = itertools.count(1), threading.Event()

    def one(number: str) -> int:
        home = member[hash(number) % len(member)]
        failed, _ = deliver(pair.servers, token, home, number)
        if next(done) >= count // 4:
            halves.set()
        return failed

    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(one, number) for number in numbers]
        assert halves.wait(600)
        for mode in ("fast", "immediate", "fast"):
            database.stop(mode)
            database.start()
        failures = sum(answer.result() for answer in found)
    with Store.open(pair.url) as store:
        rows = Counter(store.visits(scope=EVERYWHERE)["client_id"].dropna())
        verdict = store.audit_verify()
    assert rows == Counter(numbers)
    assert verdict.faults == []
    for server in pair.servers:  # both go on by themselves
        status, told = server.ask(pair.tokens["Viewer"], "/api/v1/coverage?by=county")
        assert status == 200, told
    return failures


class Planner:
    """A planner with a draft that is made ready, and a token to publish it by."""

    def __init__(self, ws: Workspace, number: int) -> None:
        name = f"Planner {number}"
        people.add(ws, CONSOLE, name, role="planner", scope="*")
        person = ws.store.person(name)
        assert person is not None
        self.ws, self.number, self.actor = ws, number, people.actor_of(person)
        self.token = keys.make_token(ws, self.actor, name="race", reach="write", days=1)
        self.draft = self.seen = self.status = 0

    def ready(self, boss: Any, round_: int) -> None:
        ws = self.ws
        if self.draft:
            row = drafts.found(ws, self.actor, self.draft)
            rebasing.rebase(ws, self.actor, self.draft, seen=row.version)
        else:
            self.draft = drafts.open_draft(ws, self.actor, name=f"round {round_}")
            wish = {"op": "change", "code": f"G{self.number % 2 + 1}"}
            wish["name"] = f"{self.number} in {round_}"
            editing.edit(ws, self.actor, self.draft, wish, seen=1)
        row = drafts.found(ws, self.actor, self.draft)
        seen = reviewing.submit(ws, self.actor, self.draft, seen=row.version)
        self.seen = reviewing.approve(ws, boss, self.draft, seen=seen)

    def publish(self, server: Any, start: threading.Barrier) -> None:
        start.wait()
        path = f"/api/v1/drafts/{self.draft}/publish"
        self.status, _ = server.ask(self.token, path, {}, **{"If-Match": f'"v{self.seen}"'})


def one_wins(pair: Any, database: Cluster, rounds: int, stops: int) -> int:
    """Each round eight publish at one moment, four on each server.

    In `stops` of the rounds the database is stopped and started while they do. Returns how many
    were told so.
    """
    away = 0
    with Workspace.open(Settings(store=pair.url)) as ws:
        people.add(ws, CONSOLE, "Boss", role="supervisor", scope="*")
        chief = ws.store.person("Boss")
        assert chief is not None
        boss = people.actor_of(chief)
        crowd = [Planner(ws, n) for n in range(PLANNERS)]
        before = ws.store.published()[0].revision
        for round_ in range(1, rounds + 1):
            for planner in crowd:
                planner.ready(boss, round_)
            stopped = round_ % (rounds // stops) == 0
            publish_at_once(pair, crowd, database if stopped else None, round_)
            if stopped:
                away += ask_again(ws, pair, crowd, before + round_)
            statuses = sorted(planner.status for planner in crowd)
            assert statuses == [201] + [409] * (PLANNERS - 1), (round_, statuses)
            assert ws.store.published()[0].revision == before + round_
            for planner in crowd:
                row = drafts.found(ws, planner.actor, planner.draft)
                assert (row.state == "published") == (planner.status == 201)
                planner.draft = 0 if planner.status == 201 else planner.draft
    return away


def publish_at_once(pair: Any, crowd: list[Planner], stopped: Cluster | None, round_: int) -> None:
    """All at one moment; then the database goes away, at another point of their way each time."""
    start = threading.Barrier(PLANNERS + 1)
    with ThreadPoolExecutor(PLANNERS) as pool:
        sent = [
            pool.submit(planner.publish, pair.servers[n % 2], start)
            for n, planner in enumerate(crowd)
        ]
        if stopped is not None and round_ % 4 == 0:  # it is away when they begin
            stopped.stop("fast")
            start.wait()
            wait(sent, timeout=60, return_when=FIRST_COMPLETED)
            stopped.start()
        else:
            start.wait()
        if stopped is not None and round_ % 4:  # before any answer, or after the first
            wait(sent if round_ % 4 == 1 else [], timeout=60, return_when=FIRST_COMPLETED)
            stopped.stop("immediate")
            stopped.start()
        for answer in sent:
            answer.result()


def ask_again(ws: Workspace, pair: Any, crowd: list[Planner], newest: int) -> int:
    """Who was told that the database is away asks again, until there is an answer.

    Whose plan is published although no answer said so is the winner. Returns how many asked again.
    """
    away = sum(planner.status == AWAY for planner in crowd)
    assert {planner.status for planner in crowd} <= {201, 409, AWAY}
    for n, planner in enumerate(crowd):
        for _ in range(60):
            if planner.status != AWAY:
                break
            planner.publish(pair.servers[n % 2], threading.Barrier(1))
        row = drafts.found(ws, planner.actor, planner.draft)
        if planner.status == 409 and row.state == "published":
            assert row.revision == newest
            planner.status = 201
    return away


@pytest.mark.alone
def test_over_two_servers_no_visit_is_lost_and_one_of_eight_publishes(
    own_cluster: Cluster, serve_pair: Callable[[str], Any]
) -> None:
    pair = serve_pair(own_cluster.url)
    visits_survive(pair, own_cluster, 200)
    assert one_wins(pair, own_cluster, 4, 2) > 0, "no stop fell into a publish"


@pytest.mark.long
def test_over_two_servers_ten_thousand_visits_and_a_thousand_rounds(
    own_cluster: Cluster, serve_pair: Callable[[str], Any]
) -> None:
    pair = serve_pair(own_cluster.url)
    assert visits_survive(pair, own_cluster, 10_000) > 0
    assert one_wins(pair, own_cluster, 1000, 30) > 0, "no stop fell into a publish"
