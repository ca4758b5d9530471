"""Tools under mouse, finger and keys; faults where they are; the panel."""

import pytest
from playwright.sync_api import expect

from gisgrid.operations.plans import drafts

pytestmark = pytest.mark.browser

GHOSTS = """() => {
    const lines = new Set();
    window.gisgridMap.map.eachLayer((layer) => {
        if (!layer.options.dashArray || layer instanceof L.Polygon || !layer.getLatLngs) return;
        const places = layer.getLatLngs().map(({ lat, lng }) => [lng, lat]);
        lines.add(JSON.stringify(places.sort((a, b) => a[1] - b[1])));
    });
    return [...lines].map((line) => JSON.parse(line));
}"""
CORNER = (105.04, 35.74)
TRIED = "Failed to load resource: the server responded with a status of 422"


@pytest.mark.parametrize("own_county", ["published"], indirect=True)
@pytest.mark.parametrize("visit", [(TRIED,)], indirect=True)
def test_a_refused_edit_is_painted_where_it_is_and_leaves_the_map_at_the_truth(open_plan):
    hands = open_plan()
    page = hands.page
    before = hands.grids()
    hands.press("s")
    hands.draw((105.06, 35.73), (105.06, 35.76))
    expect(page.locator("#faults li")).to_have_count(1)
    hands.saved("Saved · nothing changed yet")
    # The line stays, to be mended: its bad point is dragged out over the border.
    expect(page.locator(".plan-handle.is-kept")).to_have_count(2)
    expect(page.locator("#tool")).to_contain_text("Move its points")
    hands.drag((105.06, 35.76), (105.06, 35.79))
    hands.press("Enter")
    hands.saved("Saved · step 1 of 1")
    expect(page.locator("#faults")).to_be_hidden()
    expect(page.locator(".plan-handle")).to_have_count(0)
    hands.press("Control+z")
    hands.saved("Saved · step 0 of 1")
    assert hands.grids() == before


@pytest.mark.parametrize("visit", [(TRIED,)], indirect=True)
def test_a_refused_line_is_shown_where_it_fails_and_mended_by_keys_or_let_go(open_plan):
    hands = open_plan()
    page = hands.page
    before = hands.grids()
    hands.press("s")
    hands.draw((105.06, 35.73), (105.06, 35.76))
    page.locator("#faults li button").click()
    hands.until("window.gisgridMap.map.getZoom() === 14")
    x, y = hands.spot(105.06, 35.76)
    at = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('#map') !== null", [x, y]
    )
    assert at  # the spot is in sight
    page.locator("#map_gisgrid").focus()
    hands.press(".", ".")
    expect(page.locator("#tool")).to_contain_text("Point 2 of 2")
    for _ in range(40):
        hands.press("Shift+ArrowUp")
    hands.press("Enter")
    hands.saved("Saved · step 1 of 1")

    page.evaluate("window.gisgridMap.map.setView([35.74, 105.08], 13, {animate: false})")
    hands.press("Control+z")
    hands.saved("Saved · step 0 of 1")
    hands.press("s")
    hands.draw((105.06, 35.73), (105.06, 35.75))
    expect(page.locator(".plan-handle.is-kept")).to_have_count(2)
    hands.press("Escape")
    expect(page.locator(".plan-handle.is-kept")).to_have_count(0)
    expect(page.locator("#faults")).to_be_hidden()
    assert hands.grids() == before


@pytest.mark.parametrize("visit", [(TRIED,)], indirect=True)
def test_a_merge_leaves_the_grid_that_was_named_and_lies_in_pieces_only_when_allowed(open_plan):
    hands = open_plan()
    page = hands.page
    hands.press("m")
    hands.click(105.02, 35.72)
    hands.click(105.10, 35.72)
    page.locator("#tool input[value='T1V2-1']").check()
    hands.press("Enter")
    expect(page.locator("#faults")).to_contain_text("do not touch along an edge")
    page.locator("[data-allow=pieces]").click()
    hands.saved("Saved · step 1 of 1")
    left = hands.grids()
    assert "T1V1-1" not in left
    assert "T1V2-1" in left


