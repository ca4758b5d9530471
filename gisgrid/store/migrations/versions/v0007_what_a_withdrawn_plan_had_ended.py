"""What a withdrawn revision had ended, so that a draft that builds on it can still be seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("revisions", sa.Column("ended", sa.Text))
