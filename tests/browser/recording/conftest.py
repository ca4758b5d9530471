"""The phone of a grid member, on a server of the test's own."""

from __future__ import annotations

import re

import pytest

from gisgrid.access import CONSOLE
from gisgrid.operations import people

from ..conftest import NOW, PATIENCE_MS, Watch
from .work_list import GRID


@pytest.fixture
def phone(chromium, own):
    """`phone()` -> the page of a member's phone that has just come in, at the server's time."""
    base, ws = own
    contexts = []

    def come_in(page, name="Wang", scope=GRID):
        if ws.store.person(name) is None:
            people.add(ws, CONSOLE, name, role="member", scope=scope)
        page.goto(f"/enter/{people.make_link(ws, CONSOLE, name)}")
        page.locator("main button.primary").click()
        page.wait_for_url(re.compile("/work$"))

    def make():
        context = chromium.new_context(
            viewport={"width": 390, "height": 844},
            locale="en-GB",
            timezone_id="Asia/Shanghai",
            has_touch=True,
            is_mobile=True,
            base_url=base,
        )
        context.clock.set_fixed_time(NOW)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        # A browser says aloud that it has no line, also where it looks for a newer worker;
        # everything else is a fault.
        no_line = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "when fetching the script")
        page.watch = Watch(page, allowed=(*no_line, "401"))
        contexts.append((context, page))
        page.come_in = lambda *args, **more: come_in(page, *args, **more)
        page.come_in()
        return page

    yield make
    for context, page in contexts:
        context.close()
        assert page.watch.faults == []
