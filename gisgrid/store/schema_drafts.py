"""Tables of plans in the making: drafts, their edits and versions, certificates, lineage.

Nothing here is ever overwritten but the row of a draft, which says where it stands. An edit knows
the edit before it, so that undo, redo and a version of yesterday are places in one tree.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from gisgrid.store.schema import metadata
from gisgrid.store.types import Instant

_PERSON = "people.id"

drafts = Table(
    "drafts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("area_code", Text),  # where it may change the plan; empty: everywhere
    Column("person_id", Integer, ForeignKey(_PERSON)),  # empty: the console
    Column("at_console", Boolean, nullable=False),
    Column("base_revision", Integer, ForeignKey("revisions.revision"), nullable=False),
    Column("version", Integer, nullable=False),  # raised by every change: what ETag says
    Column("state", Text, nullable=False),
    Column("head", Integer),  # the last edit that counts; empty: none
    Column("tip", Integer),  # the last edit that redo leads to
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("approved_by", Integer, ForeignKey(_PERSON)),
    Column("approved_at", Instant),
    Column("approved_at_console", Boolean),
    Column("revision", Integer),  # what it was published as
    Column("reverses", Integer),  # the revision that it undoes
    Column("copied_from", Integer),  # the draft that it began as
    Column("left_out", Text),  # JSON: edits that a rebase could not keep
    sqlite_autoincrement=True,
)

edits = Table(
    "edits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("draft_id", Integer, ForeignKey("drafts.id"), nullable=False),
    Column("parent_id", Integer),  # the edit before; empty: the first
    Column("step", Integer, nullable=False),  # 1 for the first
    Column("op", Text, nullable=False),
    Column("arguments", Text, nullable=False),  # JSON
    Column("before", LargeBinary, nullable=False),  # the changed grids
    Column("after", LargeBinary, nullable=False),
    Column("came_from", Text, nullable=False),  # JSON: code -> codes
    Column("notes", Text),  # JSON: what was told of it; empty: nothing
    Column("person_id", Integer, ForeignKey(_PERSON)),
    Column("at_console", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("edits_draft", "draft_id"),
    Index("edits_parent", "parent_id"),
    sqlite_autoincrement=True,
)

draft_versions = Table(
    "draft_versions",  # what became of a draft, change by change
    metadata,
    Column("draft_id", Integer, ForeignKey("drafts.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("what", Text, nullable=False),
    Column("base_revision", Integer, nullable=False),
    Column("head", Integer),
    Column("tip", Integer),
    Column("note", Text),
    Column("person_id", Integer, ForeignKey(_PERSON)),
    Column("at_console", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    Column("client_id", Text),  # given by who sent it, so that it is made once
    Index("draft_versions_client", "draft_id", "client_id", unique=True),
)

certificates = Table(
    "certificates",
    metadata,
    Column("revision", Integer, ForeignKey("revisions.revision"), primary_key=True),
    Column("draft_id", Integer),
    Column("document", Text, nullable=False),  # JSON
    Column("sha256", Text, nullable=False),  # of `document`
)

lineage = Table(
    "lineage",
    metadata,
    Column("revision", Integer, ForeignKey("revisions.revision"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("came_from", Text, primary_key=True),
    Index("lineage_from", "came_from", "revision"),
)
