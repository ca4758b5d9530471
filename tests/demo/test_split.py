from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gisgrid.demo.split import balanced, connected, evened, mended, scattered

SIDE = 12


def board():
    """Squares of a board and their common sides."""
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    one = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    other = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    return one, other, np.ones(len(one))


EDGES = board()
PLACE = np.stack(np.divmod(np.arange(SIDE * SIDE), SIDE), axis=1).astype(float)


def pieces(group):
    return len(np.unique(connected(EDGES[0], EDGES[1], group)))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), groups=st.integers(2, 12))
def test_mended_groups_hang_together_and_none_is_lost(seed, groups):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, SIDE * SIDE)
    group = np.unique(group, return_inverse=True)[1]
    mass = rng.uniform(0, 5, len(group))
    found = mended(EDGES, group, np.zeros(len(group), dtype=int), mass)
    assert len(np.unique(found)) == len(np.unique(group))
    assert pieces(found) == len(np.unique(group))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), groups=st.integers(2, 12))
def test_evened_groups_are_nearer_to_what_is_wanted_and_hang_together(seed, groups):
    rng = np.random.default_rng(seed)
    mass = rng.integers(0, 20, SIDE * SIDE)
    first = scattered(rng, PLACE, mass + 1.0, groups)
    group = balanced(PLACE, mass + 1e-6, np.ones(groups), first, rounds=5)[0]
    group = np.unique(group, return_inverse=True)[1]
    group = mended(EDGES, group, np.zeros(len(group), dtype=int), mass + 1.0)
    count = int(group.max()) + 1
    wanted = np.full(count, mass.sum() / count)
    found = evened(EDGES[:2], group, np.zeros(len(group), dtype=int), mass, wanted)

    def miss(g):
        return ((np.bincount(g, mass, count) - wanted) ** 2).sum()

    assert miss(found) <= miss(group)
    assert pieces(found) == count


def test_a_part_stays_within_its_parent():
    parent = (PLACE[:, 1] >= SIDE / 2).astype(int)
    rng = np.random.default_rng(3)
    group = rng.integers(0, 4, SIDE * SIDE) + 4 * parent
    found = mended(EDGES, group, parent, np.ones(len(group)))
    assert ((found >= 4) == (parent == 1)).all()


def test_balanced_groups_have_about_the_wanted_shares():
    rng = np.random.default_rng(1)
    xy = rng.uniform(0, 1000, (4000, 2))
    wanted = np.array([1.0, 2.0, 3.0, 4.0])
    group = balanced(xy, np.ones(4000), wanted, scattered(rng, xy, np.ones(4000), 4))[0]
    assert np.abs(np.bincount(group) / 4000 - wanted / 10).max() < 0.03
