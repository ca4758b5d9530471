"""Figures of the map agree with the list beside it."""

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
