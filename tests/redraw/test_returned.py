"""Grids as another program left them: what is valid comes in as it is, the rest can be mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from gisgrid.redraw import Plan, apply, edit_from_json
from gisgrid.redraw.mending import mend
from gisgrid.redraw.returned import Row, faults, sketch
from gisgrid.redraw.threeway import groups, take

from . import makers
from .checker import judge

if TYPE_CHECKING:
    from gisgrid.redraw import Points
    from gisgrid.redraw.returned import Sketch


def rows_of(plan: Plan, base: Plan) -> list[Row]:
    """A plan as a file holds it: grids of the base know what they were."""
    return [
        Row(code if code in base else None, code, {}, plan[code].polygon) for code in plan.codes()
    ]


def edited(plan: Plan, rng: np.random.Generator, homes: Points, count: int) -> Plan:
    """A plan after some edits of the ground that hold."""
    codes, done = plan.codes(), 0
    for _ in range(200):
        wish = makers.random_edit(rng, plan, codes)
        if wish["op"] in ("grow", "trim", "change", "renumber"):
            continue
        outcome = apply(plan, edit_from_json(wish), homes)
        if not outcome.faults:
            plan, done = outcome.plan, done + 1
            codes = plan.codes()
        if done == count:
            break
    return plan


def shapes(plan: Plan) -> list[Any]:
    return [plan[code].polygon for code in plan.codes()]


def marks(plan: Plan) -> list[bytes]:
    return sorted(shapely.to_wkb(shapely.normalize(np.array(shapes(plan)))).tolist())


def alike(one: Any, other: Any) -> bool:
    """The same ground but for a neighbour's corner beside an edge, a centimetre at most."""
    return bool(one.symmetric_difference(other).area < 1e-9)


def all_taken(base: Plan, now: Plan, made: Sketch, mine: list[str], *, over: bool) -> Plan:
    """The plan with every group taken over that may be."""
    plan = now
    for group in groups(base, now, made, mine):
        if group.state == "done" or (group.state == "clash" and not over):
            continue
        outcome = take(base, plan, made, group)
        assert not outcome.faults, (group, outcome.faults)
        plan = outcome.plan
        judge(shapes(base), shapes(plan))
    return plan


def broken(plan: Plan, rng: np.random.Generator) -> list[Row]:
    """Rows as careless hands leave them: corners moved in one grid alone, rows lost or doubled."""
    rows = rows_of(plan, plan)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(rows)))
        row = rows[at]
        kind = int(rng.integers(5))
        w, s, e, n = row.polygon.bounds
        size = np.array([e - w, n - s])
        if kind == 0 and len(rows) > 3:
            rows.pop(at)
            continue
        points = shapely.get_coordinates(row.polygon)
        if kind == 1:  # a new grid over others
            middle = points.mean(axis=0) + rng.normal(0, 0.3, 2) * size
            rows.append(Row(None, f"N{rng.integers(10**6)}", {}, blob(middle, 0.4 * size)))
            continue
        far = (0.02, 0.2, 0.6)[kind - 2]
        step = {int(i): rng.normal(0, far, 2) * size for i in rng.integers(len(points) - 1, size=2)}
        ring = [p + step.get(i % (len(points) - 1), 0) for i, p in enumerate(points)]
        rows[at] = Row(row.origin, row.code, {}, shapely.Polygon(ring))
    return rows


def blob(middle: Any, size: Any) -> Any:
    angle = np.linspace(0, 2 * np.pi, 7)[:-1]
    return shapely.Polygon(middle + np.column_stack([np.cos(angle), np.sin(angle)]) * size)


MORE = [pytest.param(seed, marks=pytest.mark.long) for seed in range(100, 140)]


@pytest.fixture(scope="module", params=[7, *MORE])
def county(request: pytest.FixtureRequest) -> tuple[Plan, Points, np.random.Generator]:
    rng = np.random.default_rng(request.param)
    plan = makers.voronoi(rng, 60)
    return plan, makers.homes_in(plan, rng), rng


County = tuple[Plan, "Points", np.random.Generator]


