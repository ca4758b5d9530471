"""The page of the level above keeps its counts in sight, whatever the counties are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gisgrid import resources

from ..rollup.conftest import counties  # noqa: F401 - a fixture of `root`
from ..rollup.test_province import above, enter, root  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace

pytestmark = pytest.mark.browser

NAME = "A county whose name goes on and on, Autonomous Prefecture of the Nationalities"
PLACES = """[...document.querySelectorAll(".province td.number")].map((cell) => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return {right: cell.getBoundingClientRect().right, lines: range.getClientRects().length};
})"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_counts_of_a_county_with_a_long_name_are_in_sight(
    chromium,
    above: Workspace,  # noqa: F811
    width: int,
    language: str,
) -> None:
    client = enter(above)
    client.set_cookie("gisgrid_language", language)
    text = client.get("/province").text.replace("County 62042", f"{NAME} ")
    assert text.count(NAME) >= 3
    page = chromium.new_page(viewport={"width": width, "height": 844})
    try:
        page.set_content(text)
        css = (resources.folder("static") / "css" / "gisgrid.css").read_text("utf-8")
        page.add_style_tag(content=css)
        cells = page.evaluate(PLACES)
    finally:
        page.close()
    assert len(cells) == 9
    assert all(cell["right"] <= width and cell["lines"] == 1 for cell in cells), cells
