"""Drafts whose edits form a tree, certificates of revisions, and where grids came from.

The tables `drafts` and `edits` of the step before were never written to: they are made anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gisgrid.store.types import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PERSON = "people.id"
_REVISION = "revisions.revision"


def upgrade() -> None:
    """Make the tables; no GIS lists them."""
    op.drop_table("edits")
    op.drop_table("drafts")
    no = sa.false()
    op.add_column(
        "revisions", sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=no)
    )
    _drafts()
    _edits()
    op.create_table(
        "certificates",
        sa.Column("revision", sa.Integer, sa.ForeignKey(_REVISION), primary_key=True),
        sa.Column("draft_id", sa.Integer),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
    )
    op.create_table(
        "lineage",
        sa.Column("revision", sa.Integer, sa.ForeignKey(_REVISION), primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("came_from", sa.Text, primary_key=True),
    )
    op.create_index("lineage_from", "lineage", ["came_from", "revision"])


def _drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("area_code", sa.Text),
        sa.Column("person_id", sa.Integer, sa.ForeignKey(_PERSON)),
        sa.Column("at_console", sa.Boolean, nullable=False),
        sa.Column("base_revision", sa.Integer, sa.ForeignKey(_REVISION), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("head", sa.Integer),
        sa.Column("tip", sa.Integer),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("approved_by", sa.Integer, sa.ForeignKey(_PERSON)),
        sa.Column("approved_at", Instant),
        sa.Column("approved_at_console", sa.Boolean),
        sa.Column("revision", sa.Integer),
        sa.Column("reverses", sa.Integer),
        sa.Column("copied_from", sa.Integer),
        sa.Column("left_out", sa.Text),
        sqlite_autoincrement=True,
    )


def _edits() -> None:
    draft = "drafts.id"
    op.create_table(
        "edits",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("draft_id", sa.Integer, sa.ForeignKey(draft), nullable=False),
        sa.Column("parent_id", sa.Integer),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("op", sa.Text, nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("before", sa.LargeBinary, nullable=False),
        sa.Column("after", sa.LargeBinary, nullable=False),
        sa.Column("came_from", sa.Text, nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey(_PERSON)),
        sa.Column("at_console", sa.Boolean, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("edits_draft", "edits", ["draft_id"])
    op.create_index("edits_parent", "edits", ["parent_id"])
    op.create_table(
        "draft_versions",
        sa.Column("draft_id", sa.Integer, sa.ForeignKey(draft), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("base_revision", sa.Integer, nullable=False),
        sa.Column("head", sa.Integer),
        sa.Column("tip", sa.Integer),
        sa.Column("note", sa.Text),
        sa.Column("person_id", sa.Integer, sa.ForeignKey(_PERSON)),
        sa.Column("at_console", sa.Boolean, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
