"""A plan as a value: an edit gives a new one that shares all but the changed grids."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

from gisgrid.redraw import lattice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from gisgrid import columns
    from gisgrid.columns import Floats, Ints, Objects
    from gisgrid.redraw.lattice import Segments

Bounds: TypeAlias = tuple[float, float, float, float]

_FRESH_MOST = 256
"""Grids that differ from the base are looked at one by one; beyond this a new base is cheaper."""
_NO_EDGES = np.empty((0, 4), dtype=np.int64)
_NOWHERE: Bounds = (math.inf, math.inf, -math.inf, -math.inf)
"""The box of nothing: no place lies in it, and with another box it is that one."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One grid of a plan. polygon: shapely (Multi)Polygon, EPSG:4326, on the lattice."""

    code: str
    name: str | None
    area_code: str | None
    member: str | None
    visit_every_days: int | None
    polygon: Any

    def place(self) -> tuple[float, float]:
        """A point within it, to be pointed at: longitude, latitude."""
        point = self.polygon.representative_point()
        return float(point.x), float(point.y)

    def drawn_as(self, code: str, polygon: Any) -> Grid:
        """A grid of another code and shape, all else the same."""
        return Grid(code, self.name, self.area_code, self.member, self.visit_every_days, polygon)


def _box_of(shapes: Objects) -> Bounds:
    """The box around shapes."""
    if len(shapes) == 0:
        return _NOWHERE
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return west, south, east, north


def _edges_of(grids: Mapping[str, Grid]) -> dict[str, Segments]:
    """Code -> `lattice.segments` of each of some grids."""
    if not grids:
        return {}
    shapes = lattice.to_units(lattice.array_of(grid.polygon for grid in grids.values()))
    edges, owner = lattice.segments_of(shapes)
    ends = np.cumsum(np.bincount(owner, minlength=len(grids)))
    return dict(zip(grids, np.split(edges, ends[:-1]), strict=True))


class _Base:
    """Some grids and an index of their boxes; shared by all plans made of it.

    edges: of each grid, where they are known already.
    """

    __slots__ = ("_edges", "codes", "grids", "names", "tree")

    def __init__(self, grids: dict[str, Grid], edges: dict[str, Segments] | None = None) -> None:
        self.grids = grids
        self._edges = edges
        self.names = frozenset(grid.name for grid in grids.values() if grid.name)
        self.codes = list(grids)
        self.tree = shapely.STRtree(lattice.array_of(grid.polygon for grid in grids.values()))

    @property
    def edges(self) -> dict[str, Segments]:
        """Code -> `lattice.segments` of its grid; of all, when the first is asked for."""
        if self._edges is None:
            self._edges = _edges_of(self.grids)
        return self._edges

    def with_changes(self, fresh: dict[str, Grid], gone: Collection[str]) -> _Base:
        """This base with some grids changed or new, and others gone."""
        kept = {code: grid for code, grid in self.grids.items() if code not in gone}
        edges = None if self._edges is None else self._edges | _edges_of(fresh)
        return _Base(kept | fresh, edges)


