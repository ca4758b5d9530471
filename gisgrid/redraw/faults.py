"""What an edit can be refused for, as values: what, which grids, where, how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SENTENCES: dict[str, str] = {
    "apart": "The area does not touch the grid that it is to belong to; draw it up to its border.",
    "code_ended": "This code belonged to a grid that is no more; choose one that was never used.",
    "code_taken": "This code is taken by another grid; choose one that is free.",
    "corner_of_several": "Several grids meet at this corner; move it instead of removing it.",
    "crosses": "The boundary would cross itself here; keep the corner on its own side.",
    "empty": "There is no grid under what was drawn; draw it over the plan.",
    "footprint": "The outer border of the plan would change; draw inside of it.",
    "gap": "There is a gap between grids here.",
    "hole": "The ground given up must lie at the outer border of the plan.",
    "in_pieces": "The grid would fall into pieces; draw differently, or allow it.",
    "led_far": "The line would be led far along the outer border; end it at a corner, or allow it.",
    "line_along_border": "The line runs along an existing border and divides nothing.",
    "line_crosses_itself": "The line crosses itself here; draw it without a loop.",
    "line_ends_inside": "The line ends inside the grid; draw it out over the border.",
    "line_misses": "The line does not cross the grid; draw it from border to border.",
    "no_edge": "There is no edge between these two corners; reload the map and try again.",
    "no_vertex": "There is no corner here any more; reload the map and try again.",
    "not_a_number": "A coordinate of the drawing is not a number; draw it again.",
    "not_neighbours": "These two grids share no edge.",
    "not_touching": "These grids do not touch along an edge; choose grids that lie side by side.",
    "nothing_inside": "No household that would change grids lies inside; draw around some.",
    "nothing_to_do": "Nothing would change.",
    "outside": "This lies far outside the plan; check the coordinates.",
    "overlap": "Grids overlap here.",
    "shape": "The boundary of this grid is not a valid polygon.",
    "sliver": "A strip too small or too narrow to visit would come to be; draw with more room.",
    "tongue": "A tongue too narrow to visit would come to be; draw with more room.",
    "too_close": "The outline passes too close to a household; draw it a little further away.",
    "too_fine": "Lines lie too close together here; draw a little further away.",
    "too_many_points": "The drawing has too many points; draw it more simply.",
    "touch_in_point": "These grids meet in a single point; choose grids that share an edge.",
    "unassigned": "Households inside the footprint lie in no grid.",
    "unequal_edges": "Neighbours do not share the same corners along this edge.",
    "unknown_grid": "There is no such grid in this plan.",
    "vanish": "Nothing would be left of this grid; merge it instead.",
}
"""what -> the sentence that people read."""

MOVED_END = "moved_end"

NOTES: dict[str, str] = {
    MOVED_END: "The line was led to the nearest corner of the outer border.",
    "across_areas": "Ground of another area went along; all of the grid belongs to one area now.",
    "cases_unserved": "Open cases that had a member have none any more.",
    "codes_unused": "More new codes were given than there are new parts; these are not used.",
    "fragments": "Small remains without a household went along.",
    "households_out": "Households would lie outside the plan.",
    "pieces": "A grid lies in several pieces.",
    "slivers_out": "Remains too small or too narrow for a grid were given up too.",
}
"""What people are told of an edit that was made -> the sentence."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why something cannot be.

    what: key of SENTENCES. codes: the grids concerned. place: (lon, lat) to look at, None for no
    place. size: how much, in `unit` (m, m2, grids, households, cases, points, or "" for nothing to
    count).
    """

    what: str
    codes: tuple[str, ...] = ()
    place: tuple[float, float] | None = None
    size: float | None = None
    unit: str = ""

    @property
    def sentence(self) -> str:
        """What people read."""
        return SENTENCES[self.what]


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be told of an edit that was made; fields as in Fault.

    households: rows (into the points given to `apply`) that it is about. area: code of the area
    that it is about.
    """

    what: str
    codes: tuple[str, ...] = ()
    place: tuple[float, float] | None = None
    size: float | None = None
    unit: str = ""
    households: tuple[int, ...] = ()
    area: str | None = None

    @property
    def sentence(self) -> str:
        """What people read."""
        return NOTES[self.what]


def note_to_json(note: Note) -> dict[str, Any]:
    """As answers carry it; without the rows of households."""
    return {
        "what": note.what,
        "sentence": note.sentence,
        "codes": list(note.codes),
        "place": None if note.place is None else list(note.place),
        "size": note.size,
        "unit": note.unit,
        "area": note.area,
    }


class Refused(Exception):
    """Carries faults out of the middle of an edit."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__(", ".join(fault.what for fault in faults))
