"""Grids of a file as a valid plan.

Shapes are mended where that is plain, hair overlaps and slivers between grids cleaned, real
overlaps refused, and the result is proved.

All shapes are EPSG:4326; areas and widths are measured in `frames.metric_crs`. A plan is kept on a
lattice of 1e-7 degrees (about a centimetre), so that an exported file comes back as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import coverage_clean  # type: ignore[attr-defined]  # stubs are of 2.1

from gisgrid.errors import GridsOverlap, PlanUnclean
from gisgrid.exchange.metres import Metres
from gisgrid.exchange.tables import DEGREE_DIGITS

if TYPE_CHECKING:
    from gisgrid.columns import Bools, Floats, Objects

SNAP_M = 0.05
"""Corners nearer than this are one corner, where a plan has to be cleaned at all."""
SLIVER_M = 1.0
"""A hole between grids narrower than this is a slip of drawing and goes to a neighbour."""
LEAST_M2 = 0.01
"""Overlaps below this are noise of the last digits: cleaned, but not worth a line each."""
_ROUNDS = 5
_UNION_GRID_M = 1e-4
"""On a lattice a union of untidy shapes cannot fail; far finer than what is looked for."""
POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True, slots=True)
class Repair:
    """What was changed by itself. area_m2: how much. lon, lat: where, None for all over.

    what: overlap | overlap given (codes: to, from) | overlap repaired | gap | edges | shape |
    hole | sentinel position; rows: how many, of the last.
    """

    what: str
    codes: tuple[str, ...]
    area_m2: float
    lon: float | None
    lat: float | None
    rows: int = 0

    def to_json(self) -> dict[str, Any]:
        """As reports carry it."""
        return {
            "what": self.what,
            "codes": list(self.codes),
            "area_m2": round(self.area_m2, 2),
            "lon": self.lon,
            "lat": self.lat,
            **({"count": self.rows} if self.rows else {}),
        }


def on_lattice(shapes: Objects) -> Objects:
    """Shapes with every coordinate rounded to the lattice and no point twice in a row."""
    rounded = np.round(shapely.get_coordinates(shapes), DEGREE_DIGITS)
    return shapely.remove_repeated_points(shapely.set_coordinates(shapes.copy(), rounded))


@dataclass(frozen=True, slots=True)
class Settled:
    """What a person says of overlaps above the limit.

    winners: (whose the ground is, who gives it up) of some pairs. repair: all others go to the grid
    that they have the longest edge with. gap_m: holes between grids narrower than this are given to
    a neighbour; never less than SLIVER_M.
    """

    winners: tuple[tuple[str, str], ...] = ()
    repair: bool = False
    gap_m: float = SLIVER_M


def make_plan(
    codes: Objects, shapes: Objects, limit_m2: float, settled: Settled | None = None
) -> tuple[Objects, list[Repair]]:
    """Valid polygons as a partition: on the lattice, edges matched, no overlap, no sliver.

    codes: text, unique. Returns the shapes in the same order and what was changed. A wider hole
    than settled.gap_m stays: a lake or another county's land is no fault of drawing; see `gaps`.
    Raises GridsOverlap for the largest overlap above `limit_m2` that is not settled; its fact
    `overlaps` lists all. PlanUnclean where no valid plan comes out.
    """
    if not len(shapes):
        return shapes, []
    rounded = on_lattice(shapes)
    metres = Metres(shapes)
    measured = metres.of(shapes)
    settled = settled or Settled()
    gap_m = max(settled.gap_m, SLIVER_M)
    repairs = _overlaps(codes, measured, metres)
    measured, repairs = _given(codes, measured, repairs, limit_m2, settled)
    _refuse_large(repairs, limit_m2)
    fine = is_plan(rounded)
    holes = _holes(metres.of(rounded) if fine else measured, clean=fine)
    filled = _told("gap", holes[_narrow(holes, gap_m)], codes, measured, metres)
    repairs += filled
    if fine and not filled:
        return rounded, []
    cleaned = _clean(codes, measured, metres, gap_m)
    # Cleaning may begin a ring elsewhere; a grid that did not change is to stay byte for byte.
    same = shapely.equals_exact(shapely.normalize(cleaned), shapely.normalize(rounded), 0)
    cleaned[same] = rounded[same]
    return cleaned, [*repairs, *_edges(codes, measured, metres.of(cleaned), repairs)]


def is_plan(shapes: Objects) -> bool:
    """Whether shapes are valid polygons with matching edges and no overlap."""
    return bool(
        np.isin(shapely.get_type_id(shapes), POLYGONS).all()
        and not shapely.is_empty(shapes).any()
        and shapely.is_valid(shapes).all()
        and shapely.coverage_is_valid(shapes).all()
    )


def _overlaps(codes: Objects, measured: Objects, metres: Metres) -> list[Repair]:
    """Pairs of grids that share more than LEAST_M2, the largest first."""
    tree = shapely.STRtree(measured)
    one, two = tree.query(measured, predicate="intersects")
    ahead = one < two
    one, two = one[ahead], two[ahead]
    touch = shapely.touches(measured[one], measured[two])
    one, two = one[~touch], two[~touch]
    shared = shapely.intersection(measured[one], measured[two])
    areas: Floats = shapely.area(shared)
    order = [at for at in np.argsort(-areas) if areas[at] > LEAST_M2]
    pairs = zip(one[order], two[order], areas[order], shared[order], strict=True)
    return [
        Repair("overlap", _pair(codes, a, b), float(area), *metres.where(place))
        for a, b, area, place in pairs
    ]


def _given(
    codes: Objects, measured: Objects, overlaps: list[Repair], limit_m2: float, settled: Settled
) -> tuple[Objects, list[Repair]]:
    """Overlaps above the limit as a person settled them: taken from who gives them up."""
    at = {str(code): index for index, code in enumerate(codes)}
    says = {tuple(sorted(pair)): pair for pair in settled.winners}
    measured, told = measured.copy(), []
    for overlap in overlaps:
        pair = says.get(overlap.codes)
        if overlap.area_m2 <= limit_m2 or (pair is None and not settled.repair):
            told.append(overlap)
        elif pair is None:
            told.append(replace(overlap, what="overlap repaired"))
        else:
            winner, loser = (at[code] for code in pair)
            measured[loser] = shapely.difference(measured[loser], measured[winner])
            told.append(replace(overlap, what="overlap given", codes=pair))
    return measured, told


def _pair(codes: Objects, one: Any, two: Any) -> tuple[str, ...]:
    return tuple(sorted((str(codes[one]), str(codes[two]))))


def _refuse_large(overlaps: list[Repair], limit_m2: float) -> None:
    large = [each for each in overlaps if each.what == "overlap" and each.area_m2 > limit_m2]
    if not large:
        return
    facts = [
        {
            "a": overlap.codes[0],
            "b": overlap.codes[1],
            "area_m2": round(overlap.area_m2),
            "lon": overlap.lon,
            "lat": overlap.lat,
            "limit_m2": round(limit_m2),
        }
        for overlap in large
    ]
    raise GridsOverlap(**facts[0], overlaps=facts)


def gaps(codes: Objects, shapes: Objects) -> tuple[list[Repair], Objects]:
    """The holes that a plan has: beside which grids, how large, where; the largest first.

    shapes: as make_plan returns them. And the holes themselves.
    """
    metres = Metres(shapes)
    measured = metres.of(shapes)
    holes = _holes(measured, clean=True)
    holes = holes[np.argsort(-shapely.area(holes), kind="stable")]
    return _told("gap left", holes, codes, measured, metres), metres.degrees(holes)


def _holes(measured: Objects, *, clean: bool) -> Objects:
    """Holes between grids. clean: whether the grids are a partition, which is quicker to unite."""
    union = (
        shapely.coverage_union_all(measured)
        if clean
        else shapely.union_all(measured, grid_size=_UNION_GRID_M)
    )
    polygons = shapely.get_parts(union)
    rings = shapely.get_rings(polygons[shapely.get_num_interior_rings(polygons) > 0])
    made: Objects = shapely.polygons(
        rings[shapely.is_ccw(rings) != shapely.is_ccw(_outer(polygons))]
    )
    return made


def _narrow(holes: Objects, width: float) -> Bools:
    """Which holes have no room for a circle of that width."""
    # Shrinking tells it 1000 times faster than the largest circle does.
    empty: Bools = shapely.is_empty(shapely.buffer(holes, -width / 2))
    return empty


def _told(
    what: str, holes: Objects, codes: Objects, measured: Objects, metres: Metres
) -> list[Repair]:
    """Holes with the grids around them."""
    tree = shapely.STRtree(measured)
    found = []
    for hole in holes:
        around = tree.query(hole, predicate="dwithin", distance=SNAP_M)
        names = tuple(sorted(str(codes[at]) for at in around))
        found.append(Repair(what, names, float(shapely.area(hole)), *metres.where(hole)))
    return found


def _outer(polygons: Objects) -> Any:
    """An outer ring, to know which way the outer rings of a union run."""
    return shapely.get_exterior_ring(polygons[0])


def _clean(codes: Objects, measured: Objects, metres: Metres, gap_m: float) -> Objects:
    """A valid plan on the lattice. Rounding may cross two edges again, so it is done in turns."""
    shapes = measured
    degrees = shapes
    for _ in range(_ROUNDS):
        shapes = coverage_clean(shapes, snapping_distance=SNAP_M, gap_width=gap_m)
        degrees = on_lattice(metres.degrees(shapes))
        if is_plan(degrees):
            return degrees
        shapes = metres.of(degrees)
    wrong = _wrong(degrees)
    lon, lat = metres.where(measured[wrong][0])
    raise PlanUnclean(lon=lon, lat=lat, codes=", ".join(str(code) for code in codes[wrong][:5]))


def _wrong(shapes: Objects) -> Bools:
    """Which shapes keep a plan from being one; at least one."""
    wrong = shapely.is_empty(shapes) | ~shapely.is_valid(shapes)
    if not wrong.any():
        wrong = ~shapely.is_missing(shapely.coverage_invalid_edges(shapes))
    return wrong if wrong.any() else np.ones(len(shapes), dtype=bool)


def _edges(codes: Objects, before: Objects, after: Objects, repairs: list[Repair]) -> list[Repair]:
    """One line for the grids that only had their edges matched to their neighbours'."""
    changed = shapely.area(shapely.symmetric_difference(before, after))
    told = {code for repair in repairs for code in repair.codes}
    silent = [at for at in np.flatnonzero(changed > LEAST_M2) if str(codes[at]) not in told]
    if not silent:
        return []
    names = tuple(str(codes[at]) for at in silent)
    return [Repair("edges", names, float(changed[silent].sum()), None, None)]
