"""One writing transaction: what the verbs of a Writer share."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from gisgrid.store import touched
from gisgrid.store.prepared import Prepared
from gisgrid.store.schema import counters, programme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection, Row, Table

    from gisgrid.columns import Plan
    from gisgrid.store.dialects.base import Dialect

CHUNK = 20_000
"""Rows looked up at once: many enough to be quick, few enough for memory."""


@dataclass(frozen=True, slots=True)
class PutCounts:
    """What became of the rows that were put."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Indices of the rows that were put: new ones, changed ones. old: stored values before."""

    inserted: list[int]
    updated: list[int]
    old: dict[str, tuple[Any, ...]]
    size: int

    @property
    def counts(self) -> PutCounts:
        """How many of each."""
        same = self.size - len(self.inserted) - len(self.updated)
        return PutCounts(len(self.inserted), len(self.updated), same)

    @property
    def touched(self) -> list[int]:
        """New and changed."""
        return [*self.inserted, *self.updated]


_COUNT = Prepared(
    lambda dialect: (
        update(counters)
        .where(dialect.among(counters.c.layer, dialect.given("layers")))
        .values(value=counters.c.value + 1)
    )
)


@contextmanager
def apart(connection: Connection) -> Iterator[None]:
    """A part of a transaction that can be taken back by itself: what fails within leaves no trace.

    In the driver's own words: a visit is two of these statements and six others.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("SAVEPOINT apart")
    try:
        yield
    except BaseException:
        driver.execute("ROLLBACK TO SAVEPOINT apart")
        raise
    finally:
        driver.execute("RELEASE SAVEPOINT apart")


class Transaction:
    """A connection that holds the right to write, and what changed so far.

    now: the instant, for what is noted. day: what counts as today (None: the day of `now`).
    """

    def __init__(
        self, connection: Connection, dialect: Dialect, now: datetime, day: date | None = None
    ) -> None:
        self.connection = connection
        self.dialect = dialect
        self.now = now.astimezone(UTC)
        self._day = day
        self.plan: Plan | None = None  # the plan in force, once read; see placing
        self.tell: Callable[[float], None] | None = None  # is told the share of rows stored
        self._counted: set[str] = set()
        self._tables: set[str] = set()
        self._touched: dict[str, set[str] | None] = {}

    @cached_property
    def rules(self) -> Row[Any]:
        """The row of the programme."""
        return self.connection.execute(select(programme)).one()

    @property
    def zone(self) -> ZoneInfo:
        """The programme's time zone."""
        return ZoneInfo(self.rules.zone)

    @property
    def today(self) -> date:
        """The calendar day in the programme's zone."""
        return self._day or self.now.astimezone(self.zone).date()

    def changed(self, counter: str, *tables: str, ids: Iterable[str] | None = None) -> None:
        """Note that a part of the read model, and these tables, changed.

        ids: all that changed in it, for those that are listed (touched.LISTED); None: unknown.
        """
        self._counted.add(counter)
        self._tables.update(tables)
        before = self._touched.setdefault(counter, set())
        known = before is not None and ids is not None
        self._touched[counter] = {*(before or ()), *(ids or ())} if known else None

    def finish(self, *others: Transaction) -> None:
        """Raise the counters, in the same transaction as what they count.

        others: parts of the same transaction of the database.
        """
        counted = self._counted.union(*(other._counted for other in others))
        tables = self._tables.union(*(other._tables for other in others))
        if counted:
            keys = self.dialect.keys(sorted(counted))
            _COUNT.run(self.dialect, self.connection, layers=keys)
            for layer in sorted(counted.intersection(touched.LISTED)):
                lists = [tx._touched[layer] for tx in (self, *others) if layer in tx._touched]
                ids = None if None in lists else set().union(*lists)  # type: ignore[arg-type]
                touched.note(self.dialect, self.connection, layer, ids)
            self.dialect.note_change(self.connection, sorted(tables), self.now)

    def is_empty(self, table: Table) -> bool:
        """Whether the table has no row."""
        return self.connection.execute(select(1).select_from(table).limit(1)).first() is None

    def insert(
        self,
        table: Table,
        columns: dict[str, list[Any]],
        rows: list[int] | None,
        *,
        others: int = 0,
    ) -> None:
        """Add rows (None: all) of stored values; into an empty table the indexes come after.

        others: how many rows will be changed after these, for the share that is told.
        """
        names = list(columns)
        values: Any = zip(*columns.values(), strict=True)
        if rows is not None:
            every = list(values)
            values = [every[i] for i in rows]
        if self.tell is not None:
            size = len(next(iter(columns.values()))) if rows is None else len(rows)
            values = _told(values, size + others, self.tell)
        many = (rows is None or len(rows) > CHUNK) and self.is_empty(table)
        with self.dialect.filling(self.connection, table) if many else nullcontext():
            self.dialect.insert(self.connection, table, names, values)

    def upsert(self, table: Table, columns: dict[str, list[Any]]) -> Outcomes:
        """Insert rows whose key (the first column) is new, update those that differ.

        columns: stored values. Rows that are as they were are not touched at all.
        """
        done = self.compare(table, columns)
        every = len(done.inserted) == done.size
        new, changed = len(done.inserted), len(done.updated)
        self.insert(table, columns, None if every else done.inserted, others=changed)
        values = list(columns.values())
        for at in range(0, changed, CHUNK):
            if self.tell is not None:
                self.tell((new + at) / (new + changed))
            rows = [tuple(column[i] for column in values) for i in done.updated[at : at + CHUNK]]
            self.dialect.update(self.connection, table, list(columns), rows)
        return done

    def compare(self, table: Table, columns: dict[str, list[Any]]) -> Outcomes:
        """What `upsert` would insert and update; reads only."""
        names, key = list(columns), next(iter(columns.values()))
        if self.is_empty(table):
            return Outcomes(list(range(len(key))), [], {}, len(key))
        inserted: list[int] = []
        updated: list[int] = []
        before: dict[str, tuple[Any, ...]] = {}
        for start in range(0, len(key), CHUNK):
            part = slice(start, start + CHUNK)
            found = self.stored(table, names, key[part])
            rows = zip(*(column[part] for column in columns.values()), strict=True)
            for i, row in enumerate(rows, start):
                old = found.get(key[i])
                if old is None:
                    inserted.append(i)
                elif old != row:
                    updated.append(i)
                    before[key[i]] = old
        return Outcomes(inserted, updated, before, len(key))

    def stored(self, table: Table, names: list[str], keys: list[str]) -> dict[str, tuple[Any, ...]]:
        """Key (names[0]) -> stored values of `names`, for those of `keys` that exist."""
        rows = self.dialect.raw_among(self.connection, table, names, keys)
        return {row[0]: row for row in rows}


def _told(rows: Iterable[Any], size: int, tell: Callable[[float], None]) -> Iterator[Any]:
    """`rows`, telling every now and then which share of them has gone by."""
    for number, row in enumerate(rows):
        if number % CHUNK == 0:
            tell(number / size)
        yield row
