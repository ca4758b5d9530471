"""Map pages made with folium: a shell with local files only, and no row of data in it.

Folium comes with the first page that is made (`load` sees to it beforehand): it takes a sixth of a
second, for which no page without a map is to wait.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gisgrid.maps.basemap import BaseMap, base_map

if TYPE_CHECKING:
    from gisgrid.maps.offline import MapParts
    from gisgrid.maps.pages import cases_map, coverage_map, plan_map

__all__ = ["BaseMap", "MapParts", "base_map", "cases_map", "coverage_map", "load", "plan_map"]


def load() -> None:
    """Have folium loaded before the first map is asked for."""
    import_module("gisgrid.maps.pages")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module("gisgrid.maps.pages"), name)
