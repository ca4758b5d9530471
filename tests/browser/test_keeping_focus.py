"""Who works by keyboard never loses the place or a key, however late the map or an answer comes."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


class Late:
    """Holds back the answers of an address until they are let go."""

    def __init__(self, page, address):
        self.held = []
        page.route(address, self.hold)

    def hold(self, route):
        self.held.append(route)

    def let_go(self):
        for route in self.held:
            route.continue_()


def until(page, holds):
    for _ in range(1200):
        if holds():
            return
        page.wait_for_timeout(25)
    raise AssertionError("it never came")


def link_of(page, code):
    return page.locator(f"#list-body tr[data-code='{code}'] a")


def test_a_row_keeps_the_focus_when_the_map_moves_and_the_list_follows_it(visit, ready):
    page = visit("/")
    ready(page, "")
    link_of(page, "T1").focus()
    page.evaluate("document.querySelector('#list-body tr').marked = true")
    page.evaluate("window.gisgridMap.map.panBy([3, 0], { animate: false })")
    expect(page).to_have_url(re.compile("#"))
    assert page.evaluate("document.querySelector('#list-body tr').marked")  # the same order
    # T3 alone on the map: the list follows, T1 goes below the line
    page.evaluate("window.gisgridMap.map.setView([35.74, 105.46], 13, { animate: false })")
    expect(page.locator("#list-body .divider")).to_contain_text("2 outside the map")
    expect(link_of(page, "T1")).to_be_focused()
    page.keyboard.press("Enter")
    ready(page, "T1")


def test_the_page_is_ready_when_the_late_list_of_a_grid_is_drawn_as_well(visit, ready):
    page = visit("/areas/T1V1")
    ready(page, "T1V1")
    late = Late(page, "**/api/v1/gaps**")
    link_of(page, "T1V1-1").focus()
    page.keyboard.press("Enter")
    until(page, lambda: late.held)
    # nothing of the new view is shown before all of it is here
    expect(page.locator("h1")).to_have_text("Village 1.1")
    expect(link_of(page, "T1V1-1")).to_be_focused()
    expect(page).to_have_url(re.compile("/areas/T1V1-1$"))
    page.keyboard.press("Escape")  # takes back what was opened before it came
    expect(page).to_have_url(re.compile("/areas/T1V1$"))
    page.keyboard.press("Enter")
    until(page, lambda: len(late.held) == 2)
    late.let_go()
    ready(page, "T1V1-1")
    expect(page.locator("#list-body tr[data-household]")).to_have_count(7)


def test_while_the_map_is_on_its_way_the_list_calls_nothing_outside_the_map(visit, ready):
    page = visit("/areas/T3")
    ready(page, "T3")
    page.evaluate(
        """() => {
            window.seen = [];
            const note = () => window.seen.push(document.querySelectorAll(".divider").length);
            new MutationObserver(note).observe(document.getElementById("list-body"),
                { childList: true });
        }"""
    )
    page.keyboard.press("Escape")
    ready(page, "")
    expect(page).to_have_url(re.compile("#"))
    assert page.evaluate("window.seen") == [0]


def test_a_ring_of_cases_keeps_the_focus_when_it_is_counted_anew(visit, ready):
    page = visit("/cases", width=1440)
    ready(page)
    rings = page.locator(".bin-marker")
    expect(rings.first).to_be_visible()
    rings.first.focus()
    name = rings.first.get_attribute("aria-label")
    page.evaluate("window.gisgridMap.map.panBy([8, 0], { animate: false })")
    expect(page).to_have_url(re.compile("#"))
    expect(page.locator(".bin-marker:focus")).to_have_attribute("aria-label", name)
    page.keyboard.press("Enter")
    until(page, lambda: page.evaluate("window.gisgridMap.map.getZoom()") >= 13)
    expect(page.locator("#map_gisgrid")).to_be_focused()
