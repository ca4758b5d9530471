"""Ids inside what is sent: somebody else's and a missing one give the same answer, and no name.

Every route that takes a form or JSON is either in BODIES, with what it is sent and where the id
stands, or in WITHOUT_IDS: a new one fails here until it is said which.
"""

from __future__ import annotations

import io
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import ACTIONS, Action, Role
from gisgrid.access.roles import COUNTY_WIDE
from gisgrid.operations import keys, people
from gisgrid.web.gate import POLICY

from .conftest import Who
from .told import of_people, told

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from gisgrid.operations.workspace import Workspace


@dataclass(frozen=True)
class Body:
    """One request. <x> is the id in question, <mine> one of the actor's own of the same kind."""

    kind: str
    address: str
    sent: dict[str, Any]
    json: bool = False


def api(kind: str, address: str, **sent: Any) -> Body:
    return Body(kind, f"/api/v1/{address}", sent, json=True)


def page(kind: str, address: str, **sent: Any) -> Body:
    return Body(kind, address, sent)


def edit(kind: str, **sent: Any) -> Body:
    return api(kind, "drafts/<draft>/edits?dry_run=1", **sent)


VISIT = {"client_id": "<new>", "outcome": "met"}
MOVED = VISIT | {"corrects": "<visit>"}
CASE = {"client_id": "<new>", "category": "water"}
LINE = {"type": "LineString", "coordinates": [[105.005, 34.9], [105.005, 35.1]]}
REASON = "the yearly proof"
BODIES: dict[str, tuple[Body, ...]] = {
    "recording.visit": (
        page("household", "/households/<x>/visits", **VISIT),
        page("visit", "/households/<home>/visits", **VISIT, corrects="<x>"),
        page(
            "household", "/households/<home>/visits", **VISIT, corrects="<visit>", household="<x>"
        ),
    ),
    "recording.case": (page("household", "/households/<x>/cases", **CASE),),
    "recording.change": (page("case", "/cases/<x>/changes", client_id="<new>", do="close"),),
    "recording.decide": (
        page("report", "/decisions/<x>", do="accept"),
        page("report", "/decisions/<x>", do="set_aside", reason=REASON),
        page("household", "/decisions/<report>", do="accept", household="<x>"),
    ),
    "record.visits": (
        api("household", "visits", **VISIT, household="<x>"),
        api("household", "visits", visits=[VISIT | {"household": "<x>"}]),
        api("visit", "visits", visits=[VISIT | {"household": "<home>", "corrects": "<x>"}]),
        api(
            "visit",
            "visits",
            visits=[VISIT | {"household": "<home>", "corrects": "<x>", "outcome": "taken_back"}],
        ),
    ),
    "record.cases": (api("household", "cases", cases=[CASE | {"household": "<x>"}]),),
    "record.case_changes": (
        api("case", "case-changes", changes=[{"client_id": "<new>", "case": "<x>", "do": "close"}]),
    ),
    "api.search": tuple(api(kind, "search", q="<x>") for kind in ("household", "code", "area")),
    "pages.search": tuple(page(k, "/search", q="<x>") for k in ("household", "code", "area")),
    "files.download": (
        page("area", "/export/file", what="coverage", format="csv", area="<x>"),
        page("code", "/export/file", what="households", format="csv", area="<x>", reason=REASON),
    ),
    "exports.ask": (
        page("code", "/export", what="households", format="csv", area="<x>", reason=REASON),
    ),
    "person_data.find": (page("household", "/person-data", household="<x>"),),
    "person_data.file": (page("household", "/person-data/<x>/file", reason=REASON),),
    "person_data.erase": (page("household", "/person-data/<x>/erase", reason=REASON),),
    "account.end_token": (page("token", "/account/token/end", number="<x>"),),
    "account.end_session": (page("session", "/account/session/end", session="<x>"),),
    "plans.new": (page("area", "/plans", name="a draft", area="<x>"),),
    "drafts.new": (api("area", "drafts", name="a draft", area="<x>"),),
    "drafts.edit": (
        edit("code", op="split", code="<x>", line=LINE, new_codes=["N"]),
        edit("code", op="merge", codes=["<near>", "<x>"], into="<near>"),
        edit("code", op="renumber", code="<x>", new_code="N"),
        edit("code", op="change", code="<x>", name="N"),
        api("draft", "drafts/<x>/edits", op="renumber", code="<grid>", new_code="N"),
    ),
    **{
        f"drafts.{verb}": (api("draft", f"drafts/<x>/{path}", **more),)
        for verb, path, more in (
            ("undo", "undo", {}),
            ("redo", "redo", {}),
            ("copy", "copy", {"name": "a copy"}),
            ("submit", "submit", {}),
            ("withdraw", "withdraw", {}),
            ("approve", "approve", {}),
            ("give_back", "return", {"note": "no"}),
            ("rebase", "rebase", {}),
            ("publish", "publish", {}),
            ("discard", "discard", {}),
        )
    },
}
WITHOUT_IDS = {
    # Of the reader's own session, browser or files: a number of others is tried by the matrix.
    *("people.signin", "people.signout", "people.enter", "people.first", "pages.language"),
    *("account.password", "account.factor", "account.token", "exports.drop"),
    *("files.upload", "files.settle", "files.confirm", "files.cancel"),
    *("plan_files.upload", "plan_files.take", "drafts.take_file"),
    # Published plans are everybody's who sees figures.
    *("plans.reverse", "plans.withdraw", "drafts.withdraw_revision", "drafts.reverse"),
    # For those who look after all accounts, or the whole account of use.
    *(
        "people.find",
        "people.let_in",
        "people.add",
        "people.link",
        "people.disable",
        "people.rights",
        "people.factor",
    ),
    "rights.verify",
}
UNDER_THE_SAME_NAME = {
    "household": ("HHx{own}x", "HHx{foreign}x", "HHxZZx"),
    "code": ("{own}", "{foreign}", "ZZ"),
    "area": ("{own_area}", "{foreign_area}", "ZZ"),
    "case": ("c-{own_n}", "c-{foreign_n}", "c-99"),
    "visit": ("v-{own_n}", "v-{foreign_n}", "v-99"),
    "draft": ("{own_draft}", "{foreign_draft}", "987654"),
}


