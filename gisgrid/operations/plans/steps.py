"""Steps of a draft in JSON types: what each is about, and where the plan moved under them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gisgrid.operations.plans import notes
from gisgrid.redraw import WORDS, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.redraw import Grid, Plan
    from gisgrid.store import EditRow


def made(edit: EditRow) -> dict[str, Any]:
    """An edit: what it is about, what it did beside, who made it, when."""
    return {
        "step": edit.step,
        "op": edit.op,
        "summary": summary(edit),
        "words": words(edit),
        "notes": notes.told(edit.notes),
        "by": edit.by,
        "at_console": edit.at_console,
        "at": edit.made_at.isoformat(),
    }


def summary(edit: EditRow) -> str:
    """The grids that an edit is about, in no language: G1 → G1, G1-2."""
    came_from: dict[str, list[str]] = json.loads(edit.came_from)
    before = sorted({code for codes in came_from.values() for code in codes})
    after = sorted(came_from)
    named = ", ".join(before)
    return named if before == after else f"{named} → {', '.join(after)}"


def words(edit: EditRow) -> dict[str, Any]:
    """The words that an edit gives a grid: name, member, visit_every_days, area_code."""
    if edit.op != "change":
        return {}
    asked = json.loads(edit.arguments)
    return {word: asked[word] for word in WORDS if word in asked and word != "code"}


def clashes(last: Plan, drawing: Drawing, sees: Callable[[Grid], bool]) -> list[str]:
    """Grids that are seen and that both a draft and plans published since have changed.

    last: the plan that was published last.
    """
    if last is drawing.base:
        return []
    return [
        code
        for code in sorted(drawing.changed())
        if not same(drawing.base.get(code), last.get(code))
        and any(sees(plan[code]) for plan in (drawing.base, last) if code in plan)
    ]


def event(row: dict[str, Any]) -> dict[str, Any]:
    """What happened to a draft, by whom, when."""
    return {
        "version": row["version"],
        "what": row["what"],
        "note": row["note"],
        "by": row["by"],
        "at_console": row["at_console"],
        "at": row["at"].isoformat(),
    }
