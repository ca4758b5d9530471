"""What of the work list lies on a phone: the own grid's, for 14 days, and not a day or a grid more.

The clock of a worker cannot be set from outside; age is given to a copy by its mark.
"""

from __future__ import annotations

import pytest

from gisgrid.access import CONSOLE
from gisgrid.operations import people

from .work_list import GRID, at_hand, cut, due

pytestmark = pytest.mark.browser

OTHER = "T1V1-2"
LISTS = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const url = new URL(request.url);
      if (url.pathname !== "/work") continue;
      const copy = await cache.match(request);
      if (!copy) continue; // gone since the keys were read
      const text = await copy.text();
      found[url.pathname + url.search] = /data-household="([^"]+)-\\d+"/.exec(text)?.[1] ?? "";
    }
  }
  return found;
}"""
PUT = """async (days) => {
  const copy = await caches.match("/work");
  const headers = new Headers(copy.headers);
  const now = Number(headers.get("X-Kept-At")); // by the worker's clock; the page's is set
  headers.set("X-Kept-At", String(now - days * 24 * 3600 * 1000));
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    if (!(await cache.match("/work"))) continue;
    await cache.put("/work?show=cases", new Response(await copy.blob(), { status: 200, headers }));
  }
}"""


def lists(page, **expected):
    """Until the lists on the phone are these: address -> grid of its first household."""
    wanted = {f"/work{'?show=' + name if name != 'due' else ''}": g for name, g in expected.items()}
    for _ in range(200):
        found = page.evaluate(LISTS)
        if found == wanted:
            return
        page.wait_for_timeout(50)
    assert found == wanted


def both(page):
    """The list of the day and that of all households on the phone."""
    at_hand(page)
    page.goto("/work?show=all")
    lists(page, due=GRID, all=GRID)


def test_who_serves_another_grid_keeps_no_list_of_the_one_before(phone, own):
    page, (_, ws) = phone(), own
    both(page)
    people.change_rights(ws, CONSOLE, "Wang", role="member", scope=OTHER)
    page.goto("/")  # outside what the worker looks after
    page.come_in()
    lists(page, due=OTHER)
    cut(page)
    page.goto("/work?show=all")  # what is there of the day stands in its place
    assert all(household.startswith(OTHER) for household in due(page))


def test_who_serves_no_grid_any_more_keeps_no_list(phone, own):
    page, (_, ws) = phone(), own
    both(page)
    people.change_rights(ws, CONSOLE, "Wang", role="supervisor", scope="T1")
    page.goto(f"/enter/{people.make_link(ws, CONSOLE, 'Wang')}")
    page.locator("main button.primary").click()
    page.wait_for_load_state("networkidle")
    page.goto("/work")
    lists(page)


def test_a_list_of_more_than_14_days_ago_goes_when_another_is_fetched(phone):
    page = phone()
    both(page)
    page.evaluate(PUT, 13)
    page.goto("/work")
    page.wait_for_load_state("networkidle")
    lists(page, due=GRID, all=GRID, cases=GRID)
    page.evaluate(PUT, 15)
    page.goto("/work")
    lists(page, due=GRID, all=GRID)


def test_a_list_of_more_than_14_days_ago_goes_without_a_line_too(phone):
    page = phone()
    both(page)
    cut(page)
    page.evaluate(PUT, 15)
    page.goto("/work")
    assert due(page)
    lists(page, due=GRID, all=GRID)


def test_a_worker_that_begins_keeps_nothing_that_is_too_old(phone):
    page = phone()
    both(page)
    cut(page)  # nothing is fetched: the worker alone
    page.evaluate(PUT, 15)
    page.context.service_workers[0].evaluate(
        "() => { self.dispatchEvent(new ExtendableEvent('activate')); }"
    )
    lists(page, due=GRID, all=GRID)
