"""Small counts in what leaves the house: hidden, and so that they cannot be worked out.

Counts form a tree: a grid in a village, a village in a township, each count the sum of those below
it and of a rest that lies in none of them. Whoever has all tables of a day knows every sum; so a
small count is not safe until enough others are hidden with it. Hidden are: every count below
`least` (zero too), and then the smallest others, until whoever knows the whole tree, the rests
and the upper bounds can narrow no hidden count down to fewer than `width` + 1 values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gisgrid.columns import Bools, Ints

LEAST = 10
"""Smallest count that is shown where it is shared, unless the settings say otherwise."""

WIDTH = 5
"""A hidden count stays possible within a span of at least this: plus or minus 2 never holds it."""

_ENDLESS = np.int64(10**12)


def hidden(
    values: Ints,
    parent: Ints,
    *,
    least: int = LEAST,
    most: Ints | None = None,
    also: Bools | None = None,
) -> Bools:
    """Which counts to hide.

    parent: index of the node above, -1 for none; a node comes before those below it. most: a bound
    above each count that everybody knows (the households of a count of gaps); None for none. also:
    what is hidden in any case.
    """
    hide: Bools = np.asarray(values < least) | (False if also is None else also)
    bound = np.full(len(values), _ENDLESS) if most is None else np.asarray(most, dtype=np.int64)
    below = _children(parent)
    while True:
        low, high = bounds(values, parent, hide, bound)
        found = {
            _more(int(node), values, parent, below, hide)
            for node in np.flatnonzero(hide & (high - low < WIDTH))
        } - {-1}
        if not found:
            return hide
        hide = hide.copy()
        hide[sorted(found)] = True


def bounds(values: Ints, parent: Ints, hide: Bools, most: Ints) -> tuple[Ints, Ints]:
    """The least and the greatest that each count can be, for whoever knows all but the hidden."""
    rest = np.asarray(values, dtype=np.int64).copy()
    inner = np.zeros(len(values), dtype=bool)
    above = parent >= 0
    np.subtract.at(rest, parent[above], values[above])
    inner[parent[above]] = True
    low = np.where(hide, 0, values).astype(np.int64)
    high = np.where(hide, np.minimum(most, _ENDLESS), values).astype(np.int64)
    sum_low, sum_high = np.zeros_like(low), np.zeros_like(high)
    up_low, up_high = low.copy(), high.copy()
    for node in range(len(values) - 1, -1, -1):  # from the leaves up
        if inner[node] and hide[node]:
            up_low[node] = max(low[node], sum_low[node] + rest[node])
            up_high[node] = min(high[node], sum_high[node] + rest[node])
        if parent[node] >= 0:
            sum_low[parent[node]] += up_low[node]
            sum_high[parent[node]] += up_high[node]
    low, high = up_low.copy(), up_high.copy()
    for node in range(len(values)):  # and down again: what the others leave
        top = parent[node]
        if top >= 0 and hide[node]:
            others_high = sum_high[top] - up_high[node]
            others_low = sum_low[top] - up_low[node]
            low[node] = max(up_low[node], low[top] - rest[top] - others_high)
            high[node] = min(up_high[node], high[top] - rest[top] - others_low)
    return low, high


def _children(parent: Ints) -> list[list[int]]:
    below: list[list[int]] = [[] for _ in parent]
    for node, top in enumerate(parent.tolist()):
        if top >= 0:
            below[top].append(node)
    return below


def _more(node: int, values: Ints, parent: Ints, below: list[list[int]], hide: Bools) -> int:
    """What to hide next, for the sake of a hidden count that is too well known; -1 for nothing."""
    if below[node] and not any(hide[child] for child in below[node]):
        return min(below[node], key=lambda child: (values[child], child))
    top = int(parent[node])
    while top >= 0:
        shown = [child for child in below[top] if not hide[child]]
        if shown:
            return min(shown, key=lambda child: (values[child], child))
        if not hide[top]:
            return top
        top = int(parent[top])
    deep = [child for child in below[node] if not hide[child]]
    return min(deep, key=lambda child: (values[child], child)) if deep else -1
