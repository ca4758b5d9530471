"""What publishing proves of a plan: counted, and named where it stood so before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid import coverage, redraw
from gisgrid.operations.plans.faults import fault_json, veiled
from gisgrid.operations.plans.homeless import twice_held
from gisgrid.redraw import Fault, lattice

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.columns import Bools
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.redraw import Bare, Grid, Plan

NAMED_MOST = 100
"""Inherited gaps that a certificate names; the count is of all."""
_HAIR_M2 = 0.01
"""Ground below this is an edge that bends by less than the lattice."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found in a plan, as `gisgrid check` finds it.

    faults: why it cannot be published. overlaps: how many there are. gaps: all, in words; those
    that are no fault of the draft are inherited. holes: ground that grids surround and that may be
    that of others, before and after.
    """

    faults: list[Fault]
    overlaps: int
    gaps: list[Fault]
    inherited: list[Fault]
    holes: tuple[int, int]

    def told(self, drawing: Drawing, mine: Callable[[Grid], bool]) -> dict[str, Any]:
        """As the certificate has it: who reads it sees the draft's area, and no more is named."""
        named = veiled(self.inherited[:NAMED_MOST], drawing.plan, mine)
        return {
            "gaps": len(self.gaps),
            "gaps_inherited": len(self.inherited),
            "inherited": [fault_json(fault) for fault in named],
            "overlaps": self.overlaps,
            "holes_before": self.holes[0],
            "holes_after": self.holes[1],
        }


def prove(desk: Bench, drawing: Drawing, ground: Any) -> Proof:
    """Prove the whole plan of a drawing, which must fill `ground`.

    A gap stands in the way unless it was there before the draft: what was imported with one is not
    held up by it, and no certificate is silent about it.
    """
    grids = [drawing.plan[code] for code in drawing.plan.codes()]
    before = [drawing.base[code] for code in drawing.base.codes()]
    faults = list(redraw.check_plan(grids, ground, desk.ground.homes))
    alone = redraw.check_plan(grids, None)
    faults += [fault for fault in alone if fault.what != "gap" and fault not in faults]
    gaps, holes = redraw.bare_ground(grids)
    old_gaps, old_holes = redraw.bare_ground(before)
    inherited = _inherited(gaps, old_gaps)
    made = [gap.fault for gap in gaps if gap.fault not in inherited]
    faults += [fault for fault in made if fault not in faults]
    return Proof(
        [fault for fault in faults if fault not in inherited],
        sum(fault.what == "overlap" for fault in alone),
        [gap.fault for gap in gaps],
        inherited,
        (len(old_holes), len(holes)),
    )


def _inherited(gaps: list[Bare], before: list[Bare]) -> list[Fault]:
    """Those gaps whose ground lay in a gap of the plan before, but for a hair."""
    if not gaps or not before:
        return []
    was = shapely.union_all([gap.shape for gap in before])
    new = shapely.difference([gap.shape for gap in gaps], was)
    kept = lattice.square_metres(new) < _HAIR_M2
    return [gap.fault for gap, yes in zip(gaps, kept, strict=True) if yes]


def located(desk: Bench, drawing: Drawing) -> dict[str, int]:
    """Listed households with a position: those in exactly one grid, and those outside.

    Each is held against all grids: what is counted is not what the plan should have.
    """
    homes = desk.snapshot.households
    rows = np.flatnonzero(desk.ground.listed() & ~np.isnan(homes.lon) & ~np.isnan(homes.lat))
    lon, lat = homes.lon[rows], homes.lat[rows]
    out, was_out = (_outside(plan, lon, lat) for plan in (drawing.plan, drawing.base))
    two = twice_held(drawing.plan, lon, lat)
    return {
        "households_located_in_one_grid": int((~out).sum()) - len(two),
        "households_located_outside_before": int(was_out.sum()),
        "households_located_outside": int(out.sum()),
        "households_located_fallen_out": int((out & ~was_out).sum()),
    }


def _outside(plan: Plan, lon: Any, lat: Any) -> Bools:
    found: Bools = coverage.place(lon, lat, redraw.local(plan, plan.codes())) < 0
    return found
