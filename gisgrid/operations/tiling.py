"""Tiles: what an actor may see of a plan, its households and its cases, as vector tiles."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2s
from typing import TYPE_CHECKING

from gisgrid import tiles
from gisgrid.access import Action, Actor, require
from gisgrid.errors import UnknownWord
from gisgrid.operations import tile_layers
from gisgrid.operations.asked import day_of
from gisgrid.operations.tile_layers import LINES_FROM, POLYGONS, Asked, Filters
from gisgrid.operations.tile_store import NAMES_ZOOM, kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from gisgrid.operations.workspace import Workspace
    from gisgrid.snapshot import Snapshot

_FORMAT = 2
"""Counted up when the content of tiles changes, so that no browser keeps the old ones."""


@dataclass(frozen=True, slots=True)
class Tile:
    """body: a vector tile as gzip, b"" where nothing is. etag: changes whenever the body may."""

    body: bytes
    etag: str

    @property
    def empty(self) -> bool:
        """Whether the tile holds nothing."""
        return not self.body


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
    filters = Filters(category, status, min_age)
    snapshot = ws.snapshot()
    day = day_of(as_of, ws.today())
    _check(layer, filters, snapshot)
    plan = snapshot.plan_on(day)
    when: tuple[object, ...] = (plan.revision,) if action is Action.SEE_FIGURES else (day, filters)
    key = (_FORMAT, layer, z, x, y, actor.scope.code, _versions(snapshot.version, parts), when)
    store = kept(ws)

    def body() -> bytes:
        view = snapshot.view(actor.scope, None, day)
        asked = Asked(store, snapshot, actor.scope.code, view, plan, day, address, filters)
        return make(asked)

    etag = blake2s(repr(key).encode(), digest_size=12).hexdigest()
    return Tile(store.bodies.get(key, body), etag)


def warm(ws: Workspace, zooms: Iterable[int]) -> None:
    """Work out the shapes of today's plan, so that the first tiles do not wait for them.

    Takes some tenths of a second for each zoom, among a million households seconds for a deep one;
    meant for a thread in the background.
    """
    snapshot = ws.snapshot()
    plan = kept(ws).plan_map(snapshot.plan_on(ws.today()), snapshot)
    for z in sorted(zooms):
        for level, first in LINES_FROM.items():
            if z >= first:
                plan.lines(z, level, "", None)
        for name in POLYGONS.values():
            plan.polygons(z, name)
        for name, zoom in NAMES_ZOOM.items():
            if z == zoom:
                plan.names(name)


# What may be asked for ----------------------------------------------------------------------------

_PLAN = ("areas", "plan")
_LAYERS: dict[str, tuple[Action, tuple[str, ...], Callable[[Asked], bytes]]] = {
    "outlines": (Action.SEE_FIGURES, _PLAN, tile_layers.outlines),
    **{name: (Action.SEE_FIGURES, _PLAN, tile_layers.polygons(name)) for name in POLYGONS},
    "households": (
        Action.SEE_HOUSEHOLDS,
        (*_PLAN, "households", "visits", "cases", "programme"),
        tile_layers.households,
    ),
    "cases": (Action.SEE_HOUSEHOLDS, (*_PLAN, "households", "cases"), tile_layers.cases),
}
"""layer -> the right to it, the parts of the store that it shows, and what makes it."""

_COUNTERS = ("areas", "plan", "households", "visits", "cases", "programme")
_STATUSES = ("open", "overdue")


def _check(layer: str, filters: Filters, snapshot: Snapshot) -> None:
    """Raise UnknownWord for a filter that the layer has not, or that names nothing."""
    if layer != "cases" and filters != Filters():
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
