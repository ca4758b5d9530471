"""What a published plan leaves behind is seen by whom it concerns, and by nobody else.

Two plans are published in the county of canaries: by the planner of T1 one that gives G1's own
household to G2, and one across townships that gives G3's two to G4. Members report visits to
households that are no longer theirs, and everybody has a token.
"""

from __future__ import annotations

import json
import re
import uuid
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from shapely import box, to_geojson

from gisgrid.access import ACTIONS, CONSOLE, Action, Role
from gisgrid.access.fields import SHOWN
from gisgrid.operations import keys, people
from gisgrid.operations.plans import drafts, editing, publishing, reviewing
from gisgrid.operations.plans.revisions import PROOF

from .conftest import ACTORS, GRIDS, Canaries, Who, below
from .test_crawl import pages, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from gisgrid.access import Actor
    from gisgrid.operations.workspace import Workspace

MEMBERS = tuple(Who(f"member of {grid}", "member", grid) for grid in ("G2", "G3", "G4", "G5"))
EVERYBODY = (*ACTORS, *MEMBERS, Who("planner of all", "planner", "*"))
MOVED = {"HHxG1x": ("G1", "G2"), "HHxG3x": ("G3", "G4"), "HHxBORDERx": ("G3", "G4")}
REPORTS = {"HHxG1x": "member of G1", "HHxG3x": "member of G3"}
"""Household -> who reports a visit to it after it went to another grid."""


def named(ws: Workspace, name: str) -> Actor:
    return people.actor_of(people.known(ws, name))


def publish(ws: Workspace, who: Actor, name: str, area: str | None, wish: dict[str, Any]) -> None:
    draft = drafts.open_draft(ws, who, name=f"DRAFTx{name}x", area=area)
    seen = editing.edit(ws, who, draft, wish, seen=1)["version"]
    seen = reviewing.submit(ws, who, draft, seen=seen, remark=f"SAIDx{name}x")
    seen = reviewing.approve(ws, CONSOLE, draft, seen=seen, remark=f"SAIDx{name}x")
    publishing.publish(ws, CONSOLE, draft, seen=seen, remark=f"PLANx{name}x")


def ground(grid: str, to: str) -> dict[str, Any]:
    """All of a grid but a strip at its western side, for the one east of it."""
    east = 105 + int(grid[1:]) / 100
    shape = box(east - 0.0095, 35, east, 35.01)
    return {"op": "transfer", "to": to, "area": json.loads(to_geojson(shape))}


@pytest.fixture(scope="module")
def come(ws: Workspace, browser: Any) -> dict[str, tuple[FlaskClient, str]]:
    """Name -> client and token of everybody, after the two plans, with reports and tokens made."""
    found = {who.name: browser(who) for who in EVERYBODY}
    publish(ws, named(ws, "planner of T1"), "T1", "T1", ground("G1", "G2"))
    publish(ws, named(ws, "planner of all"), "C", None, ground("G3", "G4"))
    for household, reporter in REPORTS.items():
        client, csrf = found[reporter]
        visit = {"client_id": str(uuid.uuid4()), "household": household, "outcome": "met"}
        visit["note"] = f"SEENx{household}"
        answer = client.post("/api/v1/visits", json=visit, headers={"X-CSRFToken": csrf})
        assert answer.status_code == 202, answer.text
    for n, who in enumerate(EVERYBODY):
        if who.state == "in":
            keys.make_token(ws, named(ws, who.name), name=f"TOKNx{n}x", reach="read", days=9)
    return found


@pytest.fixture(params=EVERYBODY, ids=lambda who: who.name.replace(" ", "-"))
def who(request: pytest.FixtureRequest) -> Who:
    found: Who = request.param
    return found


@pytest.fixture(scope="module")
def after() -> Canaries:
    """Whose each household is by the plan in force."""
    made = Canaries()
    for home in made.homes:
        home.grid = MOVED.get(home.id, (home.grid, home.grid))[1]
    return made


@pytest.fixture(scope="module")
def crawl(come: Any) -> Callable[[Who], dict[str, bytes]]:
    """`crawl(who)` -> every page that leads on from the first ones, by address."""
    return cache(lambda who: pages(come[who.name][0]))


def may(who: Who, action: Action) -> bool:
    return who.state == "in" and action in ACTIONS[Role(who.role)]


def in_scope(who: Who, code: str) -> bool:
    return who.scope == "*" or code in below(who.scope)


