"""Undo and redo of what is stored, compared polygon by polygon as the store gives them back."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from shapely.geometry import Point

from gisgrid.access import CONSOLE
from gisgrid.errors import EditRefused, NoStep
from gisgrid.operations.plans import drafts, editing
from gisgrid.operations.plans.drawing import Drawings
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

from .strokes import CELL, ground_wish, village, wish
from .town import NOW, make, person, town, version

if TYPE_CHECKING:
    from collections.abc import Callable

EDITS, LONG = 50, 400
LABELS = ("name", "member", "visit_every_days", "area_code")
GROUND = ("split", "merge", "transfer", "assign", "reshape", "course", "grow", "trim")
KINDS = {*GROUND, "renumber", *(f"change {label}" for label in LABELS)}
"""All that the API takes."""


def image(plan: Any) -> dict[str, tuple[Any, ...]]:
    """Every grid with its words and the very bytes of its shape."""
    grids = [plan[code] for code in plan.codes()]
    return {
        g.code: (g.name, g.area_code, g.member, g.visit_every_days, g.polygon.wkb) for g in grids
    }


def stored(ws: Workspace, draft: int) -> dict[str, tuple[Any, ...]]:
    """The draft as a process that has just started reads it."""
    return image(Drawings(ws.store).of(drafts.found(ws, CONSOLE, draft)).plan)


def base(ws: Workspace, draft: int) -> dict[str, tuple[Any, ...]]:
    """The plan that the draft builds on, as a process that has just started reads it."""
    return image(Drawings(ws.store).base(drafts.found(ws, CONSOLE, draft).base_revision))


def lasso_wish(chance: random.Random, plan: Any) -> dict[str, Any]:
    """One or two of the town's six households, for a grid near theirs."""
    lon = 105.0025 + chance.randrange(6) / 200
    ring = Point(lon, 35.005).buffer(CELL * chance.uniform(0.1, 0.6), quad_segs=2).exterior
    near = plan.near((lon - CELL, 35.005 - CELL, lon + CELL, 35.005 + CELL))
    lasso = {"type": "Polygon", "coordinates": [[list(p) for p in ring.coords]]}
    return {"op": "assign", "lasso": lasso, "to": chance.choice(near), "allow_pieces": True}


def label_wish(chance: random.Random, plan: Any) -> dict[str, Any]:
    """Another label of a grid, or none."""
    values = {"name": ["新", None], "member": ["王", None], "visit_every_days": [7, 30, None]}
    values |= {"area_code": ["A", "B"]}
    label = chance.choice(LABELS)
    code = chance.choice(plan.codes())
    return {"op": "change", "code": code, label: chance.choice(values[label])}


def any_wish(chance: random.Random, plan: Any, n: int) -> dict[str, Any]:
    """An edit of any kind; those that are refused more often are asked for more often."""
    ways: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: ground_wish(chance, plan),
        lambda: wish(chance, plan, f"m{n}", []),
        lambda: ground_wish(chance, plan),
        lambda: lasso_wish(chance, plan),
        lambda: label_wish(chance, plan),
    )
    return ways[n % len(ways)]()


def drawn(ws: Workspace, draft: int, seed: int, edits: int) -> list[dict[str, tuple[Any, ...]]]:
    """The draft before the first and after each of so many edits, of all kinds among them."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    images, made = [stored(ws, draft)], set()
    for n in range(100 * edits):
        plan = ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan
        asked = any_wish(chance, plan, n)
        kind = kind_of(asked)
        if len(images) > edits // 2 and made != KINDS and kind in made:
            continue  # those first that have not come yet
        try:
            make(ws, draft, **asked)
        except EditRefused:
            continue
        made.add(kind)
        images.append(image(ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan))
        if len(images) > edits:
            break
    assert made == KINDS
    assert len(images) > edits
    return images


def kind_of(asked: dict[str, Any]) -> str:
    """The edit's kind as KINDS has it."""
    (label,) = [label for label in LABELS if label in asked] or [""]
    return f"{asked['op']} {label}".strip()


def restarted(ws: Workspace, url: str) -> Workspace:
    """Another process on the store: it knows what is stored, and nothing else."""
    ws.close()
    return Workspace(Store.open(url), Settings(), lambda: NOW)


def there_and_back(store: Store, url: str, seed: int, edits: int) -> None:
    ws = town(store)
    village(ws)
    ann = person(ws, "Ann")
    draft = drafts.open_draft(ws, ann, name="春")
    begun = base(ws, draft)
    images = drawn(ws, draft, seed, edits)
    last = len(images) - 1
    assert images[0] == begun
    assert stored(ws, draft) == images[-1]
    for step in range(last - 1, -1, -1):
        if step == last // 2:
            ws = restarted(ws, url)
        editing.undo(ws, ann, draft, seen=version(ws, draft))
        assert stored(ws, draft) == images[step], f"undo to step {step}"
    ws = restarted(ws, url)
    assert stored(ws, draft) == base(ws, draft) == begun, "all undone is the plan as it was"
    with pytest.raises(NoStep):
        editing.undo(ws, ann, draft, seen=version(ws, draft))
    for step in range(1, last + 1):
        if step == last // 2:
            ws = restarted(ws, url)
        editing.redo(ws, ann, draft, seen=version(ws, draft))
        assert stored(ws, draft) == images[step], f"redo to step {step}"
    ws = restarted(ws, url)
    assert stored(ws, draft) == images[-1], "all done again is the draft as it was"
    assert base(ws, draft) == begun
    with pytest.raises(NoStep):
        editing.redo(ws, ann, draft, seen=version(ws, draft))
    ws.close()


@pytest.mark.parametrize("seed", range(2))
def test_undo_of_all_random_edits_gives_back_the_plan_to_the_last_coordinate(
    store: Store, store_url: str, seed: int
) -> None:
    there_and_back(store, store_url, seed, EDITS)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_four_hundred_edits_are_undone_and_done_again(store: Store, store_url: str) -> None:
    there_and_back(store, store_url, 2, LONG)
