"""The first layout.

Spelt out rather than taken from gisgrid.store.schema, which shows the layout of today: a step must
do the same for ever.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gisgrid.store.dialects import gpkg_tables
from gisgrid.store.types import Geometry, Instant, RowId, Whole

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LAYERS = {
    "areas": None,
    "grids": "MULTIPOLYGON",
    "grids_history": "MULTIPOLYGON",
    "households": "POINT",
    "visits": None,
    "cases": "POINT",
}
COUNTERS = ("areas", "plan", "households", "visits", "cases", "programme")


def upgrade() -> None:
    """Make all tables; in a GeoPackage, register the layers."""
    gpkg = op.get_bind().dialect.name == "sqlite"
    if gpkg:
        for statement in gpkg_tables.TABLES:
            op.execute(statement)
    _places()
    _homes()
    _happenings()
    _house()
    _accounts()
    if gpkg:
        _register()
    op.bulk_insert(
        sa.table("counters", sa.column("layer"), sa.column("value")),
        [{"layer": name, "value": 0} for name in COUNTERS],
    )


def _grid_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("fid", RowId, primary_key=True),
        sa.Column("geom", Geometry("MULTIPOLYGON"), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("area_code", sa.Text),
        sa.Column("member", sa.Text),
        sa.Column("visit_every_days", Whole),
    ]


def _places() -> None:
    op.create_table(
        "areas",
        sa.Column("fid", RowId, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("parent_code", sa.Text),
        sa.CheckConstraint(
            "level IN ('county', 'township', 'village')", name=op.f("areas_level_check")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("areas_code", "areas", ["code"], unique=True)
    op.create_index("areas_parent", "areas", ["parent_code"])
    op.create_table("grids", *_grid_columns(), sqlite_autoincrement=True)
    op.create_index("grids_code", "grids", ["code"], unique=True)
    op.create_index("grids_area", "grids", ["area_code"])
    op.create_table(
        "revisions",
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("valid_from", sa.Date),
        sa.Column("published_at", Instant, nullable=False),
        sa.Column("note", sa.Text),
    )
    op.create_table(
        "grids_history",
        *_grid_columns(),
        sa.Column("came_from", sa.Text),
        sa.Column("revision", sa.Integer, sa.ForeignKey("revisions.revision"), nullable=False),
        sa.Column("until_revision", sa.Integer, sa.ForeignKey("revisions.revision")),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_to", sa.Date),
        sqlite_autoincrement=True,
    )
    op.create_index("grids_history_code", "grids_history", ["code", "revision"], unique=True)


def _homes() -> None:
    op.create_table(
        "households",
        sa.Column("fid", RowId, primary_key=True),
        sa.Column("geom", Geometry("POINT")),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("visit_every_days", Whole),
        sa.Column("listed_on", sa.Date, nullable=False),
        sa.Column("unlisted_on", sa.Date),
        sa.Column("grid_code", sa.Text),
        sa.Column("placed_in", sa.Text),
        sa.Column("morton", RowId),
        sqlite_autoincrement=True,
    )
    op.create_index("households_id", "households", ["id"], unique=True)
    op.create_index("households_placed", "households", ["placed_in"])
    op.create_index("households_morton", "households", ["morton", "placed_in", "id"])
    unlocated = sa.text("geom IS NULL")
    op.create_index(
        "households_unlocated",
        "households",
        ["grid_code"],
        sqlite_where=unlocated,
        postgresql_where=unlocated,
    )


def _happenings() -> None:
    op.create_table(
        "visits",
        sa.Column("fid", RowId, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("household_id", sa.Text, sa.ForeignKey("households.id"), nullable=False),
        sa.Column("visited_at", Instant, nullable=False),
        sa.Column("visited_on", sa.Date, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("member", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("client_id", sa.Text),
        sa.CheckConstraint(
            "outcome IN ('met', 'no_one_home', 'refused', 'phone')",
            name=op.f("visits_outcome_check"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("visits_id", "visits", ["id"], unique=True)
    op.create_index("visits_household", "visits", ["household_id", "outcome", "visited_on"])
    named = sa.text("client_id IS NOT NULL")
    op.create_index(
        "visits_client",
        "visits",
        ["client_id"],
        unique=True,
        sqlite_where=named,
        postgresql_where=named,
    )
    op.create_table(
        "cases",
        sa.Column("fid", RowId, primary_key=True),
        sa.Column("geom", Geometry("POINT")),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("household_id", sa.Text, sa.ForeignKey("households.id")),
        sa.Column("category", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("opened_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("closed_on", sa.Date),
        sa.Column("status", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("placed_in", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("cases_id", "cases", ["id"], unique=True)
    op.create_index("cases_household", "cases", ["household_id"])
    op.create_index("cases_placed", "cases", ["placed_in"])


def _house() -> None:
    op.create_table(
        "programme",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("visit_every_days", sa.Integer, nullable=False),
        sa.Column("soon_days", sa.Integer, nullable=False),
        sa.Column("phone_counts", sa.Boolean, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("demo", sa.Boolean, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer),
        sa.CheckConstraint("id = 1", name=op.f("programme_single_check")),
    )
    op.create_table(
        "counters",
        sa.Column("layer", sa.Text, primary_key=True),
        sa.Column("value", RowId, nullable=False),
    )


def _accounts() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "links",
        sa.Column("token_hash", sa.Text, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant),
    )
    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.Text, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
    )
    op.create_index("sessions_person", "sessions", ["person_id"])


def _register() -> None:
    names = ("srs_name", "srs_id", "organization", "organization_coordsys_id", "definition")
    _insert("gpkg_spatial_ref_sys", (*names, "description"), gpkg_tables.SRS_ROWS)
    _insert(
        "gpkg_contents",
        ("table_name", "data_type", "identifier", "description", "srs_id"),
        [
            (
                name,
                "attributes" if kind is None else "features",
                name,
                gpkg_tables.DESCRIPTIONS[name],
                None if kind is None else 4326,
            )
            for name, kind in LAYERS.items()
        ],
    )
    _insert(
        "gpkg_geometry_columns",
        ("table_name", "column_name", "geometry_type_name", "srs_id", "z", "m"),
        [(name, "geom", kind, 4326, 0, 0) for name, kind in LAYERS.items() if kind is not None],
    )


def _insert(table: str, names: tuple[str, ...], rows: object) -> None:
    columns = sa.table(table, *map(sa.column, names))
    op.bulk_insert(columns, [dict(zip(names, row, strict=True)) for row in rows])  # type: ignore[attr-defined]
