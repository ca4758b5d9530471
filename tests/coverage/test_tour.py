"""The walk past all households of a grid: each once, short, and the same every time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gisgrid.coverage import steps, tour

Points = list[tuple[float, float]]
spots = st.tuples(st.floats(105, 105.02), st.floats(35.7, 35.72))


def length(lon: np.ndarray, lat: np.ndarray, order: np.ndarray) -> float:
    return float(steps(lon[order], lat[order]).sum())


def split(points: Points) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p[0] for p in points], float), np.array([p[1] for p in points], float)


@settings(deadline=None)
@given(st.lists(spots, max_size=60))
def test_every_household_is_passed_once_and_the_same_points_give_the_same_walk(
    points: Points,
) -> None:
    lon, lat = split(points)
    order = tour(lon, lat)
    assert sorted(order.tolist()) == list(range(len(points)))
    assert order.tolist() == tour(lon, lat).tolist()


@settings(deadline=None, max_examples=60)
@given(st.lists(spots, min_size=2, max_size=7, unique=True))
def test_a_short_walk_is_nearly_the_shortest(points: Points) -> None:
    lon, lat = split(points)
    order = tour(lon, lat)
    first, rest = order[0], [i for i in range(len(points)) if i != order[0]]
    best = min(
        length(lon, lat, np.array([first, *others])) for others in itertools.permutations(rest)
    )
    assert length(lon, lat, order) <= 1.25 * best + 1


def test_it_begins_at_the_south_west_corner() -> None:
    lon, lat = split([(105.02, 35.72), (105.0, 35.7), (105.01, 35.71)])
    assert tour(lon, lat).tolist() == [1, 2, 0]


@pytest.mark.parametrize("seed", range(5))
def test_it_is_clearly_shorter_than_always_going_to_the_nearest(seed: int) -> None:
    chance = np.random.default_rng(seed)
    lon, lat = 105 + chance.random(80) * 0.02, 35.7 + chance.random(80) * 0.02
    x, y = lon * np.cos(np.radians(35.71)), lat
    left, walk = set(range(1, 80)), [int(tour(lon, lat)[0])]
    left = set(range(80)) - set(walk)
    while left:
        at = walk[-1]
        walk.append(min(left, key=lambda i: np.hypot(x[i] - x[at], y[i] - y[at])))
        left.remove(walk[-1])
    ours = length(lon, lat, tour(lon, lat))
    assert ours < 0.97 * length(lon, lat, np.array(walk))
    # Beardwood, Halton and Hammersley: the shortest is about 0.7124 * sqrt(n * area).
    area = 0.02 * 111_320 * 0.02 * 111_320 * np.cos(np.radians(35.71))
    assert ours < 1.25 * 0.7124 * np.sqrt(80 * area)


def test_households_on_one_point_and_a_thousand_of_them_are_no_trouble() -> None:
    assert sorted(tour(np.full(40, 105.0), np.full(40, 35.7)).tolist()) == list(range(40))
    chance = np.random.default_rng(1)
    order = tour(105 + chance.random(1000) / 50, 35.7 + chance.random(1000) / 50)
    assert len(set(order.tolist())) == 1000
    assert tour(np.empty(0), np.empty(0)).tolist() == []
