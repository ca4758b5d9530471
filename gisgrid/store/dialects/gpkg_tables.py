"""The tables that make a SQLite file a GeoPackage 1.3 (OGC 12-128r17), and their upkeep."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from gisgrid.store import guards
from gisgrid.store.geometry import gpkg_wkb, total_bounds
from gisgrid.store.schema import PRIVATE_TABLES
from gisgrid.store.types import instant_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from gisgrid.store.dialects.base import Bounds

APPLICATION_ID = 0x47504B47  # "GPKG"
VERSION = 10300

_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,'
    'AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,'
    'AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],'
    'AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)

SRS_ROWS = (
    ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic"),
    ("WGS 84", 4326, "EPSG", 4326, _WGS84, "longitude/latitude in degrees on WGS 84"),
)

TABLES = (
    """CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL,
    definition TEXT NOT NULL,
    description TEXT)""",
    """CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY,
    data_type TEXT NOT NULL,
    identifier TEXT UNIQUE,
    description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
    srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))""",
    """CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL,
    column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL,
    z TINYINT NOT NULL,
    m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))""",
)


DESCRIPTIONS: dict[str, str] = {
    "areas": "Villages, townships and the county, a tree by parent_code",
    "grids": "The plan in force: one polygon for each grid",
    "grids_history": "Every plan there was, with the days from and to which it was in force",
    "households": "Who is visited; without a point where the position is not known",
    "visits": "What happened at a household, when, and what came of it",
    "cases": "Requests and needs; without a point where the household's own counts",
}


def fit_extent(
    connection: sqlite3.Connection, table: str, new: Bounds | None, lost: Bounds | None
) -> None:
    """Keep min_x … max_y of a layer exact; see Dialect.fit_extent."""
    known = connection.execute(
        "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = ?", [table]
    ).fetchone()
    found: Bounds | None = None if known is None or known[0] is None else known
    if lost is not None and found is not None and _touches(lost, found):
        rows = connection.execute(f"SELECT geom FROM {table} WHERE geom IS NOT NULL")  # noqa: S608
        from shapely import from_wkb  # noqa: PLC0415 - rarely needed

        found = total_bounds(from_wkb(gpkg_wkb([row[0] for row in rows])))
    elif new is not None and found is not None:
        found = (*map(min, found[:2], new[:2]), *map(max, found[2:], new[2:]))  # type: ignore[assignment]
    else:
        found = new or found
    if found != known and found is not None:
        connection.execute(
            "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ? "
            "WHERE table_name = ?",
            [*found, table],
        )


def _touches(inner: Bounds, outer: Bounds) -> bool:
    """Whether the border of `outer` may have hung on something within `inner`."""
    return (
        inner[0] <= outer[0] or inner[1] <= outer[1] or inner[2] >= outer[2] or inner[3] >= outer[3]
    )


def note_change(connection: sqlite3.Connection, tables: Iterable[str], now: datetime) -> None:
    """Set last_change."""
    moment = instant_text(now)
    connection.executemany(
        "UPDATE gpkg_contents SET last_change = ? WHERE table_name = ?",
        [(moment, table) for table in tables],
    )


def strip(copy: sqlite3.Connection) -> None:
    """Empty what must not leave the house, and leave no trace of it in the file's free pages."""
    copy.execute("PRAGMA journal_mode=DELETE")
    copy.execute("BEGIN IMMEDIATE")
    for trigger in (name for guard in guards.ALL for name in guard.names("sqlite")):
        copy.execute(f"DROP TRIGGER {trigger}")
    for table in PRIVATE_TABLES:
        copy.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
    copy.execute("DELETE FROM sqlite_sequence WHERE name = 'people'")
    copy.execute("UPDATE programme SET token = ?", [secrets.token_hex(16)])
    for statement in (one for guard in guards.ALL for one in guard.statements("sqlite")):
        copy.execute(statement)
    copy.execute("COMMIT")
    copy.execute("VACUUM")
