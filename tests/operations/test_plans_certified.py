"""What a certificate counts: gaps that were there, holes, households with a place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from shapely.geometry import Point, Polygon, box

from gisgrid.access import CONSOLE
from gisgrid.errors import PlanBroken
from gisgrid.operations.plans import certificate, checking, drafts
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.drawing import Drawing
from gisgrid.redraw import Grid, Plan

from .town import make, person, publish, town

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Store

MID = 105.01
ONE, TWO, THREE = (box(105 + n / 100, 35, 105.01 + n / 100, 35.01) for n in range(3))
BENT = Polygon([(105, 35), (MID, 35), (MID - 4e-6, 35.005), (MID, 35.01), (105, 35.01)])
"""甲1 drawn by 40 cm too small in the middle of its edge: a narrow gap of 200 m²."""
LAKE = box(105.002, 35.002, 105.003, 35.008)


@pytest.fixture
def ws(store: Store) -> Workspace:
    """The town of town.py."""
    return town(store)


def bring(ws: Workspace, *shapes: Any) -> None:
    """A plan that was drawn elsewhere."""
    plan = gpd.GeoDataFrame(
        {"code": ["甲1", "甲2", "乙1"], "area_code": ["A", "A", "B"]},
        geometry=list(shapes),
        crs="EPSG:4326",
    )
    with ws.store.write(today=ws.today()) as w:
        w.put_grids(plan, valid_from=ws.today())


def test_a_gap_that_was_there_is_counted_and_named_as_inherited(ws: Workspace) -> None:
    bring(ws, BENT, TWO, THREE)
    draft = drafts.open_draft(ws, person(ws, "Ann"), name="春")
    make(ws, draft, op="change", code="乙1", name="x")
    told = publish(ws, draft)["certificate"]
    assert (told["gaps"], told["gaps_inherited"], told["overlaps"]) == (1, 1, 0)
    (gap,) = told["inherited"]
    assert (gap["what"], gap["codes"], gap["unit"]) == ("gap", ["甲1", "甲2"], "m2")
    assert 150 < gap["size"] < 250
    (found,) = [f for f in checking.check(ws, CONSOLE) if f["revision"] == 3]
    assert (found["what"], found["place"], found["size"]) == ("gap", gap["place"], gap["size"])
    # A draft of a village that has no part in the gap counts it, and does not say where it is.
    other = drafts.open_draft(ws, person(ws, "Ann"), name="乙", area="B")
    make(ws, other, op="change", code="乙1", name="y")
    told = publish(ws, other)["certificate"]
    assert [(f["codes"], f["place"]) for f in told["inherited"]] == [([], None)]
    assert told["gaps"] == 1


def test_a_gap_that_a_draft_makes_is_refused_also_where_it_may_change_the_footprint(
    ws: Workspace,
) -> None:
    number = drafts.open_draft(ws, person(ws, "Ann"), name="春")
    grown = make(
        ws,
        number,
        op="grow",
        to="乙1",
        area={
            "type": "Polygon",
            "coordinates": [[*list(box(105.03, 35, 105.031, 35.01).exterior.coords)]],
        },
    )
    assert grown["changed"]
    row = drafts.found(ws, CONSOLE, number)
    drawing, edits = ws.drawings.of(row), ws.store.edits(row.head)
    bent = Grid("甲1", None, "A", "Li", None, BENT)
    broken = drawing.after(drawing.plan.replaced({"甲1": bent}, ()), ["甲1"], (), {})
    with pytest.raises(PlanBroken) as refused:
        certificate.certificate(bench(ws), CONSOLE, row, broken, edits)
    assert [(f["what"], f["codes"]) for f in refused.value.facts["faults"]] == [
        ("gap", ["甲1", "甲2"])
    ]
    # The gap of the plan before is no excuse for a second one, nor for a wider one.
    narrow = Polygon([(105, 35), (MID, 35), (MID - 2e-6, 35.005), (MID, 35.01), (105, 35.01)])
    base = Plan.of([Grid("甲1", None, "A", "Li", None, narrow), *map(drawing.base.get, ["甲2"])])
    worse = Drawing.begun(base, 1).after(base.replaced({"甲1": bent}, ()), ["甲1"], (), {})
    with pytest.raises(PlanBroken):
        certificate.certificate(bench(ws), CONSOLE, row, worse, edits)


def test_a_hole_is_told_beside_the_result_and_counted_in_the_certificate(ws: Workspace) -> None:
    bring(ws, ONE.difference(LAKE), TWO, THREE)
    found, beside = checking.proved(ws, CONSOLE)
    assert found == []
    (hole,) = [f for f in beside if f["what"] == "holes"]
    assert (hole["revision"], hole["size"], hole["unit"], hole["codes"]) == (2, 1, "holes", ["甲1"])
    (one,) = hole["holes"]
    assert one["codes"] == ["甲1"]
    assert 60_000 < one["size"] < 61_000
    assert LAKE.contains(Point(one["place"]))
    draft = drafts.open_draft(ws, person(ws, "Ann"), name="春")
    make(ws, draft, op="change", code="乙1", name="x")
    told = publish(ws, draft)["certificate"]
    assert (told["gaps"], told["holes_before"], told["holes_after"]) == (0, 1, 1)


def test_located_households_are_counted_by_where_they_lie(ws: Workspace) -> None:
    rows = gpd.GeoDataFrame(
        {"id": ["far", "lost"], "listed_on": [date(2026, 9, 1)] * 2, "grid_code": [None, "甲1"]},
        geometry=[Point(106, 36), None],
        crs="EPSG:4326",
    )
    with ws.store.write(today=ws.today()) as w:
        w.put_households(rows)
    draft = drafts.open_draft(ws, person(ws, "Ann"), name="春")
    ring = [[104.999, 34.999], [105.005, 34.999], [105.005, 35.011], [104.999, 35.011]]
    make(ws, draft, op="trim", area={"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
    told = publish(ws, draft)["certificate"]
    words = ("located", "located_in_one_grid", "located_outside_before", "located_outside")
    assert [told[f"households_{word}"] for word in words] == [7, 5, 1, 2]
    assert told["households_located_fallen_out"] == 1
    assert (told["households_listed"], told["households_in_one_grid"]) == (8, 6)


def test_ground_that_changes_beyond_what_was_drawn_is_refused_and_found(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = drafts.open_draft(ws, person(ws, "Ann"), name="春")
    ring = [*list(box(105.03, 35, 105.031, 35.01).exterior.coords)]
    make(ws, number, op="grow", to="乙1", area={"type": "Polygon", "coordinates": [ring]})
    row = drafts.found(ws, CONSOLE, number)
    drawing, edits = ws.drawings.of(row), ws.store.edits(row.head)
    assert certificate.certificate(bench(ws), CONSOLE, row, drawing, edits)["footprint_changed"]
    # Ten centimetres of another grid are gone, or there are ten more.
    for shape in (box(105.000001, 35, 105.01, 35.01), box(104.999999, 35, 105.01, 35.01)):
        other = Grid("甲1", None, "A", "Li", None, shape)
        astray = drawing.after(drawing.plan.replaced({"甲1": other}, ()), ["甲1"], (), {})
        with pytest.raises(PlanBroken) as refused:
            certificate.certificate(bench(ws), CONSOLE, row, astray, edits)
        (fault,) = refused.value.facts["faults"]
        assert fault["what"] == "footprint"
        assert fault["place"] == pytest.approx([105, 35.005], abs=1e-6)
    publish(ws, number)
    assert checking.check(ws, CONSOLE) == []
    plain = ws.drawings.grids

    def moved(revision: int) -> list[Grid]:
        grids = {grid.code: grid for grid in plain(revision)}
        return [*(grids | {"甲1": other}).values()] if revision == 2 else [*grids.values()]

    monkeypatch.setattr(ws.drawings, "grids", moved)
    (found,) = [f for f in checking.check(ws, CONSOLE) if f["what"] == "footprint"]
    assert found["place"] == pytest.approx([105, 35.005], abs=1e-6)
