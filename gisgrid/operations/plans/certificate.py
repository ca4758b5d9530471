"""The certificate of a plan: what was proved of it, what it changed, and who answers for it."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid import coverage, redraw
from gisgrid.errors import PlanBroken
from gisgrid.operations.plans.faults import fault_json, veiled
from gisgrid.operations.plans.ground import local
from gisgrid.operations.plans.shown import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.access import Actor
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.redraw import Grid, Plan
    from gisgrid.store import Draft, EditRow

FAULTS_MOST = 100


def certificate(
    desk: Bench, actor: Actor, row: Draft, drawing: Drawing, edits: list[EditRow]
) -> dict[str, Any]:
    """What is said of the plan that a draft makes, proved now.

    Raises PlanBroken with the places, of grids outside the actor's scope without.
    All that is here is worked out from the whole plan, not from the edits.
    """
    grids = [drawing.plan[code] for code in drawing.plan.codes()]
    before = [drawing.base[code] for code in drawing.base.codes()]
    widens = any(json.loads(edit.arguments).get("footprint") for edit in edits) or any(
        edit.op in ("grow", "trim") for edit in edits
    )
    was = footprint(before)
    is_now = footprint(grids) if widens else was
    faults = redraw.check_plan(grids, is_now)
    if faults:
        first = faults[:FAULTS_MOST]
        if not actor.scope.everything:
            first = tuple(veiled(first, drawing.plan, desk.sees(actor, drawing)))
        told = [fault_json(fault) for fault in first]
        raise PlanBroken(count=len(faults), faults=told)
    sides = drawing.sides()
    changed = drawing.changed()
    return {
        "draft": row.id,
        "name": row.name,
        "area": row.area_code,
        "base_revision": row.base_revision,
        "reverses": row.reverses,
        "gaps": 0,
        "overlaps": 0,
        "footprint_changed": widens,
        "footprint_km2_before": round(desk.areas.km2_of(was), 6),
        "footprint_km2_after": round(desk.areas.km2_of(is_now), 6),
        "grids_before": len(before),
        "grids_after": len(grids),
        "changed": sorted(changed & set(sides[0]) & set(sides[1])),
        "new": sorted(changed - set(sides[0])),
        "gone": sorted(changed - set(sides[1])),
        **households(desk, drawing.base, drawing.plan),
        **_hands(desk, drawing, changed),
        "plan_sha256": digest(grids),
        "edits": len(edits),
        "drawn_by": sorted({row.author, *(edit.by for edit in edits)}),
        "drawn_at_console": row.at_console or any(edit.at_console for edit in edits),
        "approved_by": row.approver,
        "approved_at": None if row.approved_at is None else row.approved_at.isoformat(),
        "approved_at_console": row.approved_at_console,
    }


def footprint(grids: Iterable[Grid]) -> Any:
    """The ground that some grids fill."""
    shapes = np.array([grid.polygon for grid in grids], dtype=object)
    if len(shapes) == 0:
        return shapely.MultiPolygon()
    # Along matching edges the union is exact and quick; an old plan may not have them everywhere.
    if shapely.coverage_is_valid(shapes):
        return shapely.coverage_union_all(shapes)
    return shapely.union_all(shapes)


def households(desk: Bench, before: Plan, after: Plan) -> dict[str, int]:
    """Where all located households lie: each in one grid, or outside as it was before."""
    homes = desk.snapshot.households
    located = ~np.isnan(homes.lon)
    lon, lat = homes.lon[located], homes.lat[located]
    inside = [
        int((coverage.place(lon, lat, local(plan, plan.codes())) >= 0).sum())
        for plan in (before, after)
    ]
    return {
        "households_located": len(lon),
        "households_in_one_grid": inside[1],
        "households_outside_before": len(lon) - inside[0],
        "households_outside": len(lon) - inside[1],
    }


def _hands(desk: Bench, drawing: Drawing, changed: set[str]) -> dict[str, Any]:
    """What changes hands, and whether each open case has its one member afterwards."""
    effect = Effect(desk.ground, desk.areas, drawing.base, drawing.plan, changed, None)
    return {
        "households_moved": len(effect.moved_households()),
        "cases_moved": len(effect.moved_cases()),
        **responsible(desk, drawing.plan),
    }


def responsible(desk: Bench, plan: Plan) -> dict[str, int]:
    """Open cases by whether the grid that they lie in names a member."""
    lying = desk.ground.everywhere(plan)
    members = {code: bool(plan[code].member) for code in plan.codes()}
    served = sum(members.get(code, False) for code in lying.case_codes.tolist())
    placed = sum(code in members for code in lying.case_codes.tolist())
    return {
        "open_cases": desk.ground.open_cases,
        "open_cases_with_one_member": served,
        "open_cases_in_grids_without_member": placed - served,
        "open_cases_outside": desk.ground.open_cases - placed,
    }


def digest(grids: Iterable[Grid]) -> str:
    """SHA-256 over the plan in a form of its own: by code, rings from their lowest corner.

    The words as a JSON list, then the shape as WKB (little-endian), each line ended by a newline.
    """
    found = sha256()
    for grid in sorted(grids, key=lambda grid: grid.code):
        words = [grid.code, grid.name, grid.area_code, grid.member, grid.visit_every_days]
        line = json.dumps(words, ensure_ascii=False, separators=(",", ":"))
        shape = shapely.normalize(_multi(grid.polygon))
        found.update(line.encode() + b"\n" + shapely.to_wkb(shape, hex=True, byte_order=1).encode())
        found.update(b"\n")
    return found.hexdigest()


def _multi(shape: Any) -> Any:
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
