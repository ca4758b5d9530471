"""A short walk past all households of a grid: the order of a day's work list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gisgrid.frames import METRES_A_DEGREE

if TYPE_CHECKING:
    from gisgrid.columns import Floats, Ints

_BETTER = 0.01
"""Metres that an improvement must save; less is noise, and could go round in circles."""

_ROUNDS = 60
_LARGE = 400
"""From so many stops on the first walk stands: nobody makes more of them in a day."""


def tour(lon: Floats, lat: Floats) -> Ints:
    """Order in which to walk past the points, from the one nearest to the south-west corner.

    Nearest neighbour first, then 2-opt (a stretch walked the other way round) and Or-opt (a stretch
    of up to three moved elsewhere) until neither saves a metre. An open walk: nobody has to come
    back. lon, lat: EPSG:4326, none missing. The same points in the same order give the same walk.
    """
    x, y = _plane(lon, lat)
    if len(x) < 3:
        return np.argsort(x + y, kind="stable").astype(np.int32)
    far = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    order = _nearest(far, int(np.argmin(x - x.min() + y - y.min())))
    if len(x) <= _LARGE:
        for _ in range(_ROUNDS):
            turned, moved = _turn(order, far), False
            if not turned:
                order, moved = _move(order, far)
            if not (turned or moved):
                break
    return order.astype(np.int32)


def steps(lon: Floats, lat: Floats) -> Floats:
    """Metres from each point to the one before it in the walk; 0 for the first."""
    x, y = _plane(lon, lat)
    found: Floats = np.hypot(np.diff(x, prepend=x[:1]), np.diff(y, prepend=y[:1]))
    return found


def _plane(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Metres on a plane: a grid is a few kilometres wide, so that the earth is flat in it."""
    middle = float(np.mean(lat)) if len(lat) else 0.0
    x = (lon - lon[:1]) * METRES_A_DEGREE * np.cos(np.radians(middle))
    return x, (lat - lat[:1]) * METRES_A_DEGREE


def _nearest(far: Floats, start: int) -> Ints:
    """From `start` always on to the nearest that was not passed yet."""
    order = np.empty(len(far), dtype=np.int64)
    left = np.ones(len(far), dtype=bool)
    at = start
    for i in range(len(far)):
        order[i] = at
        left[at] = False
        if i + 1 < len(far):
            at = int(np.argmin(np.where(left, far[at], np.inf)))
    return order


def _turn(order: Ints, far: Floats) -> bool:
    """Turn stretches round, in place, while that saves anything; whether it did.

    A stretch i … j (after the first stop) is turned by joining i-1 to j and i to j+1.
    """
    saved = False
    i = 1
    while i < len(order) - 1:
        ends = np.arange(i + 1, len(order))
        after = np.append(order[i + 2 :], -1)
        # The last stretch has nothing after it: its end joins to nothing.
        old_after = np.where(after >= 0, far[order[ends], after], 0.0)
        new_after = np.where(after >= 0, far[order[i], after], 0.0)
        gain = far[order[i - 1], order[i]] + old_after - far[order[i - 1], order[ends]] - new_after
        best = int(np.argmax(gain))
        if gain[best] > _BETTER:
            j = int(ends[best])
            order[i : j + 1] = order[i : j + 1][::-1].copy()
            saved = True
        else:
            i += 1
    return saved


def _move(order: Ints, far: Floats) -> tuple[Ints, bool]:
    """Move stretches of one to three stops to where they lengthen the walk least."""
    saved = False
    for size in (1, 2, 3):
        i = 1
        while i + size <= len(order):
            rest = np.concatenate([order[:i], order[i + size :]])
            first, last = order[i], order[i + size - 1]
            before, after = rest[:-1], rest[1:]
            plain = far[before, first] + far[last, after] - far[before, after]
            turned = far[before, last] + far[first, after] - far[before, after]
            # At the very end of the walk there is nothing to join to.
            costs = np.append(np.minimum(plain, turned), min(far[rest[-1], [first, last]]))
            here = costs[i - 1]
            best = int(np.argmin(costs))
            if here - costs[best] > _BETTER:
                stretch = order[i : i + size]
                other_way = (
                    far[rest[-1], last] < far[rest[-1], first]
                    if best == len(rest) - 1
                    else turned[best] < plain[best]
                )
                if other_way:
                    stretch = stretch[::-1]
                order = np.concatenate([rest[: best + 1], stretch, rest[best + 1 :]])
                saved = True
            else:
                i += 1
    return order, saved
