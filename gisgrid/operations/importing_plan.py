"""The grids of a file put into the plan that there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisgrid.exchange.partition import Repair, Settled, gaps, make_plan
from gisgrid.model import WGS84
from gisgrid.operations.importing_ground import GRID_COLUMNS

if TYPE_CHECKING:
    from gisgrid.columns import Objects
    from gisgrid.exchange.parse import Parsed
    from gisgrid.operations.importing_ground import Ground


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """A plan to be put.

    frame: the whole plan, the file's grids first. beside: how many grids that are not the file's
    changed, because an edge was matched. removed: how many of the old plan are no longer in it.
    gaps: holes beside grids of the file that stay, and their shapes.
    """

    frame: gpd.GeoDataFrame
    repairs: list[Repair]
    beside: int
    removed: int
    gaps: list[Repair]
    holes: Objects


def merge(
    parsed: Parsed,
    ground: Ground,
    keep: Any,
    *,
    limit_m2: float,
    whole: bool,
    settled: Settled | None = None,
) -> Merged:
    """The latest plan with the grids at the indexes `keep` of the file instead of their old selves.

    whole: grids within the actor's scope that the file does not name end. The result is a valid
    partition (`partition.make_plan`). Raises GridsOverlap, PlanUnclean.
    """
    assert parsed.shapes is not None  # noqa: S101 - grids have shapes
    old = ground.grids
    codes = parsed.columns["code"][keep]
    stay = ~np.isin(old["code"].to_numpy().astype(str), codes.astype(str))
    if whole:
        mine = [ground.may_grid(code) for code in old["code"]]
        stay &= ~np.array(mine, dtype=bool)
    before = old.set_index("code")
    data: dict[str, Any] = {}
    for name in GRID_COLUMNS:
        if name in parsed.columns:
            given = parsed.columns[name][keep]
        else:  # what the file does not speak of stays
            given = before[name].reindex(codes).to_numpy(dtype=object, copy=True)
            given[pd.isna(given)] = None
        data[name] = pd.Series([*given, *old[name][stay]], dtype=object)
    shapes = np.array([*parsed.shapes[keep], *old["geometry"][stay], None], dtype=object)[:-1]
    cleaned, repairs = make_plan(data["code"].to_numpy(), shapes, limit_m2, settled)
    _keep_same(cleaned, before["geometry"].reindex(data["code"]).to_numpy(dtype=object, copy=True))
    frame = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(cleaned, crs=WGS84), crs=WGS84)
    beside = ~shapely.equals_exact(cleaned[len(codes) :], shapes[len(codes) :], 0)
    gone = ~stay & ~np.isin(old["code"].to_numpy().astype(str), codes.astype(str))
    left, holes = gaps(data["code"].to_numpy(), cleaned) if len(cleaned) else ([], cleaned)
    own = set(codes.astype(str))
    mine_gaps = np.array([bool(own & set(each.codes)) for each in left], dtype=bool)
    told = [each for each, here in zip(left, mine_gaps, strict=True) if here]
    return Merged(frame, repairs, int(beside.sum()), int(gone.sum()), told, holes[mine_gaps])


def _keep_same(shapes: Objects, known: Objects) -> None:
    """Put the known shape, in place, where a new one differs in the order of its corners alone.

    A format may turn rings around (shapefiles do); that is no change of a grid.
    """
    known[pd.isna(known)] = None
    same = shapely.equals_exact(_canonical(shapes), _canonical(known), 0)
    shapes[same] = known[same]


def _canonical(shapes: Objects) -> Objects:
    """Shapes by which two of one outline are equal: a multipolygon of one part is a polygon."""
    lone = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON) & (
        shapely.get_num_geometries(shapes) == 1
    )
    plain = shapes.copy()
    plain[lone] = shapely.get_geometry(shapes[lone], 0)
    return shapely.normalize(plain)
