"""What tiles are made from and what was made, kept for each open store."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from gisgrid import coverage, tiles
from gisgrid.model import LEVELS
from gisgrid.snapshot.cache import Cache

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from gisgrid.columns import Areas, Bools, Cases, Households, Ints, Objects, Plan
    from gisgrid.operations.workspace import Workspace
    from gisgrid.snapshot import Snapshot

    Shapes = Cache[tuple[int, int, int], Objects]

MOST_BYTES = 64 * 2**20
"""Compressed tiles that are kept."""
_SMALL = 256 * 2**10
"""Bytes up to which a tile is compressed well (gzip 6); a larger one fast (gzip 1): compressing it
would take longer than encoding it."""


FIRST_ZOOMS = range(8, 11)
"""A first map shows a whole county at one of these: its shapes are kept beside the columns."""
LATER_ZOOMS = range(FIRST_ZOOMS.stop, tiles.FULL_ZOOM + 1)
_ENTRY = 1024
"""Bytes that a kept tile takes beside its body; empty tiles do not come for nothing."""


class Bodies:
    """Compressed tiles by what they were asked for, those asked for last, up to `most` bytes."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self.size = 0

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """The compressed tile of `key`; `make` gives the plain one. b"" stays b""."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        body = compress(make())
        with self._lock:
            if self._kept.pop(key, None) is None:
                self.size += len(body) + _ENTRY
            self._kept[key] = body
            while self.size > self._most:
                self.size -= len(self._kept.popitem(last=False)[1]) + _ENTRY
        return body


def compress(body: bytes) -> bytes:
    """As gzip, without a time in it: the same tile is the same bytes."""
    if not body:
        return b""
    packer = zlib.compressobj(6 if len(body) <= _SMALL else 1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


class PlanMap:
    """One plan as its tiles show it: worked out when a zoom is first asked for, then kept."""

    def __init__(self, plan: Plan, areas: Areas, first: Shapes) -> None:
        """first: where the grids of the first zooms are, or are put: kept for the next start."""
        self._first = first
        self.plan = plan
        self.areas = areas
        self.of_grid = ancestors(plan, areas)
        self._lock = RLock()  # one thread works a zoom out, the others wait for it
        self._kept: dict[Hashable, Any] = {}
        self._lines: Cache[Hashable, Objects] = Cache(64)

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            return self._kept[key]

    def grids(self, z: int) -> Objects:
        """The grids' polygons in the unit square, as simple as zoom `z` allows."""
        z = min(z, tiles.FULL_ZOOM)
        found: Objects = self._once(("grids", z), lambda: self._simplified(z))
        return found

    def _simplified(self, z: int) -> Objects:
        def make() -> Objects:
            square = self._once("square", lambda: tiles.to_square(self.plan.geometry))
            return tiles.simplify(square, z)

        if z not in FIRST_ZOOMS:
            return make()
        return self._first.get((self.plan.revision, z, tiles.grain(z)), make)

    def polygons(self, z: int, level: str) -> Objects:
        """The polygons of grids (level "grid") or of all areas, None for areas of other levels."""
        if level == "grid":
            return self.grids(z)
        z = min(z, tiles.FULL_ZOOM)
        group = self.of_grid[LEVELS.index(level)]
        found: Objects = self._once(
            (level, z), lambda: tiles.merge(self.grids(z), group, len(self.areas.code))
        )
        return found

    def lines(self, z: int, level: int, scope: str, grids: Bools | None) -> Objects:
        """The boundaries of a level (see tiles.Boundaries), as an array of one MultiLineString.

        grids: those that `scope` sees; None for all.
        """
        z = min(z, tiles.FULL_ZOOM)
        edges: tiles.Boundaries = self._once(
            ("edges", z), lambda: tiles.Boundaries.of(self.grids(z), self.of_grid)
        )
        key = (z, level, None if grids is None else scope)
        return self._lines.get(key, lambda: edges.lines(level, grids))

    def names(self, level: str) -> tuple[Any, Any]:
        """Where the names of grids (level "grid") or areas are written, in the unit square."""
        return self._once(  # type: ignore[no-any-return]
            ("names", level), lambda: tiles.name_points(self.polygons(NAMES_ZOOM[level], level))
        )


NAMES_ZOOM = {"township": 8, "village": 10, "grid": 12}
"""Names are placed on the shapes of this zoom: near enough, with a tenth of the vertices and less,
and those of the first map wait for no other zoom's shapes."""


def ancestors(plan: Plan, areas: Areas) -> Ints:
    """(3, n): the county, township and village of each grid, -1 where it lies in none."""
    of_area = (np.append(coverage.ancestors(areas, n), -1) for n in range(len(LEVELS)))
    return np.stack([found[plan.area] for found in of_area])


class Kept:
    """All of the above for one workspace."""

    def __init__(self) -> None:
        self.bodies = Bodies()
        self._plans: Cache[Hashable, PlanMap] = Cache(4)
        self._points: Cache[Hashable, tuple[object, tiles.Points]] = Cache(4)
        self._rest: Cache[Hashable, Any] = Cache(8)

    def plan_map(self, plan: Plan, snapshot: Snapshot) -> PlanMap:
        """The map of a plan; a plan or a tree that was loaded anew has a new one."""
        areas, first = snapshot.areas, snapshot.memory.shapes
        # The values hold what their key is the id of, so that no other object can take its place.
        return self._plans.get((id(plan), id(areas)), lambda: PlanMap(plan, areas, first))

    def worked_out(self, tables: tuple[object, ...], key: Hashable, make: Callable[[], Any]) -> Any:
        """What many tiles share while some tables of the snapshot stay as they are.

        A visit changes none but that of the visits.
        """
        named = (*map(id, tables), key)  # the tables are kept along, so that no other has their id
        return self._rest.get(named, lambda: (tables, make()))[1]

    def points(self, table: Households | Cases) -> tiles.Points:
        """The located rows of a table in Morton order."""
        key = getattr(table, "key", None)
        make = lambda: (table, tiles.Points.of(table.lon, table.lat, key))  # noqa: E731
        return self._points.get(id(table), make)[1]


_KEPT: WeakKeyDictionary[Workspace, Kept] = WeakKeyDictionary()
_KEPT_LOCK = Lock()


def kept(ws: Workspace) -> Kept:
    """What is kept for this workspace; gone with it."""
    with _KEPT_LOCK:
        return _KEPT.setdefault(ws, Kept())
