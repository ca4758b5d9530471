"""Undo and redo of what is stored, compared polygon by polygon as the store gives them back."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE
from gisgrid.errors import EditRefused
from gisgrid.operations.plans import drafts, editing
from gisgrid.operations.plans.drawing import Drawings

from .strokes import ground_wish, village, wish
from .town import make, person, town, version

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Store

EDITS = 60
KINDS = {"split", "merge", "transfer", "reshape", "course", "change", "renumber", "grow", "trim"}


def image(plan: Any) -> dict[str, tuple[Any, ...]]:
    """Every grid with its words and the very bytes of its shape."""
    grids = [plan[code] for code in plan.codes()]
    return {
        g.code: (g.name, g.area_code, g.member, g.visit_every_days, g.polygon.wkb) for g in grids
    }


def stored(ws: Workspace, draft: int) -> dict[str, tuple[Any, ...]]:
    """The draft as a process that has just started reads it."""
    return image(Drawings(ws.store).of(drafts.found(ws, CONSOLE, draft)).plan)


@pytest.mark.parametrize("seed", range(2))
def test_undo_of_all_random_edits_gives_back_the_plan_to_the_last_coordinate(
    store: Store, seed: int
) -> None:
    ws = town(store)
    village(ws)
    chance = random.Random(seed)  # noqa: S311 - not a secret
    ann = person(ws, "Ann")
    draft = drafts.open_draft(ws, ann, name="春")
    images, made = [stored(ws, draft)], set()
    for n in range(40 * EDITS):
        plan = ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan
        asked = wish(chance, plan, f"m{n}", []) if n % 2 else ground_wish(chance, plan)
        try:
            make(ws, draft, **asked)
        except EditRefused:
            continue
        made.add(asked["op"])
        images.append(image(ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan))
        if len(images) > EDITS:
            break
    assert len(images) > EDITS
    assert made >= KINDS
    assert stored(ws, draft) == images[-1]
    for step in range(EDITS - 1, -1, -1):
        editing.undo(ws, ann, draft, seen=version(ws, draft))
        assert stored(ws, draft) == images[step], f"undo to step {step}"
    for step in range(1, EDITS + 1):
        editing.redo(ws, ann, draft, seen=version(ws, draft))
        assert stored(ws, draft) == images[step], f"redo to step {step}"
