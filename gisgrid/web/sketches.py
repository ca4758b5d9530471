"""The drawings of an import: what changes where, each overlap, candidates over the outline."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.frames import metres_apart
from gisgrid.maps.sketch import Bounds, Sketch, sketch

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.errors import CrsChoice
    from gisgrid.operations.importing_picture import Overlap, Picture

_WIDER = 0.6
"""Of an overlap: how much of its size is shown around it."""
MOST_MARKS = 200
"""Grids that are marked one by one; of more the colour is enough."""
MOST_GAPS = 12
"""Holes that are drawn one by one; the report lists more."""
_SMALL, _AROUND, _LEAST_DEGREES = 0.4, 0.3, 0.002
"""What is smaller than this share of the county is shown near, with that much around it."""


def told(seen: Picture) -> dict[str, Any]:
    """All drawings of a look at a file, in JSON types."""
    home = _home(seen)
    near = _touched(seen)
    first = overview(seen, near or home)
    whole = overview(seen, home) if near else None
    return {
        "overview": first and asdict(first),
        "whole": whole and asdict(whole),
        "counts": {kind: len(what) for kind, what in (*seen.shapes, *seen.points)},
        "away": away(seen, home) if first and home else 0,
        "overlaps": [
            {"a": each.a, "b": each.b, "area_m2": each.area_m2, "sketch": near and asdict(near)}
            for each, near in overlaps(seen)
        ],
        "gaps": [near and asdict(near) for near in map(_gap(seen), seen.holes[:MOST_GAPS])],
        **(choice(seen.choice) if seen.choice is not None else {}),
    }


def choice(err: CrsChoice) -> dict[str, Any]:
    """The candidates of a coordinate system: code, drawing, share, metres from the first."""
    drawn = [(code, candidate(err, code)) for code in err.points]
    first = next(iter(err.points.values()), None)
    return {
        "candidates": [
            (code, asdict(each[0]), each[1], _apart(first, err.points[code]))
            for code, each in drawn
            if each
        ]
    }


def _apart(one: Any, two: Any) -> int:
    """Metres that lie between the places of the same rows under two systems, in the middle."""
    return round(float(np.nanmedian(metres_apart(*one.T, *two.T))))


def overview(seen: Picture, box: Bounds | None) -> Sketch | None:
    """What is on record, and what the file would change in it. box: what is seen; None for all."""
    if not seen.shapes and not seen.points:
        return None
    shapes = [("known", seen.known), *seen.shapes, ("gap", _array(seen.holes))]
    shapes.append(("overlap", _shared(seen)))
    points = [*seen.points, *_marks(seen)]
    points += [("repaired", np.array(seen.repaired))] if seen.repaired else []
    if box is not None:  # what lies outside would only make the page long
        shapes = [(kind, _within(each, box)) for kind, each in shapes]
    return sketch(shapes, points, bounds=box)


def _shared(seen: Picture) -> Any:
    return _array(overlap.shared for overlap in seen.overlaps)


def _within(shapes: Any, box: Bounds) -> Any:
    every = np.asarray(shapes, dtype=object)
    return every[shapely.intersects(every, shapely.box(*box))]


def _marks(seen: Picture) -> list[tuple[str, Any]]:
    """A mark within each grid that changes, while they are few: it is seen from afar as well."""
    marked = [(kind, each) for kind, each in seen.shapes if kind != "file"]
    if sum(len(each) for _, each in marked) > MOST_MARKS:
        return []
    return [
        (kind, shapely.get_coordinates(shapely.point_on_surface(each))) for kind, each in marked
    ]


def _home(seen: Picture) -> Bounds | None:
    """Around the county, where most positions lie and some so far away that nothing is seen."""
    if not len(seen.known) or not seen.points:
        return None
    around = _wider(shapely.total_bounds(seen.known).tolist(), 1.0)
    far = away(seen, around)
    near = _wider(shapely.total_bounds(seen.known).tolist(), _AROUND)
    return near if 0 < far <= sum(len(at) for _, at in seen.points) / 2 else None


def _wider(box: list[float], share: float) -> Bounds:
    west, south, east, north = box
    more = share * max(east - west, north - south)
    return west - more, south - more, east + more, north + more


def away(seen: Picture, box: Bounds) -> int:
    """How many positions lie outside a box."""
    outside = [((at < box[:2]) | (at > box[2:])).any(axis=1).sum() for _, at in seen.points]
    return int(sum(outside))


def _touched(seen: Picture) -> Bounds | None:
    """Around what is touched, where that is a small part of the county; else None, all of it.

    Rows that stay as they are touch nothing; where there is nothing else, they are looked at.
    """
    shared = _shared(seen)
    points = [at for kind, at in seen.points if kind != "file"] or [at for _, at in seen.points]
    drawn = (each for kind, each in seen.shapes if kind != "file" and len(each))
    boxes = [shapely.total_bounds(each) for each in drawn]
    boxes += [np.concatenate([at.min(axis=0), at.max(axis=0)]) for at in points]
    boxes += [shapely.total_bounds(shared)] if len(shared) else []
    # Of nothing at all shapely finds no bounds, and raises.
    whole = shapely.total_bounds(seen.known) if len(seen.known) else np.full(4, np.nan)
    if not boxes or not np.isfinite(whole).all():
        return None
    each = np.array(boxes)
    west, south = each[:, :2].min(axis=0).tolist()
    east, north = each[:, 2:].max(axis=0).tolist()
    if max(east - west, north - south) > _SMALL * max(whole[2] - whole[0], whole[3] - whole[1]):
        return None
    more = max(_LEAST_DEGREES, _AROUND * max(east - west, north - south))
    return west - more, south - more, east + more, north + more


def overlaps(seen: Picture) -> list[tuple[Overlap, Sketch | None]]:
    """Each overlap with its two grids, seen near enough to judge it."""
    return [(each, _near(each)) for each in seen.overlaps]


def _gap(seen: Picture) -> Callable[[Any], Sketch | None]:
    """Draws a hole of a plan, near enough to judge it."""
    grids = np.concatenate([seen.known, *(each for kind, each in seen.shapes if kind != "gone")])

    def draw(hole: Any) -> Sketch | None:
        west, south, east, north = shapely.bounds(hole).tolist()
        more = max(east - west, north - south) * _WIDER
        box = (west - more, south - more, east + more, north + more)
        here = grids[shapely.STRtree(grids).query(shapely.box(*box), predicate="intersects")]
        return sketch([("file", here), ("gap", _array([hole]))], bounds=box)

    return draw


def _near(overlap: Overlap) -> Sketch | None:
    west, south, east, north = shapely.bounds(overlap.shared).tolist()
    more = max(east - west, north - south) * _WIDER
    return sketch(
        [
            ("one", _array([overlap.one])),
            ("two", _array([overlap.two])),
            ("overlap", _array([overlap.shared])),
        ],
        bounds=(west - more, south - more, east + more, north + more),
    )


def candidate(err: CrsChoice, code: str) -> tuple[Sketch, int] | None:
    """Positions of a file, were they in a system, over the grids on record.

    And how many of 100 lie in one of them, -1 where there are no grids. None where there is
    nothing to draw.
    """
    known: Any = np.asarray(err.known, dtype=object)
    # The same piece for all of them, so that what they differ by can be seen.
    every = np.concatenate(list(err.points.values()))
    west, south = np.nanmin(every, axis=0).tolist()
    east, north = np.nanmax(every, axis=0).tolist()
    more = max(_LEAST_DEGREES, _AROUND * max(east - west, north - south))
    box = (west - more, south - more, east + more, north + more)
    drawn = sketch([("known", known)], [("here", err.points[code])], bounds=box)
    if drawn is None:
        return None
    at = err.points[code]
    if not len(known):
        return drawn, -1
    inside = shapely.STRtree(known).query(shapely.points(at), predicate="intersects")[0]
    return drawn, round(100 * len(np.unique(inside)) / len(at))


def _array(shapes: Any) -> Any:
    listed = list(shapes)
    made = np.full(len(listed), None, dtype=object)
    made[:] = listed
    return made
