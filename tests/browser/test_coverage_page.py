import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def first_rows(page, count=3):
    return [text.split("\n")[0] for text in page.locator("#list-body tr th").all_inner_texts()][
        :count
    ]


def at_latlng(page, lat, lon):
    """Where a place of the map lies in the window."""
    return page.evaluate(
        """([lat, lon]) => {
            const map = window.gisgridMap.map;
            const at = map.latLngToContainerPoint([lat, lon]);
            const box = map.getContainer().getBoundingClientRect();
            return [box.left + at.x, box.top + at.y];
        }""",
        [lat, lon],
    )


def click_map(page, lat, lon):
    page.wait_for_timeout(400)
    page.mouse.click(*at_latlng(page, lat, lon))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_county_opens_with_its_figures_and_the_worst_township_first(
    visit, ready, width, language
):
    page = visit("/", width=width, language=language)
    ready(page, "")
    assert first_rows(page) == ["新添堡", "Daokou", "Hepan"]
    expect(page.locator("h1")).to_have_text("会宁县")
    # 97 listed in T1 (48 late), 96 each in T2 and T3 (8 late); the unlocated one was never visited
    expect(page.locator(".figure-main b")).to_have_text("77.5 %")
    figures = page.locator("#figures").inner_text()
    for number in ("289", "65", "9", "25", "8"):
        assert re.search(rf"\b{number}\b", figures), (number, figures)
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans" if language == "zh" else "en")
    word = "走访缺口" if language == "zh" else "in a gap"
    expect(page.locator("#figures")).to_contain_text(word)


def test_a_click_on_the_map_goes_down_and_escape_goes_up(visit, ready):
    page = visit("/")
    ready(page, "")
    click_map(page, 35.74, 105.06)
    ready(page, "T1")
    assert page.url.split("#")[0].endswith("/areas/T1")
    assert first_rows(page) == ["Village 1.1", "Village 1.2"]
    click_map(page, 35.75, 105.03)
    ready(page, "T1V1")
    click_map(page, 35.72, 105.02)
    ready(page, "T1V1-1")
    expect(page.locator("#list-note")).to_contain_text("7 households in a visit gap")
    for above in ("T1V1", "T1", ""):
        page.keyboard.press("Escape")
        ready(page, above)


