"""No text of people runs, changes, or breaks a page for others: in a real browser, and in files."""

from __future__ import annotations

import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.errors import GisgridError
from gisgrid.operations import people
from gisgrid.operations.recording import record_visits
from gisgrid.settings import Settings
from gisgrid.store import By

from .conftest import serving
from .hostile import EVERY, SIDE, TEXTS, put

pytestmark = pytest.mark.browser

PAGES = {
    "supervisor": (
        "/areas/X004",
        "/households?area=T3",
        "/households?area=T3&page=2",
        "/work",
        "/work?grid=X004-g",
        "/decisions",
        "/plans",
        "/plans/revisions/2",
        "/plans/grids/X004-g",
        "/export",
        "/rights",
        "/account",
        "/",  # at last, for its search
    ),
    "planner": ("/plans/1",),
    "data_officer": ("/import", "/person-data/X004"),
    "admin": ("/people", "/people/sessions"),
    "data_protection": ("/audit",),
}
MORE = "n => document.querySelectorAll('#list-body tr').length > n"
HOME = "T1V1-1-01"
IN_TIP = "t => document.querySelector('#tip:not([hidden]) b')?.textContent === t"
ON_CARD = "t => document.querySelector('#card:not([hidden]) h2')?.textContent === t"
NEAR = "#15/35.6085/105.6097"
"""Where the squares of `put` lie in sight beside the legend, 46 pixels wide, their homes drawn."""
SEEN = """() => [...document.querySelectorAll(
    'main td, main th, main h1, main strong, main li span, main td a, main th a'
  )].map((e) => e.textContent)"""


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    settings = Settings(store=str(tmp_path_factory.mktemp("hostile") / "c.gpkg"))
    with serving(settings, full=True) as (base, ws):
        put(ws.store)
        with ws.store.write() as w:
            w.add_draft(TEXTS[4], "C", By(None, at_console=True), base_revision=2)
            for text in TEXTS[:20]:
                w.audit(CONSOLE, "export", "x", 1, text)
        for text in (TEXTS[3], "{{ 7*7 }}", "${7*7}"):
            people.add(ws, CONSOLE, text, role="supervisor", scope="T1")
        yield base, ws


def clean(page) -> None:
    """Nothing ran, in no frame; breaches of the policy are faults of the fixture `visit`."""
    for frame in page.frames:
        assert frame.evaluate("window.__gg") is None, (page.url, frame.url)


@pytest.mark.parametrize("role", PAGES)
def test_nothing_runs_and_no_page_is_broken(visit, county, role):
    page = visit("/rights", role=role, at=county)
    for path in PAGES[role]:
        answer = page.goto(path, wait_until="load")
        assert answer.status == 200, path
        clean(page)
    if role == "supervisor":
        page.locator("#search").fill("<img src=x onerror")
        page.keyboard.press("Enter")
        page.wait_for_load_state("load")
        clean(page)


def test_lists_show_each_text_as_it_is(visit, county):
    page = visit("/households?area=T3", at=county)
    shown = set()
    for number in (1, 2, 3):
        page.goto(f"/households?area=T3&page={number}")
        shown |= {text.strip() for text in page.evaluate(SEEN)}
    assert [text[:80] for text in EVERY if text.strip() not in shown] == []


def few(step: int):
    """Every `step`th text in CI; all in the longer run."""
    return [
        pytest.param([*range(0, len(TEXTS), step), len(EVERY) - 2], id="few"),
        pytest.param(range(len(EVERY)), id="all", marks=pytest.mark.long),
    ]


@pytest.mark.parametrize("numbers", few(32))
def test_the_page_of_a_household_shows_each_text_as_it_is(visit, county, numbers):
    page = visit("/rights", at=county)
    for n in numbers:
        page.goto(f"/households/X{n:03d}", wait_until="load")
        clean(page)
        assert page.locator("h1").evaluate("e => e.textContent").strip() == EVERY[n].strip(), n
        cells = {text.strip() for text in page.evaluate(SEEN)}
        assert EVERY[n].strip() in cells, n  # the title of its case, the member of its visit


