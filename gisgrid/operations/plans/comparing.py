"""Two drafts side by side, or a draft and the last plan: moved ground, figures, hands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely

from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.drafts import found, latest_revision
from gisgrid.operations.plans.editing import between
from gisgrid.operations.plans.images import differing
from gisgrid.operations.plans.shown import Effect

if TYPE_CHECKING:
    from gisgrid.access import Actor
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Plan

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
    sees = [desk.sees(actor, drawing) for drawing in (before, after)]
    touched = {
        code
        for code in _differing(before, after)
        if any(
            code in drawing.plan and look(drawing.plan[code])
            for drawing, look in zip((before, after), sees, strict=True)
        )
    }
    effect = Effect(desk.ground, desk.areas, before.plan, after.plan, touched)
    ground = moved_ground(before.plan, after.plan, touched)
    return {
        "draft": draft,
        "with": "plan" if other is None else other,
        "moved": {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": json.loads(shapely.to_geojson(shape)),
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


def moved_ground(
    before: Plan, after: Plan, touched: set[str]
) -> list[tuple[str | None, str | None, Any]]:
    """(from, to, shape) of the ground that lies in another grid afterwards; None for no grid."""
    old = {code: before[code].polygon for code in sorted(touched) if code in before}
    new = {code: after[code].polygon for code in sorted(touched) if code in after}
    found: list[tuple[str | None, str | None, Any]] = []
    tree, codes = shapely.STRtree(list(old.values())), list(old)
    for to, shape in new.items():
        for row in sorted(tree.query(shape, predicate="intersects").tolist()):
            if codes[row] != to:
                parts = _ground(shape.intersection(old[codes[row]]))
                found += [(codes[row], to, part) for part in parts]
    lost, added = (_outside(side, other) for side, other in ((old, new), (new, old)))
    found += [(code, None, part) for code, part in lost]
    found += [(None, code, part) for code, part in added]
    return found


def _outside(side: dict[str, Any], other: dict[str, Any]) -> list[tuple[str, Any]]:
    """(code, shape) of the ground of `side` that `other` does not fill."""
    whole, rest = (shapely.union_all(list(shapes.values())) for shapes in (side, other))
    if not _ground(whole.difference(rest)):
        return []
    parts = [(code, _ground(shape.difference(rest))) for code, shape in side.items()]
    return [(code, part) for code, found in parts for part in found]


def _ground(shape: Any) -> list[Any]:
    """What of an overlay is ground: its polygons, as one shape."""
    parts = [part for part in shapely.get_parts(shape) if part.area > _HAIR]
    return [parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)] if parts else []


_HAIR = 1e-12
"""Square degrees: a hundredth of a square metre, which an overlay may leave by rounding."""


def _differing(before: Drawing, after: Drawing) -> set[str]:
    """Codes in which two drawings differ; quickly where they build on one base."""
    if before.base is after.base:
        return between(before, after)
    sides = ({code: d.plan[code] for code in d.plan.codes()} for d in (before, after))
    return differing(*sides)
