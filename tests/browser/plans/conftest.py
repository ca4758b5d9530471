"""A draft on the map, and the hands that draw on it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from gisgrid.access import CONSOLE, Actor, Role, Scope
from gisgrid.operations import people
from gisgrid.operations.plans import drafts

HASH = "#13/35.74/105.08"
NAME = "Autumn <b>{{7*7}}</b> 秋季"


def corners(geometry):
    """The outer corners of an area, of all its pieces."""
    whole = geometry["type"] == "Polygon"
    pieces = [geometry["coordinates"]] if whole else geometry["coordinates"]
    return {tuple(corner) for piece in pieces for corner in piece[0]}


class Hands:
    """What a person does on the page of a draft, and what the server then has."""

    def __init__(self, page):
        self.page = page

    def until(self, expression):
        """Wait until a JavaScript expression holds; the page's policy forbids wait_for_function."""
        for _ in range(600):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"still not so: {expression}")

    def ready(self):
        """Wait until the page shows the draft."""
        self.until("document.documentElement.dataset.ready || ''")
        self.page.wait_for_load_state("networkidle")
        return self

    def spot(self, lon, lat):
        """Where a place of the map lies in the window."""
        return self.page.evaluate(
            """([lon, lat]) => {
                const map = window.gisgridMap.map;
                const at = map.latLngToContainerPoint([lat, lon]);
                const box = map.getContainer().getBoundingClientRect();
                return [box.left + at.x, box.top + at.y];
            }""",
            [lon, lat],
        )

    def click(self, lon, lat):
        self.page.mouse.move(*self.spot(lon, lat))
        self.page.mouse.click(*self.spot(lon, lat))

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def draw(self, *points):
        """Points of a line, ended by Enter."""
        for point in points:
            self.click(*point)
            self.page.wait_for_timeout(350)  # quicker would be a double click
        self.press("Enter")

    def drag(self, start, end):
        self.page.mouse.move(*self.spot(*start))
        self.page.mouse.down()
        for part in (0.3, 0.6, 1.0):
            at = [a + (b - a) * part for a, b in zip(start, end, strict=True)]
            self.page.mouse.move(*self.spot(*at))
        self.page.mouse.up()

    def grids(self):
        """The draft's grids as the server has them: code -> set of corners."""
        found = self.page.evaluate(
            """async () => {
                const id = document.getElementById("map").dataset.draft;
                const box = "bbox=104.9,35.6,105.6,35.9";
                const answer = await fetch(`/api/v1/drafts/${id}/grids?${box}`);
                return (await answer.json()).features;
            }"""
        )
        return {f["properties"]["code"]: corners(f["geometry"]) for f in found}

    def saved(self, text):
        expect(self.page.locator("#saved")).to_have_text(text)

    def answer(self, verb, value):
        """Press a button of the review, and the button of the question that follows."""
        self.page.locator(f"[data-verb={verb}]").click()
        self.page.locator(f"#dialog button[value={value}]").click()


@pytest.fixture
def person():
    """`person(ws, role)` -> the actor that `visit` signs in for a role."""

    def actor(ws, role):
        name = f"{role} *"
        if ws.store.person(name) is None:
            people.add(ws, CONSOLE, name, role=role, scope="*")
        return Actor(name, Role(role), Scope("*"), ws.store.person(name).id)

    return actor


@pytest.fixture
def draft(own_county, person):
    """The number of a new draft of the planner."""
    ws = own_county[1]
    return drafts.open_draft(ws, person(ws, "planner"), name=NAME)


@pytest.fixture
def open_plan(visit, own_county, draft):
    """`open_plan(role=, number=, …)` -> the hands of somebody on the page of a draft."""

    def open_page(role="planner", number=None, **more):
        path = f"/plans/{number or draft}{HASH}"
        return Hands(visit(path, role=role, at=own_county, **more)).ready()

    return open_page
