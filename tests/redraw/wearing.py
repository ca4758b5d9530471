"""Thousands of random edits, one after the other, each judged by code that shares nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import redraw_checker as checker
import redraw_makers as makers
import shapely

from gisgrid.errors import BadEdit
from gisgrid.redraw import Outcome, Plan, apply, check_plan, edit_from_json, footprint

if TYPE_CHECKING:
    from gisgrid.redraw import Homes

KINDS = {
    *("split", "merge", "course", "transfer", "assign", "reshape", "change", "renumber"),
    *("grow", "trim"),
}
SOME = 150
"""Households that are looked at after an edit; after a lasso all are."""
HOSTILE = 0.2
"""Share of edits that nobody means."""


def wear(
    plan: Plan, homes: Homes, rng: np.random.Generator, count: int, whole_every: int = 1_000
) -> Counter[str]:
    """Do `count` edits: each judged near by, the whole plan now and then. Returns what happened."""
    first, kept = plan, [(plan[code].polygon, plan[code].polygon.wkb) for code in plan.codes()]
    made: Counter[str] = Counter()
    codes = plan.codes()
    for step in range(count):
        if not 0.6 * len(kept) < len(plan) < 1.6 * len(kept) + 10:
            plan = first  # start again: not always the same crowd of small grids
            codes = plan.codes()
        make = makers.hostile_edit if rng.random() < HOSTILE else makers.random_edit
        edit = make(rng, plan, codes)
        try:
            said = edit_from_json(edit)
        except BadEdit as err:  # a footprint that grew to the edge of the map, and beyond it
            if err.facts["why"] != "outside_world":
                raise
            made["refused: outside_world"] += 1
            continue
        outcome = apply(plan, said, homes)
        if outcome.faults:
            assert outcome.plan is plan
            assert not outcome.changed
            assert not outcome.removed
            made[f"refused: {outcome.faults[0].what}"] += 1
            continue
        try:
            judge(plan, edit, outcome, homes)
        except AssertionError as err:
            raise AssertionError(f"step {step}: {edit}") from err
        made[edit["op"]] += 1
        plan = outcome.plan
        codes = plan.codes()
        if step % whole_every == whole_every - 1:
            judge_whole(first, plan, made)
    judge_whole(first, plan, made)
    # Undo is the plan before: the same to the last bit after all that came later.
    assert [first[code].polygon.wkb for code in first.codes()] == [wkb for _, wkb in kept]
    assert all(first[c].polygon is shape for c, (shape, _) in zip(first.codes(), kept, strict=True))
    return made


def judge(plan: Plan, edit: dict[str, Any], outcome: Outcome, homes: Homes) -> None:
    """Fail where an edit left more behind than it should."""
    touched = {*outcome.changed, *outcome.removed}
    touched |= {code for codes in outcome.came_from.values() for code in codes}
    before = {code: plan[code].polygon for code in touched if code in plan}
    after = {code: outcome.plan[code].polygon for code in touched if code in outcome.plan}
    for code in before.keys() & after.keys() - outcome.changed.keys():
        assert outcome.plan[code] is plan[code]
    if edit["op"] in ("grow", "trim"):
        around = outcome.plan.near(shapely.total_bounds(list(after.values())).tolist())
        checker.judge_alone([outcome.plan[code].polygon for code in around])
        judge_ground(edit, before, after)
        judge_held(plan, edit, outcome.plan)
    else:
        checker.judge(list(before.values()), list(after.values()))
    if edit["op"] == "assign":  # one on a corner may belong to a grid that was not touched
        w, s, e, n = shapely.total_bounds(list(before.values())).tolist()
        near = {code: plan[code].polygon for code in plan.near((w, s, e, n))}
        before, after = near | before, near | after
        homes = Nearby(homes, (w, s, e, n))
    judge_homes(edit, before, after, homes)


class Nearby:
    """Households of a box, whatever box is asked for."""

    def __init__(self, homes: Homes, bounds: tuple[float, float, float, float]) -> None:
        self.lon, self.lat, self._rows = homes.lon, homes.lat, homes.within(bounds)

    def within(self, bounds: Any) -> Any:
        return self._rows


def judge_ground(edit: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    """The footprint moves as it was meant to, that way only; other grids keep their ground."""
    ground = [shapely.union_all(list(shapes.values())) for shapes in (before, after)]
    least, most = ground if edit["op"] == "grow" else ground[::-1]
    assert least.difference(most).area < 1e-14, "the footprint moved the other way too"
    was = {code: checker.area(shape) for code, shape in before.items()}
    now = {code: checker.area(shape) for code, shape in after.items()}
    if edit["op"] == "grow":
        assert now.pop(edit["to"]) > was.pop(edit["to"]), "nothing was added"
        assert now.keys() == was.keys()
        for code, size in was.items():
            # Where the new ground comes to a corner, inner edges may bend by half a unit.
            assert abs(now[code] - size) <= before[code].length * 1e7, "another grid changed"
    else:
        assert sum(now.values()) < sum(was.values()), "nothing was given up"
        assert now.keys() <= was.keys()


def judge_held(plan: Plan, edit: dict[str, Any], made: Plan) -> None:
    """No gap in what was grown or trimmed, nor among the grids around it."""
    area = shapely.Polygon(np.round(np.array(edit["area"]["coordinates"][0]), 7))
    box = area.buffer(checker.AROUND).bounds
    near = [[side[code].polygon for code in side.near(box)] for side in (plan, made)]
    checker.judge_held(*near, area, grown=edit["op"] == "grow")


def judge_homes(
    edit: dict[str, Any], before: dict[str, Any], after: dict[str, Any], homes: Homes
) -> None:
    """Each household near by lies in one grid, and a lasso moves those inside and no others."""
    boxes = np.array([shape.bounds for shape in before.values()])
    w, s, e, n = *boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()
    rows = homes.within((w, s, e, n))
    if len(rows) > SOME and edit["op"] != "assign":
        rows = rows[:: len(rows) // SOME]
    if len(rows) == 0:
        return
    lon, lat = homes.lon[rows], homes.lat[rows]
    was, now = (checker.holders(lon, lat, shapes) for shapes in (before, after))
    lasso = checker.holders(lon, lat, {"in": _lasso(edit)}) if edit["op"] == "assign" else None
    for i, ((old, _), (new, inside)) in enumerate(zip(was, now, strict=True)):
        assert inside <= 1, "a household in two grids"
        if edit["op"] not in ("grow", "trim"):
            assert bool(old) == bool(new), "a household fell out, or in"
        if lasso is not None and old:
            held, within = lasso[i]
            assert new == (edit["to"] if within else new), "a household inside did not change"
            assert held or new == old, "a household outside changed grids"


def _lasso(edit: dict[str, Any]) -> Any:
    ring = np.round(np.array(edit["lasso"]["coordinates"][0]), 7)
    return shapely.Polygon(ring)


def judge_whole(first: Plan, plan: Plan, made: Counter[str]) -> None:
    """The whole plan, by the judge and by gisgrid's own check."""
    grids = [plan[code] for code in plan.codes()]
    start = [first[code] for code in first.codes()]
    if made["grow"] or made["trim"]:
        checker.judge_alone([grid.polygon for grid in grids])
        assert check_plan(grids, footprint(grids)) == ()
        return
    checker.judge([grid.polygon for grid in start], [grid.polygon for grid in grids])
    assert check_plan(grids, footprint(start)) == ()
