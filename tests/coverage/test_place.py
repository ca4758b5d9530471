from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gisgrid.coverage import inside, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.columns import Plan


def grid_at(plan: Plan, x: float, y: float) -> str | None:
    """Asked as one point and as one of many: a few are looked up by another way than many."""
    index = int(place(np.array([x]), np.array([y]), plan)[0])
    many = place(np.append(np.full(99, 0.25), x), np.append(np.full(99, 0.25), y), plan)
    assert int(many[-1]) == index
    return None if index < 0 else plan.code[index]


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (0.5, 0.5, "a"),
        (2.9, 2.9, "i"),
        (1.0, 0.5, "a"),  # on the edge of a and b
        (1.5, 1.0, "b"),  # on the edge of b and e
        (1.0, 1.0, "a"),  # on the corner of a, b, d and e
        (2.0, 2.0, "e"),  # on the corner of e, f, h and i
        (0.0, 0.0, "a"),  # on the corner of the footprint
        (3.0, 2.5, "i"),  # on the rim of the footprint
        (3.0000001, 2.5, None),
        (-1.0, 0.5, None),
        (float("nan"), 0.5, None),
        (0.5, float("nan"), None),
    ],
)
def test_a_point_on_an_edge_lies_in_the_grid_with_the_lowest_code(
    nine: Plan, x: float, y: float, expected: str | None
) -> None:
    assert grid_at(nine, x, y) == expected


def test_the_lowest_code_wins_where_grids_overlap(make_plan: Callable[..., Plan]) -> None:
    plan = make_plan({"b": shapely.box(0, 0, 3, 1), "a": shapely.box(1, 0, 2, 1)})
    assert [grid_at(plan, x, 0.5) for x in (0.5, 1.0, 1.5, 2.5)] == ["b", "a", "a", "b"]


@pytest.mark.parametrize("pairs", [1, 30, 1_000_000])
def test_inside_tells_which_grid_holds_a_point_and_leaves_edges_to_be_asked(
    nine: Plan, make_plan: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch, pairs: int
) -> None:
    """However many points are held against grids at once; of grids that overlap the first one."""
    monkeypatch.setattr(sys.modules[inside.__module__], "_PAIRS", pairs)
    axis = np.array([-0.5, 0.0, 0.25, 1.0, 1.5, 2.0, 2.9, 3.0, 3.5])
    lon, lat = (each.ravel() for each in np.meshgrid(axis, axis))
    ((found, edge),) = inside(lon, lat, [nine])
    within = (lon > 0) & (lon < 3) & (lat > 0) & (lat < 3)
    line = np.isin(lon, [0.0, 1.0, 2.0, 3.0]) | np.isin(lat, [0.0, 1.0, 2.0, 3.0])
    on_plan = (lon >= 0) & (lon <= 3) & (lat >= 0) & (lat <= 3)
    assert edge.tolist() == (on_plan & line).tolist()
    assert found.tolist() == np.where(within & ~line, place(lon, lat, nine), -1).tolist()
    twice = make_plan({"a": shapely.box(0, 0, 2, 2), "b": shapely.box(1, 0, 3, 2)})
    alone, none = make_plan({"b": shapely.box(1, 0, 3, 2)}), make_plan({})
    x, y = np.array([0.5, 1.5, 2.5, 2.0, 1.0]), np.array([1.0, 1.0, 1.0, 1.0, 0.5])
    told = [(grid.tolist(), on.tolist()) for grid, on in inside(x, y, [alone, none, twice])]
    assert told == [
        ([-1, 0, 0, 0, -1], [False, False, False, False, True]),
        ([-1] * 5, [False] * 5),
        ([0, 0, 1, 1, 0], [False] * 5),
    ]
    assert [len(a) + len(b) for a, b in inside(np.empty(0), np.empty(0), [twice, nine])] == [0, 0]


def test_a_grid_in_several_parts_or_with_a_hole_holds_what_its_polygon_holds(
    make_plan: Callable[..., Plan],
) -> None:
    ring = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)
    parts = shapely.MultiPolygon([shapely.box(1.2, 1.2, 1.8, 1.8), shapely.box(5, 5, 6, 6)])
    plan = make_plan({"parts": parts, "ring": ring})
    places = [grid_at(plan, x, x) for x in (0.5, 1.0, 1.1, 1.5, 5.5, 4.0)]
    assert places == ["ring", "ring", None, "parts", "parts", None]


def test_grids_without_a_polygon_hold_nothing(make_plan: Callable[..., Plan]) -> None:
    plan = make_plan({"a": shapely.Polygon(), "b": None, "c": shapely.box(0, 0, 1, 1)})
    assert grid_at(plan, 0.5, 0.5) == "c"


def test_no_points_and_no_grids_are_no_trouble(nine: Plan, make_plan: Callable[..., Plan]) -> None:
    assert place(np.array([]), np.array([]), nine).tolist() == []
    assert place(np.array([0.5]), np.array([0.5]), make_plan({})).tolist() == [-1]


@given(
    seeds=st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=4, max_size=15, unique=True
    ),
    points=st.lists(st.tuples(st.floats(-1, 21), st.floats(-1, 21)), max_size=20),
)
@settings(max_examples=150, deadline=None)
def test_every_point_lies_in_the_first_grid_that_covers_it(
    make_plan: Callable[..., Plan],
    seeds: list[tuple[int, int]],
    points: list[tuple[float, float]],
) -> None:
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(seeds)))
    plan = make_plan({f"g{i:03}": cell for i, cell in enumerate(cells)})
    # Corners and the middles of edges are where two rules would differ.
    rings = np.concatenate([shapely.get_coordinates(cell) for cell in cells])
    asked = np.concatenate([np.array(points).reshape(-1, 2), rings, (rings[1:] + rings[:-1]) / 2])
    found = place(asked[:, 0], asked[:, 1], plan)
    few = [asked[at : at + len(cells) - 1] for at in range(0, len(asked), len(cells) - 1)]
    assert np.concatenate([place(*part.T, plan) for part in few]).tolist() == found.tolist()
    for (x, y), index in zip(asked, found, strict=True):
        covering = [i for i, cell in enumerate(cells) if cell.covers(shapely.Point(x, y))]
        assert index == min(covering, default=-1)
