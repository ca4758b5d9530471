"""A crawl of every page, tile, answer and export as each actor finds what the table allows."""

from __future__ import annotations

import io
import itertools
import re
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from sqlalchemy import event

from gisgrid.access import ACTIONS, Action, Role
from gisgrid.access.fields import LEVELS, SHOWN, TAKEN, Level
from gisgrid.operations import features
from gisgrid.operations.exporting import FORMATS, WHAT
from gisgrid.web import openapi

from .told import of_people

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace

LINK = re.compile(r'(?:href|src|action)="(/[^"]*)"')
LEAVE_OUT = ("/static/", "/signout", "/language/", "/enter/")
OFF_PAGE = {"VNOT", "STAT", "CNOT", "MEMB"}
"""What no page need show; where one does, the table decides who sees it."""

PARTS = {"draft": [1, 2], "revision": [1], "code": ["G1", "G3", "G4", "G6"]}
"""The ids in addresses of the API, of each township's; what has none here fails the crawl."""
WISHES = {"with": "1", "what": "households", "bbox": "104,34,107,38"}
"""What such an address asks for beside."""


def words_of(body: bytes, traces: Any) -> set[str]:
    return {f"{word.decode()}x{home.decode()}" for word, home in traces[0].findall(body)}


def pages(client: FlaskClient) -> dict[str, bytes]:
    """Every page that links lead to from the first one, each kind of address a few times."""
    first = ("/", "/rights", "/households", "/cases", "/export", "/plans", "/work", "/decisions")
    waiting, found, often = list(first), {}, {}
    while waiting:
        address = waiting.pop()
        shape = re.sub(r"=[^&]*|/HHx\w+", "", address)
        if address in found or address.startswith(LEAVE_OUT) or often.get(shape, 0) >= 30:
            continue
        often[shape] = often.get(shape, 0) + 1
        answer = client.get(address)
        found[address] = answer.data
        if answer.mimetype == "text/html":
            waiting += [a.replace("&amp;", "&") for a in LINK.findall(answer.text)]
        elif answer.status_code in (301, 302, 303):
            waiting.append(answer.location)
    return found


def api(client: FlaskClient, canaries: Any) -> dict[str, bytes]:
    """Every GET of the API, for the whole scope, every area and every household."""
    areas = ["", "T1", "T2", "V1", "V3", "G1", "G3", "G4", "G6"]
    found = {}
    for route in openapi.ROUTES.values():
        if route.method != "get":
            continue
        known = {argument.name for argument in route.arguments}
        address = f"/api/v1{route.path}"
        asked = [f"{address}?area={area}" for area in areas] if "area" in known else [address]
        if "{" in address:
            ids = PARTS | {"household": [home.id for home in canaries.homes]}
            named = [name for name in ids if f"{{{name}}}" in address]
            each_id = itertools.product(*(ids[name] for name in named))
            asked = [address.format(**dict(zip(named, some, strict=True))) for some in each_id]
            given = "&".join(f"{name}={to}" for name, to in WISHES.items() if name in known)
            asked = [f"{each}?{given}" if given else each for each in asked]
        if "q" in known:
            asked = [f"{address}?q={w}" for w in ("HHx", "NAMEx", "ADDRx", "VMEMx", "G", "T2", "x")]
        if "format" in known:
            asked += [f"{a}{'&' if '?' in a else '?'}format=csv" for a in asked]
        for each in asked:
            found[each] = client.get(each).data
    return found


def tiles(client: FlaskClient) -> dict[str, bytes]:
    """Every layer at three zooms, over the county and its border."""
    found = {}
    for layer in ("outlines", "townships", "villages", "grids", "households", "cases"):
        zooms = ((10, (810,), 405), (12, (3242, 3243), 1622), (14, range(12970, 12975), 6489))
        for z, xs, y in zooms:
            for x, row in itertools.product(xs, (y, y - 1, y + 1)):
                address = f"/tiles/{layer}/{z}/{x}/{row}.mvt"
                found[address] = client.get(address).data
    return found


def ogc(client: FlaskClient, canaries: Any) -> dict[str, bytes]:
    """Every layer as programs read it: what is said of it, its features, single ones."""
    root, found = "/ogc/collections", {}
    for address in ("/ogc/", "/ogc/conformance", "/ogc/api", root):
        found[address] = client.get(address).data
    for layer in features.COLLECTIONS:
        one = f"{root}/{layer}"
        keys = [home.id for home in canaries.homes] if layer == "households" else []
        keys += ["G1", "G4", "c-0", "c-3"]
        for end in ("", "/queryables", "/items", "/items?limit=3", *(f"/items/{k}" for k in keys)):
            found[one + end] = client.get(one + end).data
    return found


def export(client: FlaskClient, csrf: str, what: str, form: str, level: Level) -> bytes:
    """All bytes of an export, those in archives laid open; nothing where it is refused."""
    asked = {"what": what, "format": form, "level": level.value, "csrf_token": csrf}
    reason = {"reason": "the yearly proof"} if level is Level.FULL else {}
    answer = client.post("/export/file", data=asked | reason)
    assert answer.status_code in (200, 303, 401, 403, 422), (what, form, level, answer.data[:300])
    if answer.status_code != 200:
        return b""
    if form == "parquet":
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            Path(file.name).write_bytes(answer.data)
            rows = duckdb.execute("SELECT * FROM read_parquet(?)", [file.name]).fetchall()
        return str(rows).encode()
    if not zipfile.is_zipfile(io.BytesIO(answer.data)):
        return answer.data
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


