"""Tiles: what an actor may see of a plan, its households and its cases, as vector tiles."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid import coverage, tiles
from gisgrid.access import Action, Actor, require
from gisgrid.errors import UnknownWord
from gisgrid.model import LEVELS, CaseStatus
from gisgrid.operations.tile_store import Kept, PlanMap, kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from gisgrid.columns import Bools, Ints, Plan
    from gisgrid.operations.workspace import Workspace
    from gisgrid.snapshot import Snapshot, View

_FORMAT = 1
"""Counted up when the content of tiles changes, so that no browser keeps the old ones."""

POINTS_FROM = 13
"""First zoom with single households and cases; sums by cell before."""
IDS_FROM = 15
"""First zoom at which one can click a single one."""
_QUARTER = 4
"""Units of a quarter of a pixel: as exact as a point is drawn where nobody can click it."""
_LINES_FROM = {0: 0, 1: 0, 2: 9, 3: 12}
_NAMES_FROM = {"township": 0, "village": 11, "grid": 14}


@dataclass(frozen=True, slots=True)
class Tile:
    """body: a vector tile as gzip, b"" where nothing is. etag: changes whenever the body may."""

    body: bytes
    etag: str

    @property
    def empty(self) -> bool:
        """Whether the tile holds nothing."""
        return not self.body


@dataclass(frozen=True, slots=True)
class _Filters:
    """Which cases: of a category, open or overdue, open at least so many days."""

    category: str | None = None
    status: str | None = None
    min_age: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One tile to be made."""

    kept: Kept
    snapshot: Snapshot
    scope: str
    view: View
    plan: Plan
    day: date
    address: tiles.Address
    filters: _Filters

    @property
    def map(self) -> PlanMap:
        return self.kept.plan_map(self.plan, self.snapshot.areas)


def tile(  # noqa: PLR0913 - a tile's address alone has four parts
    ws: Workspace,
    actor: Actor,
    layer: str,
    z: int,
    x: int,
    y: int,
    *,
    as_of: date | None = None,
    category: str | None = None,
    status: str | None = None,
    min_age: int | None = None,
) -> Tile:
    """One tile of what lies in the actor's scope on a day (None: today in the programme's zone).

    layer: outlines | townships | villages | grids (with the right to figures), households | cases
    (with the right to households). z: 0 … 20. docs/tiles.md has the content of each.
    category, status ("open" or "overdue"; open is both) and min_age (days open): cases only.
    Raises NotAllowed; UnknownWord for another layer, place, filter or category.
    """
    if layer not in _LAYERS:
        raise UnknownWord(value=layer, kind="layer of tiles", known=", ".join(_LAYERS))
    action, parts, make = _LAYERS[layer]
    require(actor, action)
    address = tiles.Address.checked(z, x, y)
    filters = _Filters(category, status, min_age)
    snapshot = ws.snapshot()
    day = ws.today() if as_of is None else as_of
    _check(layer, filters, snapshot)
    plan = snapshot.plan_on(day)
    when: tuple[object, ...] = (plan.revision,) if action is Action.SEE_FIGURES else (day, filters)
    key = (_FORMAT, layer, z, x, y, actor.scope.code, _versions(snapshot.version, parts), when)
    store = kept(ws)

    def body() -> bytes:
        view = snapshot.view(actor.scope, None, day)
        asked = _Asked(store, snapshot, actor.scope.code, view, plan, day, address, filters)
        return make(asked)

    etag = blake2s(repr(key).encode(), digest_size=12).hexdigest()
    return Tile(store.bodies.get(key, body), etag)


def warm(ws: Workspace, zooms: Iterable[int] = range(8, tiles.FULL_ZOOM + 1)) -> None:
    """Work out the shapes of today's plan, so that the first tiles do not wait for them.

    Takes some tenths of a second for each zoom; meant for a thread in the background.
    """
    snapshot = ws.snapshot()
    plan = kept(ws).plan_map(snapshot.plan_on(ws.today()), snapshot.areas)
    for word in _NAMES_FROM:
        plan.names(word)
    for z in sorted(zooms):
        for level, first in _LINES_FROM.items():
            if z >= first:
                plan.lines(z, level, "", None)
        for name in _POLYGONS.values():
            plan.polygons(z, name)


