"""Visits: rows that are added and never changed."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisgrid.errors import VisitDiffers
from gisgrid.store import intake, tombstones
from gisgrid.store.put_layers import refuse_unknown_households
from gisgrid.store.schema import visits
from gisgrid.store.transaction import CHUNK, PutCounts

if TYPE_CHECKING:
    import numpy.typing as npt

    from gisgrid.store.transaction import Transaction

_DETAILS = ["member", "note", "client_id"]


def put_visits(tx: Transaction, frame: pd.DataFrame) -> PutCounts:
    """Add visits that are not there yet; see Writer.put_visits."""
    intake.check_columns(frame, "visits")
    moments = intake.instants(frame, "visits", "visited_at")
    columns: dict[str, list[Any]] = {
        "id": [],
        "household_id": intake.texts(frame, "visits", "household_id", required=True),
        "visited_at": tx.dialect.store_instants(_naive(moments)),
        "outcome": list(intake.words(frame, "visits", "outcome")),
        **intake.fill(frame, "visits", _DETAILS),
    }
    columns["id"] = _ids(frame, columns, moments)
    tombstones.bare_notes(tx, columns)  # after the ids: they follow from what the file says
    refuse_unknown_households(tx, columns["household_id"])
    visited_on = tx.dialect.store_days(_days(moments, tx))
    if tx.is_empty(visits) and pd.Index(columns["id"], dtype=object).is_unique:
        new, size = None, len(frame)
        count = size
    else:
        new = _new_rows(tx, columns)
        size, count = len(frame), len(new)
    if count:
        _refuse_shared_client_ids(tx, columns, new)
        tx.insert(visits, columns | {"visited_on": visited_on}, new)
        tx.changed("visits", "visits")
    return PutCounts(count, 0, size - count)


def _new_rows(tx: Transaction, columns: dict[str, list[Any]]) -> list[int]:
    """Rows that are not stored yet. Raises VisitDiffers where an id has other content already."""
    rows = list(zip(*columns.values(), strict=True))
    names, ids = list(columns), columns["id"]
    new: dict[str, int] = {}
    for start in range(0, len(ids), CHUNK):
        known = tx.stored(visits, names, ids[start : start + CHUNK])
        for i in range(start, min(start + CHUNK, len(ids))):
            before = known.get(ids[i])
            if before is None and ids[i] in new:
                before = rows[new[ids[i]]]
            if before is None:
                new[ids[i]] = i
            elif before != rows[i]:
                raise VisitDiffers(id=ids[i])
    return list(new.values())


def _refuse_shared_client_ids(
    tx: Transaction, columns: dict[str, list[Any]], new: list[int] | None
) -> None:
    """One report of a device is one visit, whatever ids it is given."""
    given = columns.get("client_id")
    if given is None:
        return
    wanted = [c for c in (given if new is None else [given[i] for i in new]) if c is not None]
    twice = pd.Index(wanted, dtype=object).duplicated()
    taken = [wanted[i] for i in np.flatnonzero(twice)]
    taken += [row[0] for row in tx.dialect.raw_among(tx.connection, visits, ["client_id"], wanted)]
    if taken:
        raise VisitDiffers(id=taken[0])


def _ids(
    frame: pd.DataFrame, columns: dict[str, list[Any]], moments: pd.DatetimeIndex
) -> list[str]:
    """The given ids; else the device's; else one that follows from the content."""
    given = intake.texts(frame, "visits", "id") if "id" in frame.columns else [None] * len(frame)
    if None not in given:
        return list(map(str, given))
    parts = [columns[name] for name in ("household_id", "outcome") if name in columns]
    parts += [moments.asi8.tolist()]
    parts += [columns.get(name, [None] * len(frame)) for name in _DETAILS[:2]]
    device = columns.get("client_id", [None] * len(frame))
    return [
        i or c or blake2b(repr(part).encode(), digest_size=10).hexdigest()
        for i, c, part in zip(given, device, zip(*parts, strict=True), strict=True)
    ]


def _days(moments: pd.DatetimeIndex, tx: Transaction) -> npt.NDArray[np.datetime64]:
    """The calendar day of each moment in the programme's zone."""
    return moments.tz_convert(tx.zone).tz_localize(None).to_numpy().astype("datetime64[D]")


def _naive(moments: pd.DatetimeIndex) -> npt.NDArray[np.datetime64]:
    return moments.tz_localize(None).to_numpy().astype("datetime64[ms]")
