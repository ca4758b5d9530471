"""The answer to a change of a draft: the grids that are new on the map, and its effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisgrid import redraw
from gisgrid.coverage import subtree
from gisgrid.operations.plans.drawing import Drawing
from gisgrid.operations.plans.shown import Effect, features

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gisgrid.access import Actor
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.shown import Sees
    from gisgrid.redraw import Grid
    from gisgrid.store import Draft


def editable(desk: Bench, row: Draft, drawing: Drawing) -> Callable[[Grid], bool]:
    """Whether a grid may be changed in a draft: it lies in the draft's area."""
    if row.area_code is None:
        return lambda _grid: True
    areas = desk.snapshot.areas
    roots = [i for i, code in enumerate(areas.code) if code == row.area_code]
    if not roots:  # the area is a single grid, and what was made of it
        return lambda grid: drawing.origins_of(grid.code) == (row.area_code,)
    inside = frozenset(areas.code[subtree(areas, roots[0])])
    return lambda grid: grid.area_code in inside


def on_map(
    desk: Bench,
    row: Draft,
    drawing: Drawing,
    grids: Sequence[Grid],
    counts: dict[str, tuple[int, ...]],
) -> list[dict[str, Any]]:
    """Grids of a draft as features for the map, each with what may be done with it."""
    return features(
        grids,
        counts,
        desk.areas,
        editable=editable(desk, row, drawing),
        changed=drawing.redrawn,
        names=desk.area_names,
    )


def answer(
    desk: Bench,
    actor: Actor,
    row: Draft,
    op: str,
    before: Drawing,
    after: Drawing,
    notes: list[Any],
    *,
    whole: bool = False,
) -> dict[str, Any]:
    """What an edit, an undo and a redo answer: the draft as it is, and what was done.

    whole: tell the effect of all edits that count, not of the step.
    """
    sees = (desk.sees(actor, before), desk.sees(actor, after))
    differing = between(before, after)
    touched = seen_of(differing, (before, after), sees)
    start = Drawing.begun(after.base, after.revision) if whole else before
    looks = (desk.sees(actor, start), sees[1])
    effect = Effect(desk, start, after, between(start, after) if whole else differing, looks)
    grids = [after.plan[code] for code in sorted(touched) if code in after.plan]
    counts = effect.counts()
    # An undo may have brought a grid back to what the effect of the whole draft leaves out.
    counts |= desk.counts(after, [grid.code for grid in grids if grid.code not in counts])
    return {
        "version": row.version,
        "step": row.step,
        "steps": row.steps,
        "can_undo": row.step > 0,
        "can_redo": row.step < row.steps,
        "op": op,
        # A neighbour that only got a corner is among them, so that the map has it too.
        "changed": on_map(desk, row, after, grids, counts),
        "removed": sorted(code for code in touched if code not in after.plan),
        "effect_of": "draft" if whole else "step",
        "impact": effect.to_json(),
        "notes": [redraw.note_to_json(note) for note in notes],
    }


def seen_of(codes: Iterable[str], drawings: tuple[Drawing, Drawing], sees: Sees) -> set[str]:
    """Those of some codes that are seen in one of two drawings."""
    return {
        code
        for code in codes
        if any(
            code in drawing.plan and look(drawing.plan[code])
            for drawing, look in zip(drawings, sees, strict=True)
        )
    }


def between(before: Drawing, after: Drawing) -> set[str]:
    """Codes in which two drawings differ; quickly where they build on one base."""
    if before.base is not after.base:
        sides = ({code: d.plan[code] for code in d.plan.codes()} for d in (before, after))
        return redraw.differing(*sides)
    codes = before.plan.apart(after.plan)
    if codes is None:  # one of the two was given a base of its own
        codes = {*before.origins, *before.gone, *after.origins, *after.gone}
    return {code for code in codes if not redraw.same(before.plan.get(code), after.plan.get(code))}
