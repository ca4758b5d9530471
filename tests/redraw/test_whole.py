"""Whole plans: proved, found at fault, repaired, compared; in words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import redraw_checker as checker
import redraw_makers as makers
import shapely
from shapely.geometry import LineString, Polygon, box

from gisgrid.redraw import (
    Assign,
    Course,
    Grow,
    Merge,
    Outcome,
    Plan,
    Points,
    Renumber,
    Reshape,
    Split,
    Transfer,
    Trim,
    apply,
    check_plan,
    compare,
    edit_from_json,
    footprint,
    repair,
)

X, Y, STEP = 105.0, 35.7, 0.001
HOMES = Points([105.0002, 105.0008, 105.0012, 105.0018], [35.7005, 35.7005, 35.7005, 35.7015])


def cell(column: float, row: float, wide: float = 1) -> Any:
    at = [X + column * STEP, Y + row * STEP, X + (column + wide) * STEP, Y + (row + 1) * STEP]
    return shapely.transform(box(*at), lambda points: np.round(points, 7))


@pytest.fixture
def plan() -> Plan:
    cells = [cell(c, r) for r in range(2) for c in range(3)]
    return makers.plan_of(cells, [f"G{i}" for i in range(6)])


def grids(plan: Plan) -> list[Any]:
    return [plan[code] for code in plan.codes()]


def with_shapes(plan: Plan, **shapes: Any) -> list[Any]:
    return [replace(g, polygon=shapes.get(g.code, g.polygon)) for g in grids(plan)]


def test_a_plan_that_holds_has_no_fault(plan: Plan) -> None:
    assert check_plan(grids(plan), footprint(grids(plan)), HOMES) == ()
    assert check_plan(grids(plan), None) == ()


def test_a_lost_grid_is_a_gap_with_its_size_and_neighbours(plan: Plan) -> None:
    left = [grid for grid in grids(plan) if grid.code != "G1"]
    faults = check_plan(left, footprint(grids(plan)), HOMES)
    assert [fault.what for fault in faults] == ["gap", "unassigned"]
    assert set(faults[0].codes) == {"G0", "G2", "G4"}
    assert faults[0].size == pytest.approx(10_046, rel=0.001)
    assert plan["G1"].polygon.contains(shapely.Point(faults[0].place))
    assert (faults[1].size, faults[1].unit) == (1.0, "households")


def test_an_overlap_names_both_grids(plan: Plan) -> None:
    (fault, *_) = check_plan(with_shapes(plan, G0=cell(0, 0, 1.5)), footprint(grids(plan)))
    assert (fault.what, fault.codes) == ("overlap", ("G0", "G1"))
    assert fault.size == pytest.approx(5_023, rel=0.001)


def test_a_corner_that_the_neighbour_lacks_is_told(plan: Plan) -> None:
    bent = shapely.Polygon(
        [(X, Y), (105.001, Y), (105.001, 35.7005), (105.001, 35.701), (X, 35.701)]
    )
    faults = check_plan(with_shapes(plan, G0=bent), footprint(grids(plan)))
    assert {fault.what for fault in faults} == {"unequal_edges"}
    assert {code for fault in faults for code in fault.codes} == {"G0", "G1"}


def test_ground_beyond_the_footprint_is_told(plan: Plan) -> None:
    faults = check_plan(with_shapes(plan, G2=cell(2, 0, 2)), footprint(grids(plan)))
    assert [(fault.what, fault.codes) for fault in faults] == [("footprint", ("G2",))]


def test_a_boundary_that_crosses_itself_is_told(plan: Plan) -> None:
    bow = Polygon([(X, Y), (105.001, 35.701), (105.001, Y), (X, 35.701)])
    (fault,) = check_plan(with_shapes(plan, G0=bow), footprint(grids(plan)))
    assert (fault.what, fault.codes, fault.place) == ("shape", ("G0",), (105.0005, 35.7005))


def test_a_corner_given_twice_in_a_ring_is_no_fault(plan: Plan) -> None:
    first, *others = grids(plan)
    ring = list(first.polygon.exterior.coords)
    twice = replace(first, polygon=Polygon([ring[0], *ring]))
    assert check_plan([twice, *others], footprint(grids(plan))) == ()


def test_a_code_that_comes_twice_is_told(plan: Plan) -> None:
    twice = [*grids(plan), replace(plan["G0"], polygon=cell(5, 5))]
    assert check_plan(twice, None)[0].what == "code_taken"


def test_a_hair_of_overlap_and_gap_is_repaired(plan: Plan) -> None:
    hair = with_shapes(plan, G0=cell(0, 0, 1.001), G2=cell(2.001, 0, 0.999))
    assert {fault.what for fault in check_plan(hair, footprint(grids(plan)))} == {"overlap", "gap"}
    proposal = repair(hair, footprint(grids(plan)))
    assert proposal.faults == ()
    assert {"G0", "G1"} <= set(proposal.changed) | {"G1"}
    mended = [proposal.changed.get(grid.code, grid) for grid in hair]
    checker.judge([g.polygon for g in grids(plan)], [g.polygon for g in mended])


def test_a_wide_gap_is_not_closed_but_told(plan: Plan) -> None:
    proposal = repair([g for g in grids(plan) if g.code != "G1"], footprint(grids(plan)))
    assert [fault.what for fault in proposal.faults] == ["gap"]


def test_moved_ground_is_told_with_both_codes(plan: Plan) -> None:
    area = box(X + 0.0005, Y + 0.0002, X + 0.0012, Y + 0.0008)
    after = apply(plan, Transfer(area, "G1"), HOMES).plan
    ((old, new, shape),) = compare(plan, after, {"G0", "G1"})
    assert (old, new) == ("G0", "G1")
    assert shape.equals(shapely.intersection(area, plan["G0"].polygon))
    assert compare(after, after, set()) == []
    merged = apply(plan, Merge(("G0", "G1")), HOMES).plan
    assert [(a, b) for a, b, _ in compare(plan, merged, {"G0", "G1"})] == [("G1", "G0")]
    ((a, b, ground),) = compare(
        plan, apply(plan, Trim(box(104.9, 35.6, 105.0005, 35.9)), HOMES).plan, {"G0"}
    )[:1]
    assert (a, b) == ("G0", "")
    assert ground.area == pytest.approx(plan["G0"].polygon.area / 2, rel=0.01)


NAN, INF = float("nan"), float("inf")
with np.errstate(invalid="ignore"):
    BAD_LINE = shapely.linestrings([(X, Y), (105.001, NAN)])
    BAD_AREA = shapely.polygons([(X, Y), (INF, Y), (X, INF), (X, Y)])
LONG = LineString(np.column_stack([np.linspace(105, 105.003, 100_001), np.full(100_001, 35.7005)]))


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (Split("G0", BAD_LINE), "not_a_number"),
        (Course(("G0", "G1"), BAD_LINE), "not_a_number"),
        (Transfer(BAD_AREA, "G0"), "not_a_number"),
        (Assign(BAD_AREA, "G0"), "not_a_number"),
        (Grow(BAD_AREA, "G0"), "not_a_number"),
        (Trim(BAD_AREA), "not_a_number"),
        (Reshape(moves=(((X, Y), (NAN, Y)),)), "not_a_number"),
        (Reshape(moves=(((X, Y), (INF, Y)),)), "not_a_number"),
        (Split("G0", LONG), "too_many_points"),
        (Split("G0", LineString()), "not_a_number"),
        (Trim(Polygon()), "not_a_number"),
        (Reshape(moves=tuple(((X, Y), (X, Y)) for _ in range(100_001))), "too_many_points"),
        (Transfer(box(0, 0, 1, 1), "G0"), "outside"),
        (Trim(box(0, 0, 1, 1)), "outside"),
        (Reshape(moves=(((105.001, 35.701), (0.0, 0.0)),)), "outside"),
        (Trim(box(105.0012, 35.7002, 105.0018, 35.7008)), "hole"),
        (Trim(box(104.9, 35.6, 105.1, 35.8)), "vanish"),
        (Grow(box(105.0035, 35.7, 105.004, 35.7005), "G2"), "outside"),
    ],
)
def test_what_no_hand_draws_is_a_fault_and_no_exception(plan: Plan, edit: Any, what: str) -> None:
    outcome = apply(plan, edit, HOMES)
    assert [fault.what for fault in outcome.faults] == [what]
    assert outcome.plan is plan


def test_a_lasso_that_does_not_touch_its_grid_is_joined_by_a_strip(plan: Plan) -> None:
    lasso = {
        "type": "Polygon",
        "coordinates": [
            [
                [X + a, Y + b]
                for a, b in (
                    (0.0006, 0.0003),
                    (0.0009, 0.0003),
                    (0.0009, 0.0007),
                    (0.0006, 0.0007),
                    (0.0006, 0.0003),
                )
            ]
        ],
    }
    outcome = apply(plan, edit_from_json({"op": "assign", "lasso": lasso, "to": "G1"}), HOMES)
    assert outcome.faults == ()
    checker.judge([g.polygon for g in grids(plan)], [g.polygon for g in grids(outcome.plan)])
    assert outcome.changed["G1"].polygon.geom_type == "Polygon"
    codes = [
        code
        for code, _ in checker.holders(
            HOMES.lon, HOMES.lat, {g.code: g.polygon for g in grids(outcome.plan)}
        )
    ]
    assert codes == ["G0", "G1", "G1", "G4"]


def test_a_cut_of_a_slanted_outer_border_ends_at_a_corner_and_says_how_far() -> None:
    # dx and dy have no common divisor: no point of the lattice lies on the slanted edge.
    slanted = Polygon([(X, Y), (105.0030001, 35.7010001), (105.0030001, 35.703), (X, 35.703)])
    plan = makers.plan_of([slanted], ["G0"])
    line = LineString([(105.001, 35.6), (105.001, 35.8)])
    (fault,) = apply(plan, Split("G0", line), HOMES).faults
    assert (fault.what, fault.codes, fault.unit) == ("led_far", ("G0",), "m")
    outcome = apply(plan, Split("G0", line, allow_led=True), HOMES)
    assert outcome.faults == ()
    (note,) = outcome.notes
    assert (note.what, note.unit) == ("moved_end", "m")
    assert note.size is not None
    assert 80 < note.size < 120
    checker.judge([slanted], [g.polygon for g in grids(outcome.plan)])


# West of a gap in the plan, and north of it: their edges there are nobody else's.
WEST = [(105.1749621, 35.7086663), (105.1823759, 35.7144976), (105.1829257, 35.7129739)]
WEST += [(105.1850207, 35.707168), (105.1855587, 35.7056771), (105.1867022, 35.696108)]
NORTH = [(105.1829257, 35.7129739), (105.1823759, 35.7144976), (105.1860708, 35.7224179)]
NORTH += [(105.1896451, 35.7103612), (105.1871193, 35.7047292), (105.1855587, 35.7056771)]
NORTH += [(105.1850207, 35.707168)]
NEW = [(105.187371, 35.7046827), (105.1752436, 35.6939879), (105.1849670, 35.6857600)]
NEW += [(105.1911874, 35.6948479)]


def test_new_ground_ends_where_it_was_drawn_and_takes_none_of_a_neighbour() -> None:
    # It ends at an edge without a point of the lattice; the next corner is that of NORTH.
    plan = makers.plan_of([Polygon(WEST), Polygon(NORTH)])
    outcome = apply(plan, Grow(Polygon(NEW), "G0000"), HOMES)
    assert (outcome.faults, outcome.notes) == ((), ())
    grown = outcome.plan["G0000"].polygon
    checker.judge_alone([grown, outcome.plan["G0001"].polygon])
    assert grown.difference(shapely.union(Polygon(WEST), Polygon(NEW))).area < 1e-9


def test_a_plan_shares_what_an_edit_did_not_touch() -> None:
    plan = makers.voronoi(np.random.default_rng(0), 400)
    before = {code: plan[code] for code in plan.codes()}
    after = plan
    for code in plan.codes()[:300]:  # beyond the point where a new index is made
        outcome: Outcome = apply(after, Renumber(code, f"N{code}"), HOMES)
        after = outcome.plan
    assert all(plan[code] is grid for code, grid in before.items())
    assert len(after) == 400
    assert after.codes() == sorted([f"N{code}" for code in plan.codes()[:300]] + plan.codes()[300:])
    assert all(after[code] is before[code] for code in plan.codes()[300:])
    w, s, e, n = (105.02, 35.72, 105.04, 35.75)
    scanned = [c for c in after.codes() if after[c].polygon.envelope.intersects(box(w, s, e, n))]
    assert after.near((w, s, e, n)) == scanned


def test_households_in_a_box_are_found_as_by_looking_at_all() -> None:
    rng = np.random.default_rng(4)
    lon, lat = rng.uniform(105, 106, 5_000), rng.uniform(35, 36, 5_000)
    lon[::50] = np.nan
    points = Points(lon, lat)
    for _ in range(50):
        w, s = rng.uniform((104.9, 34.9), (106, 36))
        e, n = w + rng.exponential(0.1), s + rng.exponential(0.1)
        inside = (lon >= w) & (lon <= e) & (lat >= s) & (lat <= n)
        assert points.within((w, s, e, n)).tolist() == np.flatnonzero(inside).tolist()
    assert len(Points([], []).within((0, 0, 1, 1))) == 0


def test_a_plan_without_grids_is_a_plan_that_says_what_it_lacks_and_can_be_given_some(
    plan: Plan,
) -> None:
    """A county that gave all its grids up, or has none yet."""
    none, first = Plan.of([]), plan["G0"]
    assert (len(none), none.codes(), none.near(plan.bounds)) == (0, [], [])
    square = json.loads(shapely.to_geojson(first.polygon))
    for op, what in (
        ({"op": "trim", "area": square}, "outside"),
        ({"op": "transfer", "area": square, "to": "G0"}, "unknown_grid"),
        ({"op": "merge", "codes": ["G0", "G1"]}, "unknown_grid"),
    ):
        outcome = apply(none, edit_from_json(op), HOMES)
        assert [fault.what for fault in outcome.faults] == [what]
        assert outcome.plan is none
    assert check_plan([], None, HOMES) == ()
    proposal = repair([], first.polygon)
    assert [fault.what for fault in proposal.faults] == ["gap"]
    assert none.replaced({"G0": first}, []).bounds == first.polygon.bounds


def test_a_gap_all_round_a_grid_is_as_large_as_the_gap_and_not_as_the_grid_within() -> None:
    """A grid that was drawn half a metre too small on all sides."""
    west, south, east, north = cell(1, 1).bounds
    small = box(west + 4e-6, south + 4e-6, east - 4e-6, north - 4e-6)
    ring = cell(0, 0, 3).union(cell(0, 1, 3)).union(cell(0, 2, 3)).difference(cell(1, 1))
    around, within = makers.plan_of([ring, small], ["G0", "G1"]), shapely.area(small)
    (gap,) = check_plan(grids(around), None, HOMES)
    assert (gap.what, gap.codes) == ("gap", ("G0", "G1"))
    assert not small.intersects(shapely.Point(gap.place))
    share = (cell(1, 1).area - within) / cell(1, 1).area
    assert gap.size == pytest.approx(share * 10_041, rel=1e-3)
