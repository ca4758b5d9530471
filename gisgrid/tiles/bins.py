"""Points summed by small cells, for zooms at which single points would hide each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gisgrid.frames import MORTON_BITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from gisgrid.columns import Bools, Floats, Ints
    from gisgrid.tiles.address import Address

CELLS = 6
"""A tile has 2**CELLS cells a side: 64 units each, 4 pixels of 256."""


def bin_points(
    address: Address,
    key: npt.NDArray[np.uint64],
    place: tuple[Floats, Floats],
    counts: Mapping[str, Bools | Ints],
) -> tuple[Ints, Ints, dict[str, Ints]]:
    """Units x and y, and the sums, of each cell that holds a point.

    key: Morton keys, the points of a cell side by side (as Points.within gives them). place: x, y
    in the unit square; a cell is shown at the mean of its points, so that settlements keep their
    shape. counts: name -> what each point adds (a bool: whether it counts). Returns also `n`, how
    many points there are.
    """
    if len(key) == 0:
        none = np.empty(0, dtype=np.int64)
        return none, none, {"n": none, **dict.fromkeys(counts, none)}
    cell = key >> np.uint64(2 * (MORTON_BITS - address.z - CELLS))
    start = np.flatnonzero(np.append(True, cell[1:] != cell[:-1]))
    n = np.diff(np.append(start, len(cell)))
    x, y = address.units(*(np.add.reduceat(axis, start) / n for axis in place))
    sums = {
        name: np.add.reduceat(counted, start, dtype=np.int64) for name, counted in counts.items()
    }
    return x, y, {"n": n, **sums}
