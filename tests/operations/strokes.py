"""A village of twelve grids, and edits of it at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry import box

if TYPE_CHECKING:
    import random

    from gisgrid.operations.workspace import Workspace

WIDE, HIGH, CELL = 4, 3, 0.01


def village(ws: Workspace) -> None:
    """Twelve grids of one village instead of the town's three."""
    cells = [(x, y) for y in range(HIGH) for x in range(WIDE)]
    shapes = [
        box(105 + x * CELL, 35 + y * CELL, 105 + (x + 1) * CELL, 35 + (y + 1) * CELL)
        for x, y in cells
    ]
    names = [f"62042220220{n + 1:04d}" for n in range(len(cells))]
    plan = gpd.GeoDataFrame(
        {"code": names, "area_code": ["A"] * len(names), "member": ["?"] * len(names)},
        geometry=shapes,
        crs="EPSG:4326",
    )
    with ws.store.write(today=ws.today()) as w:
        w.put_areas(pd.DataFrame([("A", "甲", "village", "T1")], columns=AREA))
        w.put_grids(plan, valid_from=ws.today())


AREA = ["code", "name", "level", "parent_code"]


def ground_wish(chance: random.Random, plan: Any) -> dict[str, Any]:
    """An edit of lines and ground that `wish` does not ask for, the footprint's among them."""
    code = chance.choice(plan.codes())
    shape = plan[code].polygon
    points = shapely.get_coordinates(shapely.get_parts(shape)[0].exterior).tolist()
    at = chance.randrange(len(points) - 1)
    (ax, ay), (bx, by) = points[at], points[at + 1]
    near = [c for c in plan.near(shape.bounds) if c != code] or [code]
    west, south, east, north = shape.bounds
    middle = [(ax + bx) / 2 + chance.gauss(0, 1e-3), (ay + by) / 2 + chance.gauss(0, 1e-3)]
    blob = shapely.Point(ax, ay).buffer(CELL * chance.uniform(0.1, 0.4), quad_segs=2)
    area = {"type": "Polygon", "coordinates": [[list(p) for p in blob.exterior.coords]]}
    corner = [{"between": [[ax, ay], [bx, by]], "at": middle}]
    move = [{"from": [ax, ay], "to": [ax + chance.gauss(0, 1e-3), ay + chance.gauss(0, 1e-3)]}]
    up = chance.uniform(south, north)
    bent = [[west - CELL, up], [(west + east) / 2, up + chance.gauss(0, 1e-3)], [east + CELL, up]]
    course = {"type": "LineString", "coordinates": bent}
    allows = {"allow_led": True, "allow_pieces": True}
    return chance.choice(
        [
            {"op": "reshape", "insert": corner},
            {"op": "reshape", "moves": move},
            {"op": "reshape", "remove": [[ax, ay]]},
            {"op": "course", "codes": [code, chance.choice(near)], "line": course, **allows},
            {"op": "assign", "lasso": area, "to": chance.choice(near), **allows},
            {"op": "grow", "area": area, "to": code, **allows},
            {"op": "trim", "area": area, **allows},
        ]
    )


def wish(chance: random.Random, plan: Any, mark: str, made: list[str]) -> dict[str, Any]:
    """Any edit; half of them go on with grids that the draft has made itself."""
    mine = [code for code in made if code in plan]
    code = chance.choice(mine if mine and chance.random() < 0.5 else plan.codes())
    west, south, east, north = plan[code].polygon.bounds
    at = west + (east - west) * chance.uniform(0.3, 0.7)
    up = south + (north - south) * chance.uniform(0.3, 0.7)
    lines = ([[at, south - 1e-3], [at, north + 1e-3]], [[west - 1e-3, up], [east + 1e-3, up]])
    line = {"type": "LineString", "coordinates": chance.choice(lines)}
    around = [c for c in plan.near((west, south, east, north)) if c != code] or [code]
    area = shapely.geometry.mapping(
        shapely.Point(at, up).buffer(CELL * chance.uniform(0.1, 0.5), quad_segs=3)
    )
    area = {"type": "Polygon", "coordinates": [[list(p) for p in area["coordinates"][0]]]}
    allows = {"allow_led": True, "allow_pieces": True}
    return chance.choice(
        [
            {"op": "split", "code": code, "line": line, **allows},
            {"op": "split", "code": code, "line": line, **allows},
            {"op": "change", "code": code, "member": mark},
            {"op": "change", "code": code, "member": mark},
            {"op": "renumber", "code": code, "new_code": f"S{chance.randrange(6)}"},
            {"op": "merge", "codes": [code, chance.choice(around)]},
            {"op": "transfer", "area": area, "to": chance.choice(around), **allows},
        ]
    )
