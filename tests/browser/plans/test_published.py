"""From the first line to the plan in force: drawn, compared, approved, published, looked at."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from gisgrid.access import CONSOLE
from gisgrid.operations.plans import drafts, editing, reviewing
from gisgrid.operations.plans.bench import bench

pytestmark = pytest.mark.browser

CORNER = (105.04, 35.74)  # of T1V1-1, -2 (south), -3, -4 (north)
NEAR = (105.045, 35.736)


def code_at(page, lon, lat):
    """The grid that the coverage map draws at a place."""
    page.wait_for_timeout(400)
    return page.evaluate(
        """([lon, lat]) => {
            const { map, layers } = window.gisgridMap;
            const view = layers.areas.views.get("grids");
            const found = view.queryFeatures(lon, lat, Math.round(map.getZoom()), 1);
            return found[0]?.feature.props.code;
        }""",
        [lon, lat],
    )


def split_drag_and_merge(hands):
    """Three steps; the third takes T1V2-2 into T1V2-1."""
    page = hands.page
    hands.press("s")
    hands.draw((105.06, 35.73), (105.061, 35.76), (105.06, 35.79))
    hands.saved("Saved · step 1 of 1")
    expect(page.locator("#figures-table")).to_contain_text("T1V1-4")
    expect(page.locator("#figures-hands")).to_contain_text("6 households change hands")
    hands.press("r")
    hands.click(105.02, 35.72)
    expect(page.locator(".plan-handle.is-corner").first).to_be_visible()
    hands.drag(CORNER, NEAR)
    hands.saved("Saved · step 2 of 2")
    hands.press("Escape", "Escape", "m")  # nothing of the reshaped grid stays chosen
    hands.click(105.10, 35.72)
    hands.click(105.14, 35.72)
    hands.press("Enter")
    hands.saved("Saved · step 3 of 3")
    expect(page.locator("#figures-table")).to_contain_text("given up")


def undo_all_and_redo(hands, before):
    for step in (2, 1, 0):
        hands.press("Control+z")
        hands.saved(f"Saved · step {step} of 3")
    assert hands.grids() == before
    for step in (1, 2, 3):
        hands.press("Control+y")
        hands.saved(f"Saved · step {step} of 3")


def compare_and_submit(hands):
    page = hands.page
    hands.press("b")
    expect(page.locator("#compare .plan-moved li").first).to_be_visible()
    expect(page.locator("#compare")).to_contain_text("households change hands")
    hands.press("Control+Enter")
    page.locator("#dialog input[name=note]").fill("A member <b>more</b> in the east")
    page.locator("#dialog button[value=submit]").click()
    expect(page.locator("#review")).to_contain_text("A member <b>more</b> in the east")
    expect(page.locator("#draft-state")).to_have_text("submitted")
    expect(page.locator("#tool-split")).to_be_disabled()
    assert page.locator("[data-verb=approve]").count() == 0  # who drew it does not approve it


def publish(hands):
    page = hands.page
    page.reload()
    hands.ready()
    page.locator("[data-verb=publish]").click()
    expect(page.locator("#dialog")).to_contain_text("grids change")
    page.locator("#dialog input[type=date]").fill("2026-11-22")
    page.locator("#dialog button[value=publish]").click()
    expect(page).to_have_url(re.compile(r"/plans/revisions/2$"))
    expect(page.locator(".proofs")).to_contain_text("of 289 listed households in exactly one grid")


def at_the_corner(grids):
    return {
        code
        for code, corners in grids.items()
        if any(abs(x - NEAR[0]) < 1e-3 and abs(y - NEAR[1]) < 1e-3 for x, y in corners)
    }


@pytest.mark.parametrize("own_county", ["published"], indirect=True)
def test_a_plan_is_drawn_approved_by_another_person_and_in_force_from_its_day(
    visit, own_county, open_plan, ready
):
    hands = open_plan()
    before = hands.grids()
    split_drag_and_merge(hands)
    after = hands.grids()
    assert len(at_the_corner(after)) == 4
    assert not any(CORNER in corners for corners in after.values())
    undo_all_and_redo(hands, before)
    assert hands.grids() == after
    compare_and_submit(hands)
    other = open_plan("supervisor", width=390, language="zh")
    other.page.locator("#compare-tool").click()
    links = other.page.locator("#compare-part button.link")
    expect(links.first).to_be_visible()
    assert min(links.evaluate_all("all => all.map((e) => e.offsetHeight)")) >= 44
    other.answer("approve", "approve")
    expect(other.page.locator("#draft-state")).to_have_text("已批准")
    publish(hands)
    hands.page.goto(urlsplit(other.page.url).path + "?show=compare")
    same = "The published plan is as the draft drew it."
    expect(hands.page.locator("#compare-part")).to_contain_text(same)

    for day, codes in (("2026-11-22", 3), ("2026-10-22", 4)):
        page = visit(f"/areas/T1V2?as_of={day}", at=own_county)
        ready(page, "T1V2", day)
        expect(page.locator("#list-body tr[data-code]")).to_have_count(codes)
        assert code_at(page, 105.10, 35.72) == "T1V2-1"
        assert code_at(page, 105.14, 35.72) == ("T1V2-1" if codes == 3 else "T1V2-2")
    page.locator("#restate").check()
    expect(page.locator("#list-body tr[data-code]")).to_have_count(3)
    page.wait_for_load_state("networkidle")
    assert code_at(page, 105.14, 35.72) == "T1V2-1"
    assert "restate=1" in page.url


@pytest.mark.parametrize("own_county", ["unserved"], indirect=True)
def test_cases_that_lose_their_member_are_allowed_with_a_tick(own_county, open_plan, draft, person):
    ws = own_county[1]
    who = person(ws, "planner")
    drawing = ws.drawings.of(drafts.found(ws, CONSOLE, draft))
    code = next(
        code
        for code in drawing.plan.codes()
        if drawing.plan[code].member and bench(ws).counts(drawing, [code])[code][2]
    )
    nobody = {"op": "change", "code": code, "member": None}
    editing.edit(ws, who, draft, nobody, seen=1)
    reviewing.submit(ws, who, draft, seen=2)
    reviewing.approve(ws, CONSOLE, draft, seen=3)
    page = open_plan().page
    page.locator("[data-verb=publish]").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text(f"would have no member: {code}.")
    page.locator("#dialog button[value=publish]").click()
    expect(dialog).to_be_visible()  # the tick is missing
    page.locator("#dialog input[name=allow_unserved]").check()
    page.locator("#dialog button[value=publish]").click()
    expect(page).to_have_url(re.compile(r"/plans/revisions/2$"))
