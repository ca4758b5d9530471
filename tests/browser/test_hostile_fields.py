"""Every field of every body and form: a NUL is refused, the longest text is kept to the letter.

A NUL is the end of a text in C and no letter of any database: what takes it cuts the text there, or
fails as a fault of the server. Of what is refused nothing is stored.
"""

from __future__ import annotations

import copy
import re
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.model import Programme
from gisgrid.operations import people
from gisgrid.operations.plans import drafts, editing
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import By, Store
from gisgrid.web import arguments, create_app, openapi

from .conftest import NOW, TODAY, fill
from .hostile import PIECES, filled

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = ("supervisor", "planner", "data_officer", "admin", "data_protection")
NUL = "a\0b"
HOME, GRID = "T1V1-1-00", "T1V1-1"
VISIT = {"household": HOME, "outcome": "met", "visited_at": "2026-11-20T10:00:00+08:00", "note": ""}
VISIT |= {"zone": "Asia/Shanghai", "corrects": "v-T1V1-1-1"}
CASE = {"household": HOME, "category": "road", "title": "x", "due_on": "2026-12-01", "note": "x"}
CASE |= {"opened_at": "2026-11-20T10:00:00+08:00", "zone": "Asia/Shanghai"}
CHANGE = {"case": "c00", "do": "update", "category": "road", "title": "x", "due_on": "2026-12-01"}
CHANGE |= {"note": "x", "changed_at": "2026-11-20T10:00:00+08:00", "zone": "Asia/Shanghai"}
LINE = {"type": "LineString", "coordinates": [[105.02, 35.6], [105.02, 35.8]]}
BODIES: dict[str, list[Any]] = {
    "record.visits": [VISIT, {"visits": [VISIT]}],
    "record.cases": [CASE, {"cases": [CASE]}],
    "record.case_changes": [CHANGE, {"changes": [CHANGE]}],
    "api.search": [{"q": "x"}],
    "drafts.new": [{"name": "x", "area": "T1"}],
    "drafts.edit": [
        {"op": "split", "code": GRID, "line": LINE, "new_codes": ["N"]},
        {"op": "merge", "codes": [GRID, "T1V1-2"], "into": GRID},
        {"op": "renumber", "code": GRID, "new_code": "N"},
        {"op": "change", "code": GRID, "name": "N", "member": "M", "area_code": "T1V1"},
    ],
    "drafts.undo": [{"client_id": str(uuid.uuid4())}],
    "drafts.redo": [{"client_id": str(uuid.uuid4())}],
    "drafts.copy": [{"name": "x"}],
    "drafts.submit": [{"note": "x"}],
    "drafts.approve": [{"note": "x"}],
    "drafts.give_back": [{"note": "x"}],
    "drafts.publish": [{"valid_from": "2026-12-01", "note": "x"}],
    "drafts.reverse": [{"name": "x"}],
}
"""What a route is sent as JSON; each text in it is tried."""
WITHOUT_TEXT = {"drafts.withdraw", "drafts.discard", "drafts.rebase", "drafts.withdraw_revision"}
A_FILE = {"drafts.take_file"}
STATES = {"drafts.approve": "submitted", "drafts.give_back": "submitted"}
STATES |= {"drafts.publish": "approved"}
"""What a draft has to be in before its remark is looked at."""
LEFT_OUT = {"zone"}
"""Told beside the moment only: what is no zone is left out, and the record is kept."""


@pytest.fixture(scope="module")
def ws(tmp_path_factory) -> Iterator[Workspace]:
    settings = Settings(store=str(tmp_path_factory.mktemp("nul") / "c.gpkg"))
    with Store.create(settings.store, Programme()) as store:
        fill(store)
        plan = store.grids(scope=EVERYWHERE)
        plan.loc[plan["code"] == GRID, "member"] = "Li"
        with store.write() as w:
            w.put_grids(plan, valid_from=TODAY - timedelta(days=9))
        made = Workspace(store, settings, lambda: NOW)
        draft = drafts.open_draft(made, CONSOLE, name="x", area="T1")
        wish = {"op": "merge", "codes": ["T1V1-3", "T1V1-4"], "into": "T1V1-3"}
        editing.edit(made, CONSOLE, draft, wish, seen=1)
        yield made


@pytest.fixture(scope="module")
def app(ws):
    return create_app(ws.settings, ws)


@pytest.fixture(scope="module")
def enter(app, ws):
    """`enter(role)` -> a client that is signed in, and its token."""
    known = {}

    def come(role: str) -> Any:
        if role not in known:
            people.add(ws, CONSOLE, role, role=role, scope="*")
            client = app.test_client()
            address = f"/enter/{people.make_link(ws, CONSOLE, role)}"
            client.post(address, data={"csrf_token": token(client)})
            known[role] = client, token(client)
        return known[role]

    return come


def token(client: Any) -> str:
    page = client.get("/signin", follow_redirects=True).text
    return re.search(r'name="csrf-token" content="([^"]+)"', page)[1]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the texts of a body stand."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, (*path, name))


def with_nul(body: Any, path: tuple[Any, ...]) -> Any:
    made = place = copy.deepcopy(body)
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = NUL if path[-1] != "client_id" else f"{place[path[-1]][:-2]}\0a"
    return made


def renewed(body: Any) -> Any:
    """A record under an id of its own."""
    one = next(iter(body.values()))
    if isinstance(one, list) and isinstance(one[0], dict):
        return {name: [renewed(each) for each in all_of] for name, all_of in body.items()}
    return {"client_id": str(uuid.uuid4())} | body


def test_every_json_body_of_the_api_is_tried() -> None:
    posted = {name for name, route in openapi.ROUTES.items() if route.method == "post"}
    assert posted == {*BODIES, *WITHOUT_TEXT, *A_FILE}


