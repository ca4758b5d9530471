"""No text of people runs, changes, or breaks a page for others: in a real browser, and in files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.errors import GisgridError
from gisgrid.exchange.readers import read
from gisgrid.operations import people
from gisgrid.operations.exporting import FORMATS, ExportOptions, export_file
from gisgrid.operations.recording import record_visits
from gisgrid.settings import Settings
from gisgrid.store import By

from .conftest import serving
from .hostile import RUN, TEXTS, put

pytestmark = pytest.mark.browser

PAGES = {
    "supervisor": (
        "/",
        "/areas/T3",
        "/areas/X004",
        "/cases",
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
    ),
    "planner": ("/plans/1",),
    "data_officer": ("/import", "/person-data/X004"),
    "admin": ("/people", "/people/sessions"),
    "data_protection": ("/audit",),
}
NO_TEXT = {"\x1b[31mred", "\x07bell", "\uffff"}
"""What a file says that it left out: characters that are no text."""
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
    page = visit(PAGES[role][0], role=role, at=county)
    for path in PAGES[role]:
        answer = page.goto(path, wait_until="load")
        assert answer.status == 200, path
        clean(page)
    if role == "supervisor":
        page.goto("/")
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
    names = county[1].store.households(scope=EVERYWHERE)["name"]
    missing = [text for text in TEXTS if text in set(names) and text.strip() not in shown]
    assert missing == []


def few(step: int):
    """Every `step`th text in CI; all in the longer run."""
    return [
        pytest.param(range(0, len(TEXTS), step), id="few"),
        pytest.param(range(len(TEXTS)), id="all", marks=pytest.mark.long),
    ]


@pytest.mark.parametrize("numbers", few(12))
def test_the_page_of_a_household_shows_each_text_as_it_is(visit, county, numbers):
    page = visit("/rights", at=county)
    for n in numbers:
        page.goto(f"/households/X{n:03d}", wait_until="load")
        clean(page)
        assert page.locator("h1").evaluate("e => e.textContent").strip() == TEXTS[n].strip(), n
        cells = {text.strip() for text in page.evaluate(SEEN)}
        assert TEXTS[n].strip() in cells, n  # the title of its case, the member of its visit


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
            assert rows[column].tolist() == TEXTS, column
    for n, text in enumerate([*TEXTS, "a\0b", "\ud800"]):
        number = f"00000000-0000-4000-8000-{n:012d}"
        item = {"client_id": number, "household": "X000", "outcome": "met", "note": text}
        (answer,) = record_visits(county[1], CONSOLE, [item])
        if isinstance(answer, GisgridError):
            assert str(answer)
            continue
        notes = store.visits(scope=EVERYWHERE, household_ids=["X000"]).set_index("id")["note"]
        assert notes[number] == text.strip()


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(form, marks=[] if form in ("csv", "geojson", "gpkg") else pytest.mark.long)
        for form in FORMATS
    ],
)
def test_files_hold_each_text_as_it_is_or_say_what_they_could_not_keep(county, tmp_path, form):
    ws = county[1]
    for what, column in (("households", "name"), ("cases", "title"), ("areas", "name")):
        options = ExportOptions(format=form, level="full", reason="to compare the texts")
        report = export_file(ws, CONSOLE, what, Path(tmp_path), options)
        table = read(report.path)
        keys = next(table.columns[name] for name in ("id", "code") if name in table.columns)
        found = dict(zip(keys, table.columns[column], strict=True))
        changed = [
            text
            for n, text in enumerate(TEXTS)
            if str(found[f"X{n:03d}"] or "").removeprefix("'").strip()
            != text.removeprefix("'").strip()
        ]
        assert not changed or report.not_kept, (what, changed)
        if form in ("csv", "geojson", "gpkg"):
            assert set(changed) <= NO_TEXT
        if form == "parquet" or zipfile.is_zipfile(io.BytesIO(report.path.read_bytes())):
            continue  # packed
        assert RUN.encode() in report.path.read_bytes()
