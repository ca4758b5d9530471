"""A tablet: what the pointer does, a finger does too."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


class Finger:
    def __init__(self, page):
        self.page = page
        self.session = page.context.new_cdp_session(page)

    def send(self, kind, *points):
        at = [{"x": x, "y": y} for x, y in points]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    def drag(self, start, by):
        self.send("touchStart", start)
        for step in range(1, 7):
            at = [a + b * step / 6 for a, b in zip(start, by, strict=True)]
            self.send("touchMove", at)
        self.send("touchEnd")


def test_a_finger_splits_merges_and_bends_a_shared_edge(open_plan):
    hands = open_plan(width=1024, touch=True)
    page = hands.page
    before = hands.grids()
    page.locator("#tool-split").tap()
    for place in ((105.06, 35.69), (105.06, 35.75)):
        page.touchscreen.tap(*hands.spot(*place))
        page.wait_for_timeout(350)  # quicker would be a double tap
    page.locator("#tool button.primary").tap()
    hands.saved("Saved · step 1 of 1")
    assert len(hands.grids().keys() - before.keys()) == 1
    page.locator("#tool-merge").tap()
    merge = page.locator("#tool button.primary")
    expect(merge).to_have_text("Merge 2 grids")  # both parts are chosen
    for _ in ("off", "on"):
        expect(merge).to_be_visible()
        page.touchscreen.tap(*hands.spot(105.05, 35.72))
        page.wait_for_timeout(350)
    expect(merge).to_have_text("Merge 2 grids")
    page.locator("#tool button.primary").tap()
    hands.saved("Saved · step 2 of 2")
    assert len(hands.grids()) == len(before)
    page.locator("#tool-reshape").tap()
    held = hands.grids()
    page.touchscreen.tap(*hands.spot(105.08, 35.725))
    hands.saved("Saved · step 3 of 3")
    made = hands.grids()
    (corner,) = {corner for code in made for corner in made[code] - held[code]}
    assert sum(corner in corners for corners in made.values()) == 2, "both neighbours have it"
    Finger(page).drag(hands.spot(*corner), (18, 14))
    hands.saved("Saved · step 4 of 4")
    after = hands.grids()
    (moved,) = {corner for code in after for corner in after[code] - made[code]}
    assert sum(moved in corners for corners in after.values()) == 2
    assert not any(corner in corners for corners in after.values())
