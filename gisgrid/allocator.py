"""Keeping the memory of a process that stays from growing beyond what it holds.

glibc gives each thread an arena of its own, and hardly ever gives one back: after a day of eight
threads a server would hold half as much again as it uses. Elsewhere nothing is done.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

_M_ARENA_MAX = -8
"""Source: mallopt(3)."""


def share_arena() -> None:
    """All threads take their memory from one arena; call it before there are threads."""
    if hasattr(_libc(), "mallopt"):
        _libc().mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what is free."""
    if hasattr(_libc(), "malloc_trim"):
        _libc().malloc_trim(0)


@cache
def _libc() -> Any:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
