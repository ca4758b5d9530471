"""Redrawing a plan, as geometry: a plan and an edit in, a new plan or faults out.

Pure: no files, no clock, no chance, no database. See docs/redraw.md.
"""

from gisgrid.errors import BadEdit
from gisgrid.redraw.applying import apply
from gisgrid.redraw.checking import Bare, bare_ground, check_plan, footprint
from gisgrid.redraw.comparing import (
    WORDS,
    compare,
    differing,
    same,
    same_words,
    sharing,
    sources,
    unchanged,
    words_of,
)
from gisgrid.redraw.corners import same_ground
from gisgrid.redraw.edits import (
    Assign,
    Change,
    Course,
    Edit,
    Grow,
    Merge,
    Renumber,
    Reshape,
    Split,
    Transfer,
    Trim,
)
from gisgrid.redraw.faults import NOTES, SENTENCES, Fault, Note, note_to_json
from gisgrid.redraw.households import NOWHERE, Homes, Points, local
from gisgrid.redraw.plan import Grid, Plan
from gisgrid.redraw.reading import edit_from_json, edit_to_json
from gisgrid.redraw.repairing import Proposal, repair
from gisgrid.redraw.settling import LED_MOST_M, Outcome
from gisgrid.redraw.slender import LEAST_M2, LEAST_WIDTH_M, TONGUE_M

__all__ = [
    "LEAST_M2",
    "LEAST_WIDTH_M",
    "LED_MOST_M",
    "NOTES",
    "NOWHERE",
    "SENTENCES",
    "TONGUE_M",
    "WORDS",
    "Assign",
    "BadEdit",
    "Bare",
    "Change",
    "Course",
    "Edit",
    "Fault",
    "Grid",
    "Grow",
    "Homes",
    "Merge",
    "Note",
    "Outcome",
    "Plan",
    "Points",
    "Proposal",
    "Renumber",
    "Reshape",
    "Split",
    "Transfer",
    "Trim",
    "apply",
    "bare_ground",
    "check_plan",
    "compare",
    "differing",
    "edit_from_json",
    "edit_to_json",
    "footprint",
    "local",
    "note_to_json",
    "repair",
    "same",
    "same_ground",
    "same_words",
    "sharing",
    "sources",
    "unchanged",
    "words_of",
]
