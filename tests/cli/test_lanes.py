"""Who asks whether the process lives is answered while every thread of the server is kept."""

from __future__ import annotations

import socket
import threading
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from gisgrid.cli import lanes
from gisgrid.cli.messages import server_of

from .. import conftest
from ..conftest import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

THREADS = 2
LONG_S = 10.0
"""No wait of a test lasts so long unless what it waits for does not come."""


class Kept:
    """A server of the kind that `gisgrid serve` runs. Its page /kept waits to be let go."""

    def __init__(self) -> None:
        self.port, self.server = 0, None
        self.free, self.taken = threading.Event(), threading.Semaphore(0)
        self.app = Flask("kept")

        @self.app.get("/kept")
        def kept() -> str:
            self.taken.release()
            self.free.wait(3 * LONG_S)
            return "kept"

        for path in lanes.LANES:
            self.app.add_url_rule(path, path, lambda: "ok", methods=["GET", "POST"])

    def make(self, app: Any, **options: Any) -> Any:
        self.server = server_of(app, **options)
        return self.server

    def ask(self, path: str, method: str = "GET") -> bytes:
        line = HTTPConnection("127.0.0.1", self.port, timeout=LONG_S)
        try:
            line.request(method, path)
            return line.getresponse().read()
        finally:
            line.close()

    def keep(self, count: int) -> list[socket.socket]:
        """Lines on which an answer is waited for; all threads are taken then."""
        lines = []
        for _ in range(count):
            line = socket.create_connection(("127.0.0.1", self.port), timeout=LONG_S)
            line.sendall(b"GET /kept HTTP/1.1\r\nHost: localhost\r\n\r\n")
            lines.append(line)
        for _ in range(THREADS):
            assert self.taken.acquire(timeout=LONG_S)
        return lines


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    made = Kept()
    monkeypatch.setattr(conftest, "create_server", made.make)
    with listening(made.app, THREADS) as port:
        made.port = port
        yield made
        made.free.set()


def within(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + LONG_S
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return true()


def test_who_asks_whether_it_lives_waits_behind_no_request(kept: Kept) -> None:
    lines = kept.keep(THREADS + 3)
    for path in lanes.LANES:
        assert kept.ask(path) == b"ok"
    kept.free.set()
    for line in lines:
        assert line.recv(4096).startswith(b"HTTP/1.1 200 ")
        line.close()


def test_nothing_else_is_answered_in_a_lane(kept: Kept) -> None:
    lines = kept.keep(THREADS)
    line = socket.create_connection(("127.0.0.1", kept.port), timeout=0.5)
    lines.append(line)
    line.sendall(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(TimeoutError):
        line.recv(4096)
    kept.free.set()
    for line in lines:
        line.close()


def test_answers_on_one_line_keep_their_order(kept: Kept) -> None:
    kept.free.set()
    ask = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", kept.port), timeout=LONG_S) as line:
        line.sendall(b"".join(ask % path for path in (b"/kept", b"/healthz", b"/kept", b"/none")))
        line.shutdown(socket.SHUT_WR)
        told = b""
        while part := line.recv(65536):
            told += part
    bodies = [part.partition(b"\r\n\r\n")[2] for part in told.split(b"HTTP/1.1 ")[1:]]
    assert bodies[:3] == [b"kept", b"ok", b"kept"]
    assert len(bodies) == 4


def test_a_server_is_crowded_while_all_threads_are_kept(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "CROWDED_S", 0.1)
    crowded = kept.server.task_dispatcher.crowded  # type: ignore[attr-defined]
    assert not crowded()
    lines = kept.keep(THREADS)
    assert within(crowded)
    kept.free.set()
    assert within(lambda: not crowded())
    for line in lines:
        line.close()


def test_one_thread_that_is_free_is_enough(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "CROWDED_S", 0.0)
    with socket.create_connection(("127.0.0.1", kept.port), timeout=LONG_S) as line:
        line.sendall(b"GET /kept HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert kept.taken.acquire(timeout=LONG_S)
        assert not kept.server.task_dispatcher.crowded()  # type: ignore[attr-defined]
        kept.free.set()
