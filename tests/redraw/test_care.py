"""What an edit takes care of beside the ground: codes, names, areas, corners, narrow parts."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import redraw_checker as checker
import redraw_makers as makers
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon, box

from gisgrid.redraw import (
    LED_MOST_M,
    Course,
    Merge,
    Outcome,
    Plan,
    Points,
    Renumber,
    Reshape,
    Split,
    Transfer,
    apply,
    corners,
    same_ground,
)

X, Y = 105.0, 35.7
NOBODY = Points([], [])


def squares(**words: Any) -> Plan:
    """Three squares of about 100 m in a row: G1 G2 G3."""
    cells = [box(X + c / 1000, Y, X + (c + 1) / 1000, Y + 0.001) for c in range(3)]
    plan = makers.plan_of(cells, ["G1", "G2", "G3"])
    return Plan.of([replace(plan[code], **words) for code in plan.codes()])


def made(plan: Plan, edit: Any) -> Outcome:
    outcome = apply(plan, edit, NOBODY)
    assert outcome.faults == ()
    return outcome


def refused(plan: Plan, edit: Any) -> Any:
    outcome = apply(plan, edit, NOBODY)
    assert outcome.plan is plan
    (fault,) = outcome.faults
    return fault


def upright(x: float) -> LineString:
    return LineString([(x, Y - 0.001), (x, Y + 0.002)])


def test_a_code_that_ended_is_never_made_up_again() -> None:
    merged = made(squares(), Merge(("G2", "G3"), "G2")).plan
    assert "G4" in made(merged, Split("G2", upright(X + 0.0015))).changed
    later = Plan.of([merged[code] for code in merged.codes()], ended=["G3", "G4", "G1"])
    assert later.ended == {"G3", "G4"}, "what is there has not ended"
    assert "G5" in made(later, Split("G2", upright(X + 0.0015))).changed


@pytest.mark.parametrize(
    "edit", [Renumber("G1", "G0"), Split("G1", upright(X + 0.0005), ("G0",))], ids=["new", "split"]
)
def test_a_code_that_ended_is_refused_where_one_asks_for_it(edit: Any) -> None:
    plan = squares()
    plan = Plan.of([plan[code] for code in plan.codes()], ended=["G0"])
    assert (refused(plan, edit).what, refused(plan, edit).codes) == ("code_ended", ("G0",))


def test_a_code_that_comes_back_with_its_grid_has_not_ended() -> None:
    plan = squares()
    plan = Plan.of([plan[code] for code in plan.codes()], ended=["G0"])
    back = plan.replaced({"G0": replace(plan["G1"], code="G0")}, ["G1"])
    assert back.ended == frozenset()
    assert back.spent("G1")


def test_new_parts_of_a_split_have_names_of_their_own() -> None:
    once = made(squares(name="甲"), Split("G1", upright(X + 0.0004))).plan
    assert [once[c].name for c in ("G1", "G4")] == ["甲", "甲 (2)"]
    twice = made(once, Split("G4", upright(X + 0.0001))).plan
    assert twice["G5"].name == "甲 (3)"
    nameless = made(squares(), Split("G1", upright(X + 0.0005))).plan
    assert nameless["G4"].name is None


def test_ground_of_another_area_is_told_with_the_area_it_is_of_now() -> None:
    plan = squares(area_code="A")
    plan = Plan.of([replace(plan[c], area_code="B" if c == "G3" else "A") for c in plan.codes()])
    assert made(plan, Merge(("G1", "G2"))).notes == ()
    (note,) = made(plan, Merge(("G2", "G3"), "G3")).notes
    assert (note.what, note.codes, note.area) == ("across_areas", ("G3", "G2"), "B")
    area = box(X + 0.0018, Y, X + 0.0022, Y + 0.001)
    (note,) = made(plan, Transfer(area, "G2")).notes
    assert (note.codes, note.area) == (("G2", "G3"), "A")


def two_areas() -> Plan:
    """The squares: G1 G2 of area A, G3 of area B."""
    plan = squares(area_code="A")
    return Plan.of([replace(plan[c], area_code="B" if c == "G3" else "A") for c in plan.codes()])


def test_ground_that_a_dragged_corner_gives_is_told_as_any_other() -> None:
    plan = two_areas()
    inner = Reshape(insert=(((X + 0.002, Y), (X + 0.002, Y + 0.001), (X + 0.002, Y + 0.0005)),))
    plan = made(plan, inner).plan
    middle = (X + 0.002, Y + 0.0005)
    outcome = made(plan, Reshape(moves=((middle, (X + 0.0023, Y + 0.0005)),)))
    assert outcome.came_from == {"G2": ("G2", "G3"), "G3": ("G3",)}
    (note,) = outcome.notes
    assert (note.what, note.codes, note.area) == ("across_areas", ("G2", "G3"), "A")


@pytest.mark.parametrize(
    "to", [(X + 0.0020003, Y + 0.0005), (X + 0.002, Y + 0.0006)], ids=["a hair", "along the edge"]
)
def test_a_corner_that_gives_no_ground_makes_nobody_come_from_a_neighbour(to: Any) -> None:
    middle = (X + 0.002, Y + 0.0005)
    inner = Reshape(insert=(((X + 0.002, Y), (X + 0.002, Y + 0.001), middle),))
    plan = made(two_areas(), inner).plan
    outcome = made(plan, Reshape(moves=((middle, to),)))
    assert outcome.came_from == {"G2": ("G2",), "G3": ("G3",)}
    assert outcome.notes == ()


def test_a_new_course_tells_of_the_one_that_gets_ground_only() -> None:
    line = LineString([(X + 0.002, Y - 0.001), (X + 0.0024, Y + 0.0005), (X + 0.002, Y + 0.002)])
    outcome = made(two_areas(), Course(("G2", "G3"), line, allow_led=True))
    assert outcome.came_from == {"G2": ("G2", "G3"), "G3": ("G3",)}
    assert [note.codes for note in outcome.notes if note.what == "across_areas"] == [("G2", "G3")]


# Corners ------------------------------------------------------------------------------------------


def slanted() -> Plan:
    """Two grids of a kilometre and more that share a slanted edge with no lattice point on it."""
    a, b = (105.0, 35.7), (105.0100001, 35.7130007)
    west = Polygon([a, b, (104.99, 35.7130007), (104.99, 35.7)])
    east = Polygon([a, (105.02, 35.7), (105.02, 35.7130007), b])
    return makers.plan_of([west, east], ["W", "E"])


@pytest.mark.parametrize("y", [35.7021, 35.7052, 35.7083, 35.7117])
def test_a_neighbour_that_only_got_a_corner_has_the_same_ground(y: float) -> None:
    plan = slanted()
    outcome = made(plan, Split("E", LineString([(104.99, y), (105.03, y)]), allow_led=True))
    old, new = plan["W"].polygon, outcome.plan["W"].polygon
    assert "W" in outcome.changed
    assert len(new.exterior.coords) == len(old.exterior.coords) + 1
    assert same_ground(old, new)
    assert same_ground(new, old)
    assert not same_ground(plan["E"].polygon, outcome.plan["E"].polygon)


def test_a_corner_moved_by_more_than_a_hand_is_other_ground() -> None:
    plan = slanted()
    once = made(plan, Split("E", LineString([(104.99, 35.705), (105.03, 35.705)]))).plan
    old = once["W"].polygon
    corner = (set(old.exterior.coords) - set(plan["W"].polygon.exterior.coords)).pop()
    assert same_ground(plan["W"].polygon, old)
    for metres, same in ((0.01, True), (0.5, False)):
        to = (round(corner[0] + metres / 9e4, 7), corner[1])
        moved = made(once, Reshape(((corner, to),))).plan["W"].polygon
        assert same_ground(plan["W"].polygon, moved) is same


def test_the_same_ground_asks_for_the_same_rings() -> None:
    whole = box(105, 35, 105.01, 35.01)
    holed = whole - box(105.004, 35.004, 105.006, 35.006)
    assert not same_ground(whole, holed)
    assert not same_ground(whole, box(105, 35, 105.01, 35.02))
    assert same_ground(holed, shapely.segmentize(holed, 0.001))
    assert same_ground(holed, shapely.normalize(holed))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_the_quick_answer_to_the_same_ground_is_that_of_the_long_look(data: Any) -> None:
    ring = [(0, 0), (9_000, 1_000), (12_000, 9_000), (4_000, 13_000), (-3_000, 6_000)]
    more: list[tuple[float, float]] = []
    for (ax, ay), (bx, by) in pairwise([*ring, ring[0]]):
        more.append((ax, ay))
        for t in sorted(data.draw(st.lists(st.floats(0.1, 0.9), max_size=2))):
            beside = data.draw(st.sampled_from([0, 2, 4, 7]))
            more.append((round(ax + t * (bx - ax) + beside), round(ay + t * (by - ay))))
    left = data.draw(st.sampled_from([more, more[1:], more[::-1]]))
    one, other = (
        shapely.transform(Polygon(points), lambda p: p / 1e7 + (105, 35.7))
        for points in (ring, left)
    )
    said = same_ground(one, other), same_ground(other, one)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corners, "_with_more", lambda *_: False)
        corners._same_but_for_corners.cache_clear()
        assert said == (same_ground(one, other), same_ground(other, one))


# Ends and narrow parts ----------------------------------------------------------------------------


def test_an_end_is_led_no_further_than_is_said_unless_that_is_allowed() -> None:
    a, b = (105.0, 35.7), (105.0020003, 35.7000007)  # no lattice point between
    plan = makers.plan_of([Polygon([a, b, (b[0], 35.702), (105.0, 35.702)])], ["G1"])
    line = LineString([(105.001, 35.69), (105.001, 35.71)])
    fault = refused(plan, Split("G1", line))
    assert (fault.what, fault.codes, fault.unit) == ("led_far", ("G1",), "m")
    assert fault.size > LED_MOST_M
    assert fault.place in (a, b)
    (note,) = made(plan, Split("G1", line, allow_led=True)).notes
    assert (note.what, note.size, note.place) == ("moved_end", fault.size, fault.place)
    near = LineString([(b[0] + 0.00045, 35.699), (b[0] - 0.00155, 35.703)])
    assert made(plan, Split("G1", near)).notes[0].size < LED_MOST_M


def strip(width: float, length: float) -> Polygon:
    """An area at the lower border of G1: a block, and a strip of some metres that leaves it."""
    north, east = 1 / 111_000, 1 / 90_500
    return Polygon(
        [
            (X, Y),
            (X + 0.0005 + length * east, Y),
            (X + 0.0005 + length * east, Y + width * north),
            (X + 0.0005, Y + width * north),
            (X + 0.0005, Y + 0.0005),
            (X, Y + 0.0005),
        ]
    )


@pytest.mark.parametrize(
    ("width", "length", "what"), [(0.6, 40, "tongue"), (0.6, 12, None), (3.0, 40, None)]
)
def test_a_long_tongue_narrower_than_a_metre_is_refused(
    width: float, length: float, what: str | None
) -> None:
    ground = box(X - 0.001, Y - 0.001, X, Y + 0.001)
    plan = makers.plan_of([ground, box(X, Y - 0.001, X + 0.001, Y + 0.001)], ["W", "E"])
    outcome = apply(plan, Transfer(strip(width, length), "W"), NOBODY)
    if what is None:
        assert outcome.faults == ()
        checker.judge([plan[c].polygon for c in "EW"], [outcome.plan[c].polygon for c in "EW"])
        return
    (fault,) = outcome.faults
    assert (fault.what, fault.codes) == (what, ("W",))
    assert abs(fault.place[0] - (X + 0.0005 + length / 90_500)) < 1e-5, "its tip"


def test_a_tongue_that_was_there_may_stay_and_be_cut_off() -> None:
    ground = box(X - 0.001, Y - 0.001, X, Y + 0.001)
    tongue = strip(0.6, 40)
    rest = box(X, Y - 0.001, X + 0.001, Y + 0.001) - tongue
    cells = makers.matched([ground.union(tongue), rest])
    plan = makers.plan_of(cells, ["W", "E"] if cells[0].contains(ground.centroid) else ["E", "W"])
    corner = (X - 0.001, Y - 0.001)
    assert made(plan, Reshape(insert=((corner, (X - 0.001, Y + 0.001), (X - 0.001, Y)),)))
    assert made(plan, Split("W", LineString([(X - 0.0005, Y - 1), (X - 0.0005, Y + 1)])))


def test_a_neck_between_two_bodies_is_a_tongue_too() -> None:
    north = 1 / 111_000
    whole = makers.plan_of([box(X, Y, X + 0.003, Y + 0.001)], ["G1"])
    dip = [(X + 0.001, Y + 0.001), (X + 0.0011, Y + 0.5 * north), (X + 0.0019, Y + 0.5 * north)]
    line = LineString([*dip, (X + 0.002, Y + 0.001)])
    assert refused(whole, Split("G1", line)).what == "tongue"
