"""Layers as features for other programs (QGIS by OGC API Features): sorted, cut, page by page.

What a collection holds is what the lists and figures of the same day hold, without names, addresses
or notes. Rows are sorted by their key, so that a page begins behind the last key of the one before:
the last page costs as much as the first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import shapely

from gisgrid.access import Action, may, require
from gisgrid.errors import UnknownFeature, UnknownWord
from gisgrid.exchange.outgoing import Outgoing, points
from gisgrid.exchange.tables import cell_text
from gisgrid.model import BY
from gisgrid.operations.auditing import looked, object_of
from gisgrid.operations.exporting_rows import area_shapes
from gisgrid.operations.figures import coverage_table
from gisgrid.operations.lists import case_list, household_list

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from gisgrid.access import Actor
    from gisgrid.columns import Bools, Floats, Objects
    from gisgrid.operations.workspace import Workspace

Box = tuple[float, float, float, float]
KEPT = 8
"""Collections of a day and scope that are kept sorted; a reader asks for page after page."""


@dataclass(frozen=True, slots=True)
class Collection:
    """One layer. key: the column that names a row. shape: Point | MultiPolygon."""

    title: str
    key: str
    shape: str
    action: Action
    rows: Callable[[Workspace, Actor, date], tuple[pd.DataFrame, Objects]]


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Some rows. matched: how many there are on all pages. last: key to go on from, or None."""

    out: Outgoing
    keys: Objects
    matched: int
    last: str | None


@dataclass(frozen=True, slots=True, eq=False)
class _Sorted:
    """All rows of a collection by key. bounds: west, south, east, north; NaN without a shape."""

    of: object
    out: Outgoing
    keys: Objects
    bounds: Floats


def _grids(ws: Workspace, actor: Actor, day: date) -> tuple[pd.DataFrame, Objects]:
    return _figures(ws, actor, day, ("grid",))


def _areas(ws: Workspace, actor: Actor, day: date) -> tuple[pd.DataFrame, Objects]:
    view = ws.snapshot().view(actor.scope, None, day)
    levels = BY[1 : BY.index(view.level or BY[-1]) + 1]
    if not levels:  # who sees a single grid sees no area: the columns, and no row
        frame, shapes = _figures(ws, actor, day, ("grid",))
        return frame[:0], shapes[:0]
    return _figures(ws, actor, day, levels)


def _figures(
    ws: Workspace, actor: Actor, day: date, levels: tuple[str, ...]
) -> tuple[pd.DataFrame, Objects]:
    """Figures with their polygons, level by level, without the rows of what lies nowhere."""
    frames, shapes = [], []
    for by in levels:
        frame = coverage_table(ws, actor, as_of=day, by=by)
        frame = frame[frame["code"] != ""].assign(level=by)
        frames.append(frame)
        shapes.append(area_shapes(ws, by, list(frame["code"]), day))
    return pd.concat(frames, ignore_index=True), np.concatenate(shapes)


def _households(ws: Workspace, actor: Actor, day: date) -> tuple[pd.DataFrame, Objects]:
    return _placed(household_list(ws, actor, as_of=day, limit=None)[0])


def _gaps(ws: Workspace, actor: Actor, day: date) -> tuple[pd.DataFrame, Objects]:
    return _placed(household_list(ws, actor, as_of=day, status="gap", limit=None)[0])


def _cases(ws: Workspace, actor: Actor, day: date) -> tuple[pd.DataFrame, Objects]:
    return _placed(case_list(ws, actor, as_of=day, limit=None)[0])


