"""A plan's whole life on both databases, from the first line to its reverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from gisgrid import redraw
from gisgrid.access import CONSOLE, EVERYWHERE, Actor, Role, Scope
from gisgrid.errors import (
    EditRefused,
    PlanBroken,
    PlanMoved,
    ReverseClashes,
    StaleDraft,
    UnknownDraft,
    UnknownWord,
)
from gisgrid.operations.plans import (
    checking,
    comparing,
    drafts,
    editing,
    handover,
    lineage,
    publishing,
    rebasing,
    reversing,
    reviewing,
    revisions,
)
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.certificate import certificate
from gisgrid.operations.plans.drawing import Drawing, Drawings
from gisgrid.redraw import Fault, Outcome

from .town import LATER, LINE, codes, make, person, publish, town, upright, version

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Store


@pytest.fixture
def ws(store: Store) -> Workspace:
    """The town of town.py."""
    return town(store)


def test_a_plans_whole_life(ws: Workspace) -> None:
    ann = person(ws, "Ann")
    draft = drafts.open_draft(ws, ann, name="春 spring", area="T1")
    make(ws, draft, op="split", code="甲1", line=LINE, new_codes=["甲3"])
    make(ws, draft, op="merge", codes=["甲2", "乙1"], into="甲2")
    with pytest.raises(EditRefused):
        make(ws, draft, op="merge", codes=["甲1", "丙1"])
    with pytest.raises(StaleDraft):
        editing.undo(ws, ann, draft, seen=1)
    ws.drawings = Drawings(ws.store)  # as after a restart
    editing.undo(ws, ann, draft, seen=version(ws, draft))
    assert codes(ws, draft) == ["乙1", "甲1", "甲2", "甲3"]
    editing.redo(ws, ann, draft, seen=version(ws, draft))
    assert codes(ws, draft) == ["甲1", "甲2", "甲3"]
    assert comparing.compare(ws, ann, draft)["households"]["count"] == 3
    made = publish(ws, draft, remark="spring")
    assert made["revision"] == 2
    assert ws.store.grids(scope=EVERYWHERE)["code"].tolist() == ["甲1", "甲2", "甲3"]
    placed = ws.store.households(scope=EVERYWHERE)["placed_in"].tolist()
    assert sorted(placed[:2]) == ["甲1", "甲3"]
    assert placed[2:] == ["甲2"] * 4
    assert lineage.lineage(ws, ann, "乙1")["now"] == ["甲2"]
    rows = handover.handover(ws, ann, 2, "甲2")["rows"]
    assert rows["id"].tolist() == ["H4", "H5"]
    back = reversing.reverse(ws, ann, 2)
    assert drafts.shown(ws, ann, back)["name"] == "↩ 2 · 春 spring"
    later = drafts.open_draft(ws, ann, name="later")
    make(ws, later, op="change", code="甲2", member="Zhao")
    publish(ws, later, valid_from=LATER)
    with pytest.raises(ReverseClashes):
        reversing.reverse(ws, ann, 2)
    revisions.withdraw(ws, ann, 3)
    assert [row["state"] for row in revisions.listing(ws, ann)] == [
        "withdrawn",
        "in_force",
        "past",
    ]
    publish(ws, back)
    assert ws.store.grids(scope=EVERYWHERE)["code"].tolist() == ["乙1", "甲1", "甲2"]
    assert checking.check(ws, CONSOLE) == []


def test_of_two_drafts_one_wins_and_the_other_is_rebased(ws: Workspace) -> None:
    ann = person(ws, "Ann")
    one, two = (drafts.open_draft(ws, ann, name=name) for name in ("one", "two"))
    make(ws, one, op="merge", codes=["甲1", "甲2"])
    make(ws, two, op="change", code="甲2", name="gone soon")
    make(ws, two, op="change", code="乙1", name="stays")
    seen = reviewing.submit(ws, ann, two, seen=version(ws, two))
    seen = reviewing.approve(ws, person(ws, "Chen"), two, seen=seen)
    publish(ws, one)
    with pytest.raises(PlanMoved) as refused:
        publishing.publish(ws, ann, two, seen=seen)
    (fault,) = refused.value.facts.pop("faults")
    assert (fault["what"], fault["codes"]) == ("both_changed", ["甲2"])
    assert box(105.01, 35, 105.02, 35.01).contains(Point(fault["place"]))  # where it lay
    assert refused.value.facts == {"draft": two, "base": 1, "current": 2, "codes": ["甲2"]}
    lost = rebasing.rebase(ws, ann, two, seen=seen)
    assert [(edit["step"], edit["arguments"]["code"]) for edit in lost] == [(1, "甲2")]
    assert publish(ws, two)["revision"] == 3
    assert checking.check(ws, CONSOLE) == []


def test_a_draft_of_another_village_is_as_if_it_were_not(ws: Workspace) -> None:
    draft = drafts.open_draft(ws, CONSOLE, name="A", area="A")
    whole = drafts.open_draft(ws, CONSOLE, name="everywhere")
    near = Actor("Bo", Role.PLANNER, Scope("B"), person(ws, "Ann").person)
    above = Actor("Bo", Role.PLANNER, Scope("T1"), person(ws, "Ann").person)
    for number in (draft, whole, 99):
        with pytest.raises(UnknownDraft):
            drafts.shown(ws, near, number)
    assert [d["id"] for d in drafts.listing(ws, above)] == [draft]
    assert drafts.listing(ws, near) == []


def roof(ws: Workspace) -> None:
    """A plan in which 乙1 lies over 甲2 like a roof: the households of 甲2 lie in its box."""
    one, two = box(105, 35, 105.01, 35.01), box(105.01, 35, 105.02, 35.008)
    whole = box(105, 35, 105.03, 35.01)
    plan = gpd.GeoDataFrame(
        {"code": ["甲1", "甲2", "乙1"], "area_code": ["A", "A", "B"]},
        geometry=[one.union(two).intersection(one), two, whole.difference(one.union(two))],
        crs="EPSG:4326",
    )
    with ws.store.write(today=ws.today()) as w:
        w.put_grids(plan, valid_from=ws.today())


def test_what_a_neighbour_published_is_not_told_with_an_old_draft(ws: Workspace) -> None:
    roof(ws)
    other = drafts.open_draft(ws, person(ws, "Ann"), name="next door")
    make(ws, other, op="split", code="甲2", line=upright(105.015), new_codes=["甲4"])
    near = Actor("Bo", Role.PLANNER, Scope("B"), person(ws, "Ann").person)
    stale = drafts.open_draft(ws, near, name="乙")
    wish = {"op": "split", "code": "乙1", "line": upright(105.025), "new_codes": ["乙2"]}
    editing.edit(ws, near, stale, wish, seen=version(ws, stale))
    publish(ws, other)
    for look, seen in ((near, {"乙1", "乙2"}), (person(ws, "Ann"), {"乙1", "乙2", "甲2", "甲4"})):
        told = comparing.compare(ws, look, stale)
        assert {grid["code"] for grid in told["grids"]} == seen
        rows = [*told["households"]["moved"], *told["cases"]["moved"]]
        assert {row[side] for row in rows for side in ("from", "to")} == seen
        assert told["households"]["count"] == len(seen) // 2


def test_a_copy_begins_at_a_version_that_the_draft_had(ws: Workspace) -> None:
    ann = person(ws, "Ann")
    draft = drafts.open_draft(ws, ann, name="春")
    for number in (0, -1, 2, 2**31, 2**63, -(2**70)):
        with pytest.raises(UnknownWord):
            drafts.copy(ws, ann, draft, version=number)
    assert drafts.copy(ws, ann, draft, version=1) > draft


def test_a_refusal_names_no_grid_next_door(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = person(ws, "Ann")
    near = Actor("Bo", Role.PLANNER, Scope("B"), ann.person)
    for name in ("x", "y"):
        draft = drafts.open_draft(ws, ann, name=name)
        make(ws, draft, op="change", code="甲1", name=name)
        publish(ws, draft)
    with pytest.raises(EditRefused) as refused:
        reversing.reverse(ws, near, 2)
    assert [fault["codes"] for fault in refused.value.facts["faults"]] == [[]]
    latest = ws.drawings.base(3)
    with pytest.raises(ReverseClashes) as clash:
        reversing.reversed_edit(ws, near, Drawing.begun(latest, 3), 2)
    assert (clash.value.facts["codes"], clash.value.facts["faults"]) == ([], [])
    own = drafts.open_draft(ws, near, name="乙")
    row = drafts.found(ws, near, own)
    wish = {"op": "split", "code": "乙1", "line": upright(105.025), "new_codes": ["甲1"]}
    with pytest.raises(EditRefused) as refused:
        editing.edit(ws, near, own, wish, seen=1)
    assert [(f["codes"], f["place"]) for f in refused.value.facts["faults"]] == [(["甲1"], None)]
    here, there = (105.025, 35.005), (105.005, 35.005)
    faults = (Fault("too_fine", ("乙1", "甲2"), here), Fault("too_fine", ("甲1",), there))
    spots = [(["乙1"], list(here)), ([], None)]
    wish["new_codes"] = ["乙2"]
    monkeypatch.setattr(redraw, "apply", lambda plan, *_: Outcome(plan, faults=faults))
    with pytest.raises(EditRefused) as refused:
        editing.edit(ws, near, own, wish, seen=1)
    assert [(f["codes"], f["place"]) for f in refused.value.facts["faults"]] == spots
    monkeypatch.setattr(redraw, "check_plan", lambda *_: (*faults, Fault("gap", (), there)))
    with pytest.raises(PlanBroken) as broken:
        certificate(bench(ws), near, row, ws.drawings.of(row), [])
    found = [(f["codes"], f["place"]) for f in broken.value.facts["faults"]]
    assert found == [*spots, ([], None)]
