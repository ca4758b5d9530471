"""What an actor sees of a plan: masks over areas, grids, households and cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gisgrid.coverage import subtree
from gisgrid.errors import UnknownArea
from gisgrid.model import LEVELS

if TYPE_CHECKING:
    from gisgrid.access import Scope
    from gisgrid.columns import Areas, Bools, Ints, Plan

GRID = "grid"


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One area as a scope may see it. Masks have the lengths of the tables they are named for.

    households, cases: what lies in a grid of the view, or names an area of it; at scope "*" and no
    area, also what lies nowhere. places: the same as a mask over coverage.Places.
    path: (code, name, level) from the top of the scope down to what is viewed; empty at the top of
    scope "*" and for a scope whose code names nothing (which sees nothing).
    """

    areas: Bools
    grids: Bools
    households: Bools
    cases: Bools
    places: Bools
    path: list[tuple[str, str, str]]

    @property
    def whole(self) -> bool:
        """Whether everything is in it, also what lies nowhere."""
        return bool(self.places[-1])

    @property
    def level(self) -> str:
        """Level of what is viewed: grid, one of LEVELS, or "" for everything."""
        return self.path[-1][2] if self.path else ""


def view(tree: Areas, plan: Plan, scope: Scope, area: str | None, where: tuple[Ints, Ints]) -> View:
    """The view of `area` (None: all of the scope).

    where: the place of each household and of each case. Raises UnknownArea where the area does not
    exist or lies outside the scope: one answer for both.
    """
    outer = _masks(tree, plan, None if scope.everything else scope.code)
    inner = outer if area is None else _masks(tree, plan, area)
    if area is not None and not (inner.any() and (outer | ~inner).all()):
        raise UnknownArea(area=area)
    grids, areas = len(plan.code), len(tree.code)
    return View(
        areas=inner[grids : grids + areas],
        grids=inner[:grids],
        households=inner[where[0]],
        cases=inner[where[1]],
        places=inner,
        path=_path(tree, plan, scope, area),
    )


def _masks(tree: Areas, plan: Plan, code: str | None) -> Bools:
    """The places of an area or grid; of everything for None; none where the code names nothing."""
    places = np.zeros(len(plan.code) + len(tree.code) + 1, dtype=bool)
    if code is None:
        places[:] = True
        return places
    area, grid = _resolve(tree, plan, code)
    if area >= 0:
        inside = subtree(tree, area)
        places[: len(plan.code)] = (plan.area >= 0) & np.append(inside, False)[plan.area]
        places[len(plan.code) : -1] = inside
    elif grid >= 0:
        places[grid] = True
    return places


def _resolve(tree: Areas, plan: Plan, code: str) -> tuple[int, int]:
    """(area, grid) that a code names, -1 for the other; of both, the area."""
    for i in np.flatnonzero(tree.code == code):
        return int(i), -1
    at = int(np.searchsorted(plan.code, code)) if len(plan.code) else 0
    return -1, at if at < len(plan.code) and plan.code[at] == code else -1


def _path(tree: Areas, plan: Plan, scope: Scope, area: str | None) -> list[tuple[str, str, str]]:
    code = area if area is not None else ("" if scope.everything else scope.code)
    at, grid = _resolve(tree, plan, code) if code else (-1, -1)
    path: list[tuple[str, str, str]] = []
    if grid >= 0:
        path.append((code, plan.name[grid] or code, GRID))
        at = int(plan.area[grid])
        if code == scope.code:
            return path
    while at >= 0:
        path.append((tree.code[at], tree.name[at], LEVELS[tree.level[at]]))
        if tree.code[at] == scope.code:
            break
        at = int(tree.parent[at])
    return path[::-1]
