"""Many rows to PostgreSQL at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Connection as Driver

_MANY = 500
"""Updates from which on a temporary table is quicker than one statement a row."""


def insert(
    driver: Driver[Any], table: str, names: list[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """COPY."""
    _copy(driver, f"{table} ({', '.join(names)})", rows)


def update(driver: Driver[Any], table: str, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """One statement a row; many rows by way of a temporary table."""
    key, *others = names
    if len(rows) < _MANY:
        sets = ", ".join(f"{name} = %s" for name in others)
        sql = f"UPDATE {table} SET {sets} WHERE {key} = %s"  # noqa: S608 - our own names
        with driver.cursor() as cursor:
            cursor.executemany(sql.encode(), [(*row[1:], row[0]) for row in rows])
        return
    listed = ", ".join(names)
    sets = ", ".join(f"{name} = fresh.{name}" for name in others)
    driver.execute(
        f"CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS "  # noqa: S608 - our own names
        f"SELECT {listed} FROM {table} WITH NO DATA".encode()
    )
    _copy(driver, f"fresh ({listed})", rows)
    driver.execute(
        f"UPDATE {table} SET {sets} FROM fresh "  # noqa: S608 - our own names
        f"WHERE {table}.{key} = fresh.{key}".encode()
    )
    driver.execute("DROP TABLE fresh")


def _copy(driver: Driver[Any], target: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)
