"""The list of households that were erased, so that a restore can erase them again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gisgrid.store.types import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; no GIS lists it."""
    op.create_table(
        "erasures",
        sa.Column("household_id", sa.Text, primary_key=True),
        sa.Column("erased_at", Instant, nullable=False),
        sa.Column("swept", sa.Boolean, nullable=False),
    )
