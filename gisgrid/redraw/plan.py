"""A plan as a value: an edit gives a new one that shares all but the changed grids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from gisgrid.columns import Objects

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One grid of a plan. polygon: shapely (Multi)Polygon, EPSG:4326, on the lattice."""

    code: str
    name: str | None
    area_code: str | None
    member: str | None
    visit_every_days: int | None
    polygon: Any


class _Base:
    """The grids a plan began with, and an index of their boxes; shared by all plans made of it."""

    def __init__(self, grids: dict[str, Grid]) -> None:
        self.grids = grids
        self.codes = list(grids)
        shapes = np.array([grid.polygon for grid in grids.values()], dtype=object)
        self.tree = shapely.STRtree(shapes)


class Plan:
    """All grids of a plan by code; never changed in place.

    An edit costs what it changes, not what the plan holds: a plan is a base that many plans share
    and the grids that differ from it. Polygons lie on the lattice of 1e-7 degrees.
    """

    __slots__ = ("_base", "_fresh", "_gone")

    def __init__(self, base: _Base, fresh: dict[str, Grid], gone: frozenset[str]) -> None:
        self._base = base
        self._fresh = fresh
        self._gone = gone

    @classmethod
    def of(cls, grids: Iterable[Grid]) -> Plan:
        """A plan of these grids; costs what they are. Coordinates off the lattice are rounded."""
        listed = sorted(grids, key=lambda grid: grid.code)
        shapes = np.array([grid.polygon for grid in listed], dtype=object)
        if not lattice.on_lattice(shapes):
            shapes = lattice.to_degrees(lattice.to_units(shapes))
            listed = [replace(g, polygon=p) for g, p in zip(listed, shapes, strict=True)]
        return cls(_Base({grid.code: grid for grid in listed}), {}, frozenset())

    def __getitem__(self, code: str) -> Grid:
        if code in self._fresh:
            return self._fresh[code]
        if code in self._gone:
            raise KeyError(code)
        return self._base.grids[code]

    def __contains__(self, code: object) -> bool:
        return code in self._fresh or (code in self._base.grids and code not in self._gone)

    def __len__(self) -> int:
        kept = len(self._base.grids) - len(self._gone)
        return kept + sum(c not in self._base.grids or c in self._gone for c in self._fresh)

    def codes(self) -> list[str]:
        """All codes, sorted."""
        kept = [code for code in self._base.codes if code not in self._gone]
        more = [code for code in self._fresh if code not in self._base.grids or code in self._gone]
        return sorted([*kept, *more])

    def near(self, bounds: Bounds) -> list[str]:
        """Codes, sorted, of the grids whose box meets these bounds (degrees)."""
        rows = self._base.tree.query(shapely.box(*bounds))
        codes = (self._base.codes[row] for row in rows.tolist())
        found = [code for code in codes if code not in self._gone and code not in self._fresh]
        west, south, east, north = bounds
        for code, grid in self._fresh.items():
            w, s, e, n = grid.polygon.bounds
            if w <= east and e >= west and s <= north and n >= south:
                found.append(code)
        return sorted(found)

    def replaced(self, changed: Mapping[str, Grid], removed: Collection[str]) -> Plan:
        """This plan with some grids changed or new, and others gone."""
        fresh = {code: grid for code, grid in self._fresh.items() if code not in removed}
        fresh.update(changed)
        gone = (self._gone | {c for c in removed if c in self._base.grids}) - set(changed)
        return Plan(self._base, fresh, gone)

    def units(self, codes: Iterable[str]) -> Objects:
        """Polygons of some grids in lattice units."""
        shapes = np.array([self[code].polygon for code in codes], dtype=object)
        found: Objects = lattice.to_units(shapes)
        return found
