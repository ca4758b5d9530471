"""A phone that loses its line: it records, is reloaded, comes back, and everything arrives once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from gisgrid.access import EVERYWHERE

from ..conftest import NOW
from .work_list import at_hand, cut, due, opened, record, sent, visits_of, waits

pytestmark = pytest.mark.browser


def test_two_taps_record_a_visit_and_the_list_says_so(phone, own):
    page, (_, ws) = phone(), own
    first = due(page)[0]
    before = int(page.locator("#done").inner_text())
    record(page, first, note="well")
    page.locator(f'.stop[data-household="{first}"] .done').wait_for()
    waits(page, 0)
    expect(page.locator("#done")).to_have_text(str(before + 1))
    assert visits_of(ws, first) == {first: ["met"]}


@pytest.mark.parametrize("line", ["sent", "unsent"])
def test_a_recorded_visit_stands_in_the_place_of_the_reason_and_the_next_is_at_hand(
    phone, own, line
):
    page = phone()
    first, second = due(page)[:2]
    row = page.locator(f'.stop[data-household="{first}"]')
    assert row.locator(".stop-why").inner_text() != "visited today"
    if line == "unsent":
        at_hand(page)
        cut(page)
    record(page, first)
    expect(row.locator(".stop-why")).to_have_text("visited today")
    expect(row.locator(".done")).to_have_text("met")
    expect(row.locator(".unsent")).to_have_text("not sent yet" if line == "unsent" else "")
    focused = "document.activeElement.closest('.stop').dataset.household"
    assert page.evaluate(focused) == second
    why = page.locator(f'.stop[data-household="{second}"] .stop-why')
    before = why.inner_text()
    record(page, second, "no_one_home")
    expect(why).to_have_text(f"{before} · tried today")
    record(page, second, "refused")
    expect(page.locator(f'.stop[data-household="{second}"] .done')).to_have_text("refused")
    expect(why).to_have_text(f"{before} · tried today")
    page.reload()
    expect(row.locator(".stop-why")).to_have_text("visited today")
    expect(why).to_contain_text("tried today")
    record(page, second, "no_one_home")
    expect(page.locator(f'.stop[data-household="{second}"] .done')).to_have_text("no one home")
    assert why.inner_text().count("tried today") == 1


def test_what_is_recorded_without_a_line_survives_a_reload_and_arrives_once(phone, own):
    page, (_, ws) = phone(), own
    a, b, c, d = due(page)
    at_hand(page)
    cut(page)
    record(page, a)
    record(page, b, "no_one_home", note="dog")
    opened(page, c, "water")
    waits(page, 3)
    assert "3 records are not sent yet" in page.locator("#line").inner_text()
    assert visits_of(ws, a, b) == {}
    page.reload()
    waits(page, 3)
    assert page.locator(f'.stop[data-household="{a}"] .unsent').inner_text() == "not sent yet"
    record(page, d, "refused")
    waits(page, 4)
    cut(page, off=False)
    sent(page)
    assert visits_of(ws, a, b, d) == {a: ["met"], b: ["no_one_home"], d: ["refused"]}
    cases = ws.store.cases(scope=EVERYWHERE, household_ids=[c])
    assert (cases["category"] == "water").sum() == 1
    page.reload()
    assert visits_of(ws, a, b, d) == {a: ["met"], b: ["no_one_home"], d: ["refused"]}


def test_an_answer_that_is_lost_on_the_way_records_nothing_twice(phone, own):
    page, (_, ws) = phone(), own
    first = due(page)[0]
    lost = []

    def swallow(route):
        route.fetch()  # the server records it …
        lost.append(route.request.post_data)
        route.abort()  # … and the phone never hears

    page.route("**/api/v1/visits", swallow, times=1)
    record(page, first)
    waits(page, 1)
    sent(page)
    assert len(lost) == 1
    assert visits_of(ws, first) == {first: ["met"]}


def test_a_record_that_breaks_the_server_holds_up_no_other(phone, own):
    page, (_, ws) = phone(), own
    page.watch.allowed = (*page.watch.allowed, "500")
    first, second, third = due(page)[:3]
    cut(page)
    for home in (first, second, third):
        record(page, home)
    waits(page, 3)

    def broken(route):
        if second in route.request.post_data:
            route.fulfill(status=500, body="{}")
        else:
            route.continue_()

    page.route("**/api/v1/visits", broken)
    cut(page, off=False)
    waits(page, 1)  # that one goes on waiting, and is tried again
    assert visits_of(ws, first, second, third) == {first: ["met"], third: ["met"]}
    page.unroute("**/api/v1/visits")
    sent(page)
    assert visits_of(ws, second) == {second: ["met"]}


def test_what_the_device_cannot_keep_is_sent_by_the_browser_with_its_outcome(phone, own):
    page, (_, ws) = phone(), own
    first = due(page)[0]
    at_hand(page)
    page.evaluate("() => { IDBObjectStore.prototype.put = () => { throw new Error('full'); }; }")
    with page.expect_navigation():
        record(page, first, "no_one_home")
    assert visits_of(ws, first) == {first: ["no_one_home"]}


def test_what_is_kept_is_never_sent_by_the_browser_as_well(phone, own):
    page, (_, ws) = phone(), own
    first = due(page)[0]
    at_hand(page)
    browsed = []
    page.on("request", lambda r: browsed.append(r.url) if r.is_navigation_request() else None)
    page.evaluate(
        "() => { navigator.locks.request = async () => { throw new Error('no turn'); }; }"
    )
    opened(page, first, "water")
    page.locator(f'.stop[data-household="{first}"] .unsent').get_by_text("not sent yet").wait_for()
    page.wait_for_load_state("networkidle")
    assert browsed == []
    page.goto("/work")
    sent(page)
    cases = ws.store.cases(scope=EVERYWHERE, household_ids=[first])
    assert (cases["category"] == "water").sum() == 1


def test_a_device_that_is_full_shows_what_the_server_says(phone):
    page = phone()
    at_hand(page)
    before = int(page.locator("#done").inner_text())
    first, second = due(page)[:2]
    record(page, first)
    page.locator(f'.stop[data-household="{first}"] .done').wait_for()
    worker = page.context.service_workers[0]
    worker.evaluate("() => { Cache.prototype.put = async () => { throw new Error('full'); }; }")
    record(page, second)
    expect(page.locator("#done")).to_have_text(str(before + 2))
    page.reload()
    expect(page.locator("#done")).to_have_text(str(before + 2))


def test_records_of_fifteen_days_ago_arrive_and_are_flagged(phone, own):
    page, (_, ws) = phone(), own
    first = due(page)[0]
    page.context.clock.set_fixed_time(NOW - timedelta(days=15))
    cut(page)
    record(page, first)
    waits(page, 1)
    page.context.clock.set_fixed_time(NOW)
    page.evaluate("dispatchEvent(new Event('offline'))")
    page.get_by_text("more than 14 days old").wait_for()
    cut(page, off=False)
    sent(page)
    with ws.store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT household_id, flags FROM visits WHERE zone > ''")
        assert rows.fetchall() == [(first, "late")]


def test_what_the_server_will_not_take_stays_with_its_reason(phone, own):
    page, (_, ws) = phone(), own
    first = due(page)[0]
    page.evaluate(
        """async (household) => {
          const store = await import(new URL("record-store.js",
            document.querySelector('script[src*="work.js"]').src));
          const id = crypto.randomUUID();
          await store.put({ client_id: id, kind: "visit", household, kept: Date.now(), label: "odd",
            body: { client_id: id, household, outcome: "perhaps" } });
        }""",
        first,
    )
    page.reload()
    bar = page.locator("#line .refused")
    bar.wait_for()
    assert "none of the outcomes of a visit" in bar.inner_text()
    page.reload()
    bar.wait_for()
    assert visits_of(ws, first) == {}
