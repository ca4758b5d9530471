"""Open cases that would be nobody's: they had a member who answers, and would have none."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from gisgrid.errors import CasesUnserved
from gisgrid.operations.plans.drawing import Drawing
from gisgrid.operations.plans.faults import fault_json
from gisgrid.operations.plans.shown import PAGE_ROWS, Effect
from gisgrid.redraw import Fault, Note

if TYPE_CHECKING:
    from gisgrid.access import Actor
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.making import Made

UNSERVED = "cases_unserved"


def unserved_notes(desk: Bench, before: Drawing, made: Made) -> list[Note]:
    """A note for each grid in which an edit leaves open cases without a member."""
    # Most edits cannot: they give up no ground, and all that they change has a member, or comes
    # from where there was none.
    if made.op != "trim" and not any(
        _member(before, code)
        for changed, grid in made.changed.items()
        if not grid.member
        for code in (changed, *made.came_from.get(changed, ()))
    ):
        return []
    after = made.drawing
    codes = {*made.changed, *made.removed}
    rows = Effect(desk, before, after, codes, None).unserved()
    return [Note(UNSERVED, (c,), p, float(n), "cases") for c, p, n in _by_grid(rows, before, after)]


def _member(drawing: Drawing, code: str) -> str | None:
    grid = drawing.plan.get(code)
    return None if grid is None else grid.member


def check_served(desk: Bench, actor: Actor, drawing: Drawing, *, allowed: bool) -> int:
    """How many open cases a draft takes their member from. Raises CasesUnserved unless allowed.

    Cases that had none in the plan before are not the draft's doing. Named are those within the
    actor's scope.
    """
    begun = Drawing.begun(drawing.base, drawing.revision)
    rows = Effect(desk, begun, drawing, drawing.changed(), None).unserved()
    if rows and not allowed:
        sees = desk.sees(actor, begun)
        seen = [row for row in rows if sees(begun.plan[row["from"]])]
        found = _by_grid(seen, begun, drawing)
        raise CasesUnserved(
            count=len(rows),
            codes=[code for code, _, _ in found],
            cases=[row["id"] for row in seen[:PAGE_ROWS]],
            faults=[fault_json(Fault(UNSERVED, (c,), p, float(n), "cases")) for c, p, n in found],
        )
    return len(rows)


def _by_grid(
    rows: list[dict[str, Any]], before: Drawing, after: Drawing
) -> list[tuple[str, tuple[float, float], int]]:
    """Code, place and count by the grid that cases lie in, else by that in which they lay."""
    found = []
    for code, count in sorted(Counter(row["to"] or row["from"] for row in rows).items()):
        grid = after.plan[code] if code in after.plan else before.plan[code]
        found.append((code, grid.place(), count))
    return found
