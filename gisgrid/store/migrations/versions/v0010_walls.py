"""Row-level security by scope, in a database; a GeoPackage has no accounts.

A second wall behind gisgrid's own statements. The scope of each transaction is the setting
`gisgrid.scope`: * for everything, a code, or nothing, and then no row is seen. The rules are those
of gisgrid.store.scoping. They hold for every account but the owner of the tables.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SCOPE = "current_setting('gisgrid.scope', true)"
_ALL = f"(SELECT {_SCOPE}) = '*'"
_AREAS = "ANY ((SELECT scope_areas())::text[])"
_GRIDS = "ANY ((SELECT scope_grids())::text[])"

WALLS = {
    "areas": f"code = {_AREAS}",
    "grids": f"code = {_GRIDS}",
    "grids_history": (
        f"area_code = {_AREAS} OR (code = (SELECT {_SCOPE}) AND NOT (SELECT {_SCOPE}) = {_AREAS})"
    ),
    "households": (
        f"placed_in = {_GRIDS} OR (geom IS NULL AND placed_in IS NULL AND grid_code = {_AREAS})"
    ),
    # What a statement of the wall reads has walls itself: the households and cases that are seen.
    "visits": "EXISTS (SELECT FROM households h WHERE h.id = household_id)",
    "cases": (
        f"(geom IS NOT NULL AND placed_in = {_GRIDS}) OR "
        "(geom IS NULL AND EXISTS (SELECT FROM households h WHERE h.id = household_id))"
    ),
    "case_changes": "EXISTS (SELECT FROM cases c WHERE c.id = case_id)",
}
"""Table -> the rows that a limited scope sees."""

# They read past the walls as the owner, or the walls of areas would ask for themselves.
_FUNCTIONS = {
    "scope_areas": f"""
        WITH RECURSIVE tree (code) AS (
            SELECT code FROM areas WHERE code = {_SCOPE}
            UNION SELECT a.code FROM areas a JOIN tree t ON a.parent_code = t.code)
        SELECT coalesce(array_agg(code), '{{}}') FROM tree""",  # noqa: S608 - our own names
    "scope_grids": f"""
        SELECT coalesce(array_agg(code), '{{}}') FROM grids
        WHERE area_code = ANY (scope_areas())
        OR (code = {_SCOPE} AND NOT EXISTS (SELECT FROM areas a WHERE a.code = {_SCOPE}))""",  # noqa: S608
}


def upgrade() -> None:
    """Make the walls; the owner of the tables stands above them."""
    if op.get_bind().dialect.name != "postgresql":
        return
    schema = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar_one()
    for name, body in _FUNCTIONS.items():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER "
            f"SET search_path = {schema}, pg_temp AS $${body}$$"
        )
        op.execute(f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC")
    for table, seen in WALLS.items():
        op.execute(f"CREATE POLICY within_scope ON {table} USING ({_ALL} OR {seen})")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
