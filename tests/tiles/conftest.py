"""Tiles read back by a library that shares no code with ours, and small plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def decode() -> Callable[[bytes], dict[str, Any]]:
    """bytes -> layers by name, y pointing down as in the tile."""

    def read(body: bytes) -> dict[str, Any]:
        found: dict[str, Any] = mapbox_vector_tile.decode(
            body, default_options={"y_coord_down": True}
        )
        return found

    return read


@pytest.fixture(scope="session")
def mosaic() -> np.ndarray[Any, Any]:
    """200 polygons that share their edges, EPSG:4326, around 105 E 36 N."""
    rng = np.random.default_rng(7)
    places = shapely.multipoints(rng.uniform((104.8, 35.8), (105.2, 36.2), (200, 2)))
    window = shapely.box(104.8, 35.8, 105.2, 36.2)
    cells = shapely.get_parts(shapely.voronoi_polygons(places, extend_to=window))
    found = np.round(shapely.get_coordinates(cells), 7)
    return np.asarray(shapely.set_coordinates(cells, found), dtype=object)
