"""Statements that are turned into SQL once, for what happens many times a second.

SQLAlchemy builds, keys and wraps a statement at each use, which takes ten times as long as the
database's own work on a single row. Here a statement is built once for each kind of database and
its text goes to the driver itself; values pass the column types as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection
    from sqlalchemy.sql import ClauseElement

    from gisgrid.store.dialects.base import Dialect

    Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Ready:
    """The text for one kind of database. order: names of the parameters, None where by name."""

    sql: Any
    given: Mapping[str, Any]
    order: list[str] | None
    outward: dict[str, Process]
    inward: list[Process | None]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        all_values = {**self.given, **values}
        if len(all_values) != len(self.given):
            raise TypeError(f"not a parameter: {sorted(set(values) - set(self.given))}")
        for name, process in self.outward.items():
            all_values[name] = process(all_values[name])
        return all_values if self.order is None else [all_values[name] for name in self.order]


class Prepared:
    """A statement whose parameters are all `bindparam`s with names.

    build: makes it for a dialect; called once for each kind of database.
    """

    def __init__(self, build: Callable[[Dialect], ClauseElement]) -> None:
        self._build = build
        self._ready: dict[str, _Ready] = {}

    def rows(self, dialect: Dialect, connection: Connection, /, **values: Any) -> list[Any]:
        """The rows that it gives, as tuples in the order of its columns."""
        ready = self._of(dialect)
        found: list[Any] = self.cursor(dialect, connection, **values).fetchall()
        if not any(ready.inward):
            return found
        return [
            tuple(
                value if process is None else process(value)
                for value, process in zip(row, ready.inward, strict=True)
            )
            for row in found
        ]

    def cursor(self, dialect: Dialect, connection: Connection, /, **values: Any) -> Any:
        """The driver's own cursor over the rows, as the driver has them."""
        ready = self._of(dialect)
        return _driver(connection).execute(ready.sql, ready.parameters(values))

    def run(self, dialect: Dialect, connection: Connection, /, **values: Any) -> int:
        """How many rows it changed."""
        return int(self.cursor(dialect, connection, **values).rowcount)

    def _of(self, dialect: Dialect) -> _Ready:
        ready = self._ready.get(dialect.name)
        if ready is None:  # two threads may do so at once; both come to the same
            ready = self._ready[dialect.name] = _made_ready(self._build(dialect), dialect)
        return ready


def _made_ready(statement: Any, dialect: Dialect) -> _Ready:
    spoken = dialect.engine.dialect
    compiled = statement.compile(dialect=spoken)
    outward = {}
    for name, parameter in compiled.binds.items():
        process = parameter.type.dialect_impl(spoken).bind_processor(spoken)
        if process is not None:
            outward[name] = process
    columns = statement.selected_columns if statement.is_select else ()
    return _Ready(
        sql=compiled.string,
        given={name: parameter.value for name, parameter in compiled.binds.items()},
        order=list(compiled.positiontup) if compiled.positional else None,
        outward=outward,
        inward=[c.type.dialect_impl(spoken).result_processor(spoken, None) for c in columns],
    )


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
