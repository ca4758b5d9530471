"""Random edits on plans as offices have them, and on the demo county; tracts from block groups."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
import redraw_checker as checker
import redraw_makers as makers
import redraw_real as real
import redraw_wearing as wearing
import redraw_whole as whole
import shapely

from gisgrid.redraw import apply, check_plan, edit_from_json, footprint

if TYPE_CHECKING:
    from pathlib import Path


STILL = pytest.mark.parametrize("still", [False, True], ids=["moving", "still"])
"""With edits that move the footprint, and without."""


@STILL
@pytest.mark.real_data
@pytest.mark.parametrize(("name", "count"), [("baltimore", 750), ("chicago", 250)])
def test_a_plan_of_an_office_stays_a_partition(
    shared_data: Path, name: str, count: int, *, still: bool
) -> None:
    plan = real.office(shared_data, name)
    rng = np.random.default_rng(6)
    homes = makers.homes_in(plan, rng, each=4)
    made = wearing.wear(plan, homes, rng, count, whole_every=count, still=still)
    assert set(made) >= (wearing.KINDS - whole.MOVING if still else wearing.KINDS)


@STILL
def test_the_demo_county_stays_a_partition(*, still: bool) -> None:
    plan, homes = real.county()
    made = wearing.wear(plan, homes, np.random.default_rng(2), 500, still=still)
    assert set(made) >= (wearing.KINDS - whole.MOVING if still else wearing.KINDS)


@pytest.mark.real_data
def test_block_groups_merged_by_tract_are_the_published_tracts(shared_data: Path) -> None:
    plan, tracts = real.office(shared_data, "baltimore"), real.published(shared_data, "tracts")
    assert (len(plan), len(tracts)) == (618, 199)
    ground = footprint(plan[code] for code in plan.codes())
    nobody = makers.homes_in(plan, np.random.default_rng(3), each=0)
    for tract in tracts:
        codes = [code for code in plan.codes() if code.startswith(tract)]
        if len(codes) > 1:
            outcome = apply(plan, edit_from_json({"op": "merge", "codes": codes}), nobody)
            assert outcome.faults == ()
            plan = outcome.plan
    assert [code[:11] for code in plan.codes()] == list(tracts)
    assert check_plan([plan[code] for code in plan.codes()], ground) == ()
    made = real.metres([plan[code].polygon for code in plan.codes()], plan.bounds)
    asked = real.metres(list(tracts.values()), plan.bounds)
    worst = shapely.area(shapely.symmetric_difference(made, asked)).max()
    assert worst < 1, f"a tract differs by {worst} m2"
    whole = [plan[code].polygon for code in plan.codes()]
    assert checker.overlaps(whole) == 0


@pytest.mark.long
def test_many_more_edits_leave_every_plan_a_partition(shared_data: Path) -> None:
    """200,000 edits, half of them without any that moves the footprint; the figures are printed
    (`-s`)."""
    total: Counter[str] = Counter()
    for seed in range(30):
        rng = np.random.default_rng([7, seed])
        plan = makers.voronoi(rng, int(rng.integers(20, 300)), float(rng.uniform(0.01, 0.3)))
        homes = makers.homes_in(plan, rng)
        total += wearing.wear(plan, homes, rng, 4_000, still=seed % 2 == 1)
    print("generated", dict(total))  # noqa: T201 - the figures are what the long run is for
    for number, name in enumerate(("baltimore", "chicago", "demo", "tracts")):
        rng = np.random.default_rng([8, number])
        plan, found = real.county() if name == "demo" else (real.office(shared_data, name), None)
        homes = found or makers.homes_in(plan, rng, each=4)
        for still in (False, True):
            made = wearing.wear(plan, homes, rng, 10_000, whole_every=2_500, still=still)
            print(name, "still" if still else "moving", dict(made))  # noqa: T201
            total += made
    print("all", dict(total))  # noqa: T201
    assert total.total() == 200_000
