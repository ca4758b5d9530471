"""Every route × every actor × an id that is theirs, somebody else's, missing, malformed.

The routes come from the application's own table: a new one joins by itself. One whose address
holds a kind of name that is in none of the tables here fails until it is said what the four are.
What else is asked for in an address, after the question mark: see test_matrix_queries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gisgrid.access import ACTIONS, Action, Field, Role
from gisgrid.access.roles import COUNTY_WIDE
from gisgrid.operations.features import COLLECTIONS
from gisgrid.web.gate import POLICY, PUBLIC

from .test_matrix_answers import differing, said_after
from .told import of_people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.routing import Rule
    from werkzeug.test import TestResponse

    from gisgrid.operations.workspace import Workspace

    from .matrix_ids import Ids
    from .test_matrix_answers import Told

KINDS = ("own", "foreign", "missing", "malformed")
CROOKED = "crooked"
"""Codes may hold slashes: a way from an id of theirs to somebody else's is one that is missing."""
MALFORMED = "%00%F0%9F%92%A5'\"<script>" + "x" * 300
TOO_BIG = "9" * 20

OBJECTS = {
    "household": "household",
    "code": "code",
    "case": "case",
    "report": "report",
    "draft": "draft",
    "revision": "revision",
    "waiting": "waiting",
    "token": "token",
    "files.number": "upload",
    "exports.number": "export",
    "plans.handed_over.code": "moved",
    "drafts.handover_list.code": "moved",
}
"""What a name in an address is of, by its name; first by route, and by the room of the route."""
KEYS = {"grids": "code", "areas": "area", "households": "household", "gaps": "household"}
KEYS |= {"cases": "case"}
"""Layer that programs read -> what its features are called by."""
WORDS = {
    "page": {"own": "coverage", "foreign": "cases", "missing": "yy"},
    "lang": {"own": "en", "foreign": "zh", "missing": "yy"},
    "name": {"own": "css/gisgrid.css", "foreign": "app/api.js", "missing": "yy"},
}
"""Names of the program's own things, which nobody has for himself."""
TILES = ("households", "cases", "grids", "villages", "townships", "outlines")
PLACES = {
    "own": ("14", "12970", "6489"),
    "foreign": ("14", "12973", "6489"),
    "missing": ("14", "12000", "6489"),
    "malformed": ("99", TOO_BIG, TOO_BIG),
}
"""Tiles around G1, around G6, where nothing is; G6's and G1's change places for those of T2."""
EVERYBODYS = {"revision"}
"""A published plan is there for all who see figures; what it says of others, see the canaries."""
EMPTY_HERE = {"province.page", "basemap.archive", "basemap.tile"}
"""Not there, since the settings name no folder of counties and no base map."""
NO_AREA = "/ogc/collections/areas/items/"
"""Who sees a single grid sees no area as a feature."""
PEOPLE = {"households.listing", "households.page", "api.household"}
PEOPLE |= {"plans.handed_over", "drafts.handover_list"}
DRAFTS = {"drafts.file", "plan_files.download"}
FILES = {"files.download", "exports.fetch"}
NAMED = {
    "member": {"households.listing", "households.page", "api.household", "recording.work_list"},
    "supervisor": PEOPLE | DRAFTS | FILES,
    "planner": DRAFTS | FILES,
    "data_officer": PEOPLE | FILES | {"files.preview"},
}
"""Which routes show fields of households, or give files, to whom of a role: by address alone.

Each such answer has its row in the account of use; what a form or a body asks for, see test_bodies.
"""
TAKING = {"files.cancel", "exports.drop", "plan_files.take", "files.confirm"}
MOVING = {"people.signout", "people.enter"}  # they end or change the session: last


@dataclass(frozen=True)
class Check:
    """One request. compared: what of it must answer alike for a foreign and a missing id."""

    endpoint: str
    method: str
    address: str
    kind: str
    compared: str = ""
    asked: str = ""


