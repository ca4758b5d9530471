"""Recording by JSON: each record has its answer, and none is refused into nothing."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.operations import people
from gisgrid.web import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace
    from gisgrid.settings import Settings

    Enter = Callable[..., FlaskClient]
    Token = Callable[..., str]


def visit(household: str = "G1-0", **more: Any) -> dict[str, Any]:
    return {"client_id": str(uuid.uuid4()), "household": household, "outcome": "met"} | more


@pytest.fixture
def post(token: Callable[..., str]) -> Callable[..., Any]:
    def send(client: FlaskClient, what: str, body: Any) -> Any:
        key = client.get("/api/v1/me").json["csrf"]
        headers = {"X-CSRFToken": key, "Content-Type": "application/json"}
        return client.post(f"/api/v1/{what}", data=json.dumps(body), headers=headers)

    return send


def test_a_visit_is_recorded_once_and_a_repeat_gets_the_same_id(
    enter: Enter, post: Any, ws: Workspace
) -> None:
    client, record = enter("member", "G1"), visit(note="fine")
    first, again = (post(client, "visits", record) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]
    assert (first.json["repeat"], again.json["repeat"]) == (False, True)
    rows = ws.store.visits(scope=EVERYWHERE, household_ids=["G1-0"])
    assert rows["member"].tolist().count("member G1") == 1


def test_a_foreign_and_an_unknown_household_are_kept_with_the_same_answer(
    enter: Enter, post: Any
) -> None:
    client = enter("member", "G1")
    answers = [post(client, "visits", visit(home)) for home in ("G4-0", "no such one")]
    assert [a.status_code for a in answers] == [202, 202]
    plain = [{k: v for k, v in a.json.items() if k not in ("id", "client_id")} for a in answers]
    assert plain[0] == plain[1]
    assert plain[0]["state"] == "needs_decision"


def test_each_record_of_a_batch_has_its_own_answer(enter: Enter, post: Any) -> None:
    good, bad = visit(), visit(outcome="perhaps")
    answer = post(enter("member", "G1"), "visits", {"visits": [good, bad, "x", good]})
    assert answer.status_code == 200
    states = [(r["state"], r["client_id"]) for r in answer.json["results"]]
    first, second = good["client_id"], bad["client_id"]
    assert states == [
        ("accepted", first),
        ("refused", second),
        ("refused", None),
        ("accepted", first),
    ]
    problem = answer.json["results"][1]["problem"]
    assert problem["code"] == "record_unreadable"
    assert "outcome" in problem["detail"]


@pytest.mark.parametrize(
    ("days", "flags", "state"),
    [
        (0, None, "accepted"),
        (-13, None, "accepted"),
        (-15, "late", "accepted"),
        (1, "future", "accepted"),
        (-20_000, "late", "needs_decision"),
        (2_000_000, "future", "needs_decision"),
    ],
)
def test_a_time_that_cannot_be_is_kept_and_flagged(
    enter: Enter, post: Any, ws: Workspace, days: int, flags: str | None, state: str
) -> None:
    at = ws.clock() + timedelta(days=days)
    answer = post(enter("member", "G1"), "visits", visit(visited_at=at.isoformat())).json
    assert answer["state"] == state
    assert answer["flags"] == flags


OUTSIDE = ("0001-01-01T00:00:00+08:00", "9999-12-31T23:59:00-12:00", "9999-12-31T23:59:00+00:00")
WITHIN = ("0001-01-02T00:00:00+00:00", "0800-02-29T12:00:00+08:00", "9999-12-30T00:00:00+08:00")


@pytest.mark.parametrize("at", OUTSIDE)
@pytest.mark.parametrize(("what", "field"), [("visits", "visited_at"), ("cases", "opened_at")])
def test_only_a_moment_that_no_calendar_holds_is_refused_and_says_so(
    enter: Enter, post: Any, at: str, what: str, field: str
) -> None:
    record = visit() if what == "visits" else visit(category="water")
    if what == "cases":
        del record["outcome"]
        if at > "2":  # a case is not opened on a day to come
            at = OUTSIDE[0]
    answer = post(enter("member", "G1"), what, record | {field: at})
    assert answer.status_code == 422
    facts = answer.json["facts"]
    assert (facts["field"], facts["problem"]) == (field, "is outside every calendar")


@pytest.mark.parametrize("at", WITHIN)
def test_every_other_moment_is_kept_flagged_shown_and_accepted_with_the_device_s_time(
    enter: Enter, post: Any, token: Callable[..., str], ws: Workspace, at: str
) -> None:
    client, record = enter("member", "G1"), visit(visited_at=at, zone="Asia/Urumqi")
    kept = [post(client, "visits", record) for _ in range(2)]
    flags = "late" if at < "2" else "future"
    assert [(a.status_code, a.json["flags"]) for a in kept] == [(202, flags), (200, flags)]
    page = client.get("/decisions").text
    assert "Asia/Urumqi" in page
    form = {"do": "accept", "csrf_token": token(client, "/work")}
    client.post(f"/decisions/{record['client_id']}", data=form)
    rows = ws.store.visits(scope=EVERYWHERE, household_ids=["G1-0"]).set_index("id")
    marks = ws.store.visit_marks(scope=EVERYWHERE, household_ids=["G1-0"]).set_index("id")
    number = record["client_id"]
    assert rows["visited_at"][number] == datetime.fromisoformat(at)
    assert rows["visited_on"][number] == ws.today()
    assert tuple(marks.loc[number, ["received_at", "zone", "flags"]]) == (
        ws.clock(),
        "Asia/Urumqi",
        flags,
    )
    assert post(client, "visits", record).json["state"] == "accepted"
    # It is put right like any other, and counts on the same day.
    found = client.get("/api/v1/households/G1-0").json
    assert found["visits"][0] | {"member": ""} == {
        "id": number,
        "visited_on": ws.today().isoformat(),
        "outcome": "met",
        "member": "",
        "flags": flags,
        "corrects": None,
        "corrected": False,
    }
    assert found["last_visit"] == ws.today().isoformat()
    form = {"client_id": str(uuid.uuid4()), "outcome": "refused", "corrects": number}
    client.post("/households/G1-0/visits", data=form | {"csrf_token": token(client, "/work")})
    first, second, *_ = client.get("/api/v1/households/G1-0").json["visits"]
    assert {first["id"]: first["corrects"], second["id"]: second["corrects"]} == {
        form["client_id"]: number,
        number: None,
    }
    assert first["visited_on"] == second["visited_on"] == ws.today().isoformat()


@pytest.mark.parametrize("minutes", [9, 11])
def test_ten_minutes_of_a_fast_clock_are_forgiven(
    enter: Enter, post: Any, ws: Workspace, minutes: int
) -> None:
    at = (ws.clock() + timedelta(minutes=minutes)).isoformat()
    answer = post(enter("member", "G1"), "visits", visit(visited_at=at)).json
    assert answer["flags"] == ("future" if minutes > 10 else None)


UNREADABLE: list[Any] = [
    [],
    "text",
    {},
    {"visits": "no list"},
    {"visits": []},
    {"visits": [{}] * 201},
    visit(client_id="1"),
    visit(household=7),
    visit(household=""),
    visit(visited_at="yesterday"),
    visit(visited_at="2026-11-22T04:00:00"),
    visit(note="a\0b"),
    visit(note="\ud800"),
    visit(note="x" * 2001),
    visit(grid="G1"),
]


@pytest.mark.parametrize("body", UNREADABLE, ids=[f"body {n}" for n in range(len(UNREADABLE))])
def test_what_cannot_be_read_is_refused_with_a_sentence(enter: Enter, post: Any, body: Any) -> None:
    answer = post(enter("member", "G1"), "visits", body)
    assert answer.status_code in (413, 422)
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] in ("record_unreadable", "batch_too_big")
    assert answer.json["detail"].endswith(".")


def test_another_record_under_a_used_id_is_refused_and_the_first_stays(
    enter: Enter, post: Any
) -> None:
    client, record = enter("member", "G1"), visit()
    post(client, "visits", record)
    answer = post(client, "visits", record | {"outcome": "refused"})
    assert (answer.status_code, answer.json["code"]) == (409, "record_differs")


@pytest.mark.parametrize("kind", ["visits", "cases"])
def test_a_report_whose_id_was_imported_while_it_waited_is_not_accepted_and_says_so(
    enter: Enter, post: Any, token: Token, ws: Workspace, kind: str
) -> None:
    client, record = enter("member", "G1"), visit("nobody's")
    if kind == "cases":
        record["category"] = record.pop("outcome")
    assert post(client, kind, record).status_code == 202
    row = {"id": record["client_id"], "household_id": "G1-0", "outcome": "met"}
    with ws.store.write() as w:
        if kind == "visits":
            w.put_visits(pd.DataFrame([row | {"visited_at": ws.clock()}]))
        else:
            w.put_cases(pd.DataFrame([row | {"opened_on": ws.today()}]).drop(columns="outcome"))
    form = {"do": "accept", "household": "G1-0", "csrf_token": token(client, "/work")}
    page = client.post(f"/decisions/{record['client_id']}", data=form, follow_redirects=True)
    assert page.status_code == 200
    assert "There is another record under" in page.text
    assert record["client_id"] in page.text


def test_a_device_knows_its_owner_again_after_a_new_key(
    settings: Settings, ws: Workspace, token: Token
) -> None:
    """Else its unsent records would find nobody: keys change, and no backup holds them."""
    people.add(ws, CONSOLE, "Li", role="member", scope="G1")
    people.add(ws, CONSOLE, "Wu", role="member", scope="G1")

    def mark(name: str, key: str) -> Any:
        client = create_app(replace(settings, secret_key=key), ws).test_client()
        address = f"/enter/{people.make_link(ws, CONSOLE, name)}"
        client.post(address, data={"csrf_token": token(client, address)})
        return client.get("/api/v1/me").json["owner"]

    first, second = secrets.token_hex(32), secrets.token_hex(32)
    assert re.fullmatch("[0-9a-f]{24}", mark("Li", first))
    assert mark("Li", first) == mark("Li", second)
    assert mark("Wu", first) != mark("Li", first)


def test_nothing_is_recorded_without_the_token_of_our_own_pages(
    enter: Enter, ws: Workspace
) -> None:
    before = len(ws.store.visits(scope=EVERYWHERE))
    answer = enter("member", "G1").post("/api/v1/visits", json=visit())
    assert (answer.status_code, answer.json["code"]) == (403, "other_site")
    assert len(ws.store.visits(scope=EVERYWHERE)) == before


def test_a_case_is_opened_updated_closed_and_opened_again(
    enter: Enter, post: Any, ws: Workspace
) -> None:
    client, case = enter("member", "G1"), str(uuid.uuid4())
    opening = {"client_id": case, "household": "G1-0", "category": "water", "title": "dry well"}
    assert post(client, "cases", opening).status_code == 201

    def change(do: str, **values: Any) -> Any:
        body = {"client_id": str(uuid.uuid4()), "case": case, "do": do} | values
        return post(client, "case-changes", body)

    assert change("update", due_on="2026-12-01", note="asked").status_code == 201
    assert change("close", note="pump mended").json["id"] == case
    row = ws.store.cases(scope=EVERYWHERE, ids=[case]).iloc[0]
    assert (row.closed_on.isoformat(), row.note) == ("2026-11-22", "pump mended")
    assert change("reopen").status_code == 201
    row = ws.store.cases(scope=EVERYWHERE, ids=[case]).iloc[0]
    assert row.closed_on is None
    kinds = [s.kind for s in ws.store.case_steps(scope=EVERYWHERE, case_ids=[case])]
    assert kinds == ["opened", "updated", "closed", "reopened"]
    assert change("burn").status_code == 422


def test_a_repeat_that_wants_something_else_of_a_case_is_refused(
    enter: Enter, post: Any, ws: Workspace
) -> None:
    client, case = enter("member", "G1"), str(uuid.uuid4())
    post(client, "cases", {"client_id": case, "household": "G1-0", "category": "water"})
    for asked in (case, "of nobody"):  # taken, and waiting
        close = {"client_id": str(uuid.uuid4()), "case": asked, "do": "close"}
        states = [post(client, "case-changes", close).status_code for _ in range(2)]
        assert states == [201 if asked == case else 202, 200]
        answer = post(client, "case-changes", close | {"do": "reopen"})
        assert (answer.status_code, answer.json["code"]) == (409, "record_differs")


def test_every_record_stands_in_the_account_of_use_without_a_name(
    enter: Enter, post: Any, ws: Workspace
) -> None:
    record = visit()
    post(enter("member", "G1"), "visits", record)
    post(enter("member", "G1"), "visits", record)
    found = ws.store.audit_rows(limit=50, action="record_visits")
    assert [(r.object, r.count) for r in found] == [(f"visits:{record['client_id']}", 1)]


def test_in_a_demo_a_visit_is_recorded_on_the_day_at_which_its_calendar_stands(
    enter: Enter, post: Any, ws: Workspace, clock: Any
) -> None:
    from dataclasses import replace

    with ws.store.write() as w:
        w.set_programme(replace(ws.programme(), demo=True))
    last = ws.store.last_day_invented()
    clock.pass_by(days=30)
    client = enter("member", "G1")
    answer = post(client, "visits", visit(visited_at=clock.now.isoformat())).json
    assert (answer["state"], answer["flags"]) == ("accepted", None)
    assert ws.store.last_day_invented() == last == ws.today()


@pytest.mark.parametrize("at", ["0026-11-24T00:00:00+08:00", "1850-01-01T00:00:00+08:00"])
def test_a_case_whose_moment_cannot_be_waits_counts_on_the_day_it_came_and_breaks_no_page(
    enter: Enter, post: Any, token: Token, ws: Workspace, at: str
) -> None:
    client = enter("member", "G1")
    opened = {"client_id": str(uuid.uuid4()), "household": "G1-0", "category": "water"}
    case = opened["client_id"]
    change = {"client_id": str(uuid.uuid4()), "case": case, "do": "close", "changed_at": at}
    for kind, record in (("cases", opened | {"opened_at": at}), ("case-changes", change)):
        assert [post(client, kind, record).status_code for _ in range(2)] == [202, 200]
        page = client.get("/decisions").text
        assert f"{at[:10]} 0" in page
        form = {"do": "accept", "csrf_token": token(client, "/work")}
        client.post(f"/decisions/{record['client_id']}", data=form)
        assert post(client, kind, record).json["state"] == "accepted"
    row = ws.store.cases(scope=EVERYWHERE, ids=[case]).iloc[0]
    assert (row["opened_on"], row["closed_on"]) == (ws.today(), ws.today())
    (first, second) = ws.store.case_steps(scope=EVERYWHERE, case_ids=[case])
    assert first.changed_at == second.changed_at == datetime.fromisoformat(at)
    for page in ("/households/G1-0", "/api/v1/households/G1-0", "/work"):
        assert client.get(page).status_code == 200
    officer = enter("data_officer")
    assert officer.get("/person-data/G1-0").status_code == 200
