"""The edits: what a planner asks for. Geometries are GeoJSON-like shapely shapes in EPSG:4326."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Point: TypeAlias = "tuple[float, float]"
"""(lon, lat) on the lattice."""

UNCHANGED: Any = object()
"""Stands for a label that an edit leaves as it is (None empties it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowing:
    """What a planner allows in any edit.

    allow_pieces: a grid may fall into pieces. allow_led: an end of a line may be led further along
    the outer border than cutting.LED_MOST_M.
    """

    allow_pieces: bool = False
    allow_led: bool = False


@dataclass(frozen=True, slots=True)
class _Ground(Allowing):
    """Ground inside an area, and the grid that it is about."""

    area: Any
    to: str


@dataclass(frozen=True, slots=True)
class Split(Allowing):
    """Cut a grid along a line. new_codes: for the new parts, in order of size; else made up."""

    code: str
    line: Any
    new_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge(Allowing):
    """Make one grid of several that touch. into: whose code and labels stay; else the first."""

    codes: tuple[str, ...]
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Reshape(Allowing):
    """Move, add and remove corners; all grids that share them follow.

    moves: (from, to). insert: (from, to, at): a corner at `at` in the edge between two corners.
    remove: corners. Corners are named by their exact place, as it is before the edit; one that is
    put in may be moved at once.
    """

    moves: tuple[tuple[Point, Point], ...] = ()
    insert: tuple[tuple[Point, Point, Point], ...] = ()
    remove: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Course(Allowing):
    """Draw the edge between two grids anew, from border to border of the two together."""

    codes: tuple[str, str]
    line: Any


@dataclass(frozen=True, slots=True)
class Transfer(_Ground):
    """Give all ground inside an area to one grid."""


@dataclass(frozen=True, slots=True)
class Assign(Allowing):
    """Give the households inside a lasso to one grid, with the ground around them."""

    lasso: Any
    to: str


@dataclass(frozen=True, slots=True)
class Grow(_Ground):
    """Add ground outside the plan to one grid."""


@dataclass(frozen=True, slots=True)
class Trim(Allowing):
    """Give up the ground of the plan inside an area."""

    area: Any


@dataclass(frozen=True, slots=True)
class Change(Allowing):
    """Change the labels of a grid: those that are given."""

    code: str
    name: Any = UNCHANGED
    member: Any = UNCHANGED
    visit_every_days: Any = UNCHANGED
    area_code: Any = UNCHANGED


@dataclass(frozen=True, slots=True)
class Renumber(Allowing):
    """Give a grid another code."""

    code: str
    new_code: str


Edit: TypeAlias = (
    "Split | Merge | Reshape | Course | Transfer | Assign | Grow | Trim | Change | Renumber"
)
