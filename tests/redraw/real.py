"""Real plans, loaded as an import loads them; households are invented."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
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


def published(folder: Path, name: str) -> dict[str, Any]:
    """The shapes of an office by code, as it published them: none cleaned or rounded.

    Only where it has several of one code, they are made one.
    """
    file, layer, code = SETS[name]
    options = {} if layer is None else {"layer": layer}
    frame = gpd.read_file(folder / "D_partitions" / file, **options).to_crs("EPSG:4326")
    if not frame[code].is_unique:
        frame = frame.dissolve(code, as_index=False)
    frame = frame.sort_values(code)
    return dict(zip(frame[code].astype(str), frame.geometry, strict=True))


@cache
def office(folder: Path, name: str) -> Plan:
    """A partition of an office, cleaned onto the lattice as an import cleans it."""
    shapes = published(folder, name)
    codes, given = (np.array(list(side), dtype=object) for side in (shapes, shapes.values()))
    made, _ = make_plan(codes, given, limit_m2=1e4)
    return makers.plan_of(list(made), list(codes))


@cache
def county() -> tuple[Plan, Points]:
    """The demo county with its households (5 seconds)."""
    land = territory.invent(sources.read(), demo.SEED)
    plan = makers.plan_of(list(land.polygon), list(land.grid_code))
    return plan, Points(land.lon, land.lat)


def metres(shapes: list[Any], bounds: Any) -> Any:
    """Shapes in the metric CRS of a box, both given in degrees."""
    return gpd.GeoSeries(shapes, crs="EPSG:4326").to_crs(metric_crs(bounds)).to_numpy()
