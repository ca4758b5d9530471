"""A GeoPackage's file, what SQLite keeps beside it, and how a finished file gets its name."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid.errors import GisgridError, StoreExists, StoreFailed, StoreFull, StoreLeftOver
from gisgrid.store.dialects.gpkg_connect import connect, meaning_of, no_room

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
"""What a system says when nothing more can be written."""
HOLDING = ("-wal", "-journal")
"""Ends of the names of files that may hold what the store's own file does not hold yet. SQLite
believes them by their names alone: beside another file they would be played into that one."""
_ASK = """
import errno, fcntl, sys
path, first, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(path, "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, first)
    except OSError as err:
        sys.exit(9 if err.errno in (errno.EACCES, errno.EAGAIN) else 1)
"""
_LOCKS = (("", 0x40000000, 512), ("-shm", 120, 9))
"""Where SQLite locks bytes of a store's file, and of its -shm, for as long as it is open."""


def held(path: Path) -> list[Path]:
    """The files beside a store's file that may hold some of it; empty ones hold nothing."""
    found = [Path(f"{path}{end}") for end in HOLDING]
    return [one for one in found if os.path.lexists(one) and one.lstat().st_size]


def refuse_left_over(path: Path) -> None:
    """Raise StoreLeftOver where a new store would take in what is left over from another."""
    for one in held(path):
        raise StoreLeftOver(path=str(one))


def gentle(path: Path) -> str:
    """How to open a store to look at it only: what its -wal holds stays there."""
    return "ro" if os.path.lexists(f"{path}-wal") else "rw"


def in_use(path: Path) -> bool:
    """Whether a program has the store open; also when its file is damaged, or gone already.

    Another process asks: to open and close the file in this one would drop its own locks.
    """
    if os.name != "posix" or not sys.executable:
        return False  # elsewhere a file that is open cannot be moved
    for end, first, length in _LOCKS:
        if Path(f"{path}{end}").is_file():
            command = [sys.executable, "-I", "-c", _ASK, f"{path}{end}", str(first), str(length)]
            if subprocess.run(command, check=False, capture_output=True).returncode == 9:  # noqa: S603 - our own words
                return True
    return False


@contextmanager
def said_plainly(place: Path) -> Iterator[None]:
    """An error of the disk, of SQLite or of a text in a file becomes a sentence about `place`."""
    try:
        yield
    except GisgridError:
        raise
    except OSError as err:
        if err.errno in FULL:
            raise StoreFull from err
        raise StoreFailed(url=str(place), problem=err.strerror or str(err)) from err
    except sqlite3.Error as err:
        meaning = meaning_of(err, place.absolute().parent) or StoreFailed
        raise meaning(url=str(place), problem=str(err)) from err
    except ValueError as err:
        raise StoreFailed(url=str(place), problem=str(err)) from err


def fold(path: Path, patience: float) -> None:
    """Make a store that nobody else has open one file, complete in itself.

    To close the last connection is not enough: where the disk is full that leaves the newest rows
    in the -wal, and says nothing. Raises StoreFull, StoreFailed.
    """
    with said_plainly(path), closing(connect(path, patience)) as connection:
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    if mode != "delete" or held(path):
        if no_room(path.parent):
            raise StoreFull
        raise StoreFailed(url=str(path), problem="its newest entries stay in its -wal")


def settle(draft: Path, target: Path) -> None:
    """Give a finished file its name. Raises StoreExists where somebody else took it meanwhile."""
    handle = os.open(draft, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, target)
    except FileExistsError as err:
        raise StoreExists(url=str(target)) from err
    except OSError:  # a file system without links
        draft.rename(target)
    sync_folder(target.parent)


def put_aside(store: Path, kept: Path) -> list[Path]:
    """Rename a store's files, as they are, to `kept` with the same ends; returns their names.

    Its own file first: were the machine to stop in between, what is left over has no store to be
    played into.
    """
    files = [store] if os.path.lexists(store) else []
    files += held(store)
    moved = [one.rename(f"{kept}{one.name.removeprefix(store.name)}") for one in files]
    for end in (*HOLDING, "-shm"):  # empty, or worthless without the others
        Path(f"{store}{end}").unlink(missing_ok=True)
    sync_folder(store.parent)
    return moved


def discard(path: Path) -> None:
    """Remove a copy that nobody has open, with what SQLite may have left beside it.

    Its own file last: what a crash leaves of it is then never taken for another's.
    """
    for end in (*HOLDING, "-shm", ""):
        Path(f"{path}{end}").unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a new name outlive a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
