"""What is drawn is kept: beside another's changes, without a connection, in the address."""

import re

import pytest
from playwright.sync_api import expect

from gisgrid.access import CONSOLE
from gisgrid.operations.plans import drafts, editing, reviewing

pytestmark = pytest.mark.browser

NAME = "Autumn <b>{{7*7}}</b> 秋季"
TRIED = "Failed to load resource: the server responded with a status of 412"
CUT = "Failed to load resource: net::ERR_FAILED"
REFUSED = "Failed to load resource: the server responded with a status of 422"
TWO_FRAMES = """() => new Promise((done) => {
    setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 20);
})"""
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


@pytest.mark.parametrize("visit", [(TRIED,)], indirect=True)
def test_who_draws_on_a_draft_that_another_laid_aside_is_told_so_and_keeps_the_step(
    open_plan, own_county, draft, person
):
    hands = open_plan()
    page = hands.page
    reviewing.discard(own_county[1], person(own_county[1], "planner"), draft, seen=1)
    hands.press("m")
    hands.click(105.02, 35.72)
    hands.click(105.06, 35.72)
    hands.press("Enter")
    expect(page.locator("#dialog")).to_contain_text(
        "It has been discarded by planner * and takes no more steps."
    )
    page.locator("#dialog button[value=mine]").click()
    expect(page.locator("#draft-name")).to_have_text(f"{NAME} (mine)")
    hands.ready().saved("Saved · step 1 of 1")


@pytest.mark.parametrize("visit", [(TRIED, CUT)], indirect=True)
def test_mine_beside_theirs_is_tried_again_on_the_copy_that_is_there(
    open_plan, own_county, draft, person
):
    ws = own_county[1]
    hands = open_plan()
    page = hands.page
    before = len(drafts.listing(ws, CONSOLE))
    theirs = {"op": "merge", "codes": ["T2V1-1", "T2V1-2"], "into": "T2V1-1"}
    editing.edit(ws, person(ws, "planner"), draft, theirs, seen=1)
    merge(hands)
    page.locator("#dialog button[value=mine]").wait_for()
    page.route("**/edits", lambda route: route.abort(), times=1)
    page.locator("#dialog button[value=mine]").click()
    expect(page.locator("#waiting")).to_contain_text("Merge is not saved yet")
    page.reload()
    hands.ready()
    page.locator("#waiting button.primary").click()
    expect(page.locator("#draft-name")).to_have_text(f"{NAME} (mine)")
    hands.ready().saved("Saved · step 1 of 1")
    assert len(drafts.listing(ws, CONSOLE)) == before + 1


def merge(hands):
    hands.press("m")
    hands.click(105.02, 35.72)
    hands.click(105.06, 35.72)
    hands.press("Enter")


@pytest.mark.parametrize("visit", [(CUT,)], indirect=True)
def test_an_edit_that_is_stored_is_not_sent_again_when_the_draft_cannot_be_read(open_plan):
    hands = open_plan()
    page = hands.page
    posted = []
    page.on("request", lambda r: posted.append(r.url) if r.url.endswith("/edits") else None)
    page.route(re.compile(r"/api/v1/drafts/\d+$"), lambda route: route.abort(), times=1)
    merge(hands)
    notice = page.locator("#notice")
    expect(notice).to_contain_text("cannot be reached")
    expect(page.locator("#waiting")).to_be_hidden()
    hands.saved("Saved · step 1 of 1")
    notice.get_by_role("button", name="Try again").click()
    expect(page.locator("#steps li")).to_have_count(1)
    expect(notice).to_be_hidden()
    assert len(posted) == 1


@pytest.mark.parametrize("visit", [(CUT, TRIED)], indirect=True)
def test_an_undo_that_waited_does_not_take_back_what_came_after_it(
    open_plan, own_county, draft, person
):
    ws = own_county[1]
    hands = open_plan()
    page = hands.page
    merge(hands)
    hands.saved("Saved · step 1 of 1")
    page.wait_for_load_state("networkidle")
    mend = unreachable(page, "undo")
    page.locator("#undo").click()
    expect(page.locator("#waiting")).to_contain_text("Undo is not saved yet")
    theirs = {"op": "merge", "codes": ["T2V1-1", "T2V1-2"], "into": "T2V1-1"}
    editing.edit(ws, person(ws, "planner"), draft, theirs, seen=2)
    mend()
    page.reload()
    hands.ready()
    page.locator("#waiting button.primary").click()
    expect(page.locator("#dialog")).to_contain_text("changed elsewhere")
    page.locator("#dialog button[value=theirs]").click()
    hands.saved("Saved · step 2 of 2")
    assert "T2V1-2" not in codes(ws, page)


def codes(ws, page):
    number = int(page.evaluate("document.getElementById('map').dataset.draft"))
    found = editing.grids(ws, CONSOLE, number, bbox=(104.9, 35.6, 105.6, 35.9))
    return {feature["properties"]["code"] for feature in found["features"]}


