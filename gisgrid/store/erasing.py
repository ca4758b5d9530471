"""Taking a person out of the store: what is personal goes, what is counted stays.

A household that is erased keeps its number, its grid and its days, so that the figures of past
days stay as they were; its name, address, notes and titles go, and its point is moved to a place of
chance within the part of its grids that every plan has kept together. Where fewer than ENOUGH
households live in that part, the point goes altogether.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from secrets import SystemRandom
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import insert, select, update

from gisgrid.columns import objects
from gisgrid.errors import UnknownHousehold
from gisgrid.model import WGS84
from gisgrid.store import bulk, put_layers, tombstones
from gisgrid.store.about import about, without_others
from gisgrid.store.schema import cases, erasures, households, metadata

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from gisgrid.columns import Objects
    from gisgrid.store.about import About
    from gisgrid.store.dialects.base import Dialect
    from gisgrid.store.transaction import Transaction

ENOUGH = 10
"""Households among which one is not told from another."""
_EDGE = 1e-6
"""Degrees that a new point keeps from the borders, 10 cm: every plan then agrees where it lies."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a table speaks about a household, and which columns say something personal.

    key: the column that names the household, or the case of a household; see `about` for what was
    written under another one.
    """

    table: str
    key: str
    clears: tuple[str, ...]


TRACES: tuple[Trace, ...] = (
    Trace("households", "id", ("name", "address")),
    Trace("visits", "household_id", ("note",)),
    Trace("cases", "household_id", ("title", "status", "note")),
    Trace("case_changes", "case_id", ("changes",)),
    Trace("pending_reports", "household_id", ("payload", "reason")),
)
"""All of it; docs/privacy.md says the same and a test holds the two together."""
POINTS = ("households", "cases")
"""Tables whose points tell where somebody lives."""


@dataclass(frozen=True, slots=True)
class Erased:
    """A household that was erased. rows: how many rows were cleared."""

    household: str
    rows: int


def erase(tx: Transaction, household: str) -> Erased:
    """Clear all that is personal about a household, and note that it was done.

    Erasing it again clears what was added since. Raises UnknownHousehold.
    """
    row = tx.connection.execute(
        select(households.c.id, households.c.unlisted_on, households.c.placed_in).where(
            households.c.id == household
        )
    ).first()
    if row is None:
        raise UnknownHousehold(household=household)
    whose = about(tx.connection, tx.dialect, household)
    cleared = sum(_clear(tx, trace, whose) for trace in TRACES)
    if not tombstones.among(tx, [household]):
        _move(tx, household, row.placed_in)
        tx.connection.execute(
            insert(erasures).values(household_id=household, erased_at=tx.now, swept=False)
        )
    else:
        tx.connection.execute(
            update(erasures)
            .where(erasures.c.household_id == household)
            .values(erased_at=tx.now, swept=False)
        )
    if row.unlisted_on is None:
        gone = update(households).where(households.c.id == household)
        tx.connection.execute(gone.values(unlisted_on=tx.today))
    tx.changed("households", "households", ids=[household])
    return Erased(household, cleared)


def erase_again(tx: Transaction, ids: Iterable[str]) -> list[str]:
    """Erase those of `ids` that this store still knows as people: after a restore."""
    wanted = sorted(set(ids) - set(tombstones.erased(tx.connection)))
    known = {row[0] for row in tx.dialect.raw_among(tx.connection, households, ["id"], wanted)}
    done = [i for i in wanted if i in known]
    for household in done:
        erase(tx, household)
    for household in sorted(set(wanted) - known):  # so that the list goes on in later backups
        tx.connection.execute(
            insert(erasures).values(household_id=household, erased_at=tx.now, swept=True)
        )
    return done


def clear_late(tx: Transaction, ids: Iterable[str | None]) -> None:
    """Clear what has just been found to be about households that were erased before."""
    for household in sorted(tombstones.among(tx, ids)):
        whose = about(tx.connection, tx.dialect, household)
        if sum(_clear(tx, trace, whose) for trace in TRACES):
            tx.connection.execute(
                update(erasures).where(erasures.c.household_id == household).values(swept=False)
            )


def unswept(connection: Connection) -> bool:
    """Whether traces of an erasure may still lie in free pages of the file."""
    return (
        connection.execute(select(1).where(erasures.c.swept.is_(False)).limit(1)).first()
        is not None
    )


def mark(connection: Connection) -> str:
    """A word that is another one after each erasure."""
    rows = connection.execute(
        select(erasures.c.household_id, erasures.c.erased_at).order_by(erasures.c.household_id)
    )
    told = sha256()
    for household, moment in rows:
        told.update(f"{household!r} {moment.isoformat()}\n".encode())
    return told.hexdigest()


def mark_swept(tx: Transaction) -> None:
    """Note that no traces are left."""
    tx.connection.execute(update(erasures).values(swept=True))


def held(
    connection: Connection, dialect: Dialect, household: str, *, words: bool
) -> dict[str, list[dict[str, Any]]]:
    """Every row that speaks about a household, by table, with all its columns.

    A point is told as lon and lat, None where there is none; another household, under which a row
    was written by mistake, as None. words: whether what was said under another one is told;
    else such a row has `withheld`.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    whose = about(connection, dialect, household)
    for trace in TRACES:
        table = metadata.tables[trace.table]
        columns = [c for c in table.columns if c.name not in ("fid", "morton")]
        rows = connection.execute(
            select(*columns)
            .where(whose.rows(dialect, trace.table))
            .order_by(table.c[trace.key], table.c.fid)
        )
        hide = frozenset() if words else frozenset({*trace.clears, "member"})
        said = [without_others(dict(row._mapping), household, hide) for row in rows]
        if trace.table in POINTS:
            _tell_points(dialect, said)
        found.setdefault(trace.table, []).extend(said)
    gone = select(erasures).where(erasures.c.household_id == household)
    found["erasures"] = [dict(row._mapping) for row in connection.execute(gone)]
    return found


