"""The whole plan, proved at once: for publishing and `gisgrid check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import coverage_union_all

from gisgrid.redraw import lattice
from gisgrid.redraw.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.columns import Objects
    from gisgrid.redraw.plan import Grid

MOST = 100
"""Faults of one kind that are listed; more would not be read."""


def footprint(grids: Iterable[Grid]) -> Any:
    """The ground that grids with matching edges fill, EPSG:4326."""
    return coverage_union_all(np.array([grid.polygon for grid in grids], dtype=object))


def check_plan(grids: Iterable[Grid], ground: Any | None) -> tuple[Fault, ...]:
    """All faults of a plan: shapes, overlaps, gaps, edges that do not match, the footprint.

    ground: what the plan must fill exactly (EPSG:4326), None to leave that out. In degrees on the
    lattice; exact. Without faults every point of the ground lies in exactly one grid, and
    neighbours share the same corners.
    """
    listed = sorted(grids, key=lambda grid: grid.code)
    codes = [grid.code for grid in listed]
    shapes = lattice.to_units(np.array([grid.polygon for grid in listed], dtype=object))
    faults = _shapes(codes, shapes)
    if faults:
        return tuple(faults[:MOST])
    border = lattice.chain(shapes)
    if ground is not None:
        wanted = lattice.chain(lattice.to_units(np.array([ground], dtype=object)))
        if _straight(border) == _straight(wanted):
            return ()
    else:
        wanted = None
        if not _inner(border, shapes):
            return ()
    faults = _between(codes, shapes, ground)
    if not faults and wanted is not None:
        faults = _footprint(border, wanted)
    return tuple(faults)


def _shapes(codes: list[str], shapes: Objects) -> list[Fault]:
    kinds = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
    bad = ~(shapely.is_valid(shapes) & np.isin(shapely.get_type_id(shapes), kinds))
    bad |= shapely.is_empty(shapes)
    return [Fault("shape", (codes[i],), _spot(shapes[i])) for i in np.flatnonzero(bad)]


def _spot(shape: Any) -> tuple[float, float] | None:
    points = shapely.get_coordinates(shape)
    if shape is None or len(points) == 0 or not np.isfinite(points).all():
        return None
    return lattice.degrees_of(points[0])


def _straight(chain: dict[Any, int]) -> dict[Any, int]:
    """A chain without corners in the middle of straight edges, so that shapes compare equal."""
    after: dict[Any, list[Any]] = {}
    before: dict[Any, list[Any]] = {}
    for edge in chain:
        after.setdefault(edge[:2], []).append(edge)
        before.setdefault(edge[2:], []).append(edge)
    left = dict(chain)
    for corner, outgoing in after.items():
        incoming = before.get(corner, [])
        if len(outgoing) != 1 or len(incoming) != 1:
            continue
        (ax, ay, _, _), (_, _, cx, cy) = incoming[0], outgoing[0]
        bx, by = corner
        along = (bx - ax) * (cx - bx) + (by - ay) * (cy - by) > 0
        if along and (bx - ax) * (cy - by) == (by - ay) * (cx - bx):
            times = left.pop(incoming[0])
            left.pop(outgoing[0])
            joined = (ax, ay, cx, cy)
            left[joined] = times
            before[joined[2:]] = [joined if e == outgoing[0] else e for e in before[(cx, cy)]]
            after[(ax, ay)] = [joined if e == incoming[0] else e for e in after[(ax, ay)]]
    return left


def _inner(border: dict[Any, int], shapes: Objects) -> bool:
    """Whether edges are left over inside: then neighbours do not match somewhere."""
    return not shapely.coverage_is_valid(shapes) or any(times > 1 for times in border.values())


def _between(codes: list[str], shapes: Objects, ground: Any | None) -> list[Fault]:
    """Overlaps, gaps and unequal edges, by an overlay of neighbours."""
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    common = shapely.intersection(shapes[one], shapes[other])
    faults = []
    for i in np.flatnonzero(shapely.area(common) > 0)[:MOST]:
        size = float(lattice.square_metres(common[i]))
        pair = (codes[one[i]], codes[other[i]])
        faults.append(Fault("overlap", pair, _middle(common[i]), round(size, 4), "m2"))
    holes = _holes(shapes, ground)
    for hole in holes[:MOST]:
        around = sorted(codes[i] for i in tree.query(hole, predicate="intersects"))
        size = float(lattice.square_metres(hole))
        faults.append(Fault("gap", tuple(around), _middle(hole), round(size, 4), "m2"))
    if not faults:
        edges = shapely.coverage_invalid_edges(shapes)
        bad = np.flatnonzero(~shapely.is_empty(edges))[:MOST]
        faults += [Fault("unequal_edges", (codes[i],), _spot(edges[i])) for i in bad]
    return faults


def _holes(shapes: Objects, ground: Any | None) -> list[Any]:
    """Ground that no grid holds: of `ground`, else what grids surround."""
    whole = shapely.union_all(shapes, grid_size=1.0)
    if ground is not None:
        (wanted,) = lattice.to_units(np.array([ground], dtype=object))
        bare = shapely.get_parts(shapely.difference(wanted, whole, grid_size=1.0))
        return [part for part in bare if part.area > 0]
    rings = [ring for part in shapely.get_parts(whole) for ring in part.interiors]
    return [shapely.Polygon(ring) for ring in rings]


def _middle(shape: Any) -> tuple[float, float]:
    point = shapely.point_on_surface(shape)
    return lattice.degrees_of((point.x, point.y))


def _footprint(border: dict[Any, int], wanted: dict[Any, int]) -> list[Fault]:
    """Where the outer border is not the one that it must be."""
    strange = [edge for edge in border if edge not in wanted] or list(wanted)
    return [Fault("footprint", (), lattice.degrees_of(edge[:2])) for edge in strange[:MOST]]
