"""Every tool that draws, what it says it did, and a draft that is brought up to date or undone."""

import re

import pytest
from playwright.sync_api import expect

from gisgrid.access import CONSOLE
from gisgrid.operations.plans import drafts, editing, publishing, reviewing

pytestmark = pytest.mark.browser

ONE, TWO = (105.02, 35.72), (105.06, 35.72)  # T1V1-1 and T1V1-2, side by side
TOP = (105.06, 35.76)  # T1V1-4, at the outer border


def box(west, south, east, north):
    return [(west, south), (east, south), (east, north), (west, north)]


DRAWN = {
    # tool -> key, grids to choose, what is drawn, what is said to change hands
    "course": ("c", [ONE, TWO], [(105.04, 35.7), (105.046, 35.72), (105.04, 35.74)], "1 household"),
    "transfer": ("t", [ONE], box(105.03, 35.713, 105.05, 35.727), "1 household"),
    "lasso": ("l", [ONE], box(105.042, 35.716, 105.047, 35.724), "1 household"),
    "grow": ("g", [TOP], box(105.045, 35.775, 105.07, 35.788), "No household"),
    "trim": ("x", [], box(105.05, 35.77, 105.07, 35.79), "2 households"),
}
CLICK = """([clientX, clientY]) => {
    const said = { clientX, clientY, bubbles: true, cancelable: true, detail: 1 };
    for (const kind of ["mousedown", "mouseup", "click"]) {
        document.elementFromPoint(clientX, clientY).dispatchEvent(new MouseEvent(kind, said));
    }
}"""
RIM = """(() => {
    let lines = 0;
    window.gisgridMap.map.eachLayer((layer) => { lines += layer.options.color === "#27323a"; });
    return lines === 1;
})()"""
"""The page draws the outer border itself where the draft has moved it, and nowhere else."""


def test_each_drawing_tool_does_its_edit_by_mouse_and_keys_and_undo_takes_it_back(open_plan):
    hands = open_plan()
    page = hands.page
    before = hands.grids()
    for tool, (key, chosen, points, moved) in DRAWN.items():
        hands.press("Escape", "Escape", key)
        expect(page.locator(f"#tool-{tool}")).to_have_attribute("aria-pressed", "true")
        for place in chosen:
            hands.click(*place)
        hands.draw(*points)
        hands.saved("Saved · step 1 of 1")
        expect(page.locator("#figures-hands")).to_contain_text(moved)
        after = hands.grids()
        assert after != before, tool
        hands.press("Control+z")
        hands.saved("Saved · step 0 of 1")
        expect(page.locator("#figures")).to_contain_text("The draft changes nothing")
        assert hands.grids() == before, tool
        hands.press("Control+y")
        hands.saved("Saved · step 1 of 1")
        expect(page.locator("#figures-title")).to_have_text("Effect of the last step")
        expect(page.locator("#figures-hands")).to_contain_text(moved)
        assert hands.grids() == after, tool
        hands.press("Control+z")
        hands.saved("Saved · step 0 of 1")


def test_a_click_that_no_move_of_the_pointer_came_before_puts_its_point_where_it_is(open_plan):
    """As where the pointer was there before the drawing began, in the middle of what is chosen."""
    hands = open_plan()
    page = hands.page
    hands.press("c")
    hands.click(*ONE)
    hands.click(*TWO)
    expect(page.locator("#tool")).to_contain_text("first point")
    for place in DRAWN["course"][2]:
        page.evaluate(CLICK, hands.spot(*place))
        page.wait_for_timeout(350)  # quicker would be a double click
    hands.press("Enter")
    hands.saved("Saved · step 1 of 1")
    expect(page.locator("#figures-hands")).to_contain_text(DRAWN["course"][3])


def test_households_that_fall_out_are_told_beside_the_figures_until_the_next_step(open_plan):
    hands = open_plan()
    page = hands.page
    hands.press("x")
    hands.draw(*DRAWN["trim"][2])
    hands.saved("Saved · step 1 of 1")
    notes = page.locator("#figures-notes li")
    expect(notes.first).to_contain_text("outside the plan")
    out = notes.first.locator(".plan-out a")
    expect(out).to_have_count(2)
    expect(out.first).to_have_attribute("href", re.compile(r"^/households/T1V1-4-\d\d$"))
    hands.until(RIM)
    hands.press("m")
    hands.click(*ONE)
    hands.click(*TWO)
    hands.press("Enter")
    hands.saved("Saved · step 2 of 2")
    expect(notes).to_have_count(0)


def test_who_reviews_reads_what_the_steps_did_beside_what_was_asked(
    open_plan, own_county, draft, person
):
    ws = own_county[1]
    who = person(ws, "planner")
    ring = [*DRAWN["trim"][2], DRAWN["trim"][2][0]]
    trim = {"op": "trim", "area": {"type": "Polygon", "coordinates": [ring]}}
    editing.edit(ws, who, draft, trim, seen=1)
    reviewing.submit(ws, who, draft, seen=2, remark="The slope slid")
    hands = open_plan("supervisor", width=390, language="zh")
    review = hands.page.locator("#review")
    expect(review).to_contain_text("The slope slid")
    told = review.locator(".plan-notes li").last
    expect(told).to_contain_text("有住户将位于方案之外")
    expect(told).to_contain_text("2 户")
    told.get_by_role("button").click()
    expect(hands.page).to_have_url(re.compile(r"#1[4-9]/35\.7\d*/105\.05"))


