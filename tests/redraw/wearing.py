"""Thousands of random edits, one after the other, each judged by code that shares nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import redraw_checker as checker
import redraw_makers as makers
import redraw_whole as whole
import shapely

from gisgrid.errors import BadEdit
from gisgrid.redraw import Outcome, Plan, apply, edit_from_json

if TYPE_CHECKING:
    from redraw_whole import Grids

    from gisgrid.redraw import Homes

KINDS = {
    *("split", "merge", "course", "transfer", "assign", "reshape", "change", "renumber"),
    *whole.MOVING,
}
HOSTILE = 0.2
"""Share of edits that nobody means."""
FEWEST, MOST = 0.6, 1.6
"""Shares of the grids of the first plan: not always the same crowd of small grids."""


def wear(
    plan: Plan,
    homes: Homes,
    rng: np.random.Generator,
    count: int,
    whole_every: int = 1_000,
    *,
    still: bool = False,
) -> Counter[str]:
    """Do `count` edits: each judged near by, the whole plan now and then. Returns what happened.

    still: no edit that moves the footprint, and never begun again, so that the plan has the
    footprint of the first to the last coordinate after all of them.
    """
    start = whole.Start(plan, homes)
    made: Counter[str] = Counter()
    grids, kept = start.grids, []
    for step in range(count):
        barred = crowding(grids, start.grids)
        if barred and not still:
            start.judge(grids)
            plan, grids, barred = start.plan, start.grids, set()
            start.again()
        edit = drawn(rng, plan, list(grids), barred | (whole.MOVING if still else set()))
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
            now = judge_others(plan, grids, outcome)
            judge(grids, now, edit, outcome, homes)
        except AssertionError as err:
            raise AssertionError(f"step {step}: {edit}") from err
        made[edit["op"]] += 1
        start.follow(edit, outcome.notes)
        plan, grids = outcome.plan, now
        if step % whole_every == whole_every - 1:
            start.judge(grids)
            kept.append((plan, grids))
    start.judge(grids)
    # Undo is the plan before: the same to the last bit after all that came later.
    start.judge_undone()
    assert all(whole.same(grids, whole.listed(plan)) for plan, grids in kept)
    return made


def crowding(grids: Grids, first: Grids) -> set[str]:
    """The kind of edits that there should be no more of now, for the number of grids."""
    if len(grids) <= FEWEST * len(first):
        return {"merge"}
    return {"split"} if len(grids) >= MOST * len(first) + 10 else set()


def drawn(
    rng: np.random.Generator, plan: Plan, codes: list[str], barred: set[str]
) -> dict[str, Any]:
    """A random edit, of none of the kinds that are barred."""
    while True:
        make = makers.hostile_edit if rng.random() < HOSTILE else makers.random_edit
        edit = make(rng, plan, codes)
        if edit["op"] not in barred:
            return edit


def judge_others(plan: Plan, was: Grids, outcome: Outcome) -> Grids:
    """Fail where an edit changed a grid that it does not name, or the plan that it was given.

    was: the grids of that plan as they were before. Returns those of the new one.
    """
    assert whole.same(was, whole.listed(plan)), "the plan before is another"
    now, gone = whole.listed(outcome.plan), set(outcome.removed)
    assert gone <= was.keys() - outcome.changed.keys(), "a grid is gone that was not there"
    due = {code: grid for code, grid in was.items() if code not in gone} | outcome.changed
    assert now.keys() == due.keys(), "a grid came or went that the edit does not name"
    assert whole.same(due, now), "a grid is another that the edit does not name"
    assert all(code == grid.code for code, grid in outcome.changed.items())
    assert outcome.came_from.keys() <= now.keys()
    assert {code for codes in outcome.came_from.values() for code in codes} <= was.keys()
    return now


def judge(was: Grids, now: Grids, edit: dict[str, Any], outcome: Outcome, homes: Homes) -> None:
    """Fail where an edit left more behind than it should, in the grids that it touched."""
    touched = {*outcome.changed, *outcome.removed}
    touched |= {code for codes in outcome.came_from.values() for code in codes}
    before = {code: was[code].polygon for code in touched if code in was}
    after = {code: now[code].polygon for code in touched if code in now}
    if edit["op"] in whole.MOVING:
        around = whole.near(now, shapely.total_bounds(list(after.values())))
        checker.judge_alone(whole.shapes_of(around))
        judge_ground(edit, before, after)
        judge_held(was, edit, now)
    else:
        checker.judge(list(before.values()), list(after.values()))
    bounds = shapely.total_bounds([*before.values(), *after.values()])
    if edit["op"] == "assign":  # one on a corner may belong to a grid that was not touched
        near = {code: grid.polygon for code, grid in whole.near(was, bounds).items()}
        before, after = near | before, near | after
    judge_homes(edit, before, after, homes, checker.boxed(homes.lon, homes.lat, bounds))


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


def judge_held(was: Grids, edit: dict[str, Any], now: Grids) -> None:
    """No gap in what was grown or trimmed, nor among the grids around it."""
    area = whole.drawn(edit)
    box = area.buffer(checker.AROUND).bounds
    near = [whole.shapes_of(whole.near(side, box)) for side in (was, now)]
    checker.judge_held(*near, area, grown=edit["op"] == "grow")


def judge_homes(
    edit: dict[str, Any], before: dict[str, Any], after: dict[str, Any], homes: Homes, rows: Any
) -> None:
    """Each of some households lies in one grid, and a lasso moves those inside and no others."""
    lon, lat = homes.lon[rows], homes.lat[rows]
    (old, _), (new, inside) = (checker.held(lon, lat, shapes) for shapes in (before, after))
    assert (inside <= 1).all(), "a household in two grids"
    if edit["op"] not in whole.MOVING:
        assert ((old != "") == (new != "")).all(), "a household fell out, or in"
    if edit["op"] != "assign":
        return
    held, within = checker.held(lon, lat, {"in": whole.drawn(edit)})
    here = old != ""
    assert (new[here & (within > 0)] == edit["to"]).all(), "a household inside did not change"
    beside = here & (held == "")
    assert (new[beside] == old[beside]).all(), "a household outside changed grids"
