"""Random edits on plans as offices have them, and on the demo county; tracts from block groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import redraw_checker as checker
import redraw_makers as makers
import redraw_real as real
import redraw_wearing as wearing
import shapely

from gisgrid.redraw import apply, check_plan, edit_from_json, footprint

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "count"), [("baltimore", 1_500), ("chicago", 500)])
def test_a_plan_of_an_office_stays_a_partition(shared_data: Path, name: str, count: int) -> None:
    plan = real.office(shared_data, name)
    rng = np.random.default_rng(1)
    made = wearing.wear(plan, makers.homes_in(plan, rng, each=4), rng, count, whole_every=count)
    assert set(made) >= wearing.KINDS


def test_the_demo_county_stays_a_partition() -> None:
    plan, homes = real.county()
    made = wearing.wear(plan, homes, np.random.default_rng(2), 1_000, whole_every=1_000)
    assert set(made) >= wearing.KINDS


@pytest.mark.real_data
def test_block_groups_merged_by_tract_are_the_published_tracts(shared_data: Path) -> None:
    plan, tracts = real.office(shared_data, "baltimore"), real.office(shared_data, "tracts")
    assert (len(plan), len(tracts)) == (618, 199)
    ground = footprint(plan[code] for code in plan.codes())
    nobody = makers.homes_in(plan, np.random.default_rng(3), each=0)
    for tract in tracts.codes():
        codes = [code for code in plan.codes() if code.startswith(tract)]
        if len(codes) > 1:
            outcome = apply(plan, edit_from_json({"op": "merge", "codes": codes}), nobody)
            assert outcome.faults == ()
            plan = outcome.plan
    assert [code[:11] for code in plan.codes()] == tracts.codes()
    assert check_plan([plan[code] for code in plan.codes()], ground) == ()
    made = real.metres(plan)
    published = real.metres(tracts)
    worst = shapely.area(shapely.symmetric_difference(made, published)).max()
    assert worst < 1, f"a tract differs by {worst} m2"
    whole = [plan[code].polygon for code in plan.codes()]
    assert checker.overlaps(whole) == 0


@pytest.mark.long
def test_many_more_edits_leave_every_plan_a_partition(shared_data: Path) -> None:
    """200,000 edits; the figures are printed (`-s`)."""
    total = 0
    for seed in range(30):
        rng = np.random.default_rng([7, seed])
        plan = makers.voronoi(rng, int(rng.integers(20, 300)), float(rng.uniform(0.01, 0.3)))
        made = wearing.wear(plan, makers.homes_in(plan, rng), rng, 4_000)
        total += made.total()
    for number, name in enumerate(("baltimore", "chicago", "demo", "tracts")):
        rng = np.random.default_rng([8, number])
        plan, homes = real.county() if name == "demo" else (real.office(shared_data, name), None)
        homes = homes or makers.homes_in(plan, rng, each=4)
        made = wearing.wear(plan, homes, rng, 20_000, whole_every=5_000)
        print(name, dict(made))  # noqa: T201 - the figures are what the long run is for
        total += made.total()
    assert total == 200_000
