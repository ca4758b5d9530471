"""Figures of the map agree with the list beside it."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_grids_of_a_village_have_their_names_from_the_zoom_that_shows_it_whole(visit, ready):
    page = visit("/areas/T1V1#13/35.74/105.04")
    ready(page, "T1V1")
    named = page.evaluate(
        """() => window.gisgridMap.layers.marks.labelRules.filter((rule) =>
            (rule.minzoom ?? 0) <= 13
            && rule.filter(13, {props: {level: 3, code: "T1V1-1", name: ""}})).length"""
    )
    assert named == 1


def test_a_share_lies_in_the_class_that_its_written_figure_names(visit, ready):
    page = visit("/")
    ready(page, "")
    palette = page.evaluate(
        """async () => {
            const script = document.querySelector("script[src*='app/coverage.js']").src;
            const { classOf } = await import(script.replace("coverage.js", "palette.js"));
            return [0.1996, 0.19949, 0.2, 7, null].map((share) => classOf(share, [0.1, 0.2, 0.3]));
        }"""
    )
    assert palette == [2, 1, 2, 3, -1]


def test_no_open_case_is_no_alarm(visit, ready):
    page = visit("/areas/T1V1-1?as_of=2026-01-01")
    ready(page, "T1V1-1", "2026-01-01")
    expect(page.locator("#figures .figure.is-case")).to_have_count(0)
    page.goto("/cases?as_of=2026-01-01")
    ready(page, None, "2026-01-01")
    expect(page.locator("#figures .is-case")).to_have_count(0)


class Held:
    """Tiles of a day that do not come before they are let go."""

    def __init__(self, page, day):
        self.routes = []
        self.holding = True
        page.route(lambda url: "/tiles/" in url and f"as_of={day}" in url, self.take)

    def take(self, route):
        if self.holding:
            self.routes.append(route)
        else:
            route.continue_()

    def go(self):
        self.holding = False
        for route in self.routes:
            route.continue_()


def test_what_the_map_shows_of_another_day_is_dimmed_until_the_tiles_of_the_day_are_in(
    visit, ready
):
    page = visit("/areas/T1V1")
    ready(page, "T1V1")
    held = Held(page, "2026-11-15")
    page.click("#day-before")
    expect(page.locator("#as-of")).to_have_value("2026-11-15")
    panes = [page.locator(f".leaflet-{name}-pane") for name in ("areas", "marks", "light")]
    for pane in panes:
        expect(pane).to_have_css("opacity", "0.2")
    assert held.routes
    held.go()
    for pane in panes:
        expect(pane).to_have_css("opacity", "1")


def test_a_second_change_of_the_day_keeps_the_map_dimmed_for_its_own_tiles(visit, ready):
    page = visit("/areas/T1V1")
    ready(page, "T1V1")
    held = Held(page, "2026-11-08")
    for day in ("2026-11-15", "2026-11-08"):
        page.click("#day-before")
        expect(page.locator("#as-of")).to_have_value(day)
    marks = page.locator(".leaflet-marks-pane")
    expect(marks).to_have_css("opacity", "0.2")
    page.wait_for_timeout(500)
    expect(marks).to_have_class(re.compile("is-behind"))
    held.go()
    expect(marks).to_have_css("opacity", "1")
