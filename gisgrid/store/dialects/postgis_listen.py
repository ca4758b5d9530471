"""The change counters of a database, known without asking: NOTIFY says when they grow.

A connection of its own listens. While it does, `asked` answers from memory; once a second it asks
all the same, and when it is lost every question goes to the database until it is back. So a notice
that does not come costs time, never a wrong figure for longer than that.
"""

from __future__ import annotations

import os
import select
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection as Driver
    from sqlalchemy import Engine

    Counters = dict[str, int]

LINE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A server that is gone without a word is noticed within seconds; libpq's names."""
COUNTERS = "SELECT layer, value FROM counters"
POLL = 1.0
"""Seconds after which the database is asked although it said nothing."""
_TRUSTED = 3 * POLL
"""Seconds without word from the listener after which what it said last no longer counts."""
_LONGEST = 2.0
"""Seconds between two attempts to listen again, at most."""


class Listener:
    """Listens on one channel in a thread of its own, from `start` until `close`."""

    def __init__(self, engine: Engine, channel: str) -> None:
        self._engine = engine
        self._channel = channel
        self._lock = threading.Lock()
        self._turn = 0
        self._known: Counters | None = None
        self._heard = float("-inf")
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._wake: tuple[int, int] | None = None

    @property
    def hears(self) -> bool:
        """Whether the connection stood a moment ago."""
        return time.monotonic() - self._heard < _TRUSTED

    def start(self) -> None:
        """Begin to listen; once is enough."""
        if self._thread is None:
            self._wake = os.pipe()
            self._thread = threading.Thread(target=self._run, daemon=True, name="listener")
            self._thread.start()

    def close(self) -> None:
        """Stop listening and let go of the connection."""
        if self._thread is None or self._wake is None:
            return
        self._stop.set()
        os.write(self._wake[1], b"x")
        self._thread.join(timeout=5)
        if not self._thread.is_alive():
            for end in self._wake:
                os.close(end)
        self._thread = self._wake = None

    def stale(self) -> int:
        """Forget what is known, and what anybody is reading at this moment."""
        with self._lock:
            self._turn += 1
            self._known = None
            return self._turn

    def asked(self, read: Callable[[], Counters]) -> Counters:
        """The counters: as they are known, else as `read` finds them."""
        with self._lock:
            if self._known is not None and self.hears:
                return self._known
            turn = self._turn
        found = read()
        self._learn(turn, found)
        return found

    def _learn(self, turn: int, found: Counters) -> None:
        with self._lock:
            if turn == self._turn and self.hears:  # no notice came while they were read
                self._known = found

    # The thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        import psycopg  # noqa: PLC0415 - an extra, and slow to load

        wait = 0.1
        while not self._stop.is_set():
            with suppress(psycopg.Error, SQLAlchemyError, OSError):
                driver = self._connect()
                wait = 0.1
                try:
                    self._listen(driver)
                finally:
                    driver.close()
            self._heard = float("-inf")
            self.stale()
            self._stop.wait(wait)
            wait = min(2 * wait, _LONGEST)

    def _connect(self) -> Driver[Any]:
        """A connection that the pool no longer counts."""
        proxied = self._engine.raw_connection()
        driver: Any = proxied.driver_connection
        proxied.detach()
        driver.rollback()
        driver.autocommit = True
        driver.execute(f'LISTEN "{self._channel}"')
        return driver  # type: ignore[no-any-return]

    def _listen(self, driver: Driver[Any]) -> None:
        """Until the connection is lost or all is over."""
        assert self._wake is not None  # noqa: S101 - for the type checker
        while not self._stop.is_set():
            turn = self.stale()
            rows = driver.execute(COUNTERS).fetchall()
            self._heard = time.monotonic()
            if list(driver.notifies(timeout=0)):
                continue  # one that came meanwhile may tell of what the answer does not have yet
            self._learn(turn, dict(rows))
            select.select([driver.fileno(), self._wake[0]], [], [], POLL)
