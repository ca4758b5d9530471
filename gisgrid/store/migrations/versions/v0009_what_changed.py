"""The list of households and cases that changed lately, so that a reader need not read all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gisgrid.store.types import RowId

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; no GIS lists it."""
    op.create_table(
        "touched",
        sa.Column("seq", RowId, primary_key=True),
        sa.Column("layer", sa.Text, nullable=False),
        sa.Column("value", RowId, nullable=False),
        sa.Column("object", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("touched_layer", "touched", ["layer", "value"])
