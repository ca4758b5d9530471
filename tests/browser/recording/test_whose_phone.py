"""What a phone keeps belongs to one person: nobody else sees it, sends it, or loses it unasked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from gisgrid.access import CONSOLE
from gisgrid.operations import people

from .work_list import GRID, at_hand, cut, due, record, visits_of, waits

pytestmark = pytest.mark.browser

DEVICE = """async () => ({
  databases: (await indexedDB.databases()).map((d) => d.name),
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  owner: localStorage.getItem("gisgrid-owner"),
})"""
CACHED = """async () => {
  const kept = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const requests = await Promise.all(kept.map((cache) => cache.keys()));
  return requests.flat().map((request) => request.url);
}"""
RECORDS = """async () => {
  const script = document.querySelector('script[src*="work.js"]').src;
  return (await import(new URL("record-store.js", script))).all();
}"""
NOTHING = {"databases": [], "caches": [], "workers": 0, "owner": None}


def test_signing_out_clears_the_device_and_asks_when_something_waits(phone):
    page = phone()
    first = due(page)[0]
    at_hand(page)
    cut(page)
    record(page, first)
    waits(page, 1)
    page.route("**/api/v1/me", lambda route: route.abort())
    cut(page, off=False)
    asked = []

    def answer(dialog):
        asked.append(dialog.message)
        dialog.dismiss() if len(asked) == 1 else dialog.accept()

    page.on("dialog", answer)
    page.locator(".person summary").click()
    page.get_by_role("button", name="Sign out").click()
    waits(page, 1)  # she thought again
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/signin"))
    assert len(asked) == 2
    assert page.evaluate(DEVICE) == NOTHING


def test_what_somebody_else_did_not_send_is_not_shown_and_is_sent_when_she_is_back(phone, own):
    page, (_, ws) = phone(), own
    first = due(page)[0]
    at_hand(page)
    cut(page)
    record(page, first)
    waits(page, 1)
    page.context.clear_cookies()  # before the line is back: what she sends herself is hers
    cut(page, off=False)
    page.come_in("Zhao", "T1V1-2")
    bar = page.locator("#line")
    expect(bar).to_contain_text("1 record of somebody else waits on this device")
    page.wait_for_load_state("networkidle")
    assert visits_of(ws, first) == {}
    assert page.evaluate("caches.match('/work').then((f) => f ? f.text() : '')").count(first) == 0
    assert page.evaluate(RECORDS) == []
    assert first not in page.locator("main").inner_text()
    page.goto("/")
    page.locator(".person summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/signin"))
    assert visits_of(ws, first) == {}
    page.come_in()
    expect(bar).to_be_hidden()
    page.wait_for_function(
        "() => !document.querySelector('#line').dataset.waiting.replace('0', '')"
    )
    assert visits_of(ws, first) == {first: ["met"]}


def test_what_somebody_else_did_not_send_is_deleted_only_after_a_question(phone):
    page = phone()
    at_hand(page)
    cut(page)
    record(page, due(page)[0])
    waits(page, 1)
    page.context.clear_cookies()
    cut(page, off=False)
    page.come_in("Zhao", "T1V1-2")
    asked = []
    page.on("dialog", lambda d: (asked.append(d.message), d.accept() if asked[1:] else d.dismiss()))
    bar = page.locator("#line")
    bar.get_by_role("button", name="Delete").click()
    expect(bar).to_contain_text("1 record of somebody else")
    bar.get_by_role("button", name="Delete").click()
    expect(bar).to_be_hidden()
    assert len(asked) == 2


def test_the_list_of_others_is_never_kept(chromium, own):
    base, ws = own
    people.add(ws, CONSOLE, "boss", role="supervisor", scope="T1")
    context = chromium.new_context(base_url=base)
    page = context.new_page()
    page.goto(f"/enter/{people.make_link(ws, CONSOLE, 'boss')}")
    page.locator("main button.primary").click()
    page.goto(f"/work?grid={GRID}")
    page.wait_for_load_state("networkidle")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.wait_for_load_state("networkidle")
    found = page.evaluate(CACHED)
    assert [url for url in found if "/static/" not in url] == []
    context.close()
