"""GeoPackage, in the child, by sqlite3 alone.

GDAL would run what a hostile file asks for (VirtualOGR tables, endless views) and can crash on a
damaged one; fiona's SQLite is of 2020. So: read-only, plain tables only, no code from the schema.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisgrid.errors import FileNotWhatItSays, FileUnreadable
from gisgrid.exchange import wire
from gisgrid.exchange.limits import MAX_FIELDS, SQLITE_SECONDS
from gisgrid.exchange.wish import choose

if TYPE_CHECKING:
    from collections.abc import Iterable

_GROUP = 16_384
"""Rows that are in memory at a time."""
_STYLES = "layer_styles"
"""Where QGIS keeps how it draws the other layers."""


def read_gpkg(task: dict[str, Any]) -> None:
    """All rows of the layer `task["layer"]`, or of the only layer."""
    file = task["file"]
    try:
        _read(task)
    except sqlite3.DatabaseError as err:
        # Messages of SQLite name tables and columns, never values.
        raise FileUnreadable(file=file, why="damaged", said=str(err)) from err
    except (ValueError, TypeError, OverflowError) as err:
        # Bytes that are no text in the schema, text where the standard has a number …
        raise FileUnreadable(file=file, problem="its database is damaged") from err


def _read(task: dict[str, Any]) -> None:
    uri = f"{Path(task['path']).absolute().as_uri()}?mode=ro&immutable=1"
    base = sqlite3.connect(uri, uri=True)
    until = time.monotonic() + SQLITE_SECONDS
    base.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    base.text_factory = _lenient
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON", "mmap_size=0"):
        base.execute(f"PRAGMA {pragma}")
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000_000)
    tables = _tables(base, task["file"])
    layers = _layers(base, tables)
    if not layers:
        raise FileNotWhatItSays(file=task["file"], said="GeoPackage with layers")
    name = choose(layers, task)
    if base.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise FileUnreadable(file=task["file"], problem="its database is damaged")
    _dump(base, name, task["file"])


def _tables(base: sqlite3.Connection, file: str) -> set[str]:
    """Names of plain tables; a file that is no GeoPackage is refused."""
    rows = base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    plain = {
        name for name, sql in rows if not (sql or "").lstrip().upper().startswith("CREATE VIRTUAL")
    }
    if "gpkg_contents" not in plain:
        raise FileNotWhatItSays(file=file, said="GeoPackage")
    return plain


def _layers(base: sqlite3.Connection, tables: set[str]) -> list[str]:
    """Feature and attribute layers that are plain tables: no views, no virtual tables."""
    rows = base.execute(
        "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes')"
    )
    known = {name.lower(): name for name in tables}
    names = [str(name).lower() for (name,) in rows]
    return [known[name] for name in names if name in known and name != _STYLES]


def _dump(base: sqlite3.Connection, table: str, file: str) -> None:
    """Columns but for blobs, shapes as WKB, the coordinate system."""
    shape_column, srs = _geometry_column(base, table)
    quoted = '"' + table.replace('"', '""') + '"'
    described = base.execute(f"PRAGMA table_info({quoted})").fetchall()
    if len(described) > MAX_FIELDS:
        raise FileUnreadable(file=file, why="too_wide", most=MAX_FIELDS)
    # The row id is GeoPackage's own (fid); it is no word of the file's owner.
    kept = [row[1] for row in described if not (row[5] and row[2].upper() == "INTEGER")]
    fields = [name for name in kept if name != shape_column]
    wanted = [*fields, *([shape_column] if shape_column else [])]
    listed = ", ".join('"' + name.replace('"', '""') + '"' for name in wanted)
    statement = f"SELECT {listed} FROM {quoted}"  # noqa: S608 - quoted names
    out = wire.Writer(Path())
    base.text_factory = str
    try:
        count, broken = _write(out, base.execute(statement), fields)
    except sqlite3.OperationalError as err:
        if "decode" not in str(err):
            raise
        out.clear()
        base.text_factory = _lenient
        count, broken = _write(out, base.execute(statement), fields)
    out.close({"rows": count, "layer": table, "crs": _crs(base, srs), "broken": broken})


def _lenient(data: bytes) -> str:
    """Text that is no UTF-8 with a mark where it is none."""
    return data.decode("utf-8", errors="replace")


def _write(out: wire.Writer, rows: sqlite3.Cursor, fields: list[str]) -> tuple[int, dict[int, str]]:
    """Write rows group by group; how many, and why some shapes could not be read.

    What stands behind the fields in a row is its shape.
    """
    count, broken = 0, dict[int, str]()
    while group := rows.fetchmany(_GROUP):
        lists: list[Any] = list(zip(*group, strict=True))
        columns = {name: _cells(lists[place]) for place, name in enumerate(fields)}
        shapes = None
        if len(lists) > len(fields):
            wkb, faults = _shapes(lists[-1])
            shapes = wire.joined(wkb)
            broken |= {count + index: why for index, why in faults.items()}
        out.add(columns, shapes)
        count += len(group)
    return count, broken


def _cells(values: Any) -> list[Any]:
    """A column as it is taken: text without blanks around it, no bytes."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {int, float}:
        return list(values)
    if kinds == {str}:
        return [None if value is None else value.strip() or None for value in values]
    return [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return None if isinstance(value, bytes) else value


def _geometry_column(base: sqlite3.Connection, table: str) -> tuple[str | None, int]:
    row = base.execute(
        "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ? COLLATE NOCASE",
        (table,),
    ).fetchone()
    return (str(row[0]), int(row[1])) if row else (None, 0)


def _crs(base: sqlite3.Connection, srs: int) -> str | None:
    """`EPSG:…` or WKT; None where the file says undefined (0 and -1)."""
    row = base.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys "
        "WHERE srs_id = ?",
        (srs,),
    ).fetchone()
    if row is None or srs in {0, -1}:
        return None
    if str(row[0]).upper() == "EPSG":
        return f"EPSG:{int(row[1])}"
    return None if str(row[2]).lower() == "undefined" else str(row[2])


_ENVELOPES = (0, 32, 48, 48, 64)
"""Bytes of the bounding box by its code (GeoPackage 1.3, 2.1.3)."""


def _shapes(blobs: Iterable[Any]) -> tuple[list[bytes | None], dict[int, str]]:
    """WKB of each blob; an empty shape is none; why a blob could not be read, by index."""
    shapes: list[bytes | None] = []
    broken: dict[int, str] = {}
    for index, blob in enumerate(blobs):
        shape: bytes | None = None
        if blob is not None:
            header = blob[:8] if isinstance(blob, bytes) else b""
            envelope = (header[3] >> 1) & 7 if len(header) == 8 else 7
            if header[:2] != b"GP" or envelope >= len(_ENVELOPES):
                broken[index] = "has a shape that cannot be read"
            elif not header[3] & 0x10:
                shape = bytes(blob[8 + _ENVELOPES[envelope] :])
        shapes.append(shape)
    return shapes, broken
