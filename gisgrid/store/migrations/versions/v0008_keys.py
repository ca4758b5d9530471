"""Second factors, recovery codes and tokens; what a session was begun with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gisgrid.store.types import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_PERSON = "people.id"


def upgrade() -> None:
    """Make the tables; no GIS lists them."""
    op.add_column("sessions", sa.Column("device", sa.Text))
    op.create_table(
        "factors",
        sa.Column(
            "person_id",
            sa.Integer,
            sa.ForeignKey(_PERSON),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.Text, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey(_PERSON), nullable=False),
        sa.Column("used_at", Instant),
    )
    op.create_index("recovery_codes_person", "recovery_codes", ["person_id"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("token_hash", sa.Text, nullable=False, unique=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey(_PERSON), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reach", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant),
        sa.Column("ended_at", Instant),
        sqlite_autoincrement=True,
    )
    op.create_index("tokens_person", "tokens", ["person_id"])
