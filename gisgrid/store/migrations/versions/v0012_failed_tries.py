"""Failed tries to sign in, counted for all server processes together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gisgrid.store.types import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; no GIS lists it."""
    op.create_table(
        "tries",
        sa.Column("key_hash", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("tries_oldest", "tries", ["kind", "at"])
