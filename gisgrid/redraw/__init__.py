"""Redrawing a plan, as geometry: a plan and an edit in, a new plan or faults out.

Pure: no files, no clock, no chance, no database. See docs/redraw.md.
"""

from gisgrid.errors import BadEdit
from gisgrid.redraw.applying import apply, replay
from gisgrid.redraw.checking import check_plan, footprint
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
from gisgrid.redraw.ground import Homes
from gisgrid.redraw.plan import Grid, Plan
from gisgrid.redraw.reading import edit_from_json, edit_to_json
from gisgrid.redraw.settling import Outcome

__all__ = [
    "NOTES",
    "SENTENCES",
    "Assign",
    "BadEdit",
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
    "Renumber",
    "Reshape",
    "Split",
    "Transfer",
    "Trim",
    "apply",
    "check_plan",
    "edit_from_json",
    "edit_to_json",
    "footprint",
    "note_to_json",
    "replay",
]
