"""The plan in force beside one that waits, what clashes, long lists, and a view of many grids."""

from datetime import date

import geopandas as gpd
import pytest
from playwright.sync_api import expect
from shapely.geometry import box

from gisgrid.access import CONSOLE
from gisgrid.operations.plans import drafts, editing, publishing, reviewing
from gisgrid.settings import Settings

from ..conftest import serving

pytestmark = pytest.mark.browser

LATER = date(2026, 12, 10)
WHOLE = {"op": "merge", "codes": ["T1V1-1", *(f"T1V{v}-{n}" for v in (1, 2) for n in (2, 3, 4))]}
WHOLE["codes"] += ["T1V2-1", *(f"T2V1-{n}" for n in (1, 2, 3, 4))]


def approved(ws, actor, *edits, name="other"):
    """The number of a draft with these edits that somebody else approved."""
    draft = drafts.open_draft(ws, actor, name=name)
    for edit in edits:
        editing.edit(ws, actor, draft, edit, seen=drafts.found(ws, actor, draft).version)
    reviewing.submit(ws, actor, draft, seen=drafts.found(ws, actor, draft).version)
    reviewing.approve(ws, CONSOLE, draft, seen=drafts.found(ws, actor, draft).version)
    return draft


def publish(ws, actor, draft, **more):
    seen = drafts.found(ws, actor, draft).version
    publishing.publish(ws, actor, draft, seen=seen, **more)


@pytest.mark.parametrize("own_county", ["waits"], indirect=True)
def test_a_draft_is_compared_with_the_plan_in_force_or_the_one_to_come(
    own_county, person, open_plan, visit
):
    ws = own_county[1]
    ann = person(ws, "planner")
    first = approved(ws, ann, {"op": "merge", "codes": ["T3V2-1", "T3V2-2"]})
    publish(ws, ann, first, valid_from=LATER)
    draft = drafts.open_draft(ws, ann, name="after")
    editing.edit(ws, ann, draft, {"op": "change", "code": "T1V1-1", "member": "Zhao"}, seen=1)
    page = open_plan(number=draft).page
    page.locator("#compare-tool").click()
    choice = page.locator("#compare-with")
    expect(choice.locator("option")).to_contain_text(
        [
            "in force: revision 1, from the beginning",
            "to come: revision 2, from 10 Dec 2026",
        ]
    )
    expect(choice).to_have_value("last")  # on which the draft builds
    rows = page.locator("#compare tbody[data-code]")
    expect(rows).to_have_count(1)
    choice.select_option("plan")
    expect(rows).to_have_count(3)
    expect(page.locator("#compare .notice")).to_contain_text("whose day has not come")
    # The grid that ends then is there today, and says so.
    page = visit("/plans/grids/T3V2-2", role="planner", at=own_county, width=390, language="zh")
    expect(page.locator("main")).to_contain_text("将于 2026-12-10 随第 2 版失效。")
    page.get_by_role("link", name="在地图上显示").click()
    expect(page.locator("#list-title, h1").first).to_be_visible()
    assert "/areas/T3V2-2" in page.url


@pytest.mark.parametrize("own_county", ["raced"], indirect=True)
def test_who_publishes_second_is_shown_what_clashes_and_where(own_county, person, open_plan):
    ws = own_county[1]
    ann = person(ws, "planner")
    change = {"op": "change", "code": "T1V1-4", "member": "Zhao"}
    late = approved(ws, ann, change, name="late")
    other = approved(ws, ann, {**change, "member": "Qian"})
    hands = open_plan(number=late)
    page = hands.page
    page.watch.allowed = ("409",)
    publish(ws, ann, other)  # while the page is open, which does not know yet
    hands.answer("publish", "publish")
    box_ = page.locator("#faults")
    expect(box_).to_contain_text("Another plan was published meanwhile")
    expect(box_.locator("li")).to_contain_text(["T1V1-4 The plan that was published meanwhile"])
    page.evaluate("void window.gisgridMap.map.setView([35.79, 105.4], 13, { animate: false })")
    box_.get_by_role("button", name="Show where").click()
    hands.until("window.gisgridMap.map.getBounds().contains([35.76, 105.06])")
    hands.answer("rebase", "rebase")
    expect(box_).to_be_hidden()


@pytest.mark.parametrize("own_county", ["long"], indirect=True)
def test_all_households_that_change_hands_can_be_shown(own_county, person, open_plan):
    ws = own_county[1]
    ann = person(ws, "planner")
    draft = drafts.open_draft(ws, ann, name="long")
    found = editing.edit(ws, ann, draft, WHOLE, seen=1)["impact"]["households"]
    assert found["count"] == 132
    page = open_plan(number=draft).page
    page.locator("#compare-tool").click()
    people = page.locator(".plan-people").first
    people.locator("summary").click()
    rows = people.locator("tbody tr")
    expect(rows).to_have_count(100)
    people.get_by_role("button", name="Show more (32 left)").click()
    expect(rows).to_have_count(132)
    expect(people.get_by_role("button")).to_be_hidden()
    ids = people.locator("tbody th").all_inner_texts()
    assert ids == sorted(set(ids))
    # A grid that ended is found, and its page says what became of it.
    reviewing.submit(ws, ann, draft, seen=2)
    reviewing.approve(ws, CONSOLE, draft, seen=3)
    publish(ws, ann, draft)
    page.goto("/")
    page.locator("#search").fill("T2V1-4")
    hit = page.locator("#search-results li", has_text="former grid")
    expect(hit).to_have_count(1)
    hit.click()
    page.wait_for_url("**/plans/grids/T2V1-4")
    expect(page.locator("main")).to_contain_text("no longer in force")


SIDE = 0.002


@pytest.fixture
def many(tmp_path):
    """A server on a county of 1,200 small grids."""
    shapes = [
        box(
            105 + n % 40 * SIDE,
            35.7 + n // 40 * SIDE,
            105 + (n % 40 + 1) * SIDE,
            35.7 + (n // 40 + 1) * SIDE,
        )
        for n in range(1200)
    ]
    plan = gpd.GeoDataFrame(
        {"code": [f"N{n:04d}" for n in range(1200)]}, geometry=shapes, crs="EPSG:4326"
    )
    with serving(Settings(store=str(tmp_path / "many.gpkg")), full=False) as (base, ws):
        with ws.store.write() as w:
            w.put_grids(plan)
        yield base, ws


def test_a_view_of_more_than_a_thousand_grids_says_that_it_has_not_all(many, person, visit):
    from .conftest import Hands

    ws = many[1]
    draft = drafts.open_draft(ws, person(ws, "planner"), name="many")
    page = visit(f"/plans/{draft}#12/35.73/105.04", role="planner", at=many)
    Hands(page).ready()
    said = "More than 1,000 grids lie here; go nearer to see them all."
    expect(page.locator("#hint")).to_have_text(said)
    expect(page.locator("#grid-note")).to_contain_text("of 1,000 grids shown")
    page.evaluate("void window.gisgridMap.map.setView([35.73, 105.04], 15, { animate: false })")
    expect(page.locator("#hint")).to_be_hidden()
    expect(page.locator("#grid-note")).not_to_contain_text("1,000")
