"""What a plan takes care of: people without a location, codes, corners next door, who answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, Polygon

from gisgrid.access import CONSOLE, EVERYWHERE, Actor, Role, Scope
from gisgrid.errors import EditRefused
from gisgrid.operations.plans import (
    checking,
    comparing,
    drafts,
    editing,
    lineage,
    rebasing,
    reversing,
)
from gisgrid.operations.plans.faults import left_out
from gisgrid.operations.workspace import Workspace

from .town import LINE, NOW, codes, make, person, publish, town, upright, version

if TYPE_CHECKING:
    from gisgrid.store import Store


@pytest.fixture
def ws(store: Store) -> Workspace:
    """The town of town.py."""
    return town(store)


def draw(ws: Workspace, name: str = "春") -> int:
    return drafts.open_draft(ws, person(ws, "Ann"), name=name)


def test_a_code_that_ended_in_an_earlier_plan_is_not_given_again(ws: Workspace) -> None:
    first = draw(ws)
    make(ws, first, op="merge", codes=["甲1", "甲2"])
    publish(ws, first)
    second = draw(ws)
    with pytest.raises(EditRefused) as refused:
        make(ws, second, op="split", code="甲1", line=LINE, new_codes=["甲2"])
    assert refused.value.facts["faults"][0]["what"] == "code_ended"
    make(ws, second, op="split", code="甲1", line=LINE)
    assert codes(ws, second) == ["乙1", "甲1", "甲3"]


def unlocated(ws: Workspace, **named: str) -> None:
    """Households without a location that name a grid."""
    rows = gpd.GeoDataFrame(
        {
            "id": list(named),
            "listed_on": [date(2026, 9, 1)] * len(named),
            "grid_code": list(named.values()),
        },
        geometry=[None] * len(named),
        crs="EPSG:4326",
    )
    with ws.store.write(today=ws.today()) as w:
        w.put_households(rows)


def kept_in(ws: Workspace, *ids: str) -> list[str | None]:
    """The grids in which the store keeps households, and the read model counts them: one answer."""
    snapshot, day = ws.snapshot(), ws.today()
    plan = snapshot.plan_on(day)
    counted = np.append(plan.code, None)[snapshot.placement(plan)]
    of = dict(zip(snapshot.households.id, counted, strict=True))
    rows = ws.store.households(scope=EVERYWHERE, ids=ids).set_index("id")["placed_in"]
    stored = [rows[i] if isinstance(rows[i], str) else None for i in ids]
    assert stored == [of[i] for i in ids]
    return stored


def test_households_without_a_location_go_along_with_most_of_the_ground_of_their_grid(
    ws: Workspace,
) -> None:
    unlocated(ws, U1="甲1", U2="甲2", U3="乙1", U4="A")
    draft = draw(ws)
    make(ws, draft, op="merge", codes=["甲1", "甲2"])
    told = make(ws, draft, op="split", code="甲1", line=upright(105.012), new_codes=["甲3"])
    make(ws, draft, op="renumber", code="乙1", new_code="乙9")
    publish(ws, draft)
    assert told["impact"]["households"]["count"]
    # The part of 甲1 that is left has all of the old 甲1, and a fifth of 甲2; 甲3 the rest of it.
    assert kept_in(ws, "U1", "U2", "U3", "U4") == ["甲1", "甲3", "乙9", None]
    second = draw(ws)
    make(ws, second, op="merge", codes=["甲3", "甲1"])
    publish(ws, second)
    unlocated(ws, U5="甲2", U6="丙1")
    assert kept_in(ws, "U1", "U2", "U5", "U6") == ["甲3", "甲3", "甲3", None]
    assert checking.check(ws, CONSOLE) == []
    # A plan of before keeps its own.
    snapshot = ws.snapshot()
    first = snapshot.plans[0]
    where = dict(zip(snapshot.households.id, snapshot.placement(first), strict=True))
    assert [first.code[where[i]] for i in ("U1", "U2", "U3")] == ["甲1", "甲2", "乙1"]


def test_a_code_that_came_back_and_ended_again_is_followed_from_its_last_end(ws: Workspace) -> None:
    unlocated(ws, U1="甲2")
    for wish, where in (
        ({"op": "merge", "codes": ["甲1", "甲2"]}, "甲1"),
        (None, "甲2"),
        ({"op": "merge", "codes": ["乙1", "甲2"]}, "乙1"),
        ({"op": "renumber", "code": "甲1", "new_code": "甲8"}, "乙1"),
        ({"op": "renumber", "code": "乙1", "new_code": "乙8"}, "乙8"),
    ):
        draft = reversing.reverse(ws, person(ws, "Ann"), 2) if wish is None else draw(ws)
        if wish is not None:
            make(ws, draft, **wish)
        publish(ws, draft)
        assert kept_in(ws, "U1") == [where]


def test_a_grid_on_the_way_that_came_back_has_what_it_had(ws: Workspace) -> None:
    """甲2 became 甲7, which went into 甲1 and was given back: its ground, and what goes with it."""
    unlocated(ws, U1="甲2")
    for wish, where in (
        ({"op": "renumber", "code": "甲2", "new_code": "甲7"}, "甲7"),
        ({"op": "merge", "codes": ["甲1", "甲7"]}, "甲1"),
        (None, "甲7"),
    ):
        draft = reversing.reverse(ws, person(ws, "Ann"), 3) if wish is None else draw(ws)
        if wish is not None:
            make(ws, draft, **wish)
        else:
            moved = comparing.compare(ws, CONSOLE, draft, "base")["households"]["moved"]
            assert {"id": "U1", "from": "甲1", "to": "甲7"} in moved
        publish(ws, draft)
        assert kept_in(ws, "U1") == [where]
    assert checking.check(ws, CONSOLE) == []


def test_a_reverse_gives_the_households_without_a_location_back_as_well(ws: Workspace) -> None:
    unlocated(ws, U1="甲2")
    first = draw(ws)
    gone = make(ws, first, op="merge", codes=["甲1", "甲2"])["impact"]
    publish(ws, first)
    assert kept_in(ws, "U1") == ["甲1"]
    back = reversing.reverse(ws, person(ws, "Ann"), 2)
    told = comparing.compare(ws, CONSOLE, back, "base")
    for which in ("households", "cases"):
        for word in ("count", "unlocated"):
            assert told[which][word] == gone[which][word]
    assert {"id": "U1", "from": "甲1", "to": "甲2"} in told["households"]["moved"]
    was = {row["code"]: row["before"]["households"] for row in gone["grids"]}
    is_now = {row["code"]: row["after"]["households"] for row in told["grids"]}
    assert is_now == was == {"甲1": 2, "甲2": 3}
    assert drafts.shown(ws, CONSOLE, back)["edits"][0]["notes"] == []
    publish(ws, back)
    assert kept_in(ws, "U1") == ["甲2"]


def test_who_and_what_changes_hands_is_told_by_grid_by_member_and_by_area(ws: Workspace) -> None:
    unlocated(ws, U1="乙1")
    draft = draw(ws)
    told = make(ws, draft, op="change", code="甲1", member="Zhao")["impact"]["households"]
    assert (told["count"], told["to_other_member"], told["moved"]) == (0, 2, [])
    told = make(ws, draft, op="merge", codes=["甲2", "乙1"])
    homes = told["impact"]["households"]
    assert [homes[w] for w in ("count", "to_other_member", "to_other_area", "unlocated")] == [
        *(3, 3, 3, 1)
    ]
    assert {"id": "U1", "from": "乙1", "to": "甲2"} in homes["moved"]
    assert [(n["what"], n["codes"], n["area"]) for n in told["notes"]] == [
        ("across_areas", ["甲2", "乙1"], "A")
    ]
    (row,) = [row for row in told["impact"]["grids"] if row["code"] == "甲2"]
    assert (row["after"]["households"], row["after"]["area_code"]) == (5, "A")
    assert [row[side]["area"] for side in ("before", "after")] == ["甲", "甲"]
    assert drafts.shown(ws, CONSOLE, draft)["across_areas"] == [
        {"code": "甲2", "area": "A", "from_areas": ["B"]}
    ]
    proof = publish(ws, draft)["certificate"]
    assert proof["across_areas"] == [{"code": "甲2", "area": "A", "from_areas": ["B"]}]
    assert proof["households_moved"] == 3
    assert proof["households_moved_unlocated"] == 1
    assert proof["households_to_other_member"] == 5
    assert proof["households_to_other_area"] == 3


def drag(ws: Workspace, draft: int, there: list[float], to: list[float]) -> dict[str, Any]:
    """A corner in the middle of the edge of 甲2 and 乙1, dragged."""
    ends = [[105.02, 35.0], [105.02, 35.01]]
    here = ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan["甲2"].polygon.exterior.coords
    if tuple(there) not in {(x, y) for x, y, *_ in here}:
        make(ws, draft, op="reshape", insert=[{"between": ends, "at": there}])
    return make(ws, draft, op="reshape", moves=[{"from": there, "to": to}])


MIDDLE, EAST = [105.02, 35.005], [105.022, 35.005]


def test_ground_of_a_dragged_corner_stands_in_notes_certificate_and_lineage(
    ws: Workspace,
) -> None:
    draft = draw(ws)
    told = drag(ws, draft, MIDDLE, EAST)
    assert [(n["what"], n["codes"], n["area"]) for n in told["notes"]] == [
        ("across_areas", ["甲2", "乙1"], "A")
    ]
    across = [{"code": "甲2", "area": "A", "from_areas": ["B"]}]
    assert drafts.shown(ws, CONSOLE, draft)["across_areas"] == across
    assert publish(ws, draft)["certificate"]["across_areas"] == across
    found = lineage.lineage(ws, CONSOLE, "甲2")
    assert found["predecessors"] == [{"revision": 2, "codes": ["乙1", "甲2"]}]
    assert lineage.lineage(ws, CONSOLE, "乙1")["predecessors"] == []
    assert checking.check(ws, CONSOLE) == []


def test_the_reverse_of_a_plan_tells_of_no_ground_of_others_where_all_get_their_own_back(
    ws: Workspace,
) -> None:
    first = draw(ws)
    drag(ws, first, MIDDLE, EAST)
    assert publish(ws, first)["certificate"]["across_areas"]
    back = reversing.reverse(ws, person(ws, "Ann"), 2)
    assert drafts.shown(ws, CONSOLE, back)["across_areas"] == []
    # What the draft gives beside is told.
    drag(ws, back, MIDDLE, EAST)
    again = [{"code": "甲2", "area": "A", "from_areas": ["B"]}]
    assert drafts.shown(ws, CONSOLE, back)["across_areas"] == []
    beyond = [105.024, 35.005]
    drag(ws, back, EAST, beyond)
    assert drafts.shown(ws, CONSOLE, back)["across_areas"] == again
    for _ in range(3):
        editing.undo(ws, person(ws, "Ann"), back, seen=version(ws, back))
    assert publish(ws, back)["certificate"]["across_areas"] == []
    assert lineage.lineage(ws, CONSOLE, "乙1")["predecessors"] == [
        {"revision": 3, "codes": ["乙1", "甲2"]}
    ]


def test_hairs_beside_a_straightened_edge_are_no_ground_of_others(ws: Workspace) -> None:
    first = draw(ws)
    # The edge of two areas is slanted, so that the end of a split lies beside it.
    make(ws, first, op="reshape", moves=[{"from": [105.02, 35.01], "to": [105.0210007, 35.01]}])
    publish(ws, first)
    second = draw(ws)
    ends = [[105.009, 35.0037], [105.022, 35.0037]]
    make(ws, second, op="split", code="甲2", line={"type": "LineString", "coordinates": ends})
    publish(ws, second)
    back = reversing.reverse(ws, person(ws, "Ann"), 3)
    assert drafts.shown(ws, CONSOLE, back)["across_areas"] == []
    publish(ws, back)
    assert lineage.lineage(ws, CONSOLE, "乙1")["successors"] == [{"revision": 2, "codes": ["甲2"]}]


def test_ground_that_was_given_and_taken_back_is_nobody_elses(ws: Workspace) -> None:
    draft = draw(ws)
    drag(ws, draft, MIDDLE, EAST)
    drag(ws, draft, EAST, MIDDLE)
    drag(ws, draft, MIDDLE, [105.018, 35.005])
    assert drafts.shown(ws, CONSOLE, draft)["across_areas"] == [
        {"code": "乙1", "area": "B", "from_areas": ["A"]}
    ]


def test_households_that_fall_out_get_no_other_member_and_no_other_area(ws: Workspace) -> None:
    draft = draw(ws)
    ring = [[104.999, 34.999], [105.005, 34.999], [105.005, 35.011], [104.999, 35.011]]
    west = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    homes = make(ws, draft, op="trim", area=west)["impact"]["households"]
    words = ("count", "to_none", "to_other_member", "to_other_area")
    assert [homes[word] for word in words] == [1, 1, 0, 0]
    homes = make(ws, draft, op="grow", area=west, to="甲1")["impact"]["households"]
    assert [homes[word] for word in words] == [1, 0, 1, 0]


def test_a_certificate_counts_listed_households_only_and_all_of_them(ws: Workspace) -> None:
    rows = gpd.GeoDataFrame(
        {
            "id": ["gone", "far", "lost"],
            "listed_on": [date(2026, 1, 1)] * 3,
            "unlisted_on": [date(2026, 6, 1), None, None],
            "grid_code": [None, None, "丙9"],
        },
        geometry=[Point(105.0025, 35.005), Point(106, 36), None],
        crs="EPSG:4326",
    )
    with ws.store.write(today=ws.today()) as w:
        w.put_households(rows)
    draft = draw(ws)
    make(ws, draft, op="change", code="甲1", name="x")
    proof = publish(ws, draft)["certificate"]
    words = ("listed", "located", "in_one_grid", "outside_before", "outside")
    assert [proof[f"households_{word}"] for word in words] == [8, 7, 6, 2, 2]


def test_after_an_undo_the_effect_is_that_of_the_draft_as_it_is(ws: Workspace) -> None:
    ann, draft = person(ws, "Ann"), draw(ws)
    make(ws, draft, op="merge", codes=["甲1", "甲2"])
    made = make(ws, draft, op="split", code="乙1", line=upright(105.025))
    assert made["effect_of"] == "step"
    back = editing.undo(ws, ann, draft, seen=made["version"])
    assert back["effect_of"] == "draft"
    assert [row["code"] for row in back["impact"]["grids"]] == ["甲1", "甲2"]
    assert back["impact"]["households"]["count"] == 2
    assert [f["properties"]["code"] for f in back["changed"]] == ["乙1"]
    back = editing.undo(ws, ann, draft, seen=back["version"])
    assert back["impact"]["grids"] == []
    assert back["impact"]["households"]["count"] == 0
    again = editing.redo(ws, ann, draft, seen=back["version"])
    assert again["impact"]["households"]["count"] == 2


def slanted(ws: Workspace) -> None:
    """Two villages on both sides of a slanted edge of more than a kilometre."""
    a, b = (105.0, 35.7), (105.0100001, 35.7130007)
    shapes = [
        Polygon([a, b, (104.99, 35.7130007), (104.99, 35.7)]),
        Polygon([a, (105.02, 35.7), (105.02, 35.7130007), b]),
    ]
    plan = gpd.GeoDataFrame(
        {"code": ["甲1", "乙1"], "area_code": ["A", "B"]}, geometry=shapes, crs="EPSG:4326"
    )
    with ws.store.write(today=ws.today()) as w:
        w.put_grids(plan, valid_from=ws.today())


@pytest.mark.parametrize("lat", [35.7021, 35.7052, 35.7083, 35.7117])
def test_a_split_may_end_anywhere_on_the_edge_of_its_village(store: Store, lat: float) -> None:
    ws = town(store)
    slanted(ws)
    draft = drafts.open_draft(ws, person(ws, "Ann"), name="乙", area="B")
    line = {"type": "LineString", "coordinates": [[104.995, lat], [105.03, lat]]}
    told = make(ws, draft, op="split", code="乙1", line=line, new_codes=["乙2"], allow_led=True)
    assert [row["code"] for row in told["impact"]["grids"]] == ["乙1", "乙2"]
    changed = {f["properties"]["code"]: f["properties"]["changed"] for f in told["changed"]}
    assert changed == {"甲1": False, "乙1": True, "乙2": True}
    compared = comparing.compare(ws, person(ws, "Ann"), draft)
    assert [row["code"] for row in compared["grids"]] == ["乙1", "乙2"]
    proof = publish(ws, draft)["certificate"]
    assert (proof["changed"], proof["new"], proof["gone"]) == (["乙1"], ["乙2"], [])


def test_what_a_rebase_left_out_is_told_by_who_reads_it(ws: Workspace) -> None:
    ann = person(ws, "Ann")
    near = Actor("Bo", Role.PLANNER, Scope("T1"), ann.person)
    one, two = (drafts.open_draft(ws, ann, name=name, area="T1") for name in ("one", "two"))
    make(ws, one, op="merge", codes=["甲1", "甲2"])
    make(ws, two, op="merge", codes=["甲2", "乙1"])
    publish(ws, one)
    rebasing.rebase(ws, ann, two, seen=drafts.found(ws, ann, two).version)
    row = drafts.found(ws, ann, two)
    plan = ws.drawings.of(row).base
    kept = [{"arguments": {"code": "甲9"}, "faults": [{"codes": ["甲1", "甲9"], "place": [1, 2]}]}]
    for seen, codes_, place in (({"甲1"}, ["甲1", "甲9"], [1, 2]), (set(), ["甲9"], None)):
        (told,) = left_out(kept, plan, lambda grid, seen=seen: grid.code in seen)
        assert told["faults"] == [{"codes": codes_, "place": place}]
    assert drafts.shown(ws, near, two)["left_out"][0]["faults"][0]["codes"] == ["甲2"]


def test_a_plan_published_in_a_demo_comes_into_force_on_its_first_day(store: Store) -> None:
    visited = date(2026, 11, 10)
    ws = town(store)
    with ws.store.write() as w:
        w.set_programme(replace(ws.programme(), demo=True))
        w.put_visits(
            pd.DataFrame(
                {
                    "id": ["v"],
                    "household_id": ["H0"],
                    "visited_at": [pd.Timestamp(visited, tz="Asia/Shanghai")],
                    "outcome": ["met"],
                }
            )
        )
    ws = Workspace(ws.store, ws.settings, lambda: NOW)
    assert ws.today() == visited
    draft = draw(ws)
    make(ws, draft, op="merge", codes=["甲1", "甲2"])
    publish(ws, draft, valid_from=visited + timedelta(days=1))
    assert ws.today() == visited + timedelta(days=1)
    assert ws.snapshot().plan_on(ws.today()).revision == 2
    assert ws.store.grids(scope=EVERYWHERE)["code"].tolist() == ["乙1", "甲1"]
    later = draw(ws)
    make(ws, later, op="change", code="甲1", name="x")
    publish(ws, later, valid_from=NOW.date() + timedelta(days=1))
    assert ws.today() == visited + timedelta(days=1), "its day has not come"
