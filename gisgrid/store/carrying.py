"""Rows from one database to another, whole columns at a time, and a digest that both must share."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Boolean, Date

from gisgrid.store.geometry import multi, total_bounds
from gisgrid.store.types import Geometry, Instant, instant_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Table

    from gisgrid.store.dialects.base import Dialect

_ROWS = 50_000


def carry_table(
    source: Dialect, old: Connection, target: Dialect, new: Connection, table: Table
) -> int:
    """Add all rows of a table of `old` to the same table of `new`; returns how many."""
    names = [column.name for column in table.columns]
    count = 0
    for columns, size in _batches(source, old, table, names):
        turned = [
            _stored(source, target, new, table, name, values)
            for name, values in zip(names, columns, strict=True)
        ]
        target.insert(new, table, names, zip(*turned, strict=True))
        count += size
    target.numbers_given(new, table)
    return count


def digest(dialect: Dialect, connection: Connection, table: Table) -> tuple[int, str]:
    """(rows, hash) of a table: the same for the same rows in any order and either database.

    The hash is the sum of the rows' SHA-256, modulo 2**256. Moments count to the millisecond.
    """
    names = [column.name for column in table.columns if column.name != "token"]
    rows, total = 0, 0
    for columns, size in _batches(dialect, connection, table, names):
        plain = [
            _plain(dialect, table, name, values)
            for name, values in zip(names, columns, strict=True)
        ]
        for row in zip(*plain, strict=True):
            total += int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")
        rows += size
    return rows, f"{total % 2**256:064x}"


def _batches(
    dialect: Dialect, connection: Connection, table: Table, names: list[str]
) -> Iterator[tuple[list[Sequence[Any]], int]]:
    rows = iter(dialect.raw(connection, table, names))
    while batch := list(islice(rows, _ROWS)):
        yield list(zip(*batch, strict=True)), len(batch)


def _stored(
    source: Dialect,
    target: Dialect,
    new: Connection,
    table: Table,
    name: str,
    values: Sequence[Any],
) -> Sequence[Any]:
    """Values as `source` stores them -> as `target` does."""
    kind = table.c[name].type
    if isinstance(kind, Date):
        return target.store_days(np.array(values, dtype="datetime64[D]"))
    if isinstance(kind, Instant):
        there = [_moment(value).replace(tzinfo=None) for value in values if value is not None]
        turned = iter(target.store_instants(np.array(there, dtype="datetime64[ms]")))
        return [None if value is None else next(turned) for value in values]
    if isinstance(kind, Boolean):
        return [None if value is None else bool(value) for value in values]
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


def _plain(dialect: Dialect, table: Table, name: str, values: Sequence[Any]) -> Sequence[Any]:
    """Stored values as plain Python ones that no longer tell the database."""
    kind = table.c[name].type
    if isinstance(kind, Geometry):
        return list(dialect.load_wkb(values))
    turn: Callable[[Any], Any] | None = None
    if isinstance(kind, Boolean):
        turn = int
    elif isinstance(kind, Instant):
        turn = _instant
    elif isinstance(kind, Date):
        turn = _day
    return values if turn is None else [None if v is None else turn(v) for v in values]


def _moment(value: datetime | str) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.astimezone(UTC)


def _instant(value: datetime | str) -> str:
    return instant_text(_moment(value))


def _day(value: date | str) -> str:
    return value if isinstance(value, str) else value.isoformat()
