"""Grids of a drawing that hold ground of more than one area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gisgrid.operations.plans.drawing import Drawing


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
