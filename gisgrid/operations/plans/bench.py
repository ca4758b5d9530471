"""What a draft is worked on with: the ground of today, measures, and who sees which grid."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.coverage import subtree
from gisgrid.operations.plans.ground import Bounds, Ground
from gisgrid.operations.plans.measuring import Areas

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import date

    from gisgrid.access import Actor
    from gisgrid.columns import Plan
    from gisgrid.coverage.sums import Tally
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Grid
    from gisgrid.snapshot import Snapshot


class Bench:
    """One state of the county, for all who draw on it at the moment.

    before: the bench of a state before; what holds still is taken over.
    """

    def __init__(self, snapshot: Snapshot, day: date, before: Bench | None = None) -> None:
        self.snapshot, self.day = snapshot, day
        self.ground: Ground = Ground(snapshot, day, None if before is None else before.ground)
        same_plans = before is not None and before.snapshot.plans is snapshot.plans
        self.areas: Areas = before.areas if before and same_plans else Areas(_bounds(snapshot))

    @cached_property
    def area_names(self) -> dict[str, str]:
        """The names of the areas, by code."""
        areas = self.snapshot.areas
        return dict(zip(areas.code.tolist(), areas.name.tolist(), strict=True))

    def sees(self, actor: Actor, drawing: Drawing) -> Callable[[Grid], bool]:
        """Whether the actor's scope holds a grid."""
        if actor.scope.everything:
            return lambda _grid: True
        code = actor.scope.code
        inside = self.inside(code)
        if inside is None:
            return lambda grid: drawing.origins_of(grid.code) == (code,)
        return lambda grid: grid.area_code in inside

    def inside(self, area: str) -> frozenset[Any] | None:
        """Codes of an area and all below it; None where there is no such area."""
        areas = self.snapshot.areas
        roots = np.flatnonzero(areas.code == area)
        if len(roots) == 0:
            return None
        return frozenset(areas.code[subtree(areas, int(roots[0]))])

    def counts(self, drawing: Drawing, codes: Collection[str]) -> dict[str, tuple[int, ...]]:
        """ground.COUNTS of grids; those that are as in the plan drawn on from its tally."""
        published, wanted = self._published(drawing), set(codes)
        redrawn = wanted if published is None else wanted & {*drawing.origins}
        found: dict[str, tuple[int, ...]] = {}
        if published is not None and len(redrawn) < len(wanted):
            tallies = (
                self.snapshot.tally(self.day, published),
                self.snapshot.case_tally(self.day, published),
            )
            found = _counted(published, tallies, wanted - redrawn)
        return found | self.ground.lying(drawing, redrawn).counts if redrawn else found

    def counts_at_hand(
        self, drawing: Drawing, codes: Collection[str]
    ) -> dict[str, tuple[int, ...]]:
        """`counts`, of those grids for which it takes no more than a look at a tally that is made.

        It is where a map of the plan was shown on the day, as it is before anybody draws on it.
        """
        published = self._published(drawing)
        tallies = None if published is None else self.snapshot.tallies_at_hand(self.day, published)
        if published is None or tallies is None:
            return {}
        return _counted(published, tallies, [c for c in codes if c not in drawing.origins])

    def _published(self, drawing: Drawing) -> Plan | None:
        """The plan that is drawn on; None where it was withdrawn."""
        return self.snapshot.published(drawing.revision)

    def outside(self, drawing: Drawing) -> int:
        """How many listed households count in no grid of the plan that is drawn on."""
        base = self._published(drawing)
        if base is not None:  # kept at hand by the read model
            return int((self.ground.listed() & (self.snapshot.placement(base) < 0)).sum())
        begun = drawing.begun(drawing.base, drawing.revision)
        counts = self.ground.everywhere(begun).counts.values()
        return int(self.ground.listed().sum()) - sum(c[0] for c in counts)


def _counted(
    plan: Plan, tallies: tuple[Tally, Tally], codes: Iterable[str]
) -> dict[str, tuple[int, ...]]:
    """Code -> COUNTS, of those codes that the plan has. tallies: of households, of cases."""
    homes, cases = tallies
    found: dict[str, tuple[int, ...]] = {}
    for code in codes:
        i = int(np.searchsorted(plan.code, code))  # by code, ascending
        if i < len(plan.code) and plan.code[i] == code:
            found[code] = (int(homes[i][0]), int(homes[i][5]), int(cases[i][0]), int(cases[i][1]))
    return found


def bench(ws: Workspace) -> Bench:
    """The bench in step with the store, made once for each state of it."""
    snapshot, day = ws.snapshot(), ws.today()

    def make() -> Bench:
        kept = ws.benches.items()
        return Bench(snapshot, day, kept[-1][1] if kept else None)

    made: Bench = ws.benches.get((snapshot.version, day), make)
    return made


def _bounds(snapshot: Snapshot) -> Bounds:
    """The box of the last plan; somewhere, where there is none."""
    if not snapshot.plans or len(snapshot.plans[-1].code) == 0:
        return (104.0, 35.0, 106.0, 36.0)
    boxes = snapshot.bounds(snapshot.plans[-1])[: len(snapshot.plans[-1].code)]
    west, south = np.nanmin(boxes[:, :2], axis=0).tolist()
    east, north = np.nanmax(boxes[:, 2:], axis=0).tolist()
    return west, south, east, north
