"""The tables of an empty store, laid out by the migrations once in a run and then as they did it.

Most tests make a store, and working out a hundred statements takes Alembic longer than the
database takes to do them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

READS = ("SELECT", "PRAGMA")


def remembering(lay_out: Callable[[Connection], None]) -> Callable[[Connection], None]:
    """`migrate.lay_out`, which works out the statements for a kind of database only once."""
    known: dict[str, tuple[str | None, list[tuple[str, Any]]]] = {}

    def again(connection: Connection) -> None:
        kind = connection.dialect.name
        schema = connection.get_execution_options().get("gisgrid_schema")
        if kind not in known:
            known[kind] = schema, _noted(connection, lay_out)
            return
        before, statements = known[kind]
        for statement, values in statements:
            sql = statement.replace(before, schema) if before and schema else statement
            connection.exec_driver_sql(sql, values)

    return again


def _noted(connection: Connection, lay_out: Callable[[Connection], None]) -> list[tuple[str, Any]]:
    noted: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if not statement.lstrip().upper().startswith(READS):
            noted.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    try:
        lay_out(connection)
    finally:
        event.remove(connection, "before_cursor_execute", note)
    return noted