@pytest.fixture(scope="module")
def belongings(ws: Workspace, actors: Any, browser: Any) -> dict[str, dict[str, str]]:
    """A token, a session and a report of each actor, by the actor's name."""
    found = {}
    for who in actors:
        client, csrf = browser(who)
        if who.state != "in":
            continue
        me = people.actor_of(people.known(ws, who.name))
        keys.make_token(ws, me, name="of mine", reach="read", days=1)
        mine = {
            "token": str(keys.tokens(ws, me)[-1].id),
            "session": keys.sessions(ws, me)[-1].id_hash[: keys.HANDLE],
        }
        report = str(uuid.uuid4())
        item = {"client_id": report, "household": "HHxZZx", "outcome": "met"}
        sent = client.post("/api/v1/visits", json=item, headers={"X-CSRFToken": csrf})
        if sent.status_code == 202:
            mine["report"] = report
        found[who.name] = mine
    return found


def named(who: Any, belongings: dict[str, dict[str, str]]) -> dict[str, tuple[str, str, str]]:
    """Kind -> an id of the actor's, one of somebody else's, one that is nobody's."""
    first = who.own == "G1"
    words = {
        "own": who.own,
        "foreign": who.foreign,
        "own_area": "V1" if first else "V3",
        "foreign_area": "V3" if first else "V1",
        "own_n": "0" if first else "3",
        "foreign_n": "3" if first else "0",
        "own_draft": "1" if first else "2",
        "foreign_draft": "2" if first else "1",
    }
    found: dict[str, tuple[str, str, str]] = {}
    for kind, ids in UNDER_THE_SAME_NAME.items():
        own, foreign, missing = (each.format(**words) for each in ids)
        found[kind] = own, foreign, missing
    mine = belongings.get(who.name, {})
    other = belongings["supervisor of T2" if first else "supervisor of T1"]
    for kind, nobodys in (("token", "987654"), ("session", "0" * keys.HANDLE)):
        found[kind] = mine.get(kind, nobodys), other[kind], nobodys
    nobodys = str(uuid.uuid4())
    found["report"] = mine.get("report", nobodys), other["report"], nobodys
    return found


def send(client: FlaskClient, body: Body, ids: dict[str, Any], which: str, csrf: str) -> Any:
    """The answer; after a form that leads on, with what the next page says of it."""
    put = {
        "x": which,
        "new": str(uuid.uuid4()),
        "home": ids["household"][0],
        "grid": ids["code"][0],
        "near": "G2" if ids["code"][0] == "G1" else "G5",
        "visit": ids["visit"][0],
        "draft": ids["draft"][0],
        "report": ids["report"][0],
    }

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [filled(each) for each in value]
        if isinstance(value, str):
            return re.sub(r"<(\w+)>", lambda found: put[found[1]], value)
        return value

    address, sent = filled(body.address), filled(body.sent)
    if body.json:
        draft = re.match("/api/v1/drafts/([^/?]+)", address)
        seen = client.get(draft[0]).headers.get("ETag") if draft else None
        headers = {"X-CSRFToken": csrf, "If-Match": seen or '"v1"'}
        return client.post(address, json=sent, headers=headers), put["new"], ""
    answer = client.post(address, data=sent | {"csrf_token": csrf})
    if answer.status_code != 303:
        return answer, put["new"], ""
    page = "/rights"
    if job := re.match("/export/jobs/(.+)", answer.location):
        put["new"], page = job[1], answer.location
        client.application.extensions["gisgrid.exports"].wait(job[1], 60)
    notices = re.findall(r'<p class="notice [^"]*" role="\w+">(.*?)</p>', client.get(page).text)
    return answer, put["new"], "\n".join(notices)


