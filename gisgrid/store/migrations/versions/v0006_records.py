"""What was recorded, when it arrived, what became of a case, and what waits for a decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gisgrid.store.types import Instant, RowId

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Columns beside a visit, and two tables that no GIS lists."""
    op.add_column("visits", sa.Column("received_at", Instant))
    for name in ("zone", "flags", "corrects"):
        op.add_column("visits", sa.Column(name, sa.Text))
    given = sa.text("corrects IS NOT NULL")
    op.create_index(
        "visits_corrects", "visits", ["corrects"], sqlite_where=given, postgresql_where=given
    )
    op.create_table(
        "case_changes",
        sa.Column("fid", RowId, primary_key=True),
        sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("changed_on", sa.Date, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("zone", sa.Text),
        sa.Column("member", sa.Text),
        sa.Column("changes", sa.Text, nullable=False),
        sa.Column("was_category", sa.Text),
        sa.Column("was_due_on", sa.Date),
        sa.Column("was_closed_on", sa.Date),
        sqlite_autoincrement=True,
    )
    op.create_index("case_changes_case", "case_changes", ["case_id"])
    op.create_index("case_changes_client", "case_changes", ["client_id"], unique=True)
    op.create_table(
        "pending_reports",
        sa.Column("fid", RowId, primary_key=True),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("household_id", sa.Text),
        sa.Column("case_id", sa.Text),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("person_id", sa.Integer),
        sa.Column("member", sa.Text),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("decided_at", Instant),
        sa.Column("decided_by", sa.Text),
        sa.Column("reason", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("pending_reports_client", "pending_reports", ["client_id"], unique=True)
    op.create_index("pending_reports_household", "pending_reports", ["household_id"])
    op.create_index("pending_reports_person", "pending_reports", ["person_id"])
