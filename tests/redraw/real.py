"""Real plans, loaded as an import loads them; households are invented."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import redraw_makers as makers

from gisgrid import demo
from gisgrid.demo import sources, territory
from gisgrid.exchange.partition import make_plan
from gisgrid.frames import metric_crs
from gisgrid.redraw import Plan, Points

if TYPE_CHECKING:
    from pathlib import Path

SETS = {
    "baltimore": ("baltimore_2020_tracts_blockgroups.gpkg", "block_groups", "geoid"),
    "tracts": ("baltimore_2020_tracts_blockgroups.gpkg", "tracts", "geoid"),
    "chicago": ("chicago_police_beats_2019.zip", None, "beat_num"),
}


@cache
def office(folder: Path, name: str) -> Plan:
    """A partition of an office, cleaned onto the lattice as an import cleans it."""
    file, layer, code = SETS[name]
    options = {} if layer is None else {"layer": layer}
    frame = gpd.read_file(folder / "D_partitions" / file, **options).to_crs("EPSG:4326")
    frame = frame.dissolve(code, as_index=False)
    codes = frame[code].astype(str).to_numpy(dtype=object)
    shapes, _ = make_plan(codes, frame.geometry.to_numpy(dtype=object), limit_m2=1e4)
    return makers.plan_of(list(shapes), list(codes))


@cache
def county() -> tuple[Plan, Points]:
    """The demo county with its households (5 seconds)."""
    land = territory.invent(sources.read(), demo.SEED)
    plan = makers.plan_of(list(land.polygon), list(land.grid_code))
    return plan, Points(land.lon, land.lat)


def metres(plan: Plan) -> Any:
    """The polygons in the metric CRS of the county, by code."""
    shapes = [plan[code].polygon for code in plan.codes()]
    return gpd.GeoSeries(shapes, crs="EPSG:4326").to_crs(metric_crs(plan.bounds)).to_numpy()