def checks(app: Flask, mine: Ids, *, first: bool) -> list[Check]:
    """All requests of one actor; those that take something away or end a session last."""
    found = []
    for rule in app.url_map.iter_rules():
        for kind, compared, asked, values in variants(rule, mine, first=first):
            address = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: values[name[1]], rule.rule)  # noqa: B023
            found += [
                Check(rule.endpoint, method, address, kind, compared, asked)
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            ]
    return sorted(found, key=lambda check: (check.endpoint in MOVING, check.endpoint in TAKING))


def variants(rule: Rule, mine: Ids, *, first: bool) -> Iterator[tuple[str, str, str, Any]]:
    """Kind, what is compared, the name asked for, all names: one of them varied, the others own."""
    if {"z", "x", "y"} <= rule.arguments:
        yield from tiles(rule, first=first)
        return
    layers = COLLECTIONS if rule.endpoint.startswith("ogc.") else ["households"]
    for layer in layers if "layer" in rule.arguments else [""]:
        own = {name: value_of(rule, name, "own", mine, layer) for name in rule.arguments}
        yield "own", "", "", own
        for name in sorted(rule.arguments):
            for kind in kinds(rule, name):
                asked = value_of(rule, name, kind, mine, layer)
                same = f"{layer} {name}" if is_object(rule, name) else ""
                yield kind, same, asked, own | {name: asked}
    if {"revision", "code"} <= rule.arguments:  # a grid of a plan of others
        for kind in ("foreign", "missing"):
            asked = value_of(rule, "code", kind, mine, "")
            values = {"revision": mine["revision"]["foreign"], "code": asked}
            yield kind, "code of a foreign plan", asked, values


def tiles(rule: Rule, *, first: bool) -> Iterator[tuple[str, str, str, Any]]:
    swapped = PLACES if first else PLACES | {"own": PLACES["foreign"], "foreign": PLACES["own"]}
    for layer in TILES if "layer" in rule.arguments else [""]:
        for kind, (z, x, y) in swapped.items():
            yield kind, layer, x, {"layer": layer, "z": z, "x": x, "y": y}


def kinds(rule: Rule, name: str) -> tuple[str, ...]:
    crooked = type(rule._converters[name]).__name__ == "CodeConverter"
    return (*KINDS[1:], CROOKED) if crooked else KINDS[1:]


def object_of(rule: Rule, name: str) -> str | None:
    """What kind of thing is named; None for a word of the program."""
    room = rule.endpoint.partition(".")[0]
    for each in (f"{rule.endpoint}.{name}", f"{room}.{name}", name):
        if each in OBJECTS:
            return OBJECTS[each]
    assert name in (*WORDS, "layer", "key"), f"say in OBJECTS what <{name}> of {rule.rule} is of"
    return None


def is_object(rule: Rule, name: str) -> bool:
    return name == "key" or object_of(rule, name) not in (None, *EVERYBODYS)


def value_of(rule: Rule, name: str, kind: str, mine: Ids, layer: str) -> str:
    """A name as it stands in the address."""
    if name == "layer":
        return {"own": layer, "foreign": "streets", "missing": "yy"}.get(kind, MALFORMED)
    of = KEYS[layer] if name == "key" else object_of(rule, name)
    if kind == "malformed":
        return TOO_BIG if type(rule._converters[name]).__name__ == "IntegerConverter" else MALFORMED
    four = WORDS[name] if of is None else mine[of]
    return f"{four['own']}%2F..%2F{four['foreign']}" if kind == CROOKED else four[kind]


def ask(client: FlaskClient, check: Check, csrf: str) -> TestResponse:
    if check.method == "GET":
        return client.get(check.address, buffered=True)  # a file is closed when it is read
    if check.address.startswith("/api/"):
        headers = {"X-CSRFToken": csrf}
        return client.open(check.address, method=check.method, json={}, headers=headers)
    return client.open(check.address, method=check.method, data={"csrf_token": csrf})


