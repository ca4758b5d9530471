"""Failed tries to sign in: a few rows that are hashes and counts, bounded in number."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, delete, insert, or_, select

from gisgrid.store.schema_keys import tries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from gisgrid.store.transaction import Transaction


class Tries(NamedTuple):
    """What failed under one key. at: when the last did."""

    failures: int
    at: datetime


def found(connection: Connection, keys: Iterable[str]) -> dict[str, Tries]:
    """Those of a few keys under which something is kept."""
    columns = tries.c.key_hash, tries.c.failures, tries.c.at
    rows = connection.execute(select(*columns).where(tries.c.key_hash.in_(sorted(keys))))
    return {key: Tries(failures, at) for key, failures, at in rows}


class TryVerbs:
    """What a Writer does with failed tries."""

    _tx: Transaction

    def note_tries(self, key: str, kind: str, now: Tries) -> None:
        """Keep how it stands with one key from now on."""
        self.forget_tries(key)
        self._tx.connection.execute(
            insert(tries).values(key_hash=key, kind=kind, failures=now.failures, at=now.at)
        )

    def forget_tries(self, key: str) -> None:
        """Nothing failed under this key."""
        self._tx.connection.execute(delete(tries).where(tries.c.key_hash == key))

    def sweep_tries(self, kind: str, before: datetime, most: int) -> int:
        """Take away what is older than a moment, and the oldest beyond `most`; how many went."""
        oldest = (
            select(tries.c.at)
            .where(tries.c.kind == kind)
            .order_by(tries.c.at.desc())
            .offset(most)
            .limit(1)
            .scalar_subquery()
        )
        gone = delete(tries).where(
            and_(tries.c.kind == kind, or_(tries.c.at < before, tries.c.at <= oldest))
        )
        return self._tx.connection.execute(gone).rowcount
