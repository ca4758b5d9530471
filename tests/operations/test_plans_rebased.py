"""A rebase puts each edit on the grid that it was made on, or names it as lost."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from shapely.geometry import box

from gisgrid.access import CONSOLE
from gisgrid.errors import EditRefused
from gisgrid.operations.plans import checking, drafts, rebasing, repairs, reviewing

from .strokes import village, wish
from .town import codes, make, person, publish, town, upright, version

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Store


@pytest.fixture
def ws(store: Store) -> Workspace:
    """The town of town.py."""
    return town(store)


def draw(ws: Workspace, *edits: dict[str, Any], name: str = "春") -> int:
    draft = drafts.open_draft(ws, person(ws, "Ann"), name=name)
    for asked in edits:
        make(ws, draft, **asked)
    return draft


def rebase(ws: Workspace, draft: int) -> list[tuple[int, str, str]]:
    """Step, op and first fault of the edits that were lost; each has a place and a sentence."""
    lost = rebasing.rebase(ws, person(ws, "Ann"), draft, seen=version(ws, draft))
    assert all(edit["place"] and edit["faults"][0]["sentence"] for edit in lost)
    return [(edit["step"], edit["op"], edit["faults"][0]["what"]) for edit in lost]


def members(ws: Workspace, draft: int) -> dict[str, str | None]:
    plan = ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan
    return {code: plan[code].member for code in plan.codes()}


def test_a_code_that_another_draft_was_given_too_is_followed_to_the_own_grid(ws: Workspace) -> None:
    one = draw(ws, {"op": "split", "code": "甲1", "line": upright(105.005)})
    two = draw(
        ws,
        {"op": "split", "code": "甲2", "line": upright(105.015)},
        {"op": "change", "code": "甲3", "member": "Zhao"},
        {"op": "merge", "codes": ["甲3", "乙1"]},
        {"op": "renumber", "code": "甲3", "new_code": "丙"},
        {"op": "change", "code": "丙", "name": "mine"},
    )
    assert "甲3" in codes(ws, one)  # both made the same code up
    publish(ws, one)
    assert rebase(ws, two) == []
    assert members(ws, two) == {"甲1": "Li", "甲2": "Wang", "甲3": "Li", "丙": "Zhao"}
    drawing = ws.drawings.of(drafts.found(ws, CONSOLE, two))
    assert drawing.plan["甲3"] is drawing.base["甲3"]
    assert drawing.plan["丙"].polygon.bounds[::2] == (105.015, 105.03)
    assert [e["summary"] for e in drafts.shown(ws, CONSOLE, two)["edits"]] == [
        "甲2 → 甲2, 甲4",
        "甲4",
        "乙1, 甲4 → 甲4",
        "甲4 → 丙",
        "丙",
    ]


def test_what_names_the_grid_of_a_lost_step_is_lost_with_it(ws: Workspace) -> None:
    one = draw(ws, {"op": "renumber", "code": "甲1", "new_code": "S"})
    two = draw(
        ws,
        {"op": "renumber", "code": "甲2", "new_code": "S"},
        {"op": "change", "code": "S", "member": "Zhao"},
        {"op": "change", "code": "乙1", "member": "Sun"},
    )
    publish(ws, one)
    assert rebase(ws, two) == [(1, "renumber", "code_taken"), (2, "change", "of_lost_step")]
    assert members(ws, two) == {"S": "Li", "甲2": "Wang", "乙1": "Sun"}


def test_a_code_that_went_to_other_ground_in_between_is_not_followed(ws: Workspace) -> None:
    one = draw(
        ws,
        {"op": "renumber", "code": "甲1", "new_code": "X"},
        {"op": "renumber", "code": "甲2", "new_code": "甲1"},
    )
    two = draw(ws, {"op": "change", "code": "甲1", "member": "Zhao"})
    publish(ws, one)
    assert rebase(ws, two) == [(1, "change", "other_grid")]


def test_ground_that_is_another_grids_by_now_is_left_alone(ws: Workspace) -> None:
    one = draw(ws, {"op": "split", "code": "甲1", "line": upright(105.005), "new_codes": ["N"]})
    corners = [[105.0005, 35.002], [105.0095, 35.002], [105.0095, 34.99], [105.0005, 34.99]]
    ring = [[x + 0.005, y] for x, y in corners]
    area = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    two = draw(ws, {"op": "transfer", "area": area, "to": "甲2", "allow_led": True})
    publish(ws, one)
    assert rebase(ws, two) == [(1, "transfer", "other_ground")]


def test_a_repair_is_made_anew_on_the_newer_plan(ws: Workspace) -> None:
    def damage(east: float, day: Any) -> None:
        shapes = [box(105, 35, east, 35.01), box(105.01, 35, 105.02, 35.01)]
        plan = gpd.GeoDataFrame(
            {"code": ["甲1", "甲2"], "area_code": ["A", "A"]}, geometry=shapes, crs="EPSG:4326"
        )
        with ws.store.write(today=ws.today()) as w:
            w.put_grids(plan, valid_from=day)

    damage(105.0100002, ws.today())
    draft, left = repairs.repair(ws, CONSOLE, "repair")
    assert (draft is not None, left) == (True, [])
    damage(105.0100003, ws.today())
    assert draft is not None
    assert rebase(ws, draft) == []
    publish(ws, draft)
    assert ws.store.published()[0].revision == 4
    again, _ = repairs.repair(ws, CONSOLE, "repair")
    assert again is None
    # A plan without anything to mend: that is said, with the places.
    damage(105.0100004, ws.today())
    draft, _ = repairs.repair(ws, CONSOLE, "repair")
    damage(105.01, ws.today())
    assert draft is not None
    assert rebase(ws, draft) == [(1, "repair", "repair")]


def test_no_area_is_taken_from_a_grid_also_where_a_draft_has_none(ws: Workspace) -> None:
    draft = draw(ws)
    for area, what in (("nix", "unknown_area"), ("T1", "area_above"), (None, "no_area")):
        with pytest.raises(EditRefused) as refused:
            make(ws, draft, op="change", code="甲1", area_code=area)
        (fault,) = refused.value.facts["faults"]
        assert (fault["what"], fault["codes"][0]) == (what, "甲1")
        assert fault["place"] == pytest.approx([105.005, 35.005])
    make(ws, draft, op="change", code="甲1", area_code="B")


# Two drafts at random -----------------------------------------------------------------------------

Side = dict[str, tuple[tuple[Any, ...], Any]]


def side_of(plan: Any) -> Side:
    """Code -> words and shape, as the judge looks at a plan."""
    grids = [plan[code] for code in plan.codes()]
    return {g.code: ((g.name, g.area_code, g.member), g.polygon) for g in grids}


def changed(one: Side, other: Side) -> set[str]:
    """Codes of grids of one that are gone in the other, or not the same there."""
    return {
        code
        for code, (words, shape) in one.items()
        if code not in other
        or other[code][0] != words
        or other[code][1].symmetric_difference(shape).area > 1e-3 * shape.area
    }


class Drawn:
    """A draft drawn at random: which grids it changed, and where each mark was set."""

    def __init__(self, ws: Workspace, chance: random.Random, name: str) -> None:
        self.id = draw(ws, name=name)
        self.touched: set[str] = set()
        self.marks: dict[str, Any] = {}
        self.made: list[str] = []
        self.steps = 0
        for n in range(30):
            before = ws.drawings.of(drafts.found(ws, CONSOLE, self.id)).plan
            mark = f"{name}.{n}"
            asked = wish(chance, before, mark, self.made)
            try:
                make(ws, self.id, **asked)
            except EditRefused:
                continue
            after = side_of(ws.drawings.of(drafts.found(ws, CONSOLE, self.id)).plan)
            self.touched |= changed(side_of(before), after)
            self.made += [code for code in after if code not in before]
            if asked["op"] == "change":
                self.marks[mark] = before[asked["code"]].polygon
            self.steps += 1
            if self.steps == 8:
                break


def judge(ws: Workspace, before: Side, two: Drawn, what: str) -> int:
    """Nothing that the author did not touch is changed. Returns how many marks hold."""
    drawing = ws.drawings.of(drafts.found(ws, CONSOLE, two.id))
    theirs, now = side_of(drawing.base), side_of(drawing.plan)
    moved = changed(theirs, now)
    assert not moved - set(before), f"a grid that the other draft made is changed: {what}"
    assert moved <= two.touched, f"a grid that nobody touched is changed: {what}"
    held = 0
    for words, shape in now.values():
        if words[2] in two.marks:
            was, held = two.marks[words[2]], held + 1
            common = shape.intersection(was).area
            assert 2 * common >= min(shape.area, was.area) - 1e-12, f"a mark is elsewhere: {what}"
    return held


@pytest.mark.parametrize("seed", range(3))
def test_of_two_drafts_the_second_changes_nothing_but_what_its_author_changed(
    ws: Workspace, seed: int
) -> None:
    village(ws)
    chance = random.Random(seed)  # noqa: S311 - not a secret
    told: Counter[str] = Counter()
    for n in range(8):
        before = side_of(ws.drawings.base(drafts.latest_revision(ws)))
        one, two = (Drawn(ws, chance, f"{word}{n}") for word in "AB")
        publish(ws, one.id)
        lost = rebase(ws, two.id)
        kept = drafts.shown(ws, CONSOLE, two.id)["edits"]
        assert len(kept) + len(lost) == two.steps
        told["held"] += judge(ws, before, two, f"{seed}, {n}: {lost}")
        told.update(what for _, _, what in lost)
        reviewing.discard(ws, person(ws, "Ann"), two.id, seen=version(ws, two.id))
    assert told["held"]
    assert told["of_lost_step"]
    assert checking.check(ws, CONSOLE) == []
