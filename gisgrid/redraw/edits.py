"""The edits: what a planner asks for. Geometries are GeoJSON-like shapely shapes in EPSG:4326."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Point: TypeAlias = "tuple[float, float]"
"""(lon, lat) on the lattice."""

UNCHANGED: Any = object()
"""Stands for a label that an edit leaves as it is (None empties it)."""


@dataclass(frozen=True, slots=True)
class Split:
    """Cut a grid along a line. new_codes: for the new parts, in order of size; else made up."""

    code: str
    line: Any
    new_codes: tuple[str, ...] = ()
    allow_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Merge:
    """Make one grid of several that touch. into: whose code and labels stay; else the first."""

    codes: tuple[str, ...]
    into: str | None = None
    allow_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Reshape:
    """Move, add and remove corners; all grids that share them follow.

    moves: (from, to). insert: (from, to, at): a corner at `at` in the edge between two corners.
    remove: corners. Corners are named by their exact place, as it is before the edit; one that is
    put in may be moved at once.
    """

    moves: tuple[tuple[Point, Point], ...] = ()
    insert: tuple[tuple[Point, Point, Point], ...] = ()
    remove: tuple[Point, ...] = ()
    allow_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """Draw the edge between two grids anew, from border to border of the two together."""

    codes: tuple[str, str]
    line: Any
    allow_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """Give all ground inside an area to one grid."""

    area: Any
    to: str
    allow_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Assign:
    """Give the households inside a lasso to one grid, with the ground around them."""

    lasso: Any
    to: str
    allow_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Grow:
    """Add ground outside the plan to one grid."""

    area: Any
    to: str
    allow_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Trim:
    """Give up the ground of the plan inside an area."""

    area: Any
    allow_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Change the labels of a grid: those that are given."""

    code: str
    name: Any = UNCHANGED
    member: Any = UNCHANGED
    visit_every_days: Any = UNCHANGED
    area_code: Any = UNCHANGED
    allow_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Renumber:
    """Give a grid another code."""

    code: str
    new_code: str
    allow_pieces: bool = False


Edit: TypeAlias = (
    "Split | Merge | Reshape | Course | Transfer | Assign | Grow | Trim | Change | Renumber"
)
