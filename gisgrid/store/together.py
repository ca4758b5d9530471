"""Changes of several threads at once in one transaction: the disk is waited for once.

Each change is a part of its own (a savepoint): one that fails takes back itself and no other. Who
asked is answered after the commit, so that what was acknowledged is as safe as if it were alone.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.store.writer import Writer

Given = TypeVar("Given")


class Change:
    """One that waits: what it does, and what came of it."""

    def __init__(self, deed: Callable[[Writer], Any]) -> None:
        self.deed = deed
        self.settled = threading.Event()
        self.given: Any = None
        self.error: BaseException | None = None


class Together:
    """The changes that wait for the next transaction.

    commit: makes a list of changes in one transaction, and notes with each what it gave or why it
    failed; raises where the whole was taken back.
    """

    def __init__(self, commit: Callable[[Callable[[], list[Change]]], None]) -> None:
        self._commit = commit
        self._lock = threading.Lock()
        self._waiting: list[Change] = []

    def do(self, deed: Callable[[Writer], Given]) -> Given:
        """What `deed` gives, once it is committed with whatever else waited.

        Raises what it raises, or why the transaction as a whole came to nothing.
        """
        mine = Change(deed)
        with self._lock:
            self._waiting.append(mine)
            first = len(self._waiting) == 1
        if first:  # who comes while this one waits for its turn comes along
            self._lead()
        mine.settled.wait()
        if mine.error is not None:
            raise mine.error
        given: Given = mine.given
        return given

    def _lead(self) -> None:
        taken: list[Change] = []

        def take() -> list[Change]:
            with self._lock:
                taken.extend(self._waiting)
                self._waiting = []
            return taken

        try:
            self._commit(take)
        except BaseException as err:  # noqa: BLE001 - told to each of those who asked
            for change in taken or take():
                change.error = change.error or err
        finally:
            for change in taken:
                change.settled.set()
