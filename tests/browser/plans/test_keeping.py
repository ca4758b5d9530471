"""What is drawn is kept: beside another's changes, without a connection, in the address."""

import re

import pytest
from playwright.sync_api import expect

from gisgrid.access import CONSOLE
from gisgrid.operations.plans import editing

pytestmark = pytest.mark.browser

NAME = "Autumn <b>{{7*7}}</b> 秋季"
TRIED = "Failed to load resource: the server responded with a status of 412"
OFFLINE = "Failed to load resource: net::ERR_INTERNET_DISCONNECTED"


@pytest.mark.parametrize("visit", [(TRIED,)], indirect=True)
def test_a_stale_draft_offers_theirs_or_mine_beside_it(open_plan, own_county, draft, person):
    ws = own_county[1]
    hands = open_plan()
    page = hands.page
    merge = {"op": "merge", "codes": ["T2V1-1", "T2V1-2"], "into": "T2V1-1"}
    editing.edit(ws, person(ws, "planner"), draft, merge, seen=1)
    hands.press("m")
    hands.click(105.02, 35.72)
    hands.click(105.06, 35.72)
    hands.press("Enter")
    expect(page.locator("#dialog")).to_contain_text("changed elsewhere")
    page.locator("#dialog button[value=mine]").click()
    expect(page.locator("#draft-name")).to_have_text(f"{NAME} (mine)")
    hands.ready().saved("Saved · step 1 of 1")
    assert "T2V1-2" in codes(ws, page)
    assert "T1V1-2" not in codes(ws, page)

    page.go_back()
    hands.ready()
    hands.saved("Saved · step 1 of 1")


def codes(ws, page):
    number = int(page.evaluate("document.getElementById('map').dataset.draft"))
    found = editing.grids(ws, CONSOLE, number, bbox=(104.9, 35.6, 105.6, 35.9))
    return {feature["properties"]["code"] for feature in found["features"]}


@pytest.mark.parametrize("visit", [(OFFLINE,)], indirect=True)
def test_an_edit_that_cannot_be_sent_waits_and_is_sent_again(open_plan):
    hands = open_plan()
    page = hands.page
    page.context.set_offline(True)
    hands.press("m")
    hands.click(105.02, 35.72)
    hands.click(105.06, 35.72)
    hands.press("Enter")
    expect(page.locator("#waiting")).to_contain_text("Merge is not saved yet")
    page.context.set_offline(False)
    page.reload()
    hands.ready()
    expect(page.locator("#waiting")).to_contain_text("before this page was loaded anew")
    page.locator("#waiting button.primary").click()
    hands.saved("Saved · step 1 of 1")
    expect(page.locator("#waiting")).to_be_hidden()


def test_the_view_and_the_comparison_come_back_with_the_address(open_plan):
    hands = open_plan()
    page = hands.page
    hands.press("b")
    expect(page.locator("#compare")).to_contain_text("changes nothing")
    page.evaluate("window.gisgridMap.map.setView([35.73, 105.05], 14, {animate: false})")
    expect(page).to_have_url(re.compile(r"\?show=compare#14/35\.73000/105\.05000$"))
    page.reload()
    hands.ready()
    assert page.evaluate("window.gisgridMap.map.getZoom()") == 14
    expect(page.locator("#compare-part")).to_be_visible()
