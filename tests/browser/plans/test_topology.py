"""The editor's topology: whatever moves, neighbours move with it. The laws are in JavaScript."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

CASES = Path(__file__).with_name("topology_cases.js").read_text("utf-8")
NAMES = re.findall(r'^    "([^"]+)": \(m\) =>', CASES, re.MULTILINE)


@pytest.fixture(scope="module")
def blank(chromium, county):
    context = chromium.new_context(base_url=county[0])
    page = context.new_page()
    page.goto("/signin")
    yield page
    context.close()


@pytest.mark.parametrize("name", NAMES)
def test_topology(blank, name):
    blank.evaluate(
        f"async (name) => {{ const cases = {CASES};"
        "cases[name](await import('/static/app/plantopology.js')); }",
        name,
    )