def unreachable(page, path="edits"):
    """No answer to what is written below the draft; `page.unroute` ends it."""
    page.route(f"**/{path}", lambda route: route.abort())
    return lambda: page.unroute(f"**/{path}")


@pytest.mark.parametrize("visit", [(CUT, REFUSED)], indirect=True)
def test_edits_that_cannot_be_sent_wait_in_order_and_the_first_refused_one_stops_them(open_plan):
    hands = open_plan()
    page = hands.page
    mend = unreachable(page)
    for first, other in ((105.02, 105.06), (105.02, 105.14), (105.10, 105.14)):
        hands.press("Escape", "Escape", "m")
        hands.click(first, 35.72)
        hands.click(other, 35.72)
        hands.press("Enter")
    waiting = page.locator("#waiting")
    expect(waiting).to_contain_text("3 steps are not saved yet")
    expect(page.locator("#saved")).to_have_text("3 steps are not saved yet.")
    page.reload()
    hands.ready()
    expect(waiting.locator("li")).to_have_count(3)
    mend()
    waiting.get_by_role("button", name="Try again").click()
    # T1V1-2 has gone into T1V1-1 by then, which does not touch T1V2-2.
    expect(page.locator("#faults li")).to_have_count(1)
    expect(waiting).to_contain_text("A step before was refused")
    expect(waiting).to_contain_text("Merge is not saved yet")
    assert {"T1V1-1", "T1V2-1", "T1V2-2"} <= set(hands.grids())
    waiting.get_by_role("button", name="Go on with these").click()
    hands.saved("Saved · step 2 of 2")
    expect(waiting).to_be_hidden()
    assert not {"T1V1-2", "T1V2-2"} & set(hands.grids())


@pytest.mark.parametrize("visit", [(OFFLINE,)], indirect=True)
def test_what_waits_is_sent_as_soon_as_the_connection_is_back_and_undo_takes_it_back(open_plan):
    hands = open_plan()
    page = hands.page
    page.context.set_offline(True)
    merge(hands)
    expect(page.locator("#waiting")).to_contain_text("Merge is not saved yet")
    hands.press("Control+z")
    expect(page.locator("#waiting")).to_be_hidden()
    hands.press("Escape", "Escape")
    merge(hands)
    expect(page.locator("#waiting")).to_contain_text("Merge is not saved yet")
    page.context.set_offline(False)
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


def test_a_key_that_is_held_while_the_list_is_drawn_anew_is_not_lost(open_plan):
    hands = open_plan()
    page = hands.page
    late = []

    def hold(route):
        late.append(route)

    page.route(re.compile(r"/api/v1/drafts/\d+$"), hold)
    merge(hands)
    hands.saved("Saved · step 1 of 1")
    hands.until("document.querySelector('tr[data-code=\"T1V1-1\"] i')")  # the list says: changed
    assert len(late) == 1  # the draft is being read again; its steps are not shown yet
    hands.press("Escape", "Escape", "m")
    row = page.locator("tr[data-code=T1V2-1] button")
    row.focus()
    page.keyboard.down("Space")
    late[0].continue_()
    expect(page.locator("#steps li")).to_have_count(1)
    # The list follows what else is said of its grids, too.
    page.locator("#grid-filter").evaluate("node => node.dispatchEvent(new Event('input'))")
    page.evaluate(TWO_FRAMES)
    expect(row).to_be_focused()
    page.keyboard.up("Space")
    expect(page.locator("#tool")).to_contain_text("T1V2-1")
    expect(row).to_have_attribute("aria-pressed", "true")
    expect(row).to_be_focused()


@pytest.mark.parametrize("visit", [(CUT,)], indirect=True)
def test_a_step_whose_answer_was_lost_is_sent_again_and_made_once(open_plan, own_county, draft):
    ws = own_county[1]
    hands = open_plan()
    page = hands.page

    def lose(route):
        route.fetch()
        route.abort()

    waiting = page.locator("#waiting")
    page.route("**/edits", lose, times=1)
    merge(hands)
    expect(waiting).to_contain_text("Merge is not saved yet")
    assert len(drafts.shown(ws, CONSOLE, draft)["edits"]) == 1
    waiting.get_by_role("button", name="Try again").click()
    hands.saved("Saved · step 1 of 1")
    page.wait_for_load_state("networkidle")
    page.route("**/undo", lose, times=1)
    page.locator("#undo").click()
    expect(waiting).to_contain_text("Undo is not saved yet")
    waiting.get_by_role("button", name="Try again").click()
    hands.saved("Saved · step 0 of 1")
    assert page.locator("#dialog[open]").count() == 0
    assert "T1V1-2" in codes(ws, page)
    assert drafts.shown(ws, CONSOLE, draft)["version"] == 3
