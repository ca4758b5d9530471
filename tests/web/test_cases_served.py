"""Each open case keeps a member who answers: what takes it away is told, and has to be allowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from gisgrid.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.settings import Settings

    Pens = Callable[..., Any]

NOBODY = {"op": "change", "code": "G1", "member": None}
ALLOWED = {"allow_unserved": True}
RING = [[105.0305, 34.99], [105.0315, 34.99], [105.0315, 35.006], [105.0305, 35.006]]
TRIM = {"op": "trim", "area": {"type": "Polygon", "coordinates": [[*RING, RING[0]]]}}


def approved(pen: Pens, *edits: dict[str, Any], **new: Any) -> tuple[Any, Any]:
    """A draft with these edits, approved, and the answer to the last of them."""
    mine = pen(name="Ann", **new)
    answers = [mine.edit(**wish) for wish in edits]
    mine.post("submit")
    pen("supervisor", name="Chen", draft=mine.id).post("approve")
    mine.get()
    return mine, answers[-1]


def told(answer: Any) -> list[tuple[Any, ...]]:
    """The notes on cases: codes, how many, of what, and whether there is a place."""
    notes = [note for note in answer["notes"] if note["what"] == "cases_unserved"]
    return [(n["codes"], n["size"], n["unit"], bool(n["place"])) for n in notes]


def test_a_plan_that_leaves_open_cases_to_nobody_has_to_be_allowed(pen: Pens) -> None:
    mine, answer = approved(pen, NOBODY)
    assert told(answer) == [(["G1"], 1, "cases", True)]
    lost = {"count": 1, "already": 0, "cases": [{"id": "c1", "from": "G1", "to": "G1"}]}
    assert answer["impact"]["unserved"] == lost
    assert mine.get()["edits"][0]["notes"] == answer["notes"]
    compared = mine.request("GET", f"/api/v1/drafts/{mine.id}/compare").json
    assert compared["unserved"] == lost
    for body in ({}, {"allow_unserved": False}):
        refused = mine.post("publish", body, expect=409)
        assert refused["code"] == "cases_unserved"
        assert (refused["facts"]["codes"], refused["facts"]["cases"]) == (["G1"], ["c1"])
        (fault,) = refused["facts"]["faults"]
        assert (fault["codes"], fault["size"], fault["unit"]) == (["G1"], 1, "cases")
        assert 105 < fault["place"][0] < 105.01
    assert mine.post("publish", {"allow_unserved": 1}, expect=400)["code"] == "unknown_word"
    in_chinese = mine.request(
        "POST",
        f"/api/v1/drafts/{mine.id}/publish",
        {},
        headers={"If-Match": mine.tag, "Accept-Language": "zh"},
    ).json
    assert "网格员" in in_chinese["detail"]
    assert mine.get()["state"] == "approved"
    made = mine.post("publish", ALLOWED, expect=201)["certificate"]
    assert (made["open_cases_unserved"], made["open_cases_in_grids_without_member"]) == (1, 1)


def test_cases_that_had_no_member_before_do_not_hold_a_plan_up_but_are_told(pen: Pens) -> None:
    first, _ = approved(pen, NOBODY)
    first.post("publish", ALLOWED, expect=201)
    mine, answer = approved(pen, {"op": "change", "code": "G1", "name": "x"})
    assert told(answer) == []
    assert answer["impact"]["unserved"] == {"count": 0, "already": 1, "cases": []}
    made = mine.post("publish", expect=201)["certificate"]
    assert (made["open_cases_unserved"], made["open_cases_in_grids_without_member"]) == (0, 1)


def test_a_grid_without_cases_may_be_without_a_member(pen: Pens) -> None:
    mine, answer = approved(pen, {"op": "change", "code": "G2", "member": None})
    assert told(answer) == []
    mine.post("publish", expect=201)
    # A case that goes into it is told, also where it is given back: then nothing is lost.
    other, answer = approved(pen, {"op": "merge", "codes": ["G1", "G2"], "into": "G2"})
    assert told(answer) == [(["G2"], 1, "cases", True)]
    assert other.post("publish", expect=409)["facts"]["codes"] == ["G2"]
    other.post("withdraw")
    assert other.edit(op="change", code="G2", member="Li")["impact"]["unserved"]["count"] == 0
    other.post("submit")
    pen("supervisor", name="Chen", draft=other.id).post("approve")
    other.get()
    assert other.post("publish", expect=201)["certificate"]["open_cases_unserved"] == 0


def test_ground_given_up_with_open_cases_on_it_has_to_be_allowed(
    pen: Pens, settings: Settings
) -> None:
    mine, answer = approved(pen, TRIM)
    assert answer["impact"]["cases"]["to_none"] == 1
    assert told(answer) == [(["G4"], 1, "cases", True)]
    assert answer["impact"]["unserved"]["cases"] == [{"id": "c3", "from": "G4", "to": None}]
    words = ["plan", "publish", str(mine.id), "--as", "Ann", "--store", settings.store]
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 1
    said = json.loads(refused.stdout)
    assert (said["cases"], said["faults"][0]["codes"]) == (["c3"], ["G4"])
    assert "--allow-unserved" in refused.stderr
    done = CliRunner().invoke(main, [*words, "--allow-unserved"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["open_cases_unserved"] == 1
    back = pen(name="Ann", draft=mine.post("/api/v1/revisions/2/reverse", expect=201)["id"])
    assert back.get()["edits"][0]["notes"] == []  # the case has its member again
