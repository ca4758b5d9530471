"""Visits over a bad line: sent again and again, in any order, cut at any byte, recorded once.

R11 of the figures to reach: 10,000 posts of 2,000 visits (`-m long`; a sample in the normal run).
"""

from __future__ import annotations

import http.client
import json
import random
import re
import socket
import sqlite3
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.operations import people

from ..conftest import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from gisgrid.operations.workspace import Workspace

CLIENTS = 8
SEED = 20261126


@pytest.fixture
def port(app: Flask) -> Iterator[int]:
    with listening(app, 6) as found:
        yield found


class Phone:
    """A member's phone: its session, and a line that may be cut."""

    def __init__(self, port: int, ws: Workspace, name: str, scope: str) -> None:
        self.port = port
        if ws.store.person(name) is None:
            people.add(ws, CONSOLE, name, role="member", scope=scope)
        self.cookies: dict[str, str] = {}
        address = f"/enter/{people.make_link(ws, CONSOLE, name)}"
        page = self._ask("GET", address)[1]
        key = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert key
        form = f"csrf_token={key[1]}"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert self._ask("POST", address, form, kind)[0] == 303
        self.token = json.loads(self._ask("GET", "/api/v1/me")[1])["csrf"]

    def _ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request(method, path, body or None, self._headers(headers))
        answer = line.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        found = answer.status, answer.read().decode()
        line.close()
        return found

    def _headers(self, more: dict[str, str] | None = None) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} | (more or {})

    def post(self, record: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Send and wait for the answer."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.token}
        status, text = self._ask("POST", "/api/v1/visits", json.dumps(record), headers)
        return status, json.loads(text)

    def cut(self, record: dict[str, Any], share: float) -> None:
        """Send a part of the request (1: all of it) and hang up without an answer."""
        body = json.dumps(record)
        lines = [
            "POST /api/v1/visits HTTP/1.1",
            "Host: 127.0.0.1",
            "Content-Type: application/json",
            f"X-CSRFToken: {self.token}",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self._headers().items()),
        ]
        whole = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            line.sendall(whole[: int(len(whole) * share)])


def deliver(port: int, ws: Workspace, visits: int, posts: int) -> None:
    """`posts` posts of `visits` visits, then what a phone does: again until the server said yes."""
    chance = random.Random(SEED)  # noqa: S311 - the same posts each time
    homes = [f"G1-{n}" for n in range(6)] * 19 + ["G4-0", "nobody's", "G2-1", "G1-77", "G3-5", "x"]
    records = [
        {
            "client_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "household": chance.choice(homes),
            "outcome": chance.choice(["met", "no_one_home", "refused", "phone"]),
            "visited_at": f"2026-11-{chance.randint(8, 22):02d}T0{chance.randint(0, 3)}:00:00Z",
        }
        for _ in range(visits)
    ]
    plan = records + chance.choices(records, k=posts - visits)
    chance.shuffle(plan)
    cuts = [chance.choice([None, None, 1.0, chance.random()]) for _ in plan]
    phones = [Phone(port, ws, "Wang", "G1") for _ in range(CLIENTS)]
    told: dict[str, list[tuple[int, str, str]]] = {r["client_id"]: [] for r in records}

    def send(task: tuple[int, dict[str, Any], float | None]) -> None:
        at, record, share = task
        phone = phones[at % CLIENTS]
        if share is not None:
            phone.cut(record, share)
            return
        status, answer = phone.post(record)
        told[record["client_id"]].append((status, answer["id"], answer["state"]))

    before = len(ws.store.visits(scope=EVERYWHERE))
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(send, zip(range(len(plan)), plan, cuts, strict=True)))
        left = [r for r in records if not told[r["client_id"]]]
        list(pool.map(send, ((i, r, None) for i, r in enumerate(left))))
    statuses = Counter(status for answers in told.values() for status, *_ in answers)
    assert set(statuses) <= {200, 201, 202}, statuses
    for record in records:
        answers = told[record["client_id"]]
        assert answers, "a refusal that nobody heard of"
        assert {(i, s) for _, i, s in answers} == {(record["client_id"], answers[0][2])}
    accepted = {key for key, answers in told.items() if answers[0][2] == "accepted"}
    kept = ws.store.visits(scope=EVERYWHERE)
    assert len(kept) == before + len(accepted)
    assert set(kept["client_id"].dropna()) == accepted
    with ws.store.reading() as connection:
        waiting = connection.exec_driver_sql("SELECT client_id FROM pending_reports").fetchall()
    assert len(waiting) == visits - len(accepted)
    assert {row[0] for row in waiting} == set(told) - accepted
    mine = {r["client_id"] for r in records if re.fullmatch("G1-[0-5]", r["household"])}
    assert accepted == mine


def test_a_sample_of_posts_over_a_bad_line_is_recorded_once(port: int, ws: Workspace) -> None:
    deliver(port, ws, visits=200, posts=1000)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_posts_of_two_thousand_visits_give_two_thousand_rows(
    port: int, ws: Workspace
) -> None:
    deliver(port, ws, visits=2000, posts=10_000)


def test_looking_first_and_adding_then_records_twice_what_comes_twice_at_once() -> None:
    """The known-bad way, for comparison: what the store does in one step, done in two."""
    line = sqlite3.connect("file:bad?mode=memory&cache=shared", uri=True)
    line.execute("CREATE TABLE visits (client_id TEXT)")
    both = threading.Barrier(2)

    def deliver_badly() -> None:
        mine = sqlite3.connect("file:bad?mode=memory&cache=shared", uri=True)
        known = mine.execute("SELECT 1 FROM visits WHERE client_id = 'a'").fetchall()
        both.wait(10)  # the other has looked too
        if not known:
            with lock, mine:
                mine.execute("INSERT INTO visits VALUES ('a')")
        mine.close()

    lock = threading.Lock()
    threads = [threading.Thread(target=deliver_badly) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert line.execute("SELECT count(*) FROM visits").fetchone() == (2,)
    line.close()
