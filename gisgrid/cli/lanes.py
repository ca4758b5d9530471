"""Threads of a server: those that work, and lanes beside them for who asks whether it lives.

A request that waits for a table that somebody holds keeps its thread until the store's patience is
over. Were all threads kept so, whoever asks whether the process is alive would wait behind them,
hear nothing, and restart a server that is well.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from waitress.task import ThreadedTaskDispatcher

LANES = ("/healthz", "/readyz")
"""Addresses with a thread of their own each; what answers there waits for no store."""
CROWDED_S = 2.0
"""So long no thread came free: more work would only wait."""


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """waitress's own with the lanes beside it, and the word on whether its threads are all kept."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._size = threads
        self._count = threading.Lock()
        self._at_work = 0
        self._began = 0.0
        self._lanes = {path: ThreadedTaskDispatcher() for path in LANES}
        for lane in self._lanes.values():
            lane.set_thread_count(1)
        self.set_thread_count(threads)

    def add_task(self, task: Any) -> None:
        """Let a channel's next request be answered."""
        lane = self._lanes.get(_asked(task))
        if lane is None:
            super().add_task(_Counted(task, self))
        else:
            lane.add_task(task)

    def crowded(self) -> bool:
        """Whether all threads are at work, and none took up anything for a while."""
        with self._count:
            kept = time.monotonic() - self._began
            return self._at_work >= self._size and kept > CROWDED_S

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End all threads, as waitress does."""
        for lane in self._lanes.values():
            lane.shutdown(cancel_pending, timeout)
        ended: bool = super().shutdown(cancel_pending, timeout)
        return ended

    def work(self, channel: Any) -> None:
        """Answer a request, and count it as long as that takes."""
        with self._count:
            self._at_work += 1
            self._began = time.monotonic()
        try:
            channel.service()
        finally:
            with self._count:
                self._at_work -= 1


class _Counted:
    """A channel in the queue of those who work."""

    def __init__(self, channel: Any, dispatcher: Dispatcher) -> None:
        self._channel, self._dispatcher = channel, dispatcher

    def service(self) -> None:
        self._dispatcher.work(self._channel)

    def cancel(self) -> None:
        self._channel.cancel()


def _asked(channel: Any) -> str:
    """The address that has a lane, where a channel asks for it; else "".

    Not where an answer before it is still to be sent, for whose reader a thread may have to wait.
    """
    request = channel.requests[0]
    plain = not request.error and request.command in ("GET", "HEAD")
    return str(request.path) if plain and not channel.total_outbufs_len else ""