def disposition(answer: TestResponse) -> str:
    """How the answer is to be kept: as a file, or nothing."""
    return str(answer.headers.get("Content-Disposition", ""))


def test_there_are_at_least_two_thousand_checks(app: Flask, actors: Any, ids: Any) -> None:
    mine = {who.name: checks(app, ids[who.name], first=who.own == "G1") for who in actors}
    assert sum(len(set(each)) for each in mine.values()) >= 2000


def test_every_route_has_a_policy(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(POLICY)


def test_nobody_gets_more_than_their_rights_from_any_route(
    app: Flask,
    who: Any,
    browser: Any,
    canaries: Any,
    traces: Any,
    ws: Workspace,
    ids: Any,
) -> None:
    client, csrf = browser(who)
    asked = checks(app, ids[who.name], first=who.own == "G1")
    named, apart = judged(asked, client, csrf, who, canaries, traces, ws)
    assert named == (NAMED.get(who.role, set()) if who.state == "in" else set())
    assert apart == {}


def judged(
    asked: list[Check],
    client: FlaskClient,
    csrf: str,
    who: Any,
    canaries: Any,
    traces: Any,
    ws: Workspace,
) -> tuple[set[str], dict[Any, Any]]:
    """Ask, and hold each answer to the tables of rights.

    Answers: which routes named somebody or gave a file; where a foreign id differs from a missing
    one, and in what.
    """
    hidden = canaries.seen("*") - (canaries.seen(who.scope) if who.state == "in" else set())
    answers: dict[tuple[str, str, str], dict[str, Told]] = {}
    named = set()
    for check in asked:
        rows = ws.store.audit_head().seq
        answer = ask(client, check, csrf)
        if of_people(answer.data, traces) or "attachment" in disposition(answer):
            named.add(check.endpoint)
            assert ws.store.audit_head().seq > rows, (check, "no row in the account of use")
        assert answer.status_code < 500, (check, answer.data[:500])
        leaked = {word.decode() for word in traces[1].findall(answer.data)} & hidden
        assert leaked <= set(re.findall(r"HHx[A-Z0-9]+x", check.address)), check
        assert _only_own(answer.data, canaries, who, traces), check
        notices = said_after(client, answer)  # of each, so that none comes with a later one
        if check.compared and check.kind in ("foreign", "missing"):
            place = (check.endpoint, check.method, check.compared)
            answers.setdefault(place, {})[check.kind] = answer, check.asked, notices
        check_rights(check, answer, who, traces)
    return named, {} if who.scope == "*" else differing(answers)


def check_rights(check: Check, answer: TestResponse, who: Any, traces: Any) -> None:
    """No right, no answer; with it, one's own is there."""
    right = POLICY[check.endpoint]
    if right is PUBLIC or answer.status_code == 405:
        return
    if who.state != "in":
        assert answer.status_code in (303, 401, 404), (check, answer.status_code)
        assert answer.status_code != 303 or answer.location.startswith("/signin"), check
    elif isinstance(right, Action) and not _has(who, right):
        assert answer.status_code in (403, 404), (check, answer.status_code)
        assert not traces[0].search(answer.data)
    elif (check.kind, check.method) == ("own", "GET") and check.endpoint not in EMPTY_HERE:
        # Else "as one that is missing" would be the plain truth.
        none = who.role == "member" and check.address.startswith(NO_AREA)
        there = (404,) if none else (200, 204, 303)
        assert answer.status_code in there, (check, answer.status)


def _has(who: Any, right: Action) -> bool:
    return right in ACTIONS[Role(who.role)] and (right not in COUNTY_WIDE or who.scope == "*")


def _only_own(body: bytes, canaries: Any, who: Any, traces: Any) -> bool:
    """Whether every canary in an answer is one of the actor's own scope."""
    allowed = canaries.words(who.scope, frozenset(Field)) if who.state == "in" else set()
    return {f"{a.decode()}x{b.decode()}" for a, b in traces[0].findall(body)} <= allowed
