"""A draft held against a plan, another draft or itself: moved ground, figures, hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisgrid import redraw
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.drafts import found
from gisgrid.operations.plans.revisions import state_of
from gisgrid.operations.plans.shown import PAGE_ROWS, Effect, geometry
from gisgrid.operations.plans.telling import between, seen_of

if TYPE_CHECKING:
    from gisgrid.access import Actor
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Draft

PLAN, LAST, BASE, STEP = "plan", "last", "base", "step"
SIDES = (PLAN, LAST, BASE, STEP)
"""What a draft is held against beside another draft: the plan in force today, the last published
one (its day may still come), the one that it builds on, and itself before its last step."""


def compare(
    ws: Workspace,
    actor: Actor,
    draft: int,
    other: int | str = PLAN,
    *,
    most: int | None = PAGE_ROWS,
) -> dict[str, Any]:
    """A draft against another one (its number), or one of SIDES.

    before is the other, after is the draft. Returns plan (revision, valid_from, state; None where
    it is not held against a published plan), moved (a FeatureCollection of the ground that
    changes hands, with from, to and area_km2), grids (figures before and after, as an edit's
    impact), households and cases that change hands, the first `most` (None: all) of them one by
    one. Only what lies within the scope. Raises NotAllowed, UnknownDraft.
    """
    row = found(ws, actor, draft)
    desk = bench(ws)
    before, after = _held_against(ws, actor, row, other), ws.drawings.of(row)
    sees = (desk.sees(actor, before), desk.sees(actor, after))
    codes = between(before, after)
    touched = seen_of(codes, (before, after), sees)
    effect = Effect(desk, before, after, codes, sees)
    moved = redraw.compare(before.plan, after.plan, codes)
    ground = [(a or None, b or None, shape) for a, b, shape in moved if {a, b} & touched]
    return {
        "draft": draft,
        "version": row.version,
        "with": other,
        "plan": _plan(ws, before.revision) if other in (PLAN, LAST, BASE) else None,
        "moved": {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": geometry(shape),
                    "properties": {
                        "from": a,
                        "to": b,
                        "area_km2": round(desk.areas.km2_of(shape), 6),
                    },
                }
                for a, b, shape in ground
            ],
        },
        "grids": effect.grids(),
        **effect.hands(most),
    }


def moved(
    ws: Workspace, actor: Actor, draft: int, what: str, other: int | str = PLAN, *, page: int = 1
) -> dict[str, Any]:
    """A page of all that changes hands in a comparison: what is "households" or "cases".

    Returns draft, version, with, what, total, page, pages, next (None on the last), and rows
    ({id, from, to}, by id). Raises as `compare`.
    """
    row = found(ws, actor, draft)
    desk = bench(ws)
    before, after = _held_against(ws, actor, row, other), ws.drawings.of(row)
    sees = (desk.sees(actor, before), desk.sees(actor, after))
    effect = Effect(desk, before, after, between(before, after), sees)
    told = effect.hands(PAGE_ROWS, page)[what]
    return {
        "draft": draft,
        "version": row.version,
        "with": other,
        "what": what,
        "total": told["count"],
        "page": page,
        "pages": max(1, -(-told["count"] // PAGE_ROWS)),
        "next": told["next"],
        "rows": told["moved"],
    }


def _held_against(ws: Workspace, actor: Actor, row: Draft, other: int | str) -> Drawing:
    """The drawing that a draft is held against."""
    if isinstance(other, int):
        return ws.drawings.of(found(ws, actor, other))
    if other == STEP:
        before = None if row.head is None else ws.store.edit(row.head).parent_id
        return ws.drawings.at(row.base_revision, before)
    snapshot = ws.snapshot()
    revision = row.base_revision if other == BASE else snapshot.plans[-1].revision
    if other == PLAN:  # before the first day of all: the plan that is to come
        revision = snapshot.plan_on(ws.today()).revision or revision
    return ws.drawings.at(revision, None)


def _plan(ws: Workspace, revision: int) -> dict[str, Any]:
    """How a published plan stands today."""
    (row,) = ws.store.published(revision)
    day = None if row.valid_from is None else row.valid_from.isoformat()
    return {"revision": revision, "valid_from": day, "state": state_of(ws, row)}
