"""What is done with the whole file of a GeoPackage: copies, and sweeping."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

from gisgrid.store.dialects import gpkg_tables
from gisgrid.store.dialects.gpkg_connect import connect

if TYPE_CHECKING:
    from pathlib import Path


def copy_to(store: Path, path: Path, patience: float) -> None:
    """A compact copy without what must not leave the house."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(connect(store, patience)) as connection:
        connection.execute("VACUUM INTO ?", [str(path)])
    with closing(connect(path, patience)) as copy:
        gpkg_tables.strip(copy)


def keep_before(store: Path, step: str) -> Path:
    """A checked copy beside the store of its state before a step."""
    from gisgrid.store import backup  # noqa: PLC0415 - it knows this room

    return backup.keep_before(store, step)


def sweep(store: Path, patience: float) -> bool:
    """Leave no trace of deleted rows; False when somebody who reads has to end first.

    `secure_delete` alone is not enough: when a page is divided, a copy of a row can stay in the
    gap. Of 300 random histories without the VACUUM one kept a name.
    """
    with closing(connect(store, patience)) as connection:
        connection.execute("PRAGMA temp_store=FILE")  # as large as the store, and nameless
        connection.execute("VACUUM")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not busy
