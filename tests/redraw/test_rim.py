"""Ground grown and trimmed where the outer border is coarse: its corners lie far apart, and hardly
a point of the lattice lies on its edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import redraw_checker as checker
import redraw_makers as makers
import shapely
from shapely import LineString, Polygon

from gisgrid.redraw import Grow, Outcome, Plan, Split, Trim, apply, check_plan, footprint

HAIR = 1e-7
"""A unit of the lattice, in degrees: the border bends by less."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    """60 grids in a slanted square of some 8 km: four edges are all of its outer border."""
    rng = np.random.default_rng(3)
    ground = Polygon([(105.0, 35.7013), (105.0717, 35.67), (105.1031, 35.7419), (105.0309, 35.773)])
    points = shapely.multipoints(rng.uniform((105.0, 35.67), (105.11, 35.78), (80, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=ground))
    inside = [cell.intersection(ground) for cell in cells]
    return makers.plan_of(makers.matched([cell for cell in inside if cell.area > 0]))


def shapes(plan: Plan) -> dict[str, Any]:
    return {code: plan[code].polygon for code in plan.codes()}


def ground(plan: Plan) -> Any:
    return footprint([plan[code] for code in plan.codes()])


def drawn(plan: Plan, count: int) -> list[tuple[Polygon, str]]:
    """Areas over the outer border of 100 to 300 metres, as a hand draws them, and a grid there."""
    rng = np.random.default_rng(11)
    rim = ground(plan).exterior
    found = []
    for _ in range(count):
        middle = np.array(rim.interpolate(rng.uniform(), normalized=True).coords[0])
        angle = np.linspace(0, 2 * np.pi, 7, endpoint=False) + rng.uniform(-0.3, 0.3, 7)
        ring = np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(0.001, 0.003)
        area = Polygon(middle + ring)
        near = plan.near(area.bounds)
        held = [plan[code].polygon.intersection(area.buffer(HAIR)).area for code in near]
        found.append((area, near[int(np.argmax(held))]))
    return found


def moved_only(before: Plan, outcome: Outcome, area: Polygon, *, gained: bool) -> None:
    """Fail unless the footprint moved by the area alone, and by hairs along edges that it met."""
    assert outcome.faults == ()
    assert outcome.notes == () or {n.what for n in outcome.notes} == {"households_out"}
    was, now = ground(before), ground(outcome.plan)
    less, more = (was, now) if gained else (now, was)
    assert less.difference(more).area < 1e-15, "the footprint moved the other way"
    rest = more.difference(less).difference(area.buffer(30 * HAIR))
    assert rest.difference(less.buffer(HAIR)).area < 1e-15, "more moved than was drawn"
    checker.judge_alone(list(shapes(outcome.plan).values()))
    assert check_plan([outcome.plan[c] for c in outcome.plan.codes()], now) == ()
    changed = sum(checker.area(g.polygon) for g in outcome.changed.values())
    held = sum(checker.area(before[c].polygon) for c in outcome.changed)
    whole = sum(map(checker.area, shapes(outcome.plan).values()))
    assert whole - sum(map(checker.area, shapes(before).values())) == changed - held


def test_ground_is_given_up_where_it_was_drawn(plan: Plan) -> None:
    homes = makers.homes_in(plan, np.random.default_rng(5), each=60)
    was = checker.holders(homes.lon, homes.lat, shapes(plan))
    for area, _code in drawn(plan, 12):
        outcome = apply(plan, Trim(area), homes)
        moved_only(plan, outcome, area, gained=False)
        now = checker.holders(homes.lon, homes.lat, shapes(outcome.plan))
        pairs = enumerate(zip(was, now, strict=True))
        fallen = {row for row, ((old, _), (new, _)) in pairs if old and not new}
        assert fallen == {row for note in outcome.notes for row in note.households}


def test_ground_is_added_where_it_was_drawn(plan: Plan) -> None:
    homes = makers.homes_in(plan, np.random.default_rng(5))
    for area, code in drawn(plan, 12):
        moved_only(plan, apply(plan, Grow(area, code), homes), area, gained=True)


def test_ground_goes_and_comes_again_at_the_same_edge(plan: Plan) -> None:
    homes = makers.homes_in(plan, np.random.default_rng(5))
    for area, _code in drawn(plan, 6):
        trimmed = apply(plan, Trim(area), homes)
        code = next(iter(trimmed.changed))
        grown = apply(trimmed.plan, Grow(area, code), homes)
        moved_only(trimmed.plan, grown, area, gained=True)
        again = apply(grown.plan, Trim(area), homes)
        moved_only(grown.plan, again, area, gained=False)


def test_a_split_still_keeps_the_footprint_to_the_last_coordinate(plan: Plan) -> None:
    homes = makers.homes_in(plan, np.random.default_rng(5))
    made = 0
    for area, code in drawn(plan, 12):
        west, south, east, north = plan[code].polygon.bounds
        x = area.centroid.x
        line = LineString([(x, south - 0.01), (x, north + 0.01)])
        if not west < x < east:
            continue
        outcome = apply(plan, Split(code, line, allow_led=True), homes)
        made += not outcome.faults
        checker.judge(list(shapes(plan).values()), list(shapes(outcome.plan).values()))
    assert made


def test_the_judge_of_a_changed_footprint_sees_a_gap() -> None:
    one, two = (shapely.box(n / 100, 0, (n + 1) / 100, 0.01) for n in range(2))
    area = shapely.box(0.02, 0.004, 0.03, 0.006)
    more, hole = two.union(area), shapely.box(0.018, 0.0045, 0.019, 0.005)
    checker.judge_held([one, two], [one, more], area, grown=True)
    checker.judge_held([one, more], [one, two], area, grown=False)
    beyond = more.difference(shapely.box(0.025, 0.0045, 0.026, 0.005))
    for left, grown, says in (
        (two, True, "not taken"),
        (beyond, True, "not taken"),
        (more.difference(hole), True, "a gap was opened"),
        (more, False, "not given up"),
        (two.difference(hole), False, "a gap was opened"),
    ):
        checker.judge_alone([one, left])
        with pytest.raises(AssertionError, match=says):
            checker.judge_held([one, two if grown else more], [one, left], area, grown=grown)


def test_the_judge_takes_no_island_in_a_hollow_for_a_gap() -> None:
    """A grid that stands by itself in bare ground is held before and after."""
    frame = shapely.box(0.0, 0.0, 0.01, 0.01) - shapely.box(0.001, 0.001, 0.009, 0.009)
    island, area = shapely.box(0.004, 0.004, 0.006, 0.006), shapely.box(0.001, 0.001, 0.002, 0.002)
    more = frame.union(area)
    checker.judge_held([frame, island], [more, island], area, grown=True)
    checker.judge_held([more, island], [frame, island], area, grown=False)
    with pytest.raises(AssertionError, match="a gap was opened"):
        checker.judge_held([frame, island], [more], area, grown=True)
