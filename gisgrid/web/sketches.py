"""The drawings of an import: what changes where, each overlap, candidates over the outline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.maps.sketch import Sketch, sketch

if TYPE_CHECKING:
    from gisgrid.errors import CrsChoice
    from gisgrid.operations.importing_picture import Overlap, Picture

_WIDER = 0.6
"""Of an overlap: how much of its size is shown around it."""


def overview(seen: Picture) -> Sketch | None:
    """All that is on record, and what the file would change in it."""
    if not seen.shapes and not seen.points:
        return None
    shared = _array(overlap.shared for overlap in seen.overlaps)
    shapes = [("known", seen.known), *seen.shapes, ("overlap", shared)]
    return sketch(shapes, seen.points)


def overlaps(seen: Picture) -> list[tuple[Overlap, Sketch | None]]:
    """Each overlap with its two grids, seen near enough to judge it."""
    return [(each, _near(each)) for each in seen.overlaps]


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


def candidate(err: CrsChoice, code: str) -> Sketch | None:
    """Positions of a file, were they in a system, over the grids on record."""
    known: Any = np.asarray(err.known, dtype=object)
    return sketch([("known", known)], [("file", err.points[code])])


def _array(shapes: Any) -> Any:
    listed = list(shapes)
    made = np.full(len(listed), None, dtype=object)
    made[:] = listed
    return made
