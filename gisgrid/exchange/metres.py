"""Degrees as metres of the county and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from gisgrid.frames import metric_crs
from gisgrid.model import WGS84

if TYPE_CHECKING:
    from gisgrid.columns import Objects


class Metres:
    """EPSG:4326 to the county's metric CRS and back, for one set of shapes."""

    def __init__(self, shapes: Objects) -> None:
        west, south, east, north = shapely.total_bounds(shapes)
        crs = metric_crs((west, south, east, north))
        self._there = pyproj.Transformer.from_crs(WGS84, crs, always_xy=True)
        self._back = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)

    def of(self, shapes: Objects, *, valid: bool = True) -> Objects:
        """Shapes in metres; valid: those that moving or rounding made invalid by a hair mended."""
        moved = _moved(shapes, self._there)
        bad = ~shapely.is_valid(moved)
        if valid and bad.any():
            moved[bad] = shapely.make_valid(moved[bad], method="structure", keep_collapsed=False)
        return moved

    def degrees(self, shapes: Objects) -> Objects:
        """Shapes in metres back in degrees."""
        return _moved(shapes, self._back)

    def where(self, shape: Any) -> tuple[float | None, float | None]:
        """A point inside a shape in metres, as degrees with six decimals; None for an empty one."""
        point = shapely.point_on_surface(shape)
        if point is None or shapely.is_empty(point):
            return None, None
        lon, lat = self._back.transform(point.x, point.y)
        return round(float(lon), 6), round(float(lat), 6)


def _moved(shapes: Objects, change: pyproj.Transformer) -> Objects:
    points = shapely.get_coordinates(shapes)
    east, north = change.transform(points[:, 0], points[:, 1])
    return shapely.set_coordinates(shapes.copy(), np.column_stack([east, north]))
