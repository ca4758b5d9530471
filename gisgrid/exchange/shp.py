"""The shapes of a shapefile (.shp and .shx), written here: points and polygons, two dimensions."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.errors import FileUnwritable

if TYPE_CHECKING:
    from typing import BinaryIO

    from gisgrid.columns import Ints, Objects

_TYPES = {"Point": 1, "MultiPolygon": 5}
_KINDS: dict[str, tuple[int, ...]] = {
    "Point": (shapely.GeometryType.POINT,),
    "MultiPolygon": (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
}
_POINT = np.dtype(
    [("number", ">i4"), ("words", ">i4"), ("type", "<i4"), ("x", "<f8"), ("y", "<f8")]
)
_EMPTY_BYTES = 12
"""A record without a shape: number, length, type 0."""


class Shapes:
    """The records of a layer, ready to be written part by part. shape: Point | MultiPolygon.

    Outer rings run clockwise, holes the other way. Raises FileUnwritable for shapes of another
    kind than `shape`: a shapefile holds one.
    """

    def __init__(self, geometry: Objects, shape: str, *, file: str) -> None:
        self._type = _TYPES[shape]
        present = ~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)
        if not np.isin(shapely.get_type_id(geometry[present]), _KINDS[shape]).all():
            raise FileUnwritable(file=file, problem="its shapes are of more than one kind")
        self._present = present
        self._geometry = geometry
        self.lengths = _lengths(geometry, present, shape)

    def write(self, first: int, end: int, shp: BinaryIO, shx: BinaryIO) -> None:
        """Write the records first … end as one file and its index."""
        lengths = self.lengths[first:end]
        starts = 100 + np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(lengths) else lengths
        geometry = self._geometry[first:end]
        present = self._present[first:end]
        bounds = [0.0] * 4
        if present.any():
            bounds = shapely.total_bounds(geometry[present]).tolist()
        for sink, size in ((shp, int(lengths.sum()) + 100), (shx, 8 * len(lengths) + 100)):
            sink.write(struct.pack(">7i", 9994, 0, 0, 0, 0, 0, size // 2))
            sink.write(struct.pack("<2i8d", 1000, self._type, *bounds, 0.0, 0.0, 0.0, 0.0))
        index = np.column_stack([starts // 2, lengths // 2 - 4]).astype(">i4")
        shx.write(index.tobytes())
        write = _write_points if self._type == 1 else _write_polygons
        write(geometry, present, shp)


def _lengths(geometry: Objects, present: Any, shape: str) -> Ints:
    """Bytes of each record with its head of eight."""
    lengths = np.full(len(geometry), _EMPTY_BYTES, dtype=np.int64)
    if shape == "Point":
        lengths[present] = _POINT.itemsize
        return lengths
    shapes = geometry[present]
    rings = np.zeros(len(shapes), dtype=np.int64)
    parts, owners = shapely.get_parts(shapes, return_index=True)
    np.add.at(rings, owners, 1 + shapely.get_num_interior_rings(parts))
    lengths[present] = 8 + 44 + 4 * rings + 16 * shapely.get_num_coordinates(shapes)
    return lengths


def _write_points(geometry: Objects, present: Any, sink: BinaryIO) -> None:
    records = np.zeros(len(geometry), dtype=_POINT)
    records["number"] = np.arange(1, len(geometry) + 1)
    records["words"] = np.where(present, 10, 2)
    records["type"] = np.where(present, 1, 0)
    records["x"], records["y"] = shapely.get_x(geometry), shapely.get_y(geometry)
    raw = records.view(np.uint8).reshape(len(geometry), _POINT.itemsize)
    keep = np.ones(raw.shape, dtype=bool)
    keep[~present, _EMPTY_BYTES:] = False
    sink.write(raw[keep].tobytes())


def _write_polygons(geometry: Objects, present: Any, sink: BinaryIO) -> None:
    for number, (shape, there) in enumerate(zip(geometry, present.tolist(), strict=True), start=1):
        if not there:
            sink.write(struct.pack(">2i", number, 2) + struct.pack("<i", 0))
            continue
        turned = shapely.orient_polygons(shape, exterior_cw=True)
        parts = shapely.get_parts(turned)
        rings = shapely.get_rings(parts)
        points = shapely.get_coordinates(rings)
        counts = shapely.get_num_coordinates(rings)
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype("<i4")
        head = struct.pack("<i4d2i", 5, *shape.bounds, len(rings), len(points))
        body = head + starts.tobytes() + points.astype("<f8").tobytes()
        sink.write(struct.pack(">2i", number, len(body) // 2) + body)
