"""Whole tables as numpy columns, for the read model; visits are in visit_runs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

from gisgrid.columns import FAR_DAY, NO_DAY, objects
from gisgrid.store.schema import areas, cases, grids_history, households, revisions
from gisgrid.store.schema_records import case_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    import numpy.typing as npt
    from sqlalchemy import Connection, Table

    from gisgrid.columns import Ints, Objects
    from gisgrid.store.dialects.base import Dialect


_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class PlanRows:
    """One revision. name, member, area_code: "" where there is none. every: 0 for none.

    valid_from: None from the beginning. valid_to: first day no longer in force, None for the last.
    wkb: polygons (EPSG:4326); the same bytes object in all revisions that share a grid.
    """

    revision: int
    valid_from: date | None
    valid_to: date | None
    code: Objects
    name: Objects
    member: Objects
    area_code: Objects
    every: Ints
    wkb: Objects


def area_columns(connection: Connection) -> dict[str, Objects]:
    """code, name, level, parent_code ("" for none)."""
    names = ["code", "name", "level", "parent_code"]
    rows = connection.execute(select(*(areas.c[name] for name in names))).all()
    return {name: _texts(column) for name, column in _columns(names, rows)}


def plan_columns(connection: Connection, dialect: Dialect) -> list[PlanRows]:
    """All revisions but the withdrawn, the oldest first."""
    stands = select(revisions).where(revisions.c.withdrawn.is_(False))
    published = connection.execute(stands.order_by(revisions.c.revision)).all()
    # An empty store has no revision, and then no end either.
    ends = [*(row.valid_from for row in published[1:]), None][: len(published)]
    names = ["code", "name", "member", "area_code", "visit_every_days", "geom"]
    columns = [grids_history.c[name] for name in ("revision", "until_revision", *names)]
    history = connection.execute(select(*columns)).all()
    # Each row is read and turned once, and stands for as many revisions as it lasted.
    known = dialect.load_wkb([row.geom for row in history])
    found = []
    for revision, end in zip(published, ends, strict=True):
        number = revision.revision
        at = [
            i
            for i, row in enumerate(history)
            if row.revision <= number and (row.until_revision or number + 1) > number
        ]
        rows = [history[i] for i in at]
        text = {n: _texts([getattr(row, n) for row in rows]) for n in names[:4]}
        found.append(
            PlanRows(
                revision=number,
                valid_from=revision.valid_from,
                valid_to=end,
                every=_intervals([row.visit_every_days for row in rows]),
                wkb=objects([known[i] for i in at]),
                **text,
            )
        )
    return found


def household_columns(
    connection: Connection, dialect: Dialect, ids: Sequence[str] | None = None
) -> dict[str, Any]:
    """id, lon, lat, every, listed, unlisted, grid_code; see Store.household_columns."""
    names = ["id", "geom", "visit_every_days", "listed_on", "unlisted_on", "grid_code"]
    rows = iter(_rows(connection, dialect, households, names, ids))
    parts: list[dict[str, Any]] = []
    while (some := list(islice(rows, _AT_ONCE))) or not parts:
        parts.append(_homes(dialect, dict(_columns(names, some))))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _homes(dialect: Dialect, column: dict[str, Sequence[Any]]) -> dict[str, Any]:
    lon, lat = dialect.load_lonlat(column["geom"])
    return {
        "id": objects(column["id"]),
        "lon": lon,
        "lat": lat,
        "every": _intervals(column["visit_every_days"]),
        "listed": _days(column["listed_on"]),
        "unlisted": _days(column["unlisted_on"]),
        "grid_code": _texts(column["grid_code"]),
    }


def case_columns(
    connection: Connection, dialect: Dialect, ids: Sequence[str] | None = None
) -> dict[str, Any]:
    """id, household_id, category, opened, due, closed, lon, lat; see Store.case_columns."""
    names = ["id", "household_id", "category", "opened_on", "due_on", "closed_on", "geom"]
    rows = list(_rows(connection, dialect, cases, names, ids))
    column = _with_past(connection, dialect, dict(_columns(names, rows)), ids)
    lon, lat = dialect.load_lonlat(column["geom"])
    return {
        "id": objects(column["id"]),
        "since": np.array(column["since"], dtype=np.int32),
        "until": np.array(column["until"], dtype=np.int32),
        "household_id": _texts(column["household_id"]),
        "category": _texts(column["category"]),
        "opened": _days(column["opened_on"]),
        "due": _days(column["due_on"]),
        "closed": _days(column["closed_on"]),
        "lon": lon,
        "lat": lat,
    }


def _with_past(
    connection: Connection,
    dialect: Dialect,
    column: dict[str, Sequence[Any]],
    ids: Sequence[str] | None,
) -> dict[str, list[Any]]:
    """`column` of the cases as they are, with a row for each earlier time of those that changed.

    A change holds from its day on; of several on one day the last.
    """
    table: dict[str, list[Any]] = {name: list(values) for name, values in column.items()}
    size = len(table["id"])
    table["since"], table["until"] = [int(NO_DAY)] * size, [int(FAR_DAY)] * size
    names = ["case_id", "fid", "kind", "changed_on", "was_category", "was_due_on", "was_closed_on"]
    steps = _rows(connection, dialect, case_changes, names, ids)
    rows = sorted((row for row in steps if row[2] != "opened"), key=itemgetter(1))
    at = {case: i for i, case in enumerate(table["id"])} if rows else {}
    days = _days([row[3] for row in rows]).tolist()
    for (case, _fid, _kind, _on, *was), day in zip(rows, days, strict=True):
        i = at[case]
        if day > table["since"][i]:
            for values in table.values():
                values.append(values[i])
            table["category"][-1], table["due_on"][-1], table["closed_on"][-1] = was
            table["until"][-1] = table["since"][i] = day
    return table


def _rows(
    connection: Connection,
    dialect: Dialect,
    table: Table,
    names: list[str],
    ids: Sequence[str] | None,
) -> Iterable[Any]:
    if ids is None:
        return dialect.raw(connection, table, names)
    return dialect.raw_among(connection, table, names, list(ids))


def _columns(names: list[str], rows: Sequence[Any]) -> zip[tuple[str, Sequence[Any]]]:
    return zip(names, list(zip(*rows, strict=True)) or [()] * len(names), strict=True)


def _texts(values: Sequence[str | None]) -> Objects:
    return objects([value or "" for value in values])


def _intervals(values: Sequence[int | None]) -> Ints:
    return np.array([value or 0 for value in values], dtype=np.int32)


def _days(values: Sequence[Any]) -> npt.NDArray[np.int32]:
    """Stored dates as day numbers, FAR_DAY where missing.

    Few days are named by many rows: each is turned once.
    """
    known = dict.fromkeys(values)
    days = np.array(list(known), dtype="datetime64[D]")
    numbers = np.where(np.isnat(days), FAR_DAY, days.astype(np.int64)).tolist()
    known.update(zip(known, numbers, strict=True))
    return np.fromiter(map(known.__getitem__, values), np.int32, len(values))