def lists(client: FlaskClient) -> dict[str, bytes]:
    """Each handover list, as a page (which is what is printed), as JSON and as a table."""
    found = {}
    for revision in (2, 3):
        for grid in GRIDS:
            page = f"/revisions/{revision}/handover/{grid}"
            for address in (f"/plans{page}", f"/api/v1{page}", f"/api/v1{page}?format=csv"):
                answer = client.get(address)
                found[address] = answer.data if answer.status_code == 200 else b""
    return found


def test_a_handover_list_is_of_ones_own_grids_and_names_whom_one_serves_now(
    who: Who, come: Any, after: Canaries, traces: Any
) -> None:
    client, _ = come[who.name]
    sees = may(who, Action.SEE_HOUSEHOLDS)
    known = after.words(who.scope, SHOWN[Role(who.role)]) if sees else set()
    for address, body in lists(client).items():
        grid = re.findall(r"handover/(G\d)", address)[0]
        revision = "2" if "/2/" in address else "3"
        rows = {
            home
            for home, (old, new) in MOVED.items()
            if grid in (old, new) and (revision == "2") == (old == "G1")
        }
        taken = "format=csv" not in address or may(who, Action.EXPORT)
        shown = rows if sees and taken and in_scope(who, grid) else set()
        assert {found.decode() for found in traces[1].findall(body)} == shown, address
        named = {word for word in words_of(body, traces) if not word.startswith("MEMBx")}
        wanted = {word for word in known if word[:4] in ("NAME", "ADDR") and word[5:] in shown}
        assert named == wanted, address


def test_a_plan_says_who_drew_what_to_those_of_its_area_and_to_others_that_it_was_proved(
    who: Who, come: Any
) -> None:
    client, _ = come[who.name]
    if not may(who, Action.SEE_FIGURES):
        assert client.get("/api/v1/revisions").status_code in (401, 403)
        return
    for revision, area, name in ((2, "T1", "T1"), (3, None, "C")):
        whole = who.scope in {"*", area}
        addresses = "/api/v1/revisions", f"/api/v1/revisions/{revision}"
        addresses += "/plans", f"/plans/revisions/{revision}"
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
            told = set(re.findall(rf"(?:DRAFT|SAID|PLAN)x{name}x", answer.text))
            assert (f"PLANx{name}x" in told) == whole, (address, told)
            assert whole or not told, address
        certificate = client.get(addresses[1]).json["certificate"]
        assert whole or set(certificate) <= set(PROOF)


def test_a_report_is_seen_by_its_two_sides_and_their_supervisors(
    who: Who, crawl: Any, after: Canaries, traces: Any
) -> None:
    bodies = crawl(who)
    text = b"\n".join(bodies.values()).decode("utf-8", "replace")
    for household, reporter in REPORTS.items():
        old, new = MOVED[household]
        mine = who.name == reporter
        serves = may(who, Action.RECORD) and in_scope(who, new)
        above = may(who, Action.RECORD) and who.role == "supervisor" and in_scope(who, old)
        assert (f"SEENx{household}" in text) == (mine or serves or above), household
    words = {w for body in bodies.values() for w in words_of(body, traces)}
    allowed = after.words(who.scope, SHOWN[Role(who.role)]) if who.state == "in" else set()
    assert words <= allowed, "a report of a household of others does not tell its name"


def test_a_token_is_seen_by_its_owner_and_administrators_and_ended_by_nobody_else(
    who: Who, come: Any, crawl: Any, ws: Workspace
) -> None:
    client, csrf = come[who.name]
    own = {f"TOKNx{EVERYBODY.index(who)}x"} if who.state == "in" else set()
    everyones = {f"TOKNx{n}x" for n, one in enumerate(EVERYBODY) if one.state == "in"}
    addresses = ["/account", "/people", "/people/sessions", "/rights", "/audit"]
    bodies = crawl(who) | {address: client.get(address).data for address in addresses}
    found = set(re.findall(r"TOKNx\d+x", b"".join(bodies.values()).decode("utf-8", "replace")))
    looks_after = may(who, Action.MANAGE_PEOPLE)
    assert found == (everyones if looks_after else own)
    if looks_after:
        return
    alive = ws.store.live_tokens(ws.clock(), person=None)
    for token in [one for one in alive if one.name not in own][::4]:
        client.post("/account/token/end", data={"number": token.id, "csrf_token": csrf})
    assert ws.store.live_tokens(ws.clock(), person=None) == alive
