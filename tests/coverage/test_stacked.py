from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gisgrid.coverage import positions, share_position

NAN = float("nan")


def stacked(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return share_position(positions(lon, lat), np.ones(len(lon), dtype=bool))


def test_all_households_on_a_shared_point_are_stacked_and_the_unlocated_are_not() -> None:
    lon = np.array([1.0, 1.0, 1.0, 2.0, NAN, NAN, 3.0])
    lat = np.array([5.0, 5.0, 6.0, 5.0, NAN, NAN, NAN])
    assert stacked(lon, lat).tolist() == [True, True, False, False, False, False, False]


def test_only_counted_households_stack() -> None:
    position = positions(np.array([1.0, 1.0, 1.0]), np.array([5.0, 5.0, 5.0]))
    assert share_position(position, np.array([True, False, False])).tolist() == [False] * 3
    assert share_position(position, np.array([True, False, True])).tolist() == [True, False, True]


def test_nobody_is_stacked_where_nobody_is() -> None:
    assert stacked(np.array([]), np.array([])).tolist() == []
    assert stacked(np.array([NAN]), np.array([NAN])).tolist() == [False]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=30))
def test_stacked_is_what_a_count_of_each_position_says(rows: list[tuple[int, int, bool]]) -> None:
    points = [(float(x), float(y)) for x, y, _ in rows]
    counted = np.array([c for _, _, c in rows], dtype=bool)
    lon, lat = (np.array([p[i] for p in points]) for i in (0, 1))
    among = [p for p, c in zip(points, counted, strict=True) if c]
    expected = [bool(c) and among.count(p) > 1 for p, c in zip(points, counted, strict=True)]
    assert share_position(positions(lon, lat), counted).tolist() == expected
