"""The same texts in files that come in and go out: previews, reports, and what is erased."""

from __future__ import annotations

import csv
import re
import sqlite3
from contextlib import closing

import pytest

from gisgrid.operations import people
from gisgrid.operations.export_jobs import ExportJobs
from gisgrid.operations.exporting import ExportOptions
from gisgrid.operations.plans.file_out import export_draft
from gisgrid.operations.uploads import uploads_of

from .hostile import EVERY, MARKUP, RUN, TEXTS
from .test_hostile import clean, county  # noqa: F401 - a fixture
from .test_hostile_ids import IDS, lines, shows

pytestmark = pytest.mark.browser

CALLED = f"<img src=x onerror={RUN}>{{{{7*7}}}}${{7*7}}`"
"""Of a file and of a column that nobody knows."""
CHANGED, NEW_SHOWN = 10, 5
"""Rows that a preview shows, of those that change and of those that are new."""
GUARD = re.compile("^'(?=[=+@＝＋－＠-])")
QUOTED = 60
"""Letters that a refusal quotes of a long text, at the least."""
MOST = 1000
NUMBER = re.compile(r"[-+]?[0-9.e]+|NaN|null|2026-11-22", re.IGNORECASE)
"""What may stand for a day, or for none."""
NEW = {
    "areas": ("name",),
    "visits": ("member", "note"),
    "cases": ("category", "title", "status", "note"),
}
KEYS = {
    "areas": {"code": "N{:03d}", "level": "village", "parent_code": "T3"},
    "visits": {"id": "N{:03d}", "household_id": "X{:03d}", "outcome": "met"},
    "cases": {"id": "N{:03d}", "household_id": "X{:03d}", "opened_on": "2026-11-02"},
}
KEYS["visits"] |= {"visited_at": "2026-11-02T10:00:00+08:00"}


def person(ws, role):
    """Who `visit` signs in."""
    return people.actor_of(people.known(ws, f"{role} *"))


def preview(visit, at, layer: str, rows: list[dict[str, str]]):
    """The page of what a file with these rows would do."""
    page = visit("/import", role="data_officer", at=at)
    ws = at[1]

    def save(path):
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, list(rows[0]))
            out.writeheader()
            # An import takes one apostrophe before a formula away, as exports put one there.
            guarded = [{name: GUARD.sub("''", word) for name, word in r.items()} for r in rows]
            out.writerows(guarded)

    name = f"{CALLED}.csv"
    kept = uploads_of(ws).keep(person(ws, "data_officer").person, save, name, layer, {})
    page.goto(f"/import/{kept.number}", wait_until="load")
    shows(page, f"{CALLED}.csv")
    return page


def missing(page, texts: list[str]) -> list[str]:
    """Texts that the page does not say, blanks aside."""
    clean(page)
    said = lines(page.locator("main").text_content())
    return [text[:60] for text in texts if lines(text) not in said]


def parts(size: int) -> list[list[str]]:
    """All texts, so many at once."""
    return [TEXTS[i : i + size] for i in range(0, len(TEXTS), size)]


def first_at_once(every: list) -> list:
    """The first in CI; all in the longer run."""
    return [pytest.param(p, marks=[pytest.mark.long] if n else []) for n, p in enumerate(every)]


@pytest.mark.parametrize("texts", first_at_once(parts(2 * CHANGED)), ids=lambda t: t[0][:9])
def test_a_preview_says_what_is_stored_and_what_the_file_holds(visit, county, texts):  # noqa: F811
    rows = [
        {"id": f"X{n:03d}", "name": name, "address": address, CALLED: name}
        for n, (name, address) in enumerate(zip(texts[::2], texts[1::2], strict=False), 20)
    ]
    page = preview(visit, county, "households", rows)
    stored = TEXTS[20 : 20 + len(rows)]
    assert missing(page, [CALLED, *stored, *texts[: 2 * len(rows)]]) == []


@pytest.mark.parametrize("visit", [("422", "Failed to load resource")], indirect=True)
@pytest.mark.parametrize("texts", first_at_once(parts(43)), ids=lambda t: t[0][:9])
def test_a_preview_quotes_what_it_refuses(visit, county, texts):  # noqa: F811
    rows = [{"id": f"R{n:03d}", "name": "x", "listed_on": text} for n, text in enumerate(texts)]
    page = preview(visit, county, "households", rows)
    quoted = [t.strip()[:QUOTED] for t in texts if t.strip() and not NUMBER.fullmatch(t)]
    assert missing(page, quoted) == []


