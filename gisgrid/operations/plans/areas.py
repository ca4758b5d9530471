"""The areas of grids: which may be given, and the grids with ground of more than one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import Fault, lattice, sharing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisgrid.access import Actor
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Grid, Plan
    from gisgrid.store import Draft


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
            named = (code,) if grid.area_code is None else (code, grid.area_code)
            faults.append(Fault(what, named, grid.place()))
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


def across_areas(drawing: Drawing, undone: Plan | None = None) -> list[dict[str, Any]]:
    """Grids that hold ground of grids of other areas: code, area (their own), from_areas.

    The ground says so, not the steps: what was given and taken back again is nobody else's.
    undone: the plan that a reverse goes back to; what the area had there is its own.
    """
    found = []
    for code, origins in sorted(drawing.origins.items()):
        grid = drawing.plan.get(code)
        if grid is None or not drawing.redrawn(code):
            continue
        others = [
            o for o in origins if o in drawing.base and drawing.base[o].area_code != grid.area_code
        ]
        if not others:
            continue
        (shape,) = lattice.made_valid(drawing.plan.units([code]))
        if undone is not None:
            shape = _without_own(shape, grid.area_code, undone)
        there = sharing(lattice.made_valid(drawing.base.units(others)), shape)
        areas = sorted({drawing.base[others[i]].area_code or "" for i in there})
        if areas:
            found.append({"code": code, "area": grid.area_code, "from_areas": areas})
    return found


def _without_own(shape: Any, area: str | None, plan: Plan) -> Any:
    """A shape (units) without the ground that an area has in a plan."""
    near = plan.near_units(shapely.bounds(shape).tolist())
    own = lattice.made_valid(plan.units([c for c in near if plan[c].area_code == area]))
    return shapely.difference(shape, shapely.union_all(own, grid_size=1.0), grid_size=1.0)


def undone_by(ws: Workspace, row: Draft) -> Plan | None:
    """The plan that a draft goes back to; None where it is no reverse."""
    before = None if row.reverses is None else ws.drawings.parent(row.reverses)
    return None if before is None else ws.drawings.base(before)