def test_every_route_that_takes_something_is_said_to_hold_ids_or_none(app: Flask) -> None:
    taking = {r.endpoint for r in app.url_map.iter_rules() if r.methods and "POST" in r.methods}
    assert taking == set(BODIES) | WITHOUT_IDS
    assert not set(BODIES) & WITHOUT_IDS


def test_a_foreign_id_inside_a_body_answers_like_a_missing_one(
    who: Any, browser: Any, belongings: Any, canaries: Any, traces: Any, ws: Workspace
) -> None:
    client, csrf = browser(who)
    ids = named(who, belongings)
    hidden = canaries.seen("*") - (canaries.seen(who.scope) if who.state == "in" else set())
    for endpoint, bodies in BODIES.items():
        for body in bodies:
            own, foreign, missing = ids[body.kind]
            said: list[Any] = []
            for which in (foreign, missing, "\u202e'\"<script>" + "x" * 300, own):
                rows = ws.store.audit_head().seq
                answer, new, notices = send(client, body, ids, which, csrf)
                place = (endpoint, body, which)
                assert answer.status_code < 500, (place, answer.data[:300])
                text = answer.data + notices.encode()
                shown = {h.decode() for h in traces[1].findall(text)} & hidden
                assert shown <= {which}, place
                assert not [w for w, h in traces[0].findall(text) if h.decode() in hidden], place
                if of_people(answer.data, traces):
                    assert ws.store.audit_head().seq > rows, (place, "no row")
                if which == own and endpoint == "exports.ask" and answer.status_code == 303:
                    fetched(client, f"{answer.location}/file", ws)
                check_rights(who, endpoint, answer, place)
                repeated = (foreign, missing, new)
                said.append(
                    [told(answer, tuple(map(re.escape, repeated))), masked(notices, repeated)]
                )
            if who.scope != "*" and who.state == "in":
                assert said[0] == said[1], (endpoint, body)


def fetched(client: FlaskClient, address: str, ws: Workspace) -> None:
    rows = ws.store.audit_head().seq
    with client.get(address) as answer:
        assert b"HHx" in answer.data
    assert ws.store.audit_head().seq == rows + 1


def test_files_that_wait_are_for_nobody_else(browser: Any, actors: Any) -> None:
    """Uploads and exports have numbers of chance; with the number others get what is not there."""
    officer, supervisor = actors[5], actors[1]
    (mine, csrf), (other, other_csrf) = browser(officer), browser(supervisor)
    asked = {"what": "coverage", "format": "csv", "csrf_token": csrf}
    job = mine.post("/export", data=asked).location
    assert mine.get(job).status_code == 200
    file = {"file": (io.BytesIO(b"code\nG1\n"), "grids.csv"), "layer": "grids", "csrf_token": csrf}
    upload = mine.post("/import", data=file).location
    assert mine.get(upload).status_code in (200, 422)
    nobodys = "/export/jobs/" + "x" * 32
    for end in ("", "/file"):
        said = [told(other.get(at + end), (re.escape(at),)) for at in (job, nobodys)]
        assert said[0][0] == 410
        assert said[0] == said[1]
    other.post(f"{job}/cancel", data={"csrf_token": other_csrf})
    third = browser(Who("data officer of T2", "data_officer", "T2"))
    for end in ("", "/settle", "/cancel"):
        said = [
            told(third[0].post(at + end, data={"csrf_token": third[1]}), (re.escape(at),))
            for at in (upload, "/import/" + "x" * 32)
        ]
        assert said[0][0] in (404, 410)
        assert said[0] == said[1]
    assert third[0].get(upload).status_code == said[0][0]
    assert mine.get(job).status_code == 200
    assert mine.get(upload).status_code in (200, 422)


def masked(text: str, ids: tuple[str, ...]) -> str:
    for each in ids:
        text = text.replace(each, "?")
    return text


def check_rights(who: Any, endpoint: str, answer: TestResponse, place: Any) -> None:
    right = POLICY[endpoint]
    if answer.status_code == 404:  # no address of ours
        return
    if who.state != "in":
        assert answer.status_code == 401, place
    elif isinstance(right, Action):
        has = right in ACTIONS[Role(who.role)] and (right not in COUNTY_WIDE or who.scope == "*")
        if not has:
            assert answer.status_code == 403, place
