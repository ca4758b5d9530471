"""GeoParquet 1.1, in the child, by DuckDB (the extra `rollup`); it may touch its folder alone."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisgrid.errors import ExtraMissing, FileUnreadable, FileUnwritable
from gisgrid.exchange import wire
from gisgrid.exchange.limits import (
    CELLS_A_BYTE,
    CELLS_AT_LEAST,
    MAX_CELLS,
    MAX_FIELDS,
    MAX_TEXT,
    MAX_UNPACKED_BYTES,
)

if TYPE_CHECKING:
    import duckdb

_TYPES = {"text": "VARCHAR", "int": "BIGINT", "float": "DOUBLE", "date": "DATE"}
_ENGINE = "duckdb"
_SHAPE = "geometry"
_RULES = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_progress_bar = false",
    "SET threads = 1",
    "SET memory_limit = '1GB'",
    # Shapes stay the bytes that they are in the file: what is none is told row by row.
    "SET enable_geoparquet_conversion = false",
    "SET temp_directory = ''",
)


def _engine() -> duckdb.DuckDBPyConnection:
    """An engine that can open nothing outside the current folder. Raises ExtraMissing."""
    try:
        import duckdb  # noqa: PLC0415 - an extra that few need
    except ImportError as err:
        raise ExtraMissing(what=_ENGINE, extra="rollup") from err
    made = duckdb.connect(":memory:")
    for rule in _RULES:
        made.execute(rule)
    made.execute("SET allowed_directories = [?]", [str(Path().absolute())])
    made.execute("SET enable_external_access = false")
    made.execute("SET lock_configuration = true")
    return made


def read_parquet(task: dict[str, Any]) -> None:
    """All rows of the one table of the file; nested columns are left out."""
    engine = _engine()
    import duckdb  # noqa: PLC0415 - only once it is known to be there

    file, path = task["file"], str(Path(task["path"]).absolute())
    try:
        _check_size(engine, path, file)
        shape, crs = _geo(engine, path, file)
        table = engine.execute("SELECT * FROM read_parquet(?)", [path])
        names = [str(column[0]) for column in table.description or []]
        if len(names) > MAX_FIELDS:
            raise FileUnreadable(file=file, why="too_wide", most=MAX_FIELDS)
        rows = table.fetchall()
    except duckdb.Error as err:
        said = str(err).splitlines()[0][:200].replace(path, file)
        raise FileUnreadable(file=file, why="damaged", said=said) from err
    cells = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    shapes = None
    if shape in cells:
        shapes = [bytes(wkb) if isinstance(wkb, bytes) else None for wkb in cells.pop(shape)]
    columns = {name: [_cell(value) for value in values] for name, values in cells.items()}
    wire.dump(Path(), {"rows": len(rows), "crs": crs}, columns, shapes)


def _check_size(engine: Any, path: str, file: str) -> None:
    """Refuse by its footer what is far larger in memory than the file: equal cells take no room."""
    ((cells, unpacked),) = engine.execute(
        "SELECT coalesce(greatest(sum(num_values), sum(row_group_num_rows)), 0), "
        "coalesce(sum(total_uncompressed_size), 0) FROM parquet_metadata(?)",
        [path],
    ).fetchall()
    if cells > CELLS_AT_LEAST + CELLS_A_BYTE * Path(path).stat().st_size:
        raise FileUnreadable(file=file, problem="it unpacks to far more than it should")
    if cells > MAX_CELLS or unpacked > MAX_UNPACKED_BYTES:
        raise FileUnreadable(file=file, why="cells", most=MAX_CELLS)


def _geo(engine: Any, path: str, file: str) -> tuple[str | None, str | None]:
    """The column of shapes and its system; (None, None) for a Parquet file without any."""
    found = engine.execute(
        "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'geo'", [path]
    ).fetchone()
    if found is None:
        return None, None
    try:
        told = json.loads(bytes(found[0]))
        name = str(told["primary_column"])
        column = told["columns"][name]
        if column["encoding"] != "WKB":
            raise FileUnreadable(file=file, problem="its shapes are not written as WKB")
        return name, _system(column.get("crs", "OGC:CRS84"))
    except (ValueError, KeyError, TypeError) as err:
        raise FileUnreadable(file=file, problem="what it says of its shapes is damaged") from err


def _system(told: Any) -> str | None:
    """`EPSG:…` or WKT of what the file says (PROJJSON); None where it says that it is unknown."""
    if told is None:
        return None
    if told == "OGC:CRS84":
        return "EPSG:4326"
    known = told.get("id") or {}
    if (known.get("authority"), known.get("code")) == ("OGC", "CRS84"):
        return "EPSG:4326"
    if known.get("authority") == "EPSG":
        return f"EPSG:{int(known['code'])}"
    import pyproj  # noqa: PLC0415 - a part of a second that few files need

    try:
        return str(pyproj.CRS.from_json_dict(told).to_wkt())
    except pyproj.exceptions.CRSError as err:
        raise ValueError("no system") from err


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value[: MAX_TEXT + 1].strip() or None
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (int, date, datetime)) else None


def write_parquet(task: dict[str, Any]) -> None:
    """What lies in the current folder (`wire`) as `task["path"]`; see child_write.write."""
    engine = _engine()
    import duckdb  # noqa: PLC0415 - only once it is known to be there
    import pandas as pd  # noqa: PLC0415

    _, columns, shapes = wire.load(Path())
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    chosen = [
        f"CAST({_quoted(name)} AS {_TYPES[kind]}) AS {_quoted(name)}"
        for name, kind in task["kinds"].items()
    ]
    more = ""
    if shapes is not None:
        name = _free(_SHAPE, columns)
        frame[name] = pd.Series(shapes, dtype=object)
        chosen.append(_as(name, "BLOB"))
        told = json.dumps(_said(name, task), ensure_ascii=True).replace("'", "''")
        more = f", KV_METADATA {{geo: '{told}'}}"
    path = str(Path(task["path"]).absolute()).replace("'", "''")
    try:
        engine.register("rows", frame)
        engine.execute(
            f"COPY (SELECT {', '.join(chosen)} FROM rows) TO '{path}' "  # noqa: S608 - quoted names
            f"(FORMAT parquet, COMPRESSION zstd{more})"
        )
    except duckdb.Error as err:
        raise FileUnwritable(file=task["file"], problem=str(err).splitlines()[0][:200]) from err


def _said(name: str, task: dict[str, Any]) -> dict[str, Any]:
    """The metadata of GeoParquet 1.1. Where no system is named, it is degrees of WGS 84."""
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": [task["geometry"]]}
    if task["bbox"] is not None:
        column["bbox"] = task["bbox"]
    if task["crs"] != "EPSG:4326":
        import pyproj  # noqa: PLC0415

        column["crs"] = pyproj.CRS.from_user_input(task["crs"]).to_json_dict()
    return {"version": "1.1.0", "primary_column": name, "columns": {name: column}}


def _free(name: str, taken: Any) -> str:
    while name in taken:
        name += "_"
    return name


def _as(name: str, kind: str) -> str:
    return f"CAST({_quoted(name)} AS {kind}) AS {_quoted(name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
