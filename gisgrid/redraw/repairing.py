"""A repair proposed for a plan that does not hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import coverage_clean  # type: ignore[attr-defined]  # stubs are of 2.1

from gisgrid.redraw import lattice
from gisgrid.redraw.checking import check_plan
from gisgrid.redraw.cutting import joined
from gisgrid.redraw.lattice import array_of, made_valid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.columns import Objects
    from gisgrid.redraw.faults import Fault
    from gisgrid.redraw.plan import Grid

SLIVER_M = 1.0
"""A gap narrower than this is closed."""
_ROUNDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """How a plan would be repaired.

    changed: the grids that would differ. removed: those of which nothing would be left. faults:
    what would still be wrong.
    """

    changed: dict[str, Grid] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def repair(
    grids: Iterable[Grid], ground: Any | None = None, *, gap_m: float = SLIVER_M
) -> Proposal:
    """A plan without overlaps and without gaps narrower than gap_m, on the lattice.

    An overlap goes to the grid that it has the longest edge with, and so does a gap, also one that
    opens to the outside where the ground that the plan must fill (EPSG:4326) is given. What is
    wider, and ground beyond, stays and is told.
    """
    listed = sorted(grids, key=lambda grid: grid.code)
    if not listed:
        return Proposal(faults=check_plan((), ground))
    shapes = lattice.to_units(array_of(grid.polygon for grid in listed))
    shapes = _cleaned(array_of(_mended(shape) for shape in shapes), gap_m)
    if ground is not None:
        whole = lattice.to_units(array_of([ground]))[0]
        shapes = _filled(shapes, whole, gap_m)
    made = dict(zip((grid.code for grid in listed), lattice.to_degrees(shapes), strict=True))
    left = [
        replace(grid, polygon=made[grid.code]) for grid in listed if not made[grid.code].is_empty
    ]
    old = {grid.code: grid.polygon for grid in listed}
    changed = {
        grid.code: grid
        for grid in left
        if not shapely.equals_exact(*shapely.normalize([grid.polygon, old[grid.code]]))
    }
    removed = tuple(code for code, shape in made.items() if shape.is_empty)
    return Proposal(changed, removed, check_plan(left, ground))


def _cleaned(shapes: Objects, gap_m: float) -> Objects:
    """Shapes in units without overlaps and narrow gaps, with matching edges."""
    width = gap_m / lattice.metres(float(shapely.total_bounds(shapes)[1]))[1]
    for _ in range(_ROUNDS):  # rounding to the lattice can cross lines again
        cleaned = coverage_clean(shapes, gap_width=width)
        rounded = shapely.transform(cleaned, np.rint)
        shapes = array_of(_mended(shape) for shape in rounded)
        if shapely.coverage_is_valid(shapes):
            break
    return shapes


def _filled(shapes: Objects, whole: Any, gap_m: float) -> Objects:
    """Shapes with the narrow parts of the ground that none of them holds."""
    bare = shapely.get_parts(shapely.difference(whole, shapely.union_all(shapes), grid_size=1.0))
    bare = bare[shapely.area(bare) > 0]
    bare = bare[lattice.mean_width(bare) < gap_m]
    if len(bare) == 0:
        return shapes
    together = _cleaned(array_of([*shapes, *bare]), gap_m)
    shapes, bare = together[: len(shapes)], together[len(shapes) :]
    for part in bare[~shapely.is_empty(bare)]:
        common = shapely.length(shapely.intersection(shapely.boundary(shapes), part.boundary))
        best = int(np.argmax(common))
        shapes[best] = joined(array_of([shapes[best], part]))
    return shapes


def _mended(shape: Any) -> Any:
    return shapely.remove_repeated_points(made_valid(array_of([shape]))[0])
