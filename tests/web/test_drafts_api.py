"""Drafts over the API: opened, edited, undone, reviewed; stale, foreign and malformed requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from shapely.geometry import box

from gisgrid.access import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.operations.workspace import Workspace

    Pens = Callable[..., Any]


MIDDLE = {"type": "LineString", "coordinates": [[105.0055, 34.9], [105.0055, 35.1]]}
WHOLE = {"G1": 6, "G2": 7, "G3": 6, "G4": 6}


def test_a_draft_opens_on_the_plan_in_force(pen: Pens) -> None:
    mine = pen(area="T1")
    draft = mine.get()
    assert mine.tag == '"v1"'
    shown = {k: draft[k] for k in ("name", "area", "state", "version", "base_revision", "step")}
    assert shown == {
        "name": "spring",
        "area": "T1",
        "state": "open",
        "version": 1,
        "base_revision": 1,
        "step": 0,
    }
    assert draft["author"] == "planner *"
    assert draft["rights"]["edit"] is True
    assert draft["rights"]["approve"] is False
    assert mine.codes() == WHOLE
    editable = {
        f["properties"]["code"]
        for f in mine.get("/grids")["features"]
        if f["properties"]["editable"]
    }
    assert editable == {"G1", "G2", "G3"}


def test_each_step_of_a_draft_is_in_the_account_of_use(pen: Pens, ws: Workspace) -> None:
    mine = pen()
    mine.edit(op="split", code="G1", line=MIDDLE, new_codes=["G1-2"])
    mine.post("undo")
    mine.post("redo")
    rows = ws.store.audit_rows(limit=4)[::-1]
    number = mine.id
    assert [(row.role, row.action, row.object) for row in rows] == [
        ("planner", "draft_new", f"draft:{number}"),
        ("planner", "draft_edit", f"draft?op=split&step=1:{number}"),
        ("planner", "draft_undo", f"draft?op=split&step=0:{number}"),
        ("planner", "draft_redo", f"draft?op=split&step=1:{number}"),
    ]
    before = ws.store.audit_head()
    mine.edit(op="split", code="nowhere", line=MIDDLE, new_codes=["G1-3"], expect=422)
    assert ws.store.audit_head() == before


def test_an_edit_answers_with_what_changed_and_who_changes_hands(pen: Pens) -> None:
    mine = pen()
    answer = mine.edit(op="split", code="G1", line=MIDDLE, new_codes=["G1-2"])
    assert mine.tag == '"v2"'
    assert {f["properties"]["code"] for f in answer["changed"]} >= {"G1", "G1-2"}
    assert (answer["step"], answer["steps"], answer["can_undo"]) == (1, 1, True)
    figures = {row["code"]: row for row in answer["impact"]["grids"]}
    assert figures["G1"]["before"]["households"] == 6
    after = figures["G1"]["after"], figures["G1-2"]["after"]
    assert figures["G1-2"]["before"] is None
    assert sum(side["households"] for side in after) == 6
    assert sum(side["visits_due"] for side in after) == figures["G1"]["before"]["visits_due"] == 4
    assert sum(side["open"] for side in after) == figures["G1"]["before"]["open"] == 1
    assert sum(side["overdue"] for side in after) == 1
    moved = answer["impact"]["households"]
    assert moved["count"] == min(side["households"] for side in after) == len(moved["moved"])
    assert {row["from"] for row in moved["moved"]} == {"G1"}
    assert sum(mine.codes().values()) == 25


def test_every_step_is_undone_and_redone_also_by_another_server_process(pen: Pens, ws: Any) -> None:
    from gisgrid.operations.plans.drawing import Drawings

    mine = pen()
    states = [mine.codes()]
    mine.edit(op="split", code="G1", line=MIDDLE, new_codes=["G1-2"])
    states.append(mine.codes())
    mine.edit(op="merge", codes=["G2", "G3"], into="G2")
    states.append(mine.codes())
    mine.edit(op="renumber", code="G2", new_code="G23")
    states.append(mine.codes())
    # U-1 has no position and named G2, whose ground is that of G23 now.
    assert states[-1] == {"G1": 5, "G1-2": 1, "G23": 13, "G4": 6}
    for back in (2, 1, 0):
        ws.drawings = Drawings(ws.store)  # as in another process, or after a restart
        assert mine.post("undo")["step"] == back
        assert mine.codes() == states[back]
    assert mine.post("undo", expect=409)["code"] == "no_step"
    for on in (1, 2, 3):
        ws.drawings = Drawings(ws.store)
        assert mine.post("redo")["steps"] == 3
        assert mine.codes() == states[on]
    assert mine.post("redo", expect=409)["code"] == "no_step"
    mine.post("undo")
    mine.edit(op="change", code="G4", name="new")  # the redone step is let go
    assert [e["op"] for e in mine.get()["edits"]] == ["split", "merge", "change"]


def test_a_trial_stores_nothing(pen: Pens) -> None:
    mine = pen()
    answer = mine.post(
        "edits?dry_run=true", {"op": "merge", "codes": ["G2", "G3"]}, expect=200, tag=""
    )
    assert answer["removed"] == ["G3"]
    assert mine.get()["version"] == 1
    assert mine.codes() == WHOLE


def test_a_change_names_the_version_that_it_was_made_from(pen: Pens) -> None:
    mine = pen()
    body = {"op": "change", "code": "G1", "name": "x"}
    for verb in ("edits", "undo", "redo", "submit", "withdraw", "approve", "return", "discard"):
        sent = body if verb == "edits" else {}
        assert mine.post(verb, sent, expect=428, tag="")["code"] == "version_needed"
        for tag in ('"v7"', "nonsense", '"v0"'):
            stale = mine.post(verb, sent, expect=412, tag=tag)
            assert stale["code"] == "stale_draft"
            assert stale["facts"]["version"] == 1
    assert mine.get()["version"] == 1
    mine.post("edits", body, expect=201, tag='W/"v1"')  # as a proxy that packs writes it


def test_who_is_late_takes_theirs_or_keeps_ones_own_as_a_new_draft(pen: Pens) -> None:
    mine = pen()
    mine.edit(op="change", code="G1", name="first")
    other = pen(name="planner *", draft=mine.id)
    other.edit(op="change", code="G1", name="theirs")
    late = mine.edit(expect=412, op="change", code="G1", name="mine")
    assert late["facts"] == {"draft": mine.id, "seen": 2, "version": 3}
    kept = mine.post("copy", {"name": "kept", "version": 2}, expect=201)
    assert [e["step"] for e in kept["edits"]] == [1]
    own = pen(name="planner *", draft=kept["id"])
    own.edit(op="change", code="G1", name="mine")
    names = [
        next(
            f["properties"]["name"]
            for f in p.get("/grids")["features"]
            if f["properties"]["code"] == "G1"
        )
        for p in (own, other)
    ]
    assert names == ["mine", "theirs"]
    assert mine.post("copy", {"version": 99}, expect=400)["code"] == "unknown_word"


def test_a_draft_of_another_township_answers_like_a_missing_one(pen: Pens) -> None:
    foreign = pen(scope="T2", title="theirs")
    whole = pen(scope="*", title="whole")
    mine = pen(scope="T1")
    assert [d["id"] for d in mine.client.get("/api/v1/drafts").json["drafts"]] == [mine.id]
    addresses = [
        ("GET", ""),
        ("GET", "/grids"),
        *(
            ("POST", f"/{verb}")
            for verb in ("edits", "undo", "redo", "copy", "submit", "withdraw", "approve")
        ),
        ("POST", "/return"),
        ("POST", "/discard"),
    ]
    for method, rest in addresses:
        answers = []
        for draft in (foreign.id, whole.id, 999_999):
            body = {"op": "change", "code": "G4", "name": "x"} if rest == "/edits" else {}
            sent = None if method == "GET" else body
            answer = mine.request(
                method, f"/api/v1/drafts/{draft}{rest}", sent, headers={"If-Match": '"v1"'}
            )
            assert answer.status_code == 404, (method, rest, answer.text)
            answers.append(answer.text.replace(str(draft), "N"))
        assert len(set(answers)) == 1, (method, rest)


def test_grids_outside_the_draft_are_not_changed_and_not_told(pen: Pens) -> None:
    mine = pen(scope="T1", area="V1")
    assert set(mine.codes()) == {"G1", "G2", "G3"}
    known = mine.edit(expect=422, op="change", code="G3", name="x")
    foreign = mine.edit(expect=422, op="change", code="G4", name="x")
    missing = mine.edit(expect=422, op="change", code="G9", name="x")
    assert known["code"] == foreign["code"] == missing["code"] == "edit_refused"
    told = [str(a).replace(c, "?") for a, c in ((foreign, "G4"), (missing, "G9"))]
    assert told[0] == told[1]
    merged = mine.edit(expect=422, op="merge", codes=["G2", "G3"])
    assert merged["facts"]["faults"][0]["codes"] == ["G3"]
    away = mine.edit(expect=422, op="change", code="G2", area_code="V2")
    assert away["facts"]["faults"][0]["what"] == "outside_draft"
    assert mine.get()["version"] == 1


def test_review_takes_a_second_person(pen: Pens) -> None:
    mine = pen(name="Ann")
    mine.edit(op="change", code="G1", name="x")
    helper = pen(name="Ben", draft=mine.id)
    helper.edit(op="change", code="G2", name="y")
    assert helper.post("approve", expect=409)["code"] == "wrong_state"
    assert helper.post("submit")["state"] == "submitted"
    assert helper.edit(expect=409, op="change", code="G1", name="z")["code"] == "draft_closed"
    assert helper.post("undo", expect=409)["code"] == "draft_closed"
    for who in ("Ann", "Ben"):
        again = pen(name=who, draft=mine.id)
        assert again.get()["rights"]["approve"] is False
        assert again.post("approve", expect=403)["code"] == "second_person_needed"
    boss = pen("supervisor", name="Chen", draft=mine.id)
    assert boss.get()["rights"]["approve"] is True
    back = boss.post("return", {"note": "too large"})
    assert (back["state"], back["log"][-1]["note"]) == ("open", "too large")
    again = pen(name="Ann", draft=mine.id)
    again.post("submit")
    boss.get()
    done = boss.post("approve")
    assert (done["state"], done["approved_by"]) == ("approved", "Chen")
    ann = pen(name="Ann", draft=mine.id)
    assert ann.post("withdraw")["approved_by"] is None
    assert ann.post("discard")["state"] == "discarded"
    assert ann.edit(expect=409, op="change", code="G1", name="z")["code"] == "draft_closed"
    assert ann.post("copy", {"name": "again"}, expect=201)["step"] == 2


def test_a_supervisor_sees_drafts_and_changes_none(pen: Pens) -> None:
    mine = pen()
    boss = pen("supervisor", draft=mine.id)
    assert boss.codes() == WHOLE
    for verb in ("edits", "undo", "redo", "copy", "submit", "withdraw", "discard"):
        assert boss.post(verb, expect=403)["code"] == "not_allowed"
    assert boss.post("/api/v1/drafts", {"name": "x"}, expect=403)["code"] == "not_allowed"


@pytest.mark.parametrize(
    ("address", "body", "status"),
    [
        ("", {"name": ""}, 400),
        ("", {"name": "x" * 101}, 400),
        ("", {"name": "a\nb"}, 400),
        ("", {"name": 7}, 400),
        ("", {"name": "x", "colour": "red"}, 400),
        ("", {"name": "x", "area": "nowhere"}, 404),
        ("", {"name": "x", "area": True}, 400),
        ("", [1], 400),
        ("/{id}/copy", {"version": "2"}, 400),
        ("/{id}/grids?bbox=1,2,3", None, 400),
        ("/{id}/grids?bbox=nan,nan,nan,nan", None, 400),
        ("/{id}/grids?bbox=3,3,1,1", None, 400),
        ("/{id}/grids?colour=red", None, 400),
        ("/999999999999999999999", None, 404),
    ],
)
def test_what_cannot_be_read_is_refused(pen: Pens, address: str, body: Any, status: int) -> None:
    mine = pen()
    method = "GET" if body is None else "POST"
    answer = mine.request(method, "/api/v1/drafts" + address.format(id=mine.id), body)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"


def test_grids_are_given_near_a_view_and_as_they_were(pen: Pens) -> None:
    mine = pen()
    mine.edit(op="merge", codes=["G2", "G3"])
    near = mine.get("/grids", bbox="105.001,35.001,105.005,35.005")
    assert [f["properties"]["code"] for f in near["features"]] == ["G1"]
    named = mine.get("/grids", codes="G4,none")
    assert [f["properties"]["code"] for f in named["features"]] == ["G4"]
    before = mine.get("/grids", base="true")
    assert [f["properties"]["code"] for f in before["features"]] == ["G1", "G2", "G3", "G4"]
    assert near["truncated"] is False


def test_of_a_view_of_more_than_a_thousand_grids_the_first_thousand_are_given(
    pen: Pens, ws: Workspace
) -> None:
    codes = [f"N{n:04d}" for n in range(1030)]
    side = 0.0004
    corners = [(105 + n % 50 * side, 35 + n // 50 * side) for n in range(len(codes))]
    shapes = [box(x, y, x + side, y + side) for x, y in corners]
    with ws.store.write() as w:
        w.put_grids(gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs="EPSG:4326"))
    mine = pen()
    for asked in ({}, {"bbox": "104.9,34.9,105.1,35.1"}, {"codes": ",".join(codes)}):
        found = mine.get("/grids", **asked)
        assert [f["properties"]["code"] for f in found["features"]] == codes[:1000], asked
        assert found["truncated"] is True
    near = mine.get("/grids", bbox="104.9,34.9,105.1,35.00779")  # twenty rows of fifty
    assert len(near["features"]) == 1000
    assert near["truncated"] is False


ACROSS = {"type": "LineString", "coordinates": [[105.019, 35.0052], [105.031, 35.0052]]}


def test_a_neighbour_gets_a_corner_on_the_edge_and_is_not_told_of(pen: Pens, ws: Workspace) -> None:
    """G3 is cut from border to border: G2 of another village and G4 of another township follow."""
    mine = pen(scope="T1", area="V2")
    answer = mine.edit(op="split", code="G3", line=ACROSS, new_codes=["G3-2"])
    told = {f["properties"]["code"]: f["properties"] for f in answer["changed"]}
    assert set(told) == {"G2", "G3", "G3-2"}
    assert [told[c]["editable"] for c in ("G2", "G3", "G3-2")] == [False, True, True]
    assert "G4" not in str(answer)
    row = ws.store.draft(mine.id, scope=EVERYWHERE)
    assert row is not None
    drawing = ws.drawings.of(row)
    assert drawing.changed() == {"G2", "G3", "G3-2", "G4"}
    assert len(drawing.plan["G4"].polygon.exterior.coords) == 6


SPOT = [105.0055, 35.005]


@pytest.mark.parametrize(
    ("wish", "what"),
    [
        ({"op": "split", "code": "G1", "line": [[0, 0], [1, 1]]}, "bad_edit"),
        ({"op": "split", "code": "G1"}, "bad_edit"),
        (
            {"op": "split", "code": "G1", "line": ACROSS | {"colour": "red"}, "by": "Eve"},
            "bad_edit",
        ),
        ({"op": "melt", "code": "G1"}, "bad_edit"),
        ({"op": 7}, "bad_edit"),
        ({}, "bad_edit"),
        ({"op": "change", "code": "G1", "visit_every_days": 0}, "bad_edit"),
        ({"op": "change", "code": "G1", "visit_every_days": True}, "bad_edit"),
        ({"op": "change", "code": "G1", "name": "a\u0000b"}, "bad_edit"),
        (
            {"op": "transfer", "to": "G1", "area": {"type": "Polygon", "coordinates": []}},
            "bad_edit",
        ),
        ({"op": "split", "code": "G1", "line": ACROSS}, "line_misses"),
        (
            {
                "op": "split",
                "code": "G1",
                "line": {"type": "LineString", "coordinates": [[105, 34], SPOT]},
            },
            "line_ends_inside",
        ),
        ({"op": "merge", "codes": ["G1", "G3"]}, "not_touching"),
        ({"op": "renumber", "code": "G1", "new_code": "G2"}, "code_taken"),
        ({"op": "reshape", "moves": [{"from": SPOT, "to": [105, 35]}]}, "no_vertex"),
        ({"op": "change", "code": "G1", "area_code": None}, "no_area"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_reason(
    pen: Pens, wish: dict[str, Any], what: str
) -> None:
    mine = pen(area="T1")
    refused = mine.post("edits", wish, expect=422)
    if refused["code"] == "bad_edit":
        assert what == "bad_edit"
    else:
        assert refused["facts"]["faults"][0]["what"] == what
        assert refused["facts"]["faults"][0]["sentence"] in refused["detail"]
        assert len(refused["facts"]["faults"][0]["place"]) == 2
    assert mine.get()["version"] == 1


def test_a_coordinate_that_is_none_is_told_by_its_place_in_the_drawing(pen: Pens) -> None:
    mine = pen()
    for wrong in (float("nan"), 1e9, "x"):
        line = {"type": "LineString", "coordinates": [[105, 35], [105.01, wrong], [105, 35.1]]}
        refused = mine.edit(expect=422, op="split", code="G1", line=line)
        assert "“line”: point 2 of 3 " in refused["detail"]
    assert mine.get()["version"] == 1


UNREADABLE = {
    "“op” is one of": {"op": "melt"},
    "not “by”": {"op": "merge", "codes": ["G1"], "by": "Eve"},
    "“split” needs line": {"op": "split", "code": "G1"},
    "is a GeoJSON LineString": {"op": "split", "code": "G1", "line": [[0, 0]]},
    "fewer than 2 points": {
        "op": "split",
        "code": "G1",
        "line": ACROSS | {"coordinates": [[1, 1]]},
    },
    "1 to 3650": {"op": "change", "code": "G1", "visit_every_days": 0},
    "“from” and “to”": {"op": "reshape", "moves": [{"from": SPOT}]},
    "point 1 of 1": {"op": "reshape", "remove": [["x", 35]]},
    "is not a UUID": {"op": "merge", "codes": ["G1"], "client_id": "x"},
}


def test_what_cannot_be_read_is_told_in_the_language_of_the_reader(pen: Pens) -> None:
    mine = pen()
    address = f"/api/v1/drafts/{mine.id}/edits"
    for words, wish in UNREADABLE.items():
        told = {}
        for tongue in ("en", "zh"):
            headers = {"If-Match": mine.tag, "Accept-Language": tongue}
            answer = mine.request("POST", address, wish, headers=headers)
            assert (answer.status_code, answer.json["code"]) == (422, "bad_edit")
            told[tongue] = answer.json["detail"]
        assert words in told["en"]
        _, _, reason = told["zh"].partition("无法识别为一次编辑：")
        assert any("\u4e00" <= sign <= "\u9fff" for sign in reason), told["zh"]
        assert words not in told["zh"]
    assert mine.get()["version"] == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"op": "split", "code": "G1", "line": NaN}',
        '{"op": ',
        "[]",
        '"split"',
        "\x00",
        "[" * 100_000,
    ],
)
def test_what_is_no_json_object_is_refused(pen: Pens, text: str) -> None:
    mine = pen()
    headers = {"X-CSRFToken": mine.key, "If-Match": mine.tag, "Content-Type": "application/json"}
    answer = mine.client.post(f"/api/v1/drafts/{mine.id}/edits", data=text, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert mine.get()["version"] == 1


def test_a_million_corners_are_refused_before_they_are_read(pen: Pens) -> None:
    mine = pen()
    line = {"type": "LineString", "coordinates": [[105 + n / 1e7, 35] for n in range(120_000)]}
    refused = mine.post("edits", {"op": "split", "code": "G1", "line": line}, expect=400)
    assert refused["facts"]["kind"] == "size of a body"
    line["coordinates"] = line["coordinates"][:10_001]
    refused = mine.post("edits", {"op": "split", "code": "G1", "line": line}, expect=422)
    assert refused["facts"]["problem"] == "“line” has more than 10000 points"


def test_refusals_of_edits_speak_the_readers_language(pen: Pens) -> None:
    mine = pen()
    body = {"op": "merge", "codes": ["G1", "G3"]}
    headers = {"If-Match": mine.tag, "Accept-Language": "zh"}
    answer = mine.request("POST", f"/api/v1/drafts/{mine.id}/edits", body, headers=headers).json
    assert answer["detail"].startswith("无法进行此项修改：")
    assert answer["facts"]["faults"][0]["sentence"] in answer["detail"]
    body = {"op": "change", "code": "none", "name": "x"}
    answer = mine.request("POST", f"/api/v1/drafts/{mine.id}/edits", body, headers=headers).json
    assert answer["facts"]["faults"][0]["sentence"] == "此草案中没有您可修改的该网格。"
