"""A growing wait after wrong passwords: slows a guesser, locks nobody out."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from gisgrid.errors import TooManyTries

if TYPE_CHECKING:
    from collections.abc import Callable

FREE_TRIES = 3
LONGEST_SECONDS = 60.0
FORGOTTEN_SECONDS = 900.0
KEPT = 10_000


class Delays:
    """Failed attempts by key (account and address), in memory; thread-safe.

    The wait after failure n is 2**(n - FREE_TRIES) seconds, LONGEST_SECONDS at most; a quarter of
    an hour without a failure forgets the key. clock: seconds, rising.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[tuple[str, str], tuple[int, float]] = {}
        self._lock = threading.Lock()

    def check(self, key: tuple[str, str]) -> None:
        """Raise TooManyTries while the wait after the last failure lasts."""
        with self._lock:
            count, last = self._failures.get(key, (0, 0.0))
        wait = last + _wait(count) - self._clock()
        if wait > 0:
            raise TooManyTries(seconds=int(wait) + 1)

    def failed(self, key: tuple[str, str]) -> None:
        """Note a failed attempt."""
        now = self._clock()
        with self._lock:
            count, last = self._failures.pop(key, (0, now))
            self._failures[key] = (1 if now - last > FORGOTTEN_SECONDS else count + 1, now)
            while len(self._failures) > KEPT:  # the oldest goes: dicts keep their order
                del self._failures[next(iter(self._failures))]

    def passed(self, key: tuple[str, str]) -> None:
        """Forget the failures: the right password came."""
        with self._lock:
            self._failures.pop(key, None)


def _wait(failures: int) -> float:
    return 0.0 if failures < FREE_TRIES else min(2.0 ** (failures - FREE_TRIES), LONGEST_SECONDS)
