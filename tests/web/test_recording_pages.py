"""The pages of whoever serves households, without any script."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from shapely.geometry import box

from gisgrid.access import EVERYWHERE, Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace

    Enter = Callable[..., FlaskClient]


@pytest.fixture
def send(token: Callable[..., str]) -> Callable[..., Any]:
    def post(client: FlaskClient, address: str, **fields: str) -> Any:
        return client.post(address, data=fields | {"csrf_token": token(client, "/work")})

    return post


def said(client: FlaskClient, address: str = "/work") -> str:
    found = re.findall(r'class="notice \w*" role="status">([^<]*)<', client.get(address).text)
    return " ".join(found)


def test_a_member_begins_at_the_work_of_the_day_and_others_at_the_map(
    app: Any, ws: Workspace, token: Callable[..., str]
) -> None:
    from gisgrid.access import CONSOLE
    from gisgrid.operations import people

    for role, place in (("member", "/work"), ("supervisor", "/")):
        people.add(ws, CONSOLE, role, role=role, scope="G1")
        client = app.test_client()
        address = f"/enter/{people.make_link(ws, CONSOLE, role)}"
        answer = client.post(address, data={"csrf_token": token(client, address)})
        assert answer.location == place


def test_the_list_shows_who_is_due_and_why_in_walking_order(enter: Enter) -> None:
    page = enter("member", "G1").get("/work").text
    shown = re.findall(r'class="stop" id="h-\d+" data-household="([^"]+)"', page)
    # Visited 1, 5, 9, 13 and 17 days ago; number 5 never. Due after 7 days; west to east.
    assert shown == ["G1-2", "G1-3", "G1-4", "G1-5"]
    assert "1 attempt (no one home)" in page
    assert "9 days since the last visit" in page
    assert "listed for 82 days" in page
    assert "of 4 visited today" in page
    everybody = enter("member", "G1").get("/work?show=all").text
    assert len(re.findall(r'class="stop" id', everybody)) == 6


def test_the_list_stays_while_its_visits_come_in(enter: Enter, send: Any) -> None:
    client = enter("member", "G1")
    answer = send(client, "/households/G1-3/visits", client_id=str(uuid.uuid4()), outcome="met")
    assert (answer.status_code, answer.location) == (303, "/households/G1-3")
    page = client.get("/work").text
    assert re.findall(r'data-household="([^"]+)"( data-today="\w+")?>\n<details>', page) == [
        ("G1-2", ""),
        ("G1-3", ' data-today="met"'),
        ("G1-4", ""),
        ("G1-5", ""),
    ]
    assert '<strong class="figure" id="done">1</strong> of 4' in page


def test_a_form_that_is_sent_twice_records_once_and_used_anew_records_anew(
    enter: Enter, send: Any, ws: Workspace
) -> None:
    client, form = enter("member", "G1"), str(uuid.uuid4())
    for outcome in ("no_one_home", "no_one_home", "met"):
        send(client, "/households/G1-3/visits", client_id=form, outcome=outcome)
    found = ws.store.recent_visits(scope=EVERYWHERE, household_ids=["G1-3"], since=ws.today())[
        "G1-3"
    ]
    assert [outcome for _, outcome in found] == ["no_one_home", "met"]


def test_a_mistake_is_put_right_by_a_new_visit_and_the_old_one_stays_marked(
    enter: Enter, send: Any, ws: Workspace
) -> None:
    client = enter("member", "G1")
    wrong, right = str(uuid.uuid4()), str(uuid.uuid4())
    send(client, "/households/G1-3/visits", client_id=wrong, outcome="met")
    before = client.get("/api/v1/households/G1-3").json
    assert before["last_visit"] == ws.today().isoformat()
    address = "/households/G1-3/visits"
    send(client, address, client_id=right, corrects=wrong, outcome="no_one_home")
    assert "Corrected" in said(client, "/households/G1-3")
    found = client.get("/api/v1/households/G1-3").json
    assert found["last_visit"] != ws.today().isoformat()
    marks = {v["id"]: (v["outcome"], v["corrects"], v["corrected"]) for v in found["visits"]}
    assert marks[wrong] == ("met", None, True)
    assert marks[right] == ("no_one_home", wrong, False)
    moments = ws.store.visits(scope=EVERYWHERE, household_ids=["G1-3"]).set_index("id")
    assert moments["visited_at"][wrong] == moments["visited_at"][right]
    page = client.get("/households/G1-3").text
    assert '<tr class="is-corrected">' in page
    assert page.count("<del>met</del>") == 1
    # It was another household: the visit is taken from one and counts for the other.
    again = str(uuid.uuid4())
    fields = {"corrects": right, "outcome": "met", "household": "G1-4"}
    send(client, address, client_id=again, **fields)
    assert client.get("/api/v1/households/G1-4").json["visits"][0]["id"] == again


def test_a_visit_that_never_took_place_is_taken_back(
    enter: Enter, send: Any, ws: Workspace
) -> None:
    client, address = enter("member", "G1"), "/households/G1-3/visits"
    before = client.get("/api/v1/households/G1-3").json
    wrong, back = str(uuid.uuid4()), str(uuid.uuid4())
    send(client, address, client_id=wrong, outcome="met")
    # Whatever else stands in the form: it is the visit that goes, of this household.
    fields = {"corrects": wrong, "outcome": "taken_back", "household": "G1-4"}
    send(client, address, client_id=back, **fields)
    found = client.get("/api/v1/households/G1-3").json
    assert found["last_visit"] == before["last_visit"]
    assert {v["id"]: (v["flags"], v["corrected"]) for v in found["visits"][:2]} == {
        wrong: (None, True),
        back: ("taken_back", False),
    }
    page = client.get("/households/G1-3").text
    assert ">did not take place <span" in page
    # By the API it needs to say which.
    item = {"client_id": str(uuid.uuid4()), "household": "G1-3", "outcome": "taken_back"}
    headers = {"X-CSRFToken": client.get("/api/v1/me").json["csrf"]}
    answer = client.post("/api/v1/visits", json=item, headers=headers)
    assert (answer.status_code, answer.json["facts"]["field"]) == (422, "corrects")


def test_a_visit_of_another_grid_s_household_leaves_the_own_one_at_once(
    enter: Enter, send: Any
) -> None:
    client, wrong = enter("member", "G1"), str(uuid.uuid4())
    before = client.get("/api/v1/households/G1-3").json["last_visit"]
    send(client, "/households/G1-3/visits", client_id=wrong, outcome="met")
    fields = {"corrects": wrong, "outcome": "met", "household": "G2-1"}
    send(client, "/households/G1-3/visits", client_id=str(uuid.uuid4()), **fields)
    assert "no longer counts. The visit of the other household is kept" in said(
        client, "/households/G1-3"
    )
    assert client.get("/api/v1/households/G1-3").json["last_visit"] == before
    theirs = enter("member", "G2")
    assert "Visit: met" in theirs.get("/decisions").text


def test_a_visit_of_others_is_put_right_by_nobody_else(enter: Enter, send: Any) -> None:
    client = enter("member", "G1")
    theirs = enter("supervisor", "*").get("/api/v1/households/G2-1").json["visits"][0]["id"]
    said_of = []
    for visit in (theirs, "nobodys"):
        fields = {"client_id": str(uuid.uuid4()), "corrects": visit, "outcome": "met"}
        answer = send(client, "/households/G1-3/visits", **fields)
        assert answer.status_code == 404
        said_of.append(re.findall(r"There is no visit [^<]*", answer.text.replace(visit, "?")))
    assert said_of[0]
    assert said_of[0] == said_of[1]


def test_a_case_is_opened_changed_closed_and_opened_again_by_forms(
    enter: Enter, send: Any, ws: Workspace
) -> None:
    client, case = enter("member", "G1"), str(uuid.uuid4())
    address = "/households/G1-3"

    def change(**fields: str) -> str:
        send(client, f"/cases/{case}/changes", client_id=str(uuid.uuid4()), **fields)
        return said(client, address)

    opening = {"category": "road", "title": "<b>mud</b>", "due_on": "2026-11-01", "back": address}
    send(client, f"{address}/cases", client_id=case, **opening)
    page = client.get(address).text
    assert "The case is open." in page
    assert "&lt;b&gt;mud&lt;/b&gt;" in page
    assert "<b>mud" not in page
    assert change(do="update", category="road", title="", due_on="", note="asked") == (
        "The case is updated."
    )
    row = ws.store.cases(scope=EVERYWHERE, ids=[case]).iloc[0]
    assert (row.title, row.due_on, row.note) == (None, None, "asked")
    assert change(do="close", note="gravel") == "The case is closed."
    assert "Closed cases" in client.get(address).text
    assert change(do="reopen") == "The case is open again."
    assert "History of the cases" in client.get(address).text


def test_a_refusal_is_said_in_a_sentence_and_changes_nothing(
    enter: Enter, send: Any, ws: Workspace
) -> None:
    client, before = enter("member", "G1"), ws.store.changes()
    send(client, "/households/G1-3/visits", client_id=str(uuid.uuid4()), outcome="maybe")
    assert "“outcome” is none of the outcomes of a visit" in said(client)
    assert ws.store.changes() == before


def test_a_supervisor_chooses_a_grid_and_nobody_opens_one_of_others(enter: Enter) -> None:
    page = enter("supervisor", "T1").get("/work").text
    # The one without a position names G2: five are due there.
    assert re.findall(r"/work\?grid=(\w+)", page) == ["G2", "G1", "G3"]
    for grid in ("G4", "none", "T1"):
        assert enter("supervisor", "T1").get(f"/work?grid={grid}").status_code == 404


def test_a_grid_that_has_the_code_of_its_village_has_its_work_list(
    enter: Enter, ws: Workspace
) -> None:
    village = {"code": ["G3"], "name": ["Lower"], "level": ["village"], "parent_code": ["T1"]}
    with ws.store.write(today=ws.today()) as w:
        w.put_areas(pd.DataFrame(village))
        plan = ws.store.grids(scope=EVERYWHERE)
        plan.loc[plan["code"] == "G3", "area_code"] = "G3"
        w.put_grids(plan)
    for role, scope in (("supervisor", "T1"), ("member", "G3")):
        page = enter(role, scope).get("/work?grid=G3&show=all").text
        # Not anywhere: a token may hold what looks like a number.
        assert set(re.findall(r'"(?:[^" ]*\/)?(G\d-\d)["?]', page)) == {f"G3-{n}" for n in range(6)}
    assert 'data-household="G3-0"' in enter("member", "G3").get("/work?show=all").text
    assert enter("supervisor", "T2").get("/work?grid=G3").status_code == 404


def test_every_grid_of_the_scope_can_be_chosen_a_hundred_a_page(
    enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gisgrid.operations.work.PAGE_ROWS", 3)
    monkeypatch.setattr("gisgrid.web.paging.ROWS", 3)
    boss, seen = enter("supervisor"), []
    for page in (1, 2):
        found = boss.get(f"/work?page={page}").text
        seen.append(re.findall(r'href="/work\?grid=(G\d)"', found))
        assert ('rel="next"' in found) == (page == 1)
    assert [len(part) for part in seen] == [3, 1]
    assert sorted([*seen[0], *seen[1]]) == ["G1", "G2", "G3", "G4"]
    assert 'rel="next"' not in enter("supervisor", "T2").get("/work").text


def test_only_the_own_grid_may_be_kept_by_a_device(enter: Enter) -> None:
    assert enter("member", "G1").get("/work").headers["X-Gisgrid-Keep"] == "1"
    assert "X-Gisgrid-Keep" not in enter("supervisor", "T1").get("/work?grid=G1").headers


def test_a_list_says_whose_it_is_so_that_a_device_drops_all_others(enter: Enter) -> None:
    """The same for the same person and grid, and no name of either."""
    said = {
        name: enter(role, scope).get(path).headers["X-Gisgrid-Whose"]
        for name, role, scope, path in (
            ("list", "member", "G1", "/work"),
            ("again", "member", "G1", "/work?show=all"),
            ("moved", "member", "G2", "/work"),
            ("other", "supervisor", "T1", "/work?grid=G1"),
            ("grids", "supervisor", "T1", "/work"),
        )
    }
    assert said["list"] == said["again"]
    assert said["other"] == said["grids"]
    assert len(set(said.values())) == 3
    assert all(re.fullmatch("[0-9a-f]{24}", text) for text in said.values())


def test_the_worker_may_look_after_the_work_list_and_nothing_else(enter: Enter) -> None:
    answer = enter("member", "G1").get("/worker.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Service-Worker-Allowed"] == "/work"
    assert "worker-src 'self';" in answer.headers["Content-Security-Policy"]


def test_a_look_at_the_list_stands_in_the_account_of_use(enter: Enter, ws: Workspace) -> None:
    enter("member", "G1").get("/work")
    (row,) = ws.store.audit_rows(limit=5, action="list_households")
    assert (row.object, row.count) == ("work?grid=G1&show=due", 4)


# A household that changes hands -------------------------------------------------------------------


@pytest.fixture
def moved(enter: Enter, send: Any, ws: Workspace) -> str:
    """A report of the old member about G1-3, after a redraw gave it to G2."""
    client = enter("member", "G1")
    frame = ws.store.grids(scope=EVERYWHERE)
    frame.geometry = [
        box(105, 35, 105.0035, 35.01),
        box(105.0035, 35, 105.02, 35.01),
        *frame.geometry[2:],
    ]
    with ws.store.write(today=ws.today()) as w:
        w.put_grids(frame)
    report = str(uuid.uuid4())
    send(client, "/households/G1-3/visits", client_id=report, outcome="met", note="sent late")
    assert "needs a decision" in said(client)
    return report


def last(ws: Workspace, household: str) -> Any:
    snapshot = ws.snapshot()
    row = snapshot.ids.get_indexer([household])[0]
    return int(snapshot.state(ws.today()).waiting[row])


def test_a_moved_household_is_shown_to_both_and_counts_once_it_is_accepted(
    enter: Enter, send: Any, ws: Workspace, moved: str
) -> None:
    old, new = enter("member", "G1"), enter("member", "G2")
    assert last(ws, "G1-3") == 13
    mine, theirs = old.get("/decisions").text, new.get("/decisions").text
    assert "G1-3" in mine
    assert "not in your area" in mine
    assert "Name G1" not in mine  # no longer hers: nothing of the household but its number
    assert "/households/G1-3" in theirs
    assert "sent late" in theirs
    looks = ws.store.audit_rows(limit=5, action="list_reports")
    # Each look has its row, also where the report's household is no longer the reader's.
    assert [(r.object, r.count) for r in looks] == [
        (f"reports?households=G1-3:{moved}", 1),
        (f"reports:{moved}", 1),
    ]
    assert "1 report needs a decision" in new.get("/work").text
    assert enter("member", "G3").get("/decisions").text.count("<article") == 0
    send(new, f"/decisions/{moved}", do="accept")
    assert last(ws, "G1-3") == 0
    rows = ws.store.visits(scope=Scope("G2"), household_ids=["G1-3"])
    assert rows.iloc[0].member == "member G1"
    assert "accepted" in old.get("/decisions?state=decided").text


def test_a_report_is_set_aside_with_a_reason_and_may_still_be_accepted(
    enter: Enter, send: Any, ws: Workspace, moved: str
) -> None:
    old, new = enter("member", "G1"), enter("member", "G2")
    send(new, f"/decisions/{moved}", do="set_aside", reason="nobody saw her there")
    assert last(ws, "G1-3") == 13
    assert "nobody saw her there" in old.get("/decisions?state=decided").text
    send(new, f"/decisions/{moved}", do="accept")
    assert last(ws, "G1-3") == 0
    send(new, f"/decisions/{moved}", do="accept")
    assert "decided about this report already" in said(new)


def test_the_old_member_cannot_accept_for_a_household_that_is_no_longer_hers(
    enter: Enter, send: Any, ws: Workspace, moved: str
) -> None:
    send(enter("member", "G1"), f"/decisions/{moved}", do="accept")
    assert last(ws, "G1-3") == 13
    assert "1 report needs a decision" in enter("member", "G2").get("/work").text


def test_who_has_nothing_to_do_with_a_report_gets_the_answer_of_one_that_is_not_there(
    enter: Enter, send: Any, moved: str
) -> None:
    other = enter("member", "G3")
    answers = []
    for report in (moved, "none"):
        send(other, f"/decisions/{report}", do="accept")
        answers.append(said(other).replace(report, "…"))
    assert answers[0] == answers[1]
    assert "There is no report" in answers[0]


def test_a_report_of_an_unknown_household_is_put_right_by_the_supervisor(
    enter: Enter, send: Any, ws: Workspace
) -> None:
    report = str(uuid.uuid4())
    send(enter("member", "G1"), "/households/G1-33/visits", client_id=report, outcome="met")
    boss = enter("supervisor", "T1")
    assert "G1-33" in boss.get("/decisions").text
    send(boss, f"/decisions/{report}", do="accept", household="G1-3")
    assert last(ws, "G1-3") == 0


def test_one_row_tells_of_all_reports_that_a_look_showed(
    enter: Enter, send: Any, ws: Workspace, moved: str
) -> None:
    other = str(uuid.uuid4())
    member = enter("member", "G1")
    send(member, "/households/no-such/visits", client_id=other, outcome="met", note="only she")
    boss = enter("supervisor", "T1")
    page = boss.get("/decisions").text
    assert "only she" in page
    assert "sent late" in page
    (row, *_) = ws.store.audit_rows(limit=5, action="list_reports")
    assert (row.object, row.count) == (f"reports?households=G1-3:{other},{moved}", 2)
    rows = len(ws.store.audit_rows(limit=50, action="list_reports"))
    assert "<article" not in enter("member", "G3").get("/decisions").text  # nothing was shown
    assert len(ws.store.audit_rows(limit=50, action="list_reports")) == rows


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("the device&#39;s clock was ahead", "On the device", "Visited at")),
        ("zh-Hans", ("设备时钟偏快", "设备上的时间", "走访")),
    ],
)
def test_the_time_of_a_device_stands_beside_ours_with_its_zone_and_the_flag(
    enter: Enter, ws: Workspace, language: str, words: tuple[str, ...]
) -> None:
    client = enter("member", "G1")
    headers = {"X-CSRFToken": client.get("/api/v1/me").json["csrf"]}
    zones = ("Asia/Tokyo", "No/Such", "Africa", "/etc/passwd", None)
    for zone in zones:
        item = {
            "client_id": str(uuid.uuid4()),
            "household": "G1-1",
            "outcome": "met",
            "visited_at": "2029-01-01T00:30:00+08:00",
            "zone": zone,
        }
        answer = client.post("/api/v1/visits", json=item, headers=headers)
        assert (answer.status_code, answer.json["flags"]) == (202, "future")
    page = client.get("/decisions", headers={"Accept-Language": language}).text
    for word in words:
        assert page.count(word) >= len(zones), word
    shown = re.findall(r"<dd>(2029-01-01 [\d:]+) <span class=\"hint\">([^<]*)<", page)
    told = [pair for pair in shown if ":" in pair[1] or "/" in pair[1]]
    assert told == [
        ("2029-01-01 00:30", "UTC+08:00"),
        ("2029-01-01 00:30", "/etc/passwd UTC+08:00"),
        ("2029-01-01 00:30", "Africa UTC+08:00"),
        ("2029-01-01 00:30", "No/Such UTC+08:00"),
        ("2029-01-01 01:30", "Asia/Tokyo"),
    ]


def test_the_worker_keeps_every_file_that_the_list_needs_and_each_is_there(enter: Enter) -> None:
    client = enter("member", "G1")
    script = client.get("/worker.js").text
    kept = re.findall(r'"(/static/@[^"]+\.\w+)"', script)
    names = {address.rpartition("/")[2] for address in kept}
    assert {"work.js", "record-store.js", "record-send.js", "guard.js", "i18n.js"} <= names
    assert {"gisgrid.css", "zh_Hans_CN.json"} <= names
    page = client.get("/work").text
    assert set(re.findall(r'(?:src|href)="(/static/@[^"]+)"', page)) <= set(kept)
    for address in kept:
        assert client.get(address).status_code == 200
