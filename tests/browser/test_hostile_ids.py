"""The same texts as codes and ids, as remarks of reviews and as notes of plans.

Codes of areas and grids and ids of households, visits and cases are any text that can stand in an
address; what cannot is refused where it comes in. Nothing has a name here, so that each page shows
the code in its place.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.exchange.readers import read
from gisgrid.exchange.values import refuse_unaddressable
from gisgrid.operations import people
from gisgrid.operations.export_jobs import ExportJobs
from gisgrid.operations.exporting import ExportOptions, export_file
from gisgrid.operations.plans import drafts, editing, publishing
from gisgrid.settings import Settings
from gisgrid.store import By

from .conftest import LISTED, NOW, TODAY, serving
from .hostile import SIDE, TEXTS
from .test_hostile_words import walked

pytestmark = pytest.mark.browser

CONSOLE_BY = By(None, at_console=True)
IDS = sorted({text.strip() for text in TEXTS if text.strip().isprintable()})
VILLAGES = [f"{text}~" for text in IDS]
PACK = 12
"""Texts in one remark, which holds a thousand letters."""
BLANK = r"[\s\x1c-\x1f\x85\ufeff]+"
"""What a page may show otherwise than it was typed."""
MORE = "n => document.querySelectorAll('#list-body tr').length > n"
SAYS = f"""text => document.querySelector('main').textContent
    .replace(/{BLANK}/g, '').includes(text)"""


def put(store) -> None:
    """A village, a grid, a household, a visit and a case called by each text, and nothing else."""
    spots = [(105.6 + (i % 16) * SIDE, 35.6 + (i // 16) * SIDE) for i in range(len(IDS))]
    squares = gpd.GeoSeries([box(x, y, x + SIDE, y + SIDE) for x, y in spots], crs=4326)
    with store.write() as w:
        areas = {"code": VILLAGES, "name": IDS, "level": "village", "parent_code": "T3"}
        w.put_areas(pd.DataFrame(areas))
        new = gpd.GeoDataFrame({"code": IDS, "area_code": VILLAGES}, geometry=squares)
        old = store.grids(scope=EVERYWHERE)
        w.put_grids(pd.concat([old, new], ignore_index=True), valid_from=LISTED)
        homes = {"id": IDS, "listed_on": [LISTED] * len(IDS)}
        w.put_households(gpd.GeoDataFrame(homes, geometry=[s.centroid for s in squares], crs=4326))
        about = {"id": IDS, "household_id": IDS}
        at = pd.to_datetime([NOW - timedelta(days=15)] * len(IDS))
        w.put_visits(pd.DataFrame(about | {"visited_at": at, "outcome": "met"}))
        opened = {"opened_on": [TODAY - timedelta(days=20)] * len(IDS), "category": "water"}
        cases = gpd.GeoDataFrame(about | opened, geometry=[None] * len(IDS), crs=4326)
        w.put_cases(cases)


def packs() -> list[str]:
    """All texts, a dozen in a remark."""
    return ["\n".join(TEXTS[i : i + PACK]) for i in range(0, len(TEXTS), PACK)]


def published(ws) -> tuple[int, int]:
    """A draft that was remarked on with every text, and a plan that handed over; their numbers.

    Before them a plan for each remark, with it as its note.
    """
    store = ws.store
    with store.write() as w:
        for n, pack in enumerate(packs()):
            plan = store.grids(scope=EVERYWHERE)
            plan.loc[plan["code"] == IDS[0], "member"] = f"Member {n}"
            w.put_grids(plan, valid_from=TODAY - timedelta(days=60 - n), note=pack)
    draft = drafts.open_draft(ws, CONSOLE, name="spring", area="T3")
    wish = {"op": "merge", "codes": [IDS[1], IDS[2]], "into": IDS[1]}
    editing.edit(ws, CONSOLE, draft, wish, seen=1)
    with store.write() as w:
        seen = 2
        for pack in packs():
            seen = w.change_draft(draft, seen, "return", CONSOLE_BY, note=pack, state="open")
        w.change_draft(draft, seen, "approve", CONSOLE_BY, note=packs()[0], state="approved")
    made = publishing.publish(ws, CONSOLE, draft, seen=seen + 1, remark=packs()[1])
    open_still = drafts.open_draft(ws, CONSOLE, name="autumn", area="T3")
    wish = {"op": "merge", "codes": [IDS[17], IDS[18]], "into": IDS[17]}
    editing.edit(ws, CONSOLE, open_still, wish, seen=1)
    with store.write() as w:
        w.change_draft(open_still, 2, "return", CONSOLE_BY, note=packs()[2], state="open")
    return open_still, made["revision"]


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    """Address and workspace; the draft and the plan of `published`."""
    settings = Settings(store=str(tmp_path_factory.mktemp("coded") / "c.gpkg"))
    with serving(settings, full=True) as (base, ws):
        put(ws.store)
        yield (base, ws), published(ws)


def lines(said: str) -> str:
    """A text without its blanks."""
    return re.sub(BLANK, "", said)


def shows(page, *texts: str) -> None:
    """Wait until the page says all of them; nothing runs on it."""
    for text in texts:
        page.wait_for_function(SAYS, arg=lines(text))
    assert page.evaluate("window.__gg") is None, page.url


def test_what_cannot_be_an_id_is_refused_where_it_comes_in():
    faults = {}

    class Faults(dict):
        def add(self, index, *_, **__):
            faults[index] = True

    given = [text.strip() for text in TEXTS]
    refuse_unaddressable(given, "id", Faults())
    assert len(IDS) >= 100
    assert {given[i] for i in range(len(given)) if i not in faults} == set(IDS)


def test_lists_show_each_code_and_each_note_as_it_is(visit, coded):
    page = visit("/rights", at=coded[0])
    for path, wanted in (("/households?area=T3", IDS), ("/plans", packs())):
        said = lines(walked(page, path)[0])
        assert [text for text in wanted if lines(text) not in said] == [], path


def test_the_list_of_cases_shows_the_id_of_each_and_of_its_household(visit, ready, coded):
    page = visit("/cases?area=T3", at=coded[0])
    ready(page, "T3")
    while page.locator("#more").is_visible():
        before = page.locator("#list-body tr").count()
        page.locator("#more").click()
        page.wait_for_function(MORE, arg=before)
    said = page.locator("#list-body .sub .whole").all_text_contents()
    assert sorted(said.count(text) for text in IDS) == [2] * len(IDS)
    assert page.evaluate("window.__gg") is None


def few(step: int):
    """Every `step`th text in CI; all in the longer run."""
    return [
        pytest.param(IDS[::step], id="few"),
        pytest.param(IDS, id="all", marks=pytest.mark.long),
    ]


PLACES = ("/households/{}", "/areas/{}~", "/plans/grids/{}", "/work?grid={}")
MERGED = IDS[2]
"""By `published`: nobody works in it any more."""


@pytest.mark.parametrize("codes", few(60))
def test_each_page_of_a_code_is_there_and_shows_it(visit, coded, codes):
    page = visit("/rights", at=coded[0])
    for code in codes:
        for place in PLACES[: -1 if code == MERGED else None]:
            path = place.format(quote(code, safe=""))
            answer = page.goto(path, wait_until="load")
            assert answer.status == 200, path
            shows(page, code)


@pytest.mark.parametrize("codes", few(150))
def test_what_is_held_of_an_id_is_asked_for_erased_and_taken_along_under_it(visit, coded, codes):
    at = coded[0]
    page = visit("/person-data", role="data_officer", at=at)
    jobs = ExportJobs(at[1])
    me = people.actor_of(people.known(at[1], "data_officer *"))
    for code in codes:
        page.goto(f"/person-data/{quote(code, safe='')}", wait_until="load")
        form = page.locator('form[action$="/erase"]')
        form.locator('[name="reason"]').fill("they asked for it")
        form.locator("button").click()
        page.wait_for_url("**/erase")
        shows(page, code)
        job = jobs.ask(me, "areas", ExportOptions(format="csv", area=f"{code}~"))
        jobs.wait(job.number, 60)
        page.goto(f"/export/jobs/{job.number}", wait_until="load")
        shows(page, f"{code}~")


def test_plans_and_drafts_show_remarks_and_codes_as_they_are(visit, coded):
    at, (draft, revision) = coded
    page = visit(f"/plans/revisions/{revision}", role="planner", at=at)
    shows(page, packs()[1], IDS[1], IDS[2])
    for number, pack in [*enumerate(packs(), 3)][::4]:  # after the two plans of `put`
        page.goto(f"/plans/revisions/{number}", wait_until="load")
        shows(page, pack)
    page.goto(f"/plans/{draft}", wait_until="load")
    shows(page, packs()[2], IDS[17])


def test_a_handover_list_shows_codes_as_they_are_on_paper_too(visit, coded):
    at, (_, revision) = coded
    path = f"/plans/revisions/{revision}/handover/{quote(IDS[1], safe='')}"
    page = visit(path, at=at)
    page.emulate_media(media="print")
    shows(page, IDS[1], IDS[2])


@pytest.mark.parametrize(
    "form",
    ["csv", "geojson", *(pytest.param(f, marks=pytest.mark.long) for f in ("gpkg", "xlsx"))],
)
def test_files_hold_each_code_as_it_is(coded, tmp_path, form):
    kinds = {"households": "id", "cases": "id", "visits": "id", "grids": "code", "areas": "code"}
    for what, key in kinds.items():
        options = ExportOptions(format=form, level="full", reason="to compare the codes")
        report = export_file(coded[0][1], CONSOLE, what, Path(tmp_path), options)
        found = {str(value).removeprefix("'") for value in read(report.path).columns[key]}
        wanted = set(VILLAGES if what == "areas" else IDS) - (
            {IDS[2]} if what == "grids" else set()
        )
        assert {text.removeprefix("'") for text in wanted} <= found, what
