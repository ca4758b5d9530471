"""Threads of a server share one arena of memory."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import ctypes, threading
from gisgrid import allocator
{first}
start = threading.Barrier(8)
def work():
    start.wait()
    held = [bytes(100_000) for _ in range(20)]
    start.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


def arenas(first: str) -> int:
    command = [sys.executable, "-c", PROGRAM.format(first=first)]
    told = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout
    return told.count("<heap nr=")


def test_threads_share_one_arena_of_memory_and_free_memory_is_given_back() -> None:
    assert arenas("") > 1
    assert arenas("allocator.share_arena(); allocator.give_back()") == 1


def test_elsewhere_nothing_is_done() -> None:
    assert arenas("allocator.sys.platform = 'win32'; allocator.share_arena()") > 1
