"""Households that lie on one point and hide each other on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gisgrid.columns import Bools, Floats, Ints


def positions(lon: Floats, lat: Floats, key: Ints | None = None) -> Ints:
    """A number for each position that several points share exactly; -1 for all other points.

    The same whatever the day: which of them are counted is asked in `share_position`.
    key: Morton keys, where the points are in their order; then only neighbours are compared.
    """
    found = np.full(len(lon), -1, dtype=np.int32)
    located = np.flatnonzero(~(np.isnan(lon) | np.isnan(lat)))
    if key is not None and len(located):
        # Points at one position have one key, and so lie side by side.
        same = key[located][1:] == key[located][:-1]
        located = located[np.append(False, same) | np.append(same, False)]
    if len(located) == 0:
        return found
    order = located[np.lexsort((lat[located], lon[located]))]
    x, y = lon[order], lat[order]
    as_before = np.append(False, (x[1:] == x[:-1]) & (y[1:] == y[:-1]))
    shared = as_before | np.append(as_before[1:], False)
    found[order[shared]] = np.cumsum(~as_before, dtype=np.int32)[shared]
    return found


def share_position(position: Ints, counted: Bools) -> Bools:
    """Which of the `counted` points share their position with another counted one."""
    found = np.zeros(len(position), dtype=bool)
    rows = np.flatnonzero((position >= 0) & counted)
    found[rows] = np.bincount(position[rows], minlength=1)[position[rows]] > 1
    return found
