"""Thousands of random edits, sensible and hostile; a judge that shares nothing with them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import redraw_checker as checker
import redraw_makers as makers

from gisgrid.redraw import apply, check_plan, edit_from_json, footprint

if TYPE_CHECKING:
    from gisgrid.redraw import Plan

KINDS = {"split", "merge", "course", "transfer", "assign", "reshape", "change", "renumber"}


def worn(plan: Plan, homes: Any, rng: np.random.Generator, count: int) -> Counter[str]:
    """Do `count` edits one after the other, each judged near by; the whole now and then."""
    ground = [plan[code].polygon for code in plan.codes()]
    made: Counter[str] = Counter()
    steps = [plan]
    for step in range(count):
        if len(plan) > 1.6 * len(ground) or len(plan) < 0.6 * len(ground):
            plan = steps[0]  # start again: not always the same crowd of small grids
        codes = plan.codes()
        edit = edit_from_json(makers.random_edit(rng, plan, codes))
        outcome = apply(plan, edit, homes)
        if outcome.faults:
            assert outcome.plan is plan
            continue
        touched = {*outcome.changed, *outcome.removed}
        touched |= {code for codes in outcome.came_from.values() for code in codes}
        before = [plan[code].polygon for code in sorted(touched) if code in plan]
        after = [outcome.plan[code].polygon for code in sorted(touched) if code in outcome.plan]
        checker.judge(before, after)
        made[makers_op(edit)] += 1
        steps.append(outcome.plan)
        plan = outcome.plan
        if step % 500 == 499:
            checker.judge(ground, [plan[code].polygon for code in plan.codes()])
    whole = [plan[code] for code in plan.codes()]
    assert check_plan(whole, footprint([steps[0][c] for c in steps[0].codes()])) == ()
    # Undo is the plan before: untouched by all that came after.
    checker.judge(ground, [steps[0][code].polygon for code in steps[0].codes()])
    assert [steps[0][code].polygon for code in steps[0].codes()] == ground
    return made


def makers_op(edit: Any) -> str:
    return type(edit).__name__.lower()


@pytest.mark.parametrize("seed", range(4))
def test_a_generated_plan_stays_a_partition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = makers.voronoi(rng, 150)
    made = worn(plan, makers.homes_in(plan, rng), rng, 1_000)
    assert set(made) == KINDS, "every kind of edit must have succeeded"
    assert made.total() > 300
