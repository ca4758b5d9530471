"""Random edits on generated plans; 200,000 of them in the long run (test_real_plans.py)."""

from __future__ import annotations

import numpy as np
import pytest
import redraw_makers as makers
import redraw_wearing as wearing
import redraw_whole as whole


@pytest.mark.parametrize("seed", range(4))
def test_a_generated_plan_stays_a_partition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = makers.voronoi(rng, 120, slanted=seed % 2 == 1)
    made = wearing.wear(plan, makers.homes_in(plan, rng), rng, 2_500)
    assert set(made) >= wearing.KINDS, "every kind of edit must have succeeded"


@pytest.mark.parametrize("seed", range(6, 10))
def test_a_plan_keeps_its_footprint_to_the_last_coordinate(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = makers.voronoi(rng, 120, slanted=seed % 2 == 1)
    made = wearing.wear(plan, makers.homes_in(plan, rng), rng, 1_750, whole_every=250, still=True)
    assert {op for op in made if not op.startswith("refused")} == wearing.KINDS - whole.MOVING