def _tell_points(dialect: Dialect, rows: list[dict[str, Any]]) -> None:
    lon, lat = dialect.load_lonlat([row.pop("geom") for row in rows])
    for row, x, y in zip(rows, lon.tolist(), lat.tolist(), strict=True):
        row["lon"], row["lat"] = (None, None) if np.isnan(x) else (x, y)


def _clear(tx: Transaction, trace: Trace, whose: About) -> int:
    table = metadata.tables[trace.table]
    empty = {name: None if table.c[name].nullable else "" for name in trace.clears}
    count: int = tx.connection.execute(
        update(table).where(whose.rows(tx.dialect, trace.table)).values(**empty)
    ).rowcount
    if count and trace.table in ("visits", "cases"):
        tx.changed(trace.table, trace.table)
    return count


def _move(tx: Transaction, household: str, grid: str | None) -> None:
    """Give the household's point, and those of its cases, to chance."""
    for name in POINTS:
        table = metadata.tables[name]
        key = table.c.id if name == "households" else table.c.household_id
        rows = tx.connection.execute(
            select(table.c.id, table.c.geom).where(key == household, table.c.geom.is_not(None))
        ).all()
        for row in rows:
            point = tx.dialect.load_geometries([row.geom])[0]
            there = _elsewhere(tx, point)
            frame = gpd.GeoDataFrame({"id": [row.id]}, geometry=objects([there]), crs=WGS84)
            if name == "households":
                if there is None:
                    frame["grid_code"] = grid
                put_layers.put_households(tx, frame)
            else:
                _move_case(tx, frame)


def _move_case(tx: Transaction, frame: gpd.GeoDataFrame) -> None:
    opened = select(cases.c.opened_on).where(cases.c.id == frame["id"].iloc[0])
    frame["opened_on"] = [tx.connection.execute(opened).scalar_one()]
    put_layers.put_cases(tx, frame)


def _elsewhere(tx: Transaction, point: shapely.Point) -> shapely.Point | None:
    """A point of chance that lies in the same grids in every plan; None where few live."""
    region = shapely.buffer(_region(tx, point), -_EDGE)
    if region.is_empty or _homes_within(tx, region) < ENOUGH:
        return None
    chance = SystemRandom()
    west, south, east, north = region.bounds
    shapely.prepare(region)
    for _ in range(10_000):
        x, y = chance.uniform(west, east), chance.uniform(south, north)
        if shapely.contains_xy(region, x, y):
            return shapely.Point(x, y)
    return None  # a sliver: few live in it, whatever was counted


def _region(tx: Transaction, point: shapely.Point) -> Any:
    """What all grids that ever held the point have in common."""
    common: Any = None
    seen: set[bytes] = set()
    for plan in bulk.plan_columns(tx.connection, tx.dialect):
        shapes: Objects = shapely.from_wkb(plan.wkb)
        around = np.flatnonzero(shapely.intersects(shapes, point))
        if len(around) == 0:
            return shapely.Polygon()  # outside every grid for a time: no part is as good as another
        mine = around[np.argmin(plan.code[around].astype(str))]  # on an edge: the lowest code
        if plan.wkb[mine] not in seen:
            seen.add(plan.wkb[mine])
            common = shapes[mine] if common is None else shapely.intersection(common, shapes[mine])
    return shapely.Polygon() if common is None else common


def _homes_within(tx: Transaction, region: Any) -> int:
    """Households in a region, listed or not."""
    rows = tx.dialect.raw(tx.connection, households, ["geom"])
    lon, lat = tx.dialect.load_lonlat([row[0] for row in rows])
    return int(shapely.contains_xy(region, lon, lat).sum())