@pytest.mark.parametrize("name", BODIES)
def test_no_field_of_the_api_takes_a_nul(ws, enter, name) -> None:
    client, csrf = enter("planner" if name.startswith("drafts.") else "supervisor")
    address = "/api/v1" + openapi.ROUTES[name].path.format(draft=1, revision=2)
    with ws.store.write() as w:
        version = ws.store.draft(1, scope=EVERYWHERE).version
        state = STATES.get(name, "open")
        w.change_draft(1, version, "x", By(None, at_console=True), state=state)
    tag = client.get("/api/v1/drafts/1").headers.get("ETag", "") if "draft" in name else '"v1"'
    headers = {"X-CSRFToken": csrf, "If-Match": tag}
    for body in BODIES[name]:
        sent = renewed(body) if name.startswith("record.") else body
        for path in leaves(sent):
            before = ws.store.audit_head().seq
            answer = client.post(address, json=with_nul(sent, path), headers=headers)
            place = (name, path, answer.status_code, answer.text[:300])
            if path[-1] in LEFT_OUT:
                assert "\\u0000" not in answer.text, place
                continue
            results = answer.json.get("results")
            if name == "api.search":  # a question, which stores nothing: nobody is called so
                assert answer.json == {"hits": []}, place
            elif results:
                assert [each["state"] for each in results] == ["refused"], place
                assert results[0]["problem"]["detail"], place
            else:
                assert answer.status_code in ((404,) if path[-1] == "area" else (400, 422)), place
                assert answer.json["detail"], place
            assert ws.store.audit_head().seq == before, place


@pytest.fixture(scope="module")
def forms(app, enter) -> set[tuple[str, str, str]]:
    """(Role, address, field) of each field of each form, as the forms themselves read them."""
    found = set()
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        read = arguments.read

        def reading(values: Any, known: Any) -> Any:
            asked.extend(each.name for each in known)
            return read(values, known)

        patch.setattr(arguments, "read", reading)
        for role in ROLES:
            client, csrf = enter(role)
            for rule in app.url_map.iter_rules():
                if "POST" not in rule.methods or rule.rule.startswith("/api/"):
                    continue
                if rule.endpoint in ("people.signout", "people.enter"):
                    continue
                address = re.sub(r"<(?:\w+:)?(\w+)>", lambda n: PARTS[n[1]], rule.rule)
                if address in {each for _, each, _ in found}:
                    continue
                asked.clear()
                client.post(address, data={"csrf_token": csrf, "strange": "x"})
                found |= {(role, address, name) for name in asked}
    return found


PARTS = {"household": HOME, "code": GRID, "case": "c00", "report": "r", "draft": "1"}
PARTS |= {"revision": "1", "number": "x", "waiting": "x", "token": "x", "lang": "en"}


def test_no_field_of_a_form_takes_a_nul(ws, enter, forms) -> None:
    assert len(forms) >= 80
    names = {name for *_, name in forms}
    assert names >= {"note", "reason", "name", "household", "title", "category", "area", "password"}
    for role, address, name in sorted(forms):
        client, csrf = enter(role)
        before = ws.store.audit_head().seq
        answer = client.post(address, data={"csrf_token": csrf, name: NUL})
        place = (role, address, name, answer.status_code, answer.text[:200])
        assert answer.status_code in (400, 422), place
        assert ws.store.audit_head().seq == before, place


LONGEST = {
    "record.visits": (VISIT | {"corrects": None}, {"note": 2000}),
    "record.cases": (CASE, {"category": 60, "title": 200, "note": 2000}),
    "record.case_changes": (CHANGE, {"category": 60, "title": 200, "note": 2000}),
    "drafts.new": ({"area": "T1"}, {"name": 100}),
    "drafts.submit": ({}, {"note": 1000}),
}
"""Field -> how long it may be."""


def kept_as(ws: Workspace, name: str, body: dict[str, Any], answer: Any) -> dict[str, Any]:
    """What the store has of what was sent."""
    if name.startswith("drafts."):
        row = ws.store.draft(answer["id"], scope=EVERYWHERE)
        return {"name": row.name, "note": ws.store.draft_log(row)[-1]["note"]}
    rows = ws.store.visits if name == "record.visits" else ws.store.cases
    frame = rows(scope=EVERYWHERE).set_index("id")
    return frame.loc[body.get("case", answer["id"])].to_dict()


@pytest.mark.parametrize("piece", [*PIECES[:3], "{{ 7*7 }}${7*7}`"])
@pytest.mark.parametrize("name", LONGEST)
def test_the_longest_text_is_kept_to_the_letter_and_a_longer_one_refused(ws, enter, name, piece):
    client, csrf = enter("planner" if name.startswith("drafts.") else "supervisor")
    address = "/api/v1" + openapi.ROUTES[name].path.format(draft=1)
    plain, fields = LONGEST[name]
    for field, most in fields.items():
        text = filled(piece, most).rstrip().ljust(most, "x")
        for given, right in ((text + "x", (400, 422)), (text, (200, 201))):
            with ws.store.write() as w:
                version = ws.store.draft(1, scope=EVERYWHERE).version
                w.change_draft(1, version, "x", By(None, at_console=True), state="open")
            tag = client.get("/api/v1/drafts/1").headers["ETag"]
            sent = {**plain, field: given} | (
                {"client_id": str(uuid.uuid4())} if name.startswith("record.") else {}
            )
            headers = {"X-CSRFToken": csrf, "If-Match": tag}
            answer = client.post(address, json=sent, headers=headers)
            assert answer.status_code in right, (field, len(given), answer.text[:300])
        assert kept_as(ws, name, sent, answer.json)[field] == text, field
