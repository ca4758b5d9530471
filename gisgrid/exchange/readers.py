"""Read any file that gisgrid takes: `read`."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.columns import objects
from gisgrid.errors import ChildFailed, FileEmpty, FileInUse, FileUnreadable
from gisgrid.exchange import process, wire
from gisgrid.exchange.kinds import KINDS, OLD_NAMES, is_archive, kind_of
from gisgrid.exchange.limits import MAX_VERTICES, MAX_VERTICES_EACH
from gisgrid.exchange.notes import note
from gisgrid.exchange.read_csv import read_csv
from gisgrid.exchange.read_geojson import read_geojson
from gisgrid.exchange.table import Table
from gisgrid.exchange.unzip import (
    check_archive,
    check_parts,
    gather_shapefile,
    unzip_kml,
    unzip_lone,
    unzip_shapefile,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gisgrid.columns import Objects


LONE = frozenset(KINDS) - {".zip", ".shp", ".dbf"}
"""What is read where it lies in a zip alone."""


def read(
    path: Path,
    *,
    name: str | None = None,
    layer: str | None = None,
    our_layer: str | None = None,
    encoding: str | None = None,
    salvage: bool = False,
) -> Table:
    """The rows of one layer of a file.

    name: what its owner calls the file, where it lies under another name. layer: of the file
    (sheet, GeoPackage layer, shapefile in a zip). our_layer: taken where a file has several and
    one is called as ours. salvage: take what is whole of a damaged file.
    Raises the errors of files (docs/errors.md), never those of libraries.
    """
    file = name or path.name
    kind = kind_of(path, file)
    wishes: dict[str, Any] = {"layer": layer, "our_layer": our_layer, "encoding": encoding}
    if kind == "zip":
        with tempfile.TemporaryDirectory(prefix="gisgrid-") as folder:
            lone = unzip_lone(path, Path(folder), LONE, file=file)
            if lone is not None:
                return replace(read(lone, name=f"{file}{lone.suffix}", **wishes), file=file)
    if kind == "csv":
        return read_csv(path, file=file, encoding=encoding, our_layer=our_layer)
    if kind == "geojson":
        table = read_geojson(path, file=file, encoding=encoding)
    else:
        with tempfile.TemporaryDirectory(prefix="gisgrid-") as folder:
            task: dict[str, Any] = {"task": kind, "salvage": salvage, **wishes}
            table = _by_child(path, Path(folder), kind, file, task)
    _check_shapes(table)
    return table


def _by_child(path: Path, folder: Path, kind: str, file: str, task: dict[str, Any]) -> Table:
    """Copy what is needed into `folder` under our own names and have a child read it."""
    if kind in {"zip", "shp"}:
        if kind == "zip":
            unzip_shapefile(path, folder, file=file, layer=task["layer"])
        else:
            gather_shapefile(path, folder, file=file)
        check_parts(folder, file=file)
        task["task"] = "shp"
    else:
        task |= _copied(path, folder, kind, file)
    try:
        process.run(task, folder, file=file, foreign=True)
    except ChildFailed:
        if kind == "excel":  # a stray cell far away needs all the room up to it
            process.run(task | {"task": "far"}, folder, file=file, foreign=True)
        raise
    return _table(folder, str(task["task"]), file)


def read_back(path: Path, layer: str, *, file: str) -> Table:
    """A GeoPackage of ours by GDAL, or a KML with LABEL. Raises FileEmpty where it has no rows."""
    kind = path.suffix[1:]
    with tempfile.TemporaryDirectory(prefix="gisgrid-") as name:
        folder = Path(name)
        shutil.copyfile(path, folder / f"data.{kind}")
        task: dict[str, Any] = {"task": _BACK[kind], "path": f"data.{kind}", "layer": layer}
        process.run(task | {"labels": True}, folder, file=file)
        table = _table(folder, kind, file)
    _check_shapes(table)
    return table


_BACK = {"gpkg": "back", "kml": "kml"}


def _copied(path: Path, folder: Path, kind: str, file: str) -> dict[str, Any]:
    """Copy a file that is one piece under a name of ours; what to add to the task."""
    suffix = Path(file).suffix.lower()
    if kind == "gpkg":
        _check_written(path, file)
    elif kind == "excel":
        suffix = _true_ending(path, suffix)
        if suffix != ".xls":
            check_archive(path, file=file)
    elif kind == "html":
        suffix = ".html"
    elif kind == "kmz":
        unzip_kml(path, folder / "data.kml", file=file)
        return {"task": "kml", "path": "data.kml"}
    try:
        shutil.copyfile(path, folder / f"data{suffix}")
    except OSError as err:
        raise FileUnreadable(file=file, problem=str(err.strerror)) from err
    return {"path": f"data{suffix}"}


def _true_ending(path: Path, suffix: str) -> str:
    """How a workbook should be called: old ones are named as new ones, and the other way round."""
    if not is_archive(path):
        return ".xls"
    return ".xlsx" if suffix in OLD_NAMES else suffix


def _check_written(path: Path, file: str) -> None:
    """Refuse a GeoPackage whose last changes lie in a write-ahead log beside it."""
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size > 0:
        raise FileInUse(file=file)


def _table(folder: Path, kind: str, file: str) -> Table:
    """What the child left, as a Table."""
    meta, columns, shapes = wire.load(folder)
    rows: Any = meta["rows"]
    numbers = np.arange(1, rows + 1) if isinstance(rows, int) else np.asarray(rows, dtype=np.int64)
    if not len(numbers):
        raise FileEmpty(file=file)
    broken = {int(index): str(why) for index, why in meta.get("broken", {}).items()}
    geometry = None if shapes is None else _made(shapes, broken)
    del shapes
    cells = {heading: objects(columns.pop(heading)) for heading in list(columns)}
    return Table(
        file,
        kind,
        cells,
        numbers,
        meta.get("layer"),
        geometry,
        broken,
        meta.get("crs"),
        meta.get("encoding"),
        [note(code, **facts) for code, facts in meta.get("notes", [])],
    )


def _made(shapes: Sequence[bytes | None], broken: dict[int, str]) -> Objects:
    """Shapely geometries; what is no WKB is noted in `broken`."""
    found = objects(shapes)
    made = shapely.from_wkb(found, on_invalid="ignore")
    given = np.array([shape is not None for shape in shapes], dtype=bool)
    for index in np.flatnonzero(given & shapely.is_missing(made)):
        broken.setdefault(int(index), "has a shape that cannot be read")
    return made


def _check_shapes(table: Table) -> None:
    """Shapes in two dimensions; note those beyond the limits or with a number that is not finite.

    Empty ones are none.
    """
    if table.geometry is None:
        return
    shapes = table.geometry
    if shapely.has_z(shapes).any() or shapely.has_m(shapes).any():
        shapes = shapely.force_2d(shapes)
    counts = shapely.get_num_coordinates(shapes)
    if counts.sum() > MAX_VERTICES:
        raise FileUnreadable(file=table.file, why="corners", most=MAX_VERTICES)
    for index in np.flatnonzero(counts > MAX_VERTICES_EACH):
        table.broken[int(index)] = "has a shape of far too many corners"
    points, owners = shapely.get_coordinates(shapes, return_index=True)
    for index in np.unique(owners[~np.isfinite(points).all(axis=1)]):
        table.broken[int(index)] = "has a position that is not a finite number"
        shapes[index] = None
    shapes[shapely.is_empty(shapes)] = None
    table.geometry = shapes
