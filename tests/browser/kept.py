"""Browser contexts that stand ready for the next test, wiped of what the last one left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

AT_MOST = 6
HELD = "/static/icon.svg"
"""Open in each while it waits, so that its process and what it has compiled stay."""
WIPED = "local_storage,indexeddb,cache_storage,service_workers"


class Kept:
    """Contexts by what they are: server, person, language and screen. One is one test's at a time.

    What pages keep (storage, databases, caches, workers, cookies) is wiped in between; of the
    rest only what any browser keeps of a server's files is there for the next.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, BrowserContext] = {}

    def take(
        self, base: str, state: dict[str, Any], how: dict[str, Any]
    ) -> tuple[str, BrowserContext]:
        """A context signed in by `state`, and the key to give it back with."""
        key = repr((base, state, how))
        context = self._free.pop(key, None)
        if context is None:
            context = self._browser.new_context(
                base_url=base, timezone_id="Asia/Shanghai", storage_state=state, **how
            )
            context.new_page().goto(HELD)
        else:
            context.clear_cookies()
            context.add_cookies(state["cookies"])
        return key, context

    def give_back(self, key: str, context: BrowserContext) -> None:
        """Close its pages, and keep it; one that a test closed or another gave back is let go."""
        try:
            held, *pages = context.pages
            for page in pages:
                page.close()
            if key in self._free:
                context.close()
                return
            wipe = context.new_cdp_session(held)
            origin = held.evaluate("location.origin")
            wipe.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": WIPED})
            wipe.detach()
        except (Error, ValueError):
            return  # closed by the test
        self._free[key] = context
        while len(self._free) > AT_MOST:
            self._free.pop(next(iter(self._free))).close()

    def close(self) -> None:
        for context in self._free.values():
            context.close()
