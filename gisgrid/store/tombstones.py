"""What was erased stays erased: files, devices and decisions cannot bring it back.

The row of a household that was erased is left as it is; what comes later about it is kept as a fact
(a day, an outcome, a category), and without a word of what is personal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
from sqlalchemy import select

from gisgrid.store import intake
from gisgrid.store.schema import cases, erasures

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from sqlalchemy import Connection

    from gisgrid.store.transaction import Transaction

CASE_WORDS = ("title", "status", "note")
"""Columns of a case that say something personal."""


def erased(connection: Connection) -> list[str]:
    """All households that were erased, by number."""
    rows = connection.execute(select(erasures.c.household_id).order_by(erasures.c.household_id))
    return [row[0] for row in rows]


def among(tx: Transaction, ids: Iterable[str | None]) -> set[str]:
    """Those of a few households that were erased."""
    wanted = sorted({i for i in ids if i is not None})
    if not wanted:
        return set()
    found = select(erasures.c.household_id).where(tx.dialect.among(erasures.c.household_id, wanted))
    return set(tx.connection.execute(found).scalars())


def without(tx: Transaction, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of households, without those that were erased."""
    gone = erased(tx.connection)
    return frame[~frame["id"].isin(gone)] if gone and "id" in frame.columns else frame


def bare_notes(tx: Transaction, columns: dict[str, list[Any]]) -> None:
    """Empty the notes of visits to households that were erased."""
    if "note" not in columns:
        return
    gone = set(erased(tx.connection))
    pairs = zip(columns["household_id"], columns["note"], strict=True)
    columns["note"] = [None if home in gone else note for home, note in pairs]


def bare_cases(tx: Transaction, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of cases; those of erased households without texts and with the point that is stored."""
    gone = set(erased(tx.connection))
    if not gone or "id" not in frame.columns:
        return frame
    ids = [i if isinstance(i, str) else "" for i in frame["id"]]
    known = tx.stored(cases, ["id", "household_id", "geom"], ids)
    # By the household that the row names, and by the one that it had: it is not freed by a file.
    named = frame["household_id"].tolist() if "household_id" in frame.columns else [None] * len(ids)
    pairs = zip(ids, named, strict=True)
    of_erased = [name in gone or known.get(i, ("", None, None))[1] in gone for i, name in pairs]
    if not any(of_erased):
        return frame
    frame = frame.copy()
    for name in CASE_WORDS:
        if name in frame.columns:
            frame[name] = [
                None if bare else v for v, bare in zip(frame[name], of_erased, strict=True)
            ]
    if isinstance(frame, gpd.GeoDataFrame) and intake.has_geometry(frame):
        stored = tx.dialect.load_geometries([known.get(i, ("", None, None))[2] for i in ids])
        shapes = zip(frame.geometry, stored, of_erased, strict=True)
        put = [kept if bare else own for own, kept, bare in shapes]
        frame = frame.set_geometry(gpd.GeoSeries(put, index=frame.index, crs=frame.crs))
    return frame