def test_what_comes_back_as_it_went_changes_nothing(county: County) -> None:
    plan, homes, rng = county
    rows = rows_of(plan, plan)
    turned = [Row(r.origin, r.code, {}, shapely.reverse(r.polygon)) for r in rng.permutation(rows)]
    made = sketch(plan, plan.codes(), turned, homes)
    assert faults(plan, plan.codes(), made) == ()
    assert groups(plan, plan, made, plan.codes()) == []
    assert all(made.grids[code].polygon is plan[code].polygon for code in plan.codes())


def test_a_valid_drawing_comes_in_to_the_last_corner(county: County) -> None:
    plan, homes, rng = county
    for _ in range(12):
        theirs = edited(plan, rng, homes, int(rng.integers(1, 6)))
        made = sketch(plan, plan.codes(), rows_of(theirs, plan), homes)
        assert faults(plan, plan.codes(), made) == ()
        after = all_taken(plan, plan, made, plan.codes(), over=False)
        assert marks(after) == marks(theirs)
        again = groups(plan, after, made, plan.codes())
        assert {group.state for group in again} <= {"done"}, "the same file again is news"


def test_a_drawing_and_what_happened_meanwhile_go_together(county: County) -> None:
    plan, homes, rng = county
    states = set()
    for _ in range(20):
        theirs = edited(plan, rng, homes, int(rng.integers(1, 4)))
        now = edited(plan, rng, homes, int(rng.integers(1, 8)))
        made = sketch(plan, plan.codes(), rows_of(theirs, plan), homes)
        found = groups(plan, now, made, plan.codes())
        states |= {group.state for group in found}
        kept = all_taken(plan, now, made, plan.codes(), over=False)
        clashing = {c for g in found if g.state == "clash" for c in g.since}
        assert all(alike(kept[c].polygon, now[c].polygon) for c in clashing), "mine was not kept"
        over = all_taken(plan, now, made, plan.codes(), over=True)
        for group in found:
            if group.state == "clash":
                stay = [c for c in group.before if c in made.grids]
                assert all(alike(over[c].polygon, made.grids[c].polygon) for c in stay)
    assert {"new", "clash"} <= states


def test_what_a_careless_hand_broke_is_mended_on_the_same_ground(county: County) -> None:
    plan, homes, rng = county
    seen: set[str] = set()
    mended = 0
    for _ in range(30):
        rows = broken(plan, rng)
        made = sketch(plan, plan.codes(), rows, homes)
        wrong = faults(plan, plan.codes(), made)
        seen |= {fault.what for fault in wrong}
        assert all(fault.size is None or fault.size >= 0 for fault in wrong)
        whole = mend(plan, plan.codes(), made, gap_m=1e9)
        left = faults(plan, plan.codes(), whole)
        if {fault.what for fault in left} == {"tongue"}:
            continue  # is told, for somebody to draw it better
        assert left == (), (wrong, left)
        mended += 1
        all_taken(plan, plan, whole, plan.codes(), over=False)
    assert {"overlap", "gap", "footprint"} <= seen
    assert mended > 20


def test_a_part_of_a_plan_is_mended_without_a_hair_of_its_outer_border(county: County) -> None:
    plan, homes, rng = county
    mine = plan.codes()[:20]
    count = 0
    for _ in range(20):
        rows = [row for row in rows_of(plan, plan) if row.origin in mine]
        at = int(rng.integers(len(rows)))
        west, south, east, north = rows[at].polygon.bounds
        far = rng.normal(0, 0.1, 2) * (east - west, north - south)
        whole = shapely.transform(rows[at].polygon, lambda points, far=far: points + far)
        rows[at] = Row(rows[at].origin, rows[at].code, {}, whole)
        made = sketch(plan, mine, rows, homes)
        mended = mend(plan, mine, made, gap_m=1e9)
        left = faults(plan, mine, mended)
        assert {fault.what for fault in left} <= {"tongue"}, left
        if not left:
            all_taken(plan, plan, mended, mine, over=False)
            count += 1
    assert count > 12
