"""A small drawing of shapes and points as numbers for an SVG: no tiles, no script, prints as it is.

North is up; degrees are drawn with east shortened by the cosine of the latitude, which is true to
shape over a county.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

WIDTH = 640
HEIGHT_LEAST, HEIGHT_MOST = 160, 480
_EDGE = 12
"""Empty pixels around what is drawn."""
MOST_DOTS = 3000

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sketch:
    """paths: (kind, SVG path). dots: (kind, centres in pixels)."""

    width: int
    height: int
    paths: list[tuple[str, str]]
    dots: list[tuple[str, list[tuple[float, float]]]]


def sketch(
    shapes: Sequence[tuple[str, Any]],
    points: Sequence[tuple[str, npt.NDArray[np.float64]]] = (),
    *,
    bounds: Bounds | None = None,
) -> Sketch | None:
    """Draw shapes (kind, array of polygons in EPSG:4326) and points (kind, array of lon and lat).

    bounds: what is to be seen; None for all. More than MOST_DOTS points are thinned evenly. None
    where there is nothing to draw.
    """
    box = bounds or _around(shapes, points)
    if box is None:
        return None
    west, south, east, north = box
    shorter = float(np.cos(np.radians((south + north) / 2)))
    across, up = max((east - west) * shorter, 1e-9), max(north - south, 1e-9)
    scale = min((WIDTH - 2 * _EDGE) / across, (HEIGHT_MOST - 2 * _EDGE) / up)
    height = max(HEIGHT_LEAST, round(up * scale + 2 * _EDGE))
    left = (WIDTH - across * scale) / 2
    top = (height - up * scale) / 2

    def pixels(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(
            [left + (lonlat[:, 0] - west) * shorter * scale, top + (north - lonlat[:, 1]) * scale]
        ).round(1)

    paths = [(kind, _path(each, pixels, 0.4 / scale)) for kind, each in shapes]
    dots = [(kind, [(x, y) for x, y in pixels(_thinned(at)).tolist()]) for kind, at in points]
    return Sketch(WIDTH, height, [path for path in paths if path[1]], dots)


def _around(shapes: Any, points: Any) -> Bounds | None:
    boxes = [shapely.total_bounds(each) for _, each in shapes if len(each)]
    boxes += [np.concatenate([at.min(axis=0), at.max(axis=0)]) for _, at in points if len(at)]
    found = np.array([box for box in boxes if np.isfinite(box).all()])
    if not len(found):
        return None
    west, south = found[:, :2].min(axis=0).tolist()
    east, north = found[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _path(shapes: Any, pixels: Any, tolerance: float) -> str:
    """All rings of the shapes as one path."""
    simple = shapely.simplify(shapes, tolerance)
    rings = shapely.get_rings(shapely.get_parts(simple))
    points, owner = shapely.get_coordinates(rings, return_index=True)
    if not len(points):
        return ""
    at = pixels(points)
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    pieces = [f"{x:g} {y:g}" for x, y in at.tolist()]
    ends = [*starts[1:].tolist(), len(pieces)]
    rings_of = [
        "M" + "L".join(pieces[a:b]) + "Z" for a, b in zip(starts.tolist(), ends, strict=True)
    ]
    return "".join(rings_of)


def _thinned(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    good = points[np.isfinite(points).all(axis=1)]
    if len(good) <= MOST_DOTS:
        return good
    some: npt.NDArray[np.float64] = good[np.linspace(0, len(good) - 1, MOST_DOTS).astype(int)]
    return some
