"""Columns and a tile's address in, bytes of a Mapbox vector tile (version 2.1) out. Pure.

Coordinates are those of the web map's square (frames.mercator_unit: x and y from 0 to 1, y
southward) on the way in, and whole units of the tile (EXTENT a side) on the way out. An empty
layer is b"", and so is an empty tile; a tile is its layers one after the other.
"""

from gisgrid.tiles.address import BUFFER, DEEPEST, EXTENT, Address
from gisgrid.tiles.bins import bin_points
from gisgrid.tiles.points import drawing_order, encode_points
from gisgrid.tiles.runs import Points
from gisgrid.tiles.shapes import (
    FULL_ZOOM,
    Boundaries,
    grain,
    merge,
    name_points,
    simplify,
    to_square,
)
from gisgrid.tiles.vectors import encode_lines, encode_polygons

__all__ = [
    "BUFFER",
    "DEEPEST",
    "EXTENT",
    "FULL_ZOOM",
    "Address",
    "Boundaries",
    "Points",
    "bin_points",
    "drawing_order",
    "encode_lines",
    "encode_points",
    "encode_polygons",
    "grain",
    "merge",
    "name_points",
    "simplify",
    "to_square",
]
