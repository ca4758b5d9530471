"""The judges of random edits see what they are there for: outcomes spoilt on purpose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import redraw_checker as checker
import redraw_makers as makers
import redraw_wearing as wearing
import redraw_whole as whole
import shapely

from gisgrid.redraw import Outcome, Plan, Points, apply, edit_from_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.redraw import Edit, Homes


@pytest.fixture
def plan() -> Plan:
    return makers.voronoi(np.random.default_rng(1), 40, 0.06)


@pytest.fixture
def homes(plan: Plan) -> Points:
    return makers.homes_in(plan, np.random.default_rng(2))


def other(outcome: Outcome) -> str:
    """A grid that an edit did not touch."""
    named = {*outcome.changed, *outcome.removed}
    return next(code for code in outcome.plan.codes() if code not in named)


def copied(before: Plan, outcome: Outcome) -> Plan:
    code = other(outcome)
    return outcome.plan.replaced({code: replace(outcome.plan[code])}, [])


def lost(before: Plan, outcome: Outcome) -> Plan:
    return outcome.plan.replaced({}, [other(outcome)])


def added(before: Plan, outcome: Outcome) -> Plan:
    grid = replace(outcome.plan[other(outcome)], code="new")
    return outcome.plan.replaced({"new": grid}, [])


def undone(before: Plan, outcome: Outcome) -> Plan:
    """The outcome says what changed, but the plan is the old one."""
    return before


def wearing_out(before: Plan, outcome: Outcome) -> Plan:
    """The plan that was given is changed in place."""
    code = other(outcome)
    before._fresh[code] = replace(before[code])
    return outcome.plan


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (copied, "a grid is another"),
        (lost, "a grid came or went"),
        (added, "a grid came or went"),
        (undone, "a grid"),
        (wearing_out, "the plan before is another"),
    ],
)
def test_a_grid_that_an_edit_does_not_name_is_looked_at(
    plan: Plan, homes: Points, spoil: Callable[[Plan, Outcome], Plan], says: str
) -> None:
    edit = edit_from_json({"op": "merge", "codes": two_beside(plan)})
    outcome, was = apply(plan, edit, homes), whole.listed(plan)
    assert outcome.faults == ()
    wearing.judge_others(plan, was, outcome)
    with pytest.raises(AssertionError, match=says):
        wearing.judge_others(plan, was, replace(outcome, plan=spoil(plan, outcome)))


def two_beside(plan: Plan) -> list[str]:
    one = plan.codes()[0]
    edge = plan[one].polygon
    codes = plan.codes()[1:]
    return [one, max(codes, key=lambda c: edge.intersection(plan[c].polygon).length)]


def strip(units: int) -> Any:
    """Ground along the western side of the plan, and all that lies beyond."""
    return shapely.box(104.9, 35.6, round(105.0 + units * 1e-7, 7), 35.9)


def cut_back(plan: Plan, units: int) -> Plan:
    """A plan without the strip."""
    shapes = [plan[code].polygon.difference(strip(units)) for code in plan.codes()]
    return makers.plan_of(shapes, plan.codes())


def spoilt(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Plan], Plan], after: int) -> None:
    """An engine that spoils the plan once, and a judge of edits that is blind to it."""
    done = 0

    def apply_and_spoil(plan: Plan, edit: Edit, homes: Homes) -> Outcome:
        nonlocal done
        outcome = apply(plan, edit, homes)
        done += not outcome.faults
        if outcome.faults or done != after:
            return outcome
        return replace(outcome, plan=spoil(outcome.plan))

    monkeypatch.setattr(wearing, "apply", apply_and_spoil)
    monkeypatch.setattr(wearing, "judge", lambda *_args: None)
    monkeypatch.setattr(wearing, "judge_others", lambda _p, _w, made: whole.listed(made.plan))


@pytest.mark.parametrize(("still", "units"), [(True, 1), (False, 30)])
def test_a_footprint_that_nobody_moved_is_seen_many_edits_later(
    plan: Plan, homes: Points, monkeypatch: pytest.MonkeyPatch, *, still: bool, units: int
) -> None:
    rng = np.random.default_rng(5)
    wearing.wear(plan, homes, rng, 60, still=still)
    spoilt(monkeypatch, lambda made: cut_back(made, units), 5)
    says = "the area changed" if still else "not where they should be"
    with pytest.raises(AssertionError, match=says):
        wearing.wear(plan, homes, rng, 60, still=still)


def test_begun_again_the_footprint_is_that_of_the_first_plan(plan: Plan, homes: Points) -> None:
    start = whole.Start(plan, homes)
    ring = shapely.get_coordinates(strip(30)).tolist()
    trim = {"op": "trim", "area": {"coordinates": [ring]}}
    less = whole.listed(cut_back(plan, 30))
    start.follow(trim, ())
    start.judge(less)
    with pytest.raises(AssertionError, match="not where they should be"):
        start.judge(start.grids)
    start.again()
    start.judge(start.grids)
    with pytest.raises(AssertionError, match="the area changed"):
        start.judge(less)


@pytest.mark.parametrize("moved", [False, True])
def test_every_household_of_a_whole_plan_is_looked_at(
    plan: Plan, homes: Points, *, moved: bool
) -> None:
    """The shapes are not looked at here: one household is where it should not be."""
    start = whole.Start(plan, homes)
    start.moved = moved
    code = plan.codes()[7]
    x, y = plan[code].polygon.representative_point().coords[0]
    start.homes = Points(np.append(homes.lon, x), np.append(homes.lat, y))
    start._held = np.append(start._held, code)
    nothing, hole = shapely.Polygon(), shapely.Point(x, y).buffer(1e-5)

    def with_shape(change: Callable[[Any], Any], code: str = code) -> whole.Grids:
        return start.grids | {code: replace(plan[code], polygon=change(plan[code].polygon))}

    start._judge_homes(start.grids, nothing)
    with pytest.raises(AssertionError, match="fell out"):
        start._judge_homes(with_shape(lambda shape: shape - hole), nothing)
    far = plan.codes()[20]
    with pytest.raises(AssertionError, match="in two grids"):
        start._judge_homes(with_shape(lambda shape: shape | hole, far), nothing)
    start.homes = Points(np.append(homes.lon, 105.09), np.append(homes.lat, 35.9))
    start._held[-1] = ""
    start._judge_homes(start.grids, nothing)
    beyond = shapely.Point(105.09, 35.9).buffer(1e-5)
    with pytest.raises(AssertionError, match="fell"):
        start._judge_homes(with_shape(lambda shape: shape | beyond), nothing)


def test_every_household_near_an_edit_is_looked_at(plan: Plan) -> None:
    """Of thousands one: none is left out for speed."""
    codes = two_beside(plan)
    rng = np.random.default_rng(3)
    boxes = np.array([plan[code].polygon.bounds for code in codes])
    west, south, east, north = *boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)
    lon, lat = rng.uniform((west, south), (east, north), (4_000, 2)).T
    homes, rows = Points(lon, lat), np.arange(4_000)
    shapes = {code: plan[code].polygon for code in codes}
    row = int(np.flatnonzero(checker.held(lon, lat, shapes)[0] == codes[0])[1_234 % 200])
    hole = shapely.Point(lon[row], lat[row]).buffer(1e-7)
    less = shapes | {codes[0]: shapes[codes[0]] - hole}
    more = less | {codes[1]: shapes[codes[1]] | hole}
    both = shapes | {codes[1]: shapes[codes[1]] | hole}
    wearing.judge_homes({"op": "merge"}, shapes, shapes, homes, rows)
    for after, says in ((less, "fell out"), (both, "in two grids")):
        with pytest.raises(AssertionError, match=says):
            wearing.judge_homes({"op": "merge"}, shapes, after, homes, rows)
    away = shapely.get_coordinates(shapely.box(0, 0, 1, 1)).tolist()
    here = shapely.get_coordinates(hole).round(7).tolist()
    for ring, after, says in ((away, more, "outside"), (here, shapes, "inside")):
        lasso = {"op": "assign", "to": codes[1], "lasso": {"coordinates": [ring]}}
        homes = Points(np.round(lon, 7), np.round(lat, 7))
        with pytest.raises(AssertionError, match=f"a household {says}"):
            wearing.judge_homes(lasso, shapes, after, homes, rows)


def test_a_first_plan_that_became_another_is_seen(plan: Plan, homes: Points) -> None:
    start = whole.Start(plan, homes)
    start.judge_undone()
    code = plan.codes()[3]
    start.plan = plan.replaced({code: replace(plan[code])}, [])
    with pytest.raises(AssertionError):
        start.judge_undone()
