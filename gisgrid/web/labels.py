"""What the words of the data are called on a page, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _

from gisgrid.web.labels_of_use import DEED, FAULT

if TYPE_CHECKING:
    from flask import Flask

STATUS = {
    "unlisted": _("not listed"),
    "on_time": _("on time"),
    "due_soon": _("due soon"),
    "overdue": _("overdue"),
    "never": _("never visited"),
    "gap": _("in a visit gap"),
    "unlocated": _("unlocated"),
    "unassigned": _("unassigned"),
    "stacked": _("stacked on one point"),
    "open": _("open"),
    "closed": _("closed"),
}
OUTCOME = {
    "met": _("met"),
    "no_one_home": _("no one home"),
    "refused": _("refused"),
    "phone": _("by phone"),
    "never_tried": _("never tried"),
    "taken_back": _("did not take place"),
}
ROLE = {
    "planner": _("planner"),
    "supervisor": _("supervisor"),
    "data_officer": _("data officer"),
    "member": _("grid member"),
    "admin": _("administrator"),
    "data_protection": _("supervisor of data protection"),
    "console": _("console"),
}
LEVEL = {
    "county": _("county"),
    "township": _("township"),
    "village": _("village"),
    "grid": _("grid"),
    "household": _("household"),
}
LAYER = {
    "areas": _("areas"),
    "grids": _("grids"),
    "households": _("households"),
    "visits": _("visits"),
    "cases": _("cases"),
    "coverage": _("coverage by area"),
    "gaps": _("visit gaps"),
    "case-table": _("case counts by area"),
}
REPAIR = {
    "sentinel position": _("stand-in position taken for none"),
    "shape": _("boundary that crossed itself"),
    "overlap": _("overlap of grids"),
    "overlap given": _("overlap given to the first, taken from the second"),
    "overlap repaired": _("overlap given to the grid with the longest edge"),
    "hole": _("hole that turned as its shell"),
    "gap": _("gap between grids"),
    "edges": _("edges that did not meet exactly"),
}
ACTION = {
    "see_figures": _("see figures"),
    "see_households": _("see single households"),
    "see_names": _("see names"),
    "import": _("import"),
    "export": _("export"),
    "manage_people": _("manage people"),
    "record": _("record visits and cases"),
    "see_audit": _("see the account of use"),
    "see_plans": _("see plans"),
    "edit_plan": _("redraw plans"),
    "approve_plan": _("approve plans"),
    "publish_plan": _("publish plans"),
    "change_footprint": _("change the footprint"),
    "answer_for_data": _("answer for what is held about people"),
}
FIELD_OF_OPTION = {
    "layer": _("Layer or sheet within the file"),
    "field": _("Columns with other headings"),
    "crs": _("Coordinate system"),
    "datum": _("Datum of the positions"),
    "encoding": _("Encoding"),
    "date-format": _("Format of the dates"),
    "skip-bad-rows": _("Import the good rows even when others are refused"),
    "salvage": _("Take what is whole of a damaged shapefile"),
    "swap-axes": _("Exchange longitude and latitude"),
    "repair": _("Take it as it is mended"),
    "gaps": _("Close gaps narrower than"),
}
"""Option of the command line -> the field that does the same on the page of the file."""
DIFFERS = {
    "position": _("position"),
    "shape": _("area of the shape"),
}
EXPORT_STEP = {
    "gathering": _("rows are gathered"),
    "writing": _("the file is written"),
    "checking": _("it is read again and compared"),
}
IMPORT_STEP = {
    "reading": _("the file is read"),
    "checking": _("its rows are checked and compared"),
    "storing": _("they are stored, all of them or none"),
}
IMPORT_STATE = {
    " ": _("waits for a look"),
    "look working": _("is being looked at"),
    "look done": _("looked at, not stored"),
    "look failed": _("cannot be taken as it is"),
    "store working": _("is being stored"),
    "store done": _("stored"),
    "store failed": _("not stored"),
}
EXPORT_STATE = {
    "waiting": _("waits for its turn"),
    "working": _("is being prepared"),
    "done": _("ready"),
    "failed": _("did not work out"),
}
STATE = {
    "open": _("being drawn"),
    "submitted": _("submitted"),
    "approved": _("approved"),
    "published": _("published"),
    "discarded": _("discarded"),
    "needs_decision": _("needs a decision"),
    "accepted": _("accepted"),
    "set_aside": _("set aside"),
}
STEP = {
    "opened": _("opened"),
    "updated": _("changed"),
    "closed": _("closed"),
    "reopened": _("opened again"),
}
COLUMN = {
    "category": _("Category"),
    "title": _("Title"),
    "due_on": _("Due on"),
    "closed_on": _("Closed on"),
    "note": _("Note"),
}
GRID_COLUMN = {
    "code": _("Code"),
    "name": _("Name of the grid"),
    "area_code": _("Area"),
    "member": _("Member"),
    "visit_every_days": _("Visit interval (days)"),
}
FIELD = {
    "position": _("position of the home"),
    "name": _("name of the household"),
    "address": _("address"),
    "grid_member": _("name of the grid member, at a grid"),
    "member": _("name of the grid member, at a visit"),
    "title": _("what a case is about"),
    "note": _("notes"),
}
REACH = {
    "read": _("read: asks only"),
    "write": _("write: also records and changes"),
}
HELD = {
    "full": _("full: names, addresses, notes, as far as your role may take them; needs a reason"),
    "case_work": _("case work: addresses and what cases are about, no names, no notes"),
    "public": _("public: figures and boundaries only; small counts are hidden"),
}
REVISION_STATE = {
    "past": _("no longer in force"),
    "in_force": _("in force"),
    "waiting": _("not yet in force"),
    "withdrawn": _("withdrawn"),
}
HELD_IN = {
    "households": _("the household itself"),
    "visits": _("visits"),
    "cases": _("cases"),
    "case_changes": _("steps of cases"),
    "pending_reports": _("reports that wait or waited for a decision"),
    "erasures": _("that it was erased, and when"),
    "account": _("the account of use, where it is named"),
}
FLAG = {
    "future": _("the device's clock was ahead"),
    "late": _("arrived more than 14 days later"),
    "taken_back": _("the earlier entry is taken back"),
}


DATE_ORDER = {
    "year-month-day": _("year-month-day"),
    "day/month/year": _("day/month/year"),
    "month/day/year": _("month/day/year"),
}
TABLES = {
    "date_order": DATE_ORDER,
    "flag": FLAG,
    "held_in": HELD_IN,
    "revision_state": REVISION_STATE,
    "status": STATUS,
    "outcome": OUTCOME,
    "role": ROLE,
    "level": LEVEL,
    "layer": LAYER,
    "import_step": IMPORT_STEP,
    "import_state": IMPORT_STATE,
    "export_step": EXPORT_STEP,
    "export_state": EXPORT_STATE,
    "repair": REPAIR,
    "differs": DIFFERS,
    "action": ACTION,
    "held": HELD,
    "reach": REACH,
    "field": FIELD,
    "deed": DEED,
    "step": STEP,
    "column": COLUMN,
    "grid_column": GRID_COLUMN,
    "fault": FAULT,
    "state": STATE,
}


def label(kind: str, word: str | None) -> str:
    """`word` as people say it; a word that is not in the table stands for itself."""
    if word is None:
        return ""
    return str(TABLES[kind].get(word, word))


def register(app: Flask) -> None:
    """Give the templates `label`."""
    app.jinja_env.globals["label"] = label
    app.jinja_env.filters["role_name"] = lambda word: label("role", word)
