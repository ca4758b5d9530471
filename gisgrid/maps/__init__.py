"""Map pages made with folium: a shell with local files only, and no row of data in it."""

from gisgrid.maps.basemap import BaseMap, base_map
from gisgrid.maps.offline import MapParts
from gisgrid.maps.pages import cases_map, coverage_map, plan_map

__all__ = ["BaseMap", "MapParts", "base_map", "cases_map", "coverage_map", "plan_map"]