# Areas and grids ----------------------------------------------------------------------------------


def _outlines(asked: _Asked) -> bytes:
    return _lines(asked) + _names(asked)


def _lines(asked: _Asked) -> bytes:
    view, z = asked.view, asked.address.z
    grids = None if view.grids.all() else view.grids
    levels = [level for level, first in _LINES_FROM.items() if z >= first]
    found = [asked.map.lines(z, level, asked.scope, grids) for level in levels]
    shapes = np.concatenate(found)
    return tiles.encode_lines("lines", asked.address, shapes, {"level": np.array(levels)}, {})


def _names(asked: _Asked) -> bytes:
    """Names without a buffer: each is in one tile alone, and is not written twice."""
    found: list[tuple[Any, ...]] = []
    for level, first in _NAMES_FROM.items():
        if asked.address.z < first:
            continue
        mask, code, name = _table(asked, level)
        x, y = asked.address.units(*(np.nan_to_num(a, nan=-1.0) for a in asked.map.names(level)))
        rows = np.flatnonzero(mask & _inside(x, y, 0))
        depth = np.full(len(rows), list(_NAMES_FROM).index(level) + 1)
        found.append((x[rows], y[rows], depth, code[rows], name[rows]))
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    code, label = columns[3], np.where(columns[4].astype(bool), columns[4], columns[3])
    return tiles.encode_points(
        "names", columns[0], columns[1], {"level": columns[2]}, {"code": code, "name": label}
    )


def _table(asked: _Asked, level: str) -> tuple[Bools, Any, Any]:
    """Which grids or areas of a level may be seen, with all codes and names."""
    if level == "grid":
        return asked.view.grids, asked.plan.code, asked.plan.name
    areas = asked.snapshot.areas
    return asked.view.areas & (areas.level == LEVELS.index(level)), areas.code, areas.name


def _polygons(layer: str) -> Callable[[_Asked], bytes]:
    def make(asked: _Asked) -> bytes:
        level = _POLYGONS[layer]
        mask, code, _ = _table(asked, level)
        shapes = asked.map.polygons(asked.address.z, level)[mask]
        return tiles.encode_polygons(layer, asked.address, shapes, {}, {"code": code[mask]})

    return make


# Households and cases -----------------------------------------------------------------------------


def _households(asked: _Asked) -> bytes:
    snapshot = asked.snapshot
    points = asked.kept.points(snapshot.households)
    state = snapshot.state(asked.day)
    at = points.within(asked.address)
    row = points.row[at]
    shown = state.listed[row]
    if not asked.view.whole:
        shown &= asked.view.households[row]
    at, row = at[shown], row[shown]
    status = state.status[row]
    opened, overdue = _open_cases(snapshot, asked.day)
    if asked.address.z < POINTS_FROM:
        sums = {"g": coverage.is_gap(status), "c": opened[row]}
        return _bins(asked, points, at, sums)
    numbers = {
        "s": status,
        "c": np.where(overdue[row], 2, (opened[row] > 0).astype(np.int8)),
        "d": state.waiting[row],
    }
    return _marks(asked, "households", points, at, numbers, snapshot.households.id[row])


def _open_cases(snapshot: Snapshot, day: date) -> tuple[Ints, Bools]:
    """How many open cases each household has, and whether one of them is overdue."""
    status, of = snapshot.case_state(day).status, snapshot.cases.household
    counted = coverage.is_open(status) & (of >= 0)
    opened = np.bincount(of[counted], minlength=len(snapshot.households.id))
    overdue = np.zeros(len(snapshot.households.id), dtype=bool)
    overdue[of[(status == CaseStatus.OVERDUE) & (of >= 0)]] = True
    return opened, overdue


