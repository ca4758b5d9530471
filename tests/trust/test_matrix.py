"""Every route × every actor × an id that is theirs, somebody else's, missing, malformed.

The routes come from the application's own table: a new one joins by itself. One whose address
holds a kind of name that is not in IDS fails here until it is said what the four are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gisgrid.access import ACTIONS, Action, Field, Role
from gisgrid.access.roles import COUNTY_WIDE
from gisgrid.web.gate import POLICY, PUBLIC

from .told import of_people, told

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from gisgrid.operations.workspace import Workspace

KINDS = ("own", "foreign", "missing", "malformed")
CROOKED = "crooked"
"""Codes may hold slashes: a way from an id of theirs to somebody else's is one that is missing."""
MALFORMED = "%00%F0%9F%92%A5'\"<script>" + "x" * 300

IDS: dict[str, dict[str, str]] = {
    "household": {"own": "HHx{own}x", "foreign": "HHx{foreign}x", "missing": "HHxZZx"},
    "code": {"own": "{own}", "foreign": "{foreign}", "missing": "ZZ"},
    "area": {"own": "{own}", "foreign": "{foreign}", "missing": "ZZ"},
    "case": {"own": "c-0", "foreign": "c-3", "missing": "ZZ"},
    "key": {"own": "HHx{own}x", "foreign": "HHx{foreign}x", "missing": "HHxZZx"},
    "report": {"own": "none", "foreign": "other", "missing": "zz"},
    "number": {"own": "none", "foreign": "other", "missing": "zz"},
    # Below a draft: it is the draft that is compared.
    "waiting": {"own": "none", "foreign": "none", "missing": "none"},
    "token": {"own": "none", "foreign": "other", "missing": "zz"},
    "page": {"own": "coverage", "foreign": "zz", "missing": "yy"},
    "lang": {"own": "en", "foreign": "zz", "missing": "yy"},
    "name": {"own": "css/gisgrid.css", "foreign": "zz", "missing": "yy"},
    "layer": {"own": "households", "foreign": "zz", "missing": "yy"},
}
NUMBERS = {
    "z": {"own": "14", "foreign": "14", "missing": "31", "malformed": "99"},
    "x": {"own": "12970", "foreign": "12972", "missing": "0", "malformed": "99999999"},
    "y": {"own": "6486", "foreign": "6486", "missing": "0", "malformed": "99999999"},
    "draft": {
        "own": "{draft}",
        "foreign": "{other_draft}",
        "missing": "987654",
        "malformed": "99999999999999999999",
    },
    "revision": {"own": "1", "foreign": "1", "missing": "1", "malformed": "99999999999999999999"},
}
BY_QUERY = ("area",)
COMPARED = {"household", "area", "code", "draft", "key"}
"""Names of things that somebody else may have."""
PEOPLE = {"households.listing", "households.page", "api.household"}
DRAFTS = {"drafts.file", "plan_files.download"}
NAMED = {
    "member": PEOPLE | {"recording.work_list"},
    "supervisor": PEOPLE | DRAFTS | {"files.download"},
    "planner": DRAFTS | {"files.download"},
    "data_officer": PEOPLE | {"files.download"},
}
"""Which routes show fields of households, or give files, to whom of a role: by address alone.

Each such answer has its row in the account of use; what a form or a body asks for, see test_bodies.
"""
MOVING = {"people.signout", "people.enter"}  # they end or change the session: last


@dataclass(frozen=True)
class Check:
    """One request. compared: whether its foreign and its missing id must answer alike."""

    endpoint: str
    method: str
    address: str
    kind: str
    compared: str = ""


def checks(app: Flask, own: str, foreign: str) -> list[Check]:
    """All requests of one actor, those that end a session last."""
    found = []
    first, second = ("1", "2") if own == "G1" else ("2", "1")
    ids = {"own": own, "foreign": foreign, "draft": first, "other_draft": second}
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            for kind in (*KINDS, CROOKED) if _names_codes(rule) else KINDS:
                values = {name: value_of(rule, name, kind) for name in rule.arguments}
                address = filled(rule.rule, values).format(**ids)
                same = rule.rule if set(rule.arguments) & COMPARED else ""
                found.append(Check(rule.endpoint, method, address, kind, same))
                if method == "GET" and kind in ("foreign", "missing"):
                    for name in BY_QUERY:
                        asked = IDS[name][kind].format(**ids)
                        plain = filled(
                            rule.rule, {n: value_of(rule, n, "own") for n in rule.arguments}
                        ).format(**ids)
                        found.append(
                            Check(rule.endpoint, method, f"{plain}?{name}={asked}", kind, name)
                        )
    return sorted(found, key=lambda check: check.endpoint in MOVING)


