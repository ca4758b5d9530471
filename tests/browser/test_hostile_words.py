"""The same texts in all that people type beside the layers.

Names, devices, tokens, drafts, reports, reasons, the programme. Each text is in each of these
fields, and each page that shows one shows all of them.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from urllib.parse import quote

import pytest

from gisgrid.access import CONSOLE, Actor, Role, Scope
from gisgrid.errors import GisgridError
from gisgrid.model import Programme
from gisgrid.operations import deciding, keys, people, recording
from gisgrid.settings import Settings
from gisgrid.store import By

from .conftest import NOW, serving
from .hostile import PIECES, RUN, TEXTS, filled

pytestmark = pytest.mark.browser

PROGRAMME = "</title><script>" + RUN + "</script>{{ 7*7 }}${7*7}`"
OUTSIDE = Actor("Li", Role.MEMBER, Scope("T2V1-1"), 0)
NAMES = [*TEXTS, *(filled(piece, 100) for piece in PIECES)]
NOTES = [*TEXTS, *(filled(piece, 2000) for piece in PIECES)]
"""With those as long as a name and a note may be; a title takes 200, a reason 500."""
READ = """() => document.querySelector('main').textContent"""
VALUES = """() => [...document.querySelectorAll('input, option')].map((e) => e.value)"""


def taken(put, *texts: str) -> bool:
    """Whether a text was kept; else it was refused with a sentence."""
    try:
        put(*texts)
    except GisgridError:
        return False
    return True


def accounts(ws) -> list[str]:
    """Somebody called like each text that may be a name, with a token and a device like it."""
    named = [
        text
        for text in NAMES
        if taken(lambda t: people.add(ws, CONSOLE, t, role="member", scope="T1V1-1"), text)
    ]
    known = [people.known(ws, text.strip()) for text in named]
    for text, person in zip(named, known, strict=True):
        keys.make_token(ws, people.actor_of(person), name=text, reach="read", days=9)
    with ws.store.write() as w:
        until = NOW + timedelta(days=1)
        for text, person in zip(named, known, strict=True):
            w.add_session(uuid.uuid4().hex * 2, person.id, NOW, until, text)
    return named


def reports(ws) -> tuple[list[str], list[str]]:
    """A case with each text, which waits, and a visit, which is set aside with it as the reason."""
    visits, cases = [], []
    for n, text in enumerate(NOTES):
        about = {"household": f"T1V1-1-{n % 12:02d}", "note": text}
        visits.append(about | {"client_id": str(uuid.uuid4()), "outcome": "met"})
        case = about | {"client_id": str(uuid.uuid4()), "category": text[:60]}
        cases.append(case | {"title": text[:200]})
    seen = recording.record_visits(ws, OUTSIDE, visits)
    opened = recording.open_cases(ws, OUTSIDE, cases)
    kept, aside = [], []
    for text, visit, case in zip(NOTES, seen, opened, strict=True):
        if isinstance(visit, GisgridError):
            assert str(visit)
            assert isinstance(case, GisgridError)
            continue
        kept.append(text)
        if taken(
            lambda r, t: deciding.set_aside(ws, CONSOLE, report=r, reason=t), visit.id, text[:500]
        ):
            aside.append(text[:500])
    return kept, aside


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """The address, the workspace, and which texts are in which field."""
    settings = Settings(store=str(tmp_path_factory.mktemp("words") / "c.gpkg"))
    with serving(settings, full=True) as (base, ws):
        named = accounts(ws)
        kept, aside = reports(ws)
        with ws.store.write() as w:
            w.set_programme(Programme(name=PROGRAMME))
            for text in NOTES:
                w.audit(CONSOLE, "export", "x", 1, text[:500])
                w.add_draft(text[:100], "C", By(None, at_console=True), base_revision=1)
        reasons = [row.reason for row in ws.store.audit_rows(limit=len(NOTES))][::-1]
        yield (
            (base, ws),
            {
                "names": named,
                "notes": kept,
                "aside": aside,
                "reasons": reasons,
                "drafts": [text[:100] for text in NOTES],
            },
        )


def walked(page, path: str) -> tuple[str, set[str]]:
    """All that the pages of a list say, and what their fields hold; nothing runs on any."""
    said, values = "", set[str]()
    page.goto(path, wait_until="load")
    while True:
        assert page.evaluate("window.__gg") is None, page.url
        said += page.evaluate(READ)
        values |= set(page.evaluate(VALUES))
        onward = page.locator('nav.pager a[rel="next"]')
        if not onward.count():
            return said, values
        page.goto(onward.get_attribute("href"), wait_until="load")


PLACES = [
    ("admin", "/people", "names"),
    ("admin", "/people/sessions", "names"),
    ("supervisor", "/decisions", "notes"),
    ("supervisor", "/decisions?state=decided", "aside"),
    ("data_protection", "/audit", "reasons"),
    ("planner", "/plans", "drafts"),
]


@pytest.mark.parametrize(("role", "path", "field"), PLACES, ids=[p[1] for p in PLACES])
def test_each_page_shows_every_text_as_it_is_and_runs_none(visit, words, role, path, field):
    at, texts = words
    said, values = walked(visit("/rights", role=role, at=at), path)
    wanted = [text.strip() for text in texts[field] if text and text.strip()]
    assert len(wanted) >= 100
    assert [text for text in wanted if text not in said] == []
    if path == "/people":  # what the forms would send back
        assert [text for text in wanted if text not in values] == []


def few(step: int):
    """Every `step`th text in CI; all in the longer run."""
    return [
        pytest.param(step, id="few"),
        pytest.param(1, id="all", marks=pytest.mark.long),
    ]


@pytest.mark.parametrize("step", few(32))
def test_who_is_called_so_works_under_that_name(visit, words, step):
    (base, ws), texts = words
    page = visit("/rights", role="planner", at=(base, ws))
    for text in texts["names"][::step]:
        page.context.clear_cookies()
        page.goto(f"/enter/{people.make_link(ws, CONSOLE, text.strip())}")
        page.locator("main button.primary").click()
        page.wait_for_url("**/work**")
        for path in ("/work", "/account", "/rights"):
            page.goto(path, wait_until="load")
            assert page.evaluate("window.__gg") is None, (text, path)
            shown = page.locator("header details summary, header summary").first.text_content()
            assert text.strip() in shown


@pytest.mark.parametrize("step", few(24))
@pytest.mark.parametrize("visit", [("400", "404", "Failed to load resource")], indirect=True)
def test_what_is_asked_for_is_said_back_and_never_run(visit, words, step):
    """Refusals quote what they cannot take."""
    page = visit("/rights", role="supervisor", at=words[0])
    for text in TEXTS[::step]:
        word = quote(text, safe="")
        for path in (f"/households?area={word}", f"/areas/{word}", f"/cases?{word}=1"):
            page.goto(path, wait_until="load")
            assert page.evaluate("window.__gg") is None, (text, path)
    page.context.clear_cookies()
    for text in TEXTS[::step]:
        page.goto("/signin")
        page.locator("#name").fill(text)
        page.locator("#password").fill("x")
        page.locator("main button.primary").click()
        page.wait_for_load_state("load")
        assert page.evaluate("window.__gg") is None, text
