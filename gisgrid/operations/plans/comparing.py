"""Two drafts side by side, or a draft and the last plan: moved ground, figures, hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisgrid import redraw
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.drafts import found, latest_revision
from gisgrid.operations.plans.shown import Effect, geometry
from gisgrid.operations.plans.telling import between, seen_of

if TYPE_CHECKING:
    from gisgrid.access import Actor
    from gisgrid.operations.workspace import Workspace

MOVED_MOST = 5000


def compare(ws: Workspace, actor: Actor, draft: int, other: int | None = None) -> dict[str, Any]:
    """A draft against another one, or (None) against the last published plan.

    before is the other, after is the draft. Returns moved (a FeatureCollection of the ground that
    changes hands, with from, to and area_km2), grids (figures before and after, as an edit's
    impact), households and cases that change hands. Only what lies within the scope. Raises
    NotAllowed, UnknownDraft.
    """
    row = found(ws, actor, draft)
    desk = bench(ws)
    after = ws.drawings.of(row)
    if other is None:
        before = ws.drawings.at(latest_revision(ws), None)
    else:
        before = ws.drawings.of(found(ws, actor, other))
    sees = (desk.sees(actor, before), desk.sees(actor, after))
    codes = between(before, after)
    touched = seen_of(codes, (before, after), sees)
    effect = Effect(desk, before, after, codes, sees)
    moved = redraw.compare(before.plan, after.plan, codes)
    ground = [(a or None, b or None, shape) for a, b, shape in moved if {a, b} & touched]
    return {
        "draft": draft,
        "with": "plan" if other is None else other,
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
        **effect.hands(MOVED_MOST),
    }
