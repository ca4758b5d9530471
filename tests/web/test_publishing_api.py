"""Publishing over the API: certificates, clashes, withdrawing, reversing, lineage, handover."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.operations import figures
from gisgrid.web import openapi

from .approving import MERGE, SPLIT, approved

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.operations.workspace import Workspace

    Pens = Callable[..., Any]

TODAY = date(2026, 11, 22)
LATER = TODAY + timedelta(days=9)


def counts(ws: Workspace, **asked: Any) -> dict[str, int]:
    frame = figures.coverage_table(ws, CONSOLE, **asked)
    return dict(zip(frame["code"], frame["households"], strict=True))


def drawn_on(ws: Workspace, day: date) -> list[str]:
    """Codes of the plan that is to be in force on a day, to come or not."""
    return [*ws.snapshot().plan_on(day).code, ""]


def test_publishing_writes_a_certificate_and_leaves_the_past_as_it_was(
    pen: Pens, ws: Workspace
) -> None:
    yesterday = TODAY - timedelta(days=1)
    before, visits = counts(ws, as_of=yesterday), ws.store.visits(scope=EVERYWHERE)
    mine = approved(pen, SPLIT, MERGE)
    made = mine.post("publish", {"note": "spring"}, expect=201)
    assert made["revision"] == 2
    told = made["certificate"]
    assert (told["gaps"], told["overlaps"], told["footprint_changed"]) == (0, 0, False)
    assert told["footprint_km2_before"] == told["footprint_km2_after"] > 0
    assert (told["grids_before"], told["grids_after"]) == (4, 4)
    assert (told["new"], told["gone"]) == (["G1-2"], ["G3"])
    # One without a location counts in the grid that it names.
    assert (told["households_listed"], told["households_located"]) == (26, 24)
    assert (told["households_in_one_grid"], told["households_outside"]) == (25, 1)
    assert told["drawn_by"] == ["Ann"]
    assert (told["approved_by"], told["published_by"], told["valid_from"]) == (
        "Chen",
        "Ann",
        "2026-11-22",
    )
    assert told["open_cases"] == told["open_cases_with_one_member"] + told["open_cases_outside"]
    assert counts(ws, as_of=yesterday) == before
    after = counts(ws)
    assert set(after) == {"G1", "G1-2", "G2", "G4", ""}
    assert sum(after.values()) == sum(before.values()) == 26
    assert counts(ws, as_of=yesterday, restate=True) == after
    assert ws.store.visits(scope=EVERYWHERE).equals(visits)
    assert mine.get()["state"] == "published"
    shown = mine.client.get("/api/v1/revisions/2").json
    assert shown["certificate"] == told
    assert shown["state"] == "in_force"
    assert {"code": "G2", "came_from": ["G2", "G3"]} in shown["lineage"]


def test_of_two_drafts_on_one_plan_the_second_is_told_what_clashes(
    pen: Pens, ws: Workspace
) -> None:
    first = approved(pen, SPLIT, name="Ann")
    second = approved(pen, {"op": "change", "code": "G1", "name": "mine"}, MERGE, name="Ben")
    first.post("publish", expect=201)
    refused = second.post("publish", expect=409)
    assert refused["code"] == "plan_moved"
    facts = refused["facts"]
    assert (facts["base"], facts["current"]) == (1, 2)
    assert "G1" in facts["codes"]
    assert "G3" not in facts["codes"]
    kept = second.get()
    assert (kept["state"], kept["step"]) == ("approved", 2)
    rebased = second.post("rebase")
    assert rebased["lost"] == []
    assert (rebased["state"], rebased["base_revision"], rebased["step"]) == ("open", 2, 2)
    assert rebased["rights"]["submit"] is True
    second.post("submit")
    pen("supervisor", name="Chen", draft=second.id).post("approve")
    second.get()
    assert second.post("publish", expect=201)["revision"] == 3
    assert set(counts(ws)) == {"G1", "G1-2", "G2", "G4", ""}


def test_an_edit_that_no_longer_holds_is_named_and_kept(pen: Pens) -> None:
    first = approved(pen, MERGE, name="Ann")
    second = pen(name="Ben")
    second.edit(op="change", code="G3", name="gone soon")
    second.edit(op="change", code="G4", name="stays")
    first.post("publish", expect=201)
    answer = second.post("rebase")
    assert [(e["step"], e["op"], e["arguments"]["code"]) for e in answer["lost"]] == [
        (1, "change", "G3")
    ]
    assert answer["lost"][0]["faults"][0]["codes"] == ["G3"]
    lon, lat = answer["lost"][0]["place"]  # where G3 lay, which is no more
    assert 105.02 < lon < 105.03
    assert 35 < lat < 35.01
    assert [e["op"] for e in answer["edits"]] == ["change"]
    assert second.get()["left_out"] == answer["lost"]
    before = second.post("copy", {"name": "as it was", "version": 3}, expect=201)
    assert (before["step"], before["base_revision"]) == (2, 1)
    second.get()
    again = second.post("rebase")  # on the last plan already
    assert (again["lost"], again["version"]) == ([], answer["version"])


def test_what_changes_nothing_or_lies_in_the_past_is_not_published(pen: Pens) -> None:
    empty = approved(pen)
    assert empty.post("publish", expect=409)["code"] == "nothing_to_publish"
    mine = approved(pen, SPLIT)
    early = mine.post("publish", {"valid_from": "2026-11-21"}, expect=422)
    assert early["code"] == "day_passed"
    assert mine.post("publish", {"valid_from": "tomorrow"}, expect=400)["code"] == "bad_date"
    assert mine.post("publish", {"from": "2026-11-22"}, expect=400)["code"] == "unknown_word"
    assert mine.post("publish", expect=428, tag="")["code"] == "version_needed"
    assert mine.post("publish", expect=412, tag='"v1"')["code"] == "stale_draft"
    open_draft = pen(name="Ann")
    assert open_draft.post("publish", expect=409)["code"] == "wrong_state"
    boss = pen("supervisor", name="Chen", draft=mine.id)
    assert boss.post("publish", expect=403)["code"] == "not_allowed"


def test_a_plan_for_a_later_day_waits_and_can_be_withdrawn(
    pen: Pens, ws: Workspace, clock: Any
) -> None:
    mine = approved(pen, SPLIT)
    mine.post("publish", {"valid_from": LATER.isoformat()}, expect=201)
    assert set(counts(ws)) == {"G1", "G2", "G3", "G4", ""}
    assert set(drawn_on(ws, LATER)) == {"G1", "G1-2", "G2", "G3", "G4", ""}
    assert mine.client.get("/api/v1/revisions").json["revisions"][0]["state"] == "waiting"
    other = approved(pen, MERGE, name="Ben")
    assert other.post("publish", expect=409)["code"] == "plan_too_early"
    withdrawn = mine.post("/api/v1/revisions/2/withdraw")
    assert withdrawn["state"] == "withdrawn"
    assert withdrawn["certificate"]["revision"] == 2
    assert set(drawn_on(ws, LATER)) == {"G1", "G2", "G3", "G4", ""}
    assert mine.post("/api/v1/revisions/2/withdraw", expect=404)["code"] == "unknown_revision"
    assert mine.get()["state"] == "approved"
    assert other.get()["base_revision"] == 2  # it still shows what it was drawn on
    assert "G1-2" in other.codes()
    assert mine.post("publish", expect=201)["revision"] == 3
    assert set(counts(ws)) == {"G1", "G1-2", "G2", "G3", "G4", ""}
    assert other.post("rebase")["lost"] == []
    clock.pass_by(days=10)
    assert set(counts(ws)) == {"G1", "G1-2", "G2", "G3", "G4", ""}


def test_what_is_in_force_is_not_withdrawn_but_reversed(pen: Pens, ws: Workspace) -> None:
    before = {g.code: g.geometry for g in ws.store.grids(scope=EVERYWHERE).itertuples()}
    mine = approved(pen, SPLIT, MERGE)
    mine.post("publish", expect=201)
    assert mine.post("/api/v1/revisions/2/withdraw", expect=409)["code"] == "revision_stands"
    draft = mine.post("/api/v1/revisions/2/reverse", {"name": "back"}, expect=201)
    assert (draft["reverses"], draft["step"]) == (2, 1)
    back = pen(name="Ann", draft=draft["id"])
    back.post("submit")
    pen("supervisor", name="Chen", draft=back.id).post("approve")
    back.get()
    back.post("publish", expect=201)
    after = {g.code: g.geometry for g in ws.store.grids(scope=EVERYWHERE).itertuples()}
    assert set(after) == set(before)
    assert all(after[c].equals_exact(before[c]) for c in before)
    line = mine.client.get("/api/v1/grids/G3/lineage").json
    assert line["successors"] == [{"revision": 2, "codes": ["G2"]}]
    assert line["now"] == ["G2", "G3"]


def test_a_reverse_names_the_grids_that_later_plans_changed(pen: Pens) -> None:
    approved(pen, SPLIT).post("publish", expect=201)
    mine = approved(pen, {"op": "change", "code": "G1-2", "name": "later"}, name="Ben")
    mine.post("publish", expect=201)
    refused = mine.post("/api/v1/revisions/2/reverse", expect=409)
    assert refused["code"] == "reverse_clashes"
    assert refused["facts"]["codes"] == ["G1-2"]
    assert len(refused["facts"]["faults"][0]["place"]) == 2
    for number in (1, 99):
        missing = mine.post(f"/api/v1/revisions/{number}/reverse", expect=404)
        assert missing["code"] == "unknown_revision"


def test_an_old_code_resolves_to_what_became_of_it(pen: Pens) -> None:
    approved(pen, SPLIT, MERGE).post("publish", expect=201)
    mine = approved(pen, {"op": "merge", "codes": ["G1-2", "G2"], "into": "G2"}, name="Ben")
    mine.post("publish", expect=201)
    get = mine.client.get
    g3 = get("/api/v1/grids/G3/lineage").json
    assert (g3["in_force"], g3["now"], g3["origins"]) == (False, ["G2"], ["G3"])
    g1 = get("/api/v1/grids/G1/lineage").json
    assert (g1["in_force"], g1["now"]) == (True, ["G1", "G2"])
    assert g1["successors"] == [{"revision": 2, "codes": ["G1-2"]}] or "G1" in str(g1)
    g2 = get("/api/v1/grids/G2/lineage").json
    assert g2["origins"] == ["G1", "G2", "G3"]
    assert g2["predecessors"] == [
        {"revision": 2, "codes": ["G2", "G3"]},
        {"revision": 3, "codes": ["G1-2", "G2"]},
    ]


def test_lineage_of_imported_plans_follows_the_ground(pen: Pens, ws: Workspace) -> None:
    frame = ws.store.grids(scope=EVERYWHERE).set_index("code", drop=False)
    joined = frame.loc["G1"].geometry.union(frame.loc["G2"].geometry)
    frame = frame.drop("G2")
    frame.loc[["G1"], "geometry"] = joined
    with ws.store.write(today=TODAY) as w:
        w.put_grids(frame.reset_index(drop=True))
    found = pen().client.get("/api/v1/grids/G2/lineage").json
    assert found["now"] == ["G1"]


def test_both_members_get_a_handover_list(pen: Pens, enter: Any, ws: Workspace) -> None:
    approved(pen, MERGE).post("publish", expect=201)
    new = enter("member", "G2")
    grids = new.get("/api/v1/revisions/2/handover").json["grids"]
    assert [(g["code"], g["households_in"], g["member"]) for g in grids] == [("G2", 6, "Member G2")]
    mine = new.get("/api/v1/revisions/2/handover/G2").json
    assert [r["id"] for r in mine["rows"]] == [f"G3-{n}" for n in range(6)]
    first = mine["rows"][0]
    assert (first["what"], first["direction"], first["other"]) == ("household", "in", "G3")
    assert (first["name"], first["due_on"]) == ("Name G3 0", "2026-11-28")
    boss = enter("supervisor", "T1")
    old = boss.get("/api/v1/revisions/2/handover/G3").json
    assert {r["direction"] for r in old["rows"]} == {"out"}
    text = boss.get("/api/v1/revisions/2/handover/G3?format=csv")
    assert text.mimetype == "text/csv"
    assert "G3-0" in text.text
    planner = enter("planner", "T1").get("/api/v1/revisions/2/handover/G3").text
    assert "Name G3" not in planner
    foreign = enter("supervisor", "T2")
    answers = [foreign.get(f"/api/v1/revisions/2/handover/{c}") for c in ("G3", "G9")]
    assert [a.status_code for a in answers] == [404, 404]
    assert answers[0].text.replace("G3", "?") == answers[1].text.replace("G9", "?")
    audit = [row.action for row in ws.store.audit_rows(limit=10)]
    assert "list_handover" in audit


def test_a_handover_list_comes_in_pages_as_all_lists_do(
    pen: Pens, enter: Any, ws: Workspace, monkeypatch: pytest.MonkeyPatch, fits: Any
) -> None:
    monkeypatch.setattr("gisgrid.operations.plans.handover.PAGE_ROWS", 4)
    approved(pen, MERGE).post("publish", expect=201)
    client, address, page = enter("member", "G2"), "/api/v1/revisions/2/handover/G2", 1
    seen: list[str] = []
    while page:
        found = client.get(f"{address}?page={page}").json
        fits(found, openapi.ROUTES["drafts.handover_list"].answer, address)
        assert len(found["rows"]) <= 4
        assert (found["page"], found["total"], found["pages"]) == (page, 6, 2)
        assert ws.store.audit_rows(limit=1)[0].count == len(found["rows"])
        seen += [row["id"] for row in found["rows"]]
        page = found["next"]
    assert seen == [f"G3-{n}" for n in range(6)]
    assert client.get(f"{address}?page=3").json["rows"] == []
    assert client.get(f"{address}?page=0").status_code == 400
    assert client.get(f"{address}?format=csv").status_code == 403  # members take no file along
    assert "format=csv" not in client.get("/plans/revisions/2/handover/G2").text
    boss = enter("supervisor", "T1")
    assert len(boss.get(f"{address}?format=csv").text.splitlines()) == 1 + 6
    assert "format=csv" in boss.get("/plans/revisions/2/handover/G2").text


def test_where_only_the_member_changes_old_and_new_one_get_a_handover_list(
    pen: Pens, enter: Any
) -> None:
    wish = {"op": "change", "code": "G1", "member": "Zhao"}
    approved(pen, wish).post("publish", expect=201)
    boss = enter("supervisor", "T1")
    (row,) = boss.get("/api/v1/revisions/2/handover").json["grids"]
    assert (row["code"], row["member_before"], row["member"]) == ("G1", "Member G1", "Zhao")
    assert [row[f"households_{way}"] for way in ("in", "out", "stay")] == [0, 0, 6]
    assert (row["area_code"], row["area"]) == ("V1", "Upper")
    assert row["cases_stay"] == 1
    told = boss.get("/api/v1/revisions/2/handover/G1").json
    assert {(r["direction"], r["other"]) for r in told["rows"]} == {("stay", None)}
    assert [r["id"] for r in told["rows"]][:6] == [f"G1-{n}" for n in range(6)]
    page = boss.get("/plans/revisions/2/handover/G1").text
    assert "Member G1 → Zhao" in page
    assert "Households that stay, with another member (6)" in page
    assert "Comes from" not in page
    assert "Member G1 → Zhao" in boss.get("/plans/revisions/2").text


def test_an_open_case_moves_with_its_household_and_keeps_its_deadline(
    pen: Pens, enter: Any, ws: Workspace
) -> None:
    due = ws.store.cases(scope=EVERYWHERE).set_index("id")["due_on"].to_dict()
    mine = approved(pen, {"op": "merge", "codes": ["G1", "G2"], "into": "G2"})
    told = mine.post("publish", expect=201)["certificate"]
    assert (told["cases_moved"], told["households_moved"]) == (1, 6)
    assert ws.store.cases(scope=EVERYWHERE).set_index("id")["due_on"].to_dict() == due
    rows = enter("member", "G2").get("/api/v1/revisions/2/handover/G2").json["rows"]
    (case,) = [r for r in rows if r["what"] == "case"]
    assert (case["id"], case["household"], case["status"]) == ("c1", "G1-0", "overdue")
    assert case["due_on"] == "2026-11-01"


def test_a_visit_to_a_household_that_was_moved_is_kept(pen: Pens, ws: Workspace) -> None:
    import pandas as pd

    approved(pen, MERGE).post("publish", expect=201)
    visit = pd.DataFrame(
        {
            "household_id": ["G3-5"],
            "visited_at": pd.to_datetime(["2026-11-22T03:00:00Z"]),
            "outcome": ["met"],
            "member": ["Member G3"],
            "client_id": ["phone-1"],
        }
    )
    with ws.store.write(today=TODAY) as w:
        assert w.put_visits(visit).inserted == 1
    kept = ws.store.visits(scope=EVERYWHERE, household_ids=["G3-5"])
    assert kept.iloc[0]["member"] == "Member G3"


def test_compare_shows_moved_ground_and_hands(pen: Pens) -> None:
    mine = pen(name="Ann")
    mine.edit(**MERGE)
    found = mine.client.get(f"/api/v1/drafts/{mine.id}/compare?with=plan").json
    (ground,) = found["moved"]["features"]
    assert (ground["properties"]["from"], ground["properties"]["to"]) == ("G3", "G2")
    assert ground["properties"]["area_km2"] > 0
    assert found["households"]["count"] == 6
    assert [row["code"] for row in found["grids"]] == ["G2", "G3"]
    assert found["grids"][1]["after"] is None
    other = pen(name="Ben")
    other.edit(**SPLIT)
    both = mine.client.get(f"/api/v1/drafts/{mine.id}/compare?with={other.id}").json
    assert {"G1", "G1-2", "G2", "G3"} <= {row["code"] for row in both["grids"]}
    for asked, status in (("x", 400), ("99", 404)):
        answer = mine.client.get(f"/api/v1/drafts/{mine.id}/compare?with={asked}")
        assert answer.status_code == status


def test_a_certificate_says_outside_its_area_only_that_it_was_proved(pen: Pens, enter: Any) -> None:
    approved(pen, SPLIT, area="T1").post("publish", {"note": "private"}, expect=201)
    foreign = enter("supervisor", "T2")
    shown = foreign.get("/api/v1/revisions/2").json
    assert shown["certificate"]["gaps"] == 0
    text = str(shown)
    for secret in ("Ann", "Chen", "private", "G1", "spring"):
        assert secret not in text, secret
    assert "Ann" not in foreign.get("/api/v1/revisions").text
    for code in ("G1-2", "G9"):
        assert foreign.get(f"/api/v1/grids/{code}/lineage").status_code == 404
    assert foreign.get("/api/v1/revisions/99").status_code == 404
    planner = pen(scope="T2", name="Far")
    assert planner.post("/api/v1/revisions/2/withdraw", expect=404)["code"] == "unknown_revision"
    assert planner.post("/api/v1/revisions/2/reverse", expect=422)["code"] == "edit_refused"


@pytest.mark.parametrize("verb", ["rebase", "publish"])
def test_only_who_may_gets_to_publish_and_rebase(pen: Pens, verb: str) -> None:
    mine = pen(name="Ann")
    boss = pen("supervisor", name="Chen", draft=mine.id)
    assert boss.post(verb, expect=403)["code"] == "not_allowed"
    assert mine.post(verb, expect=428, tag="")["code"] == "version_needed"


def test_the_figures_of_a_draft_are_those_of_the_plan_once_it_is_published(
    pen: Pens, ws: Workspace
) -> None:
    edits = (
        SPLIT,
        MERGE,
        {"op": "change", "code": "G2", "visit_every_days": 30},  # fewer are late then
        {"op": "renumber", "code": "G4", "new_code": "A4"},
    )
    mine = approved(pen, *edits)
    words = ("code", "households", "visits_due", "open", "overdue")
    shown = {
        f["properties"]["code"]: tuple(f["properties"][w] for w in words)
        for f in mine.get("/grids")["features"]
    }
    told = mine.client.get(f"/api/v1/drafts/{mine.id}/compare").json["grids"]
    mine.post("publish", expect=201)
    homes = figures.coverage_table(ws, CONSOLE).set_index("code")
    cases = figures.case_table(ws, CONSOLE).set_index("code")
    published = {
        code: (
            code,
            int(homes.households[code]),
            int(homes.gap[code]),
            int(cases.open[code]),
            int(cases.overdue[code]),
        )
        for code in homes.index
        if code
    }
    assert shown == published
    after = {
        r["code"]: (r["code"], *(r["after"][w] for w in words[1:])) for r in told if r["after"]
    }
    assert after == {code: published[code] for code in after}
    assert set(after) == {"G1", "G1-2", "G2", "A4"}


def test_a_household_on_the_edge_goes_with_the_lowest_code(pen: Pens, ws: Workspace) -> None:
    import geopandas as gpd
    from shapely.geometry import Point

    edge = gpd.GeoDataFrame(
        {"id": ["E-1"], "listed_on": [date(2026, 9, 1)]},
        geometry=[Point(105.01, 35.005)],
        crs="EPSG:4326",
    )
    with ws.store.write() as w:
        w.put_households(edge)
    mine = pen()
    assert mine.codes()["G1"] == 7
    answer = mine.edit(op="renumber", code="G1", new_code="Z1")
    rows = {row["code"]: row for row in answer["impact"]["grids"]}
    assert rows["Z1"]["after"]["households"] == 6
    assert rows["G2"]["after"]["households"] == 8  # untouched, and yet it has one more
    assert {"id": "E-1", "from": "G1", "to": "G2"} in answer["impact"]["households"]["moved"]


def test_a_report_for_a_household_that_was_moved_waits_for_both_members(
    pen: Pens, enter: Any, token: Callable[..., str]
) -> None:
    """The member who served it yesterday reports a visit today: kept, and shown to both."""
    answer = pen(name="Eve").edit(**SPLIT)
    moved = answer["impact"]["households"]["moved"][0]["id"]
    approved(pen, SPLIT).post("publish", expect=201)
    old = enter("member", "G1")
    visit = {
        "client_id": "0d5c3f4e-9d5a-4c7e-8a43-0f6a1f0b7c11",
        "household": moved,
        "visited_at": "2026-11-22T09:00:00+08:00",
        "outcome": "met",
    }
    headers = {"X-CSRFToken": token(old, "/")}
    kept = old.post("/api/v1/visits", json=visit, headers=headers)
    assert kept.status_code == 202, kept.text
    new = enter("member", "G1-2")
    for who in (old, new):
        assert moved in who.get("/decisions").text


def test_a_reverse_follows_a_newer_plan_where_it_still_holds(pen: Pens, ws: Workspace) -> None:
    approved(pen, MERGE).post("publish", expect=201)
    mine = pen(name="Ann")
    draft = mine.post("/api/v1/revisions/2/reverse", expect=201)["id"]
    approved(pen, {"op": "change", "code": "G1", "name": "far from it"}, name="Ben").post(
        "publish", expect=201
    )
    back = pen(name="Ann", draft=draft)
    assert back.post("rebase")["lost"] == []
    assert set(back.codes()) == {"G1", "G2", "G3", "G4"}
    approved(pen, {"op": "change", "code": "G2", "name": "the same ground"}, name="Ben").post(
        "publish", expect=201
    )
    (lost,) = back.post("rebase")["lost"]
    assert (lost["op"], lost["faults"][0]["codes"]) == ("reverse", ["G2"])
    assert len(lost["faults"][0]["place"]) == 2
    assert set(back.codes()) == {"G1", "G2", "G4"}


def test_the_footprint_is_grown_and_trimmed_by_who_has_the_whole_county(
    pen: Pens, ws: Workspace
) -> None:
    ring = [[105.035, 35.005], [105.05, 35.005], [105.05, 35.0099], [105.035, 35.0099]]
    area = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    grow = {"op": "grow", "area": area, "to": "G4"}
    town = pen(scope="T2", name="Far")
    assert town.get()["rights"]["footprint"] is False
    refused = town.edit(expect=403, **grow)
    assert refused["code"] == "scope_too_small"  # the role would do
    assert "role" not in refused["detail"]
    assert "T2" in refused["detail"]
    mine = approved(pen, grow)
    told = mine.post("publish", expect=201)["certificate"]
    assert told["footprint_changed"] is True
    assert told["footprint_km2_after"] > told["footprint_km2_before"]
    draft = mine.post("/api/v1/revisions/2/reverse", expect=201)["id"]
    back = pen(name="Ann", draft=draft)
    back.post("submit")
    pen("supervisor", name="Chen", draft=draft).post("approve")
    back.get()
    again = back.post("publish", expect=201)["certificate"]
    assert again["footprint_changed"] is True
    assert again["footprint_km2_after"] == told["footprint_km2_before"]
    from gisgrid.operations.plans import checking

    assert checking.check(ws, CONSOLE) == []
