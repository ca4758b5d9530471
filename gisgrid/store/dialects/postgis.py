"""The store in PostgreSQL with PostGIS, for many writers or several machines.

A layer is a table of the schema that the URL names (?schema=…, else "gisgrid"). Geometry travels
as EWKB in hexadecimal digits, which is how PostGIS itself writes and reads text.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any

import shapely
from sqlalchemy import ARRAY, Text, any_, cast, create_engine, func, make_url, select
from sqlalchemy.exc import DBAPIError

from gisgrid.errors import StoreFailed, StoreLacksPostgis, StoreMissing, UnknownWord
from gisgrid.store import geometry
from gisgrid.store.dialects import postgis_rows as rows_sent
from gisgrid.store.dialects.base import Dialect
from gisgrid.store.dialects.postgis_errors import meaning_of
from gisgrid.store.dialects.postgis_listen import COUNTERS, Listener

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    from psycopg import Connection as Driver
    from sqlalchemy import URL, BindParameter, ColumnElement, Connection, Engine, Table

    from gisgrid.columns import Floats, Objects
    from gisgrid.errors import GisgridError
    from gisgrid.store.dialects.base import Bounds

SCHEMA = "gisgrid"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_LINE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A server that is gone without a word is noticed within seconds; libpq's names."""


class PostGis(Dialect):
    """A schema of a PostgreSQL database."""

    name = "postgis"
    keys_type = ARRAY(Text)

    def __init__(self, url: str, *, patience: float) -> None:
        address = make_url(url).set(drivername="postgresql+psycopg")
        self.schema = str(address.query.get("schema", SCHEMA))
        if not _NAME.fullmatch(self.schema):
            raise UnknownWord(
                value=self.schema, kind="schema name", known="a-z, 0-9, _, starting with a letter"
            )
        self._patience = patience
        self.url = make_url(url).render_as_string(hide_password=True)
        self.engine = self._engine(address.difference_update_query(["schema"]))
        self._listener = Listener(self.engine, f"gisgrid {self.schema}")

    def _engine(self, address: URL) -> Engine:
        options = f"-csearch_path={self.schema},public -ctimezone=UTC -cdatestyle=ISO"
        try:
            return create_engine(
                address,
                connect_args={"options": options, **_LINE},
                pool_size=8,
                max_overflow=24,
                pool_timeout=self._patience,
                pool_pre_ping=True,  # a server that was restarted costs one try, not an error
                hide_parameters=True,  # names of people do not get into messages
                execution_options={"gisgrid_schema": self.schema},
            )
        except ModuleNotFoundError as err:
            problem = "psycopg is not installed: pip install 'gisgrid[postgis]'"
            raise StoreFailed(url=self.url, problem=problem) from err

    # Life ----------------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether the schema holds a store."""
        with self.engine.connect() as connection:
            return connection.scalar(func.to_regclass(f"{self.schema}.programme")) is not None

    @contextmanager
    def creating(self) -> Iterator[Connection]:
        """One transaction: PostgreSQL takes back tables that were made."""
        with self.writing() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {self.schema}")
            if connection.scalar(func.to_regtype("geometry")) is None:
                self._make_postgis(connection)
            yield connection

    def _make_postgis(self, connection: Connection) -> None:
        """Raises StoreLacksPostgis where it is not installed, or the account may not."""
        try:
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public")
        except DBAPIError as err:
            problem = str(err.orig).strip().partition("\n")[0]
            raise StoreLacksPostgis(url=self.url, problem=problem) from err

    def open(self) -> None:
        """Look whether the schema holds a store."""
        if not self.exists():
            raise StoreMissing(url=self.url)

    def follow(self) -> None:
        """Listen for what other processes change."""
        self._listener.start()

    def close(self) -> None:
        """See Dialect."""
        self._listener.close()
        super().close()

    # Transactions --------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """REPEATABLE READ, READ ONLY."""
        with (
            self.engine.connect().execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            ) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self, patience: float | None = None) -> Iterator[Connection]:
        """One writer at a time, as in a GeoPackage.

        Row numbers of visits then grow from commit to commit, so that a reader who asks for newer
        ones misses none.
        """
        try:
            with self.engine.connect() as connection, connection.begin():
                seconds = self._patience if patience is None else patience
                milliseconds = max(1, int(seconds * 1000))  # 0 would be for ever
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
                key = func.hashtextextended(f"gisgrid {self.schema}", 0)
                connection.execute(func.pg_advisory_xact_lock(key).select())
                yield connection
        finally:
            self._listener.stale()  # who has written sees it at once, before any notice comes

    def counters(self) -> dict[str, int]:
        """From memory while somebody listens; else one statement, outside any transaction."""
        return self._listener.asked(self._read_counters)

    def _read_counters(self) -> dict[str, int]:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return {row.layer: row.value for row in connection.exec_driver_sql(COUNTERS)}

    def translate(self, error: BaseException) -> GisgridError | None:
        """By SQLSTATE; see postgis_errors."""
        return meaning_of(error, self.url)

    # Values --------------------------------------------------------------------------------------

    def store_points(self, lon: Floats, lat: Floats) -> list[Any]:
        """EWKB in hexadecimal digits."""
        return geometry.hex_points(lon, lat)

    def store_polygons(self, polygons: Objects) -> list[Any]:
        """EWKB in hexadecimal digits."""
        marked = shapely.set_srid(polygons, geometry.SRID)
        found: list[Any] = shapely.to_wkb(
            marked, hex=True, byte_order=1, include_srid=True, output_dimension=2
        ).tolist()
        return found

    def load_lonlat(self, stored: Sequence[Any]) -> tuple[Floats, Floats]:
        """See Dialect."""
        return geometry.hex_lonlat(stored)

    def load_wkb(self, stored: Sequence[Any]) -> Objects:
        """See Dialect."""
        shapes = shapely.from_wkb(geometry.objects(stored))
        return geometry.objects(shapely.to_wkb(shapes, byte_order=1).tolist())

    def load_geometries(self, stored: Sequence[Any]) -> Objects:
        """See Dialect."""
        shapes = shapely.from_wkb(geometry.objects(stored))
        return geometry.simple(shapely.set_srid(shapes, 0))

    def _day_values(self, days: npt.NDArray[np.datetime64]) -> list[Any]:
        return list(days.astype(object))

    def store_instants(self, instants: npt.NDArray[np.datetime64]) -> list[Any]:
        """Aware datetimes."""
        return [moment.replace(tzinfo=UTC) for moment in instants.astype(object)]

    # Statements ----------------------------------------------------------------------------------

    def insert(
        self,
        connection: Connection,
        table: Table,
        names: list[str],
        rows: Iterable[tuple[Any, ...]],
    ) -> None:
        """COPY."""
        rows_sent.insert(_driver(connection), table.name, names, rows)

    def update(
        self, connection: Connection, table: Table, names: list[str], rows: list[tuple[Any, ...]]
    ) -> None:
        """One statement a row; many rows by way of a temporary table."""
        rows_sent.update(_driver(connection), table.name, names, rows)

    def raw(self, connection: Connection, table: Table, names: list[str]) -> Iterable[Any]:
        """See Dialect."""
        sql = f"SELECT {', '.join(names)} FROM {table.name}"  # noqa: S608 - our own names
        return _driver(connection).execute(sql.encode()).fetchall()

    def raw_among(
        self, connection: Connection, table: Table, names: list[str], keys: list[str]
    ) -> list[Any]:
        """See Dialect."""
        sql = f"SELECT {', '.join(names)} FROM {table.name} WHERE {names[0]} = ANY(%s)"  # noqa: S608
        return _driver(connection).execute(sql.encode(), [keys]).fetchall()

    def _one_of(self, column: ColumnElement[str], keys: BindParameter[Any]) -> ColumnElement[bool]:
        return column == any_(keys)

    def joined(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        """Dates as ISO text (set for the connection)."""
        return func.string_agg(cast(column, Text), "")

    def numbers_given(self, connection: Connection, table: Table) -> None:
        """Set the sequence of the table's key, where it has one."""
        (key, *_) = table.primary_key.columns
        name = func.pg_get_serial_sequence(f"{self.schema}.{table.name}", key.name)
        if connection.scalar(select(name)) is not None:
            last = select(func.coalesce(func.max(key), 0)).scalar_subquery()
            connection.execute(select(func.setval(name, last + 1, False)))

    # What a GIS reads of the layers --------------------------------------------------------------

    def fit_extent(
        self, connection: Connection, table: Table, new: Bounds | None, lost: Bounds | None
    ) -> None:
        """PostGIS works it out."""

    def note_change(self, connection: Connection, tables: Iterable[str], now: datetime) -> None:
        """Tell who listens, in the transaction: the notice goes out with its commit."""
        del tables, now
        connection.execute(func.pg_notify(f"gisgrid {self.schema}", "").select())

    def copy_to(self, path: Path) -> bool:  # noqa: ARG002
        """There is no file."""
        return False

    def sweep(self) -> bool:
        """VACUUM FULL writes new files; what the server archives elsewhere is not ours."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"SET lock_timeout = {max(1, int(self._patience * 1000))}")
            for table in ("households", "visits", "cases"):
                connection.exec_driver_sql(f"VACUUM FULL {table}")
        return True


def _driver(connection: Connection) -> Driver[Any]:
    driver: Any = connection.connection.driver_connection
    found: Driver[Any] = driver
    return found
