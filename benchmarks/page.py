"""The county page against the same map made with folium from geopandas frames.

`python -m benchmarks.page [--store PATH] [--markers N]`: the demo store (made by `make demo`), read
through gisgrid's own server by a real Chromium, with every byte that crosses the wire counted;
then the page that folium users write: grids as GeoJson shaded by their share in a visit gap, and
every household as a circle, once as GeoJson and once as one marker each. Markers take about
0.5 ms a household, so that only the first N are drawn, and the figure says so.

For folium the frames are in memory before the clock starts, its library files from content
delivery networks are not counted, and neither is the time its page then takes in the browser.
For gisgrid the clock runs from the request to the picture. Exit code 1 over the budget.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import folium
from playwright.sync_api import sync_playwright
from waitress.server import create_server

from benchmarks.demo_store import USUAL, demo_store
from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.operations import figures, people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.web import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geopandas import GeoDataFrame
    from playwright.sync_api import Page

PAGE_BUDGET_KB = 700
DATA_BUDGET_KB = 200
PANS = ((300, 0), (300, 0), (0, 300), (-300, 0), (-300, 0), (0, 300))


class Wire:
    """Bytes of bodies that came over the wire, compressed as they were, by what they are."""

    def __init__(self, page: Page) -> None:
        self.bytes: dict[str, int] = {}
        self.files = 0
        self.paths: dict[str, str] = {}
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self.sent)
        session.on("Network.dataReceived", self.received)
        session.on("Network.loadingFinished", self.finished)

    def sent(self, event: dict[str, Any]) -> None:
        self.paths[event["requestId"]] = urlsplit(event["request"]["url"]).path

    def received(self, event: dict[str, Any]) -> None:
        path = self.paths.get(event["requestId"], "")
        data = path.startswith(("/tiles/", "/api/"))
        kind = path.split("/")[2] if data else "page and assets"
        self.bytes[kind] = self.bytes.get(kind, 0) + int(event["encodedDataLength"])

    def finished(self, _event: dict[str, Any]) -> None:
        self.files += 1


def wait_ready(page: Page) -> None:
    while not page.evaluate("document.documentElement.dataset.ready || ''"):
        page.wait_for_timeout(10)
    page.wait_for_load_state("networkidle")


@contextmanager
def signed_in(ws: Workspace, name: str) -> Iterator[tuple[Page, str]]:
    """A person's page on gisgrid's own server in Chromium, and the server's address."""
    server = create_server(create_app(ws.settings, ws), host="127.0.0.1", port=0, threads=6)
    threading.Thread(target=server.run, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        base = f"http://127.0.0.1:{server.effective_port}"
        page.goto(f"{base}/enter/{people.make_link(ws, CONSOLE, name)}")
        page.locator("main button.primary").click()
        wait_ready(page)
        yield page, base
        browser.close()
    server.close()


def ours(store: str) -> dict[str, Any]:
    started = time.perf_counter()
    ws = Workspace.open(Settings(store=store))
    ws.snapshot()
    opened = time.perf_counter() - started
    name = next(person.name for person in ws.store.people() if person.role == "supervisor")
    with signed_in(ws, name) as (page, base):
        browser = page.context.browser
        assert browser is not None
        fresh = browser.new_context(
            viewport={"width": 1440, "height": 900}, storage_state=page.context.storage_state()
        ).new_page()
        wire = Wire(fresh)
        started = time.perf_counter()
        fresh.goto(base)
        wait_ready(fresh)
        # networkidle waits for half a second of silence, which is none of the page's work.
        shown = time.perf_counter() - started - 0.5
        first = dict(wire.bytes)
        files = wire.files
        # Households begin at zoom 13: that is where panning costs most.
        wire.bytes.clear()
        centre = fresh.evaluate(
            "() => { const c = gisgridMap.map.getCenter(); return [c.lat, c.lng] }"
        )
        fresh.goto(f"{base}/#13/{centre[0]}/{centre[1]}")
        fresh.reload()
        wait_ready(fresh)
        for x, y in PANS:
            fresh.evaluate("([x, y]) => window.gisgridMap.map.panBy([x, y])", [x, y])
            fresh.wait_for_timeout(700)
        panned = {k: v for k, v in wire.bytes.items() if k != "page and assets"}
    return {
        "open": opened,
        "shown": shown,
        "files": files,
        "page_kb": first["page and assets"] / 1000,
        "data_kb": (sum(first.values()) - first["page and assets"]) / 1000,
        "panned_kb": sum(panned.values()) / 1000,
        "panned": ", ".join(f"{name} {size / 1000:.0f}" for name, size in panned.items()),
    }


def frames(store: str) -> tuple[GeoDataFrame, GeoDataFrame]:
    """Grids with their share in a gap, households with their status, as any user would have."""
    ws = Workspace.open(Settings(store=store))
    grids = ws.store.grids(scope=EVERYWHERE)[["code", "geometry"]]
    table = figures.coverage_table(ws, CONSOLE)
    share = 1 - table.set_index("code")["coverage"].reindex(grids["code"]).fillna(1).to_numpy()
    households = ws.store.households(scope=EVERYWHERE)[["id", "geometry"]]
    households = households[~households.geometry.is_empty & households.geometry.notna()]
    return grids.assign(share=share), households


def base_map(grids: GeoDataFrame) -> folium.Map:
    west, south, east, north = grids.total_bounds
    drawn = folium.Map([(south + north) / 2, (west + east) / 2], tiles=None, prefer_canvas=True)

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        dark = feature["properties"]["share"] > 0.15
        return {"fillColor": "#1d4f86" if dark else "#a3c6df", "weight": 0.5, "fillOpacity": 0.8}

    folium.GeoJson(grids, style_function=style).add_to(drawn)
    return drawn


def as_geojson(grids: GeoDataFrame, households: GeoDataFrame) -> str:
    drawn = base_map(grids)
    folium.GeoJson(households, marker=folium.CircleMarker(radius=3)).add_to(drawn)
    return str(drawn.get_root().render())


def as_markers(grids: GeoDataFrame, households: GeoDataFrame) -> str:
    drawn = base_map(grids)
    for point, number in zip(households.geometry, households["id"], strict=True):
        folium.CircleMarker([point.y, point.x], radius=3, tooltip=number).add_to(drawn)
    return str(drawn.get_root().render())


def theirs(draw: Callable[..., str], *data: GeoDataFrame) -> tuple[float, float, float]:
    """Seconds, kB, and kB compressed."""
    started = time.perf_counter()
    html = draw(*data).encode()
    taken = time.perf_counter() - started
    return taken, len(html) / 1000, len(gzip.compress(html, 6)) / 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", default=str(USUAL))
    parser.add_argument("--markers", type=int, default=10_000)
    given = parser.parse_args()
    with demo_store(given.store) as store:
        return compare(str(store), given.markers)


def compare(store: str, count_of_markers: int) -> int:
    """Both ways on one store; 1 when a budget is exceeded."""
    found = ours(store)
    total = found["page_kb"] + found["data_kb"]
    grids, households = frames(store)
    count = len(households)
    print(
        f"{count} households with a position, {len(grids)} grids; read model {found['open']:.2f} s"
    )
    print(f"gisgrid   request to picture {found['shown']:6.2f} s   {total:8.0f} kB compressed")
    print(
        f"          assets {found['page_kb']:.0f} kB, first data {found['data_kb']:.0f} kB"
        f" ({found['files']:.0f} files)"
    )
    print(
        f"          first screen at zoom 13 with six pans: {found['panned_kb']:.0f} kB of data "
        f"({found['panned']})"
    )
    geojson = theirs(as_geojson, grids, households)
    some = households.head(count_of_markers)
    markers = theirs(as_markers, grids, some)
    rows = (("GeoJson", count, geojson), ("markers", len(some), markers))
    for name, drawn, (seconds, plain, zipped) in rows:
        print(
            f"folium    {name}, {drawn} households: {seconds:6.2f} s   {zipped:8.0f} kB "
            f"compressed ({plain:.0f} kB plain) before the browser begins"
        )
        print(
            f"ratio     gisgrid / folium {name}: time {found['shown'] / seconds:.3f}, "
            f"bytes {total / zipped:.3f}"
        )
    within = total < PAGE_BUDGET_KB and found["panned_kb"] < DATA_BUDGET_KB
    print(
        f"budget    first picture {total:.0f} of {PAGE_BUDGET_KB} kB, data at zoom 13 "
        f"{found['panned_kb']:.0f} of {DATA_BUDGET_KB} kB: {'kept' if within else 'EXCEEDED'}"
    )
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
