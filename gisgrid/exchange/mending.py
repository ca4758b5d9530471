"""Each grid's shape of a file as a valid one: mended where its inside is plain, else refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.exchange.metres import Metres
from gisgrid.exchange.partition import POLYGONS, Repair

if TYPE_CHECKING:
    from gisgrid.columns import Objects
    from gisgrid.exchange.reasons import Faults

_PLACE = re.compile(r"\[(-?[\d.eE+-]+) (-?[\d.eE+-]+)\]")

PROBLEMS = {
    "self-intersection": "it crosses itself",
    "ring self-intersection": "it touches itself",
    "hole lies outside shell": "a hole lies outside of it",
    "nested holes": "a hole lies within a hole",
    "nested shells": "a part lies within a part",
    "interior is disconnected": "its inside falls apart",
    "too few points in geometry component": "a part of it has too few corners",
}
"""What GEOS says of a boundary, as people say it."""


def mend_shapes(
    codes: Objects, shapes: Objects, limit_m2: float, faults: Faults
) -> tuple[Objects, list[Repair]]:
    """Each grid's shape as a valid (multi)polygon; what is none is refused in `faults`.

    An invalid boundary is mended where its inside is plain: where the area that the boundary runs
    around (loops counted with their direction) and the area of the mended shape differ by at most
    `limit_m2`. A boundary that runs like an 8 is refused with the place of the crossing. A part
    within another part is a hole that turns as its shell: it is cut out, and told.
    """
    for index, shape in enumerate(shapes):
        if shape is None or shapely.is_empty(shape):
            faults.add(index, "no_shape")
        elif shapely.get_type_id(shape) not in POLYGONS:
            faults.add(index, "wrong_shape", found=shape.geom_type, needed="Polygon")
    usable = np.array([index not in faults for index in range(len(shapes))], dtype=bool)
    bad = np.flatnonzero(usable & ~shapely.is_valid(shapes))
    mended = shapes.copy()
    repairs = _cut_holes(codes, mended, bad)
    bad = bad[~shapely.is_valid(mended[bad])]
    if not len(bad):
        return mended, repairs
    metres = Metres(shapes[bad])
    before = metres.of(shapes[bad], valid=False)
    after = shapely.make_valid(before, method="structure", keep_collapsed=False)
    change = np.abs(shapely.area(after) - shapely.area(before))
    back = metres.degrees(after)
    for place, index in enumerate(bad.tolist()):
        lon, lat = _crossing(shapes[index])
        plain = shapely.get_type_id(after[place]) in POLYGONS and not shapely.is_empty(after[place])
        if not plain or change[place] > limit_m2:
            said = shapely.is_valid_reason(shapes[index]).split("[")[0].lower()
            problem = PROBLEMS.get(said, said)
            faults.add(index, "ambiguous_shape", lon=lon, lat=lat, problem=problem)
            continue
        mended[index] = back[place]
        repairs.append(Repair("shape", (str(codes[index]),), float(change[place]), lon, lat))
    return mended, repairs


def _crossing(shape: Any) -> tuple[float, float]:
    """Where a shape is invalid."""
    match = _PLACE.search(shapely.is_valid_reason(shape))
    x, y = (float(match[1]), float(match[2])) if match else shapely.get_coordinates(shape)[0]
    return round(float(x), 6), round(float(y), 6)


def _cut_holes(codes: Objects, shapes: Objects, bad: Any) -> list[Repair]:
    """Cut parts that lie within another part out of it, in place; what and how much."""
    repairs = []
    for index in bad.tolist():
        parts = shapely.get_parts(shapes[index])
        nested = shapely.is_valid_reason(shapes[index]).startswith("Nested shells")
        if not nested or not shapely.is_valid(parts).all():
            continue
        made: Any = parts[0]
        for part in parts[1:]:
            made = shapely.symmetric_difference(made, part)
        if made.is_empty or shapely.get_type_id(made) not in POLYGONS or not made.is_valid:
            continue
        metres = Metres(parts)
        whole, left = (float(shapely.area(metres.of(each)).sum()) for each in (parts, _one(made)))
        lon, lat = _crossing(shapes[index])
        shapes[index] = made
        # Each hole was counted once as a part and is missing once from what is left.
        repairs.append(Repair("hole", (str(codes[index]),), (whole - left) / 2, lon, lat))
    return repairs


def _one(shape: Any) -> Objects:
    made: Objects = np.array([shape, None], dtype=object)[:1]
    return made