LED_FAR = {
    "title": "refused",
    "code": "edit_refused",
    "faults": [
        {
            "what": "led_far",
            "sentence": "The line would be led far.",
            "codes": ["T1V2-1"],
            "place": [105.06, 35.76],
            "size": 664.0,
            "unit": "m",
        }
    ],
}


@pytest.mark.parametrize("own_county", ["published"], indirect=True)
@pytest.mark.parametrize("visit", [(TRIED,)], indirect=True)
def test_a_line_is_led_far_only_when_that_is_allowed(open_plan):
    hands = open_plan()
    page = hands.page
    sent = []

    def answer(route):
        sent.append(route.request.post_data_json)
        if sent[-1].get("allow_led"):
            return route.continue_()
        return route.fulfill(status=422, json=LED_FAR, content_type="application/problem+json")

    page.route("**/edits", answer)
    hands.press("s")
    hands.draw((105.06, 35.73), (105.06, 35.79))
    expect(page.locator("#faults li")).to_contain_text("664 m")
    hands.saved("Saved · nothing changed yet")
    page.locator("[data-allow=led]").click()
    hands.saved("Saved · step 1 of 1")
    assert [bool(edit.get("allow_led")) for edit in sent] == [False, True]
    first, again = (edit.pop("client_id") for edit in sent)
    assert first != again  # what is allowed is another wish
    assert sent[1] == sent[0] | {"allow_led": True}


def test_grids_are_split_and_merged_by_keys_alone(open_plan):
    hands = open_plan()
    page = hands.page
    hands.press("i")
    page.keyboard.type("T1V1-4")
    expect(page.locator("#grid-list tr[data-code]")).to_have_count(1)
    hands.press("Tab")
    hands.press("Enter")
    hands.press("s")
    expect(page.locator("#map_gisgrid")).to_be_focused()
    for _ in range(6):
        hands.press("Shift+ArrowUp")
    hands.press("Space")
    for _ in range(13):
        hands.press("Shift+ArrowDown")
    hands.press("Space")
    hands.press("Enter")
    hands.saved("Saved · step 1 of 1")

    # The parts of the split are chosen; they are no part of the merge.
    page.wait_for_load_state("networkidle")
    hands.press("Escape", "Escape")
    hands.press("m")
    hands.press("i")
    hands.press("Control+a")
    page.keyboard.type("T1V2-")
    expect(page.locator("#grid-list tr[data-code='T1V2-1']")).to_be_visible()
    hands.press("Tab")
    while page.evaluate("document.activeElement.closest('tr')?.dataset.code") != "T1V2-1":
        hands.press("Tab")
    hands.press("Space")
    expect(page.locator("#tool")).to_contain_text("T1V2-1")
    while page.evaluate("document.activeElement.closest('tr')?.dataset.code") != "T1V2-2":
        hands.press("Tab")
    hands.press("Space")
    expect(page.locator("#tool button.primary")).to_have_text("Merge 2 grids")
    page.locator("#tool button.primary").focus()
    hands.press("Enter")
    hands.saved("Saved · step 2 of 2")
    assert "T1V2-2" not in hands.grids()


@pytest.mark.parametrize("visit", [(TRIED,)], indirect=True)
def test_a_vertex_is_moved_by_the_arrows_and_put_back_by_escape(open_plan):
    hands = open_plan()
    page = hands.page
    hands.press("r")
    hands.click(105.02, 35.72)
    hands.press(".")
    for _ in range(3):
        hands.press("Shift+ArrowLeft")
    expect(page.locator("#tip")).to_be_visible()
    hands.press("Escape")
    hands.saved("Saved · nothing changed yet")
    hands.press(".")
    for _ in range(3):
        hands.press("Shift+ArrowRight")
    hands.press("Enter")
    hands.saved("Saved · step 1 of 1")


