"""Where on earth the actor's area lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gisgrid.access import Action, Actor, require
from gisgrid.errors import GisgridError
from gisgrid.operations.asked import day_of

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.operations.workspace import Workspace

Bounds = tuple[float, float, float, float]


def extent(
    ws: Workspace, actor: Actor, *, area: str | None = None, as_of: date | None = None
) -> Bounds | None:
    """West, south, east, north (EPSG:4326) of the grids in `area`; None where there is no grid.

    area: an area or grid code, None for all that the actor may see. Raises NotAllowed, UnknownArea.
    """
    require(actor, Action.SEE_FIGURES)
    day = day_of(as_of, ws.today())
    snapshot = ws.snapshot()
    view = snapshot.view(actor.scope, area, day)
    if not view.grids.any():
        return None
    boxes = snapshot.bounds(snapshot.plan_on(day))[: len(view.grids)][view.grids]
    west, south = np.nanmin(boxes[:, :2], axis=0).tolist()
    east, north = np.nanmax(boxes[:, 2:], axis=0).tolist()
    return west, south, east, north


def middle(ws: Workspace, actor: Actor) -> float | None:
    """Longitude in the middle of all that the actor may see; None where there is nothing."""
    try:
        box = extent(ws, actor)
    except GisgridError:
        return None
    return (box[0] + box[2]) / 2 if box else None
