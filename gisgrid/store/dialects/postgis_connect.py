"""Connections to PostgreSQL, and how transactions begin: in few journeys to the server and back."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine

from gisgrid.store.dialects.postgis_listen import LINE

if TYPE_CHECKING:
    from psycopg import Connection as Driver
    from sqlalchemy import URL, Connection, Engine

_READ = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SEE = b"; SET LOCAL gisgrid.scope = %s"
_WRITE = (
    "BEGIN; SET LOCAL lock_timeout = {milliseconds}; SET LOCAL gisgrid.scope = '*'; "
    "SELECT pg_advisory_xact_lock(hashtextextended('gisgrid {schema}', 0))"
)


def engine_of(address: URL, schema: str, role: str | None, patience: float) -> Engine:
    """Connections that serve as `role` (None: as who they come in as), and see `schema` first.

    What the environment or the database names as an encoding does not count: the line is UTF-8.
    patience: seconds that anything waits for who holds a table, and for a connection to be free.
    Raises ModuleNotFoundError where psycopg is not installed.
    """
    options = f"-csearch_path={schema},public -ctimezone=UTC -cdatestyle=ISO"
    options += f" -clock_timeout={_milliseconds(patience)}"
    options += f" -crole={role}" if role else ""
    engine = create_engine(
        address,
        connect_args={"options": options, "client_encoding": "UTF8", **LINE},
        isolation_level="AUTOCOMMIT",  # BEGIN is said by us alone
        pool_size=8,
        max_overflow=24,
        pool_timeout=patience,
        pool_pre_ping=True,  # a server that was restarted costs one try, not an error
        hide_parameters=True,  # names of people do not get into messages
        execution_options={"gisgrid_schema": schema},
    )
    _ask_where_it_speaks(engine.dialect)
    return engine


def _ask_where_it_speaks(dialect: Any) -> None:
    """Let a connection that is taken up be asked only where there is something to be read from it.

    A server that went away has said so, or the system says it: the end of a line can be read, at
    once where the server ended and within seconds where it fell silent (LINE). To ask each time
    took as long as the statement after it.
    """
    asked = dialect.do_ping

    def ping(driver: Any) -> bool:
        return (not driver.closed and not _speaks(driver)) or asked(driver)

    dialect.do_ping = ping


def _speaks(driver: Driver[Any]) -> bool:
    """Whether something came that nobody asked for, or that cannot be told."""
    try:
        return bool(select.select([driver.fileno()], [], [], 0)[0])
    except ValueError:  # a process with more than a thousand files open
        return True


def begin_reading(connection: Connection, code: str) -> None:
    """One state of the database. code: the scope that the walls leave open, "" for none."""
    from psycopg.sql import Literal  # noqa: PLC0415 - an extra, and slow to load

    driver: Any = connection.connection.driver_connection
    see = _SEE % Literal(code).as_bytes(driver) if code else b""  # as this line spells it
    _begin(driver, _READ + see)


def begin_writing(connection: Connection, schema: str, patience: float) -> None:
    """The only one that writes; it sees everything. patience: seconds to wait for others."""
    driver: Any = connection.connection.driver_connection
    _begin(driver, _WRITE.format(milliseconds=_milliseconds(patience), schema=schema).encode())


def _milliseconds(patience: float) -> int:
    return max(1, int(patience * 1000))  # 0 would be for ever


def _begin(driver: Any, statements: bytes) -> None:
    driver.execute(statements, prepare=False)  # several at once cannot be prepared
