"""Steps that are not saved yet: none is lost, and none wedges the page."""

import re

import pytest
from playwright.sync_api import expect

from gisgrid.access import CONSOLE
from gisgrid.operations.plans import drafts

pytestmark = pytest.mark.browser

REFUSED = "Failed to load resource: the server responded with a status of 4"
DASHED = """() => {
    let n = 0;
    window.gisgridMap.map.eachLayer((layer) => (n += layer.options?.dashArray === "8 6"));
    return n;
}"""


def split(hands, lon):
    """Cut a grid of the lower row in two, from south to north."""
    hands.press("Escape", "Escape", "s")
    hands.draw((lon, 35.69), (lon, 35.75))


class Gate:
    """Holds what is posted below the draft until it is let through."""

    def __init__(self, page, path="edits"):
        self.page, self.held, self.open = page, [], False
        page.route(re.compile(rf"/{path}$"), self.come)

    def come(self, route):
        if self.open:
            route.continue_()
        else:
            self.held.append(route)

    def wait(self, count=1):
        for _ in range(600):
            if len(self.held) >= count:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{len(self.held)} requests, not {count}")

    def let_through(self):
        self.open = True
        for route in self.held:
            route.continue_()


def test_steps_that_are_on_the_way_are_there_after_a_reload(open_plan, own_county, draft):
    hands = open_plan()
    page = hands.page
    gate = Gate(page)
    split(hands, 105.02)
    gate.wait()
    split(hands, 105.06)
    expect(page.locator("#saved")).to_have_text("Saving 2 steps…")
    assert page.evaluate(DASHED) == 2
    assert page.evaluate("!dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    page.reload()
    hands.ready()
    waiting = page.locator("#waiting")
    expect(waiting).to_contain_text("2 steps are not saved yet")
    expect(waiting.locator("li").first).to_contain_text("Split T1V1-1 Show where")
    assert page.evaluate(DASHED) == 2
    gate.open = True
    waiting.get_by_role("button", name="Try again").click()
    hands.saved("Saved · step 2 of 2")
    assert page.evaluate(DASHED) == 0
    assert page.evaluate("dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    assert page.evaluate("sessionStorage.length") == 0
    assert len(drafts.shown(own_county[1], CONSOLE, draft)["edits"]) == 2


def test_undo_and_redo_pressed_faster_than_the_answers_leave_out_what_is_too_many(open_plan):
    hands = open_plan()
    page = hands.page
    for step, lon in enumerate((105.02, 105.06, 105.10, 105.14), start=1):
        split(hands, lon)
        hands.saved(f"Saved · step {step} of {step}")
    gate = Gate(page, "(undo|redo)")
    hands.press(*["Control+z"] * 6, *["Control+y"] * 8)
    expect(page.locator("#saved")).to_have_text("Saving 8 steps…")
    gate.let_through()
    hands.saved("Saved · step 4 of 4")
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#notice")).to_be_hidden()


@pytest.mark.parametrize("visit", [(REFUSED,)], indirect=True)
def test_an_undo_that_was_meant_for_a_refused_edit_takes_back_nothing_else(open_plan):
    hands = open_plan()
    page = hands.page
    split(hands, 105.02)
    hands.saved("Saved · step 1 of 1")
    gate = Gate(page)
    hands.press("Escape", "Escape", "s")
    hands.draw((105.055, 35.71), (105.06, 35.72))  # ends within the grid
    gate.wait()
    hands.press("Control+z")
    gate.let_through()
    expect(page.locator("#faults li").first).to_be_visible()
    hands.saved("Saved · step 1 of 1")
    expect(page.locator("#waiting")).to_be_hidden()


def chosen(hands, lon, lat=35.72):
    hands.press("Escape", "Escape")
    hands.click(lon, lat)


def test_save_pressed_twice_saves_once_and_says_nothing_of_it(open_plan, own_county, draft):
    hands = open_plan()
    page = hands.page
    chosen(hands, 105.02)
    page.fill("#grid-name", "East slope")
    page.get_by_role("button", name="Save", exact=True).dblclick()
    hands.saved("Saved · step 1 of 1")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#faults")).to_be_hidden()
    assert len(drafts.shown(own_county[1], CONSOLE, draft)["edits"]) == 1


def test_what_is_typed_stays_with_its_grid_until_it_is_saved_or_given_up(open_plan):
    hands = open_plan()
    page = hands.page
    chosen(hands, 105.02)
    page.fill("#grid-member", "Zhao Min")
    chosen(hands, 105.06)
    expect(page.locator("#grid-code")).to_have_value("T1V1-2")
    expect(page.locator("#grid-member")).to_have_value("Wang Fang")
    page.locator("#attributes").get_by_role("button", name="T1V1-1").click()
    expect(page.locator("#grid-member")).to_have_value("Zhao Min")
    expect(page.locator("#attributes")).to_contain_text("not saved yet")
    assert page.evaluate("!dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    page.locator("#attributes").get_by_role("button", name="Give it up").click()
    expect(page.locator("#grid-member")).to_have_value("Wang Fang")
    expect(page.locator(".plan-typed")).to_be_hidden()
    page.fill("#grid-member", "Zhao Min")
    page.get_by_role("button", name="Save", exact=True).click()
    hands.saved("Saved · step 1 of 1")
    expect(page.locator(".plan-typed")).to_be_hidden()


def test_escape_while_a_corner_is_dragged_takes_the_figures_beside_it_along(open_plan):
    hands = open_plan()
    page = hands.page
    hands.press("r")
    hands.click(105.02, 35.72)
    expect(page.locator(".plan-handle.is-corner").first).to_be_visible()
    page.mouse.move(*hands.spot(105.04, 35.74))
    page.mouse.down()
    for lon in (105.042, 105.044, 105.046):
        page.mouse.move(*hands.spot(lon, 35.735))
    expect(page.locator("#tip")).to_be_visible()
    hands.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()
    page.mouse.up()


@pytest.mark.parametrize("visit", [("net::ERR_FAILED",)], indirect=True)
def test_the_comparison_says_once_that_the_server_is_not_reached(open_plan):
    hands = open_plan()
    page = hands.page
    page.route("**/edits", lambda route: route.abort())
    page.route(re.compile(r"/(drafts|revisions|compare)(\?.*)?$"), lambda route: route.abort())
    split(hands, 105.02)
    expect(page.locator("#waiting")).to_contain_text("Split is not saved yet")
    expect(page.locator("#waiting")).to_contain_text("T1V1-1")
    hands.press("b")
    expect(page.locator("#compare")).to_contain_text("as soon as the server is reached again")
    expect(page.locator("#compare-with")).to_be_hidden()
    expect(page.locator("#notice")).to_be_hidden()
    page.unroute(re.compile(r"/(drafts|revisions|compare)(\?.*)?$"))
    page.locator("#compare").get_by_role("button", name="Try again").click()
    expect(page.locator("#compare")).to_contain_text("changes nothing")
    expect(page.locator("#compare-with")).to_be_visible()
