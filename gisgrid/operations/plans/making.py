"""An edit of a draft as it was made, and what is asked of it beside the geometry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gisgrid import redraw
from gisgrid.operations.plans import notes
from gisgrid.operations.plans.areas import area_faults
from gisgrid.operations.plans.faults import refusal
from gisgrid.operations.plans.images import packed, written
from gisgrid.operations.plans.telling import editable
from gisgrid.operations.plans.unserved import unserved_notes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gisgrid.access import Actor
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.redraw import Grid
    from gisgrid.store import Draft


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """An edit that holds: the drawing after it, and what it did."""

    op: str
    arguments: dict[str, Any]
    drawing: Drawing
    changed: dict[str, Grid]
    removed: tuple[str, ...]
    came_from: dict[str, tuple[str, ...]]
    notes: list[redraw.Note]

    def row(self, before: Drawing) -> dict[str, Any]:
        """As the store keeps it."""
        touched = [c for c in (*self.changed, *self.removed) if c in before.plan]
        # A neighbour that only got a corner comes from itself: nothing is told of it.
        told = {
            code: origins
            for code, origins in self.came_from.items()
            if tuple(origins) != (code,)
            or not redraw.unchanged(before.plan.get(code), self.changed.get(code))
        }
        return {
            "op": self.op,
            "arguments": written(self.arguments),
            "before": packed(before.plan[code] for code in touched),
            "after": packed(self.changed.values()),
            "came_from": json.dumps(told or self.came_from, ensure_ascii=False),
            "notes": notes.kept(self.notes),
        }


def settled(
    desk: Bench,
    actor: Actor,
    row: Draft,
    before: Drawing,
    outcome: redraw.Outcome,
    arguments: dict[str, Any],
    *,
    sees: Callable[[Grid], bool],
) -> Made:
    """An outcome without faults as an edit of the draft. Raises EditRefused.

    sees: which grids a refusal may name.
    """
    drawing = before.after(outcome.plan, outcome.changed, outcome.removed, outcome.came_from)
    touched = (*outcome.changed, *outcome.removed)
    refusal(area_faults(desk, actor, before, outcome.changed, outcome.came_from))
    refusal(trespasses(desk, sees, row, (before, drawing), touched))
    made = Made(
        str(arguments["op"]),
        arguments,
        drawing,
        dict(outcome.changed),
        tuple(outcome.removed),
        dict(outcome.came_from),
        list(outcome.notes),
    )
    made.notes.extend(unserved_notes(desk, before, made))
    return made


def trespasses(
    desk: Bench,
    sees: Callable[[Grid], bool],
    row: Draft,
    steps: tuple[Drawing, Drawing],
    touched: Collection[str],
) -> list[redraw.Fault]:
    """Faults for grids outside the draft's area that an edit would change.

    A corner more on the common edge is no change: the neighbour's ground stays what it was.
    """
    faults = []
    before, after = steps
    was, is_now = editable(desk, row, before), editable(desk, row, after)
    for code in sorted(touched):
        old, new = (plan.get(code) for plan in (before.plan, after.plan))
        if (old is None or was(old)) and (new is None or is_now(new)):
            continue
        if redraw.unchanged(old, new):
            continue
        grid = old if old is not None else after.plan[code]
        shown = (code,) if sees(grid) else ()
        faults.append(redraw.Fault("outside_draft", shown, grid.place(), None, ""))
    return faults
