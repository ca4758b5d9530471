"""Layers of a map: vector tiles drawn by protomaps-leaflet, and what may lie below them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import folium
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

from gisgrid.maps.elements import safe_text
from gisgrid.maps.offline import GEOMAN_CSS, GEOMAN_JS, PROTOMAPS_JS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisgrid.maps.basemap import BaseMap


@dataclass(frozen=True, slots=True)
class Source:
    """Vector tiles of one address.

    path: below the server's address of tiles, with {z}, {x}, {y}. level_diff: 1 draws 512-pixel
    tiles (one tile of zoom z for four squares of the screen at z + 1: a quarter of the requests),
    0 draws 256-pixel ones. max_zoom: the deepest tiles that are fetched; they are enlarged beyond.
    """

    path: str
    level_diff: int = 1
    max_zoom: int = 15


class VectorTiles(JSCSSMixin, Layer):
    """Vector tiles on canvas. The page's module gives it rules of drawing and adds it to the map.

    name: a fixed word, also the name of the JavaScript variable and of the pane it is drawn in.
    """

    default_js = [  # noqa: RUF012 - as folium declares it
        ("protomaps-leaflet", PROTOMAPS_JS)
    ]

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = protomapsL.leafletLayer({{ this.layer_options|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, name: str, sources: Mapping[str, Source], *, pane: str) -> None:
        super().__init__(name=name, overlay=True, control=False, show=False)
        self._name, self._id = "tiles", name
        self.layer_options: dict[str, Any] = {
            "sources": {
                key: {
                    "url": source.path,
                    "levelDiff": source.level_diff,
                    "maxDataZoom": source.max_zoom,
                }
                for key, source in sources.items()
            },
            "pane": pane,
            "attribution": "",
            "noWrap": True,
            "tileDelay": 1,
            "updateWhenZooming": False,
            "keepBuffer": 1,
        }


class Background(JSCSSMixin, Layer):
    """The base map that the settings name: pictures, or vector tiles in the Protomaps schema."""

    default_js = [  # noqa: RUF012 - as folium declares it
        ("protomaps-leaflet", PROTOMAPS_JS)
    ]

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            {%- if this.base.kind == "raster" %}
            var {{ this.get_name() }} = L.tileLayer({{ this.base.url|tojson }},
                {{ this.layer_options|tojson }});
            {%- else %}
            var {{ this.get_name() }} = protomapsL.leafletLayer({{ this.layer_options|tojson }});
            {%- endif %}
            L.control.attribution({ prefix: false, position: "bottomright" })
                .addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, base: BaseMap, *, pane: str, language: str) -> None:
        super().__init__(name="background", overlay=False, control=False)
        self._name, self._id = "tiles", "background"
        self.base = base
        self.layer_options: dict[str, Any] = {
            "pane": pane,
            "attribution": safe_text(base.attribution),
            "maxZoom": 19,
        }
        if base.kind == "raster":
            self.layer_options |= {"subdomains": base.subdomains, "maxNativeZoom": base.max_zoom}
        else:
            self.layer_options |= {
                "url": base.url,
                "maxDataZoom": base.max_zoom,
                "flavor": "white",
                "lang": "zh" if language.startswith("zh") else "en",
            }


class Drawing(JSCSSMixin, folium.MacroElement):
    """Geoman's drawing of lines and areas, for the page's own tools to call.

    Opt-in: no layer can be edited by it, and no snapping to a layer, unless the page says so.
    folium's own GeoMan element is not used: it asks for an unpinned file and puts up Geoman's
    tool bar, whose Cut, Rotate and Drag break a partition. Here there is no such bar at all.
    """

    default_js = [  # noqa: RUF012 - as folium declares it
        ("geoman", GEOMAN_JS)
    ]
    default_css = [  # noqa: RUF012 - as folium declares it
        ("geoman_css", GEOMAN_CSS)
    ]

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            L.PM.setOptIn(true);
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "drawing", "gisgrid"
