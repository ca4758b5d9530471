"""The tables, once for both databases. docs/store.md shows them as people see them in a GIS.

`fid` numbers the rows of a layer as GeoPackage wants it and is never used outside this room; people
and other tables name a row by its code or id. Uniqueness is held by indexes rather than by
constraints, so that a bulk load into an empty table can make them afterwards. Row numbers are never
given twice (autoincrement), so that "newer than row n" means what it says.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

from gisgrid.model import LEVELS, Outcome
from gisgrid.store.types import Geometry, Instant, RowId, Whole

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


def _one_of(column: str, words: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


areas = Table(
    "areas",
    metadata,
    Column("fid", RowId, primary_key=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("parent_code", Text),
    _one_of("level", LEVELS),
    Index("areas_code", "code", unique=True),
    Index("areas_parent", "parent_code"),
    sqlite_autoincrement=True,
)

grids = Table(
    "grids",  # the revision in force, as a GIS shows it; grids_history is the truth
    metadata,
    Column("fid", RowId, primary_key=True),
    Column("geom", Geometry("MULTIPOLYGON"), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text),
    Column("area_code", Text),
    Column("member", Text),
    Column("visit_every_days", Whole),
    Index("grids_code", "code", unique=True),
    Index("grids_area", "area_code"),
    sqlite_autoincrement=True,
)

revisions = Table(
    "revisions",
    metadata,
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("valid_from", Date),  # empty: from the beginning
    Column("published_at", Instant, nullable=False),
    Column("note", Text),
    Column("withdrawn", Boolean, nullable=False),  # before it came into force: it never was
    Column("ended", Text),  # JSON: the grids that a withdrawn one had ended
)

grids_history = Table(
    "grids_history",  # one row for as long as a grid stays the same, over any number of revisions
    metadata,
    Column("fid", RowId, primary_key=True),
    Column("geom", Geometry("MULTIPOLYGON"), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text),
    Column("area_code", Text),
    Column("member", Text),
    Column("visit_every_days", Whole),
    Column("came_from", Text),
    Column("revision", Integer, ForeignKey("revisions.revision"), nullable=False),
    Column("until_revision", Integer, ForeignKey("revisions.revision")),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Index("grids_history_code", "code", "revision", unique=True),
    sqlite_autoincrement=True,
)

households = Table(
    "households",
    metadata,
    Column("fid", RowId, primary_key=True),
    Column("geom", Geometry("POINT")),
    Column("id", Text, nullable=False),
    Column("name", Text),
    Column("address", Text),
    Column("visit_every_days", Whole),
    Column("listed_on", Date, nullable=False),
    Column("unlisted_on", Date),
    Column("grid_code", Text),
    Column("placed_in", Text),  # grid of the revision in force that holds it; kept by the store
    Column("morton", RowId),
    Index("households_id", "id", unique=True),
    Index("households_placed", "placed_in"),
    Index("households_morton", "morton", "placed_in", "id"),
    sqlite_autoincrement=True,
)
# What has no position is rare and looked for by the code that it names.
Index(
    "households_unlocated",
    households.c.grid_code,
    sqlite_where=households.c.geom.is_(None),
    postgresql_where=households.c.geom.is_(None),
)

visits = Table(
    "visits",
    metadata,
    Column("fid", RowId, primary_key=True),
    Column("id", Text, nullable=False),
    Column("household_id", Text, ForeignKey("households.id"), nullable=False),
    Column("visited_at", Instant, nullable=False),
    Column("visited_on", Date, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("member", Text),
    Column("note", Text),
    Column("client_id", Text),
    Column("received_at", Instant),  # by the clock of the server; empty: imported
    Column("zone", Text),  # of the device
    Column("flags", Text),  # future | late by the clocks of device and server; taken_back: no visit
    Column("corrects", Text),  # id of a visit that no longer counts
    _one_of("outcome", tuple(Outcome)),
    Index("visits_id", "id", unique=True),
    Index("visits_household", "household_id", "outcome", "visited_on"),
    sqlite_autoincrement=True,
)
for _name, _column, _unique in (
    ("visits_client", visits.c.client_id, True),
    ("visits_corrects", visits.c.corrects, False),
):
    _given = _column.is_not(None)
    Index(_name, _column, unique=_unique, sqlite_where=_given, postgresql_where=_given)

cases = Table(
    "cases",
    metadata,
    Column("fid", RowId, primary_key=True),
    Column("geom", Geometry("POINT")),
    Column("id", Text, nullable=False),
    Column("household_id", Text, ForeignKey("households.id")),
    Column("category", Text),
    Column("title", Text),
    Column("opened_on", Date, nullable=False),
    Column("due_on", Date),
    Column("closed_on", Date),
    Column("status", Text),
    Column("note", Text),
    Column("placed_in", Text),  # grid that holds its own point, if it has one; kept by the store
    Index("cases_id", "id", unique=True),
    Index("cases_household", "household_id"),
    Index("cases_placed", "placed_in"),
    sqlite_autoincrement=True,
)

programme = Table(
    "programme",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("visit_every_days", Integer, nullable=False),
    Column("soon_days", Integer, nullable=False),
    Column("phone_counts", Boolean, nullable=False),
    Column("zone", Text, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("token", Text, nullable=False),
    Column("revision", Integer),  # the revision that `grids` shows; empty before the first
    CheckConstraint("id = 1", name="single"),
)

counters = Table(
    "counters",
    metadata,
    Column("layer", Text, primary_key=True),
    Column("value", RowId, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("password_hash", Text),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

links = Table(
    "links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", Text, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("device", Text),
    Index("sessions_person", "person_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("person_id", Integer),  # empty for the console
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),  # ids and codes, never names
    Column("count", Integer, nullable=False),
    Column("reason", Text),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    sqlite_autoincrement=True,
)

audit_head = Table(
    "audit_head",  # where the account of use ends: a tail that is cut off shows
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    CheckConstraint("id = 1", name="single"),
)

erasures = Table(
    "erasures",  # outlives the household's name: a restore erases again whom it names
    metadata,
    Column("household_id", Text, primary_key=True),
    Column("erased_at", Instant, nullable=False),
    Column("swept", Boolean, nullable=False),  # no trace is left in free pages of the file
)

LAYER_TABLES: dict[str, str] = {
    "areas": "attributes",
    "grids": "features",
    "grids_history": "features",
    "households": "features",
    "visits": "attributes",
    "cases": "features",
}
"""What a GeoPackage reader lists -> its GeoPackage data type. The other tables stay unlisted."""

PRIVATE_TABLES: tuple[str, ...] = (
    "touched",
    "erasures",
    "audit",
    "audit_head",
    "pending_reports",
    "certificates",
    "draft_versions",
    "edits",
    "drafts",
    "links",
    "sessions",
    "factors",
    "recovery_codes",
    "tokens",
    "tries",
    "people",
)
"""Emptied in a copy that leaves the house; children before parents."""

COUNTED: tuple[str, ...] = ("areas", "plan", "households", "visits", "cases", "programme")
"""Names of the counters: one for each part of the read model."""

OUR_TABLES = frozenset({"alembic_version", "programme", "counters", "households"})
"""By these we know a store."""
