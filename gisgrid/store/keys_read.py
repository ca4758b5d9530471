"""What a Store tells about sessions, tokens, second factors and failed tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisgrid.store import keys, tries
from gisgrid.store.core import Core

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from gisgrid.store.keys import Factor, SessionRow, TokenRow
    from gisgrid.store.people import Person
    from gisgrid.store.tries import Tries


class KeyReads(Core):
    """Reads of keys; who may see them is decided in operations."""

    def live_sessions(
        self, now: datetime, idle: timedelta, *, person: int | None
    ) -> list[SessionRow]:
        """The sessions of a person, or of everybody; the one used last first."""
        with self.reading() as connection:
            return keys.live_sessions(connection, now, idle, person)

    def live_tokens(self, now: datetime, *, person: int | None) -> list[TokenRow]:
        """The tokens of a person, or of everybody, the newest first."""
        with self.reading() as connection:
            return keys.live_tokens(connection, now, person)

    def person_by_token(self, token_hash: str, now: datetime) -> tuple[Person, str] | None:
        """Whose live token it is, and how far it reaches."""
        with self.reading() as connection:
            return keys.by_token(connection, token_hash, now)

    def factor(self, person: int) -> Factor | None:
        """The second factor of a person."""
        with self.reading() as connection:
            return keys.factor_of(connection, person)

    def tries(self, key_hashes: Iterable[str]) -> dict[str, Tries]:
        """What failed under these keys, where something is kept of it."""
        with self.reading() as connection:
            return tries.found(connection, key_hashes)
