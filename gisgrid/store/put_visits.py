"""Visits: rows that are added and never changed."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisgrid.errors import VisitDiffers
from gisgrid.store import intake, tombstones
from gisgrid.store.put_layers import refuse_unknown_households
from gisgrid.store.schema import visits
from gisgrid.store.transaction import CHUNK, PutCounts

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gisgrid.store.transaction import Transaction

_DETAILS = ["member", "note", "client_id"]


def put_visits(tx: Transaction, frame: pd.DataFrame) -> PutCounts:
    """Add visits that are not there yet; see Writer.put_visits."""
    columns, moments = visit_rows(tx, frame)
    refuse_unknown_households(tx, columns["household_id"])
    new, differ = compare_visits(tx, columns)
    if differ:
        raise VisitDiffers(id=differ[0][1])
    if new:
        visited_on = tx.dialect.store_days(_days(moments, tx))
        rows = None if len(new) == len(frame) else new
        tx.insert(visits, columns | {"visited_on": visited_on}, rows)
        tx.changed("visits", "visits")
    return PutCounts(len(new), 0, len(frame) - len(new))


def visit_rows(
    tx: Transaction, frame: pd.DataFrame
) -> tuple[dict[str, list[Any]], pd.DatetimeIndex]:
    """The columns of a frame as stored values, the id first; and the moments."""
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
    return columns, moments


def compare_visits(
    tx: Transaction, columns: dict[str, list[Any]]
) -> tuple[list[int], list[tuple[int, str]]]:
    """Rows that are not stored yet; and those that may not be, with the id that stands against it.

    An id has its content for good, and one report of a device (client_id) is one visit, whatever
    ids it is given. Reads only.
    """
    if tx.is_empty(visits) and pd.Index(columns["id"], dtype=object).is_unique:
        new = list(range(len(columns["id"])))
        differ: list[tuple[int, str]] = []
    else:
        new, differ = _new_rows(tx, columns)
    shared = _shared_client_ids(tx, columns, new) if new else []
    if shared:
        taken = {i for i, _ in shared}
        new = [i for i in new if i not in taken]
    return new, sorted([*differ, *shared])


def _new_rows(
    tx: Transaction, columns: dict[str, list[Any]]
) -> tuple[list[int], list[tuple[int, str]]]:
    """Rows that are not stored yet; rows whose id has other content already."""
    names, ids = list(columns), columns["id"]
    new: dict[str, int] = {}
    differ: list[tuple[int, str]] = []
    for start in range(0, len(ids), CHUNK):
        part = slice(start, start + CHUNK)
        known = tx.stored(visits, names, ids[part])
        rows = zip(*(column[part] for column in columns.values()), strict=True)
        for i, row in enumerate(rows, start):
            before = known.get(ids[i])
            if before is None and ids[i] in new:
                before = tuple(column[new[ids[i]]] for column in columns.values())
            if before is None:
                new[ids[i]] = i
            elif before != row:
                differ.append((i, ids[i]))
    return list(new.values()), _left_differing(tx, columns, differ) if differ else differ


def _left_differing(
    tx: Transaction, columns: dict[str, list[Any]], differ: list[tuple[int, str]]
) -> list[tuple[int, str]]:
    """Those that differ from what an export says as well.

    It has the moment at which a flagged visit came, where that of its device could not be.
    """
    names = [*columns, "received_at", "flags"]
    known = tx.stored(visits, names, [number for _, number in differ])
    left = []
    for i, number in differ:
        stored = dict(zip(names, known.get(number, [None] * len(names)), strict=True))
        received, flags = stored.pop("received_at"), stored.pop("flags")
        if isinstance(received, datetime):  # moments of a visit have milliseconds
            received = received.replace(microsecond=received.microsecond // 1000 * 1000)
        row = {name: column[i] for name, column in columns.items()}
        if flags is None or stored | {"visited_at": received} != row:
            left.append((i, number))
    return left


def _shared_client_ids(
    tx: Transaction, columns: dict[str, list[Any]], new: list[int]
) -> list[tuple[int, str]]:
    """New rows whose client_id another row or a stored visit has; all but the first of a kind."""
    given = columns.get("client_id")
    if given is None:
        return []
    rows = [i for i in new if given[i] is not None]
    wanted = [given[i] for i in rows]
    twice = pd.Index(wanted, dtype=object).duplicated()
    stored = tx.dialect.raw_among(tx.connection, visits, ["client_id"], wanted)
    taken = {row[0] for row in stored}
    return [
        (i, client)
        for i, client, again in zip(rows, wanted, twice.tolist(), strict=True)
        if again or client in taken
    ]


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
