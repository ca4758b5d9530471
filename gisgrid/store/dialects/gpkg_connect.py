"""Connections to a GeoPackage, and what SQLite's refusals mean."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import QueuePool, create_engine, event

from gisgrid.errors import GisgridError, StoreBusy, StoreFailed, StoreForeign, StoreFull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

CACHE_KB, BULK_CACHE_KB = 4_000, 64_000
"""Pages that a connection keeps, and while it adds many rows. Each thread of a server has one of
its own, the system keeps the file's pages anyway, and a server's memory is to stay flat."""

PRAGMAS = (
    "foreign_keys=ON",
    "synchronous=FULL",  # with WAL: what was acknowledged outlives a power cut
    "secure_delete=ON",
    "cell_size_check=ON",
    "temp_store=MEMORY",  # names of people do not lie about in temporary files
    f"cache_size=-{CACHE_KB}",
    "journal_size_limit=67108864",
)

_MEANING: dict[int, type[GisgridError]] = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_READONLY: StoreFull,
    sqlite3.SQLITE_NOTADB: StoreForeign,
    sqlite3.SQLITE_CORRUPT: StoreFailed,
    sqlite3.SQLITE_IOERR: StoreFailed,
    sqlite3.SQLITE_CANTOPEN: StoreFailed,
    sqlite3.SQLITE_PERM: StoreFailed,
    sqlite3.SQLITE_AUTH: StoreFailed,
    sqlite3.SQLITE_PROTOCOL: StoreBusy,
}


def connect(path: Path, patience: float, mode: str = "rw") -> sqlite3.Connection:
    """A connection to a file that exists. patience: seconds to wait for another writer.

    mode: `ro` only looks, and leaves what is in the -wal there; see also gpkg_still.
    """
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",  # never makes a file where there is none
        uri=True,
        timeout=patience,
        isolation_level=None,  # BEGIN is said by us alone
        check_same_thread=False,  # the pool hands a connection to one thread at a time
    )
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def engine_of(path: Path, patience: float, mode: str = "rw") -> Engine:
    """A pool of connections; transactions are IMMEDIATE unless `gisgrid_begin` says otherwise."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: connect(path, patience, mode),
        poolclass=QueuePool,
        pool_use_lifo=True,  # few connections work and keep their pages, the others stay small
        pool_size=8,
        max_overflow=24,
        pool_timeout=patience,
        hide_parameters=True,  # names of people do not get into messages
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        how = connection.get_execution_options().get("gisgrid_begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {how}")

    return engine


def meaning_of(error: BaseException, folder: Path) -> type[GisgridError] | None:
    """The kind of refusal, by SQLite's result code; None when it is a defect of ours."""
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", None)
    meaning = None if code is None else _MEANING.get(code & 0xFF)
    return StoreFull if meaning is StoreFailed and no_room(folder) else meaning


def no_room(folder: Path) -> bool:
    """Whether nothing can be written there: SQLite calls some of it "unable to open"."""
    try:
        disk = os.statvfs(folder)
    except (AttributeError, OSError):  # Windows has no such call
        return False
    return bool(disk.f_flag & os.ST_RDONLY) or disk.f_bavail == 0


@contextmanager
def patient(driver: sqlite3.Connection, seconds: float | None, usual: float) -> Iterator[None]:
    """How long this connection waits for another writer; None: as usual, as it was made."""
    if seconds is None or seconds == usual:
        yield
        return
    driver.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
    try:
        yield
    finally:  # the pool gives this connection to others
        driver.execute(f"PRAGMA busy_timeout={int(usual * 1000)}")
