from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from gisgrid.columns import objects
from gisgrid.errors import GridsOverlap
from gisgrid.exchange.mending import mend_shapes
from gisgrid.exchange.metres import Metres
from gisgrid.exchange.partition import Settled, gaps, is_plan, make_plan, on_lattice
from gisgrid.exchange.reasons import Faults

M = 1e-5
"""About a metre at 35 degrees north, in degrees."""


def codes(count: int):
    return objects([f"G{n}" for n in range(count)])


def plan(*shapes, limit=100.0):
    return make_plan(codes(len(shapes)), objects(shapes), limit)


def area_m2(shapes) -> float:
    return float(shapely.area(Metres(shapes).of(shapes)).sum())


LEFT, RIGHT = box(105, 35, 105.01, 35.01), box(105.01, 35, 105.02, 35.01)


def test_a_valid_plan_is_left_as_it_is() -> None:
    shapes, repairs = plan(LEFT, RIGHT)
    assert repairs == []
    assert all(a.equals_exact(b, 0) for a, b in zip(shapes, (LEFT, RIGHT), strict=True))


def test_a_hair_overlap_is_cleaned_and_told_with_its_area_and_place() -> None:
    shapes, repairs = plan(LEFT, box(105.01 - 0.05 * M, 35, 105.02, 35.01))
    assert is_plan(shapes)
    (repair,) = [repair for repair in repairs if repair.what == "overlap"]
    assert repair.codes == ("G0", "G1")
    assert repair.area_m2 == pytest.approx(0.0456 * 1109.4, rel=0.02)
    assert repair.lon == pytest.approx(105.01, abs=1e-5)
    assert area_m2(shapes) == pytest.approx(area_m2(objects([LEFT, RIGHT])), abs=60)


def test_a_real_overlap_is_refused_with_both_codes_and_the_place() -> None:
    with pytest.raises(GridsOverlap) as err:
        plan(LEFT, box(105.0095, 35, 105.02, 35.01), box(104.99, 35, 105.0002, 35.01))
    assert (err.value.facts["a"], err.value.facts["b"]) == ("G0", "G1")
    assert err.value.facts["area_m2"] == pytest.approx(45.6 * 1109.4, rel=0.01)
    assert "near 105.00975, 35.005" in str(err.value)
    assert len(err.value.facts["overlaps"]) == 2


def test_the_limit_decides() -> None:
    wide = box(105.01 - 0.5 * M, 35, 105.02, 35.01)
    with pytest.raises(GridsOverlap):
        plan(LEFT, wide)
    assert is_plan(plan(LEFT, wide, limit=1000.0)[0])


def test_a_sliver_between_grids_goes_to_a_neighbour_and_is_told() -> None:
    # Closed at both ends, so that it is a hole and no bay.
    edge = [(105.015, 35.01), (105.005, 35.01)]
    upper = Polygon([(105.02, 35.02), (105, 35.02), (105, 35.01), *edge[::-1], (105.02, 35.01)])
    dip = (105.01, 35.01 - 0.5 * M)
    lower = Polygon([(105, 35), (105.02, 35), (105.02, 35.01), edge[0], dip, edge[1], (105, 35.01)])
    shapes, repairs = plan(upper, lower)
    assert [repair.what for repair in repairs if repair.what == "gap"] == ["gap"]
    assert is_plan(shapes)
    assert shapely.get_num_interior_rings(shapely.union_all(shapes)) == 0


def test_a_lake_stays_a_lake() -> None:
    outer = Polygon(LEFT.exterior, [box(105.004, 35.004, 105.006, 35.006).exterior])
    shapes, repairs = plan(outer, RIGHT)
    assert repairs == []
    assert shapely.get_num_interior_rings(shapes[0]) == 1


def test_a_corner_on_one_side_alone_is_given_to_the_other() -> None:
    # The neighbour has a corner within the shared edge: no overlap, but no matching edges.
    extra = Polygon(
        [(105.01, 35), (105.02, 35), (105.02, 35.01), (105.01, 35.01), (105.01, 35.005)]
    )
    shapes, _ = plan(LEFT, extra)
    assert is_plan(shapes)


def test_a_plan_that_was_cleaned_is_clean() -> None:
    shapes, _ = plan(LEFT, box(105.01 - 0.05 * M, 35, 105.02, 35.01))
    again, repairs = plan(*shapes)
    assert repairs == []
    assert shapely.equals_exact(shapes, again, 0).all()


def test_cleaning_leaves_the_other_grids_byte_for_byte_as_they_were() -> None:
    # Rings begin and turn as their owner drew them.
    far = Polygon([(105.09, 35.01), (105.09, 35), (105.08, 35), (105.08, 35.01)])
    for ring in (far, far.reverse()):
        shapes, repairs = plan(LEFT, box(105.01 - 0.05 * M, 35, 105.02, 35.01), ring)
        assert repairs
        assert shapely.to_wkb(shapes[2]) == shapely.to_wkb(ring)


def test_corners_lie_on_the_lattice() -> None:
    shapes, _ = plan(box(105.00000001234, 35, 105.01, 35.01))
    points = shapely.get_coordinates(shapes)
    assert (np.round(points, 7) == points).all()


def test_no_grids_are_no_plan_to_clean() -> None:
    assert plan()[1] == []


def mend(*shapes, limit=100.0):
    faults = Faults()
    mended, repairs = mend_shapes(codes(len(shapes)), objects(shapes), limit, faults)
    return mended, repairs, {refusal.row: refusal for refusal in faults.refusals(range(1, 99))}


