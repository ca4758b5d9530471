"""Some grids of a plan as another program left them: which row is which grid, and what is wrong.

A row knows the grid that it was (`origin`), whatever became of its code. Of several rows of one
origin, as a cut leaves them, the one with most households keeps it, as in every split; the others
are new grids. Rows that are not there any more were merged into others, or lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.checking import check_plan, footprint
from gisgrid.redraw.codes import free_codes
from gisgrid.redraw.faults import Fault
from gisgrid.redraw.households import inside
from gisgrid.redraw.lattice import array_of
from gisgrid.redraw.plan import Grid
from gisgrid.redraw.settling import place_of
from gisgrid.redraw.slender import LEAST_WIDTH_M, slivers, tongue

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from gisgrid.columns import Objects
    from gisgrid.redraw.households import Homes
    from gisgrid.redraw.plan import Plan

_LABELS = ("name", "area_code", "member", "visit_every_days")


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One grid as it came back.

    origin: the code of the grid that it was; None where it was none. code: as it is written now.
    labels: those that were given, and their values. polygon: EPSG:4326; None where there is none.
    """

    origin: str | None
    code: str | None
    labels: Mapping[str, Any]
    polygon: Any


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """What the rows make of the grids of a plan.

    grids: code -> grid; a grid of the plan under the code that it had. labels, codes: of grids of
    the plan, the labels and codes that are to be others.
    """

    grids: dict[str, Grid]
    labels: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)

    def redrawn(self, plan: Plan) -> list[str]:
        """Codes, sorted, of the grids that are new or have other corners than in the plan."""
        return sorted(
            code
            for code, grid in self.grids.items()
            if code not in plan or grid.polygon is not plan[code].polygon
        )

    def gone(self, mine: Collection[str]) -> list[str]:
        """Codes, sorted, of grids that are there no more."""
        return sorted(code for code in mine if code not in self.grids)


def sketch(plan: Plan, mine: Collection[str], rows: Sequence[Row], homes: Homes) -> Sketch:
    """What rows make of the grids `mine` of a plan. A row without ground is none."""
    rows = [row for row in rows if row.polygon is not None and not row.polygon.is_empty]
    shapes = lattice.to_units(array_of(_lone(row.polygon) for row in rows))
    kept = _kept(mine, rows, shapes, homes)
    made = Sketch({})
    used: set[str] = set()
    for i, row in enumerate(rows):
        code = kept.get(i)
        if code is None:
            continue
        grid = plan[code]
        if not _same(shapes[i], plan.units([code])[0]):
            grid = replace(grid, polygon=lattice.to_degrees(shapes[[i]])[0])
        made.grids[code] = grid
        _relabel(made, grid, row)
    used |= set(made.codes.values())
    for i, row in enumerate(rows):
        if i not in kept:
            grid = _fresh(plan, mine, row, lattice.to_degrees(shapes[[i]])[0], used)
            used.add(grid.code)
            made.grids[grid.code] = grid
    return made


def _kept(
    mine: Collection[str], rows: Sequence[Row], shapes: Objects, homes: Homes
) -> dict[int, str]:
    """Row -> the grid of the plan that it still is; at most one row for each."""
    of: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        if row.origin is not None and row.origin in mine:
            of.setdefault(row.origin, []).append(i)
    found = {}
    for code, several in of.items():
        # Who wrote another code beside a part meant a new grid.
        named = [i for i in several if rows[i].code == code] or several
        found[max(named, key=lambda i: _weight(shapes[i], homes))] = code
    return found


def _weight(shape: Any, homes: Homes) -> tuple[int, float]:
    return (len(inside(homes, shape)) if shape.is_valid else 0, float(shape.area))


def _lone(shape: Any) -> Any:
    """A multipolygon of one part as that part: files know only one kind of both."""
    parts = shapely.get_parts(shape)
    return parts[0] if len(parts) == 1 else shape


def _same(one: Any, other: Any) -> bool:
    """Whether two shapes have the same corners, wherever their rings begin."""
    pair = array_of([_lone(one), _lone(other)])
    return bool(shapely.equals_exact(*shapely.normalize(pair)))


