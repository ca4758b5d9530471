"""The review: what the second person is shown, what is off and why, and who was quicker."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from gisgrid.access import CONSOLE
from gisgrid.operations.plans import drafts, editing, publishing, reviewing, revisions

pytestmark = pytest.mark.browser

STALE = "Failed to load resource: the server responded with a status of 412"
MERGE = {"op": "merge", "codes": ["T2V1-1", "T2V1-2"], "into": "T2V1-1"}
LINE = {"type": "LineString", "coordinates": [[105.02, 35.69], [105.02, 35.75]]}
SPLIT = {"op": "split", "code": "T1V1-1", "line": LINE}
WORDS = {"op": "change", "code": "T1V1-1", "name": "East slope", "visit_every_days": 3}


@pytest.fixture
def made(own_county, person):
    """`made(name, *edits, to=)` -> the number of a draft with these edits, in that state."""
    ws = own_county[1]

    def make(name, *edits, to="open"):
        planner, other = person(ws, "planner"), person(ws, "supervisor")
        number = drafts.open_draft(ws, planner, name=name)
        seen = 1
        for edit in edits:
            seen = editing.edit(ws, planner, number, edit, seen=seen)["version"]
        if to != "open":
            seen = reviewing.submit(ws, planner, number, seen=seen)
        if to in ("approved", "published"):
            seen = reviewing.approve(ws, other, number, seen=seen)
        if to == "published":
            publishing.publish(ws, planner, number, seen=seen)
        return number

    return make


def version(ws, number):
    return drafts.shown(ws, CONSOLE, number)["version"]


def test_the_second_person_is_shown_a_name_and_an_interval_before_and_after(open_plan, made):
    number = made("words", WORDS, to="submitted")
    page = open_plan("supervisor", number).page
    page.locator("#compare-tool").click()
    row = page.locator("#compare tbody[data-code=T1V1-1]")
    expect(row.locator("dt")).to_have_text(["Name of the grid", "Visit interval"])
    expect(row.locator("dd")).to_have_text(["– → East slope", "as the programme → 3 days"])
    page.locator("#compare-close").click()
    page.locator("details", has=page.locator("#steps")).locator("summary").first.click()
    told = "T1V1-1 · Name of the grid: East slope · Visit interval: 3 days"
    expect(page.locator("#steps li span").first).to_have_text(told)


def test_a_step_names_no_grid_that_only_got_a_corner(made, own_county):
    line = {"type": "LineString", "coordinates": [[104.99, 35.73], [105.05, 35.73]]}
    number = made("split", {"op": "split", "code": "T1V1-1", "line": line})
    (edit,) = drafts.shown(own_county[1], CONSOLE, number)["edits"]
    assert edit["summary"].startswith("T1V1-1 → T1V1-1, ")
    assert "T1V1-2" not in edit["summary"]


@pytest.mark.parametrize("visit", [(STALE,)], indirect=True)
def test_who_approves_what_was_withdrawn_meanwhile_is_told_so_and_looks_again(
    open_plan, made, own_county, person
):
    ws = own_county[1]
    planner = person(ws, "planner")
    number = made("stale", WORDS, to="submitted")
    page = open_plan("supervisor", number).page
    seen = reviewing.withdraw(ws, planner, number, seen=version(ws, number))
    page.locator("[data-verb=approve]").click()
    page.locator("#dialog button[value=approve]").click()
    notice = page.locator("#notice")
    expect(notice).to_contain_text("planner * has withdrawn it.")
    expect(page.locator("#draft-state")).to_have_text("being drawn")
    expect(page.locator("[data-verb=approve]")).to_have_count(0)
    expect(notice.get_by_role("button", name="Try again")).to_have_count(0)

    reviewing.submit(ws, planner, number, seen=seen)
    page.reload()
    page.locator("[data-verb=approve]").click()
    seen = reviewing.withdraw(ws, planner, number, seen=version(ws, number))
    seen = editing.edit(ws, planner, number, MERGE, seen=seen)["version"]
    reviewing.submit(ws, planner, number, seen=seen)
    page.locator("#dialog button[value=approve]").click()
    expect(notice).to_contain_text("planner * has submitted it anew.")
    expect(page.locator("[data-verb=approve]")).to_be_disabled()
    page.get_by_role("button", name="Show what changes").click()
    expect(page.locator("#compare tbody[data-code=T2V1-1]")).to_be_visible()
    page.locator("[data-verb=approve]").click()
    page.locator("#dialog button[value=approve]").click()
    expect(page.locator("#draft-state")).to_have_text("approved")


def test_two_drafts_are_named_and_neither_comes_before_the_other(open_plan, made):
    one = made("one", MERGE)
    page = open_plan(number=made("other", WORDS)).page
    page.locator("#compare-tool").click()
    page.locator("#compare-with").select_option(str(one))
    compare = page.locator("#compare")
    expect(compare.locator("caption")).to_have_text("“one” → “other”")
    expect(compare.locator("tbody[data-code=T2V1-2]")).to_contain_text("only in “other”")
    expect(compare).to_contain_text("in another grid in “other” than in “one”")
    expect(compare).not_to_contain_text("before")
    expect(compare).not_to_contain_text("given up")


def test_while_a_step_of_the_review_is_done_nothing_else_can_be_pressed(open_plan, made):
    hands = open_plan(number=made("busy", WORDS))
    page = hands.page
    held = []

    def hold(route):
        held.append(route)

    page.route("**/submit", hold)
    page.locator("[data-verb=submit]").click()
    button = page.locator("#dialog button[value=submit]")
    x, y = (button.bounding_box()[key] + 8 for key in ("x", "y"))
    page.mouse.dblclick(x, y)
    expect(page.locator("#dialog")).to_have_attribute("aria-busy", "true")
    expect(button).to_have_text("One moment…")
    hands.press("Escape")
    expect(page.locator("#dialog")).to_be_visible()
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator("#draft-state")).to_have_text("submitted")
    expect(page.locator("#dialog")).to_be_hidden()
    assert page.locator("tr.is-chosen").count() == 0


def test_the_clock_of_the_steps_is_the_programmes(chromium, own_county, signed_in, made):
    base, ws = own_county
    number = made("clock", WORDS)
    cookies = signed_in(base, ws, "planner", "*")
    far = {"locale": "en-GB", "timezone_id": "America/New_York", "base_url": base}
    context = chromium.new_context(**far, storage_state=cookies)
    page = context.new_page()
    page.goto(f"/plans/{number}#13/35.74/105.08")
    page.locator("details", has=page.locator("#steps")).locator("summary").first.click()
    (edit,) = drafts.shown(ws, CONSOLE, number)["edits"]
    there = datetime.fromisoformat(edit["at"]).astimezone(ZoneInfo("Asia/Shanghai"))
    expect(page.locator("#steps li i").first).to_contain_text(f", {there:%H:%M}")
    context.close()


@pytest.mark.parametrize("own_county", ["behind"], indirect=True)
def test_a_draft_behind_the_plan_is_brought_up_to_date_before_anything_else(open_plan, made):
    here, there, away = [105.04, 35.74], [105.045, 35.736], [105.036, 35.744]
    late = {"op": "reshape", "moves": [{"from": here, "to": there}]}
    number = made("late", late, {**WORDS, "code": "T3V1-1"}, to="submitted")
    made("first", {"op": "reshape", "moves": [{"from": here, "to": away}]}, to="published")

    other = open_plan("supervisor", number).page
    expect(other.locator("[data-verb=approve]")).to_be_disabled()
    expect(other.locator("#review")).to_contain_text("A planner brings it up to date.")
    page = open_plan(number=number).page
    review = page.locator("#review")
    expect(review).to_contain_text("Both changed these grids: T1V1-1 T1V1-2 T1V1-3 T1V1-4")
    main = page.locator(".plan-review-buttons button").first
    expect(main).to_have_text("Bring up to date")
    expect(main).to_have_class(re.compile("primary"))
    main.click()
    page.locator("#dialog button[value=rebase]").click()
    expect(review).to_contain_text("Look at each place: what is still wanted there is drawn anew.")
    expect(review.locator(".plan-left-out")).not_to_contain_text("try again")
    expect(page.locator("[data-verb=submit]")).to_be_enabled()
    expect(page.locator("[data-verb=rebase]")).to_have_count(0)


@pytest.mark.parametrize("own_county", ["withdrawn"], indirect=True)
def test_a_plan_that_was_taken_back_is_not_said_to_come_into_force(visit, made, own_county, person):
    ws = own_county[1]
    planner = person(ws, "planner")
    number = made("later", SPLIT, to="approved")
    day = ws.today().replace(month=12, day=15)
    publishing.publish(ws, planner, number, seen=version(ws, number), valid_from=day)
    page = visit("/plans/revisions/2", role="planner", at=own_county)
    page.set_viewport_size({"width": 900, "height": 500})
    expect(page.locator("dd a", has_text="revision 1")).to_have_attribute(
        "href", "/plans/revisions/1"
    )
    heads = page.locator(".plan-stack thead").first.locator("th").all_text_contents()
    assert len(set(heads)) == len(heads)
    page.locator(".plan-ask summary").click()
    expect(page.locator(".plan-ask form button")).to_be_in_viewport()
    revisions.withdraw(ws, planner, 2)
    page.reload()
    expect(page.locator(".summary")).to_contain_text("was to come into force on 2026-12-15")


@pytest.mark.parametrize("own_county", ["none"], indirect=True)
def test_where_there_is_no_draft_the_form_for_one_stands_alone(visit, own_county):
    page = visit("/plans", role="planner", at=own_county)
    expect(page.get_by_role("button", name="Open the draft")).to_be_visible()
    expect(page.locator(".plan-new summary")).to_have_count(0)


@pytest.mark.parametrize("own_county", ["overtaken"], indirect=True)
@pytest.mark.parametrize("visit", [("the server responded with a status of 409",)], indirect=True)
def test_who_publishes_a_moment_too_late_reads_the_words_of_the_page(open_plan, made):
    page = open_plan(number=made("slow", WORDS, to="approved")).page
    made("quick", MERGE, to="published")
    page.locator("[data-verb=publish]").click()
    page.locator("#dialog button[value=publish]").click()
    expect(page.locator("#notice")).to_contain_text("bring the draft up to date")
    expect(page.locator("#review")).to_contain_text("They changed no grid in common.")
    expect(page.locator(".plan-review-buttons button").first).to_have_text("Bring up to date")
    expect(page.locator("[data-verb=publish]")).to_be_disabled()


def test_a_draft_that_only_can_be_looked_at_tells_nothing_about_choosing_several(open_plan, made):
    hands = open_plan(number=made("handed in", WORDS, to="submitted"))
    expect(hands.page.locator("#tool")).to_contain_text("to see which it is")
    expect(hands.page.locator("#tool")).not_to_contain_text("Shift")


def test_the_list_says_changed_without_a_dot_and_a_double_click_marks_no_words(open_plan, made):
    page = open_plan(number=made("dots", WORDS)).page
    under = page.locator("tr[data-code=T1V1-1] .plan-row span")
    expect(under).to_have_text("T1V1-1changed")
    chosen = "getComputedStyle(document.querySelector('.leaflet-control-scale-line')).userSelect"
    assert page.evaluate(chosen) == "none"


def test_what_others_do_in_an_empty_store_stands_on_one_line(visit, empty):
    page = visit("/", role="supervisor", at=empty)
    tops = page.locator(".steps .hint").evaluate_all(
        "all => all.map((e) => Math.round(e.getBoundingClientRect().top))"
    )
    assert len(tops) == 3
    assert len(set(tops)) == 1
