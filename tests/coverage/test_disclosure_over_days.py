"""Nobody who holds the tables of several days can work out a count that is small on all of them.

What is promised holds as long as a day is like the one before: few changes, none of them so large
that what guards a small count is itself next to nothing on one of the days.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gisgrid.coverage.disclosure import LEAST, WIDTH, bounds, hidden

from .test_disclosure import tree

ENDLESS = 10**12


def summed(values: np.ndarray, parent: np.ndarray, leaves: np.ndarray) -> np.ndarray:
    """The counts of a day whose grids hold `leaves`, the rests as they are in `values`."""
    made = values.copy()
    inner = np.isin(np.arange(len(values)), parent)
    for node in range(1, len(values)):
        made[parent[node]] -= values[node]
    made[~inner] = leaves[~inner]
    for node in range(len(values) - 1, 0, -1):
        made[parent[node]] += made[node]
    return made


def some_days(rng: np.random.Generator, values: np.ndarray, parent: np.ndarray) -> list[np.ndarray]:
    """A few days, on each of which one or two grids of the county get or lose a household."""
    days = [values]
    for _ in range(int(rng.integers(1, 4))):
        leaves = days[-1].copy()
        for _ in range(int(rng.integers(1, 3))):
            at = int(rng.choice(np.setdiff1d(np.arange(len(values)), parent)))
            leaves[at] = max(0, leaves[at] + int(rng.choice([-1, 1])))
        days.append(summed(days[-1], parent, leaves))
    return days


def always_small(days: list[np.ndarray]) -> np.ndarray:
    """Counts below the limit on each of the days."""
    return np.logical_and.reduce([values < LEAST for values in days])


def left_open(
    days: list[np.ndarray], parent: np.ndarray, hide: list[np.ndarray], most: list[np.ndarray]
) -> np.ndarray:
    """How far each count can be moved with all that anybody saw on any of the days as it was.

    What is hidden on all days is moved by the same on each: no table and no change from day to day
    looks otherwise. The least and the most that can be moved are a question of one day, on which
    every grid holds the least that it holds on any, and has the least room above.
    """
    inner = np.isin(np.arange(len(parent)), parent)
    least = np.where(inner, days[0], np.minimum.reduce(days))
    least = summed(days[0], parent, least)
    room = np.minimum.reduce([high - values for high, values in zip(most, days, strict=True)])
    throughout = np.logical_and.reduce(hide)
    low, high = bounds(least, parent, throughout, np.minimum(least + room, ENDLESS))
    return high - low


@pytest.mark.parametrize("seed", range(60))
def test_days_together_narrow_no_count_that_is_small_on_all_of_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, parent = tree(rng, areas=int(rng.integers(1, 8)), leaves=int(rng.integers(4, 40)))
    days = some_days(rng, values, parent)
    hide = [hidden(each, parent) for each in days]
    free = [np.full(len(values), ENDLESS)] * len(days)
    small = always_small(days)
    assert (left_open(days, parent, hide, free)[small] >= WIDTH).all()


@pytest.mark.parametrize("seed", range(60))
def test_nor_a_count_of_gaps_whose_households_everybody_knows(seed: int) -> None:
    """Where in each grid a few more households have been visited than are promised to stay open."""
    rng = np.random.default_rng(1000 + seed)
    values, parent = tree(rng, areas=int(rng.integers(1, 8)), leaves=int(rng.integers(4, 40)))
    days = some_days(rng, values, parent)
    leaves = np.maximum.reduce(days) + WIDTH + rng.integers(0, 30, len(values))
    homes = summed(np.maximum.reduce(days), parent, np.maximum(leaves, LEAST))
    hide = [hidden(each, parent, most=homes) for each in days]
    small = always_small(days)
    assert (left_open(days, parent, hide, [homes] * len(days))[small] >= WIDTH).all()


def fillings(values: np.ndarray, hide: np.ndarray) -> np.ndarray:
    """All ways to fill the hidden grids of one area on a day; a row each, what is shown in it."""
    free = np.flatnonzero(hide[1:])
    grids = values[1:]
    total = int(values[0])
    ranges = [range(total + 1)] * len(free)
    found = []
    for tried in itertools.product(*ranges[:-1]):
        last = total - int(grids.sum() - grids[free].sum()) - sum(tried)
        if last >= 0:
            row = grids.copy()
            row[free] = (*tried, last)
            found.append(row)
    return np.array(found) if len(free) else grids[None, :]


def ways(days: list[np.ndarray], hide: list[np.ndarray], *, grows: bool) -> list[np.ndarray]:
    """What is left of the fillings of each day, when those of the others are known.

    From day to day a hidden count changes by no more than the change of the total. grows: nobody
    left, so that each change is an addition; else as many may have left as came.
    """
    left = [fillings(*each) for each in zip(days, hide, strict=True)]
    for order in (range(1, len(days)), range(len(days) - 2, -1, -1)):
        for at in order:
            before = at - 1 if order.step > 0 else at + 1
            change = abs(int(days[at][0] - days[before][0]))
            step = left[at][:, None, :] - left[before][None, :, :]
            forward = step if order.step > 0 else -step
            fits = (forward <= change) & (forward >= (0 if grows else -change))
            left[at] = left[at][fits.all(axis=2).any(axis=1)]
    return left


def test_two_days_on_which_households_were_listed_hide_the_same() -> None:
    """9 of 90, and the next day two more in the grid that was hidden for its sake."""
    parent = np.array([-1, 0, 0, 0, 0])
    days = [np.array([90, 9, 20, 21, 40]), np.array([92, 9, 22, 21, 40])]
    hide = [hidden(values, parent) for values in days]
    assert (hide[0] == hide[1]).all()
    for rows in ways(days, hide, grows=True):
        assert np.ptp(rows[:, 0]) >= WIDTH


@pytest.mark.parametrize("seed", range(24))
def test_trying_everything_over_days_of_growth_narrows_nothing(seed: int) -> None:
    """All ways to fill the hidden grids of two or three days, as who knows that nobody left."""
    rng = np.random.default_rng(seed)
    parent = np.array([-1, 0, 0, 0])
    grids = np.array([rng.integers(0, 8), *rng.integers(8, 13, 2)])
    rng.shuffle(grids)
    days = [np.array([grids.sum(), *grids])]
    for _ in range(int(rng.integers(1, 3))):
        grids = grids + (rng.random(3) < 0.4)
        days.append(np.array([grids.sum(), *grids]))
    hide = [hidden(values, parent) for values in days]
    left = ways(days, hide, grows=True)
    for grid in np.flatnonzero(always_small(days)[1:]):
        for rows, values in zip(left, days, strict=True):
            assert (rows == values[1:]).all(axis=1).any()
            assert np.ptp(rows[:, grid]) >= WIDTH, (days, hide)
