"""Tables of second factors, tokens and failed tries; hashes all, but for the shared secret."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from gisgrid.store.schema import metadata
from gisgrid.store.types import Instant

_PERSON = "people.id"

factors = Table(
    "factors",
    metadata,
    Column("person_id", Integer, ForeignKey(_PERSON), primary_key=True, autoincrement=False),
    Column("secret", Text, nullable=False),  # base32; both sides of a one-time code need it
    Column("step", Integer, nullable=False),  # of the last code that was taken: none counts twice
    Column("made_at", Instant, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("person_id", Integer, ForeignKey(_PERSON), nullable=False),
    Column("used_at", Instant),
    Index("recovery_codes_person", "person_id"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("person_id", Integer, ForeignKey(_PERSON), nullable=False),
    Column("name", Text, nullable=False),
    Column("reach", Text, nullable=False),  # read or write
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("ended_at", Instant),
    Index("tokens_person", "person_id"),
    sqlite_autoincrement=True,
)

tries = Table(
    "tries",
    metadata,
    Column("key_hash", Text, primary_key=True),  # of account and address, with the secret key
    Column("kind", Text, nullable=False),  # both | account | address | came_in | device
    Column("failures", Integer, nullable=False),
    Column("at", Instant, nullable=False),  # of the last
    Index("tries_oldest", "kind", "at"),
)
