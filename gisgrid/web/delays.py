"""A growing wait after wrong passwords: slows a guesser, locks nobody out.

Counted thrice: for an account from an address; for an address over all accounts (one who tries a
common password on each); for an account over all addresses (many who try on one).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gisgrid.errors import TooManyTries

if TYPE_CHECKING:
    from collections.abc import Callable

FORGOTTEN_SECONDS = 900.0
KEPT = 10_000


@dataclass(slots=True)
class Failures:
    """Failed attempts by key: how many, and when the last was.

    The wait after failure n is 2**(n - free) seconds, `longest` at most. A quarter of an hour
    without a failure forgets the key, and every `ebb` seconds since the last forgive one.
    """

    free: int
    longest: float
    ebb: float = FORGOTTEN_SECONDS
    rows: dict[object, tuple[int, float]] = field(default_factory=dict)

    def wait(self, key: object, now: float) -> float:
        """Seconds until the next attempt is taken; none is left when not above zero."""
        count, last = self.rows.get(key, (0, now))
        if count < self.free:
            return 0.0
        return last + min(2.0 ** min(count - self.free, 30), self.longest) - now

    def failed(self, key: object, now: float) -> None:
        """Count one more."""
        count, last = self.rows.pop(key, (0, now))
        past = now - last
        left = 0 if past > FORGOTTEN_SECONDS else max(0, count - int(past // self.ebb))
        self.rows[key] = (left + 1, now)
        while len(self.rows) > KEPT:  # the oldest goes: dicts keep their order
            del self.rows[next(iter(self.rows))]


class Delays:
    """Failed attempts by key (account and address), in memory; thread-safe.

    Who came in from an address before waits only for what failed with that very account from that
    very address: what others do there, or to the account elsewhere, does not keep them out. The
    wait for an account over all addresses stays short, as anybody can bring it about.
    clock: seconds, rising.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._both = Failures(free=3, longest=60.0)
        self._accounts = Failures(free=10, longest=5.0, ebb=30.0)
        self._addresses = Failures(free=30, longest=30.0, ebb=30.0)
        self._came_in: dict[tuple[str, str], None] = {}
        self._lock = threading.Lock()

    def check(self, key: tuple[str, str]) -> None:
        """Raise TooManyTries while the wait after the last failure lasts."""
        account, address = key
        now = self._clock()
        with self._lock:
            wait = self._both.wait(key, now)
            if key not in self._came_in:
                wide = self._accounts.wait(account, now), self._addresses.wait(address, now)
                wait = max(wait, *wide)
        if wait > 0:
            raise TooManyTries(seconds=int(wait) + 1)

    def failed(self, key: tuple[str, str]) -> None:
        """Note a failed attempt."""
        account, address = key
        now = self._clock()
        with self._lock:
            self._both.failed(key, now)
            self._accounts.failed(account, now)
            self._addresses.failed(address, now)

    def passed(self, key: tuple[str, str]) -> None:
        """The right password came: forget what failed before it, but not what others did."""
        with self._lock:
            self._both.rows.pop(key, None)
            self._came_in.pop(key, None)
            self._came_in[key] = None
            while len(self._came_in) > KEPT:
                del self._came_in[next(iter(self._came_in))]
