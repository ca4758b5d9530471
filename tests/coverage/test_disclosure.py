"""Nobody who holds all tables of a day can work out a hidden count, to plus or minus 2."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gisgrid.coverage.disclosure import LEAST, WIDTH, bounds, hidden


def tree(rng: np.random.Generator, areas: int, leaves: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts and parents of a random county, the top first, sums from below plus rests."""
    parent = [-1]
    parent += [int(rng.integers(0, len(parent) if n < 3 else n)) for n in range(areas)]
    inner = len(parent)
    parent += [int(rng.integers(0, inner)) for _ in range(leaves)]
    values = rng.integers(0, 25, len(parent)) * (rng.random(len(parent)) < 0.8)
    values[:inner] = (rng.random(inner) < 0.2) * rng.integers(0, 5, inner)
    for node in range(len(parent) - 1, 0, -1):
        values[parent[node]] += values[node]
    return values.astype(np.int64), np.array(parent, dtype=np.int64)


def solutions(
    values: np.ndarray, parent: np.ndarray, hide: np.ndarray, most: np.ndarray
) -> list[set[int]]:
    """Every value that each count can have: all ways to fill the hidden leaves are tried."""
    count = len(values)
    rest = values.copy()
    for node in range(1, count):
        rest[parent[node]] -= values[node]
    leaf = [node for node in range(count) if node not in set(parent.tolist())]
    free = [node for node in leaf if hide[node]]
    top = int(values.max())
    found: list[set[int]] = [set() for _ in range(count)]
    ranges = [range(min(int(most[node]), top) + 1) for node in free]
    for tried in itertools.product(*ranges):
        total = np.where(hide, 0, values)
        total[free] = tried
        for node in range(count - 1, -1, -1):
            if node not in leaf:
                total[node] = rest[node] + sum(total[n] for n in range(count) if parent[n] == node)
        if (total[~hide] == values[~hide]).all() and (total <= most).all():
            for node in range(count):
                found[node].add(int(total[node]))
    return found


def test_nothing_small_is_shown_and_nothing_hidden_can_be_narrowed() -> None:
    for seed in range(60):
        values, parent = tree(np.random.default_rng(seed), areas=12, leaves=60)
        hide = hidden(values, parent)
        assert (hide | (values >= LEAST)).all()
        low, high = bounds(values, parent, hide, np.full(len(values), 10**12))
        assert ((high - low)[hide] >= WIDTH).all(), seed
        assert (low <= values).all()
        assert (values <= high).all()


@pytest.mark.parametrize("seed", range(12))
def test_trying_everything_narrows_no_hidden_count(seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    parent = np.array([-1, 0, 0, 1, 1, 2, 2])
    leaves = rng.integers(0, 16, 4)
    values = np.array([leaves.sum(), leaves[:2].sum(), leaves[2:].sum(), *leaves])
    most = np.array([10**6] * 3 + [20] * 4)
    hide = hidden(values, parent, most=most)
    for node, possible in enumerate(solutions(values, parent, hide, most)):
        if hide[node]:
            assert max(possible) - min(possible) >= WIDTH, (values, hide)


def test_two_households_of_nine_in_grids_of_ten_do_not_give_each_other_away() -> None:
    parent, values = np.array([-1, 0, 0, 0]), np.array([48, 9, 9, 30])
    alone = hidden(values, parent)
    assert alone.tolist() == [False, True, True, True]  # one that is not small guards the two
    close = hidden(values, parent, most=np.array([60, 10, 10, 40]))
    assert close.tolist()[1:] == [True, True, True]


def test_a_single_small_count_takes_another_with_it_on_every_level() -> None:
    parent = np.array([-1, 0, 0, 1, 1, 2, 2])
    values = np.array([100, 43, 57, 3, 40, 27, 30])
    assert hidden(values, parent).tolist() == [False, False, False, True, True, False, False]


def test_the_guard_is_the_first_by_code_that_is_not_small_whatever_its_size() -> None:
    parent, codes = np.array([-1, 0, 0, 0, 0]), ["T", "D", "C", "B", "A"]
    for others in ([40, 30, 50], [30, 50, 40]):
        hide = hidden(np.array([9 + sum(others), 9, *others]), parent, codes=codes)
        assert hide.tolist() == [False, True, False, False, True]
    both = hidden(np.array([98, 9, 40, 40, 9]), parent, codes=codes)
    assert both.tolist() == [False, True, False, True, True]


def test_an_area_whose_grids_together_hold_next_to_nothing_is_hidden_like_a_small_one() -> None:
    parent = np.array([-1, 0, 0, 0, 1, 1])
    values = np.array([140, 30, 50, 60, 2, 2])  # 26 of the 30 are in no grid, and known
    assert hidden(values, parent).tolist() == [False, True, True, False, True, True]


def test_where_nothing_is_small_nothing_is_hidden() -> None:
    assert not hidden(np.array([60, 30, 30]), np.array([-1, 0, 0])).any()
    assert hidden(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)).tolist() == []


def test_the_same_tables_hide_the_same_whoever_asks() -> None:
    values, parent = tree(np.random.default_rng(7), areas=10, leaves=40)
    assert (hidden(values, parent) == hidden(values, parent)).all()