def test_the_whole_way_down_can_be_walked_by_keyboard(visit, ready):
    page = visit("/")
    ready(page, "")
    page.locator("#list-body a").first.focus()
    for code in ("T1", "T1V1", "T1V1-1"):
        page.keyboard.press("Enter")
        ready(page, code)
        expect(page.locator("#list-body a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()
    expect(page.locator("#list-body a").first).to_be_focused()


def test_after_a_change_of_zoom_no_tile_of_the_zoom_before_stays(visit, ready):
    page = visit("/")
    ready(page, "")
    for code in ("T1", "T1V1", "T1V1-1"):
        page.locator("#list-body a").first.click()
        page.mouse.move(900, 450)  # lights areas while tiles come in
        page.mouse.move(950, 480)
        ready(page, code)
    clean = [["areas", 0], ["points", 0], ["marks", 0], ["light", 0]]
    left = None
    for _ in range(60):  # what stays, stays for ever
        page.wait_for_timeout(500)
        left = page.evaluate(
            """() => Object.entries(window.gisgridMap.layers).map(([name, layer]) => [name,
                Object.values(layer._tiles).filter((tile) => !tile.loaded
                    || tile.coords.z !== layer._tileZoom).length])"""
        )
        if left == clean:
            break
    assert left == clean


def test_every_control_has_a_name_and_is_reached_by_tab(visit, ready):
    page = visit("/")
    ready(page, "")
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
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"search", "as-of", "day-before", "sort", "map_gisgrid"} <= reached
    assert "leaflet-control-zoom-in" in reached


def test_the_back_button_returns_to_the_view_before(visit, ready):
    page = visit("/")
    ready(page, "")
    page.locator("#list-body a").first.click()
    ready(page, "T1")
    page.locator("input[name=show][value=open]").check(force=True)
    expect(page.locator("#legend h2").first).to_have_text("Open cases")
    page.go_back()
    expect(page.locator("#legend h2").first).to_have_text("Share in a visit gap")
    page.go_back()
    ready(page, "")
    page.go_forward()
    ready(page, "T1")


def test_a_link_reopens_the_same_view(visit, ready):
    page = visit("/areas/T1?as_of=2026-11-10&show=gap#13/35.72000/105.03000")
    ready(page, "T1", "2026-11-10")
    assert page.evaluate("window.gisgridMap.map.getZoom()") == 13
    expect(page.locator("input[value=gap]")).to_be_checked()
    page.wait_for_timeout(500)
    assert page.url.endswith("/areas/T1?as_of=2026-11-10&show=gap#13/35.72000/105.03000")


def test_an_earlier_day_changes_every_figure_and_today_comes_back(visit, ready):
    page = visit("/")
    ready(page, "", "2026-11-22")
    now = page.locator("#figures").inner_text()
    page.locator("#day-before").click()
    ready(page, "", "2026-11-15")
    assert page.locator("#figures").inner_text() != now
    assert "as_of=2026-11-15" in page.url
    expect(page.locator("#legend")).to_contain_text("15 Nov 2026")
    page.locator("#today").click()
    ready(page, "", "2026-11-22")
    assert page.locator("#figures").inner_text() == now
    assert "as_of" not in page.url


def test_the_legend_counts_every_area_once(visit, ready):
    page = visit("/")
    ready(page, "")
    counts = [int(text) for text in page.locator("#legend .count").all_inner_texts()]
    assert len(counts) >= 4
    assert sum(counts) == 3
    page.goto("/areas/T1V1-1")  # 12 located households and one without a place
    ready(page, "T1V1-1")
    expect(page.locator("#legend-body")).to_contain_text("12 households with a location")
    counts = [int(text) for text in page.locator("#legend .count").all_inner_texts()]
    assert counts == [6, 0, 0, 0, 5, 1, 0, 1]


NAMED = """async ([level, taken]) => {
  const page = document.querySelector('script[src*="app/coverage"]').src;
  const {nameRules} = await import(new URL("./symbols.js", page));
  const look = {figures: new Map([["A", "8 %"]]), shows: () => true, ink: () => ["#000", "#fff"]};
  const middle = ({minY, maxY}) => (36 * (minY + maxY)) / 2 / (maxY - minY);  // 36 pixels high
  const layout = {
    scratch: {measureText: () => ({width: 60})},
    index: {bboxCollides: (box) => Math.abs(middle(box)) < 18 + taken},
  };
  const feature = {props: {code: "A", name: "韩家集镇", level}};
  const rule = nameRules("outlines", look).find((each) => each.filter(9, feature));
  const found = rule.symbolizer.place(layout, [[{x: 0, y: 0}]], feature);
  return found ? Math.round(middle(found[0].bboxes[0])) : null;
}"""


def test_the_name_of_a_township_gives_way_to_another_and_smaller_ones_do_not(visit, ready):
    """How far below its place the name of an area stands, where another takes `taken` pixels."""
    page = visit("/")
    ready(page)
    below = {taken: page.evaluate(NAMED, [1, taken]) for taken in (-18, 1, 3, 11, 13)}
    assert below == {-18: 0, 1: 20, 3: 30, 11: 30, 13: None}
    assert [page.evaluate(NAMED, [level, 2]) for level in (2, 3)] == [None, None]


def test_pointing_at_a_row_lights_its_area_and_the_other_way_round(visit, ready):
    page = visit("/")
    ready(page, "")
    page.mouse.move(*at_latlng(page, 35.74, 105.22))
    expect(page.locator("#list-body tr.is-lit")).to_have_attribute("data-code", "T2")
    expect(page.locator("#tip")).to_contain_text("Daokou")
    page.mouse.move(700, 20)
    before = page.locator(".map-frame").screenshot()
    page.locator("#list-body tr[data-code=T3]").hover()
    page.wait_for_timeout(400)
    assert page.locator(".map-frame").screenshot() != before


@pytest.mark.parametrize("zoom", [13, 14, 16])
def test_a_click_on_a_household_shows_its_visits_and_open_cases_as_plain_text(visit, ready, zoom):
    lat, lon = 35.7 + 0.04 * 0.2, 105 + 0.04 * 0.1  # T1V1-1-00
    page = visit(f"/areas/T1V1-1#{zoom}/{lat}/{lon}")
    ready(page, "T1V1-1")
    click_map(page, lat, lon)
    card = page.locator("#card")
    expect(card).to_be_visible()
    expect(card.locator("h2")).to_have_text(
        "<img src=x onerror=window.__gg=1>{{7*7}}${window.__gg=1}"
    )
    expect(card).to_contain_text("T1V1-1-00")
    expect(card).to_contain_text("never visited")
    expect(card.locator(".case-list li")).to_have_count(1)
    assert page.evaluate("window.__gg === undefined")
    assert "household=T1V1-1-00" in page.url
    page.reload()
    ready(page, "T1V1-1")
    expect(card).to_be_visible()


def test_the_search_finds_a_place_and_a_household_by_keyboard(visit, ready):
    page = visit("/")
    ready(page, "")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("Daokou")
    expect(page.locator("#search-results li[aria-selected=true]")).to_contain_text("Daokou")
    page.keyboard.press("Enter")
    ready(page, "T2")
    page.keyboard.press("/")
    page.keyboard.type("T2V1-1-03")
    expect(page.locator("#search-results li").first).to_contain_text("T2V1-1-03")
    page.keyboard.press("Enter")
    expect(page.locator("#card")).to_contain_text("T2V1-1-03")
    page.keyboard.press("/")
    page.keyboard.type("nobody of that name")
    expect(page.locator("#search-results")).to_contain_text("Nothing found")


def test_numbers_lead_to_the_lists_behind_them(visit, ready):
    page = visit("/areas/T1?as_of=2026-11-20")
    ready(page, "T1")
    links = [a.get_attribute("href") for a in page.locator("#figures a, #elsewhere a").all()]
    assert "/households?area=T1&as_of=2026-11-20" in links
    assert "/households?area=T1&status=gap&as_of=2026-11-20" in links
    assert "/households?area=T1&status=never&as_of=2026-11-20" in links
    assert "/households?area=T1&status=unlocated&as_of=2026-11-20" in links
    assert "/cases?area=T1&status=overdue&as_of=2026-11-20" in links
    for link in links:
        assert page.request.get(link).ok, link


def test_the_trend_is_a_picture_and_a_table(visit, ready):
    page = visit("/")
    ready(page, "")
    picture = page.get_by_role("img", name=re.compile("Coverage over 12 weeks"))
    expect(picture).to_be_visible()
    page.locator(".trend summary").click()
    expect(page.locator(".trend tbody tr")).to_have_count(12)
    page.locator("#day-before").click()
    ready(page, "", "2026-11-15")
    expect(page.locator(".trend tbody tr").first).to_be_visible()  # what was opened stays open


def test_a_person_of_one_township_sees_that_township_and_no_other(visit, ready):
    page = visit("/", scope="T2")
    ready(page, "T2")
    expect(page.locator("h1")).to_have_text("Daokou")
    assert page.locator("#breadcrumb li").count() == 1
    assert first_rows(page) == ["Village 2.1", "Village 2.2"]


def test_an_empty_store_shows_three_steps(visit, empty):
    page = visit("/", at=empty, role="data_officer")
    expect(page.locator(".steps li")).to_have_count(3)
    expect(page.locator("#map")).to_have_count(0)  # an empty map behind them says nothing
    page.get_by_role("link", name="Import areas and grids").click()
    expect(page).to_have_url(re.compile("/import$"))


@pytest.mark.parametrize("visit", [("503", "Failed to load")], indirect=True)
def test_a_failed_answer_says_so_and_can_be_repeated(visit, ready):
    page = visit("/")
    ready(page, "")
    figures = page.locator("#figures").inner_text()
    body = '{"detail": "The store is busy with another change.", "code": "store_busy"}'
    page.route(
        "**/api/v1/overview**",
        lambda route: route.fulfill(status=503, content_type="application/problem+json", body=body),
    )
    page.locator("#list-body a").first.click()
    expect(page.locator("#notice")).to_contain_text("The store is busy")
    assert page.locator("#figures").inner_text() == figures  # the old picture stays
    page.unroute("**/api/v1/overview**")
    page.get_by_role("button", name="Try again").click()
    ready(page, "T1")
    expect(page.locator("#notice")).to_be_hidden()


@pytest.mark.parametrize("visit", [("401", "Failed to load")], indirect=True)
def test_an_ended_session_leads_to_the_sign_in_and_back(visit, ready):
    page = visit("/areas/T1")
    ready(page, "T1")
    page.context.clear_cookies()
    page.locator("#day-before").click()
    expect(page).to_have_url(re.compile(r"/signin\?next="))
    assert "as_of" in page.url


def test_on_a_phone_the_map_comes_first_and_the_sheet_moves(visit, ready):
    page = visit("/", width=390)
    ready(page, "")
    panel, frame = page.locator("#panel"), page.locator(".map-frame")
    assert panel.bounding_box()["y"] > frame.bounding_box()["y"] + 200
    half = panel.bounding_box()["height"]
    page.locator("#handle").click()
    page.wait_for_timeout(400)
    assert panel.bounding_box()["height"] > half
    page.locator("#handle").click()
    page.wait_for_timeout(400)
    assert panel.bounding_box()["height"] < half
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_touch_targets_on_a_phone_are_large_enough(visit, ready):
    page = visit("/", width=390)
    ready(page, "")
    page.locator("#handle").click()
    small = page.evaluate(
        """() => {
            const targets = "main button:not(#handle), main select, main input[type=date],"
                + " .leaflet-bar a, #figures a, #list-body tr, .segments label, .site-nav a,"
                + " .site-header button";
            return [...document.querySelectorAll(targets)]
                .filter((node) => node.getClientRects().length)
                .map((node) => [node.outerHTML.slice(0, 80), node.getBoundingClientRect().height])
                .filter(([, height]) => height < 43.5);
        }"""
    )
    assert small == []
