"""The account of use only grows, and its end is kept apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gisgrid.store import guards

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the place of the head, and the triggers."""
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("audit_head_single_check")),
    )
    for statement in guards.ACCOUNT.statements(op.get_bind().dialect.name):
        op.execute(statement)