def _relabel(made: Sketch, grid: Grid, row: Row) -> None:
    other = {
        name: row.labels[name]
        for name in _LABELS
        if name in row.labels and row.labels[name] != _plain(getattr(grid, name))
    }
    if other:
        made.labels[grid.code] = other
    if row.code is not None and row.code != grid.code:
        made.codes[grid.code] = row.code


def _plain(value: Any) -> Any:
    """A label as any file keeps it: without blanks around it."""
    return (value.strip() or None) if isinstance(value, str) else value


def _fresh(plan: Plan, mine: Collection[str], row: Row, polygon: Any, used: set[str]) -> Grid:
    """A grid that the plan does not have, under a code that is free."""
    like = plan[row.origin] if row.origin is not None and row.origin in mine else None
    like = like or _most_common(plan, mine, polygon)
    code = row.code
    if code is None or code in plan or code in used:
        code = free_codes(plan, like.code if like else "G0", 1, used)[0]
    labels = {name: getattr(like, name) if like else None for name in _LABELS}
    given = {name: value for name, value in row.labels.items() if name in _LABELS}
    if given.get("area_code") is None:
        given.pop("area_code", None)
    return Grid(code=code, polygon=polygon, **(labels | given))


def _most_common(plan: Plan, mine: Collection[str], polygon: Any) -> Grid | None:
    """The grid of the plan that a shape shares most ground with."""
    near = [code for code in plan.near(polygon.bounds) if code in mine]
    if not near or not polygon.is_valid:
        return None
    areas = [plan[code].polygon.intersection(polygon).area for code in near]
    return plan[near[int(np.argmax(areas))]]


# Faults -------------------------------------------------------------------------------------------


def around(plan: Plan, mine: Collection[str], made: Sketch) -> list[str]:
    """Codes of the grids of the plan whose ground a sketch touches, with those beside them."""
    before = [plan[code].polygon for code in mine if code not in made.grids]
    before += [plan[code].polygon for code in made.redrawn(plan) if code in plan]
    after = [made.grids[code].polygon for code in made.redrawn(plan)]
    mine = frozenset(mine)
    boxes = {tuple(shape.bounds) for shape in (*before, *after)}
    near = {code for box in boxes for code in plan.near(box) if code in mine}
    return sorted(near)


def faults(plan: Plan, mine: Collection[str], made: Sketch) -> tuple[Fault, ...]:
    """What keeps a sketch from being a partition of the ground of `mine`: places and sizes."""
    near = around(plan, mine, made)
    if not near and not made.redrawn(plan):
        return ()
    new = [code for code in made.grids if code not in plan]
    grids = [made.grids[code] for code in (*near, *new) if code in made.grids]
    ground = footprint(plan[code] for code in near) if near else None
    found = check_plan(grids, ground)
    if ground is None:  # drawn far outside
        lost = [made.grids[code].polygon for code in new]
        found += tuple(
            Fault("outside", (), tuple(s.representative_point().coords[0])) for s in lost
        )
    return (*found, *_slender(plan, near, made))


def _slender(plan: Plan, near: list[str], made: Sketch) -> list[Fault]:
    """Parts that are too small or too narrow, and tongues, that were not there before."""
    found = []
    before = plan.units(near)
    for code in made.redrawn(plan):
        (shape,) = lattice.to_units(array_of([made.grids[code].polygon]))
        if not shape.is_valid:
            continue
        was = shapely.get_parts(plan.units([code])[0]) if code in plan else ()
        parts = shapely.get_parts(shape)
        for part in parts[slivers(parts)]:
            if not any(shapely.equals(part, old) for old in was):
                size = round(float(lattice.square_metres(part)), 2)
                found.append(Fault("sliver", (code,), place_of(part), size, "m2"))
        corner = tongue(shape, before)
        if corner is not None:
            place = lattice.degrees_of(corner)
            found.append(Fault("tongue", (code,), place, LEAST_WIDTH_M, "m"))
    return found
