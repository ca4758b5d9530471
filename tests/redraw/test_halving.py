"""A polygon halved by one line, beside what noding makes of the same line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import redraw_makers as makers
import shapely
from shapely import LineString, Point, box

from gisgrid.redraw import cutting, lattice
from gisgrid.redraw.corners import BESIDE
from gisgrid.redraw.faults import Refused
from gisgrid.redraw.halving import halves

SQUARE = box(0, 0, 1000, 1000)


def halved(shape: Any, line: list[tuple[int, int]], met: dict[Any, int] | None = None) -> Any:
    edges = lattice.segments(lattice.array_of([shape]))
    return halves(shape, edges, LineString(line), met or {})


def test_a_line_from_corner_to_corner_halves_to_the_last_unit() -> None:
    parts = halved(SQUARE, [(0, 0), (400, 700), (1000, 1000)])
    assert sorted(lattice.doubled_area(part) for part in parts) == [700_000, 1_300_000]
    assert shapely.union_all(parts).equals(SQUARE)
    assert not shapely.is_ccw(shapely.get_exterior_ring(parts)).any()


@pytest.mark.parametrize("turned", [False, True])
def test_both_ends_may_divide_one_edge(turned: bool) -> None:
    edges = lattice.segments(lattice.array_of([SQUARE]))
    bottom = next(i for i, edge in enumerate(edges.tolist()) if edge == [0, 0, 1000, 0])
    met = {(300, 0): bottom, (600, 0): bottom}
    line = [(300, 0), (450, 200), (600, 0)]
    parts = halved(SQUARE, line[::-1] if turned else line, met)
    assert sorted(part.area for part in parts) == [30_000.0, 970_000.0]
    assert set().union(*(part.exterior.coords[:] for part in parts)) >= set(met)


HOLED = SQUARE.difference(box(100, 100, 200, 200))


@pytest.mark.parametrize(
    ("shape", "line"),
    [
        (HOLED, [(0, 0), (1000, 1000)]),
        (shapely.MultiPolygon([SQUARE, box(2000, 0, 2100, 100)]), [(0, 0), (1000, 1000)]),
        (SQUARE, [(0, 0), (1000, 0)]),  # along an edge
        (SQUARE, [(0, 0), (500, 1000), (1000, 0)]),  # touches the border on the way
        (SQUARE, [(0, 0), (500, 1200), (1000, 0)]),  # leaves it
        (SQUARE, [(0, 0), (800, 800), (800, 200), (200, 800), (1000, 1000)]),  # crosses itself
        (SQUARE, [(500, 500), (1000, 1000)]),  # begins nowhere
        (SQUARE, [(0, 0), (900, 100), (100, 900), (0, 0)]),  # closed
    ],
)
def test_what_is_not_so_plain_is_left_to_noding(shape: Any, line: list[tuple[int, int]]) -> None:
    assert halved(shape, line) is None


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_noding_makes_but_for_hairs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    plan = makers.voronoi(rng, 60, slanted=seed % 2 == 1)
    compared = 0
    for code in plan.codes() * 3:
        west, south, east, north = plan[code].polygon.bounds
        points = rng.uniform([west, south], [east, north], (int(rng.integers(2, 6)), 2))
        points[[0, -1]] += (points[[0, -1]] - points[[-1, 0]]) * 2
        with monkeypatch.context() as patch:
            try:
                line = cutting.drawn(plan, LineString(points))
                quick = cutting.cut(plan, [code], line)
                patch.setattr(cutting, "halves", lambda *_: None)
                noded = cutting.cut(plan, [code], line)
            except Refused:
                continue
        mine, theirs = (faces.pieces[faces.owner == 0] for faces in (quick, noded))
        if len(theirs) != 2:
            assert len(mine) == len(theirs)
            continue
        compared += 1
        pairs = zip(_sorted(mine), _sorted(theirs), strict=True)
        for one, other in pairs:
            assert one.symmetric_difference(other).area <= one.length + other.length
            assert shapely.hausdorff_distance(one.exterior, other.exterior) <= BESIDE
    assert compared > 60


def _sorted(pieces: Any) -> list[Any]:
    return sorted(pieces, key=lambda piece: Point(piece.centroid).coords[0])
