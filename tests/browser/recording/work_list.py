"""What a member does on the phone's work list, and what then is on the phone and in the store."""

from __future__ import annotations

from gisgrid.access import EVERYWHERE

from ..conftest import TODAY

GRID = "T1V1-1"
"""The grid whose member has the phone."""
KEPT = "caches.match('/work').then((found) => Boolean(found))"


def cut(page, off=True):
    page.context.set_offline(off)


def record(page, household, outcome="met", note=""):
    stop = page.locator(f'.stop[data-household="{household}"]')
    if not stop.locator("> details").get_attribute("open"):
        stop.locator("> details > summary").click()
    if note:
        stop.locator(".record-visit input[name=note]").fill(note)
    stop.locator(f".record-visit button[value={outcome}]").click()


def opened(page, household, category):
    stop = page.locator(f'.stop[data-household="{household}"]')
    stop.locator("> details > summary").click()
    stop.get_by_text("Open a case", exact=True).click()
    form = stop.locator('form[data-record="case"]')
    form.locator("input[name=category]").fill(category)
    form.get_by_role("button").click()


def waits(page, count):
    page.locator(f'#line[data-waiting="{count}"]').wait_for(state="attached")


def sent(page):
    page.locator("#line").wait_for(state="hidden")
    waits(page, 0)


def at_hand(page):
    """Until the work list is kept on the device."""
    for _ in range(200):
        if page.evaluate(KEPT):
            return
        page.wait_for_timeout(50)
    raise AssertionError("the list is not kept")


def visits_of(ws, *households):
    found = ws.store.recent_visits(scope=EVERYWHERE, household_ids=households, since=TODAY)
    return {home: [outcome for _, outcome in rows] for home, rows in found.items()}


def due(page):
    stops = page.locator(".stop")
    return [stops.nth(i).get_attribute("data-household") for i in range(4)]
