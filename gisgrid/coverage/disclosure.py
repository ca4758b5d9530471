"""Small counts in what leaves the house: hidden, and so that they cannot be worked out.

Counts form a tree: a grid in a village, a village in a township, each count the sum of those below
it and of a rest that lies in none of them. Whoever has all tables of a day knows every sum; so a
small count is not safe until enough others are hidden with it. Hidden are: every count below
`least` (zero too), and then others, until whoever knows the whole tree, the rests and the upper
bounds can narrow no hidden count down to fewer than `width` + 1 values.

Whoever has the tables of two days knows more: what is hidden on one and shown on the other. So the
others are not the smallest of the day, which are others tomorrow. Wherever something is hidden, the
first that is not small, by code, is hidden with it: a guard that stays the same from day to day, as
long as it does not cross the limit itself, whatever its neighbours do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    codes: Sequence[str] | None = None,
    least: int = LEAST,
    most: Ints | None = None,
    also: Bools | None = None,
) -> Bools:
    """Which counts to hide.

    parent: index of the node above, -1 for none; a node comes before those below it. codes: of the
    nodes; of several that would do, the first by code guards the others. None for their index.
    most: a bound above each count that everybody knows (the households of a count of gaps); None
    for none. also: what is hidden in any case.
    """
    small: Bools = np.asarray(_below(values, parent) < least)
    hide: Bools = small | (False if also is None else also)
    bound = np.full(len(values), _ENDLESS) if most is None else np.asarray(most, dtype=np.int64)
    children = _children(parent, codes)
    while True:
        hide = _guarded(hide, small, parent, children)
        low, high = bounds(values, parent, hide, bound)
        found = {
            _more(int(node), parent, children, hide)
            for node in np.flatnonzero(hide & (high - low < WIDTH))
        } - {-1}
        if not found:
            return hide
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


def _below(values: Ints, parent: Ints) -> Ints:
    """What of each count can be somewhere else: all of a grid's, of an area's what its parts hold.

    An area whose parts hold next to nothing is as good as small: its rest is no secret.
    """
    inner = np.zeros(len(values), dtype=bool)
    inner[parent[parent >= 0]] = True
    found = np.where(inner, 0, values).astype(np.int64)
    for node in range(len(values) - 1, -1, -1):
        if parent[node] >= 0:
            found[parent[node]] += found[node]
    return found


def _children(parent: Ints, codes: Sequence[str] | None) -> list[list[int]]:
    """The nodes below each, in the order in which they guard each other."""
    below: list[list[int]] = [[] for _ in parent]
    order = range(len(parent)) if codes is None else np.argsort(np.asarray(codes), kind="stable")
    for node in map(int, order):
        if parent[node] >= 0:
            below[parent[node]].append(node)
    return below


def _guarded(hide: Bools, small: Bools, parent: Ints, children: list[list[int]]) -> Bools:
    """With a guard among the parts of each area where a part, or the area itself, is hidden."""
    made: Bools = hide.copy()
    touched = np.zeros(len(hide), dtype=bool)
    touched[parent[hide & (parent >= 0)]] = True
    for node, below in enumerate(children):  # an area before its parts
        if below and (touched[node] or made[node]):
            guard = next((child for child in below if not small[child]), -1)
            if guard >= 0:
                made[guard] = True
    return made


def _more(node: int, parent: Ints, children: list[list[int]], hide: Bools) -> int:
    """What to hide next, for the sake of a hidden count that is too well known; -1 for nothing."""
    if children[node] and not any(hide[child] for child in children[node]):
        return children[node][0]
    top = int(parent[node])
    while top >= 0:
        shown = [child for child in children[top] if not hide[child]]
        if shown:
            return shown[0]
        if not hide[top]:
            return top
        top = int(parent[top])
    return next((child for child in children[node] if not hide[child]), -1)
