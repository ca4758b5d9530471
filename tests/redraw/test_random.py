"""Random edits on generated plans; 200,000 of them in the long run."""

from __future__ import annotations

import numpy as np
import pytest
import redraw_makers as makers
import redraw_wearing as wearing


@pytest.mark.parametrize("seed", range(6))
def test_a_generated_plan_stays_a_partition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = makers.voronoi(rng, 120, slanted=seed % 2 == 1)
    made = wearing.wear(plan, makers.homes_in(plan, rng), rng, 2_500)
    assert set(made) >= wearing.KINDS, "every kind of edit must have succeeded"


@pytest.mark.parametrize("seed", range(6, 10))
def test_a_plan_keeps_its_footprint_to_the_last_coordinate(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(makers, "OPS", tuple(op for op in makers.OPS if op not in ("grow", "trim")))
    monkeypatch.setattr(makers, "GROUND_OPS", ("transfer", "assign"))
    rng = np.random.default_rng(seed)
    plan = makers.voronoi(rng, 120, slanted=seed % 2 == 1)
    made = wearing.wear(plan, makers.homes_in(plan, rng), rng, 500, whole_every=100)
    assert set(made) >= wearing.KINDS - {"grow", "trim"}
