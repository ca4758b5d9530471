"""The store as a GeoPackage: SQLite through Python's own sqlite3, and through nothing else.

A second SQLite library in the process (GDAL has its own) would drop our locks when it closes the
file, and acknowledged rows would be lost at the next crash: docs/store.md has the story.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import Text, func, select

from gisgrid.errors import GisgridError, StoreFailed
from gisgrid.store import filing, geometry
from gisgrid.store.dialects import gpkg_connect, gpkg_still, gpkg_tables, gpkg_upkeep
from gisgrid.store.dialects.base import Dialect
from gisgrid.store.dialects.gpkg_connect import engine_of, meaning_of, patient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import numpy.typing as npt
    from sqlalchemy import BindParameter, ColumnElement, Connection, Index, Table

    from gisgrid.columns import Floats, Objects
    from gisgrid.store.dialects.base import Bounds


_DIGITS = (
    (11, 36_000_000),
    (12, 3_600_000),
    (14, 600_000),
    (15, 60_000),
    (17, 10_000),
    (18, 1_000),
    (20, 100),
    (21, 10),
    (22, 1),
)
"""Where each digit of a time of day stands in 2026-11-22T08:00:00.000Z, and what it counts."""


class Gpkg(Dialect):
    """A GeoPackage 1.3 in WAL mode."""

    name = "gpkg"
    keys_type = Text()

    def __init__(self, path: Path, *, patience: float) -> None:
        self.path = path.absolute()
        self.url = str(path)
        self._patience = patience
        self._watch_lock = Lock()
        self._watch: sqlite3.Connection | None = None
        self._version = -1
        self._still: gpkg_still.Watched | None = None
        self._counters: dict[str, int] = {}
        self.engine = engine_of(self.path, self._patience)

    # Life ----------------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether there is a file, or anything else, of this name."""
        return os.path.lexists(self.path)

    @contextmanager
    def creating(self) -> Iterator[Connection]:
        """The file is made under another name and appears whole, readable by its owner only."""
        filing.refuse_left_over(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.new")
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        engine = engine_of(draft, self._patience)
        try:
            with engine.connect() as connection, connection.begin():
                connection.exec_driver_sql(f"PRAGMA application_id={gpkg_tables.APPLICATION_ID}")
                connection.exec_driver_sql(f"PRAGMA user_version={gpkg_tables.VERSION}")
                yield connection
            engine.dispose()
            filing.settle(draft, self.path)
        finally:
            engine.dispose()
            filing.discard(draft)

    def open(self) -> None:
        """Connect, and switch to WAL for good; a file that is not ours is not touched.

        Where nothing can be written it is opened to be read: whoever wants to write hears of it.
        """
        watch, still = gpkg_still.first(self.path, self._patience, self.url)
        if still is not None:
            self.engine.dispose()
            self.engine = engine_of(self.path, self._patience, gpkg_still.STILL)
        with self._watch_lock:
            self._watch, self._version, self._still = watch, -1, still

    def close(self) -> None:
        """Close all connections; the last one in the machine folds the -wal file into the store."""
        with self._watch_lock:
            if self._watch is not None:
                with suppress(sqlite3.Error):  # advice for the next opening only
                    self._watch.execute("PRAGMA optimize")
                self._watch.close()
                self._watch = None
        super().close()

    # Transactions --------------------------------------------------------------------------------

    @contextmanager
    def reading(self, code: str = "") -> Iterator[Connection]:  # noqa: ARG002
        """One state of the file from the first statement on."""
        self._check_still()
        with (
            self.engine.connect().execution_options(gisgrid_begin="DEFERRED") as connection,
            connection.begin(),
        ):
            yield connection
        self._check_still()

    def _check_still(self) -> None:
        if self._still is not None:
            self._still.check()

    @contextmanager
    def writing(self, patience: float | None = None) -> Iterator[Connection]:
        """BEGIN IMMEDIATE: a transaction that reads first and writes later can never be told no."""
        with (
            self.engine.connect() as connection,
            patient(_driver(connection), patience, self._patience),
            connection.begin(),
        ):
            yield connection

    def counters(self) -> dict[str, int]:
        """Asks SQLite whether anybody wrote (`data_version`, microseconds) before it reads."""
        self._check_still()
        with self._watch_lock:
            if self._watch is None:
                raise StoreFailed(url=self.url, problem="it is closed")
            version = self._watch.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                # The version first: a write between the two lines is seen next time once more.
                rows = self._watch.execute("SELECT layer, value FROM counters").fetchall()
                self._counters, self._version = dict(rows), version
            return self._counters

    def translate(self, error: BaseException) -> GisgridError | None:
        """By SQLite's result code, and by what the disk says."""
        meaning = meaning_of(error, self.path.parent)
        return None if meaning is None else meaning(url=self.url, problem=str(error))

    # Values --------------------------------------------------------------------------------------

    def store_points(self, lon: Floats, lat: Floats) -> list[Any]:
        """GeoPackage blobs."""
        return geometry.gpkg_points(lon, lat)

    def store_polygons(self, polygons: Objects) -> list[Any]:
        """GeoPackage blobs with their envelope."""
        return geometry.gpkg_polygons(polygons)

    def load_lonlat(self, stored: Sequence[Any]) -> tuple[Floats, Floats]:
        """See Dialect."""
        return geometry.gpkg_lonlat(stored)

    def load_wkb(self, stored: Sequence[Any]) -> Objects:
        """See Dialect."""
        return geometry.gpkg_wkb(stored)

    def _day_values(self, days: npt.NDArray[np.datetime64]) -> list[Any]:
        values: list[Any] = np.datetime_as_string(days, unit="D").tolist()
        return values

    def store_instants(self, instants: npt.NDArray[np.datetime64]) -> list[Any]:
        """Text in ISO 8601 with milliseconds and Z."""
        if len(instants) == 0:
            return []
        days = instants.astype("datetime64[D]")
        which, distinct = pd.factorize(days)
        dates = np.datetime_as_string(distinct, unit="D").astype("S10")
        ms = (instants - days).astype(np.int64)
        row = np.empty((len(instants), 24), dtype=np.uint8)
        row[:] = np.frombuffer(b"0000-00-00T00:00:00.000Z", dtype=np.uint8)
        row[:, :10] = dates.view(np.uint8).reshape(-1, 10)[which]
        for at, unit in _DIGITS:
            row[:, at] += (ms // unit % (6 if at in (14, 17) else 10)).astype(np.uint8)
        text = row.tobytes().decode("ascii")
        return [text[at : at + 24] for at in range(0, len(text), 24)]

    # Statements ----------------------------------------------------------------------------------

    def insert(
        self,
        connection: Connection,
        table: Table,
        names: list[str],
        rows: Iterable[tuple[Any, ...]],
    ) -> None:
        """One prepared statement."""
        places = ", ".join("?" * len(names))
        sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"  # noqa: S608
        driver = _driver(connection)
        # The words of fixed lists were checked at the door; to compare each of them again would
        # take a third of the time of a bulk load. The constraint is for other programs.
        driver.execute("PRAGMA ignore_check_constraints=ON")
        driver.execute(f"PRAGMA cache_size=-{gpkg_connect.BULK_CACHE_KB}")
        try:
            driver.executemany(sql, rows)
        finally:
            driver.execute(f"PRAGMA cache_size=-{gpkg_connect.CACHE_KB}")
            driver.execute("PRAGMA ignore_check_constraints=OFF")

    def update(
        self, connection: Connection, table: Table, names: list[str], rows: list[tuple[Any, ...]]
    ) -> None:
        """One prepared statement."""
        key, *others = names
        sets = ", ".join(f"{name} = ?{i}" for i, name in enumerate(others, 2))
        sql = f"UPDATE {table.name} SET {sets} WHERE {key} = ?1"  # noqa: S608 - our own names
        _driver(connection).executemany(sql, rows)

    def raw(self, connection: Connection, table: Table, names: list[str]) -> Iterable[Any]:
        """See Dialect."""
        return _driver(connection).execute(f"SELECT {', '.join(names)} FROM {table.name}")  # noqa: S608

    def raw_among(
        self, connection: Connection, table: Table, names: list[str], keys: list[str]
    ) -> list[Any]:
        """See Dialect."""
        sql = (
            f"SELECT {', '.join(names)} FROM {table.name} "  # noqa: S608 - our own names
            f"WHERE {names[0]} IN (SELECT value FROM json_each(?))"
        )
        return _driver(connection).execute(sql, [json.dumps(keys)]).fetchall()

    def _one_of(self, column: ColumnElement[str], keys: BindParameter[Any]) -> ColumnElement[bool]:
        # One JSON parameter: SQLite takes 32,766 parameters at most.
        each = func.json_each(keys).table_valued("value")
        return column.in_(select(each.c.value))

    def keys(self, keys: Sequence[str]) -> str:
        """As a JSON list."""
        return json.dumps(list(keys))

    def joined(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        """Dates are text here already."""
        return func.group_concat(column, "")

    def may_wait(self, index: Index) -> bool:  # noqa: ARG002
        """Every index; foreign keys look for theirs only when a row that has one changes."""
        return True

    # What a GIS reads of the layers --------------------------------------------------------------

    def fit_extent(
        self, connection: Connection, table: Table, new: Bounds | None, lost: Bounds | None
    ) -> None:
        """Grow by `new`; look at all rows again only when `lost` touched the border."""
        gpkg_tables.fit_extent(_driver(connection), table.name, new, lost)

    def note_change(self, connection: Connection, tables: Iterable[str], now: datetime) -> None:
        """`last_change` in gpkg_contents."""
        gpkg_tables.note_change(_driver(connection), tables, now)

    def copy_to(self, path: Path) -> bool:
        """VACUUM INTO: one state, without the traces of deleted rows, while others write."""
        gpkg_upkeep.copy_to(self.path, path, self._patience)
        return True

    def keep_before(self, step: str, at: Path) -> Path:  # noqa: ARG002
        """A checked copy beside the store; the last few are kept."""
        return gpkg_upkeep.keep_before(self.path, step)

    def sweep(self, tables: Sequence[str]) -> bool:  # noqa: ARG002
        """Write all pages anew, fold the -wal file into the store and cut it to nothing."""
        return gpkg_upkeep.sweep(self.path, self._patience)


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - for the type checker
    return driver
