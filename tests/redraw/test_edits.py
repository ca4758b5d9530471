"""Each edit on a small plan that can be followed by eye.

35.702 +----+----+----+
       | G3 | G4 | G5 |
35.701 +----+----+----+
       | G0 | G1 | G2 |
35.700 +----+----+----+
     105.000  .001 .002 .003
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import redraw_checker as checker
import redraw_makers as makers
from shapely.geometry import box

from gisgrid.errors import BadEdit
from gisgrid.redraw import Outcome, Plan, apply, check_plan, edit_from_json, edit_to_json, footprint

X, Y = 105.0, 35.7
HOMES = makers.Points(
    [105.0002, 105.0008, 105.0012, 105.0018, 105.0005],
    [35.7005, 35.7005, 35.7005, 35.7005, 35.7015],
)


@pytest.fixture
def plan() -> Plan:
    cells = [
        box(X + c / 1000, Y + r / 1000, X + (c + 1) / 1000, Y + (r + 1) / 1000)
        for r in range(2)
        for c in range(3)
    ]
    return makers.plan_of(cells, [f"G{i}" for i in range(6)])


def done(plan: Plan, **edit: Any) -> Outcome:
    """The outcome of an edit that must succeed, judged as a partition."""
    outcome = apply(plan, edit_from_json(edit), HOMES)
    assert outcome.faults == ()
    checker.judge(shapes(plan), shapes(outcome.plan))
    assert check_plan(grids(outcome.plan), footprint(grids(plan))) == ()
    return outcome


def refused(plan: Plan, **edit: Any) -> Any:
    """The one fault of an edit that must be refused; the plan is the one given."""
    outcome = apply(plan, edit_from_json(edit), HOMES)
    assert outcome.plan is plan
    assert not outcome.changed
    (fault,) = outcome.faults
    assert fault.sentence
    return fault


def grids(plan: Plan) -> list[Any]:
    return [plan[code] for code in plan.codes()]


def shapes(plan: Plan) -> list[Any]:
    return [grid.polygon for grid in grids(plan)]


def line(*points: tuple[float, float]) -> dict[str, Any]:
    return makers.line([(X + x / 1000, Y + y / 1000) for x, y in points])


def area(*points: tuple[float, float]) -> dict[str, Any]:
    ring = [[X + x / 1000, Y + y / 1000] for x, y in points]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def at(x: float, y: float) -> list[float]:
    return [X + x / 1000, Y + y / 1000]


def test_a_split_gives_its_corners_to_the_neighbours(plan: Plan) -> None:
    outcome = done(plan, op="split", code="G1", line=line((1.5, -0.2), (1.5, 1.2)))
    assert set(outcome.changed) == {"G1", "G6", "G4"}
    assert outcome.came_from == {"G1": ("G1",), "G6": ("G1",), "G4": ("G4",)}
    assert len(outcome.changed["G4"].polygon.exterior.coords) == 6


def test_the_part_with_most_households_keeps_the_code(plan: Plan) -> None:
    outcome = done(plan, op="split", code="G0", line=line((0.1, -1), (0.1, 2)))
    assert outcome.changed["G0"].polygon.bounds[0] == 105.0001
    other = done(plan, op="split", code="G0", line=line((0.9, -1), (0.9, 2)))
    assert other.changed["G0"].polygon.bounds[0] == 105.0


def test_a_line_that_crosses_several_times_makes_several_grids(plan: Plan) -> None:
    wave = line((-0.1, 0.5), (0.3, 1.3), (0.6, 0.2), (0.9, 1.3), (1.2, 0.4))
    outcome = done(plan, op="split", code="G0", line=wave, new_codes=["A", "B", "C"])
    assert {"G0", "A"} < set(outcome.changed)
    assert len(outcome.plan) == len(plan) + sum(c in outcome.plan for c in "ABC")


def test_a_slanting_line_leads_to_the_border_exactly(plan: Plan) -> None:
    outcome = done(plan, op="split", code="G0", line=line((0.1234567, -0.1), (0.7654321, 1.1)))
    assert check_plan(grids(outcome.plan), footprint(grids(plan))) == ()


@pytest.mark.parametrize(
    ("drawn", "what"),
    [
        (line((1.5, -1), (1.5, 0.5)), "line_ends_inside"),
        (line((1.5, 0.2), (1.5, 2)), "line_ends_inside"),
        (line((0.1, 0.1), (0.9, 0.9)), "line_misses"),
        (line((1, -1), (1, 2)), "line_along_border"),
        (line((0.8, 0.5), (2.2, 0.5), (2.2, 0.8), (1.5, 0.2), (0.8, 0.9)), "line_crosses_itself"),
        (line((1.5, 0.5), (1.5, 0.5)), "line_misses"),
        (line((0.5, 0.5), (0.5, 0.5)), "line_misses"),
    ],
)
def test_a_line_that_divides_nothing_is_refused(plan: Plan, drawn: Any, what: str) -> None:
    fault = refused(plan, op="split", code="G1", line=drawn)
    assert fault.what == what
    assert fault.codes == ("G1",)


def test_a_line_outside_the_county_is_refused(plan: Plan) -> None:
    fault = refused(plan, op="split", code="G1", line=line((5, 5), (6, 6)))
    assert (fault.what, fault.place) == ("outside", (105.005, 35.705))


def test_a_line_that_ends_inside_says_where(plan: Plan) -> None:
    fault = refused(plan, op="split", code="G1", line=line((1.5, -1), (1.5, 0.5)))
    assert fault.place == pytest.approx((105.0015, 35.7005), abs=1e-7)


def test_a_strip_too_narrow_is_refused(plan: Plan) -> None:
    fault = refused(plan, op="split", code="G1", line=line((1.004, -1), (1.004, 2)))
    assert (fault.what, fault.unit) == ("sliver", "m2")


def test_merging_takes_the_common_edge_away(plan: Plan) -> None:
    outcome = done(plan, op="merge", codes=["G0", "G1", "G4"], into="G1")
    assert outcome.removed == ("G0", "G4")
    assert outcome.came_from == {"G1": ("G0", "G1", "G4")}


@pytest.mark.parametrize(
    ("codes", "what", "metres"),
    [
        (["G0", "G2"], "not_touching", 90.5),
        (["G0", "G4"], "touch_in_point", 0.0),
        (["G0", "G2", "G5"], "not_touching", 90.5),
    ],
)
def test_grids_that_do_not_touch_along_an_edge_are_not_merged(
    plan: Plan, codes: list[str], what: str, metres: float
) -> None:
    fault = refused(plan, op="merge", codes=codes)
    assert (fault.what, fault.size, fault.unit) == (what, metres, "m")
    assert set(fault.codes) <= set(codes)
    assert fault.place is not None


def test_a_corner_of_four_takes_all_four_along(plan: Plan) -> None:
    outcome = done(plan, op="reshape", moves=[{"from": at(1, 1), "to": at(1.2, 0.9)}])
    assert set(outcome.changed) == {"G0", "G1", "G3", "G4"}


def test_a_corner_put_into_an_edge_and_taken_out_again(plan: Plan) -> None:
    put = done(plan, op="reshape", insert=[{"between": [at(1, 0), at(1, 1)], "at": at(1.1, 0.5)}])
    assert set(put.changed) == {"G0", "G1"}
    out = done(put.plan, op="reshape", remove=[at(1.1, 0.5)])
    assert [s.equals(t) for s, t in zip(shapes(out.plan), shapes(plan), strict=True)] == [True] * 6


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        ({"moves": [{"from": at(1, 1), "to": at(2.5, 0.5)}]}, "crosses"),
        ({"moves": [{"from": at(1, 1), "to": at(-0.5, 1)}]}, "crosses"),
        ({"moves": [{"from": at(0, 0), "to": at(0.1, 0.1)}]}, "footprint"),
        ({"moves": [{"from": at(0.4, 0.4), "to": at(0.1, 0.1)}]}, "no_vertex"),
        ({"remove": [at(1, 1)]}, "corner_of_several"),
        ({"remove": [at(1, 0)]}, "footprint"),
        ({"insert": [{"between": [at(0, 0), at(1, 0)], "at": at(0.5, 0.1)}]}, "footprint"),
        ({"insert": [{"between": [at(0, 0), at(1, 1)], "at": at(0.5, 0.5)}]}, "no_edge"),
        ({"moves": []}, "nothing_to_do"),
    ],
)
def test_a_corner_where_it_cannot_be_is_refused(plan: Plan, edit: Any, what: str) -> None:
    assert refused(plan, op="reshape", **edit).what == what


def test_a_new_course_for_the_edge_between_two(plan: Plan) -> None:
    drawn = line((1, 0), (1.3, 0.5), (1, 1))
    outcome = done(plan, op="course", codes=["G0", "G1"], line=drawn)
    assert set(outcome.changed) == {"G0", "G1"}
    assert outcome.changed["G0"].polygon.area > outcome.changed["G1"].polygon.area


def test_a_course_for_grids_without_a_common_edge_is_refused(plan: Plan) -> None:
    fault = refused(plan, op="course", codes=["G0", "G4"], line=line((1, -1), (1, 3)))
    assert fault.what == "not_neighbours"


def test_ground_under_an_area_goes_to_one_grid(plan: Plan) -> None:
    ring = area((0.5, 0.5), (1.5, 0.5), (1.5, 1.5), (0.5, 1.5))
    outcome = done(plan, op="transfer", area=ring, to="G1")
    assert set(outcome.changed) == {"G0", "G1", "G3", "G4"}
    assert outcome.came_from["G1"] == ("G1", "G0", "G3", "G4")


@pytest.mark.parametrize(
    ("ring", "what"),
    [
        (area((2.2, 0.2), (2.8, 0.2), (2.8, 0.8), (2.2, 0.8)), "apart"),
        (area((-0.5, -0.5), (2.0, -0.5), (2.0, 1.0), (-0.5, 1.0)), "vanish"),
        (area((9, 9), (9.5, 9), (9.5, 9.5), (9, 9.5)), "outside"),
        (area((0.5, 0.5), (1.5, 1.5), (1.5, 0.5), (0.5, 1.5)), "line_crosses_itself"),
    ],
)
def test_ground_that_cannot_go_there_is_refused(plan: Plan, ring: Any, what: str) -> None:
    assert refused(plan, op="transfer", area=ring, to="G0").what == what


def test_a_grid_falls_into_pieces_only_where_that_is_allowed(plan: Plan) -> None:
    ring = area((1.3, -1), (1.7, -1), (1.7, 1.2), (1.3, 1.2))
    fault = refused(plan, op="transfer", area=ring, to="G4")
    assert (fault.what, fault.codes, fault.size) == ("in_pieces", ("G1",), 2.0)
    outcome = done(plan, op="transfer", area=ring, to="G4", allow_pieces=True)
    assert outcome.changed["G1"].polygon.geom_type == "MultiPolygon"


def test_a_lasso_takes_the_households_inside_along(plan: Plan) -> None:
    lasso = area((0.9, 0.3), (1.4, 0.3), (1.4, 0.7), (0.9, 0.7))
    outcome = done(plan, op="assign", lasso=lasso, to="G0")
    inside = outcome.plan["G0"].polygon
    from shapely.geometry import Point

    assert inside.contains(Point(105.0012, 35.7005))
    assert not inside.contains(Point(105.0018, 35.7005))


def test_a_lasso_around_nobody_is_refused(plan: Plan) -> None:
    lasso = area((1.9, 1.2), (2.1, 1.2), (2.1, 1.4), (1.9, 1.4))
    assert refused(plan, op="assign", lasso=lasso, to="G4").what == "nothing_inside"


def test_new_ground_is_added_and_given_up(plan: Plan) -> None:
    ring = area((2.5, 0.2), (3.4, 0.1), (3.5, 0.9), (2.5, 0.8))
    grown = apply(plan, edit_from_json({"op": "grow", "area": ring, "to": "G2"}), HOMES)
    assert grown.faults == ()
    now = shapes(grown.plan)
    assert sum(map(checker.area, now)) > sum(map(checker.area, shapes(plan)))
    assert check_plan(grids(grown.plan), footprint(grids(grown.plan))) == ()
    trimmed = apply(
        grown.plan,
        edit_from_json({"op": "trim", "area": area((3, -1), (4, -1), (4, 2), (3, 2))}),
        HOMES,
    )
    assert trimmed.faults == ()
    assert sum(map(checker.area, shapes(trimmed.plan))) == sum(map(checker.area, shapes(plan)))


def test_trimming_names_the_households_that_fall_out(plan: Plan) -> None:
    ring = area((-1, -1), (0.5, -1), (0.5, 3), (-1, 3))
    outcome = apply(plan, edit_from_json({"op": "trim", "area": ring}), HOMES)
    assert outcome.faults == ()
    (note,) = [n for n in outcome.notes if n.what == "households_out"]
    assert set(note.households) >= {0}


def test_labels_change_without_the_ground(plan: Plan) -> None:
    outcome = done(plan, op="change", code="G1", name="New", member="Li", visit_every_days=14)
    grid = outcome.changed["G1"]
    assert (grid.name, grid.member, grid.visit_every_days) == ("New", "Li", 14)
    assert grid.polygon is plan["G1"].polygon


def test_a_code_that_is_taken_is_refused(plan: Plan) -> None:
    assert refused(plan, op="renumber", code="G1", new_code="G2").what == "code_taken"
    drawn = line((1.5, -1), (1.5, 2))
    assert refused(plan, op="split", code="G1", line=drawn, new_codes=["G2"]).what == "code_taken"


def test_a_grid_that_is_not_there_is_refused(plan: Plan) -> None:
    assert refused(plan, op="merge", codes=["G0", "G9"]).codes == ("G9",)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"op": "cut"}, "one of"),
        ({"op": "split", "code": "G1"}, "needs line"),
        ({"op": "merge", "codes": ["G0"], "why": 1}, "not “why”"),
        ({"op": "merge", "codes": "G0"}, "list of codes"),
        ({"op": "split", "code": "a", "line": line((float("nan"), 0), (1, 1))}, "outside the"),
        ({"op": "split", "code": "a", "line": line((0, 0))}, "fewer"),
        ({"op": "change", "code": "G1", "visit_every_days": 0}, "1 to 3650"),
        ({"op": "renumber", "code": "G1", "new_code": "a\x00b"}, "cannot be printed"),
        ({"op": "renumber", "code": "G1", "new_code": " .. "}, "a step of an address"),
        ({"op": "split", "code": "G1", "line": makers.line(np.zeros((100_001, 2)))}, "more than"),
        ([], "JSON object"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_part(given: Any, words: str) -> None:
    with pytest.raises(BadEdit, match=words):
        edit_from_json(given)


def test_an_edit_goes_to_json_and_back_without_loss() -> None:
    for given in (
        {"op": "merge", "codes": ["a", "b"], "into": "b"},
        {"op": "reshape", "moves": [{"from": [105.1, 35.2], "to": [105.1000001, 35.2]}]},
        {"op": "change", "code": "a", "member": None},
        {"op": "split", "code": "a", "line": line((0, 0), (1, 1)), "allow_pieces": True},
    ):
        assert edit_to_json(edit_from_json(given)) == given
