"""What is true of every page, of a full store and of an empty one: nothing lies over anything."""

import pytest

pytestmark = pytest.mark.browser

PAGES = {
    "supervisor": "/ /cases /households /households/T1V1-1-01 /work /decisions "
    "/decisions?state=decided /plans /export /account /rights /no-such-page",
    "planner": "/plans /export",
    "data_officer": "/import /person-data /households?status=gap",
    "admin": "/people /people/sessions /households",
    "data_protection": "/audit",
    "member": "/work /work?show=cases /work?show=all",
}
ALLOWED = ["status of 404", "status of 403"]
# A link, a button, a field or a heading of which the middle is something else's.
COVERED = """() => {
  const found = [];
  for (const at of document.querySelectorAll("h1, h2, a:not(.skip-link), button, input, select")) {
    if (!at.checkVisibility({ visibilityProperty: true }) || at.closest(".leaflet-pane")) continue;
    at.scrollIntoView({ block: "center", behavior: "instant" });
    for (const box of [...at.getClientRects()].slice(0, 1)) {
      const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      const mine = top && (at.contains(top) || top.contains(at) || top.closest("label"));
      if (!mine || getComputedStyle(top).pointerEvents === "none") {
        found.push(`${at.outerHTML.slice(0, 120)} under ${top && top.outerHTML.slice(0, 120)}`);
      }
    }
  }
  return found;
}"""
# A field or a button of a page that a finger would miss.
SMALL = """() => [...document.querySelectorAll(
    "main :is(select, textarea, button, .button, summary, input:not([type=checkbox], [type=radio]))"
  )]
  .filter((at) => at.checkVisibility({ visibilityProperty: true }) && at.offsetHeight < 44)
  .filter((at) => !at.closest(".map-page, .visually-hidden"))
  .map((at) => `${at.offsetHeight} px: ${at.outerHTML.slice(0, 120)}`)"""


@pytest.mark.parametrize("visit", [ALLOWED], indirect=True)
@pytest.mark.parametrize(("store", "width"), [("county", 390), ("county", 1440), ("empty", 390)])
@pytest.mark.parametrize("role", PAGES)
def test_no_part_of_a_page_is_covered_and_none_is_off_the_screen(
    visit, request, role, store, width
):
    at = request.getfixturevalue(store)
    scope = "T1V1-1" if (role, store) == ("member", "county") else "*"
    page = visit("/account", at=at, role=role, scope=scope, width=width)
    for path in PAGES[role].split():
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.locator("h1").count() >= 1, path
        assert page.evaluate(COVERED) == [], path
        if width < 720:
            assert page.evaluate(SMALL) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