def new_rows(layer: str) -> list[tuple[str, list[str]]]:
    return [(layer, texts) for texts in parts(NEW_SHOWN * len(NEW[layer]))]


@pytest.mark.parametrize(
    ("layer", "texts"),
    [
        pytest.param(layer, texts, marks=[] if layer == "cases" and not n else pytest.mark.long)
        for layer in NEW
        for n, (_, texts) in enumerate(new_rows(layer))
    ],
)
def test_a_preview_shows_new_rows_as_they_will_be(visit, county, layer, texts):  # noqa: F811
    width = len(NEW[layer])
    rows = []
    for n, i in enumerate(range(0, len(texts), width)):
        named = {name: word.format(n) for name, word in KEYS[layer].items()}
        held = [*texts[i : i + width], *["x"] * width]
        rows.append(named | dict(zip(NEW[layer], held[:width], strict=True)))
    page = preview(visit, county, layer, rows)
    assert missing(page, texts) == []


@pytest.mark.parametrize(
    "texts", [IDS[::12], pytest.param(IDS, marks=pytest.mark.long)], ids=["few", "all"]
)
def test_the_report_of_a_plan_file_shows_each_word_that_it_changes(
    visit,
    county,  # noqa: F811
    tmp_path,
    texts,
):
    page = visit("/plans/1/file", role="planner", at=county)
    ws = county[1]
    me = person(ws, "planner")
    path = export_draft(ws, me, 1, tmp_path)
    with closing(sqlite3.connect(path)) as db:
        known = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'grids'"
        triggers = db.execute(known).fetchall()  # they call what only a GIS knows
        for name, _ in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        # What cannot be printed is refused with its row: those become plain.
        turned = [*texts[1:], texts[0]]
        for n, text in enumerate(EVERY):
            plain = text if text.isprintable() and len(text) < MOST else "plain"
            word = turned[n] if n < len(turned) else plain
            words = (word, word, f"X{n:03d}-g")
            db.execute("UPDATE grids SET name = ?, member = ? WHERE code = ?", words)
        for _, sql in triggers:
            db.execute(sql)
        db.commit()
    body = path.read_bytes()
    keep = uploads_of(ws).keep
    kept = keep(me.person, lambda p: p.write_bytes(body), f"{CALLED}.gpkg", "draft", {})
    page.goto(f"/plans/1/file/{kept.number}", wait_until="load")
    assert missing(page, [CALLED, *texts]) == []


def test_the_page_of_an_export_says_what_was_lost_and_a_wrong_wish_is_said_back(visit, county):  # noqa: F811
    page = visit("/export", at=county)
    ws = county[1]
    jobs = ExportJobs(ws)
    wishes = ExportOptions(format="shp", area="T3", level="full", reason=f"{CALLED} to compare")
    job = jobs.ask(person(ws, "supervisor"), "cases", wishes)
    jobs.wait(job.number, 60)
    page.goto(f"/export/jobs/{job.number}", wait_until="load")
    assert page.locator(".losses li").count() >= 4
    clean(page)
    page.goto("/export", wait_until="load")
    token = page.locator("meta[name=csrf-token]").get_attribute("content")
    for text in TEXTS[::64]:
        wish = {"csrf_token": token, "other_crs": text, "category": text, "reason": text}
        said = page.request.post("/export", form=wish | {"what": "cases", "format": "csv"})
        assert said.status in (200, 400, 422), text
        page.set_content(said.text(), wait_until="load")
        clean(page)


@pytest.mark.parametrize(
    "texts", [MARKUP[5:7], pytest.param(IDS, marks=pytest.mark.long)], ids=["few", "all"]
)
def test_the_pages_of_an_erasure_give_the_reason_back_as_it_was_typed(visit, county, texts):  # noqa: F811
    page = visit("/person-data/X004", role="data_officer", at=county)
    for text in texts:
        page.goto("/person-data/X004", wait_until="load")
        form = page.locator('form[action$="/erase"]')
        form.locator('[name="reason"]').fill(f"{text} is the reason")
        form.locator("button").click()
        page.wait_for_url("**/erase")
        given = page.locator('input[name="reason"]').input_value()
        assert lines(given) == lines(f"{text} is the reason")
        clean(page)
