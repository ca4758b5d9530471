"""The day, the place and the words of a view stay while people go from page to page."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

DAY = "2026-11-20"


def test_a_change_of_language_keeps_the_view_that_is_shown(visit, ready):
    page = visit("/")
    ready(page, "")
    page.locator("#list-body a").first.click()
    ready(page, "T1")
    page.locator("input[name=show][value=gap]").check(force=True)
    expect(page).to_have_url(re.compile("show=gap"))
    page.locator(".languages button").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    ready(page, "T1")
    assert "/areas/T1?show=gap" in page.url


def test_the_day_goes_along_to_a_household_and_back_to_the_map(visit, ready):
    page = visit(f"/areas/T1V1-1?as_of={DAY}")
    ready(page, "T1V1-1", DAY)
    row = page.locator("#list-body a").first
    expect(row).to_have_attribute("href", re.compile(rf"^/households/[^?]+\?as_of={DAY}$"))
    row.click()
    page.locator(".card-foot a").click()
    expect(page).to_have_url(re.compile(rf"/households/.*as_of={DAY}"))
    for link in page.locator("nav.breadcrumb a").all():
        assert f"as_of={DAY}" in link.get_attribute("href")
    page.get_by_role("link", name="Show on the map").click()
    ready(page, None, DAY)


def test_the_day_goes_along_from_a_case_to_its_household(visit, ready):
    page = visit(f"/cases?as_of={DAY}")
    ready(page, None, DAY)
    link = page.locator("#list-body a[href^='/households/']").first
    expect(link).to_have_attribute("href", re.compile(rf"\?as_of={DAY}$"))


def test_a_household_shown_on_the_map_has_its_symbol_in_the_legend(visit, ready):
    page = visit("/?household=T1V1-1-01")
    ready(page, "")
    expect(page.locator("#card")).to_be_visible()
    expect(page.locator("#legend")).to_contain_text("never visited")


def test_a_click_beside_the_link_of_a_household_row_opens_its_card(visit, ready):
    page = visit("/areas/T1V1-1")
    ready(page, "T1V1-1")
    page.locator("#list-body tr").first.locator("td").last.click()
    expect(page.locator("#card")).to_be_visible()


def test_the_controls_of_the_map_stay_below_the_open_sheet_of_a_phone(visit, ready):
    page = visit("/", width=390)
    ready(page, "")
    page.locator("#handle").click()
    page.wait_for_timeout(400)
    above = page.evaluate(
        """() => [...document.querySelectorAll(".leaflet-bar a, .leaflet-control-scale-line")]
            .filter((node) => {
                const box = node.getBoundingClientRect();
                const panel = document.querySelector("#panel").getBoundingClientRect();
                const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
                return y > panel.top && !document.elementFromPoint(x, y)?.closest("#panel");
            }).length"""
    )
    assert above == 0
