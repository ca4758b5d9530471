"""Grids measured in square kilometres, each polygon once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.columns import objects
from gisgrid.frames import metric_crs
from gisgrid.model import WGS84
from gisgrid.snapshot.cache import Cache

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.operations.plans.ground import Bounds
    from gisgrid.redraw import Grid

_KNOWN = 4096


class Areas:
    """Areas of grids in square kilometres, measured in the metric CRS of one plan."""

    def __init__(self, bounds: Bounds) -> None:
        import pyproj  # noqa: PLC0415 - only where something is measured

        there = pyproj.Transformer.from_crs(WGS84, metric_crs(bounds), always_xy=True)
        self._there = there.transform
        self._known: Cache[int, tuple[Any, float]] = Cache(_KNOWN)

    def km2(self, grids: Iterable[Grid]) -> list[float]:
        """The area of each grid; that of a polygon is measured once."""
        shapes = [grid.polygon for grid in grids]
        known = [self._known.peek(id(shape)) for shape in shapes]
        new = [shape for shape, found in zip(shapes, known, strict=True) if found is None]
        fresh = iter(self._measured(new))
        return [
            self._known.put(id(shape), (shape, round(next(fresh), 6)))[1]
            if found is None
            else found[1]
            for shape, found in zip(shapes, known, strict=True)
        ]

    def km2_of(self, shape: Any) -> float:
        """The area of one shape, unrounded."""
        return self._measured([shape])[0]

    def _measured(self, polygons: list[Any]) -> list[float]:
        shapes = objects(polygons)
        if len(shapes) == 0:
            return []
        points = shapely.get_coordinates(shapes)
        moved = np.column_stack(self._there(points[:, 0], points[:, 1]))
        areas = shapely.area(shapely.set_coordinates(shapes, moved)) / 1e6
        found: list[float] = areas.tolist()
        return found