def _cases(asked: _Asked) -> bytes:
    snapshot, filters = asked.snapshot, asked.filters
    points, state = asked.kept.points(snapshot.cases), snapshot.case_state(asked.day)
    at = points.within(asked.address)
    row = points.row[at]
    least = CaseStatus.OVERDUE if filters.status == "overdue" else CaseStatus.OPEN
    shown = state.status[row] >= least
    if not asked.view.whole:
        shown &= asked.view.cases[row]
    if filters.min_age is not None:
        shown &= state.age[row] >= filters.min_age
    category = snapshot.cases.category
    if filters.category is not None:
        shown &= category[row] == list(snapshot.cases.categories).index(filters.category)
    at, row = at[shown], row[shown]
    if asked.address.z < POINTS_FROM:
        return _bins(asked, points, at, {"o": state.status[row] == CaseStatus.OVERDUE})
    numbers = {"s": state.status[row], "k": category[row], "a": state.age[row]}
    return _marks(asked, "cases", points, at, numbers, snapshot.cases.id[row])


def _bins(asked: _Asked, points: tiles.Points, at: Ints, sums: dict[str, Any]) -> bytes:
    x, y, numbers = tiles.bin_points(
        asked.address, points.key[at], (points.x[at], points.y[at]), sums
    )
    near = _inside(x, y, tiles.BUFFER)
    return tiles.encode_points("bins", x[near], y[near], {k: v[near] for k, v in numbers.items()})


def _marks(
    asked: _Asked, name: str, points: tiles.Points, at: Ints, numbers: dict[str, Ints], ids: Any
) -> bytes:
    x, y = asked.address.units(points.x[at], points.y[at])
    near = np.flatnonzero(_inside(x, y, tiles.BUFFER))
    clickable = asked.address.z >= IDS_FROM
    if not clickable:
        x, y = x // _QUARTER * _QUARTER, y // _QUARTER * _QUARTER
    columns = {key: column[near] for key, column in numbers.items()}
    order = tiles.drawing_order(x[near], y[near], columns, distinct=not clickable)
    near = near[order]
    return tiles.encode_points(
        name,
        x[near],
        y[near],
        {key: column[order] for key, column in columns.items()},
        {"id": ids[near]} if clickable else {},
    )


def _inside(x: Ints, y: Ints, buffer: int) -> Bools:
    found: Bools = (
        (x >= -buffer) & (x < tiles.EXTENT + buffer) & (y >= -buffer) & (y < tiles.EXTENT + buffer)
    )
    return found


# What may be asked for ----------------------------------------------------------------------------

_POLYGONS = {"townships": "township", "villages": "village", "grids": "grid"}
_PLAN = ("areas", "plan")
_LAYERS: dict[str, tuple[Action, tuple[str, ...], Callable[[_Asked], bytes]]] = {
    "outlines": (Action.SEE_FIGURES, _PLAN, _outlines),
    **{name: (Action.SEE_FIGURES, _PLAN, _polygons(name)) for name in _POLYGONS},
    "households": (
        Action.SEE_HOUSEHOLDS,
        (*_PLAN, "households", "visits", "cases", "programme"),
        _households,
    ),
    "cases": (Action.SEE_HOUSEHOLDS, (*_PLAN, "households", "cases"), _cases),
}
"""layer -> the right to it, the parts of the store that it shows, and what makes it."""

_COUNTERS = ("areas", "plan", "households", "visits", "cases", "programme")
_STATUSES = ("open", "overdue")


def _check(layer: str, filters: _Filters, snapshot: Snapshot) -> None:
    """Raise UnknownWord for a filter that the layer has not, or that names nothing."""
    if layer != "cases" and filters != _Filters():
        raise UnknownWord(value="category, status, min_age", kind="filter here", known="as_of")
    if filters.status is not None and filters.status not in _STATUSES:
        raise UnknownWord(value=filters.status, kind="status", known=", ".join(_STATUSES))
    known = snapshot.cases.categories
    if filters.category is not None and filters.category not in known:
        raise UnknownWord(value=filters.category, kind="category", known=", ".join(known))


def _versions(version: str, parts: tuple[str, ...]) -> str:
    """Of a snapshot's version (token and counters, snapshot.version) what concerns `parts`."""
    token, *counters = version.split("-")
    if len(counters) != len(_COUNTERS):
        return version
    return "-".join([token, *(c for n, c in zip(_COUNTERS, counters, strict=True) if n in parts)])
