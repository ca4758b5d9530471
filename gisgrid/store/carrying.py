"""Rows from one database to another, whole columns at a time, and a digest that both must share."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Boolean

from gisgrid.store.geometry import multi, total_bounds
from gisgrid.store.types import Geometry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Table

    from gisgrid.store.dialects.base import Dialect

_ROWS = 50_000
"""Rows at a time; the digest depends on it."""


class Digest:
    """What a table holds, in one number: the same for the same rows in either database.

    Rows go by the table's key. Moments count to the millisecond, geometry as WKB; `token`, which
    no two stores share, does not count.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._hash = hashlib.sha256()
        self.rows = 0

    def take(self, dialect: Dialect, names: list[str], columns: list[Sequence[Any]]) -> None:
        """The next rows, as Dialect.plain gives them."""
        self.rows += len(columns[0])
        for name, values in zip(names, columns, strict=True):
            if name == "token":
                continue
            shape = isinstance(self._table.c[name].type, Geometry)
            plain = dialect.load_wkb(values).tolist() if shape else list(values)
            self._hash.update(repr(plain).encode())

    @property
    def result(self) -> tuple[int, str]:
        """(rows, hash)."""
        return self.rows, self._hash.hexdigest()


def carry_table(
    source: Dialect, old: Connection, target: Dialect, new: Connection, table: Table
) -> tuple[int, str]:
    """Add all rows of a table of `old` to the same, empty table of `new`; the digest of `old`'s."""
    names = [column.name for column in table.columns]
    read = Digest(table)

    def stored() -> Iterator[tuple[Any, ...]]:
        for columns in _batches(source, old, table, names):
            read.take(source, names, columns)
            turned = [
                _stored(source, target, new, table, name, values)
                for name, values in zip(names, columns, strict=True)
            ]
            yield from zip(*turned, strict=True)

    with target.filling(new, table):
        target.insert(new, table, names, stored())
    target.numbers_given(new, table)
    return read.result


def digest(dialect: Dialect, connection: Connection, table: Table) -> tuple[int, str]:
    """(rows, hash) of a table; see Digest."""
    names = [column.name for column in table.columns]
    found = Digest(table)
    for columns in _batches(dialect, connection, table, names):
        found.take(dialect, names, columns)
    return found.result


def _batches(
    dialect: Dialect, connection: Connection, table: Table, names: list[str]
) -> Iterator[list[Sequence[Any]]]:
    with dialect.plain(connection, table, names) as rows:
        while batch := list(islice(rows, _ROWS)):
            yield list(zip(*batch, strict=True))


def _stored(
    source: Dialect,
    target: Dialect,
    new: Connection,
    table: Table,
    name: str,
    values: Sequence[Any],
) -> Sequence[Any]:
    """Values as Dialect.plain gives them -> as `target` stores them."""
    kind = table.c[name].type
    if isinstance(kind, Boolean):
        return [None if value is None else bool(value) for value in values]
    if not isinstance(kind, Geometry):
        return values  # days and moments as text: either database takes them so
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
