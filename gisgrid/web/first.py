"""The first administrator of all: by a one-time code that stands on the server's console only."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LASTS_SECONDS = 15 * 60.0


class FirstCode:
    """The code of this process; thread-safe. clock: seconds, rising."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._code = ""
        self._until = 0.0

    def make(self) -> str:
        """A new code, good for a quarter of an hour; the one before is worth nothing."""
        with self._lock:
            self._code = "-".join(secrets.token_hex(2) for _ in range(4))
            self._until = self._clock() + LASTS_SECONDS
            return self._code

    def fits(self, given: str) -> bool:
        """Whether this is the code, and its time has not run out."""
        with self._lock:
            alive = bool(self._code) and self._clock() < self._until
            word = given.strip().lower().encode()
            return hmac.compare_digest(word, self._code.encode()) and alive

    def spend(self) -> None:
        """The code is used up."""
        with self._lock:
            self._code = ""
