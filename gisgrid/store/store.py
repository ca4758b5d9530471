"""The store: where a county's layers are kept, in a GeoPackage or in PostGIS."""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gisgrid.errors import GisgridError, StoreBusy, StoreExists
from gisgrid.model import Programme
from gisgrid.store import bulk, migrate, outlet, people, put_plan, reads
from gisgrid.store.copying import copy_store
from gisgrid.store.dialects import PATIENCE, dialect_of
from gisgrid.store.schema import programme
from gisgrid.store.transaction import Transaction
from gisgrid.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, timedelta
    from types import TracebackType

    import geopandas as gpd
    import pandas as pd
    from sqlalchemy import Connection, Select

    from gisgrid.access import Scope
    from gisgrid.columns import Objects
    from gisgrid.store.bulk import PlanRows, VisitRows
    from gisgrid.store.dialects.base import Dialect
    from gisgrid.store.people import Person


@dataclass(frozen=True, slots=True)
class Changes:
    """Counters of what changed, one for each part of the read model; they only grow."""

    areas: int
    plan: int
    households: int
    visits: int
    cases: int
    programme: int


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """One open store, shared by all threads of a process; a context manager that closes it.

    Every read takes `scope`: rows outside it are as if they did not exist. Frames are in EPSG:4326
    with days as datetime.date, text as str or None, whole numbers as Int64 and moments in UTC.
    All methods raise StoreBusy, StoreFull or StoreFailed when the database cannot do its work.
    """

    def __init__(self, dialect: Dialect, patience: float, clock: Callable[[], datetime]) -> None:
        self._dialect = dialect
        self._patience = patience
        self._clock = clock
        self._pinned = threading.local()
        # Threads queue here rather than at the database, whose waiting is a sleep and a retry.
        self._turn = threading.Lock()
        self.token = ""

    # Life ----------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        url: str,
        programme: Programme | None = None,
        *,
        patience: float = PATIENCE,
        clock: Callable[[], datetime] = _utc_now,
    ) -> Self:
        """A new, empty store, opened. url: see `open`. It appears whole or not at all.

        Raises StoreExists: nothing is ever overwritten.
        """
        store = cls(dialect_of(str(url), patience=patience), patience, clock)
        dialect = store._dialect
        try:
            with store._translated():
                if dialect.exists():
                    raise StoreExists(url=dialect.url)
                with dialect.creating() as connection:
                    migrate.lay_out(connection)
                    _first_rules(connection, programme or Programme())
            store._open()
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def open(
        cls,
        url: str,
        *,
        patience: float = PATIENCE,
        clock: Callable[[], datetime] = _utc_now,
    ) -> Self:
        """Open the store at `url`: the path of a GeoPackage, or postgresql://…[?schema=name].

        patience: seconds that a change waits for others before StoreBusy. clock: gives the
        instant, for what is said to happen "today". A store of an older gisgrid is brought up.

        Raises StoreMissing, StoreForeign, StoreNewer, UnknownWord (another kind of URL).
        """
        store = cls(dialect_of(str(url), patience=patience), patience, clock)
        try:
            store._open()
        except BaseException:
            store.close()
            raise
        return store

    def _open(self) -> None:
        with self._translated():
            self._dialect.open()
            migrate.bring_up(self._dialect)
        with self.reading() as connection:
            self.token = connection.scalar(select(programme.c.token)) or ""

    @property
    def url(self) -> str:
        """Where the store is; without the password of a database, so that it can be shown."""
        return self._dialect.url

    def close(self) -> None:
        """Close all connections; safe to call twice."""
        self._dialect.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Transactions --------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Let all reads of this thread, within the `with`, see one state of the store."""
        pinned = getattr(self._pinned, "connection", None)
        if pinned is not None:
            with self._translated():
                yield pinned
            return
        with self._translated(), self._dialect.reading() as connection:
            self._pinned.connection = connection
            try:
                yield connection
            finally:
                self._pinned.connection = None

    @contextmanager
    def write(self, *, today: date | None = None) -> Iterator[Writer]:
        """The right to change the store, until the end of the `with`: all of it, or nothing.

        One transaction at a time in all processes; readers go on reading the state before. Reads
        by the same thread see what was written so far. today: the day that counts as today
        (None: by the clock, in the programme's zone).

        Raises StoreBusy when another change does not end in time, RuntimeError within another
        transaction of this thread.
        """
        if getattr(self._pinned, "connection", None) is not None:
            raise RuntimeError("this thread is in a transaction of the store already")
        if not self._turn.acquire(timeout=self._patience):
            raise StoreBusy
        try:
            with self._translated(), self._dialect.writing() as connection:
                self._pinned.connection = connection
                try:
                    transaction = Transaction(connection, self._dialect, self._clock(), today)
                    yield Writer(transaction)
                    transaction.finish()
                finally:
                    self._pinned.connection = None
        finally:
            self._turn.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """No error of a driver leaves the store."""
        try:
            yield
        except GisgridError:
            raise
        except PoolTimeout as err:
            raise StoreBusy from err
        except Exception as err:
            cause = err.orig if isinstance(err, DBAPIError) else err
            meaning = None if cause is None else self._dialect.translate(cause)
            if meaning is None:
                raise
            raise meaning from err

    def promote(self, today: date | None = None) -> bool:
        """Put the revision that is due on `today` in force; False when it is already.

        Cheap when nothing is due; call it at start and when a day begins.
        """
        with self.reading() as connection:
            waiting = Transaction(connection, self._dialect, self._clock(), today)
            if put_plan.due_revision(waiting) is None:
                return False
        with self.write(today=today) as writer:
            return writer.promote()

    def vacuum_into(self, path: str | Path) -> None:
        """Write a compact GeoPackage of one state of the store, without accounts and sessions.

        It is a store itself. Others may read and write meanwhile. Raises StoreExists.
        """
        with self._translated():
            copy_store(self._dialect, Path(path))

    # What changed --------------------------------------------------------------------------------

    def changes(self) -> Changes:
        """The counters now, also when another process wrote; microseconds on a GeoPackage."""
        with self._translated():
            return Changes(**self._dialect.counters())

    def programme(self) -> Programme:
        """The rules of the visiting programme."""
        with self.reading() as connection:
            row = connection.execute(select(programme)).one()
            names = [field.name for field in fields(Programme)]
            return Programme(**{name: row._mapping[name] for name in names})

    # Rows ----------------------------------------------------------------------------------------

    def areas(self, *, scope: Scope) -> pd.DataFrame:
        """code, name, level, parent_code; by code."""
        return self._frame(reads.areas_seen(scope))

    def grids(self, *, scope: Scope, revision: int | None = None) -> gpd.GeoDataFrame:
        """The layer's columns and polygons, by code; of the plan in force, or of a revision.

        A scope that names an area sees the grids that lay in it then; one that names a grid sees
        the grid of that code. An unknown revision has no grids.
        """
        return self._frame(reads.grids_seen(scope, revision))

    def households(self, *, scope: Scope, ids: Sequence[str] | None = None) -> gpd.GeoDataFrame:
        """The layer's columns, placed_in (grid in force, or None) and points (or None); by id.

        ids: only these; what is unknown or out of scope is not in the answer.
        """
        return self._frame(reads.households_seen(self._dialect, scope, ids))

    def visits(
        self,
        *,
        scope: Scope,
        household_ids: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """The layer's columns and visited_on, the newest first."""
        return self._frame(reads.visits_seen(self._dialect, scope, household_ids, limit))

    def cases(
        self,
        *,
        scope: Scope,
        ids: Sequence[str] | None = None,
        household_ids: Sequence[str] | None = None,
    ) -> gpd.GeoDataFrame:
        """The layer's columns and the cases' own points (or None), by id.

        A case is seen where its own point lies, or else where its household is.
        """
        return self._frame(reads.cases_seen(self._dialect, scope, ids, household_ids))

    def search_households(self, *, scope: Scope, text: str, limit: int = 20) -> pd.DataFrame:
        """id, name, address of those whose id begins with, or name or address holds, the text."""
        return self._frame(reads.households_found(scope, text, limit))

    def _frame(self, statement: Select[Any]) -> Any:
        with self.reading() as connection:
            return outlet.frame(connection, self._dialect, statement)

    # Columns for the read model ------------------------------------------------------------------

    def area_columns(self, *, scope: Scope) -> dict[str, Objects]:
        """code, name, level, parent_code (object; "" for none). scope: EVERYWHERE."""
        _require_everything(scope)
        with self.reading() as connection:
            return bulk.area_columns(connection)

    def plan_columns(self, *, scope: Scope) -> list[PlanRows]:
        """All revisions, the oldest first. scope: EVERYWHERE."""
        _require_everything(scope)
        with self.reading() as connection:
            return bulk.plan_columns(connection, self._dialect)

    def household_columns(self, *, scope: Scope) -> dict[str, Any]:
        """id, lon, lat (NaN unlocated), every (0 none), listed, unlisted (FAR_DAY none),
        grid_code ("" none); in no order. scope: EVERYWHERE.
        """
        _require_everything(scope)
        with self.reading() as connection:
            return bulk.household_columns(connection, self._dialect)

    def visit_days(self, *, scope: Scope, after: int = 0) -> VisitRows:
        """Days of visits in runs; only those added since `after` (a VisitRows.last before)."""
        _require_everything(scope)
        with self.reading() as connection:
            return bulk.visit_days(connection, self._dialect, after)

    def case_columns(self, *, scope: Scope) -> dict[str, Any]:
        """id, household_id, category ("" none), opened, due, closed (FAR_DAY none), lon, lat (its
        own point, else NaN); in no order. scope: EVERYWHERE.
        """
        _require_everything(scope)
        with self.reading() as connection:
            return bulk.case_columns(connection, self._dialect)

    # People --------------------------------------------------------------------------------------

    def people(self) -> list[Person]:
        """All accounts, by name."""
        with self.reading() as connection:
            return people.find(connection)

    def person(self, name: str) -> Person | None:
        """The account of this name."""
        with self.reading() as connection:
            found = people.find(connection, people.called(name))
        return found[0] if found else None

    def person_by_session(self, id_hash: str, now: datetime, idle: timedelta) -> Person | None:
        """Whose live session it is: not ended, not expired, used within `idle`, not disabled."""
        with self.reading() as connection:
            return people.by_session(connection, id_hash, now, idle)


def _require_everything(scope: Scope) -> None:
    """The read model holds the whole county; what an actor sees of it is decided there."""
    if not scope.everything:
        raise ValueError("columns are for the read model: scope must be EVERYWHERE")


def _first_rules(connection: Connection, rules: Programme) -> None:
    values = asdict(rules) | {"id": 1, "token": secrets.token_hex(16)}
    connection.execute(insert(programme).values(**values))
