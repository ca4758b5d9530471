import re
from pathlib import Path

import branca
import folium
import pytest
from folium.plugins import MarkerCluster

from gisgrid.errors import AssetUnknown
from gisgrid.maps import cases_map, coverage_map, plan_map
from gisgrid.maps.offline import ASSETS, LEAFLET_CSS, LEAFLET_JS, GridMap, OfflineFigure
from gisgrid.resources import folder

BOUNDS = (104.4, 35.2, 105.6, 36.5)
KNOWN = Path(__file__).with_name("known_urls.txt")


def loadable_urls():
    found = set()
    for package in (folium, branca):
        for path in Path(package.__file__).parent.rglob("*"):
            if path.suffix in {".py", ".js", ".html", ".css", ".json"}:
                text = path.read_text("utf-8", "replace")
                found.update(re.findall(r"https?://[^\s\"'`<>)\\]+", text))
    return {
        url
        for url in found
        if re.search(r"\.(js|css|png)$", url) or re.search(r"unpkg\.com|jsdelivr", url)
    }


def test_every_file_that_folium_may_ask_for_has_been_looked_at():
    known = {line for line in KNOWN.read_text("utf-8").splitlines() if line[:1] != "#"}
    assert loadable_urls() - known - set(ASSETS) == set()


def test_the_urls_that_folium_asks_for_have_not_moved():
    assert {LEAFLET_JS, LEAFLET_CSS} <= loadable_urls()


@pytest.mark.parametrize("page", [coverage_map, cases_map, plan_map])
def test_a_map_names_files_of_this_server_only(page):
    parts = page(bounds=BOUNDS)
    text = "".join(parts.head_links) + parts.body + parts.script
    assert "//" not in text
    for path in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert (folder("static") / path.removeprefix("/static/")).is_file(), path


@pytest.mark.parametrize("page", [coverage_map, cases_map, plan_map])
def test_a_map_has_no_inline_script_style_or_handler(page):
    parts = page(bounds=BOUNDS)
    text = "".join(parts.head_links) + parts.body
    assert re.findall(r"<script(?! defer src=)", text) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", text) == []


@pytest.mark.parametrize("page", [coverage_map, cases_map, plan_map])
def test_the_same_map_is_rendered_to_the_same_bytes(page):
    assert page(bounds=BOUNDS) == page(bounds=BOUNDS)


def test_an_element_that_wants_a_foreign_file_is_refused_by_name():
    figure = OfflineFigure()
    map_ = GridMap(BOUNDS)
    figure.add_child(map_)
    MarkerCluster().add_to(map_)
    with pytest.raises(AssetUnknown, match=r"leaflet\.markercluster\.js, which is not shipped"):
        figure.parts()


def test_an_element_that_writes_into_the_head_is_refused():
    figure = OfflineFigure()
    figure.add_child(GridMap(BOUNDS))
    figure.header.add_child(folium.Element("<script src=//elsewhere.example/x.js></script>"))
    with pytest.raises(AssetUnknown, match=r"elsewhere\.example"):
        figure.parts()


def test_a_map_needs_leaflet_alone_and_leaves_foliums_own_list_as_it_is():
    before = list(folium.Map.default_js)
    coverage_map(bounds=BOUNDS)
    assert folium.Map.default_js == before
    assert len(before) > 1
    assert [name for name, _ in GridMap.default_js] == ["leaflet"]


def test_the_script_hands_the_map_and_every_layer_to_the_page():
    script = coverage_map(bounds=BOUNDS).script
    assert "window.gisgridMap = { map: map_gisgrid, bounds: [104.4, 35.2, 105.6, 36.5]," in script
    for name in ("areas", "marks", "light", "points"):
        assert f'"{name}": tiles_{name},' in script


def test_an_empty_store_still_has_a_map():
    assert "fitBounds([[18.0, 73.5], [53.6, 135.1]])" in coverage_map(bounds=None).script


def test_a_figure_renders_as_one_page_for_a_look():
    figure = OfflineFigure()
    figure.add_child(GridMap(BOUNDS))
    page = figure.render()
    assert page.startswith("<!DOCTYPE html>")
    assert "https:" not in page


def test_the_drawing_map_has_no_tool_bar_that_could_break_a_partition():
    script = plan_map(bounds=BOUNDS).script
    assert "L.PM.setOptIn(true);" in script
    assert "addControls" not in script
