"""A sketch that is no partition, mended: overlaps and gaps given to somebody, the ground kept.

All lines are noded on the lattice and every face between them goes to one grid. What
`coverage_clean` cannot know is known here: whose line was moved, and that the outer border must
not move by a hair (cutting.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.corners import same_ground
from gisgrid.redraw.cutting import Border, anchored, joined, lines_of
from gisgrid.redraw.households import inside
from gisgrid.redraw.lattice import array_of
from gisgrid.redraw.returned import Sketch, around
from gisgrid.redraw.slender import slivers

if TYPE_CHECKING:
    from collections.abc import Collection

    from gisgrid.columns import Bools, Ints, Objects
    from gisgrid.redraw.households import Homes
    from gisgrid.redraw.plan import Plan

GAP_M = 50.0
"""A gap narrower than this is closed unless somebody says otherwise."""
_NOBODY = -1
_ROUNDS = 6
"""Of leading corners to the border: each may bring a few others near to it."""


def mend(plan: Plan, mine: Collection[str], made: Sketch, *, gap_m: float = GAP_M) -> Sketch:
    """A sketch without overlaps, and without gaps narrower than gap_m, on the ground of before.

    Where a redrawn grid overlaps one that is as it was, it has the ground; of two redrawn ones
    the one with the longer edge there, and so for slivers. A gap goes to a grid that is as it was,
    where one lies beside it: a line was moved away from there. Ground outside is let go.
    Wider gaps stay: look with `returned.faults`.
    """
    near = around(plan, mine, made)
    if not near:
        return Sketch({c: g for c, g in made.grids.items() if c in plan}, made.labels, made.codes)
    new = [code for code in made.grids if code not in plan]
    codes = [code for code in (*near, *new) if code in made.grids]
    shapes = array_of(
        _mended(shape) for shape in lattice.to_units(array_of(made.grids[c].polygon for c in codes))
    )
    drawn = np.isin(codes, made.redrawn(plan))
    faces = _faces(plan, near, shapes)
    owner = _owners(faces, shapes, drawn)
    _close(faces, owner, drawn, gap_m)
    _absorb(faces, owner, array_of(plan.units([c])[0] if c in plan else None for c in codes))
    grids = {code: grid for code, grid in made.grids.items() if code not in codes}
    for i, code in enumerate(codes):
        shape = joined(faces[owner == i])
        if shape is not None:
            grids[code] = _with(made, plan, code, shape)
    return Sketch(grids, made.labels, made.codes)


def found_alike(raw: Sketch, made: Sketch, homes: Homes) -> bool:
    """Whether people find a mended sketch as it was drawn: nothing but hairs of ground moved.

    A hair is what corners beside an edge bend it by (corners.py), and nobody lives in it.
    """
    if raw.grids.keys() != made.grids.keys():
        return False
    pairs = [(grid.polygon, made.grids[code].polygon) for code, grid in raw.grids.items()]
    moved = [pair for pair in pairs if pair[0] is not pair[1]]
    return all(
        one.is_valid and same_ground(one, other) and _homes_alike(one, other, homes)
        for one, other in moved
    )


def _homes_alike(one: Any, other: Any, homes: Homes) -> bool:
    units = lattice.to_units(array_of([one, other]))
    return bool(np.array_equal(inside(homes, units[0]), inside(homes, units[1])))


def _with(made: Sketch, plan: Plan, code: str, shape: Any) -> Any:
    """The grid with its new shape; the very one it was where nothing moved."""
    known = [plan[code]] if code in plan else []
    for grid in (*known, made.grids[code]):
        (was,) = lattice.to_units(array_of([grid.polygon]))
        if shapely.equals_exact(*shapely.normalize(array_of([was, shape]))):
            return replace(made.grids[code], polygon=grid.polygon)
    return replace(made.grids[code], polygon=lattice.to_degrees(array_of([shape]))[0])


def _mended(shape: Any) -> Any:
    """A valid (multi)polygon of a shape in units."""
    if not shape.is_valid:
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    return shapely.remove_repeated_points(shape)


def _faces(plan: Plan, near: list[str], shapes: Objects) -> Objects:
    """The ground of `near`, divided by all lines of the shapes."""
    border = Border(plan, near, plan.units(near), fixed=True)
    lines = [
        part
        for line in lines_of(shapely.union_all(shapely.boundary(shapes)))
        for part in anchored(line, border, [])
    ]
    noded = _noded(border, lines)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    held: Objects = faces[shapely.intersects(border.whole, shapely.point_on_surface(faces))]
    return held


def _noded(border: Border, lines: list[Any]) -> Any:
    """All lines with a node where they meet; the border stays as it is.

    A line that runs along the border within a unit of it crosses it where there is no point of the
    lattice, and noding bends the border there: the corners that lie so near are led to it first.
    """
    noded = shapely.union_all(array_of([border.line, *lines]), grid_size=1.0)
    for _ in range(_ROUNDS):
        if shapely.covers(noded, border.line):
            break
        led = [_led(line, border) for line in lines_of(shapely.difference(noded, border.line))]
        inner = [line for line in led if line is not None]
        noded = shapely.union_all(array_of([border.line, *inner]), grid_size=1.0)
    return noded


def _led(line: Any, border: Border) -> Any | None:
    """A line whose corners within a unit of the border lie on it; None where nothing is left."""
    points = shapely.get_coordinates(line)
    far = shapely.distance(border.line, shapely.points(points))
    for at in np.flatnonzero((far > 0) & (far < 1)).tolist():
        points[at] = border.anchor(points[at])[0]
    kept = np.append(True, (points[1:] != points[:-1]).any(axis=1))
    return shapely.linestrings(points[kept]) if kept.sum() > 1 else None


def _owners(faces: Objects, shapes: Objects, drawn: Bools) -> Ints:
    """Which shape each face is of; _NOBODY in a gap. Overlaps: see `mend`."""
    face, shape = shapely.STRtree(shapes).query(
        shapely.point_on_surface(faces), predicate="intersects"
    )
    owner = np.full(len(faces), _NOBODY)
    count = np.bincount(face, minlength=len(faces))
    alone = count[face] == 1
    owner[face[alone]] = shape[alone]
    for at in np.flatnonzero(count > 1).tolist():
        among = shape[face == at]
        first = among[drawn[among]] if drawn[among].any() else among
        owner[at] = _longest(faces, owner, at, first.tolist())
    return owner


def _longest(faces: Objects, owner: Ints, at: int, among: list[int]) -> int:
    """Of some shapes the one with the longest edge to a face; the first where none has any."""
    if len(among) == 1:
        return among[0]
    lengths = _edges(faces, owner, at)
    return max(among, key=lambda i: (lengths.get(i, 0.0), -i))


def _edges(faces: Objects, owner: Ints, at: int) -> dict[int, float]:
    """Shape -> the length of the edge that its faces share with a face."""
    outline = faces[at].boundary
    beside = np.flatnonzero(shapely.intersects(faces, outline) & (owner != _NOBODY))
    lengths: dict[int, float] = {}
    for i in beside[beside != at].tolist():
        common = float(shapely.length(shapely.intersection(outline, faces[i].boundary)))
        if common > 0:
            lengths[int(owner[i])] = lengths.get(int(owner[i]), 0.0) + common
    return lengths


def _close(faces: Objects, owner: Ints, drawn: Bools, gap_m: float) -> None:
    """Give the faces of each narrow gap to the shape with the longest edge there.

    One that was not redrawn comes first: who moved a line away meant to leave that ground.
    """
    open_ = np.flatnonzero(owner == _NOBODY)
    if len(open_) == 0:
        return
    gaps = shapely.get_parts(joined(faces[open_]))
    inner = shapely.point_on_surface(faces[open_])
    for gap in gaps[lattice.mean_width(gaps) < gap_m]:
        within = open_[shapely.intersects(gap, inner)]
        lengths: dict[int, float] = {}
        for at in within.tolist():
            for i, length in _edges(faces, owner, at).items():
                lengths[i] = lengths.get(i, 0.0) + length
        if lengths:
            owner[within] = max(lengths, key=lambda i: (not drawn[i], lengths[i], -i))


def _absorb(faces: Objects, owner: Ints, before: Objects) -> None:
    """Give parts of a shape that are too small or too narrow to its neighbour there.

    before: the shapes as they were; what was so small before may stay.
    """
    points = shapely.point_on_surface(faces)
    for i, old in enumerate(before):
        mine = owner == i
        if not mine.any():
            continue
        parts = shapely.get_parts(joined(faces[mine]))
        known = shapely.get_parts(old)
        for part in parts[slivers(parts)]:
            if any(shapely.equals(part, was) for was in known):
                continue
            within = np.flatnonzero(mine & shapely.intersects(part, points))
            lengths: dict[int, float] = {}
            for at in within.tolist():
                for other, length in _edges(faces, owner, at).items():
                    if other != i:
                        lengths[other] = lengths.get(other, 0.0) + length
            if lengths:
                owner[within] = max(lengths, key=lambda j: (lengths[j], -j))
