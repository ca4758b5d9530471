"""What keeps a store: copies, backups, its step of the schema, and the sweep after an erasure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gisgrid.access import EVERYWHERE
from gisgrid.store import audit, backup, erasing, migrate, retention, schema
from gisgrid.store.copying import copy_store
from gisgrid.store.core import Core
from gisgrid.store.dialects import dialect_of
from gisgrid.store.moving import move_store
from gisgrid.store.transaction import Transaction

if TYPE_CHECKING:
    from sqlalchemy import Select

    from gisgrid.store.moving import Carried

CLEARED: tuple[str, ...] = tuple(
    sorted(
        {trace.table for trace in erasing.TRACES}
        | {kept.table.name for kept in retention.CLASSES.values()}
    )
)
"""Every table that something is cleared in or taken from: what a sweep has to reach."""


class Keeping(Core):
    """The store as a whole."""

    def vacuum_into(self, path: str | Path) -> None:
        """Write a compact GeoPackage of one state of the store, without accounts and sessions.

        It is a store itself. Others may read and write meanwhile. Raises StoreExists.
        """
        with self._translated():
            copy_store(self._dialect, Path(path))

    def copy_to(self, url: str) -> list[Carried]:
        """Everything but sessions in a new store at `url` (see `open`), proved to be the same.

        Others may read and write meanwhile. Raises StoreExists; StoreDiffers, and then there is
        no copy.
        """
        target = dialect_of(url, patience=self._patience)
        try:
            with self._translated():
                return move_store(self._dialect, target)
        finally:
            target.close()

    def let_serve(self, account: str) -> bool:
        """Let an account of the database serve the store without owning anything of it.

        False where there are no accounts. For who owns the tables; raises StoreDenied.
        """
        with self._translated():
            return self._dialect.let_serve(account)

    def marks(self, visit: int) -> list[Any]:
        """What tells the past of this store from that of another: see `is_after`.

        visit: a row number, 0 for none.
        """
        with self.reading(EVERYWHERE) as connection:
            head = audit.head(connection)
            return [connection.scalar(_id_of(visit)), head.seq, head.hash]

    def is_after(self, marks: list[Any], visit: int) -> bool:
        """Whether the store has what it had when `marks` were taken, with the same `visit`.

        Not where its file was put back by hand and has gone another way since.
        """
        number, seq, told = marks
        hashed = select(schema.audit.c.hash).where(schema.audit.c.seq == seq)
        with self.reading(EVERYWHERE) as connection:
            if connection.scalar(_id_of(visit)) != number:
                return False
            return seq == 0 or bool(connection.scalar(hashed) == told)

    def step(self) -> str:
        """The step of the schema that the store has taken."""
        with self.reading() as connection:
            return migrate.version(connection) or ""

    def up_to_date(self) -> bool:
        """Whether the store answers and is still of this gisgrid's step of the schema."""
        return self.step() == migrate.HEAD

    def backup(self, path: str | Path) -> backup.State:
        """Write a copy of everything, accounts too, while others read and write.

        It is brought back beside itself before it has its name. A file `path`.sha256 comes with it.
        Raises StoreExists, BackupBad; BackupElsewhere for a database, whose server has its own
        tools.
        """
        from gisgrid.store.rehearsing import rehearse  # noqa: PLC0415 - it opens stores

        with self._translated():
            return backup.take(backup.file_of(self._dialect), Path(path), rehearse)

    def sweep(self, *, always: bool = False) -> bool:
        """Leave no trace of what was erased in the store's files.

        False when somebody who reads has to end first: call it again then.
        """
        with self._translated():
            with self._dialect.reading() as connection:
                if not (always or erasing.unswept(connection)):
                    return True
            gone = self._dialect.sweep(CLEARED)
            if gone:
                with self._dialect.writing() as connection:
                    erasing.mark_swept(Transaction(connection, self._dialect, self._clock()))
            return gone


def _id_of(visit: int) -> Select[Any]:
    return select(schema.visits.c.id).where(schema.visits.c.fid == visit)
