"""One door for all edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from gisgrid.redraw.settling import Outcome, Wish, settle

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
        return Outcome(plan, faults=refused.faults)
    except (shapely.errors.ShapelyError, OverflowError):
        return Outcome(plan, faults=(Fault("too_fine"),))
