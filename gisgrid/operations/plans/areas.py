"""The areas of grids: which may be given, and the grids with ground of more than one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.redraw import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisgrid.access import Actor
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.redraw import Grid


def area_faults(
    desk: Bench,
    actor: Actor,
    before: Drawing,
    changed: Mapping[str, Grid],
    came_from: Mapping[str, tuple[str, ...]],
) -> list[Fault]:
    """A fault for each grid that an edit gives an area which no grid may have.

    Where there are areas, a grid belongs to one that lies within the actor's scope and has none
    below it: else it would drop out of every sum. What a grid had already it may keep.
    """
    faults = []
    for code, grid in sorted(changed.items()):
        had = {
            before.plan[o].area_code for o in (code, *came_from.get(code, ())) if o in before.plan
        }
        what = None if grid.area_code in had else _wrong(desk, actor, grid.area_code)
        if what is not None:
            place = grid.polygon.representative_point()
            named = (code,) if grid.area_code is None else (code, grid.area_code)
            faults.append(Fault(what, named, (place.x, place.y)))
    return faults


def _wrong(desk: Bench, actor: Actor, area: str | None) -> str | None:
    """What is wrong with an area for a grid; None for nothing."""
    areas = desk.snapshot.areas
    if len(areas.code) == 0:
        return None
    if area is None:
        return "no_area"
    mine = None if actor.scope.everything else desk.inside(actor.scope.code) or frozenset()
    at = np.flatnonzero(areas.code == area)
    if len(at) == 0 or (mine is not None and area not in mine):
        return "unknown_area"  # one answer for both: it must not tell them apart
    return "area_above" if (areas.parent == at[0]).any() else None


def across_areas(drawing: Drawing) -> list[dict[str, Any]]:
    """Grids that hold ground of grids of other areas: code, area (their own), from_areas."""
    found = []
    for code, origins in sorted(drawing.origins.items()):
        grid = drawing.plan.get(code)
        if grid is None or not drawing.redrawn(code):
            continue
        areas = {drawing.base[o].area_code or "" for o in origins if o in drawing.base}
        others = sorted(areas - {grid.area_code or ""})
        if others:
            found.append({"code": code, "area": grid.area_code, "from_areas": others})
    return found
