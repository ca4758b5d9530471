"""Sessions as a list, tokens for programs, second factors: rows and what changes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from gisgrid.store import people as accounts
from gisgrid.store.schema import people, sessions
from gisgrid.store.schema_keys import factors, recovery_codes, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from gisgrid.store.people import Person
    from gisgrid.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session that lives. device: browser and system in plain words, or None."""

    id_hash: str
    person_id: int
    name: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    device: str | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token that lives. reach: read or write."""

    id: int
    person_id: int
    name: str
    reach: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor. secret: base32. step: of the last code that was taken."""

    secret: str
    step: int


def live_sessions(
    connection: Connection, now: datetime, idle: timedelta, person: int | None
) -> list[SessionRow]:
    """The sessions of a person, or of everybody; the one used last first."""
    columns = (sessions.c[name] for name in SessionRow.__slots__ if name != "name")
    statement = (
        select(people.c.name, *columns)
        .join(people, people.c.id == sessions.c.person_id)
        .where(
            sessions.c.ended_at.is_(None),
            sessions.c.expires_at > now,
            sessions.c.seen_at > now - idle,
            people.c.disabled.is_(False),
        )
        .order_by(sessions.c.seen_at.desc(), sessions.c.id_hash)
    )
    if person is not None:
        statement = statement.where(sessions.c.person_id == person)
    return [SessionRow(**row._mapping) for row in connection.execute(statement)]


def live_tokens(connection: Connection, now: datetime, person: int | None) -> list[TokenRow]:
    """The tokens of a person, or of everybody, the newest first."""
    statement = (
        select(*(tokens.c[name] for name in TokenRow.__slots__))
        .where(tokens.c.ended_at.is_(None), tokens.c.expires_at > now)
        .order_by(tokens.c.id.desc())
    )
    if person is not None:
        statement = statement.where(tokens.c.person_id == person)
    return [TokenRow(**row._mapping) for row in connection.execute(statement)]


def by_token(connection: Connection, token_hash: str, now: datetime) -> tuple[Person, str] | None:
    """Whose live token it is and how far it reaches; None when ended, too old, or its owner out."""
    row = connection.execute(
        select(tokens.c.person_id, tokens.c.reach).where(
            tokens.c.token_hash == token_hash,
            tokens.c.ended_at.is_(None),
            tokens.c.expires_at > now,
        )
    ).first()
    if row is None:
        return None
    found = accounts.find(connection, people.c.id == row.person_id, people.c.disabled.is_(False))
    return (found[0], row.reach) if found else None


def factor_of(connection: Connection, person: int) -> Factor | None:
    """The second factor of a person."""
    row = connection.execute(
        select(factors.c.secret, factors.c.step).where(factors.c.person_id == person)
    ).first()
    return None if row is None else Factor(row.secret, row.step)


class KeyVerbs:
    """What a Writer does with sessions, tokens and second factors."""

    _tx: Transaction

    def end_sessions(self, person: int, but: str = "") -> int:
        """End all sessions of a person but one (its hash); how many there were."""
        ended = self._tx.connection.execute(
            update(sessions)
            .where(
                sessions.c.person_id == person,
                sessions.c.ended_at.is_(None),
                sessions.c.id_hash != but,
            )
            .values(ended_at=self._tx.now)
        )
        return ended.rowcount

    def add_token(
        self, token_hash: str, person: int, name: str, reach: str, expires_at: datetime
    ) -> int:
        """A token; its number."""
        made = self._tx.connection.execute(
            insert(tokens).values(
                token_hash=token_hash,
                person_id=person,
                name=name,
                reach=reach,
                made_at=self._tx.now,
                expires_at=expires_at,
            )
        )
        key = made.inserted_primary_key
        assert key is not None  # noqa: S101 - one row was inserted
        return int(key[0])

    def end_token(self, number: int, person: int | None) -> bool:
        """End a token of this person (None: of anybody) for good; False when there is none."""
        statement = update(tokens).where(tokens.c.id == number, tokens.c.ended_at.is_(None))
        if person is not None:
            statement = statement.where(tokens.c.person_id == person)
        ended = self._tx.connection.execute(statement.values(ended_at=self._tx.now))
        return ended.rowcount > 0

    def touch_token(self, token_hash: str, now: datetime) -> None:
        """Note that the token is in use."""
        self._tx.connection.execute(
            update(tokens).where(tokens.c.token_hash == token_hash).values(used_at=now)
        )

    def set_factor(self, person: int, secret: str, step: int, code_hashes: Sequence[str]) -> None:
        """A second factor and its recovery codes, in place of any before."""
        self.drop_factor(person)
        self._tx.connection.execute(
            insert(factors).values(person_id=person, secret=secret, step=step, made_at=self._tx.now)
        )
        for code_hash in code_hashes:
            self._tx.connection.execute(
                insert(recovery_codes).values(code_hash=code_hash, person_id=person)
            )

    def drop_factor(self, person: int) -> None:
        """No second factor from now on."""
        for table in (factors, recovery_codes):
            self._tx.connection.execute(delete(table).where(table.c.person_id == person))

    def spend_step(self, person: int, step: int) -> bool:
        """Take the code of a step; the update itself decides, so that none counts twice."""
        spent = self._tx.connection.execute(
            update(factors)
            .where(factors.c.person_id == person, factors.c.step < step)
            .values(step=step)
        )
        return spent.rowcount > 0

    def spend_recovery(self, person: int, code_hash: str) -> bool:
        """Take a recovery code, once."""
        spent = self._tx.connection.execute(
            update(recovery_codes)
            .where(
                recovery_codes.c.person_id == person,
                recovery_codes.c.code_hash == code_hash,
                recovery_codes.c.used_at.is_(None),
            )
            .values(used_at=self._tx.now)
        )
        return spent.rowcount > 0