def test_pages_answers_and_tiles_show_exactly_what_the_table_allows(
    who: Any, browser: Any, canaries: Any, traces: Any, ws: Workspace
) -> None:
    client, csrf = browser(who)
    role, inside = Role(who.role), who.state == "in"
    bodies = pages(client) | api(client, canaries) | tiles(client) | ogc(client, canaries)
    for word in ("NAMEx", "ADDRx", "HHx"):
        data = {"q": word, "csrf_token": csrf}
        bodies[f"search {word}"] = client.post("/search", data=data).data
    households = set().union(*({h.decode() for h in traces[1].findall(b)} for b in bodies.values()))
    words = set().union(*(words_of(body, traces) for body in bodies.values()))
    asked = {h for address in bodies for h in re.findall(r"HHx[A-Z0-9]+x", address)}
    sees = inside and Action.SEE_HOUSEHOLDS in ACTIONS[role]
    seen = canaries.seen(who.scope) if sees else set()
    assert seen <= households
    # A refusal repeats the id that was asked for, whether there is such a household or not.
    assert households - seen <= asked
    allowed = canaries.words(who.scope, SHOWN[role]) if inside else set()
    assert words <= allowed
    assert {word for word in allowed if word[:4] not in OFF_PAGE} <= words
    for address, body in bodies.items():
        if "format=csv" in address and Action.EXPORT not in ACTIONS[role]:
            assert not traces[1].findall(body), f"{address} is a file, and {role} takes none along"
        if address == "/tiles/households/14/12970/6489.mvt" and not body.startswith(b"{"):
            assert bool(body) == ("HHxG1x" in seen)  # what is refused is JSON
        if address.startswith("/tiles/") or "/gaps" in address or "/coverage" in address:
            assert not words_of(body, traces), address


@pytest.mark.parametrize("level", Level)
def test_exports_hold_exactly_what_role_and_level_allow(
    who: Any, browser: Any, canaries: Any, traces: Any, level: Level
) -> None:
    client, csrf = browser(who)
    role, inside = Role(who.role), who.state == "in"
    may = inside and Action.EXPORT in ACTIONS[role]
    body = b"\n".join(export(client, csrf, what, "csv", level) for what in WHAT)
    allowed = canaries.words(who.scope, TAKEN[role] & LEVELS[level]) if may else set()
    assert words_of(body, traces) == allowed
    seen = canaries.seen(who.scope) if may and level is not Level.PUBLIC else set()
    assert {h.decode() for h in traces[1].findall(body)} == seen


@pytest.mark.long
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_holds_what_role_and_level_allow(
    browser: Any, actors: Any, canaries: Any, traces: Any, form: str
) -> None:
    for who in actors[1:6]:
        client, csrf = browser(who)
        for level in Level:
            body = b"\n".join(export(client, csrf, what, form, level) for what in WHAT)
            allowed = canaries.words(who.scope, TAKEN[Role(who.role)] & LEVELS[level])
            assert words_of(body, traces) == allowed, (who, level)
            seen = canaries.seen(who.scope) if level is not Level.PUBLIC else set()
            assert {h.decode() for h in traces[1].findall(body)} == seen, (who, level)


def test_every_answer_that_holds_a_canary_has_its_row(
    who: Any, browser: Any, canaries: Any, traces: Any, ws: Workspace
) -> None:
    client, token = browser(who)
    rows = ws.store.audit_head().seq
    for word in ("NAMEx", "ADDRx"):
        headers = {"X-CSRFToken": token}
        body = client.post("/api/v1/search", json={"q": word}, headers=headers).data
        now = ws.store.audit_head().seq
        assert now == rows + 1 or not words_of(body, traces), word
        rows = now
    for address in ("/households", "/households?page=1&area=G1", *api_of_people(canaries)):
        body = client.get(address).data
        now = ws.store.audit_head().seq
        assert now == rows + 1 or not of_people(body, traces), address
        rows = now


def api_of_people(canaries: Any) -> list[str]:
    every = [home.id for home in canaries.homes]
    return [
        *(f"/api/v1/households/{name}" for name in every),
        *(f"/households/{name}" for name in every),
        *(f"/ogc/collections/{layer}/items" for layer in features.COLLECTIONS),
        *("/work?show=all", "/work?grid=G1&show=all", "/decisions", "/decisions?state=decided"),
    ]


def test_a_foreign_household_costs_as_many_questions_as_a_missing_one(
    browser: Any, actors: Any, ws: Workspace
) -> None:
    """The time of an answer must not tell the two apart: the same statements are run."""
    client, _ = browser(actors[1])
    run: list[str] = []
    engine = ws.store._dialect.engine

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        run.append(statement)

    counts = []
    for name in ("HHxG4x", "HHxZZx"):
        client.get(f"/api/v1/households/{name}")
        run.clear()
        assert client.get(f"/api/v1/households/{name}").status_code == 404
        counts.append(list(run))
    event.remove(engine, "before_cursor_execute", note)
    assert counts[0] == counts[1]
