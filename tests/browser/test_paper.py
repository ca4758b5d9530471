"""A printed map says no small count: a table as it may be shared stands in the panel's place."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def printed(page) -> str:
    """What the paper says of people, as somebody prints."""
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    return page.locator("#paper").inner_text()


@pytest.mark.parametrize("visit", [("Synchronous XMLHttpRequest",)], indirect=True)
@pytest.mark.parametrize("path", ["/", "/areas/T1", "/areas/T1V1", "/areas/T1V1-1", "/cases"])
def test_paper_holds_no_small_count(visit, ready, path):
    page = visit(path)
    ready(page)
    said = printed(page)
    cells = page.locator("#paper td").all_inner_texts()
    assert cells
    assert all(cell == "hidden" or int(cell.replace(",", "")) >= 10 for cell in cells)
    # T1 has the only large number of gaps: it guards those of the two other townships.
    assert "hidden" in cells
    assert path != "/areas/T1" or {"97", "49", "48", "24"} < set(cells)
    assert "no sum tells them" in said
    for other in ("#figures", "#list-body", ".legend .count", ".legend p", ".bin b", "#trend"):
        for node in page.locator(other).all():
            expect(node).to_be_hidden()
    if path != "/cases":  # names stand with figures there
        expect(page.locator(".leaflet-marks-pane")).to_be_hidden()


def test_what_cannot_be_fetched_leaves_no_figure_on_paper(visit, ready):
    page = visit("/areas/T1")
    ready(page, "T1")
    page.emulate_media(media="print")  # the event never came
    assert "could not be fetched" in page.locator("#paper").inner_text()
    expect(page.locator("#figures")).to_be_hidden()


def test_a_past_day_on_other_boundaries_is_not_for_paper(visit, ready):
    page = visit("/areas/T1?restate=1")
    ready(page, "T1")
    assert "not for paper" in printed(page)
    assert page.locator("#paper td").count() == 0


@pytest.mark.parametrize("visit", [("Synchronous XMLHttpRequest",)], indirect=True)
def test_the_list_of_grids_on_paper_holds_no_small_count(visit):
    page = visit("/work", scope="T1")
    page.wait_for_load_state("networkidle")
    shown = page.locator("main table.codes-below tbody tr")
    assert shown.count() == 8
    assert min(int(cell) for cell in shown.locator("td.number").all_inner_texts()) < 10
    said = printed(page)
    cells = page.locator("#paper td").all_inner_texts()
    assert len(cells) == 2 * 8
    assert all(cell == "hidden" or int(cell.replace(",", "")) >= 10 for cell in cells)
    assert "hidden" in cells
    assert "12" in cells
    assert "no sum tells them" in said
    expect(page.locator("main table.codes-below")).to_be_hidden()
    seen = page.locator("main").inner_text()
    assert all(int(n) >= 10 for n in re.findall(r"(?<![-\w])\d+(?![-\w])", seen)), seen


def test_the_list_of_grids_says_nothing_where_the_counts_for_paper_are_missing(visit):
    page = visit("/work", scope="T1")
    page.emulate_media(media="print")  # the event never came
    assert "could not be fetched" in page.locator("#paper").inner_text()
    expect(page.locator("main table.codes-below")).to_be_hidden()
