"""Accounts, one-time links and sessions; of links and sessions only hashes are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from gisgrid.errors import PersonExists, UnknownPerson
from gisgrid.store.prepared import Prepared
from gisgrid.store.schema import links, people, sessions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from gisgrid.store.dialects.base import Dialect
    from gisgrid.store.transaction import Transaction

TOUCH_EVERY = timedelta(minutes=1)
"""How exactly the last use of a session is known: a write for each request would be too many."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account. scope: an area or grid code, "*" for everything. Times are in UTC."""

    id: int
    name: str
    role: str
    scope: str
    password_hash: str | None
    disabled: bool
    created_at: datetime


def find(connection: Connection, *conditions: ColumnElement[bool]) -> list[Person]:
    """Those who meet the conditions, by name."""
    rows = connection.execute(select(people).where(*conditions).order_by(people.c.name))
    return [Person(**row._mapping) for row in rows]


def called(name: str) -> ColumnElement[bool]:
    """The condition that someone has this very name."""
    return people.c.name == name


def _of_session(_dialect: Dialect) -> Select[Any]:
    return select(people).where(
        sessions.c.id_hash == bindparam("id_hash"),
        sessions.c.person_id == people.c.id,
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > bindparam("now"),
        sessions.c.seen_at > bindparam("used_since"),
        people.c.disabled.is_(False),
    )


_OF_SESSION = Prepared(_of_session)


def by_session(
    dialect: Dialect, connection: Connection, id_hash: str, now: datetime, idle: timedelta
) -> Person | None:
    """Whose live session it is; None when ended, too old, or not used for longer than `idle`."""
    found = _OF_SESSION.rows(dialect, connection, id_hash=id_hash, now=now, used_since=now - idle)
    return Person(*found[0]) if found else None


def add(tx: Transaction, **values: Any) -> Person:
    """Raises PersonExists."""
    statement = insert(people).values(disabled=False, created_at=tx.now, **values)
    try:
        with tx.connection.begin_nested():
            tx.connection.execute(statement)
    except IntegrityError as err:
        raise PersonExists(name=values["name"]) from err
    return find(tx.connection, called(values["name"]))[0]


def change(tx: Transaction, name: str, **values: Any) -> None:
    """Change an account and end its sessions. Raises UnknownPerson."""
    changed = tx.connection.execute(update(people).where(people.c.name == name).values(**values))
    if changed.rowcount == 0:
        raise UnknownPerson(name=name)
    person = select(people.c.id).where(people.c.name == name).scalar_subquery()
    _end(tx, sessions.c.person_id == person, tx.now)


def let_in(tx: Transaction, name: str) -> None:
    """Let somebody in again who was shut out: by a new link, with nothing of what was known before.

    The password goes, and so do links and tokens of the time before. Raises UnknownPerson.
    """
    from gisgrid.store.schema_keys import tokens  # noqa: PLC0415 - it knows these tables

    change(tx, name, disabled=False, password_hash=None)
    person = select(people.c.id).where(people.c.name == name).scalar_subquery()
    for table, column in ((tokens, tokens.c.ended_at), (links, links.c.used_at)):
        tx.connection.execute(
            update(table)
            .where(table.c.person_id == person, column.is_(None))
            .values({column: tx.now})
        )


def add_link(tx: Transaction, token_hash: str, person_id: int, expires_at: datetime) -> None:
    """A link that works once, before `expires_at`."""
    tx.connection.execute(
        insert(links).values(token_hash=token_hash, person_id=person_id, expires_at=expires_at)
    )


def use_link(tx: Transaction, token_hash: str, now: datetime) -> Person | None:
    """Spend a link; the update itself decides, so that of two at once one is refused."""
    spent = tx.connection.execute(
        update(links)
        .where(
            links.c.token_hash == token_hash, links.c.used_at.is_(None), links.c.expires_at > now
        )
        .values(used_at=now)
    )
    if spent.rowcount == 0:
        return None
    owner = select(links.c.person_id).where(links.c.token_hash == token_hash)
    found = find(tx.connection, people.c.id.in_(owner), people.c.disabled.is_(False))
    return found[0] if found else None


def add_session(
    tx: Transaction,
    id_hash: str,
    person_id: int,
    now: datetime,
    expires_at: datetime,
    device: str | None = None,
) -> None:
    """A session from now on."""
    tx.connection.execute(
        insert(sessions).values(
            id_hash=id_hash,
            person_id=person_id,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
            device=device,
        )
    )


def touch_session(tx: Transaction, id_hash: str, now: datetime) -> None:
    """Note that it is in use, to the minute."""
    tx.connection.execute(
        update(sessions)
        .where(sessions.c.id_hash == id_hash, sessions.c.seen_at <= now - TOUCH_EVERY)
        .values(seen_at=now)
    )


def end_session(tx: Transaction, id_hash: str, now: datetime) -> None:
    """End it for good; nothing happens when there is none."""
    _end(tx, sessions.c.id_hash == id_hash, now)


def _end(tx: Transaction, which: ColumnElement[bool], now: datetime) -> None:
    tx.connection.execute(
        update(sessions).where(which, sessions.c.ended_at.is_(None)).values(ended_at=now)
    )


def end_everything(tx: Transaction) -> None:
    """End all sessions, links and tokens: after a restore some of them had ended long ago."""
    from gisgrid.store.schema_keys import tokens  # noqa: PLC0415 - it knows these tables

    _end(tx, true(), tx.now)
    tx.connection.execute(update(tokens).where(tokens.c.ended_at.is_(None)).values(ended_at=tx.now))
    tx.connection.execute(update(links).where(links.c.used_at.is_(None)).values(used_at=tx.now))
