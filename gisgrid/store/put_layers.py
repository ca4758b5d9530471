"""Areas, households and cases: rows that are known by a key and may change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from sqlalchemy import select

from gisgrid.errors import FrameError, UnknownHousehold
from gisgrid.frames import morton
from gisgrid.store import intake, tombstones
from gisgrid.store.placing import placed
from gisgrid.store.schema import areas, cases, households
from gisgrid.store.transaction import CHUNK

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Table

    from gisgrid.columns import Floats
    from gisgrid.store.transaction import Outcomes, PutCounts, Transaction


def area_rows(tx: Transaction, frame: pd.DataFrame) -> dict[str, list[Any]]:  # noqa: ARG001
    """The columns of a frame as stored values, the key first."""
    intake.check_columns(frame, "areas")
    return {
        "code": intake.keys(frame, "areas"),
        "name": intake.texts(frame, "areas", "name", required=True),
        "level": list(intake.words(frame, "areas", "level")),
        **intake.fill(frame, "areas", ["parent_code"]),
    }


def put_areas(tx: Transaction, frame: pd.DataFrame) -> PutCounts:
    """Insert or update by code. Raises FrameError, also for areas that lie within themselves."""
    columns = area_rows(tx, frame)
    done = tx.upsert(areas, columns)
    if done.touched:
        _refuse_circles(tx)
        tx.changed("areas", "areas")
    return done.counts


def _refuse_circles(tx: Transaction) -> None:
    rows = tx.connection.execute(select(areas.c.code, areas.c.parent_code)).all()
    parent = {row.code: row.parent_code for row in rows}
    good: set[str | None] = {None}
    for code in parent:
        path: list[str | None] = []
        at: str | None = code
        while at not in good:
            if at in path:
                raise FrameError(what="areas", problem=f"the area {at} lies within itself")
            path.append(at)
            at = parent.get(at) if at is not None else None
        good.update(path)


def household_rows(tx: Transaction, frame: pd.DataFrame) -> dict[str, list[Any]]:
    """The columns of a frame as stored values, the key first, and what follows from them."""
    intake.check_columns(frame, "households")
    frame = tombstones.without(tx, frame)
    columns: dict[str, list[Any]] = {
        "id": intake.keys(frame, "households"),
        **intake.fill(frame, "households", ["name", "address", "grid_code"]),
        **intake.fill(frame, "households", ["visit_every_days"], intake.intervals),
        **_days(tx, frame, "households", ["unlisted_on"]),
    }
    columns["listed_on"] = _listed_on(tx, frame, columns["id"])
    lon, lat = _positions(tx, frame, households, columns)
    if intake.has_geometry(frame):
        keys = morton(lon, lat).astype(np.int64).tolist()
        missing = np.isnan(lon).tolist()
        columns["morton"] = [None if m else k for k, m in zip(keys, missing, strict=True)]
    columns["placed_in"] = placed(tx, lon, lat, _named(tx, columns))
    return columns


def put_households(tx: Transaction, frame: pd.DataFrame) -> PutCounts:
    """Insert or update by id; see Writer.put_households."""
    columns = household_rows(tx, frame)
    done = tx.upsert(households, columns)
    _finish(tx, "households", households, columns, done)
    counts = done.counts
    return replace(counts, unchanged=len(frame) - counts.inserted - counts.updated)


def case_rows(tx: Transaction, frame: pd.DataFrame) -> dict[str, list[Any]]:
    """The columns of a frame as stored values, the key first, and what follows from them."""
    intake.check_columns(frame, "cases")
    frame = tombstones.bare_cases(tx, frame)
    columns: dict[str, list[Any]] = {
        "id": intake.keys(frame, "cases"),
        **intake.fill(frame, "cases", ["household_id", "category", "title", "status", "note"]),
        **_days(tx, frame, "cases", ["due_on", "closed_on"]),
        "opened_on": tx.dialect.store_days(intake.days(frame, "cases", "opened_on", required=True)),
    }
    refuse_unknown_households(tx, columns.get("household_id", []))
    lon, lat = _positions(tx, frame, cases, columns)
    columns["placed_in"] = placed(tx, lon, lat)
    return columns


def put_cases(tx: Transaction, frame: pd.DataFrame) -> PutCounts:
    """Insert or update by id; see Writer.put_cases."""
    columns = case_rows(tx, frame)
    done = tx.upsert(cases, columns)
    _finish(tx, "cases", cases, columns, done)
    return done.counts


def refuse_unknown_households(tx: Transaction, named: list[str | None]) -> None:
    """Raise UnknownHousehold for the first id that no household has."""
    wanted = sorted({i for i in named if i is not None})
    if len(wanted) > CHUNK:  # a good part of them: one walk over the index is quicker
        known = {row[0] for row in tx.dialect.raw(tx.connection, households, ["id"])}
    else:
        known = {row[0] for row in tx.dialect.raw_among(tx.connection, households, ["id"], wanted)}
    for household in wanted:
        if household not in known:
            raise UnknownHousehold(household=household)


def _days(
    tx: Transaction, frame: pd.DataFrame, layer: str, names: list[str]
) -> dict[str, list[Any]]:
    return intake.fill(frame, layer, names, lambda *args: tx.dialect.store_days(intake.days(*args)))


def _listed_on(tx: Transaction, frame: pd.DataFrame, ids: list[str]) -> list[Any]:
    """What the frame says; else what the store knows; else today."""
    if "listed_on" in frame.columns:
        days = intake.days(frame, "households", "listed_on")
    else:
        days = np.full(len(frame), np.datetime64("NaT", "D"))
    stored = tx.dialect.store_days(days)
    gaps = np.flatnonzero(np.isnat(days)).tolist()
    if gaps:
        known = tx.stored(households, ["id", "listed_on"], [ids[i] for i in gaps])
        (today,) = tx.dialect.store_days(np.array([tx.today], dtype="datetime64[D]"))
        for i in gaps:
            stored[i] = known.get(ids[i], (None, today))[1]
    return stored


def _positions(
    tx: Transaction, frame: pd.DataFrame, table: Table, columns: dict[str, list[Any]]
) -> tuple[Floats, Floats]:
    """The positions that the rows will have; a frame without geometry keeps the stored ones."""
    if isinstance(frame, gpd.GeoDataFrame) and intake.has_geometry(frame):
        lon, lat = intake.points(frame, table.name)
        columns["geom"] = tx.dialect.store_points(lon, lat)
        return lon, lat
    ids = next(iter(columns.values()))
    known = tx.stored(table, ["id", "geom"], ids)
    return tx.dialect.load_lonlat([known.get(i, (None, None))[1] for i in ids])


def _named(tx: Transaction, columns: dict[str, list[Any]]) -> list[str | None]:
    """The grid or area that each household will name."""
    if "grid_code" in columns:
        return columns["grid_code"]
    known = tx.stored(households, ["id", "grid_code"], columns["id"])
    return [known.get(i, (None, None))[1] for i in columns["id"]]


def _finish(
    tx: Transaction,
    counter: str,
    table: Table,
    columns: dict[str, list[Any]],
    done: Outcomes,
) -> None:
    """Count the change and keep the layer's extent right."""
    if not done.touched:
        return
    ids = next(iter(columns.values()))
    tx.changed(counter, table.name, ids=[ids[i] for i in done.touched])
    if "geom" not in columns:
        return
    at = list(columns).index("geom")
    now = [columns["geom"][i] for i in done.touched]
    old = [row[at] for row in done.old.values()]
    bounds = [_bounds(*tx.dialect.load_lonlat(stored)) for stored in (now, old)]
    tx.dialect.fit_extent(tx.connection, table, *bounds)


def _bounds(lon: Floats, lat: Floats) -> tuple[float, float, float, float] | None:
    located = ~np.isnan(lon)
    if not located.any():
        return None
    x, y = lon[located], lat[located]
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())
