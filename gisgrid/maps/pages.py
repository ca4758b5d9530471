"""The map pages: coverage, cases, and the plan that is redrawn.

The pages differ in their layers alone. Everything a reader sees as text, and every rule of
drawing, lives in static/app; everything that is data comes by URL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisgrid.maps.layers import Background, Drawing, Source, VectorTiles
from gisgrid.maps.offline import GridMap, Handover, MapParts, OfflineFigure

if TYPE_CHECKING:
    from gisgrid.maps.basemap import BaseMap

Bounds = tuple[float, float, float, float]

CHINA: Bounds = (73.5, 18.0, 135.1, 53.6)
"""What is shown while there is nothing to show."""

# Below Leaflet's own panes for markers (600) and controls; the base map lies at 150.
PANES = (("background", 150), ("areas", 410), ("points", 420), ("marks", 430), ("light", 440))
# Where lines are drawn they are seen over the households, however many there are.
PLAN_PANES = (
    ("background", 150),
    ("points", 405),
    ("areas", 410),
    ("moved", 420),  # ground that a draft moves: above the grids, below their names
    ("marks", 430),
    ("light", 440),
)


def coverage_map(
    *,
    bounds: Bounds | None,
    tiles_url: str = "/tiles",
    base_map: BaseMap | None = None,
    language: str = "en",
) -> MapParts:
    """The map of visit gaps: areas shaded by the page, boundaries, names, households.

    bounds: west, south, east, north of what the reader may see (EPSG:4326); None for an empty
    store. tiles_url: address below which the server has its vector tiles.
    """
    areas = _areas(tiles_url)
    outlines = {"outlines": Source(f"{tiles_url}/outlines/{{z}}/{{x}}/{{y}}.mvt")}
    households = {"households": Source(f"{tiles_url}/households/{{z}}/{{x}}/{{y}}.mvt", 0, 16)}
    return _parts(
        bounds,
        base_map,
        language,
        [
            VectorTiles("areas", areas, pane="areas"),
            VectorTiles("points", households, pane="points"),
            VectorTiles("marks", outlines, pane="marks"),
            VectorTiles("light", areas, pane="light"),
        ],
    )


def cases_map(
    *,
    bounds: Bounds | None,
    tiles_url: str = "/tiles",
    base_map: BaseMap | None = None,
    language: str = "en",
) -> MapParts:
    """The map of open cases: boundaries, names, cases (the page draws counts where they are dense).

    Arguments as for `coverage_map`.
    """
    outlines = {"outlines": Source(f"{tiles_url}/outlines/{{z}}/{{x}}/{{y}}.mvt")}
    cases = {"cases": Source(f"{tiles_url}/cases/{{z}}/{{x}}/{{y}}.mvt", 0, 16)}
    return _parts(
        bounds,
        base_map,
        language,
        [
            VectorTiles("points", cases, pane="points"),
            VectorTiles("marks", outlines, pane="marks"),
            VectorTiles("light", _areas(tiles_url), pane="light"),
        ],
    )


def plan_map(
    *,
    bounds: Bounds | None,
    tiles_url: str = "/tiles",
    base_map: BaseMap | None = None,
    language: str = "en",
) -> MapParts:
    """The map on which a draft is redrawn: households and boundaries for orientation, Geoman.

    The draft's own grids are no tiles: the page fetches those near the view, and draws them in
    the pane `areas`. Arguments as for `coverage_map`.
    """
    outlines = {"outlines": Source(f"{tiles_url}/outlines/{{z}}/{{x}}/{{y}}.mvt")}
    households = {"households": Source(f"{tiles_url}/households/{{z}}/{{x}}/{{y}}.mvt", 0, 16)}
    layers = [
        VectorTiles("points", households, pane="points"),
        VectorTiles("marks", outlines, pane="marks"),
    ]
    return _parts(bounds, base_map, language, layers, drawing=True)


def _areas(tiles_url: str) -> dict[str, Source]:
    return {
        key: Source(f"{tiles_url}/{key}/{{z}}/{{x}}/{{y}}.mvt")
        for key in ("townships", "villages", "grids")
    }


def _parts(
    bounds: Bounds | None,
    base_map: BaseMap | None,
    language: str,
    layers: list[VectorTiles],
    *,
    drawing: bool = False,
) -> MapParts:
    figure = OfflineFigure()
    map_ = GridMap(bounds or CHINA, PLAN_PANES if drawing else PANES)
    figure.add_child(map_)
    if base_map is not None:
        map_.add_child(Background(base_map, pane="background", language=language))
    for layer in layers:
        map_.add_child(layer)
    if drawing:
        map_.add_child(Drawing())
    map_.add_child(Handover(map_, [(layer._id, layer.get_name()) for layer in layers]))
    return figure.parts()