def test_a_draft_opens_where_it_moves_ground_and_for_who_reviews_it_with_what_changes(
    visit, own_county, draft, person
):
    ws = own_county[1]
    who = person(ws, "planner")
    merge = {"op": "merge", "codes": ["T3V2-3", "T3V2-4"], "into": "T3V2-3"}
    editing.edit(ws, who, draft, merge, seen=1)
    for role in ("planner", "supervisor"):
        if role == "supervisor":
            reviewing.submit(ws, who, draft, seen=2)
        page = visit(f"/plans/{draft}", role=role, at=own_county)
        expect(page).to_have_url(re.compile(r"#1[4-6]/35\.76\d*/105\.46"))
        expect(page.locator("#compare-part")).to_be_visible(visible=role == "supervisor")
        page.wait_for_load_state("networkidle")


def test_escape_lets_go_of_what_is_being_drawn(open_plan):
    hands = open_plan()
    page = hands.page
    hands.press("t")
    hands.click(*ONE)
    hands.click(105.05, 35.71)
    expect(page.locator("#tool")).to_contain_text("next point")
    hands.press("Escape")
    expect(page.locator("#tool-select")).to_have_attribute("aria-pressed", "true")
    hands.saved("Saved · nothing changed yet")


def published(ws, who):
    """Revision 2: T1V1-1 and T1V1-2 are one grid."""
    draft = drafts.open_draft(ws, who, name="other")
    merge = {"op": "merge", "codes": ["T1V1-1", "T1V1-2"], "into": "T1V1-1"}
    editing.edit(ws, who, draft, merge, seen=1)
    reviewing.submit(ws, who, draft, seen=2)
    reviewing.approve(ws, CONSOLE, draft, seen=3)
    return publishing.publish(ws, who, draft, seen=4)["revision"]


@pytest.mark.parametrize("own_county", ["rebased"], indirect=True)
def test_a_draft_is_brought_up_to_date_and_a_plan_in_force_is_undone_by_a_draft(
    open_plan, own_county, draft, person, visit
):
    ws = own_county[1]
    who = person(ws, "planner")
    kept = {"op": "merge", "codes": ["T2V1-1", "T2V1-2"], "into": "T2V1-1"}
    lost = {"op": "change", "code": "T1V1-2", "name": "lost"}
    for seen, edit in enumerate((kept, lost), start=1):
        editing.edit(ws, who, draft, edit, seen=seen)
    revision = published(ws, who)
    hands = open_plan()
    review = hands.page.locator("#review")
    expect(review).to_contain_text("The last published plan is revision 2")
    hands.press("b")
    expect(hands.page.locator("#compare .notice")).to_contain_text("This draft began on revision 1")
    hands.press("b")
    hands.answer("rebase", "rebase")
    hands.saved("Saved · step 1 of 1")
    hands.press("b")
    expect(hands.page.locator("#compare .plan-hands")).to_be_visible()
    expect(hands.page.locator("#compare .notice")).to_have_count(0)
    hands.press("b")
    expect(review).to_contain_text("2 Attributes: There is no such grid")
    expect(review).to_contain_text("(T1V1-2)")
    review.locator(".plan-left-out button").click()
    expect(hands.page).to_have_url(re.compile(r"#1[4-9]/35\.72\d*/105\.06"))
    expect(hands.page.locator("[data-verb=rebase]")).to_have_count(0)
    assert not {"T1V1-2", "T2V1-2"} & set(hands.grids())

    page = visit(f"/plans/revisions/{revision}", role="planner", at=own_county)
    page.get_by_role("button", name="Make a draft that undoes this").click()
    expect(page).to_have_url(re.compile(r"/plans/\d+(#.*)?$"))
    other = type(hands)(page).ready()
    other.saved("Saved · step 1 of 1")
    assert {"T1V1-1", "T1V1-2"} <= set(other.grids())


def test_a_split_that_is_undone_leaves_no_grid_chosen_but_the_one_that_was_split(open_plan):
    hands = open_plan()
    page = hands.page
    hands.press("m")
    hands.click(*ONE)
    hands.click(*TWO)
    hands.press("Enter")
    hands.saved("Saved · step 1 of 1")
    hands.press("Escape", "s")
    hands.draw((105.06, 35.74), (105.06, 35.79))
    hands.saved("Saved · step 2 of 2")
    expect(page.locator("#count")).to_have_text("2")
    hands.press("Control+z")
    hands.saved("Saved · step 1 of 2")
    expect(page.locator(".plan-chosen li")).to_have_count(1)
    expect(page.locator(".plan-chosen li")).to_have_attribute("data-key", "T1V1-4")


def test_who_types_a_township_opens_a_draft_on_it_and_not_on_the_county(visit, own_county):
    page = visit("/plans", role="planner", at=own_county)
    page.locator(".plan-new").evaluate("(node) => { node.open = true; }")
    page.locator("#area-filter").fill("daokou")
    expect(page.locator(".plan-area input:checked")).to_have_value("T2")
    page.locator("#area-filter").fill("T2V1")
    expect(page.locator(".plan-area input:checked")).to_have_value("T2V1")
    expect(page.locator(".plan-area:visible")).to_have_count(1)
