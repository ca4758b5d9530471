"""folium without a single request to another machine.

folium and branca name their JavaScript and CSS by addresses of content delivery networks.
`OfflineFigure` rewrites each by an exact table to the vendored copy and refuses any other, so that
a new release of folium, or a plug-in, fails loudly here instead of quietly calling out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.template import Template
from markupsafe import Markup

from gisgrid.errors import AssetUnknown

if TYPE_CHECKING:
    from collections.abc import Sequence

VENDOR = "/static/vendor"

LEAFLET_JS = "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.js"
LEAFLET_CSS = "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.css"
PROTOMAPS_JS = "https://unpkg.com/protomaps-leaflet@5.1.0/dist/protomaps-leaflet.js"
GEOMAN = "https://unpkg.com/@geoman-io/leaflet-geoman-free@2.20.2/dist"
GEOMAN_JS, GEOMAN_CSS = f"{GEOMAN}/leaflet-geoman.min.js", f"{GEOMAN}/leaflet-geoman.css"

ASSETS: dict[str, str] = {
    LEAFLET_JS: f"{VENDOR}/leaflet-1.9.4/leaflet.js",
    LEAFLET_CSS: f"{VENDOR}/leaflet-1.9.4/leaflet.css",
    PROTOMAPS_JS: f"{VENDOR}/protomaps-leaflet-5.1.0/protomaps-leaflet.js",
    GEOMAN_JS: f"{VENDOR}/leaflet-geoman-free-2.20.2/leaflet-geoman.min.js",
    GEOMAN_CSS: f"{VENDOR}/leaflet-geoman-free-2.20.2/leaflet-geoman.css",
}
"""What an element asks for -> the vendored file that it gets."""


@dataclass(frozen=True, slots=True)
class MapParts:
    """A map, taken apart for a page of our own.

    head_links: `<link>` and `<script src>` elements, in order. body: the map's element.
    script: JavaScript to be served as a file of its own, loaded after head_links; it holds
    numbers, addresses and fixed words only, and may be read by anybody.
    """

    head_links: list[Markup]
    body: Markup
    script: str


class OfflineFigure(Figure):
    """A figure that names vendored files only."""

    def parts(self) -> MapParts:
        """Render the children and take the page apart.

        Raises AssetUnknown for a file that is not vendored, and for an element that writes into
        the page's head by itself (an inline script or style would break the page's policy).
        """
        for child in list(self._children.values()):
            child.render()
        self.header._children.pop("meta_http", None)  # our page says its own encoding
        links = list(dict.fromkeys(map(_link, self.header._children.values())))
        return MapParts(
            links,
            Markup(self.html.render().strip()),  # noqa: S704 - our own template, numbers and ids
            "\n".join(line.strip() for line in self.script.render().splitlines() if line.strip()),
        )

    def render(self, **kwargs: Any) -> str:
        """The parts as one page (for a notebook or a look): the script is inline here."""
        del kwargs
        parts = self.parts()
        return (
            '<!DOCTYPE html><html><head><meta charset="utf-8">'
            f"{''.join(parts.head_links)}</head><body>{parts.body}"
            f"<script>{parts.script}</script></body></html>"
        )


def local(url: str) -> str:
    """The vendored file for `url`. Raises AssetUnknown where there is none."""
    try:
        return ASSETS[url]
    except KeyError:
        raise AssetUnknown(url=url) from None


def _link(element: Element) -> Markup:
    if isinstance(element, JavascriptLink):
        return Markup('<script defer src="{}"></script>').format(local(element.url))
    if isinstance(element, CssLink):
        return Markup('<link rel="stylesheet" href="{}">').format(local(element.url))
    raise AssetUnknown(url=element.render().strip()[:80])


class GridMap(folium.Map):
    """A map that needs Leaflet alone, in an element of a fixed id.

    panes: name -> z-index, made in this order. The zoom buttons are left to the page, which knows
    the reader's language. No tiles, no popups, no markers: data come by URL.
    """

    default_js = [  # noqa: RUF012 - as folium declares it
        ("leaflet", LEAFLET_JS)
    ]
    default_css = [  # noqa: RUF012 - as folium declares it
        ("leaflet_css", LEAFLET_CSS)
    ]

    # No header macro: folium's own forbids zooming on phones and writes inline style and script.
    # No {{ }} in rendered text: branca compiles it once more.
    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <div id={{ this.get_name()|tojson }} class="map" tabindex="0"></div>
        {% endmacro %}

        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }},
                {{ this.leaflet_options|tojson }});
            {{ this.get_name() }}.fitBounds({{ this.bounds|tojson }});
            {%- for name, index in this.panes %}
            {{ this.get_name() }}.createPane({{ name|tojson }}).style.zIndex = {{ index }};
            {%- endfor %}
            L.control.scale({ imperial: false, maxWidth: 120, position: "bottomright" })
                .addTo({{ this.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(
        self, bounds: tuple[float, float, float, float], panes: Sequence[tuple[str, int]] = ()
    ) -> None:
        west, south, east, north = (float(value) for value in bounds)
        super().__init__(location=[(south + north) / 2, (west + east) / 2], tiles=None)
        self._name, self._id = "map", "gisgrid"
        self.bounds = [[south, west], [north, east]]
        self.panes = list(panes)
        self.leaflet_options = {
            "zoomControl": False,
            "attributionControl": False,
            "minZoom": 4,
            "maxZoom": 19,
            "zoomSnap": 0.5,  # a county rarely fits a whole step
            "wheelPxPerZoomLevel": 90,
            "worldCopyJump": False,
        }


class Handover(folium.MacroElement):
    """Last element of a map: gives the map and its layers to the page's own modules.

    Sets `window.gisgridMap = {map, bounds: [w, s, e, n], layers: {name: layer}}`.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            window.gisgridMap = { map: {{ this.map_name }}, bounds: {{ this.bounds|tojson }},
                layers: {
                {%- for key, name in this.layers %}
                {{ key|tojson }}: {{ name }},
                {%- endfor %}
            } };
        {% endmacro %}
        """
    )

    def __init__(self, map_: GridMap, layers: Sequence[tuple[str, str]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "handover", "gisgrid"
        self.map_name = map_.get_name()
        (south, west), (north, east) = map_.bounds
        self.bounds = [west, south, east, north]
        self.layers = list(layers)