def _names_codes(rule: Any) -> bool:
    return any(type(c).__name__ == "CodeConverter" for c in rule._converters.values())


def value_of(rule: Any, name: str, kind: str) -> str:
    converter = type(rule._converters[name]).__name__
    if kind == CROOKED:
        if converter != "CodeConverter":
            return value_of(rule, name, "own")
        return f"{IDS[name]['own']}%2F..%2F{IDS[name]['foreign']}"
    if converter == "IntegerConverter":
        assert name in NUMBERS, f"say in NUMBERS what <{name}> of {rule.rule} can be"
        return NUMBERS[name][kind]
    if rule.rule.startswith("/ogc") and name == "layer":
        return "households"
    assert name in IDS, f"say in IDS what <{name}> of {rule.rule} can be"
    return MALFORMED if kind == "malformed" else IDS[name][kind]


def filled(rule: str, values: dict[str, str]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule)


def ask(client: FlaskClient, check: Check, csrf: str) -> TestResponse:
    if check.method == "GET":
        return client.get(check.address)
    if check.address.startswith("/api/"):
        headers = {"X-CSRFToken": csrf}
        return client.open(check.address, method=check.method, json={}, headers=headers)
    return client.open(check.address, method=check.method, data={"csrf_token": csrf})


def disposition(answer: TestResponse) -> str:
    """How the answer is to be kept: as a file, or nothing."""
    return str(answer.headers.get("Content-Disposition", ""))


def test_there_are_at_least_two_thousand_checks(app: Flask, actors: Any) -> None:
    assert sum(len(checks(app, who.own, who.foreign)) for who in actors) >= 2000


def test_every_route_has_a_policy(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(POLICY)


def test_nobody_gets_more_than_their_rights_from_any_route(
    app: Flask, who: Any, browser: Any, canaries: Any, traces: Any, ws: Workspace
) -> None:
    client, csrf = browser(who)
    hidden = canaries.seen("*") - (canaries.seen(who.scope) if who.state == "in" else set())
    answers: dict[tuple[str, str, str], dict[str, tuple[Any, ...]]] = {}
    named = set()
    for check in checks(app, who.own, who.foreign):
        rows = ws.store.audit_head().seq
        answer = ask(client, check, csrf)
        if of_people(answer.data, traces) or "attachment" in disposition(answer):
            named.add(check.endpoint)
            assert ws.store.audit_head().seq > rows, (check, "no row in the account of use")
        assert answer.status_code < 500, (check, answer.data[:500])
        body = answer.data
        leaked = {word.decode() for word in traces[1].findall(body)} & hidden
        asked = re.findall(r"HHx[A-Z0-9]+x", check.address)
        assert leaked <= set(asked), check
        assert _only_own(body, canaries, who, traces), check
        shown = POLICY[check.endpoint] is not PUBLIC
        if shown and check.compared and check.kind in ("foreign", "missing"):
            place = (check.endpoint, check.method, check.compared)
            ids = (f"HHx{who.foreign}x", "HHxZZx", who.foreign, "ZZ")
            if "draft" in check.compared:
                ids = (*ids, "2" if who.own == "G1" else "1", "987654")
            answers.setdefault(place, {})[check.kind] = told(answer, ids)
        right = POLICY[check.endpoint]
        if right is PUBLIC or answer.status_code in (404, 405):
            continue
        if who.state != "in":
            assert answer.status_code in (303, 401), (check, answer.status_code)
            assert answer.status_code == 401 or answer.location.startswith("/signin"), check
        elif isinstance(right, Action) and not _has(who, right):
            assert answer.status_code == 403, (check, answer.status_code)
            assert not traces[0].search(body)
    assert named == (NAMED.get(who.role, set()) if who.state == "in" else set())
    for place, both in answers.items():
        if len(both) == 2 and who.scope != "*":
            theirs, nobodys = both["foreign"], both["missing"]
            lines = zip(
                "\n".join(theirs[1]).split("\n"), "\n".join(nobodys[1]).split("\n"), strict=False
            )
            apart = [pair for pair in lines if pair[0] != pair[1]]
            assert theirs == nobodys, (place, apart)


def _has(who: Any, right: Action) -> bool:
    return right in ACTIONS[Role(who.role)] and (right not in COUNTY_WIDE or who.scope == "*")


def _only_own(body: bytes, canaries: Any, who: Any, traces: Any) -> bool:
    """Whether every canary in an answer is one of the actor's own scope."""
    allowed = canaries.words(who.scope, frozenset(Field)) if who.state == "in" else set()
    return {f"{a.decode()}x{b.decode()}" for a, b in traces[0].findall(body)} <= allowed
