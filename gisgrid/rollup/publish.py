"""A county's columns, written as Parquet by county and week."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisgrid.rollup.engine import connect
from gisgrid.rollup.layout import FORMAT, KEY, MANIFEST, folder_of, week_of
from gisgrid.rollup.line import is_address
from gisgrid.rollup.remote import send, usable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from gisgrid.rollup.layout import Manifest, Tables

_ROW_GROUP = 122_880


def publish(root: str, manifest: Manifest, tables: Tables) -> Manifest:
    """Write a county below `root` and let it appear whole; returns the manifest with its files.

    root: a path or an address. What is there already with the same content is not written again.
    Files of the publication before are removed once the new manifest stands. Of two who publish the
    same county at once one waits. Raises ExtraMissing; FileUnwritable for a folder; for an address
    as remote.send.
    """
    if not is_address(root):
        return _into(Path(root.removeprefix("file://")), manifest, tables)
    with TemporaryDirectory(prefix="gisgrid-rollup-") as folder:
        done = _into(Path(folder), manifest, tables)
        send(root, Path(folder) / folder_of(done.county), done)
    return done


def _into(root: Path, manifest: Manifest, tables: Tables) -> Manifest:
    folder = root / folder_of(manifest.county)
    with connect() as engine, _writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            return _filled(engine, folder, manifest, tables)


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """`usable`, whether the system says so or the engine."""
    import duckdb  # noqa: PLC0415 - an extra that few need

    with usable(folder):
        try:
            yield
        except duckdb.IOException as err:
            raise OSError(str(err).rpartition(": ")[2]) from err


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else publishes into a folder, as far as its file system can tell."""
    if os.name != "posix":
        yield
        return
    import fcntl  # noqa: PLC0415 - only there

    place = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # over a network a folder may know no locks
            fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def _filled(
    engine: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, tables: Tables
) -> Manifest:
    """Write what is not there yet, then the manifest, then remove what it does not name."""
    files: dict[str, dict[str, Any]] = {}
    for place, frame, note in _files(tables):
        name = f"{place}-{_digest(frame, note)}.parquet"
        path = folder / name
        if not path.exists():
            _write(engine, frame, path, note)
        files[name] = {"rows": len(frame), "bytes": path.stat().st_size}
    weeks = sorted({week_of(int(day)) for day in np.unique(tables.visit_day)})
    done = replace(manifest, files=files, weeks=weeks)
    done.write(folder)
    for path in folder.rglob("*"):
        if path.is_file() and path.name != MANIFEST and str(path.relative_to(folder)) not in files:
            path.unlink()
    return done


def _files(tables: Tables) -> Iterator[tuple[str, pd.DataFrame, dict[str, str]]]:
    """(place and stem, rows, metadata) of each file of a county."""
    yield "areas", pd.DataFrame(tables.areas), {}
    yield "grids", pd.DataFrame(tables.grids), {"geo": _geo(tables.grids["wkb"])}
    yield "households", _households(tables), {}
    weeks = tables.visit_day // 7
    order = np.lexsort((tables.visit_day, tables.visit_household, weeks))
    day = tables.visit_day[order]
    names = np.array([week_of(int(d)) for d in np.unique(day)], dtype=object)
    week, at = np.unique(names, return_inverse=True)
    number = at[np.searchsorted(np.unique(day), day)]
    for i, name in enumerate(week):
        rows = order[number == i]
        frame = pd.DataFrame(
            {
                "household": tables.visit_household[rows].astype(np.int32),
                "day": tables.visit_day[rows].astype(np.int32),
                "kind": tables.visit_kind[rows].astype(np.int8),
            }
        )
        yield (
            f"week={name}/visits",
            frame.sort_values(["household", "day", "kind"], ignore_index=True),
            {},
        )


def _households(tables: Tables) -> pd.DataFrame:
    """One row for each household and span; spans that hold no days are left out."""
    number = np.arange(len(tables.listed), dtype=np.int32)
    parts = [
        pd.DataFrame(
            {
                "household": number,
                "listed": tables.listed,
                "unlisted": tables.unlisted,
                "unlocated": tables.unlocated,
                "first_met": tables.first_met,
                "first_phone": tables.first_phone,
                "county": span.county,
                "township": span.township,
                "grid": span.grid,
                "every": span.every,
                "from_day": np.int32(span.from_day),
                "until_day": np.int32(span.until_day),
            }
        )
        for span in tables.spans
        if span.from_day < span.until_day
    ]
    return pd.concat(parts, ignore_index=True)


def _digest(frame: pd.DataFrame, note: dict[str, str]) -> str:
    """A short hash of the content: the same rows get the same file name."""
    found = hashlib.sha256(json.dumps([FORMAT, note, list(frame.columns)]).encode())
    for name in frame.columns:
        values = frame[name].to_numpy()
        if values.dtype == object:
            for value in values:
                raw = value if isinstance(value, bytes) else str(value).encode()
                found.update(len(raw).to_bytes(4, "little") + raw)
        else:
            found.update(np.ascontiguousarray(values).tobytes())
    return found.hexdigest()[:16]


def _write(
    engine: duckdb.DuckDBPyConnection, frame: pd.DataFrame, path: Path, note: dict[str, str]
) -> None:
    """One Parquet file, under another name until it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    marks = {KEY: str(FORMAT), **note}
    listed = ", ".join(f"{name}: {_quoted(value)}" for name, value in marks.items())
    engine.register("frame", frame)
    try:
        engine.execute(
            f"COPY (SELECT * FROM frame) TO {_quoted(str(draft))} (FORMAT parquet, "  # noqa: S608 - the one placeholder that COPY lacks, quoted
            f"COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP}, KV_METADATA {{{listed}}})"
        )
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)  # a full disk is not to stay full of it
        raise
    finally:
        engine.unregister("frame")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _geo(wkb: list[bytes]) -> str:
    """The metadata that makes a Parquet file a GeoParquet 1.0.0 one (OGC:CRS84 by default)."""
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": ["Polygon", "MultiPolygon"]}
    if wkb:  # of nothing at all shapely finds no bounds, and raises
        bounds = shapely.total_bounds(shapely.from_wkb(np.array(wkb, dtype=object)))
        column["bbox"] = [float(value) for value in bounds]
    return json.dumps({"version": "1.0.0", "primary_column": "wkb", "columns": {"wkb": column}})
