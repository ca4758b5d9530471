"""The outlines of counties and townships, from the grids that were published."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import shapely

from gisgrid.model import LEVELS
from gisgrid.rollup.engine import connect
from gisgrid.rollup.figures import reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gisgrid.rollup.layout import Manifest

_NEAR = 0.001
"""Degrees (100 m): corners of an outline that are closer are left out; the map is of a province."""
_SQL = """
SELECT code, area_code, wkb FROM read_parquet($file, hive_partitioning = false)
"""
_AREAS = "SELECT code, level, parent_code FROM read_parquet($file, hive_partitioning = false)"


def outlines(counties: Sequence[tuple[Manifest, Path]], by: str) -> dict[str, Any]:
    """Code -> (Multi)Polygon, EPSG:4326, of the counties or townships that have grids.

    Of the plan that was in force when the county was published; corners 100 m apart.
    Raises RollupChanged where files go away meanwhile, RollupUnreadable.
    """
    found: dict[str, Any] = {}
    for manifest, folder in counties:
        names = {name.partition("-")[0]: str(folder / name) for name in manifest.files}
        with reading(manifest.county):
            found |= _of_county(names["grids"], names["areas"], by)
    return found


@lru_cache(maxsize=512)  # files are named by their content
def _of_county(grids: str, areas: str, by: str) -> dict[str, Any]:
    with connect() as engine:
        rows = engine.execute(_SQL, {"file": grids}).fetchall()
        tree = {
            code: (level, parent)
            for code, level, parent in engine.execute(_AREAS, {"file": areas}).fetchall()
        }
    parts: dict[str, list[Any]] = {}
    for _, code, wkb in rows:
        for _ in range(len(LEVELS)):
            if code not in tree or tree[code][0] == by:
                break
            code = tree[code][1]  # noqa: PLW2901 - one step up
        if code in tree and tree[code][0] == by:
            parts.setdefault(code, []).append(wkb)
    return {
        code: shapely.simplify(shapely.coverage_union_all(shapely.from_wkb(shapes)), _NEAR)
        for code, shapes in parts.items()
    }
