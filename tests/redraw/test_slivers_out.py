"""A trim that leaves a sliver gives it up too, and says so."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.geometry import box

from gisgrid.redraw import Grid, Outcome, Plan, Points, apply, edit_from_json

WEST, EAST = box(105, 35, 105.01, 35.01), box(105.01, 35, 105.02, 35.01)


@pytest.fixture
def plan() -> Plan:
    return Plan.of(
        [Grid(code, None, "A", None, None, shape) for code, shape in (("W", WEST), ("E", EAST))]
    )


def trimmed(plan: Plan, *corners: tuple[float, float]) -> Outcome:
    ring = [[*corner] for corner in (*corners, corners[0])]
    area = {"type": "Polygon", "coordinates": [ring]}
    return apply(
        plan, edit_from_json({"op": "trim", "area": area}), Points(np.empty(0), np.empty(0))
    )


def test_what_is_too_narrow_to_stay_goes_along_and_is_told(plan: Plan) -> None:
    # Half a metre below the north edge of both, cut off from the rest.
    top = 35.01 - 5e-6
    done = trimmed(plan, (104.99, 35.005), (105.03, 35.005), (105.03, top), (104.99, top))
    assert done.faults == ()
    (told,) = [note for note in done.notes if note.what == "slivers_out"]
    assert set(told.codes) == {"E", "W"}
    assert told.unit == "m2"
    assert told.size == pytest.approx(0.555 * 1824.5, rel=0.01)
    assert told.place is not None
    assert told.place[1] > top - 1e-7
    left = shapely.union_all([done.plan[code].polygon for code in done.plan.codes()])
    assert left.bounds[3] == 35.005


def test_a_trim_that_leaves_no_sliver_says_nothing_of_one(plan: Plan) -> None:
    done = trimmed(plan, (104.99, 35.005), (105.03, 35.005), (105.03, 35.02), (104.99, 35.02))
    assert done.faults == ()
    assert [note.what for note in done.notes if note.what == "slivers_out"] == []