class Plan:
    """All grids of a plan by code; never changed in place.

    An edit costs what it changes, not what the plan holds: a plan is a base that many plans share
    and the grids that differ from it. Polygons lie on the lattice of 1e-7 degrees.

    ended: codes of grids that were before this plan and are no more; none is given again.
    """

    __slots__ = ("_base", "_boxes", "_dropped", "_edges", "_fresh", "_gone", "bounds", "ended")

    def __init__(
        self,
        base: _Base,
        fresh: dict[str, Grid],
        gone: frozenset[str],
        bounds: Bounds,
        ended: frozenset[str],
        dropped: frozenset[str] = frozenset(),
    ) -> None:
        self._base = base
        self._fresh = fresh
        self._gone = gone
        self.bounds = bounds
        self.ended = ended
        self._dropped = dropped
        self._boxes: Floats | None = None
        self._edges: dict[str, Segments] = {}

    @classmethod
    def of(cls, grids: Iterable[Grid], ended: Iterable[str] = ()) -> Plan:
        """A plan of these grids; costs what they are. Coordinates off the lattice are rounded."""
        listed = sorted(grids, key=lambda grid: grid.code)
        shapes = lattice.array_of(grid.polygon for grid in listed)
        if not lattice.on_lattice(shapes):
            shapes = lattice.to_degrees(lattice.to_units(shapes))
            listed = [replace(g, polygon=p) for g, p in zip(listed, shapes, strict=True)]
        base = _Base({grid.code: grid for grid in listed})
        return cls(base, {}, frozenset(), _box_of(shapes), frozenset(ended) - set(base.codes))

    @classmethod
    def of_columns(cls, plan: columns.Plan, areas: columns.Areas) -> Plan:
        """The plan of the read model; empty words are None."""
        area = [areas.code[i] if i >= 0 else None for i in plan.area.tolist()]
        words = zip(plan.code, plan.name, area, plan.member, plan.every.tolist(), strict=True)
        return cls.of(
            Grid(code, name or None, place, member or None, every or None, polygon)
            for (code, name, place, member, every), polygon in zip(
                words, plan.geometry, strict=True
            )
            if polygon is not None and not polygon.is_empty
        )

    def __getitem__(self, code: str) -> Grid:
        if code in self._fresh:
            return self._fresh[code]
        if code in self._gone:
            raise KeyError(code)
        return self._base.grids[code]

    def get(self, code: str) -> Grid | None:
        """The grid of a code; None where there is none."""
        return self[code] if code in self else None  # noqa: SIM401 - this is `get`

    def __contains__(self, code: object) -> bool:
        return code in self._fresh or (code in self._base.grids and code not in self._gone)

    def __len__(self) -> int:
        kept = len(self._base.grids) - len(self._gone)
        return kept + sum(c not in self._base.grids or c in self._gone for c in self._fresh)

    def spent(self, code: str) -> bool:
        """Whether a code is, or was, a grid's, here or in a plan before this one."""
        return code in self or code in self._dropped or code in self.ended

    def named(self, name: str) -> bool:
        """Whether a grid has this name (or had it in the plan that this one is made of)."""
        return name in self._base.names or any(g.name == name for g in self._fresh.values())

    def codes(self) -> list[str]:
        """All codes, sorted."""
        kept = [code for code in self._base.codes if code not in self._gone]
        more = [code for code in self._fresh if code not in self._base.grids or code in self._gone]
        return sorted([*kept, *more])

    def apart(self, other: Plan) -> set[str] | None:
        """Codes of which the two do not share one Grid; it costs what differs from their base.

        None where they share no base: then that takes a look at all of both.
        """
        if self._base is not other._base:
            return None
        fresh = self._fresh.items() ^ other._fresh.items()  # a Grid is equal to itself alone
        return {code for code, _ in fresh} | (self._gone ^ other._gone)

    def near(self, bounds: Bounds) -> list[str]:
        """Codes, sorted, of the grids whose box meets these bounds (degrees)."""
        rows = self._base.tree.query(shapely.box(*bounds))
        codes = [self._base.codes[row] for row in rows.tolist()]
        found = [code for code in codes if code not in self._gone and code not in self._fresh]
        if self._fresh:
            west, south, east, north = bounds
            boxes = self._fresh_boxes()
            meets = (boxes[:, 0] <= east) & (boxes[:, 2] >= west)
            meets &= (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
            fresh = list(self._fresh)
            found += [fresh[i] for i in np.flatnonzero(meets)]
        return sorted(found)

    def _fresh_boxes(self) -> Floats:
        """The boxes of the fresh grids, (n, 4); an edit asks for what is near more than once."""
        if self._boxes is None:
            shapes = lattice.array_of(grid.polygon for grid in self._fresh.values())
            self._boxes = shapely.bounds(shapes)
        return self._boxes

    def replaced(self, changed: Mapping[str, Grid], removed: Collection[str]) -> Plan:
        """This plan with some grids changed or new, and others gone."""
        removed = [code for code in removed if code not in changed]
        stays = [code not in changed and code not in removed for code in self._fresh]
        fresh = dict(compress(self._fresh.items(), stays)) | dict(changed)
        boxes = shapely.bounds(lattice.array_of(grid.polygon for grid in changed.values()))
        gone = (self._gone | {c for c in removed if c in self._base.grids}) - set(changed)
        base = self._base
        if len(fresh) + len(gone) > _FRESH_MOST:
            base, fresh, gone = base.with_changes(fresh, gone), {}, frozenset()
        ended, dropped = self.ended.difference(changed), self._dropped.union(removed)
        made = Plan(base, fresh, gone, self._bounds_with(boxes), ended, dropped)
        if fresh and self._boxes is not None:
            made._boxes = np.concatenate([self._boxes[stays], boxes])
        return made

    def _bounds_with(self, boxes: Floats) -> Bounds:
        """The box of the plan, grown where ground was gained; it need not shrink."""
        west, south, east, north = boxes.T.tolist()
        w, s, e, n = self.bounds
        return min([w, *west]), min([s, *south]), max([e, *east]), max([n, *north])

    def units(self, codes: Iterable[str]) -> Objects:
        """Polygons of some grids in lattice units."""
        return lattice.to_units(lattice.array_of(self[code].polygon for code in codes))

    def segments(self, codes: Sequence[str]) -> tuple[Segments, Ints]:
        """`lattice.segments_of` some grids; an edit asks for those of its neighbours twice."""
        new = {c: self._fresh[c] for c in codes if c in self._fresh and c not in self._edges}
        self._edges |= _edges_of(new)
        kept = self._base.edges
        each = [self._edges[code] if code in self._fresh else kept[code] for code in codes]
        counts = [len(edges) for edges in each]
        return np.concatenate([_NO_EDGES, *each]), np.repeat(np.arange(len(each)), counts)

    def near_units(self, bounds: Bounds, margin: float = 1.0) -> list[str]:
        """`near`, of bounds in lattice units with a margin around them."""
        west, south, east, north = bounds
        low, high = (west - margin, south - margin), (east + margin, north + margin)
        w, s, e, n = (float(value) / lattice.SCALE for value in (*low, *high))
        return self.near((w, s, e, n))
