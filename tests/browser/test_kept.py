"""A browser that is kept for the next test holds nothing of the last one."""

import pytest

from .kept import Kept

pytestmark = pytest.mark.browser

LEAVE = """async () => {
    localStorage.setItem("left", "1");
    await (await caches.open("left")).put("/left", new Response("1"));
    await new Promise((done) => {
        const asked = indexedDB.open("left");
        asked.onsuccess = () => { asked.result.close(); done(); };
    });
}"""
HELD = """async () => [
    localStorage.length, (await caches.keys()).length, (await indexedDB.databases()).length,
]"""


def test_a_kept_browser_is_the_same_one_and_holds_nothing_of_the_last_test(chromium, county):
    how = {"base_url": county[0], "locale": "en-GB"}
    kept = Kept(chromium)
    cookie = {"name": "mine", "value": "1", "url": county[0]}
    first = kept.take([cookie], **how)
    page = first.new_page()
    page.goto("/signin")
    page.evaluate(LEAVE)
    assert page.evaluate(HELD) == [1, 1, 1]
    kept.give_back(first, **how)
    again = kept.take([], **how)
    assert again is first
    page = again.new_page()
    page.goto("/signin")
    assert page.evaluate(HELD) == [0, 0, 0]
    assert "mine" not in {c["name"] for c in again.cookies()}
    kept.give_back(again, **how)
    kept.close()
