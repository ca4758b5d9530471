"""The certificate of a plan: what was proved of it, what it changed, and who answers for it."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid import redraw
from gisgrid.errors import PlanBroken
from gisgrid.operations.plans.areas import across_areas
from gisgrid.operations.plans.drawing import Drawing
from gisgrid.operations.plans.faults import fault_json, veiled
from gisgrid.operations.plans.lineage import lineage_of
from gisgrid.operations.plans.proof import located, prove
from gisgrid.operations.plans.shown import Effect
from gisgrid.operations.plans.telling import editable
from gisgrid.operations.plans.widening import strayed, widens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.access import Actor
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.ground import Lying
    from gisgrid.redraw import Grid, Plan
    from gisgrid.store import Draft, EditRow

FAULTS_MOST = 100


def certificate(
    desk: Bench,
    actor: Actor,
    row: Draft,
    drawing: Drawing,
    edits: list[EditRow],
    undone: Plan | None = None,
) -> dict[str, Any]:
    """What is said of the plan that a draft makes, proved now.

    undone: the plan that it goes back to, where it is a reverse.
    Raises PlanBroken with the places, of grids outside the actor's scope without.
    All that is here is worked out from the whole plan, not from the edits.
    """
    grids = [drawing.plan[code] for code in drawing.plan.codes()]
    before = [drawing.base[code] for code in drawing.base.codes()]
    widened = widens(edits)
    was = redraw.footprint(before)
    is_now = redraw.footprint(grids) if widened else was
    proof = prove(desk, drawing, is_now)
    faults = proof.faults or strayed(was, is_now, edits)
    if faults:
        first = faults
        if not actor.scope.everything:
            first = veiled(first, drawing.plan, desk.sees(actor, drawing))
        count = sum(bool(fault.codes) or fault.place is not None for fault in first)
        told = [fault_json(fault) for fault in first[:FAULTS_MOST]]
        raise PlanBroken(count=count, faults=told)
    sides, lying = drawing.sides(), desk.ground.everywhere(drawing)
    changed = {code for code in drawing.changed() if drawing.redrawn(code)}
    return {
        "draft": row.id,
        "name": row.name,
        "area": row.area_code,
        "base_revision": row.base_revision,
        "reverses": row.reverses,
        **proof.told(drawing, editable(desk, row, drawing)),
        "footprint_changed": widened,
        "footprint_km2_before": round(desk.areas.km2_of(was), 6),
        "footprint_km2_after": round(desk.areas.km2_of(is_now), 6),
        "grids_before": len(before),
        "grids_after": len(grids),
        "changed": sorted(changed & set(sides[0]) & set(sides[1])),
        "new": sorted(changed - set(sides[0])),
        "gone": sorted(changed - set(sides[1])),
        **households(desk, drawing, lying),
        **located(desk, drawing),
        **_hands(desk, drawing, lying),
        "across_areas": across_areas(drawing, undone),
        "plan_sha256": digest(grids),
        "lineage_sha256": lineage_digest(lineage_of(drawing)),
        "edits": len(edits),
        "drawn_by": sorted({row.author, *(edit.by for edit in edits)}),
        "drawn_at_console": row.at_console or any(edit.at_console for edit in edits),
        "approved_by": row.approver,
        "approved_at": None if row.approved_at is None else row.approved_at.isoformat(),
        "approved_at_console": row.approved_at_console,
    }


def households(desk: Bench, drawing: Drawing, lying: Lying) -> dict[str, int]:
    """Where all listed households count: each in one grid, or in none, as it was before.

    Those without a location count in the grid that they name, or that holds most of its ground.
    """
    listed = desk.ground.listed()
    outside = [desk.outside(drawing), int(listed.sum()) - sum(c[0] for c in lying.counts.values())]
    located = listed & ~np.isnan(desk.snapshot.households.lon)
    return {
        "households_listed": int(listed.sum()),
        "households_located": int(located.sum()),
        "households_in_one_grid": int(listed.sum()) - outside[1],
        "households_outside_before": outside[0],
        "households_outside": outside[1],
    }


def _hands(desk: Bench, drawing: Drawing, lying: Lying) -> dict[str, Any]:
    """What changes hands, and whether each open case has its one member afterwards."""
    begun = Drawing.begun(drawing.base, drawing.revision)
    told = Effect(desk, begun, drawing, drawing.changed(), None).hands(0)
    homes, cases = told["households"], told["cases"]
    return {
        "households_moved": homes["count"],
        "households_moved_unlocated": homes["unlocated"],
        "households_to_other_member": homes["to_other_member"],
        "households_to_other_area": homes["to_other_area"],
        "cases_moved": cases["count"],
        "cases_to_other_member": cases["to_other_member"],
        **responsible(desk, drawing.plan, lying),
    }


def responsible(desk: Bench, plan: Plan, lying: Lying) -> dict[str, int]:
    """Open cases by whether the grid that they lie in names a member."""
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


def lineage_digest(pairs: Iterable[tuple[str, str]]) -> str:
    """SHA-256 of the pairs [code, came from] in order, as a JSON list."""
    rows = sorted([code, origin] for code, origin in pairs)
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _multi(shape: Any) -> Any:
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
