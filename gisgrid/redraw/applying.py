"""One door for all edits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import areas, ground, lasso, lines, merging, reshaping
from gisgrid.redraw.edits import (
    Assign,
    Change,
    Course,
    Grow,
    Merge,
    Renumber,
    Reshape,
    Split,
    Transfer,
    Trim,
)
from gisgrid.redraw.faults import Fault, Refused
from gisgrid.redraw.settling import Outcome, Wish, place_of, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.redraw.edits import Edit
    from gisgrid.redraw.households import Homes
    from gisgrid.redraw.plan import Plan

_DOERS: dict[type, Callable[[Plan, Any, Homes], Wish | Outcome]] = {
    Split: lines.split,
    Course: lines.course,
    Merge: merging.merge,
    Change: merging.change,
    Renumber: merging.renumber,
    Reshape: reshaping.reshape,
    Transfer: areas.transfer,
    Assign: lasso.assign,
    Grow: ground.grow,
    Trim: ground.trim,
}
_DRAWN = ("line", "area", "lasso")
"""What an edit may have drawn."""


def apply(plan: Plan, edit: Edit, homes: Homes) -> Outcome:
    """The plan with one edit done, or the faults for which it is not.

    homes: positions of the households, to choose who keeps a code and whom a lasso holds. The edit
    touches its neighbourhood only and is proved there (settling.py): where the outcome has no
    faults, there is no gap and no overlap and the footprint is what it was, but for Grow and Trim.
    Never raises for anything that a planner can draw.
    """
    try:
        made = _DOERS[type(edit)](plan, edit, homes)
        return settle(plan, made) if isinstance(made, Wish) else made
    except Refused as refused:
        faults = refused.faults
    except (shapely.errors.ShapelyError, OverflowError):
        faults = (Fault("too_fine"),)
    return Outcome(plan, faults=tuple(_placed(plan, edit, fault) for fault in faults))


def _placed(plan: Plan, edit: Edit, fault: Fault) -> Fault:
    """A fault with a place to look at: its own, else of its grids, else where the edit was drawn.

    A grid that is not there has none.
    """
    if fault.place is not None or fault.what == "unknown_grid":
        return fault
    codes = [code for code in fault.codes if code in plan]
    place = place_of(plan.units(codes[:1])[0]) if codes else _drawn_at(edit)
    return replace(fault, place=place)


def _drawn_at(edit: Edit) -> tuple[float, float] | None:
    """A point of what was drawn; None where nothing was, or nothing that lies anywhere."""
    shape = next((getattr(edit, n) for n in _DRAWN if getattr(edit, n, None) is not None), None)
    points = shapely.get_coordinates(shape) if shape is not None else np.empty((0, 2))
    if isinstance(edit, Reshape):
        points = np.array([*(p for two in edit.moves for p in two), *edit.remove], dtype=np.float64)
        points = points.reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    return None if len(points) == 0 else (float(points[0, 0]), float(points[0, 1]))
