"""The plan: a new revision when something differs, and which revision `grids` shows.

A row of grids_history stands for as long as a grid stays the same, over any number of revisions:
`revision` is the first that has it, `until_revision` the first that no longer has it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import and_, delete, func, or_, select, update

from gisgrid.errors import PlanTooEarly, RevisionStands
from gisgrid.store import intake
from gisgrid.store.geometry import total_bounds
from gisgrid.store.history import in_revision
from gisgrid.store.placing import place_all
from gisgrid.store.schema import grids, grids_history, programme, revisions
from gisgrid.store.transaction import PutCounts

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd
    from sqlalchemy import Row

    from gisgrid.store.transaction import Transaction

_KEPT = ["code", "name", "area_code", "member", "visit_every_days", "geom"]
_HISTORY = [*_KEPT, "came_from"]


def put_grids(
    tx: Transaction, frame: gpd.GeoDataFrame, valid_from: date | None, note: str | None
) -> PutCounts:
    """Publish the whole plan as the next revision, unless nothing differs; see Writer.put_grids."""
    latest = _latest(tx)
    done = compare_plan(tx, frame)
    counts = PutCounts(len(done.new), len(done.changed), done.unchanged)
    if not (done.new or done.changed or done.gone):
        return counts
    starts = _start(tx, latest, valid_from)
    number = (tx.connection.scalar(select(func.max(revisions.c.revision))) or 0) + 1
    tx.connection.execute(
        revisions.insert().values(
            revision=number, valid_from=starts, published_at=tx.now, note=note, withdrawn=False
        )
    )
    _end(tx, done.changed + done.gone, number, starts)
    _begin(tx, [done.after[code] for code in done.new + done.changed], number, starts)
    bounds = total_bounds(intake.polygons(frame, "grids"))
    tx.dialect.fit_extent(tx.connection, grids_history, bounds, None)
    tx.changed("plan", "grids_history")
    if starts is None or starts <= tx.today:
        show(tx, number)
    return counts


@dataclass(frozen=True, slots=True)
class PlanOutcomes:
    """Codes of the grids that are new, changed and gone. after: code -> values of `_HISTORY`."""

    new: list[str]
    changed: list[str]
    gone: list[str]
    after: dict[str, tuple[Any, ...]]

    @property
    def unchanged(self) -> int:
        """How many stay as they are."""
        return len(self.after) - len(self.new) - len(self.changed)


def compare_plan(tx: Transaction, frame: gpd.GeoDataFrame) -> PlanOutcomes:
    """A whole plan beside the latest one; reads only."""
    intake.check_columns(frame, "grids", also=["came_from"])
    given: dict[str, list[Any]] = {
        "code": intake.keys(frame, "grids"),
        **intake.fill(frame, "grids", ["name", "area_code", "member", "came_from"]),
        **intake.fill(frame, "grids", ["visit_every_days"], intake.intervals),
        "geom": tx.dialect.store_polygons(intake.polygons(frame, "grids")),
    }
    latest = _latest(tx)
    before = _rows_of(tx, latest.revision) if latest is not None else {}
    after = _completed(given, before)
    # Where a grid came from tells of its change; alone it is none.
    kept = len(_KEPT)
    return PlanOutcomes(
        [code for code in after if code not in before],
        [c for c, row in after.items() if c in before and before[c][:kept] != row[:kept]],
        [code for code in before if code not in after],
        after,
    )


def _latest(tx: Transaction) -> Row[Any] | None:
    stands = select(revisions).where(revisions.c.withdrawn.is_(False))
    return tx.connection.execute(stands.order_by(revisions.c.revision.desc()).limit(1)).first()


def _start(tx: Transaction, latest: Row[Any] | None, wanted: date | None) -> date | None:
    """The first plan has always been in force; a later one not before the one on record."""
    if latest is None:
        return None
    starts = wanted or tx.today
    if latest.valid_from is not None and starts < latest.valid_from:
        raise PlanTooEarly(latest=latest.valid_from.isoformat(), valid_from=starts.isoformat())
    return starts


def _rows_of(tx: Transaction, number: int) -> dict[str, tuple[Any, ...]]:
    """Code -> stored values of `_HISTORY` in a revision."""
    columns = [grids_history.c[name] for name in _HISTORY]
    rows = tx.connection.execute(select(*columns).where(in_revision(number)))
    return {row.code: tuple(row) for row in rows}


def _completed(
    given: dict[str, list[Any]], before: dict[str, tuple[Any, ...]]
) -> dict[str, tuple[Any, ...]]:
    """Code -> values of `_HISTORY`; a column that is not given stays what it was."""
    nothing = (None,) * len(_HISTORY)
    found = {}
    for i, code in enumerate(given["code"]):
        old = before.get(code, nothing)
        found[code] = tuple(
            given[name][i] if name in given else old[at] for at, name in enumerate(_HISTORY)
        )
    return found


def _end(tx: Transaction, codes: list[str], number: int, day: date | None) -> None:
    """The rows of these grids end with revision `number`."""
    if codes:
        tx.connection.execute(
            update(grids_history)
            .where(in_revision(number - 1), tx.dialect.among(grids_history.c.code, codes))
            .values(until_revision=number, valid_to=day)
        )


def _begin(tx: Transaction, rows: list[tuple[Any, ...]], number: int, day: date | None) -> None:
    (stored,) = tx.dialect.store_days(np.array([day], dtype="datetime64[D]"))
    names = [*_HISTORY, "revision", "valid_from"]
    tx.dialect.insert(tx.connection, grids_history, names, [(*row, number, stored) for row in rows])


def due_revision(tx: Transaction) -> int | None:
    """The revision in force today, where `grids` shows another one; else None."""
    in_force = tx.connection.scalar(
        select(func.max(revisions.c.revision)).where(
            revisions.c.withdrawn.is_(False),
            or_(revisions.c.valid_from.is_(None), revisions.c.valid_from <= tx.today),
        )
    )
    return None if in_force == tx.rules.revision else in_force


def withdraw(tx: Transaction, number: int) -> None:
    """Take back the last revision before its day has come, as if it had never been published.

    Its row and those of its grids stay, and count for no day. Raises RevisionStands where it is in
    force, or not the last one.
    """
    latest = _latest(tx)
    if latest is None or latest.revision != number:
        raise RevisionStands(revision=number, problem="a later one builds on it")
    if latest.valid_from is None or latest.valid_from <= tx.today:
        raise RevisionStands(revision=number, problem="its day has come")
    began = grids_history.c.revision == number
    ended = and_(grids_history.c.until_revision == number, grids_history.c.revision < number)
    codes = list(tx.connection.scalars(select(grids_history.c.code).where(ended)))
    history = update(grids_history)
    tx.connection.execute(history.where(ended).values(until_revision=None, valid_to=None))
    tx.connection.execute(
        history.where(began).values(until_revision=number, valid_to=grids_history.c.valid_from)
    )
    tx.connection.execute(
        update(revisions)
        .where(revisions.c.revision == number)
        .values(withdrawn=True, ended=json.dumps(sorted(codes), ensure_ascii=False))
    )
    tx.changed("plan", "grids_history")


def show(tx: Transaction, number: int) -> None:
    """Let `grids` show a revision, changing only the rows that differ, and place all anew."""
    wanted = {code: row[: len(_KEPT)] for code, row in _rows_of(tx, number).items()}
    columns = [grids.c[name] for name in _KEPT]
    shown = {row.code: tuple(row) for row in tx.connection.execute(select(*columns))}
    gone = [code for code in shown if code not in wanted]
    if gone:
        tx.connection.execute(delete(grids).where(tx.dialect.among(grids.c.code, gone)))
    changed = [row for code, row in wanted.items() if code in shown and shown[code] != row]
    tx.dialect.update(tx.connection, grids, _KEPT, changed)
    new = [row for code, row in wanted.items() if code not in shown]
    tx.dialect.insert(tx.connection, grids, _KEPT, new)
    tx.connection.execute(update(programme).values(revision=number))
    at = _KEPT.index("geom")
    bounds = [
        total_bounds(tx.dialect.load_geometries([row[at] for row in rows.values()]))
        for rows in (wanted, shown)
    ]
    tx.dialect.fit_extent(tx.connection, grids, *bounds)
    tx.changed("plan", "grids")
    place_all(tx)
