"""Where a tile lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gisgrid.errors import UnknownWord

if TYPE_CHECKING:
    import numpy.typing as npt

    from gisgrid.columns import Floats

EXTENT = 4096
"""Units a side of a tile."""
BUFFER = 192
"""Units around a tile whose content is in it as well, so that a symbol is not cut at the edge.

12 pixels of a 256-pixel tile: the largest symbol has 8, and some for its halo.
"""
DEEPEST = 20
"""Last zoom: units of 1 cm."""


@dataclass(frozen=True, slots=True)
class Address:
    """Tile `x` from the west, `y` from the north, of the 2**z x 2**z tiles of zoom `z`."""

    z: int
    x: int
    y: int

    @classmethod
    def checked(cls, z: int, x: int, y: int) -> Address:
        """The address, if there is such a tile. Raises UnknownWord for one outside the square."""
        if not 0 <= z <= DEEPEST:
            raise UnknownWord(value=z, kind="zoom", known=f"0 … {DEEPEST}")
        side = 1 << z
        for value, kind in ((x, "tile column"), (y, "tile row")):
            if not 0 <= value < side:
                raise UnknownWord(value=value, kind=kind, known=f"0 … {side - 1}")
        return cls(z, x, y)

    def box(self, buffer: int = BUFFER) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in the unit square, the buffer (in units) around it."""
        side, edge = 1 << self.z, buffer / EXTENT
        return (
            (self.x - edge) / side,
            (self.y - edge) / side,
            (self.x + 1 + edge) / side,
            (self.y + 1 + edge) / side,
        )

    def units(self, x: Floats, y: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Places in the unit square -> whole units of the tile, outside it below 0 or >= EXTENT.

        Rounded to the nearest: what two areas share in the square, they share in the tile.
        """
        scale = float(EXTENT << self.z)
        return (
            np.rint(np.asarray(x) * scale).astype(np.int64) - self.x * EXTENT,
            np.rint(np.asarray(y) * scale).astype(np.int64) - self.y * EXTENT,
        )
