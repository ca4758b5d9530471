"""A plan that waits for its day beside the one in force, and grids of other days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.operations.plans import comparing
from gisgrid.web import openapi

from .approving import MERGE, SPLIT, published

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    Pens = Callable[..., Any]
    Enter = Callable[..., FlaskClient]
    Found = Callable[[FlaskClient, str], list[dict[str, Any]]]

TODAY = date(2026, 11, 22)
LATER = (TODAY + timedelta(days=9)).isoformat()


# Lineage ------------------------------------------------------------------------------------------


def test_a_grid_that_a_waiting_plan_ends_is_in_force_until_then(
    pen: Pens, enter: Enter, clock: Any, fits: Callable[..., None]
) -> None:
    client = published(pen, MERGE, valid_from=LATER).client
    found = client.get("/api/v1/grids/G3/lineage").json
    fits(found, openapi.ROUTES["drafts.line"].answer, "lineage")
    assert (found["in_force"], found["now"]) == (True, ["G3"])
    assert found["coming"] == [
        {"revision": 2, "valid_from": LATER, "in_force": False, "codes": ["G2"]}
    ]
    page = client.get("/plans/grids/G3").text
    assert "no longer in force" not in page
    assert f"It ends on {LATER} with revision 2." in page
    assert 'href="/areas/G3"' in page  # Show on the map
    assert client.get("/areas/G3").status_code == 200
    grows = client.get("/api/v1/grids/G2/lineage").json
    assert (grows["now"], [row["codes"] for row in grows["coming"]]) == (["G2"], [["G2"]])
    stays = client.get("/api/v1/grids/G4/lineage").json
    assert (stays["in_force"], stays["now"], stays["coming"]) == (True, ["G4"], [])
    clock.pass_by(days=9)
    client = enter("planner", name="Ann")  # signed in anew
    after = client.get("/api/v1/grids/G3/lineage").json
    assert (after["in_force"], after["now"], after["coming"]) == (False, ["G2"], [])
    assert "no longer in force" in client.get("/plans/grids/G3").text


def test_a_grid_that_a_waiting_plan_brings_is_not_in_force_yet(pen: Pens) -> None:
    client = published(pen, SPLIT, valid_from=LATER).client
    found = client.get("/api/v1/grids/G1-2/lineage").json
    assert (found["in_force"], found["now"], found["origins"]) == (False, ["G1"], ["G1"])
    assert found["coming"] == [
        {"revision": 2, "valid_from": LATER, "in_force": True, "codes": ["G1-2"]}
    ]
    page = client.get("/plans/grids/G1-2").text
    assert "not yet in force" in page
    assert f"It is in force from {LATER}, with revision 2." in page
    assert 'href="/areas/G1-2"' not in page
    (row,) = client.get("/api/v1/grids/G1/lineage").json["coming"]
    assert (row["in_force"], row["codes"]) == (True, ["G1", "G1-2"])
    assert f"It changes on {LATER} with revision 2." in client.get("/plans/grids/G1").text


# Comparing ----------------------------------------------------------------------------------------


def test_a_draft_is_held_against_the_plan_in_force_and_the_one_that_waits(
    pen: Pens, fits: Callable[..., None]
) -> None:
    published(pen, MERGE, valid_from=LATER)
    mine = pen(name="Ben")
    mine.edit(op="change", code="G4", member="Zhao")

    def against(side: str) -> tuple[Any, list[str]]:
        query = f"?with={side}" if side else ""
        found = mine.client.get(f"/api/v1/drafts/{mine.id}/compare{query}").json
        fits(found, openapi.ROUTES["drafts.compare"].answer, "compare")
        return found["plan"], [row["code"] for row in found["grids"]]

    now = {"revision": 1, "valid_from": None, "state": "in_force"}
    to_come = {"revision": 2, "valid_from": LATER, "state": "waiting"}
    assert against("plan") == against("") == (now, ["G2", "G3", "G4"])
    assert against("last") == against("base") == (to_come, ["G4"])
    other = pen(name="Cao")
    assert against(str(other.id)) == (None, ["G4"])
    assert against("step") == (None, ["G4"])


def test_what_changes_hands_comes_whole_in_pages(
    pen: Pens, monkeypatch: pytest.MonkeyPatch, fits: Callable[..., None]
) -> None:
    for module in ("shown", "comparing"):
        monkeypatch.setattr(f"gisgrid.operations.plans.{module}.PAGE_ROWS", 4)
    monkeypatch.setitem(comparing.compare.__kwdefaults__, "most", 4)
    mine = pen()
    first = mine.edit(**MERGE)["impact"]["households"]
    assert (first["count"], len(first["moved"]), first["next"]) == (6, 4, 2)
    for side in ("step", "base", "plan", "last"):
        told, page = [], 1
        while page:
            address = f"/api/v1/drafts/{mine.id}/moved?what=households&with={side}&page={page}"
            found = mine.client.get(address).json
            fits(found, openapi.ROUTES["drafts.moved"].answer, address)
            assert (found["total"], found["pages"], found["page"]) == (6, 2, page)
            assert len(found["rows"]) <= 4
            told += found["rows"]
            page = found["next"]
        assert [row["id"] for row in told] == [f"G3-{n}" for n in range(6)]
        assert {(row["from"], row["to"]) for row in told} == {("G3", "G2")}
    mine.edit(op="change", code="G4", name="Far")
    get = mine.client.get
    assert get(f"/api/v1/drafts/{mine.id}/moved?with=step").json["total"] == 0
    assert get(f"/api/v1/drafts/{mine.id}/moved?with=base").json["total"] == 6
    undone = mine.post("undo")["impact"]["households"]  # of the whole draft
    assert (undone["count"], len(undone["moved"]), undone["next"]) == (6, 4, 2)
    compared = get(f"/api/v1/drafts/{mine.id}/compare").json["households"]
    assert (len(compared["moved"]), compared["next"]) == (4, 2)
    cases = get(f"/api/v1/drafts/{mine.id}/moved?what=cases").json
    assert (cases["total"], cases["pages"], cases["next"], cases["rows"]) == (0, 1, None, [])
    assert get(f"/api/v1/drafts/{mine.id}/moved?what=dogs").status_code == 400
    assert get(f"/api/v1/drafts/{mine.id}/moved?page=0").status_code == 400


def test_what_changes_hands_is_told_within_the_scope_only(pen: Pens) -> None:
    mine = pen(name="Ann")
    mine.edit(**MERGE)
    mine.edit(op="merge", codes=["G2", "G4"], into="G2")
    boss = pen("supervisor", name="Chen", scope="*", draft=mine.id).client
    assert boss.get(f"/api/v1/drafts/{mine.id}/moved").json["total"] == 12
    theirs = pen(scope="T2", name="Far")
    assert theirs.client.get(f"/api/v1/drafts/{mine.id}/moved").status_code == 404
    theirs.edit(op="change", code="G4", member="Zhao")
    against = theirs.client.get(f"/api/v1/drafts/{theirs.id}/moved?with={mine.id}")
    assert against.status_code == 404


# Grids of other days ------------------------------------------------------------------------------


def test_a_grid_of_a_past_day_opens_on_the_map_of_that_day(pen: Pens) -> None:
    client = published(pen, MERGE).client
    past = (TODAY - timedelta(days=1)).isoformat()
    assert client.get(f"/api/v1/overview?area=G3&as_of={past}").status_code == 200
    assert client.get(f"/areas/G3?as_of={past}").status_code == 200
    assert client.get(f"/cases?area=G3&as_of={past}").status_code == 200
    for today in ("", f"?as_of={TODAY}", f"?as_of={past}&restate=1"):
        assert client.get(f"/areas/G3{today}").status_code == 404, today


def test_an_ended_code_is_found_and_leads_to_what_became_of_it(
    pen: Pens, enter: Enter, found: Found, fits: Callable[..., None]
) -> None:
    ann = published(pen, MERGE, SPLIT).client
    (hit,) = found(ann, "G3")[:1]
    fits(hit, openapi.HIT, "hit")
    assert (hit["kind"], hit["code"], hit["sublabel"]) == ("former_grid", "G3", "Lower")
    assert [h["kind"] for h in found(ann, "g3") if h["code"] == "G3"] == ["former_grid"]
    member = enter("member", "T1")
    (heir,) = [h for h in found(member, "G3") if h["kind"] != "household"]
    assert (heir["kind"], heir["code"], heir["was"]) == ("grid", "G2", "G3")
    for role, scope in (("planner", "T2"), ("member", "T2"), ("member", "G4")):
        hits = found(enter(role, scope), "G3")
        assert hits == [], (role, scope)
    assert [h["kind"] for h in found(ann, "G2")][:1] == ["grid"]  # it is there today


def test_the_page_of_a_search_leads_ended_codes_on(
    pen: Pens, enter: Enter, token: Callable[..., str]
) -> None:
    ann = published(pen, MERGE).client
    page = ann.post("/search", data={"q": "G3", "csrf_token": token(ann, "/")}).text
    assert 'href="/plans/grids/G3"' in page
    assert "former grid" in page
    member = enter("member", "T1")
    page = member.post("/search", data={"q": "G3", "csrf_token": token(member, "/")}).text
    assert 'href="/areas/G2"' in page
    assert "formerly G3" in page


def test_a_code_that_is_to_come_is_found_by_who_may_see_plans(
    pen: Pens, enter: Enter, found: Found
) -> None:
    ann = published(pen, SPLIT, valid_from=LATER).client
    grids = [(h["code"], h["kind"]) for h in found(ann, "G1") if h["kind"] != "household"]
    assert grids == [("G1", "grid"), ("G1-2", "coming_grid")]
    member = found(enter("member", "T1"), "G1-2")  # a household has that number too
    assert {h["kind"] for h in member} == {"household"}
