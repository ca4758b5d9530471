"""Which points a tile holds, found without looking at the others.

In Morton order the points of a tile are one run, whatever its zoom; the points of the buffer around
it lie in the runs of the small cells there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gisgrid.frames import MORTON_BITS, cell_key, mercator_unit, morton
from gisgrid.tiles.address import BUFFER, EXTENT

if TYPE_CHECKING:
    import numpy.typing as npt

    from gisgrid.columns import Floats, Ints
    from gisgrid.tiles.address import Address

_FINE = 4
"""The buffer is made of cells this many zooms deeper: 16 a side of the tile."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Located points in Morton order.

    row: index into the table they come from. key: frames.morton, ascending. x, y: their place in
    the unit square.
    """

    row: npt.NDArray[np.int32]
    key: npt.NDArray[np.uint64]
    x: Floats
    y: Floats

    @classmethod
    def of(cls, lon: Floats, lat: Floats, key: npt.NDArray[np.uint64] | None = None) -> Points:
        """From EPSG:4326 degrees; points without a position (NaN) are left out."""
        keys = morton(lon, lat) if key is None else key
        row = np.flatnonzero(~(np.isnan(lon) | np.isnan(lat))).astype(np.int32)
        if (keys[row[1:]] < keys[row[:-1]]).any():
            row = row[np.argsort(keys[row], kind="stable")]
        x, y = mercator_unit(lon[row], lat[row])
        return cls(row, keys[row], x, y)

    def within(self, address: Address, buffer: int = BUFFER) -> npt.NDArray[np.intp]:
        """Indices (into these columns) of the points in a tile, then of those in its buffer.

        buffer: units, up to a tile's width. Those of the buffer may lie a little further out.
        """
        own = cell_key([address.x], [address.y])
        start, stop = self._runs(own, address.z)
        around = _around(address, buffer)
        if len(around):
            more = self._runs(around, address.z + _FINE)
            start, stop = np.append(start, more[0]), np.append(stop, more[1])
        return _ranges(start, stop)

    def _runs(self, cells: npt.NDArray[np.uint64], z: int) -> tuple[Ints, Ints]:
        shift = np.uint64(2 * (MORTON_BITS - z))
        return (
            np.searchsorted(self.key, cells << shift),
            np.searchsorted(self.key, (cells + np.uint64(1)) << shift),
        )


def _around(address: Address, buffer: int) -> npt.NDArray[np.uint64]:
    """Keys of the fine cells that surround a tile, ascending."""
    side = 1 << (address.z + _FINE)
    column, row = _ring(buffer)
    column, row = column + (address.x << _FINE), row + (address.y << _FINE)
    there = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    return np.sort(cell_key(column[there], row[there]))


@lru_cache(maxsize=8)  # all tiles have one buffer
def _ring(buffer: int) -> tuple[Ints, Ints]:
    """Column and row, from those of the tile's own first, of the fine cells around any tile."""
    depth = -(-(buffer << _FINE) // EXTENT)  # rounded up; 0 for no buffer
    inner = 1 << _FINE
    offset = np.arange(-depth, inner + depth)
    column, row = np.meshgrid(offset, offset)
    ring = (column < 0) | (column >= inner) | (row < 0) | (row >= inner)
    return column[ring], row[ring]


def _ranges(start: Ints, stop: Ints) -> npt.NDArray[np.intp]:
    """start[0] … stop[0] - 1, start[1] … stop[1] - 1, and so on."""
    count = stop - start
    first = np.repeat(start - (np.cumsum(count) - count), count)
    return first + np.arange(len(first))
