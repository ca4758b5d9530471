"""The account of use in the store: adding to it, reading it, proving it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, or_, select, update

from gisgrid.store import guards
from gisgrid.store.chain import AuditRow, Fault, Head, digest, faults
from gisgrid.store.prepared import Prepared
from gisgrid.store.schema import audit, audit_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection
    from sqlalchemy.sql import ClauseElement

    from gisgrid.access import Actor
    from gisgrid.store.dialects.base import Dialect
    from gisgrid.store.transaction import Transaction

OBJECT_LIMIT = 4000
REASON_LIMIT = 500
_READ_AT_ONCE = 10_000

_HEAD = Prepared(lambda _: select(audit_head.c.seq, audit_head.c.hash))
_ADD = Prepared(lambda _: insert(audit).values({c.name: bindparam(c.name) for c in audit.c}))
_MOVE = Prepared(
    lambda _: (
        update(audit_head)
        .where(audit_head.c.seq == bindparam("old"))
        .values(seq=bindparam("new"), hash=bindparam("hash"))
    )
)


def _chained(_: Dialect) -> ClauseElement:
    """_ADD and _MOVE in one statement, for databases that can: each goes there and back."""
    moved = (
        update(audit_head)
        .where(audit_head.c.seq == bindparam("old"))
        .values(seq=bindparam("seq"), hash=bindparam("hash"))
        .returning(audit_head.c.seq)
        .cte("moved")
    )
    values = [bindparam(c.name, type_=c.type).label(c.name) for c in audit.c if c.name != "seq"]
    names = ["seq", *(value.name for value in values)]
    return insert(audit).from_select(names, select(moved.c.seq, *values))


_CHAIN = Prepared(_chained)


class AuditVerbs:
    """What a Writer adds to the account of use, within its one transaction."""

    _tx: Transaction

    def audit(
        self,
        actor: Actor,
        action: str,
        object: str,  # noqa: A002
        count: int = 1,
        reason: str | None = None,
    ) -> None:
        """Write down that `actor` did something: it is kept if, and only if, all else is.

        action: a word such as "look_household". object: ids and codes, never names. count: how many
        households, rows or files it was about. reason: why, where that is asked for.
        """
        dialect, connection = self._tx.dialect, self._tx.connection
        kept = _HEAD.rows(dialect, connection)
        last = Head(*kept[0]) if kept else Head()
        # To the millisecond, as both databases keep it: the hash is worked out from what is read.
        at = self._tx.now.replace(microsecond=self._tx.now.microsecond // 1000 * 1000)
        row = AuditRow(
            seq=last.seq + 1,
            at=at,
            person_id=actor.person or None,
            role=actor.role.value,
            action=action,
            object=_plain(object, OBJECT_LIMIT),
            count=count,
            reason=_plain(reason, REASON_LIMIT) if reason else None,
            previous_hash=last.hash,
            hash="",
        )
        row = replace(row, hash=digest(row))
        values = {name: getattr(row, name) for name in AuditRow.__slots__}
        if kept and dialect.chains_changes:
            added = _CHAIN.run(dialect, connection, **values, old=last.seq)
            assert added == 1  # noqa: S101 - the head was read in this very transaction
            return
        _ADD.run(dialect, connection, **values)
        if kept:
            _MOVE.run(dialect, connection, old=last.seq, new=row.seq, hash=row.hash)
        else:
            connection.execute(insert(audit_head).values(id=1, seq=row.seq, hash=row.hash))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at the whole account found."""

    rows: int
    head: Head
    faults: list[Fault]


def _plain(text: str, limit: int) -> str:
    """What every database can keep and every terminal can show."""
    blank = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in blank)
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def head(connection: Connection) -> Head:
    """Where the account ends, as it is kept apart."""
    row = connection.execute(select(audit_head.c.seq, audit_head.c.hash)).first()
    return Head() if row is None else Head(row.seq, row.hash)


def newest(
    connection: Connection, limit: int, before: int | None, person: int | None, action: str | None
) -> list[AuditRow]:
    """Rows, the newest first. before: only those with a lower number."""
    statement = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if before is not None:
        statement = statement.where(audit.c.seq < before)
    if person is not None:
        statement = statement.where(audit.c.person_id == person)
    if action is not None:
        statement = statement.where(audit.c.action == action)
    return [AuditRow(**row._mapping) for row in connection.execute(statement)]


def mentioning(connection: Connection, *texts: str) -> list[AuditRow]:
    """Rows whose object has one of these texts somewhere, the oldest first."""
    has = or_(*(audit.c.object.contains(text, autoescape=True) for text in texts))
    rows = select(audit).where(has)
    return [AuditRow(**row._mapping) for row in connection.execute(rows.order_by(audit.c.seq))]


def verify(connection: Connection, *printed: Head) -> Verdict:
    """See Store.audit_verify."""
    kept = head(connection)
    count = 0

    def counted() -> Iterator[AuditRow]:
        nonlocal count
        for row in _all(connection):
            count += 1
            yield row

    found = faults(counted(), kept, *printed)
    found += [Fault(f"guard gone ({name})", 0) for name in guards.missing(connection)]
    return Verdict(count, kept, found)


def _all(connection: Connection) -> Iterator[AuditRow]:
    after: int | None = None
    statement = select(audit).order_by(audit.c.seq).limit(_READ_AT_ONCE)
    while True:
        part = statement if after is None else statement.where(audit.c.seq > after)
        rows = connection.execute(part).all()
        for row in rows:
            yield AuditRow(**row._mapping)
        if len(rows) < _READ_AT_ONCE:
            return
        after = rows[-1].seq
