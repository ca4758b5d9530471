"""The whole plan, proved at once: for publishing and `gisgrid check`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.cutting import joined
from gisgrid.redraw.faults import Fault
from gisgrid.redraw.households import NOWHERE, placed
from gisgrid.redraw.lattice import array_of
from gisgrid.redraw.plan import Plan
from gisgrid.redraw.settling import place_of, where_invalid
from gisgrid.redraw.slender import LEAST_WIDTH_M

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.columns import Objects
    from gisgrid.redraw.households import Homes
    from gisgrid.redraw.plan import Grid

MOST = 100
"""Faults of one kind that are listed; more would not be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Bare:
    """Ground that grids surround and none of them holds. shape: in lattice units.

    fault: its place, size and the grids around it, as of a gap.
    """

    fault: Fault
    shape: Any


def footprint(grids: Iterable[Grid]) -> Any:
    """The ground that grids fill, EPSG:4326; a grid that crosses itself as it would be mended."""
    shapes = lattice.made_valid(array_of(grid.polygon for grid in grids))
    if len(shapes) == 0:
        return shapely.MultiPolygon()
    # Along matching edges the union is exact and quick; an old plan may not have them everywhere.
    return joined(shapes) if shapely.coverage_is_valid(shapes) else shapely.union_all(shapes)


def bare_ground(grids: Iterable[Grid]) -> tuple[list[Bare], list[Bare]]:
    """What grids surround and none holds: the gaps, as `check_plan` finds them, and the rest.

    The rest is wider and has matching edges all around: a lake, or the land of others. All are
    told, however many there are.
    """
    listed = sorted(grids, key=lambda grid: grid.code)
    codes = [grid.code for grid in listed]
    shapes = lattice.made_valid(lattice.to_units(array_of(grid.polygon for grid in listed)))
    if not len(shapes):
        return [], []
    if not shapely.coverage_is_valid(shapes):
        return _bare(codes, shapes, _astray(shapes, None)), []
    narrow, wide = _surrounded(shapes)
    return _bare(codes, shapes, narrow), _bare(codes, shapes, wide)


def _bare(codes: list[str], shapes: Objects, wrong: list[tuple[str, Any]]) -> list[Bare]:
    parts = [(what, part) for what, part in wrong if part.area > 0]
    faults = _gaps(codes, shapes, parts)
    return [Bare(fault, part) for fault, (_, part) in zip(faults, parts, strict=True)]


def check_plan(
    grids: Iterable[Grid], ground: Any | None, homes: Homes | None = None
) -> tuple[Fault, ...]:
    """All faults of a plan: shapes, overlaps, gaps, edges that do not match, the footprint.

    ground: what the plan must fill exactly (EPSG:4326), None to leave that out: then what grids
    surround is a gap only where it is narrow, or the plan has other faults. homes: household
    points, each of which must lie in a grid where it lies within the ground. In degrees on the
    lattice; exact. Without faults every point of the ground lies in exactly one grid, and
    neighbours share the same corners.
    """
    listed = sorted(grids, key=lambda grid: grid.code)
    codes = [grid.code for grid in listed]
    twice = sorted(code for code, times in Counter(codes).items() if times > 1)
    faults = [Fault("code_taken", (code,)) for code in twice]
    shapes = lattice.to_units(array_of(grid.polygon for grid in listed))
    faults += _shapes(codes, shapes)
    if faults:
        return tuple(faults[:MOST])
    whole = None if ground is None else lattice.to_units(array_of([ground]))[0]
    if not _holds(shapes, whole):
        faults += _overlaps(codes, shapes)
        faults += _gaps(codes, shapes, _astray(shapes, whole)[:MOST])
        faults = faults or _unequal_edges(codes, shapes)
        faults = faults or [Fault("footprint", (), place_of(whole))]
    elif whole is None:
        faults += _gaps(codes, shapes, _surrounded(shapes)[0][:MOST])
    if homes is not None and whole is not None:
        faults += _homeless(listed, whole, homes)
    return tuple(faults)


def _shapes(codes: list[str], shapes: Objects) -> list[Fault]:
    kinds = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
    bad = ~(shapely.is_valid(shapes) & np.isin(shapely.get_type_id(shapes), kinds))
    bad |= shapely.is_empty(shapes)
    return [Fault("shape", (codes[i],), where_invalid(shapes[i])) for i in np.flatnonzero(bad)]


