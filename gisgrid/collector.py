"""Python's search for objects that hold each other and nobody else, while there are none to find.

Loading makes millions of objects that it would look through again and again: of a start on a
million households a tenth of the time, of reading them anew a quarter.
"""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_lock = threading.Lock()
_resting = 0
_was_on = False


@contextmanager
def at_rest() -> Iterator[None]:
    """Let the search wait until the last thread that wants it so is through."""
    global _resting, _was_on  # noqa: PLW0603 - the search is one for the whole process
    with _lock:
        if _resting == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _resting += 1
    try:
        yield
    finally:
        with _lock:
            _resting -= 1
            if _resting == 0 and _was_on:
                gc.enable()


def keep() -> None:
    """What is there now stays as long as the process: never look through it again."""
    gc.freeze()
