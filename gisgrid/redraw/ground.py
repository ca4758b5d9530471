"""What several edits share: unions of pieces, households in them, free codes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import shapely
from shapely import coverage_union_all

from gisgrid.redraw import lattice
from gisgrid.redraw.faults import Fault, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.columns import Bools, Floats, Ints
    from gisgrid.redraw.plan import Bounds, Grid, Plan

_NUMBER = re.compile(r"(.*?)(\d+)")


class Homes(Protocol):
    """Positions of households in degrees (NaN: none), found by a box.

    `within` costs what it finds, not what there is.
    """

    lon: Floats
    lat: Floats

    def within(self, bounds: Bounds) -> Ints:
        """Rows of the points in a box (degrees), its edges included."""
        ...


def known(plan: Plan, *codes: str) -> list[Grid]:
    """The grids of these codes. Raises Refused for one that the plan lacks."""
    missing = tuple(code for code in codes if code not in plan)
    if missing:
        raise Refused(Fault("unknown_grid", missing))
    return [plan[code] for code in codes]


def united(pieces: Any) -> Any:
    """Pieces that share their edges, as one shape: a Polygon where that is enough."""
    whole = coverage_union_all(np.asarray(pieces, dtype=object))
    parts = shapely.get_parts(whole)
    return parts[0] if len(parts) == 1 else whole


def rows_near(homes: Homes, shape: Any) -> Ints:
    """Rows of the households in the box of a shape in units."""
    west, south, east, north = (side / lattice.SCALE for side in shape.bounds)
    return homes.within((west, south, east, north))


def inside(homes: Homes, rows: Ints, shape: Any) -> Bools:
    """Which of these households lie in a shape in units, its border included."""
    x, y = homes.lon[rows] * lattice.SCALE, homes.lat[rows] * lattice.SCALE
    found: Bools = shapely.intersects_xy(shape, x, y)
    return found


def households(homes: Homes, shape: Any) -> int:
    """How many households lie in a shape in units."""
    return int(inside(homes, rows_near(homes, shape), shape).sum())


def free_codes(plan: Plan, code: str, count: int, taken: Iterable[str] = ()) -> list[str]:
    """Codes for new grids beside one: the next numbers of its own row.

    620422202201003 is followed by …004 or the next that is free; G1 by G2; a code that does not
    end with a digit by itself with "-2".
    """
    used = set(taken)
    match = _NUMBER.fullmatch(code)
    stem, digits = (match[1], match[2]) if match else (f"{code}-", "1")
    found: list[str] = []
    # Among the last digits only: the ones before are the village's.
    head, tail = (stem + digits[:-3], digits[-3:]) if len(digits) > 3 else (stem, digits)
    number = int(tail)
    while len(found) < count:
        number += 1
        candidate = f"{head}{number:0{len(tail)}d}"
        if candidate not in plan and candidate not in used:
            found.append(candidate)
    return found


def check_free(plan: Plan, codes: Iterable[str]) -> None:
    """Refuse codes that are taken, or come twice."""
    seen: set[str] = set()
    for code in codes:
        if code in plan or code in seen:
            raise Refused(Fault("code_taken", (code,)))
        seen.add(code)
