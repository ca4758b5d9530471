"""Values as PostGIS takes and gives them: geometry travels as EWKB in hexadecimal digits."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import shapely

from gisgrid.store import geometry
from gisgrid.store.dialects.base import Dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from gisgrid.columns import Floats, Objects


class PostGisValues(Dialect):
    """The part of the dialect that turns values."""

    def store_points(self, lon: Floats, lat: Floats) -> list[Any]:
        """EWKB in hexadecimal digits."""
        return geometry.hex_points(lon, lat)

    def store_polygons(self, polygons: Objects) -> list[Any]:
        """EWKB in hexadecimal digits."""
        marked = shapely.set_srid(polygons, geometry.SRID)
        found: list[Any] = shapely.to_wkb(
            marked, hex=True, byte_order=1, include_srid=True, output_dimension=2
        ).tolist()
        return found

    def load_lonlat(self, stored: Sequence[Any]) -> tuple[Floats, Floats]:
        """See Dialect."""
        return geometry.hex_lonlat(stored)

    def load_wkb(self, stored: Sequence[Any]) -> Objects:
        """See Dialect."""
        return geometry.hex_wkb(stored)

    def _day_values(self, days: npt.NDArray[np.datetime64]) -> list[Any]:
        return list(days.astype(object))

    def store_instants(self, instants: npt.NDArray[np.datetime64]) -> list[Any]:
        """Aware datetimes."""
        return [moment.replace(tzinfo=UTC) for moment in instants.astype(object)]
