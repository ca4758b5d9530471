"""Every argument that names something × every actor × own, foreign, missing, malformed.

And that what the matrix asks for is what it says: somebody's, and there.

Which arguments a route takes is what it reads when it is asked: one that reads a new argument fails
here until it is said of what kind of thing that is, or that it names nothing of anybody.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from flask import request

from gisgrid.access import CONSOLE, Action, Scope
from gisgrid.operations import people
from gisgrid.web import arguments, ogc
from gisgrid.web.gate import POLICY

from .conftest import ACTORS
from .matrix_ids import NOBODYS, OTHER_OFFICER, OTHER_PLANNER, may
from .test_matrix import CROOKED, KINDS, MALFORMED, Check, checks, judged

if TYPE_CHECKING:
    from flask import Flask

    from gisgrid.operations.workspace import Workspace

    from .matrix_ids import Ids

OF = {
    "area": "code",
    "grid": "grid",
    "household": "household",
    "codes": "code",
    "with": "draft",
    "code": "code",
    "id": "case",
}
"""Argument -> kind of thing that it names, in matrix_ids."""
PLACES = {
    "after": ("99~HHxG1x", "99~HHxG4x", "99~HHxG4y"),
    "ogc.items.after": ("HHxG1x", "HHxG4x", "HHxG4y"),
    "bbox": ("105.001,35,105.009,35.01", "105.031,35,105.039,35.01", "99.001,35,99.009,35.01"),
    "at": ("14/35.005/105.005", "14/35.005/105.035", "14/35.005/99.005"),
}
"""Places in lists and on the ground: of G1 or its household, of G4's, of nobody's."""
NAMES_NOTHING = {
    *("as_of", "base", "before", "by", "category", "columns", "crs", "bbox-crs", "datetime"),
    *("datum", "encoding", "figures", "format", "gap_m", "language", "layer", "level", "limit"),
    *("located", "min_age", "next", "of", "offset", "page", "reason", "repair", "restate", "show"),
    *("sort", "state", "status", "twin", "what", "action", "name", "coverage", "households"),
    *("due_soon", "listed", "on_time", "overdue", "never", "open_cases", "overdue_cases"),
    *("days_open", "days_waiting", "due_on", "gap", "last_visit", "opened_on", "unlocated"),
}
"""Days, words of lists, forms of an answer, numbers of a page, and figures."""
OF_EVERYBODY = {"rights.audit": {"person"}, "province.page": {"county", "as_of"}}
"""For those whose scope is everything: nothing is foreign to them."""
SAMPLES = {"files.download": "what=coverage&format=csv", "api.paper": "of=coverage"}
"""What a question needs beside."""


@pytest.fixture(scope="module")
def taken(
    app: Flask,
    ids: dict[str, Ids],
    browser: Any,
) -> dict[tuple[str, str], set[str]]:
    """(Route, its address with names of one's own) -> the arguments that it reads."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    with pytest.MonkeyPatch.context() as patch:
        read, only = arguments.read, ogc.only

        def reading(values: Any, known: Any) -> Any:
            if request.method == "GET":
                found[str(request.endpoint), request.path] |= {each.name for each in known}
            return read(values, known)

        def reading_only(*known: str) -> Any:
            found[str(request.endpoint), request.path] |= set(known)
            return only(*known)

        patch.setattr(arguments, "read", reading)
        patch.setattr(ogc, "only", reading_only)
        for who in ACTORS[1], ACTORS[4], ACTORS[5], *ACTORS[6:8]:
            client = browser(who)[0]
            for check in checks(app, ids["supervisor of T1"], first=True):
                new = (check.endpoint, check.address) not in found
                if check.method == "GET" and check.kind == "own" and new:
                    client.get(check.address, buffered=True)
    return dict(found)


def test_of_each_argument_it_is_known_what_it_names(app: Flask, taken: Any) -> None:
    every = {name for names in taken.values() for name in names}
    known = {*OF, *PLACES, *NAMES_NOTHING} | set().union(*OF_EVERYBODY.values())
    assert every - known == set()
    asked = {endpoint for endpoint, _ in taken}
    gets = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    silent = {"static", "health.healthz", "health.readyz", "people.first", "province.page"}
    assert gets - asked == silent


def values(endpoint: str, name: str, mine: Ids, *, first: bool) -> dict[str, str]:
    """The four of an argument, as they stand in the address."""
    places = PLACES.get(f"{endpoint}.{name}") or PLACES.get(name)
    if places:
        own, foreign, missing = places
        if not first and name in ("bbox", "at"):
            own, foreign = foreign, own
        four = {"own": own, "foreign": foreign, "missing": missing}
    else:
        four = dict(mine[OF[name]])
        crooked = f"{four['own']}/../{four['foreign']}"
        four |= {} if OF[name] == "draft" else {CROOKED: crooked}
    return {kind: quote(word, safe="") for kind, word in four.items()} | {"malformed": MALFORMED}


def asked(app: Flask, taken: Any, each: dict[str, Ids], who: Any) -> list[Check]:
    """Each argument that names something, of each route, the four ways."""
    mine, first = each[who.name], who.own == "G1"
    found = []
    known = checks(app, each["supervisor of T1"], first=True)
    for one, check in zip(known, checks(app, mine, first=first), strict=True):
        names = taken.get((check.endpoint, one.address), ()) if one.kind == "own" else ()
        beside = f"&{SAMPLES[check.endpoint]}" if check.endpoint in SAMPLES else ""
        for name in sorted({*OF, *PLACES}.intersection(names)):
            for kind, word in values(check.endpoint, name, mine, first=first).items():
                address = f"{check.address}?{name}={word}{beside}"
                same = f"{check.address} {name}"
                found.append(Check(check.endpoint, "GET", address, kind, same, word))
    return found


def test_what_an_argument_names_of_others_answers_like_what_is_not_there(
    app: Flask,
    who: Any,
    browser: Any,
    canaries: Any,
    traces: Any,
    ws: Workspace,
    ids: Any,
    taken: Any,
) -> None:
    client, csrf = browser(who)
    every = asked(app, taken, ids, who)
    assert len(every) >= 150
    assert {check.kind for check in every} == {*KINDS, CROOKED}
    right = who.state == "in" and may(who, Action.SEE_FIGURES)
    places = sorted({check.compared for check in every})
    kept = places if right else places[::7]  # who sees no figures is sent away before
    some = [check for check in every if check.compared in kept]
    _, apart = judged(some, client, csrf, who, canaries, traces, ws)
    assert apart == {}
    assert {POLICY[check.endpoint] for check in every} >= {Action.SEE_FIGURES, Action.SEE_PLANS}


OPENED = {"upload": "/import/{}", "export": "/export/jobs/{}", "waiting": "/plans/2/file/{}"}
"""Where the owner of a file, and nobody else, looks at it."""


def test_each_kind_has_one_of_ones_own_one_of_somebody_elses_and_one_of_nobodys(
    ids: dict[str, Ids],
) -> None:
    for who in ACTORS:
        mine = ids[who.name]
        assert set(mine) == set(NOBODYS)
        for kind, each in mine.items():
            rights = {"report": Action.RECORD, "upload": Action.IMPORT, "export": Action.EXPORT}
            right = rights | {"waiting": Action.EDIT_PLAN}
            has = who.state == "in" and (kind not in right or may(who, right[kind]))
            assert (each["own"] != each["missing"]) == (has or kind not in (*right, "token"))
            assert each["foreign"] not in (each["own"], each["missing"]), (who, kind)


def test_what_is_somebody_elses_is_there_for_whoever_has_it(
    ids: dict[str, Ids],
    ws: Workspace,
    browser: Any,
) -> None:
    """Else an answer that says "not there" would be the plain truth, and show nothing."""
    planner, officer, supervisor = (ACTORS[n] for n in (4, 5, 1))
    owners = {"upload": OTHER_OFFICER, "waiting": OTHER_PLANNER, "export": ACTORS[2]}
    for who in (planner, officer, supervisor):
        for kind, owner in owners.items():
            number = ids[who.name][kind]["foreign"]
            answer = browser(owner)[0].get(OPENED[kind].format(number))
            assert answer.status_code == 200, (kind, answer.text)
        report = ids[who.name]["report"]["foreign"]
        theirs = ws.store.pending(scope=Scope("T2"), person=None, reporters=True)
        assert report in [each.client_id for each in theirs]


def test_a_link_that_is_looked_at_tells_nothing_of_whom_it_lets_in(
    ids: dict[str, Ids],
    app: Flask,
    ws: Workspace,
) -> None:
    client = app.test_client()
    live = people.make_link(ws, CONSOLE, "supervisor of T1")
    said = {client.get(f"/enter/{t}").text.replace(t, "?") for t in (live, NOBODYS["token"])}
    assert "supervisor of T1" not in "".join(said)
    spent = ids["supervisor of T2"]["token"]["foreign"]
    said |= {client.get(f"/enter/{spent}").text.replace(spent, "?")}
    assert len({masked(page) for page in said}) == 1


def masked(page: str) -> str:
    """A page without what is new in each: the token against forged forms."""
    return re.sub(r'content="[^"]+"|name="csrf_token" value="[^"]+"', "", page)
