"""A GeoPackage where nothing can be written: a read-only disk, or a folder that is not ours."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from gisgrid.errors import StoreFailed, StoreForeign, StoreMissing
from gisgrid.store.dialects.gpkg_connect import connect
from gisgrid.store.filing import held
from gisgrid.store.schema import OUR_TABLES

if TYPE_CHECKING:
    from pathlib import Path

STILL = "ro&immutable=1"


def _connected(path: Path, patience: float) -> tuple[sqlite3.Connection, bool]:
    """A connection that can read the file, and whether it does without locks.

    In WAL mode a reader needs a -wal and a -shm to agree with writers. Where they are not there and
    cannot be made nobody can write either, so it is read without. Raises StoreFailed where some of
    the store is in a -wal that cannot be read.
    """
    connection = None
    try:
        connection = connect(path, patience)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException as err:
        if connection is not None:
            connection.close()
        code = getattr(err, "sqlite_errorcode", 0) & 0xFF
        if code != sqlite3.SQLITE_CANTOPEN or os.access(path.parent, os.W_OK):
            raise
        if held(path):
            problem = (
                "nothing can be written here, and its newest entries are in the -wal beside it, "
                "which has to be folded in first: open it once where it can be written"
            )
            raise StoreFailed(url=str(path), problem=problem) from err
        return connect(path, patience, STILL), True
    return connection, False


def first(path: Path, patience: float, url: str) -> tuple[sqlite3.Connection, Watched | None]:
    """The first connection to a store, and who sees to a file that is read without locks.

    The file is switched to WAL for good; one that is not ours is not touched. Raises StoreMissing,
    StoreForeign, StoreFailed.
    """
    if not path.is_file():
        raise StoreMissing(url=url)
    watched = Watched(path)  # before its first byte is read
    connection, still = _connected(path, patience)
    try:
        found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if not found >= OUR_TABLES:
            problem = "it lacks gisgrid's tables" if found else "the file is empty"
            raise StoreForeign(url=url, problem=problem)
        if not still and not _share(connection):
            raise StoreFailed(url=url, problem="its file system cannot share a file")
    except BaseException:
        connection.close()
        raise
    return connection, watched if still else None


def _share(connection: sqlite3.Connection) -> bool:
    """Switch the file to WAL, in which nobody who reads waits; False where that cannot be.

    A file that can only be read stays as it is, and can be shared as it is.
    """
    try:
        found: str = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    except sqlite3.OperationalError as err:
        if err.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
            raise
        return True
    return found == "wal"


class Watched:
    """Sees whether a file that is read without locks is changed after all, from elsewhere."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._look()

    def _look(self) -> tuple[int, int, int]:
        told = self._path.stat()
        return told.st_ino, told.st_size, told.st_mtime_ns

    def check(self) -> None:
        """Raise StoreFailed when what is read may be of two states."""
        if held(self._path) or self._look() != self._seen:
            problem = "it is read-only here and was changed from elsewhere; open it again"
            raise StoreFailed(url=str(self._path), problem=problem)
