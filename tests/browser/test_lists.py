"""Pages of lists and forms, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "path", ["/", "/cases", "/households", "/households/T1V1-1-01", "/export", "/rights"]
)
def test_a_slash_leads_to_the_search_box_of_every_page(visit, path):
    page = visit(path)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("#search")).to_have_value("")
    page.keyboard.type("a/b")
    expect(page.locator("#search")).to_have_value("a/b")  # in the box it is a letter


def test_nothing_of_a_list_lies_off_the_screen_of_a_phone(visit):
    page = visit("/households?status=gap&area=T1", width=390)
    cells = page.locator(".as-cards tbody tr:first-child :is(th, td)")
    assert cells.count() == 8
    for cell in cells.all():
        if cell.inner_text().strip():
            box = cell.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Each figure says what it is, because the heads of the columns are gone.
    label = "getComputedStyle(e, '::before').content"
    assert cells.last.evaluate(f"e => {label}") in ('"Last attempt"', "none")
    assert cells.nth(6).evaluate(f"e => {label}") == '"Days waiting"'


def test_a_list_names_places_as_people_do(visit):
    page = visit("/households?area=T1V1")
    expect(page.locator(".summary")).to_contain_text(
        "会宁县 › 新添堡 › Village 1.1 · as of 22 Nov 2026"
    )
    page.locator(".summary a").last.click()
    expect(page).to_have_url(re.compile(r"/areas/T1V1"))
