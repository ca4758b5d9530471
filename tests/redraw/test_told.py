"""Whatever is refused has a place, and nothing that was asked for is left out in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import box

from gisgrid.redraw import Grid, Outcome, Plan, Points, apply, applying, edit_from_json
from gisgrid.redraw.faults import Fault, Refused

HALVES = {"W": box(105, 35, 105.01, 35.01), "E": box(105.01, 35, 105.02, 35.01)}
UPRIGHT = {"type": "LineString", "coordinates": [[105.005, 34.99], [105.005, 35.02]]}
FAR_RING = [[105.1, 35.1], [105.2, 35.1], [105.2, 35.2], [105.1, 35.1]]


def done(edit: dict[str, Any]) -> Outcome:
    plan = Plan.of([Grid(code, None, "A", None, None, shape) for code, shape in HALVES.items()])
    return apply(plan, edit_from_json(edit), Points(np.empty(0), np.empty(0)))


@pytest.mark.parametrize(
    ("edit", "at"),
    [
        ({"op": "merge", "codes": ["W"]}, "W"),
        ({"op": "renumber", "code": "E", "new_code": "E"}, "E"),
        ({"op": "reshape", "moves": [{"from": [105.01, 35], "to": [105.01, 35]}]}, ""),
        ({"op": "trim", "area": {"type": "Polygon", "coordinates": [FAR_RING]}}, ""),
    ],
)
def test_a_refusal_has_a_place(edit: dict[str, Any], at: str) -> None:
    faults = done(edit).faults
    assert faults
    for fault in faults:
        assert fault.place is not None, fault
        if at:
            assert HALVES[at].contains(shapely.Point(fault.place))


@pytest.mark.parametrize("way", [shapely.errors.GEOSException, Refused(Fault("too_fine"))])
def test_what_fails_deep_within_is_told_where_it_was_drawn(
    monkeypatch: pytest.MonkeyPatch, way: Any
) -> None:
    def fail(*_: object) -> None:
        raise way

    monkeypatch.setitem(applying._DOERS, applying.Split, fail)
    (fault,) = done({"op": "split", "code": "W", "line": UPRIGHT}).faults
    assert (fault.what, fault.place) == ("too_fine", (105.005, 34.99))


def test_a_grid_that_is_not_there_has_no_place() -> None:
    (fault,) = done({"op": "change", "code": "no", "name": "x"}).faults
    assert (fault.what, fault.place) == ("unknown_grid", None)


def test_codes_for_more_parts_than_there_are_stand_in_a_note() -> None:
    made = done({"op": "split", "code": "W", "line": UPRIGHT, "new_codes": ["W2", "W3", "W4"]})
    assert set(made.plan.codes()) == {"E", "W", "W2"}
    (note,) = [note for note in made.notes if note.what == "codes_unused"]
    assert note.codes == ("W3", "W4")
    assert done({"op": "split", "code": "W", "line": UPRIGHT, "new_codes": ["W2"]}).notes == ()
