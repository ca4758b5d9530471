"""Where a draft may be opened: the areas of the scope, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.access import Action, Actor, require
from gisgrid.model import LEVELS

if TYPE_CHECKING:
    from collections.abc import Collection

    from gisgrid.columns import Areas
    from gisgrid.operations.workspace import Workspace


def choices(ws: Workspace, actor: Actor) -> list[dict[str, Any]]:
    """Areas in which the actor may open a draft, each followed by its parts, by code.

    code, name, level, depth (0: nothing above it in the list), above (names of what lies above
    it, outermost first), grids: how many it has in the last plan. Areas without a grid are left
    out; none where there is no plan. Raises NotAllowed.
    """
    require(actor, Action.EDIT_PLAN)
    snapshot = ws.snapshot()
    if not snapshot.plans:
        return []
    plan, tree = snapshot.plans[-1], snapshot.areas
    seen = snapshot.view(actor.scope, None, ws.today(), plan)
    counts = np.bincount(plan.area[seen.grids & (plan.area >= 0)], minlength=len(tree.code))
    for i in range(len(tree.code) - 1, -1, -1):  # parents stand before their children
        if tree.parent[i] >= 0:
            counts[tree.parent[i]] += counts[i]
    wanted = seen.areas & (counts > 0)
    return [
        {
            "code": tree.code[i],
            "name": tree.name[i] or tree.code[i],
            "level": LEVELS[tree.level[i]],
            "depth": len(above),
            "above": [tree.name[j] or tree.code[j] for j in above],
            "grids": int(counts[i]),
        }
        for i, above in _in_order(tree, wanted)
    ]


def _in_order(tree: Areas, wanted: Any) -> list[tuple[int, tuple[int, ...]]]:
    """Each wanted area with those above it that are wanted too, parents first, then by code."""
    below: dict[int, list[int]] = {}
    for i in np.flatnonzero(wanted).tolist():
        parent = int(tree.parent[i])
        below.setdefault(parent if parent >= 0 and wanted[parent] else -1, []).append(i)
    found: list[tuple[int, tuple[int, ...]]] = []
    waiting: list[tuple[int, tuple[int, ...]]] = [(i, ()) for i in reversed(below.get(-1, []))]
    while waiting:
        i, above = waiting.pop()
        found.append((i, above))
        waiting += [(child, (*above, i)) for child in reversed(below.get(i, []))]
    return found


def names(ws: Workspace, codes: Collection[str | None]) -> dict[str, str]:
    """The names of areas, or of grids of the last plan, by code; of those that have one."""
    snapshot, wanted = ws.snapshot(), {code for code in codes if code}
    plans, areas = snapshot.plans[-1:], snapshot.areas
    pairs = [pair for plan in plans for pair in zip(plan.code, plan.name, strict=True)]
    pairs += zip(areas.code, areas.name, strict=True)
    return {code: name for code, name in pairs if code in wanted and name}