def _placed(frame: pd.DataFrame) -> tuple[pd.DataFrame, Objects]:
    shapes = points(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    return frame.drop(columns=["lon", "lat"]), shapes


COLLECTIONS: dict[str, Collection] = {
    "areas": Collection("Areas 区划", "code", "MultiPolygon", Action.SEE_FIGURES, _areas),
    "grids": Collection("Grids 网格", "code", "MultiPolygon", Action.SEE_FIGURES, _grids),
    "households": Collection(
        "Households 住户", "household", "Point", Action.SEE_HOUSEHOLDS, _households
    ),
    "gaps": Collection("Visit gaps 走访缺口", "household", "Point", Action.SEE_HOUSEHOLDS, _gaps),
    "cases": Collection("Open cases 未办结事项", "id", "Point", Action.SEE_HOUSEHOLDS, _cases),
}
_kept: WeakKeyDictionary[Workspace, OrderedDict[Any, _Sorted]] = WeakKeyDictionary()
_lock = threading.Lock()


def names(actor: Actor) -> list[str]:
    """The collections that the actor may read."""
    return [name for name, each in COLLECTIONS.items() if may(actor, each.action)]


def page(
    ws: Workspace,
    actor: Actor,
    name: str,
    *,
    as_of: date | None = None,
    bbox: Box | None = None,
    after: str | None = None,
    limit: int = 1000,
    where: Mapping[str, str] | None = None,
) -> Page:
    """One page of a collection, by key.

    bbox: EPSG:4326; rows without a shape are in no box. after: key of the last row of the page
    before. where: column -> text that the value must be. Raises NotAllowed, UnknownFeature (no such
    collection), UnknownWord (no such column).
    """
    found = _sorted(ws, actor, name, as_of)
    wanted = _wanted(found, bbox, where or {})
    rows = np.flatnonzero(wanted)
    matched = len(rows)
    if after is not None:
        rows = rows[np.searchsorted(found.keys[rows].astype(str), after, side="right") :]
    more, rows = len(rows) > limit, rows[:limit]
    _look(ws, actor, name, as_of, len(rows))
    last = str(found.keys[rows[-1]]) if more else None
    return Page(_taken(found.out, rows), found.keys[rows], matched, last)


def one(ws: Workspace, actor: Actor, name: str, key: str, *, as_of: date | None = None) -> Outgoing:
    """The row of a key. Raises UnknownFeature also for one outside the scope."""
    found = _sorted(ws, actor, name, as_of)
    rows = np.flatnonzero(found.keys == key)
    if not len(rows):
        raise UnknownFeature(id=key)
    _look(ws, actor, name, as_of, 1)
    return _taken(found.out, rows)


def columns(ws: Workspace, actor: Actor, name: str) -> dict[str, str]:
    """Column -> int | float | date | text."""
    return _sorted(ws, actor, name, None).out.kinds


def bounds(ws: Workspace, actor: Actor, name: str) -> Box | None:
    """West, south, east, north of a collection today; None where nothing has a shape."""
    found = _sorted(ws, actor, name, None).bounds
    there = found[~np.isnan(found).any(axis=1)]
    if not len(there):
        return None
    west, south = there[:, :2].min(axis=0).tolist()
    east, north = there[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _look(ws: Workspace, actor: Actor, name: str, as_of: date | None, count: int) -> None:
    """Households and cases that leave are in the account of use; figures are not about anybody."""
    if COLLECTIONS[name].action is Action.SEE_HOUSEHOLDS:
        looked(ws, actor, "features", object_of(name, as_of=as_of), count)


def _taken(out: Outgoing, rows: Any) -> Outgoing:
    assert out.geometry is not None  # noqa: S101 - every collection has shapes
    return replace(out, frame=out.frame.iloc[rows], geometry=out.geometry[rows])


def _wanted(found: _Sorted, bbox: Box | None, where: Mapping[str, str]) -> Bools:
    wanted: Bools = np.ones(len(found.keys), dtype=bool)
    if bbox is not None:
        west, south, east, north = bbox
        b = found.bounds
        with np.errstate(invalid="ignore"):
            wanted &= (b[:, 2] >= west) & (b[:, 0] <= east)
            wanted &= (b[:, 3] >= south) & (b[:, 1] <= north)
    for column, text in where.items():
        if column not in found.out.frame.columns:
            known = ", ".join(map(str, found.out.frame.columns))
            raise UnknownWord(value=column, kind="column", known=known)
        cells = [cell_text(column, cell) for cell in found.out.cells(column)]
        wanted &= np.array(cells, dtype=object) == text
    return wanted


def _sorted(ws: Workspace, actor: Actor, name: str, as_of: date | None) -> _Sorted:
    """All rows, from memory where the same were asked for since the last change."""
    if name not in COLLECTIONS:
        raise UnknownFeature(id=name)
    collection = COLLECTIONS[name]
    require(actor, collection.action)
    day, snapshot = as_of or ws.today(), ws.snapshot()
    address = (name, actor.scope.code, day)
    with _lock:
        kept = _kept.setdefault(ws, OrderedDict())
        found = kept.get(address)
        if found is not None and found.of is snapshot:
            kept.move_to_end(address)
            return found
    frame, shapes = collection.rows(ws, actor, day)
    keys = frame[collection.key].to_numpy(dtype=object)
    order = np.argsort(keys.astype(str), kind="stable")
    out = Outgoing(name, frame.iloc[order].reset_index(drop=True), shapes[order], collection.shape)
    made = _Sorted(snapshot, out, keys[order], shapely.bounds(shapes[order]))
    with _lock:
        kept[address] = made
        while len(kept) > KEPT:
            kept.popitem(last=False)
    return made