def test_a_corner_is_dragged_by_a_finger_on_a_tablet(open_plan):
    hands = open_plan(width=1024, touch=True)
    page = hands.page
    page.locator("#tool-reshape").tap()
    page.touchscreen.tap(*hands.spot(105.06, 35.72))
    expect(page.locator(".plan-handle.is-corner").first).to_be_visible()
    x, y = hands.spot(*CORNER)
    touch = page.context.new_cdp_session(page)

    def send(kind, *points):
        at = [{"x": px, "y": py} for px, py in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    send("touchStart", (x, y))
    for step in range(1, 7):
        send("touchMove", (x + 4 * step, y + 3 * step))
    send("touchEnd")
    hands.saved("Saved · step 1 of 1")
    assert not any(CORNER in corners for corners in hands.grids().values())


@pytest.mark.parametrize("width", [390, 1440])
def test_every_control_of_the_editor_has_a_name_and_is_reached_by_tab(open_plan, width):
    hands = open_plan(width=width)
    page = hands.page
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select")]
            .filter((node) => node.getClientRects().length)
            .filter((node) => !(node.textContent.trim() || node.getAttribute("aria-label")
                || node.title || node.labels?.length))
            .map((node) => node.outerHTML)"""
    )
    assert unnamed == []
    page.locator(".site-name").focus()
    reached = set()
    for _ in range(60):
        hands.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    wanted = {"compare-tool", "grid-filter", "map_gisgrid"}
    wide = {"tool-split", "tool-merge", "tool-reshape", "tool-lasso"}
    assert wanted | (wide if width > 719 else set()) <= reached
    if width < 720:
        small = page.evaluate(
            """() => [...document.querySelectorAll(".plan-tools button, .plan-panel input")]
                .filter((node) => node.getClientRects().length && !node.disabled)
                .map((node) => [node.id || node.className, node.getBoundingClientRect().height])
                .filter(([, height]) => height < 44)"""
        )
        assert small == []


def test_the_list_has_the_drafts_own_grids_first_and_its_neighbours_marked(
    open_plan, own_county, person
):
    ws = own_county[1]
    village = drafts.open_draft(ws, person(ws, "planner"), name="one village", area="T1V2")
    hands = open_plan(number=village)
    page = hands.page
    rows = page.locator("#grid-list tr")
    expect(rows.first).to_have_text("Village 1.2")
    expect(page.locator("#grid-list tr.plan-group.is-fixed")).to_have_count(1)
    codes = rows.evaluate_all("rows => rows.map((row) => row.dataset.code ?? '')")
    mark = codes.index("", 1)
    assert codes[1:mark] == [f"T1V2-{n}" for n in range(1, 5)]
    assert "T1V1-1" in codes[mark:]
    expect(page.locator("tr[data-code=T1V1-1] button")).to_be_disabled()
    expect(page.locator(".when-fixed")).to_be_visible()
    expect(page.locator(".when-ghosts")).to_be_hidden()
    merge = [(105.10, 35.72), (105.14, 35.72)]
    hands.press("m")
    for place in merge:
        hands.click(*place)
    hands.press("Enter")
    hands.saved("Saved · step 1 of 1")
    expect(page.locator(".when-ghosts")).to_be_visible()
    lines = page.evaluate(GHOSTS)
    assert lines == [[[105.12, 35.7], [105.12, 35.74]]]  # between the two, and nothing else


def test_far_away_the_page_says_to_go_nearer_and_holds_no_grid(open_plan):
    hands = open_plan()
    page = hands.page
    page.evaluate("window.gisgridMap.map.setView([35.73, 105.05], 10, {animate: false})")
    expect(page.locator("#hint")).to_have_text("Go nearer to change grids.")
    expect(page.locator("#grid-list tr[data-code]")).to_have_count(0)


def test_attributes_of_a_grid_are_changed_in_the_panel(open_plan):
    hands = open_plan()
    page = hands.page
    hands.click(105.02, 35.72)
    page.locator("#grid-name").fill("Upper <i>")
    page.locator("#grid-member").fill("Li Na")
    page.locator("#attributes").get_by_role("button", name="Save").click()
    hands.saved("Saved · step 1 of 1")
    expect(page.locator("#grid-list")).to_contain_text("Upper <i>")
