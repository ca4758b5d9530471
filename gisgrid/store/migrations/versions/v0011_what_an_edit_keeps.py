"""Edits keep what was told of them, and a change of a draft the id that its sender gave it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of the edits that are there nothing was kept."""
    op.add_column("edits", sa.Column("notes", sa.Text))
    op.add_column("draft_versions", sa.Column("client_id", sa.Text))
    op.create_index(
        "draft_versions_client", "draft_versions", ["draft_id", "client_id"], unique=True
    )
