from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from gisgrid.tiles import (
    EXTENT,
    Address,
    Boundaries,
    encode_lines,
    encode_polygons,
    merge,
    name_points,
    simplify,
    to_square,
)

NAMES = np.array([f"G{i:03d}" for i in range(200)], dtype=object)
VILLAGE = np.arange(200) // 10
LEVELS = np.stack([np.zeros(200, dtype=int), VILLAGE // 4, VILLAGE])


def around(square, z):
    """All tiles that the mosaic touches."""
    left, top, right, bottom = shapely.total_bounds(square) * (1 << z)
    for x in range(int(left), int(right) + 1):
        for y in range(int(top), int(bottom) + 1):
            yield Address(z, x, y)


def test_a_partition_stays_one_in_the_square_and_at_every_zoom(mosaic):
    square = to_square(mosaic)
    assert shapely.coverage_is_valid(square)
    for z in (6, 9, 12, 14, 15):
        simple = simplify(square, z)
        assert shapely.coverage_is_valid(simple)
        assert (
            shapely.get_num_coordinates(simple).sum() <= shapely.get_num_coordinates(square).sum()
        )


def test_winding_lines_lose_corners_but_stay_shared(mosaic):
    square = to_square(mosaic)
    fine = shapely.segmentize(square, 4e-6)
    where = np.round(shapely.get_coordinates(fine), 12)
    # The same place moves the same way in every polygon that has it.
    bent = where + 1e-6 * np.sin(where[:, ::-1] * 3e5)
    winding = shapely.set_coordinates(fine, np.round(bent, 13))
    assert shapely.coverage_is_valid(winding)
    vertices = shapely.get_num_coordinates(winding).sum()
    for z, most in ((8, 0.2), (10, 0.5), (12, 0.95)):
        simple = simplify(winding, z)
        assert shapely.coverage_is_valid(simple)
        assert shapely.get_num_coordinates(simple).sum() < most * vertices
    assert simplify(winding, 15) is winding


@pytest.mark.parametrize("z", [9, 11, 12])
def test_the_polygons_of_all_tiles_fill_the_plan_without_overlap(mosaic, decode, z):
    square = to_square(mosaic)
    for address in around(square, z):
        body = encode_polygons("grids", address, square, {}, {"code": NAMES})
        features = decode(body)["grids"]["features"]
        found = [shape(f["geometry"]) for f in features]
        whole = shapely.union_all(square)
        clip = shapely.clip_by_rect(whole, *address.box())
        wanted = clip.area * (EXTENT << z) ** 2
        # Rounding moves an edge by half a unit at most; neighbours move together.
        assert sum(p.area for p in found) == pytest.approx(wanted, rel=2e-3)
        assert shapely.union_all(shapely.make_valid(found)).area == pytest.approx(
            sum(p.area for p in found), rel=1e-6
        )
        assert len({f["properties"]["code"] for f in features}) == len(features)


def test_outer_rings_run_clockwise_on_the_screen_and_holes_the_other_way(decode):
    address = Address(0, 0, 0)
    for ring in (False, True):
        donut = shapely.Polygon(
            [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)],
            [[(0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)]],
        )
        donut = shapely.orient_polygons(donut, exterior_cw=ring)
        body = encode_polygons("p", address, np.array([donut]), {}, {"code": NAMES[:1]})
        found = shape(decode(body)["p"]["features"][0]["geometry"])
        assert found.area == pytest.approx((0.64 - 0.04) * EXTENT**2, rel=1e-3)
        assert len(found.interiors) == 1
        # The first commands of the tile: the area of the outer ring is positive with y down.
        assert shapely.is_ccw(shapely.get_exterior_ring(found))


def test_what_rounding_leaves_without_area_is_left_out():
    speck = shapely.box(0.5, 0.5, 0.5 + 1e-6, 0.5 + 1e-6)
    splinter = shapely.box(0.1, 0.5, 0.9, 0.5 + 1e-6)
    shapes = np.array([speck, splinter, None], dtype=object)
    assert encode_polygons("p", Address(0, 0, 0), shapes, {}, {"code": NAMES[:3]}) == b""


def test_every_boundary_is_there_once(mosaic):
    square = to_square(mosaic)
    edges = Boundaries.of(square, LEVELS)
    length = np.hypot(*(edges.end - edges.start).T)
    inner = edges.other >= 0
    assert 2 * length[inner].sum() + length[~inner].sum() == pytest.approx(
        shapely.length(square).sum()
    )
    assert length[~inner].sum() == pytest.approx(shapely.length(shapely.union_all(square)))


def test_a_boundary_has_the_highest_level_at_which_its_sides_differ(mosaic):
    edges = Boundaries.of(to_square(mosaic), LEVELS)
    for one, other, level in zip(edges.one, edges.other, edges.level, strict=True):
        if other < 0:
            assert level == 0
        elif LEVELS[1][one] != LEVELS[1][other]:
            assert level == 1
        elif VILLAGE[one] != VILLAGE[other]:
            assert level == 2
        else:
            assert level == 3


def test_a_scope_sees_only_the_lines_around_its_grids(mosaic):
    square = to_square(mosaic)
    edges = Boundaries.of(square, LEVELS)
    seen = VILLAGE == 3
    lines = shapely.union_all([edges.lines(level, seen)[0] for level in range(4)])
    assert shapely.length(lines) == pytest.approx(
        shapely.length(shapely.union_all(shapely.boundary(square[seen])))
    )


def test_lines_of_all_tiles_are_the_lines_of_the_plan(mosaic, decode):
    square = to_square(mosaic)
    lines = Boundaries.of(square, LEVELS).lines(3)
    for address in around(square, 11):
        found = decode(encode_lines("l", address, lines, {"level": np.array([3])}, {}))
        clip = shapely.clip_by_rect(lines[0], *address.box())
        if found:
            got = sum(shape(f["geometry"]).length for f in found["l"]["features"])
            assert got == pytest.approx(clip.length * (EXTENT << 11), rel=5e-3)
        else:
            assert clip.length * (EXTENT << 11) < 2


def test_areas_share_their_lines_with_their_grids(mosaic):
    simple = simplify(to_square(mosaic), 9)
    villages = merge(simple, VILLAGE, 21)
    assert villages[20] is None
    assert shapely.coverage_is_valid(villages[:20])
    assert shapely.area(villages[:20]).sum() == pytest.approx(shapely.area(simple).sum())


def test_a_name_stands_inside_its_area(mosaic):
    square = to_square(mosaic)
    shapes = np.append(square, [None])
    x, y = name_points(shapes)
    assert shapely.contains_xy(square, x[:-1], y[:-1]).all()
    assert np.isnan(x[-1])
