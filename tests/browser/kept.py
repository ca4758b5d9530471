"""Browsers of people that stand ready for the next test, wiped of what the last one left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

AT_MOST = 6
HELD = "/static/icon.svg"
"""Open in each while it waits, so that its process stays, and with it what it has compiled."""
WIPED = "local_storage,indexeddb,cache_storage,service_workers"


class Kept:
    """Contexts of one server, language and screen each; one is one test's at a time.

    A page that is loaded in a new one costs twice as much. What pages keep is wiped in between
    (storage, databases, caches, workers, cookies); of the rest only what any browser keeps of a
    server's files is there for the next.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, BrowserContext] = {}

    def take(self, cookies: list[Any], **how: Any) -> BrowserContext:
        """A context made by `how` (of Browser.new_context), with these cookies and no others."""
        context = self._free.pop(repr(how), None)
        if context is not None:
            context.add_cookies(cookies)
            return context
        context = self._browser.new_context(**how)
        # First of all: the browser asks for an icon, and may be answered after the page is there.
        context.add_cookies(cookies)
        context.new_page().goto(HELD)
        return context

    def give_back(self, context: BrowserContext, **how: Any) -> None:
        """Close its pages, wipe it, and keep it, for one that has waited longer than all others."""
        held, *pages = context.pages
        for page in pages:
            page.close()
        wiping = context.new_cdp_session(held)
        origin = held.evaluate("location.origin")
        wiping.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": WIPED})
        wiping.detach()
        context.clear_cookies()
        context.set_offline(False)
        twin = self._free.pop(repr(how), None)
        if twin is not None:
            twin.close()
        self._free[repr(how)] = context
        while len(self._free) > AT_MOST:
            self._free.pop(next(iter(self._free))).close()

    def close(self) -> None:
        for context in self._free.values():
            context.close()
