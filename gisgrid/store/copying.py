"""A copy of the store that may leave the house: a GeoPackage without accounts and sessions."""

from __future__ import annotations

import os
import secrets
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Date, insert, select

from gisgrid.errors import StoreExists
from gisgrid.store import migrate
from gisgrid.store.dialects.gpkg import Gpkg
from gisgrid.store.geometry import multi, total_bounds
from gisgrid.store.schema import LAYER_TABLES, metadata, programme
from gisgrid.store.types import Geometry, Instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from gisgrid.store.dialects.base import Dialect

_ROWS = 50_000
_TABLES = ("revisions", "lineage", *LAYER_TABLES)


def copy_store(source: Dialect, path: Path) -> None:
    """Write the copy under another name and let it appear whole. Raises StoreExists."""
    if os.path.lexists(path):
        raise StoreExists(url=str(path))
    draft = path.absolute().with_name(f".{path.name}.{os.getpid()}.copy")
    try:
        if not source.copy_to(draft):
            _rebuild(source, draft)
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


def _rebuild(source: Dialect, path: Path) -> None:
    """The same rows in a new GeoPackage, from another kind of database."""
    target = Gpkg(path, patience=1.0)
    try:
        with target.creating() as new, source.reading() as old:
            migrate.lay_out(new)
            rules = dict(old.execute(select(programme)).one()._mapping)
            new.execute(insert(programme).values(rules | {"token": secrets.token_hex(16)}))
            for name in _TABLES:
                _copy_table(source, old, target, new, metadata.tables[name])
    finally:
        target.close()


def _copy_table(
    source: Dialect, old: Connection, target: Dialect, new: Connection, table: Table
) -> None:
    names = [column.name for column in table.columns]
    rows = iter(source.raw(old, table, names))
    while batch := list(islice(rows, _ROWS)):
        columns = [
            _converted(source, target, new, table, name, values)
            for name, values in zip(names, zip(*batch, strict=True), strict=True)
        ]
        target.insert(new, table, names, zip(*columns, strict=True))


def _converted(
    source: Dialect,
    target: Dialect,
    new: Connection,
    table: Table,
    name: str,
    values: Sequence[Any],
) -> Sequence[Any]:
    kind = table.c[name].type
    if isinstance(kind, Date):
        return target.store_days(np.array(values, dtype="datetime64[D]"))
    if isinstance(kind, Instant):
        naive = [None if value is None else value.replace(tzinfo=None) for value in values]
        return target.store_instants(np.array(naive, dtype="datetime64[ms]"))
    if not isinstance(kind, Geometry):
        return values
    if kind.kind == "POINT":
        lon, lat = source.load_lonlat(values)
        located = ~np.isnan(lon)
        if located.any():
            x, y = lon[located], lat[located]
            box = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
            target.fit_extent(new, table, box, None)
        return target.store_points(lon, lat)
    shapes = source.load_geometries(values)
    target.fit_extent(new, table, total_bounds(shapes), None)
    return target.store_polygons(multi(shapes))
