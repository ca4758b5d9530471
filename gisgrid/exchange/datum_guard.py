"""Whether positions look shifted as Chinese web maps shift them. Said, never acted upon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gisgrid.exchange.datum import to_wgs84
from gisgrid.frames import metres_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.columns import Floats

SHARE = 0.2
"""From what share of known places on that moved together a shift is said."""
LEAST = 5
"""Places that must be known: fewer may have moved by chance."""
_NEAR = 0.25
"""Part of the shift within which a place counts as back where it was."""


@dataclass(frozen=True, slots=True)
class Shift:
    """datum: gcj02 | bd09. share: of known places that fit once it is taken off. metres: of it."""

    datum: str
    share: float
    metres: float


def by_places(lon: Floats, lat: Floats, known_lon: Floats, known_lat: Floats) -> Shift | None:
    """Compare places with where they are known to be, row by row; NaN counts for nothing.

    The shift that takes at least SHARE of them back, and twice as many as lie right as they stand.
    """
    there = np.isfinite(lon + lat + known_lon + known_lat)
    lon, lat, known_lon, known_lat = (v[there] for v in (lon, lat, known_lon, known_lat))
    if len(lon) < LEAST:
        return None
    found: list[Shift] = []
    for datum in ("gcj02", "bd09"):
        true_lon, true_lat = to_wgs84(lon, lat, datum)
        size = metres_apart(lon, lat, true_lon, true_lat)
        back = metres_apart(true_lon, true_lat, known_lon, known_lat) < _NEAR * size
        as_is = metres_apart(lon, lat, known_lon, known_lat) < _NEAR * size
        if back.mean() >= SHARE and back.sum() >= max(LEAST, 2 * as_is.sum()):
            found.append(Shift(datum, float(back.mean()), float(np.median(size))))
    return max(found, key=lambda shift: shift.share, default=None)


def by_outline(
    lon: Floats, lat: Floats, inside: Callable[[Floats, Floats], Floats]
) -> Shift | None:
    """Compare how many places lie outside as they stand and once a shift is taken off.

    inside: of longitudes and latitudes, true where a place lies within the grids on record. Only
    places near the edge tell: LEAST outside as they stand, and a fifth of them or fewer shifted.
    """
    there = np.isfinite(lon + lat)
    lon, lat = lon[there], lat[there]
    outside = int(np.count_nonzero(~np.asarray(inside(lon, lat), dtype=bool)))
    if outside < LEAST or outside == len(lon):
        return None
    best: Shift | None = None
    fewest = outside // 5
    for datum in ("gcj02", "bd09"):
        true_lon, true_lat = to_wgs84(lon, lat, datum)
        left = int(np.count_nonzero(~np.asarray(inside(true_lon, true_lat), dtype=bool)))
        if left <= fewest:
            fewest = left - 1
            size = float(np.median(metres_apart(lon, lat, true_lon, true_lat)))
            best = Shift(datum, 1 - left / len(lon), size)
    return best
