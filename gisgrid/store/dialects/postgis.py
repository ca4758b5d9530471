"""The store in PostgreSQL with PostGIS, for many writers or several machines.

A layer is a table of the schema that the URL names (?schema=…, else "gisgrid"). Geometry travels
as EWKB in hexadecimal digits, which is how PostGIS itself writes and reads text.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, Text, any_, cast, func, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from gisgrid.errors import StoreDenied, StoreFailed, StoreMissing
from gisgrid.store.dialects import postgis_rows as rows_sent
from gisgrid.store.dialects.postgis_connect import begin_reading, begin_writing, engine_of
from gisgrid.store.dialects.postgis_errors import meaning_of
from gisgrid.store.dialects.postgis_listen import COUNTERS, Listener
from gisgrid.store.dialects.postgis_roles import (
    OWNS,
    grant,
    make_postgis,
    named,
    require_all_letters,
    settle,
)
from gisgrid.store.dialects.postgis_sweep import sweep
from gisgrid.store.dialects.postgis_values import PostGisValues

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from psycopg import Connection as Driver
    from sqlalchemy import URL, BindParameter, ColumnElement, Connection, Engine, Index, Table

    from gisgrid.errors import GisgridError

SCHEMA = "gisgrid"
_SEES, _FILLED, _MOVED = "gisgrid_scope", "gisgrid_filled", "gisgrid_moved"
_SCOPE = text("SELECT set_config('gisgrid.scope', :code, true)")


class PostGis(PostGisValues):
    """A schema of a PostgreSQL database."""

    name = "postgis"
    keys_type = ARRAY(Text)
    owns = True
    chains_changes = True

    def __init__(self, url: str, *, patience: float) -> None:
        address = make_url(url).set(drivername="postgresql+psycopg")
        self.schema = named(str(address.query.get("schema", SCHEMA)), "schema name")
        self._patience = patience
        self.url = make_url(url).render_as_string(hide_password=True)
        app = address.query.get("app")
        self._app = None if app is None else named(str(app), "role name")
        address = address.difference_update_query(["schema", "app"])
        self._address = address
        self._owner = self._engine(address)
        # Who makes and mends the tables may serve as somebody who can do neither.
        self.engine = self._engine(address, self._app) if self._app else self._owner
        self._listener = Listener(self.engine, f"gisgrid {self.schema}")

    def _engine(self, address: URL, role: str | None = None) -> Engine:
        try:
            return engine_of(address, self.schema, role, self._patience)
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
        with self.owning() as connection:
            require_all_letters(connection, self.url)
            if connection.scalar(func.to_regnamespace(self.schema)) is None:
                connection.exec_driver_sql(f"CREATE SCHEMA {self.schema}")
            if connection.scalar(func.to_regtype("geometry")) is None:
                make_postgis(connection, self.url)
            yield connection
            if self._app:
                grant(connection, self.schema, self._app)

    def open(self) -> None:
        """Look whether the schema holds a store."""
        if not self.exists():
            raise StoreMissing(url=self.url)
        with self.engine.connect() as connection:
            self.owns = bool(connection.exec_driver_sql(OWNS.format(schema=self.schema)).scalar())

    def let_serve(self, account: str) -> bool:
        """See postgis_roles. PostgreSQL itself would pass over the tables of others in silence."""
        if not self.may_change_tables:
            raise StoreDenied(url=self.url, problem="it does not own the tables")
        with self.owning() as connection:
            grant(connection, self.schema, named(account, "role name"))
        return True

    def follow(self) -> None:
        """Listen for what other processes change."""
        self._listener.start()

    def close(self) -> None:
        """See Dialect."""
        self._listener.close()
        super().close()
        self._owner.dispose()

    # Transactions --------------------------------------------------------------------------------

    @contextmanager
    def reading(self, code: str = "") -> Iterator[Connection]:
        """REPEATABLE READ, READ ONLY."""
        with self.engine.connect() as connection, connection.begin():
            begin_reading(connection, code)
            connection.info[_SEES] = code
            yield connection

    @contextmanager
    def limited(self, connection: Connection, code: str) -> Iterator[None]:
        """The walls of row-level security stand where `code` ends, until the end of the `with`."""
        before: str = connection.info[_SEES]
        if code == before:
            yield
            return
        _see(connection, code)
        try:
            yield
        except BaseException:
            with suppress(SQLAlchemyError):  # transaction or line may be of no use any more
                _see(connection, before)
            raise
        _see(connection, before)

    @contextmanager
    def owning(self) -> Iterator[Connection]:
        """The writing transaction of who owns the tables."""
        with self._writing(self._owner, None) as connection:
            connection.info[_MOVED].append("all")
            yield connection

    @property
    def may_change_tables(self) -> bool:
        """As the account itself owns them, or serves in the name of another."""
        return self.owns or self._app is not None

    @contextmanager
    def writing(self, patience: float | None = None) -> Iterator[Connection]:
        """One writer at a time, as in a GeoPackage.

        Row numbers of visits then grow from commit to commit, so that a reader who asks for newer
        ones misses none.
        """
        with self._writing(self.engine, patience) as connection:
            yield connection

    @contextmanager
    def _writing(self, engine: Engine, patience: float | None) -> Iterator[Connection]:
        filled: list[str] = []
        moved: list[str] = []
        try:
            with engine.connect() as connection, connection.begin():
                begin_writing(
                    connection, self.schema, self._patience if patience is None else patience
                )
                connection.info.update({_SEES: "*", _FILLED: filled, _MOVED: moved})
                yield connection
        finally:
            if moved:
                self._listener.stale()  # who has written sees it at once, before any notice comes
        if filled and self.may_change_tables:
            settle(self._owner, filled)

    def counters(self) -> dict[str, int]:
        """From memory while somebody listens; else one statement, outside any transaction."""
        return self._listener.asked(self._read_counters)

    def _read_counters(self) -> dict[str, int]:
        with self.engine.connect() as connection:
            return {row.layer: row.value for row in connection.exec_driver_sql(COUNTERS)}

    def translate(self, error: BaseException) -> GisgridError | None:
        """By SQLSTATE; see postgis_errors."""
        return meaning_of(error, self.url)

    # Statements ----------------------------------------------------------------------------------

    def insert(
        self,
        connection: Connection,
        table: Table,
        names: list[str],
        rows: Iterable[tuple[Any, ...]],
    ) -> None:
        """COPY by the owner; what is not the owner's has walls that take none."""
        send = rows_sent.copy if self._owned(connection) else rows_sent.insert
        send(_driver(connection), table.name, names, rows)

    def update(
        self, connection: Connection, table: Table, names: list[str], rows: list[tuple[Any, ...]]
    ) -> None:
        """One statement a row; many rows by way of a temporary table."""
        rows_sent.update(_driver(connection), table.name, names, rows)

    def raw(self, connection: Connection, table: Table, names: list[str]) -> Iterable[Any]:
        """See Dialect."""
        sql = f"SELECT {', '.join(names)} FROM {table.name}"  # noqa: S608 - our own names
        return _driver(connection).execute(sql.encode()).fetchall()

    @contextmanager
    def plain(
        self, connection: Connection, table: Table, names: list[str]
    ) -> Iterator[Iterator[Any]]:
        """See Dialect."""
        with rows_sent.plain(_driver(connection), table, names) as rows:
            yield rows

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

    @contextmanager
    def filling(self, connection: Connection, table: Table) -> Iterator[None]:
        """References are looked at once for all rows, not once for each."""
        bare = rows_sent.unlinked(_driver(connection), table)
        with super().filling(connection, table), bare if self._owned(connection) else nullcontext():
            yield
        connection.info[_FILLED].append(table.name)

    def may_wait(self, index: Index) -> bool:
        """Only the owner makes indexes."""
        return self.owns and super().may_wait(index)

    def _owned(self, connection: Connection) -> bool:
        return self.owns or (self._app is not None and connection.engine is self._owner)

    def numbers_given(self, connection: Connection, table: Table) -> None:
        """Set the sequence of the table's key, where it has one."""
        (key, *_) = table.primary_key.columns
        name = func.pg_get_serial_sequence(f"{self.schema}.{table.name}", key.name)
        if connection.scalar(select(name)) is not None:
            last = select(func.coalesce(func.max(key), 0)).scalar_subquery()
            connection.execute(select(func.setval(name, last + 1, False)))

    # What a GIS reads of the layers --------------------------------------------------------------

    def fit_extent(self, *_: Any) -> None:
        """PostGIS works it out."""

    def note_change(self, connection: Connection, tables: Iterable[str], now: datetime) -> None:
        """Tell who listens, in the transaction: the notice goes out with its commit."""
        del tables, now
        connection.info[_MOVED].append("counters")
        _driver(connection).execute(f'NOTIFY "gisgrid {self.schema}"'.encode())

    def keep_before(self, step: str, at: Path) -> Path:
        """A dump, made by the account that the address names. Raises StoreUndumped."""
        from gisgrid.store.dialects import postgis_dump  # noqa: PLC0415 - it knows this room

        return postgis_dump.keep_before(self._address, self.schema, step, at, self.url)

    def sweep(self, tables: Sequence[str]) -> bool:
        """See postgis_sweep; what the server archives elsewhere is not ours.

        Only the owner can: PostgreSQL passes over the tables of others with no more than a warning.
        """
        return self.may_change_tables and sweep(self._owner, tables, self._patience)


def _see(connection: Connection, code: str) -> None:
    connection.execute(_SCOPE, {"code": code})
    connection.info[_SEES] = code


def _driver(connection: Connection) -> Driver[Any]:
    driver: Any = connection.connection.driver_connection
    found: Driver[Any] = driver
    return found
