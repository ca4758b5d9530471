"""A plan that fills other ground than the one before: only where its edits were drawn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely

from gisgrid.redraw import Fault, lattice
from gisgrid.redraw.cutting import SNAP
from gisgrid.redraw.settling import place_of
from gisgrid.redraw.slender import slivers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gisgrid.store import EditRow

OPS = ("grow", "trim")
"""The edits that move the footprint, each within the area that it names."""
_HAIR = 1.0
"""Half the width, in lattice units, below which ground is an edge that bends at a new corner."""
_LED = SNAP / 2 + 2.0
"""The same beside what was drawn: a line that ends near a corner of the border is led to it."""


def widens(edits: Iterable[EditRow]) -> bool:
    """Whether a draft moves the footprint: by drawing, by a repair or by a reverse."""
    return any(edit.op in OPS or json.loads(edit.arguments).get("footprint") for edit in edits)


def strayed(was: Any, now: Any, edits: Sequence[EditRow]) -> list[Fault]:
    """Ground that came or went beyond the areas that grow and trim name.

    was, now: footprints, EPSG:4326. Worked out from these alone, not from what the edits did. A
    sliver beside such an area may go along (a trim says so in a note), and so may what lies between
    the end of a line and the corner to which it was led.
    Nothing is said where a draft has a repair or a reverse that moves the footprint: they name no
    area.
    """
    asked = [(edit.op, json.loads(edit.arguments)) for edit in edits]
    areas = [
        shapely.from_geojson(json.dumps(arguments["area"])) for op, arguments in asked if op in OPS
    ]
    if not areas or any(arguments.get("footprint") for _, arguments in asked):
        return []
    old, new, drawn = lattice.made_valid(
        lattice.to_units(lattice.array_of([was, now, shapely.union_all(areas)]))
    )
    moved = shapely.symmetric_difference(old, new)
    beyond = shapely.difference(moved, shapely.buffer(drawn, _HAIR))
    parts = shapely.get_parts(beyond)
    parts = parts[~shapely.is_empty(shapely.buffer(parts, -_HAIR))]
    beside = shapely.dwithin(parts, drawn, 2 * _HAIR)
    led = shapely.is_empty(shapely.buffer(parts, -_LED))
    along = beside & (led | (slivers(parts) & shapely.intersects(old, parts)))
    return [Fault("footprint", (), place_of(part)) for part in parts[~along]]
