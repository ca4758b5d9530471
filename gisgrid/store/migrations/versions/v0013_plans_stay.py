"""A plan that was published stays as it was: its grids, certificate and lineage."""

from __future__ import annotations

from alembic import op

from gisgrid.store import guards

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the triggers, also in a store that had them and whose step was set back by hand."""
    database = op.get_bind().dialect.name
    for name in guards.PLANS.names(database):
        on = "" if database == "sqlite" else f" ON {guards.PLANS.stops[name].table}"
        op.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
    for statement in guards.PLANS.statements(database):
        op.execute(statement)
