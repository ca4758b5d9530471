"""Small pictures of what a file changes: lines before and after, as paths of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.columns import objects
from gisgrid.frames import METRES_A_DEGREE
from gisgrid.operations.plans.shown import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.access import Actor
    from gisgrid.operations.plans.file_merge import Merge
    from gisgrid.redraw import Fault

    Box = tuple[float, float, float, float]

WIDTH, HEIGHT = 480, 320
MOST = 12
"""Pictures of one kind; more would not be looked at."""
_LEAST_M = 60.0


def pictures(actor: Actor, merged: Merge) -> dict[str, list[dict[str, Any]]]:
    """Pictures of the faults, and of the places by name. Lines are of the draft's own grids."""
    return {
        "faults": [_of_fault(merged, fault) for fault in merged.faults[:MOST] if fault.place],
        "places": _of_places(actor, merged),
    }


def _of_fault(merged: Merge, fault: Fault) -> dict[str, Any]:
    lon, lat = fault.place or (0.0, 0.0)
    side = (fault.size or 0.0) ** 0.5 if fault.unit == "m2" else fault.size or 0.0
    wide = max(_LEAST_M, 2.5 * side) / METRES_A_DEGREE
    box = (lon - wide, lat - wide, lon + wide, lat + wide)
    frame = Frame(box)
    return {
        "before": frame.paths(_near(merged, box)),
        "after": frame.paths(grid.polygon for grid in merged.raw.grids.values()),
        "mark": frame.point(lon, lat),
    }


def _near(merged: Merge, box: Box) -> list[Any]:
    plan = merged.base.plan
    return [plan[code].polygon for code in plan.near(box) if code in merged.mine]


def _of_places(actor: Actor, merged: Merge) -> list[dict[str, Any]]:
    before, desk = merged.now.plan, merged.desk
    sees = (desk.sees(actor, merged.now), desk.sees(actor, merged.after))
    found = []
    for group in merged.groups[:MOST]:
        codes = {*group.before, *group.since, *group.after}
        old = [before[code].polygon for code in codes if code in before]
        new = [merged.made.grids[code].polygon for code in codes if code in merged.made.grids]
        box = _box_of(old, new)
        if box is None:
            continue
        frame = Frame(box)
        effect = Effect(desk, merged.now, merged.after, codes, sees)
        homes = desk.ground.homes
        found.append(
            {
                "name": group.name,
                "before": frame.paths(old),
                "after": frame.paths(new),
                "homes": [frame.point(homes.lon[i], homes.lat[i]) for i in effect.moved_rows()],
            }
        )
    return found


def _box_of(old: list[Any], new: list[Any]) -> Box | None:
    """The box of the lines in which two sets of shapes differ, with room; None for none."""
    lines = [shapely.union_all(shapely.boundary(objects(side))) for side in (old, new)]
    apart = lines[0].symmetric_difference(lines[1])
    if apart.is_empty:
        return None
    west, south, east, north = apart.bounds
    room = max(east - west, north - south, _LEAST_M / METRES_A_DEGREE) * 0.25
    return west - room, south - room, east + room, north + room


class Frame:
    """From degrees to the picture, north up, true to shape."""

    def __init__(self, box: Box) -> None:
        west, south, east, north = box
        self._east = float(np.cos(np.radians((south + north) / 2)))
        self._middle = ((west + east) / 2, (south + north) / 2)
        wide, high = (east - west) * self._east, north - south
        self._scale = min(WIDTH / wide, HEIGHT / high)
        half = (WIDTH / 2 / self._scale / self._east, HEIGHT / 2 / self._scale)
        lon, lat = self._middle
        self._box = shapely.box(lon - half[0], lat - half[1], lon + half[0], lat + half[1])

    def point(self, lon: float, lat: float) -> tuple[float, float]:
        """A place in the picture."""
        x = WIDTH / 2 + (lon - self._middle[0]) * self._east * self._scale
        y = HEIGHT / 2 - (lat - self._middle[1]) * self._scale
        return round(float(x), 1), round(float(y), 1)

    def paths(self, shapes: Iterable[Any]) -> str:
        """The outlines of shapes within the picture, as one path."""
        seen = [shape for shape in shapes if shape.intersects(self._box)]
        if not seen:
            return ""
        lines = shapely.intersection(shapely.boundary(objects(seen)), self._box)
        parts = shapely.get_parts(shapely.get_parts(lines))
        return "".join(
            "M" + "L".join("{} {}".format(*self.point(*corner)) for corner in line.coords)
            for line in parts
            if line.geom_type == "LineString" and not line.is_empty
        )