def test_what_is_no_polygon_is_refused() -> None:
    _, _, refused = mend(None, LineString([(105, 35), (105.1, 35)]), LEFT)
    assert {row: refusal.code for row, refusal in refused.items()} == {
        1: "no_shape",
        2: "wrong_shape",
    }


def test_an_empty_shape_is_no_shape_and_has_no_place() -> None:
    _, _, refused = mend(Polygon(), shapely.MultiPolygon(), LEFT)
    assert {row: refusal.code for row, refusal in refused.items()} == {
        1: "no_shape",
        2: "no_shape",
    }
    assert Metres(objects([LEFT])).where(Polygon()) == (None, None)


def test_a_hair_loop_is_mended_and_told() -> None:
    # The last corner runs a few centimetres over the first edge.
    loop = Polygon(
        [
            (105, 35),
            (105.01, 35),
            (105.01, 35.01),
            (105, 35.01),
            (105 + 1e-7, 35 - 1e-7),
            (105 + 2e-6, 35),
        ]
    )
    assert not loop.is_valid
    mended, repairs, refused = mend(loop)
    assert not refused
    assert mended[0].is_valid
    assert [repair.what for repair in repairs] == ["shape"]


def test_a_boundary_like_an_8_is_refused_with_the_place_of_the_crossing() -> None:
    bow = Polygon([(105, 35), (105.02, 35.02), (105.02, 35), (105, 35.02)])
    _, _, refused = mend(bow)
    assert refused[1].code == "ambiguous_shape"
    assert refused[1].reason == (
        "The inside of the boundary is unclear near 105.01, 35.01 (it crosses itself)."
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.04))
def test_any_shaky_drawing_of_a_plan_becomes_a_plan(seed: int, shake_m: float) -> None:
    rng = np.random.default_rng(seed)
    side = 6
    cells = [
        Polygon(
            np.array([(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]) * 0.003
            + (105, 35)
            + rng.normal(0, max(shake_m, 1e-9) * M, (4, 2))
        )
        for x in range(side)
        for y in range(side)
    ]
    shapes, _ = make_plan(codes(len(cells)), objects(cells), 1000.0)
    assert is_plan(shapes)
    assert shapely.get_num_interior_rings(shapely.coverage_union_all(shapes)) == 0
    again, repairs = make_plan(codes(len(cells)), shapes, 1000.0)
    assert repairs == []
    assert shapely.equals_exact(on_lattice(shapes), again, 0).all()


OVER = [box(105, 35, 105.012, 35.01), box(105.01, 35, 105.02, 35.01)]
"""Two grids that both claim a strip of 0.002 degrees."""


@pytest.mark.parametrize(
    ("settled", "edge", "what"),
    [
        (Settled(winners=(("g0", "g1"),)), 105.012, "overlap given"),
        (Settled(winners=(("g1", "g0"),)), 105.01, "overlap given"),
        (Settled(repair=True), None, "overlap repaired"),
    ],
)
def test_an_overlap_goes_to_whom_a_person_gave_it(settled, edge, what) -> None:
    names = np.array(["g0", "g1"], dtype=object)
    with pytest.raises(GridsOverlap):
        make_plan(names, objects(OVER), 100.0, Settled(winners=(("g0", "g7"),)))
    shapes, repairs = make_plan(names, objects(OVER), 100.0, settled)
    assert is_plan(shapes)
    # A corner set on a straight edge in metres lies a hair beside it in degrees.
    assert shapely.union_all(shapes).area == pytest.approx(0.02 * 0.01, rel=1e-5)
    assert repairs[0].what == what
    assert repairs[0].area_m2 == pytest.approx(182.5 * 1109.4, rel=0.01)
    if edge is not None:
        assert shapes[0].bounds[2] == pytest.approx(edge, abs=1e-7)
        assert repairs[0].codes == settled.winners[0]


def test_a_hole_that_turns_as_its_shell_is_cut_out_and_told() -> None:
    shell, hole = box(105, 35, 105.01, 35.01), box(105.002, 35.002, 105.004, 35.004)
    lone = MultiPolygon([shell, hole])
    faults = Faults()
    (mended,), (repair,) = mend_shapes(codes(1), objects([lone]), 100.0, faults)
    assert not len(faults)
    assert mended.equals(shell.difference(hole))
    assert repair.what == "hole"
    assert repair.area_m2 == pytest.approx(182.5 * 221.9, rel=0.01)


def test_holes_that_stay_are_told_with_their_area_and_filled_up_to_a_width() -> None:
    wide = box(105.001, 35.001, 105.0012, 35.0012)  # 18 m by 22 m
    shape = box(105, 35, 105.01, 35.01) - wide - box(105.005, 35.005, 105.0051, 35.0051)
    names, shapes = codes(2), objects([shape, box(105.01, 35, 105.02, 35.01)])
    made, repairs = make_plan(names, shapes, 100.0)
    assert repairs == []
    told, holes = gaps(names, made)
    assert [(each.what, each.codes) for each in told] == [("gap left", ("G0",))] * 2
    assert [round(each.area_m2) for each in told] == [405, 101]
    assert shapely.equals_exact(holes[0].normalize(), wide.normalize(), 1e-7)
    made, repairs = make_plan(names, shapes, 100.0, Settled(gap_m=12))
    assert [(each.what, round(each.area_m2)) for each in repairs] == [("gap", 101)]
    assert [round(each.area_m2) for each in gaps(names, made)[0]] == [405]
    made, repairs = make_plan(names, shapes, 100.0, Settled(gap_m=50))
    assert len(repairs) == 2
    assert gaps(names, made)[0] == []
    assert is_plan(made)