def test_what_is_kept_reads_back_exactly_and_the_rest_is_refused_with_a_reason(county):
    store = county[1].store
    assert len(TEXTS) >= 100
    for frame, columns in (
        (store.areas(scope=EVERYWHERE), ("name",)),
        (store.grids(scope=EVERYWHERE), ("name", "member")),
        (store.households(scope=EVERYWHERE), ("name", "address")),
        (store.visits(scope=EVERYWHERE), ("member", "note")),
        (store.cases(scope=EVERYWHERE), ("category", "title", "status", "note")),
    ):
        key = "code" if "code" in frame else "id"
        rows = frame[frame[key].str.startswith("X")].sort_values(key)
        for column in columns:
            assert rows[column].tolist() == EVERY, column
    for n, text in enumerate([*TEXTS, "a\0b", "\ud800"]):
        number = f"00000000-0000-4000-8000-{n:012d}"
        item = {"client_id": number, "household": HOME, "outcome": "met", "note": text}
        (answer,) = record_visits(county[1], CONSOLE, [item])
        if isinstance(answer, GisgridError):
            assert str(answer)
            continue
        notes = store.visits(scope=EVERYWHERE, household_ids=[HOME]).set_index("id")["note"]
        assert notes[number] == text.strip()


def at_square(page, n: int, east: float, north: float) -> tuple[float, float]:
    """Where a place of square n lies in the window; east and north: shares of its sides."""
    lon, lat = 105.6 + (n % 16 + east) * SIDE, 35.6 + (n // 16 + north) * SIDE
    return page.evaluate(
        """([lat, lon]) => {
            const map = window.gisgridMap.map, box = map.getContainer().getBoundingClientRect();
            const at = map.latLngToContainerPoint([lat, lon]);
            return [box.left + at.x, box.top + at.y];
        }""",
        [lat, lon],
    )


@pytest.mark.parametrize("numbers", few(40))
def test_the_map_shows_each_text_beside_the_pointer_and_on_the_card(visit, ready, county, numbers):
    page = visit(f"/areas/T3{NEAR}", at=county)
    ready(page, "T3")
    assert {*page.locator("#list-body th a").all_text_contents()} >= {*EVERY}
    for n in numbers:
        text = EVERY[n]
        page.mouse.move(*at_square(page, n, 0.15, 0.15))
        page.wait_for_function(IN_TIP, arg=text)
        page.mouse.click(*at_square(page, n, 0.5, 0.5))
        page.wait_for_function(ON_CARD, arg=text)
        card = page.locator("#card")
        assert card.locator(".case-list b").text_content() == text, n
        assert card.locator(".case-list span").first.text_content().startswith(f"{text} · "), n
        assert card.locator(".visit-list .quiet").text_content() == text, n
        assert f"X{n:03d} · {text} · " in card.locator(".card-sub").text_content(), n
        clean(page)
        page.keyboard.press("Escape")


FIRST = 90
"""Cases that the list of the case map holds at first; what is opened later is asked for by area."""


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param(range(0, FIRST, 45), id="few"),
        pytest.param(range(len(EVERY)), id="all", marks=pytest.mark.long),
    ],
)
def test_the_case_map_lists_each_text_and_opens_its_household(visit, ready, county, numbers):
    page = visit(f"/cases?area=T3{NEAR}", at=county)
    ready(page, "T3")
    options = page.locator("#category option").evaluate_all("all => all.map((o) => o.value)")
    assert {*options} >= {*EVERY}
    page.locator("#more").click()
    page.wait_for_function(MORE, arg=len(EVERY))
    assert {*page.locator("#list-body th a").all_text_contents()} >= {*EVERY}
    clean(page)
    for n in numbers:
        if n < FIRST:
            page.mouse.click(*at_square(page, n, 0.5, 0.5))
        else:
            page.goto(f"/cases?area=X{n:03d}")
            page.locator(f'#list-body tr[data-case="X{n:03d}"] th a').click()
        page.wait_for_function(ON_CARD, arg=EVERY[n])
        clean(page)
        page.keyboard.press("Escape")
