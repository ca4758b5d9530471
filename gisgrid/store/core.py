"""Opening, closing and transactions of a store."""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gisgrid.access import EVERYWHERE
from gisgrid.closing import Closing
from gisgrid.errors import GisgridError, StoreBusy, StoreExists
from gisgrid.model import Programme
from gisgrid.store import migrate, put_plan
from gisgrid.store.dialects import PATIENCE, dialect_of
from gisgrid.store.schema import programme
from gisgrid.store.together import Together
from gisgrid.store.transaction import Transaction, apart
from gisgrid.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import date
    from pathlib import Path

    from sqlalchemy import Connection

    from gisgrid.access import Scope
    from gisgrid.store.dialects.base import Dialect
    from gisgrid.store.together import Change, Given


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Core(Closing):
    """What a Store is made of, before it has any rows to give."""

    def __init__(self, dialect: Dialect, patience: float, clock: Callable[[], datetime]) -> None:
        self._dialect = dialect
        self._patience = patience
        self._clock = clock
        self._pinned = threading.local()
        # Threads queue here rather than at the database, whose waiting is a sleep and a retry.
        self._turn = threading.Lock()
        self._together = Together(self._commit)
        self.token = ""
        self.kept_before: Path | None = None

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
        keep: bool = True,
        state_folder: str = "",
    ) -> Self:
        """Open the store at `url`: the path of a GeoPackage, or postgresql://…[?schema=name].

        patience: seconds that a change waits for others before StoreBusy. clock: gives the
        instant, for what is said to happen "today". A store of an older gisgrid is brought up,
        and with `keep` it is kept as it was (`kept_before`): a file beside it, a database as a dump
        in `state_folder`.

        Raises StoreUndumped where that cannot be; StoreMissing, StoreForeign, StoreNewer,
        UnknownWord (another kind of URL).
        """
        store = cls(dialect_of(str(url), patience=patience), patience, clock)
        try:
            store._open(keep=keep, state_folder=state_folder)
        except BaseException:
            store.close()
            raise
        return store

    def _open(self, *, keep: bool = True, state_folder: str = "") -> None:
        with self._translated():
            self._dialect.open()
            self.kept_before = migrate.bring_up(self._dialect, keep=keep, state_folder=state_folder)
        with self.reading() as connection:
            self.token = connection.scalar(select(programme.c.token)) or ""

    def follow(self) -> None:
        """Hear of what other processes change rather than ask each time; for who serves long."""
        self._dialect.follow()

    @property
    def url(self) -> str:
        """Where the store is; without the password of a database, so that it can be shown."""
        return self._dialect.url

    def close(self) -> None:
        """Close all connections; safe to call twice."""
        self._dialect.close()

    # Transactions --------------------------------------------------------------------------------

    @contextmanager
    def reading(self, scope: Scope | None = None) -> Iterator[Connection]:
        """Let all reads of this thread, within the `with`, see one state of the store.

        scope: what the database itself shows of the layers, where it has walls; None: nothing.
        """
        pinned = getattr(self._pinned, "connection", None)
        if pinned is not None:
            with self._translated(), self._walled(pinned, scope):
                yield pinned
            return
        code = "" if scope is None else scope.code
        with self._translated(), self._dialect.reading(code) as connection:
            self._pinned.connection = connection
            try:
                yield connection
            finally:
                self._pinned.connection = None

    def _walled(self, connection: Connection, scope: Scope | None) -> AbstractContextManager[None]:
        return nullcontext() if scope is None else self._dialect.limited(connection, scope.code)

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """For one prepared statement: a state of the store by itself, without a transaction."""
        pinned = getattr(self._pinned, "connection", None)
        with self._translated():
            if pinned is not None:
                yield pinned
                return
            with self._dialect.engine.connect() as connection:
                yield connection

    @contextmanager
    def write(
        self, *, today: date | None = None, patience: float | None = None
    ) -> Iterator[Writer]:
        """The right to change the store, until the end of the `with`: all of it, or nothing.

        One transaction at a time in all processes; readers go on reading the state before. Reads
        by the same thread see what was written so far. today: the day that counts as today
        (None: by the clock, in the programme's zone). patience: seconds to wait for another change
        (None: the store's own); 0 for what can as well be done later.

        Raises StoreBusy when another change does not end in time, RuntimeError within another
        transaction of this thread.
        """
        with self._writing(patience) as connection:
            transaction = Transaction(connection, self._dialect, self._clock(), today)
            yield Writer(transaction)
            transaction.finish()

    def write_together(self, deed: Callable[[Writer], Given]) -> Given:
        """What `deed` gives, committed together with what other threads ask for meanwhile.

        For small changes that come often. It is all of it or nothing, whatever becomes of the
        others; `deed` runs in the thread of one of those who ask. Raises as `write` does.
        """
        self._refuse_within()
        return self._together.do(deed)

    def _commit(self, take: Callable[[], list[Change]]) -> None:
        """See Together."""
        with self._writing(None) as connection:
            changes = take()
            several = len(changes) > 1
            done = []
            for change in changes:
                transaction = Transaction(connection, self._dialect, self._clock())
                try:
                    with self._translated(), apart(connection) if several else nullcontext():
                        change.given = change.deed(Writer(transaction))
                except Exception as err:
                    if not several:
                        raise
                    change.error = err
                else:
                    done.append(transaction)
            if done:
                done[0].finish(*done[1:])

    @contextmanager
    def _writing(self, patience: float | None) -> Iterator[Connection]:
        """A writing transaction of this thread, in its turn."""
        self._refuse_within()
        if not self._turn.acquire(timeout=self._patience if patience is None else patience):
            raise StoreBusy
        try:
            with self._translated(), self._dialect.writing(patience) as connection:
                self._pinned.connection = connection
                try:
                    yield connection
                finally:
                    self._pinned.connection = None
        finally:
            self._turn.release()

    def _refuse_within(self) -> None:
        if getattr(self._pinned, "connection", None) is not None:
            raise RuntimeError("this thread is in a transaction of the store already")

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

        Cheap when nothing is due; call it at start and when a day begins. Does not wait for another
        change: raises StoreBusy, to be tried again.
        """
        with self.reading(EVERYWHERE) as connection:
            waiting = Transaction(connection, self._dialect, self._clock(), today)
            if put_plan.due_revision(waiting) is None:
                return False
        with self.write(today=today, patience=0) as writer:
            return writer.promote()


def _first_rules(connection: Connection, rules: Programme) -> None:
    values = asdict(rules) | {"id": 1, "token": secrets.token_hex(16)}
    connection.execute(insert(programme).values(**values))