def _holds(shapes: Objects, whole: Any | None) -> bool:
    """Whether the plan is without fault; exact, and quick where it is."""
    if whole is None:
        return bool(shapely.coverage_is_valid(shapes))
    lost, new = lattice.difference(array_of([whole]), shapes)
    return lattice.same_course(lost, new) is None


def _overlaps(codes: list[str], shapes: Objects) -> list[Fault]:
    """Each pair of grids that share ground."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    both = shapely.relate_pattern(shapes[left], shapes[right], "T********")
    faults = []
    for i, j in zip(left[both][:MOST].tolist(), right[both][:MOST].tolist(), strict=True):
        common = shapely.intersection(shapes[i], shapes[j])
        faults.append(_sized("overlap", (codes[i], codes[j]), common))
    return faults


def _sized(what: str, codes: tuple[str, ...], shape: Any) -> Fault:
    return Fault(what, codes, place_of(shape), round(float(lattice.square_metres(shape)), 4), "m2")


def _astray(shapes: Objects, whole: Any | None) -> list[tuple[str, Any]]:
    """Ground that no grid holds: of `whole`, else what grids surround; and ground beyond it."""
    filled = shapely.union_all(shapes)
    if whole is None:
        return [("gap", face) for face in _enclosed(filled)]
    bare, beyond = shapely.difference(whole, filled), shapely.difference(filled, whole)
    wrong = [("gap", part) for part in shapely.get_parts(bare)]
    return [*wrong, *(("footprint", part) for part in shapely.get_parts(beyond))]


def _enclosed(filled: Any) -> Objects:
    """What a shape surrounds, also between parts of it that touch in two corners or more."""
    lines = shapely.get_parts(shapely.union_all(shapely.boundary(filled)))
    faces = shapely.get_parts(shapely.polygonize(lines))
    shapely.prepare(filled)
    within: Objects = faces[~shapely.intersects(filled, shapely.point_on_surface(faces))]
    return within


def _surrounded(shapes: Objects) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    """What grids with matching edges surround: where it is too narrow to be meant, and the rest.

    What is wider may be ground of others, which only the footprint can tell.
    """
    filled = joined(shapes)
    each = shapely.get_parts(filled)
    if len(each) < 2 and not np.any(shapely.get_num_interior_rings(each)):
        return [], []
    parts = _enclosed(filled)
    narrow = lattice.mean_width(parts) < LEAST_WIDTH_M
    slits, rest = ([("gap", part) for part in parts[some]] for some in (narrow, ~narrow))
    return slits, rest


def _gaps(codes: list[str], shapes: Objects, wrong: list[tuple[str, Any]]) -> list[Fault]:
    """Ground that is astray, with the grids beside it."""
    tree = shapely.STRtree(shapes)
    faults = []
    for what, part in wrong:
        if part.area > 0:
            around = np.sort(tree.query(part, predicate="dwithin", distance=1.0))
            common = shapely.intersection(shapes[around], part.boundary)
            beside = around[shapely.length(common) > 0]
            names = tuple(codes[i] for i in (beside if len(beside) else around))
            faults.append(_sized(what, names, part))
    return faults


def _unequal_edges(codes: list[str], shapes: Objects) -> list[Fault]:
    """Edges whose corners two neighbours do not share."""
    bad = shapely.coverage_invalid_edges(shapes)
    faults = []
    for i in np.flatnonzero(~shapely.is_empty(bad))[:MOST]:
        x, y = shapely.get_coordinates(bad[i])[0]
        size = round(float(shapely.length(bad[i])) * lattice.metres(y)[1], 2)
        faults.append(Fault("unequal_edges", (codes[i],), lattice.degrees_of((x, y)), size, "m"))
    return faults


def _homeless(grids: list[Grid], whole: Any, homes: Homes) -> list[Fault]:
    """Households inside the footprint that lie in no grid."""
    plan = Plan.of(grids)
    rows = homes.within(plan.bounds)
    lon, lat = homes.lon[rows], homes.lat[rows]
    out = placed(plan, plan.bounds, lon, lat) == NOWHERE
    x, y = lon[out] * lattice.SCALE, lat[out] * lattice.SCALE
    shapely.prepare(whole)
    lost = np.flatnonzero(shapely.contains_xy(whole, x, y))
    if len(lost) == 0:
        return []
    place = lattice.degrees_of((x[lost[0]], y[lost[0]]))
    return [Fault("unassigned", (), place, float(len(lost)), "households")]
