"""Many rows to PostgreSQL at once."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Date, Text

from gisgrid.store.types import Instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg import Connection as Driver
    from sqlalchemy import Column, Table

_AT_ONCE = 10_000
_PLAIN: dict[type[Any], str] = {
    Date: "{}::text",
    Boolean: "{}::int",
    Instant: """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""",
}
_MANY = 500
"""Rows from which on a temporary table is quicker than one statement a row."""


def copy(
    driver: Driver[Any], table: str, names: list[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """COPY; only for who owns the table: PostgreSQL takes none where walls hold."""
    target = f"COPY {table} ({', '.join(names)}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(target.encode()) as copied:
        for row in rows:
            copied.write_row(row)


@contextmanager
def plain(driver: Driver[Any], table: Table, names: list[str]) -> Iterator[Iterator[Any]]:
    """See Dialect.plain; the server turns what needs turning, and sends some rows at a time."""
    columns = ", ".join(_plain(table.c[name]) for name in names)
    keys = ", ".join(
        f'{key.name} COLLATE "C"' if isinstance(key.type, Text) else key.name
        for key in table.primary_key.columns
    )
    sql = f"SELECT {columns} FROM {table.name} ORDER BY {keys}"  # noqa: S608 - our own names
    with driver.cursor(name="plain") as cursor:
        cursor.itersize = _AT_ONCE
        yield iter(cursor.execute(sql.encode()))


def _plain(column: Column[Any]) -> str:
    for kind, turned in _PLAIN.items():
        if isinstance(column.type, kind):
            return turned.format(column.name)
    return column.name


@contextmanager
def unlinked(driver: Driver[Any], table: Table) -> Iterator[None]:
    """The table's references are gone within the `with`, and looked at when they come back."""
    asked = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
    asked += "WHERE contype = 'f' AND conrelid = to_regclass(%s)"
    links = driver.execute(asked.encode(), [table.name]).fetchall()
    for name, _ in links:
        driver.execute(f"ALTER TABLE {table.name} DROP CONSTRAINT {name}".encode())
    yield
    for name, rule in links:
        driver.execute(f"ALTER TABLE {table.name} ADD CONSTRAINT {name} {rule}".encode())


def insert(
    driver: Driver[Any], table: str, names: list[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """One statement a row; many rows by way of a temporary table."""
    rest = iter(rows)
    first = list(islice(rest, _MANY))
    listed = ", ".join(names)
    if len(first) < _MANY:
        places = ", ".join(["%s"] * len(names))
        sql = f"INSERT INTO {table} ({listed}) VALUES ({places})"  # noqa: S608 - our own names
        with driver.cursor() as cursor:
            cursor.executemany(sql.encode(), first)
        return
    _temporary(driver, table, listed)
    copy(driver, "fresh", names, first)
    copy(driver, "fresh", names, rest)
    driver.execute(
        f"INSERT INTO {table} ({listed}) SELECT {listed} FROM fresh".encode()  # noqa: S608
    )
    driver.execute("DROP TABLE fresh")


def update(driver: Driver[Any], table: str, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """One statement a row; many rows by way of a temporary table."""
    key, *others = names
    if len(rows) < _MANY:
        sets = ", ".join(f"{name} = %s" for name in others)
        sql = f"UPDATE {table} SET {sets} WHERE {key} = %s"  # noqa: S608 - our own names
        with driver.cursor() as cursor:
            cursor.executemany(sql.encode(), [(*row[1:], row[0]) for row in rows])
        return
    sets = ", ".join(f"{name} = fresh.{name}" for name in others)
    _temporary(driver, table, ", ".join(names))
    copy(driver, "fresh", names, rows)
    driver.execute(
        f"UPDATE {table} SET {sets} FROM fresh "  # noqa: S608 - our own names
        f"WHERE {table}.{key} = fresh.{key}".encode()
    )
    driver.execute("DROP TABLE fresh")


def _temporary(driver: Driver[Any], table: str, listed: str) -> None:
    driver.execute(
        f"CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS "  # noqa: S608 - our own names
        f"SELECT {listed} FROM {table} WITH NO DATA".encode()
    )
