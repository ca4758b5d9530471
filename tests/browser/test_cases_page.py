import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def shown(page):
    return page.locator("#list-body tr").count()


def bins(page):
    return sum(int(text) for text in page.locator(".bin b").all_inner_texts())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_case_page_counts_what_is_open_and_draws_all_that_has_a_place(
    visit, ready, width, language
):
    page = visit("/cases", width=width, language=language)
    ready(page, "")
    expect(page.locator(".figure-main b")).to_have_text("25")
    assert shown(page) == 25
    expect(page.locator(".bin").first).to_be_visible()
    page.wait_for_timeout(600)
    assert bins(page) == 24  # one case has no place
    expect(page.locator("#legend .count")).to_have_text(["24", "8"])
    expect(page.locator("#legend-body p")).to_contain_text("24")


def test_cases_without_a_location_are_listed_beside_the_map(visit, ready):
    page = visit("/cases")
    ready(page, "")
    page.locator("#tab-nowhere").click()
    expect(page.locator("#list-body tr")).to_have_count(1)
    expect(page.locator("#list-body")).to_contain_text("c99")
    assert "located=0" in page.url


def test_filters_narrow_the_list_the_map_and_the_address(visit, ready):
    page = visit("/cases")
    ready(page, "")
    page.locator("#overdue").check()
    expect(page.locator("#list-body tr")).to_have_count(8)
    page.wait_for_timeout(600)
    assert bins(page) == 8
    page.locator("#category").select_option("medical")
    expect(page.locator("#list-body tr")).to_have_count(4)
    page.locator("#min_age").select_option("30")
    assert re.search(r"category=medical&status=overdue&min_age=30", page.url)
    page.reload()
    ready(page)
    expect(page.locator("#category")).to_have_value("medical")
    expect(page.locator("#overdue")).to_be_checked()


def test_what_the_filters_leave_stands_beside_the_headline(visit, ready):
    page = visit("/cases")
    ready(page, "")
    expect(page.locator(".filtered")).to_have_count(0)
    page.locator("#category").select_option("medical")
    expect(page.locator(".filtered span")).to_have_text("12 fit the filters · 4 overdue")
    page.locator("#overdue").check()
    expect(page.locator(".filtered span")).to_have_text("4 fit the filters · 4 overdue")
    page.locator("#tab-nowhere").click()
    expect(page.locator(".filtered span")).to_have_text("0 fit the filters · 0 overdue")
    expect(page.locator(".figure-main b")).to_have_text("25")  # the headline stays the whole
    page.locator(".filtered a").click()
    expect(page.locator(".filtered")).to_have_count(0)
    expect(page.locator("#list-body tr")).to_have_count(25)
    expect(page).to_have_url(re.compile(r"/cases(#.*)?$"))


def test_the_area_filter_keeps_to_the_area(visit, ready):
    page = visit("/cases", width=1000)
    ready(page, "")
    page.locator("#area").select_option("T2")
    ready(page, "T2")
    expect(page.locator("#list-body tr")).to_have_count(8)
    page.wait_for_timeout(800)
    assert bins(page) == 8
    page.go_back()
    ready(page, "")


def test_a_ring_opened_by_keyboard_goes_nearer(visit, ready):
    page = visit("/cases")
    ready(page, "")
    page.wait_for_timeout(600)
    zoom = page.evaluate("window.gisgridMap.map.getZoom()")
    page.locator(".bin-marker").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(800)
    assert page.evaluate("window.gisgridMap.map.getZoom()") > zoom


def test_a_case_leads_to_its_household_without_running_its_title(visit, ready):
    page = visit("/cases")
    ready(page, "")
    page.locator("#list-body tr[data-case=c00] a").click()
    expect(page.locator("#card")).to_contain_text("<img src=x onerror=window.__gg=1>")
    assert page.evaluate("window.__gg === undefined")
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()


def test_a_click_on_a_case_opens_its_household(visit, ready):
    lat, lon = 35.7 + 0.04 * 0.2, 105 + 0.04 * 0.1
    page = visit(f"/cases#15/{lat}/{lon}")
    ready(page, "")
    page.wait_for_timeout(500)
    box = page.locator("#map_gisgrid").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#card")).to_contain_text("T1V1-1-00")
