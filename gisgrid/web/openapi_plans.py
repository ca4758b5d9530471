"""The rows of the API's table that are about plans."""

from __future__ import annotations

from gisgrid.operations.plans.editing import read_box
from gisgrid.web import arguments as words
from gisgrid.web.arguments import Argument
from gisgrid.web.schemas import (
    FLAG,
    MAYBE_DAY,
    MAYBE_TEXT,
    MAYBE_WHOLE,
    NUMBER,
    TEXT,
    WHOLE,
    Route,
    Schema,
    many,
    of,
    record,
)

ANY: Schema = {"type": "object"}
FIGURES = of(
    "object",
    empty=True,
    properties={
        "households": WHOLE,
        "visits_due": WHOLE,
        "open": WHOLE,
        "overdue": WHOLE,
        "area_km2": NUMBER,
        "member": MAYBE_TEXT,
    },
)
MOVED = record(
    count=WHOLE, moved=many(record(**{"id": TEXT, "from": MAYBE_TEXT, "to": MAYBE_TEXT}))
)
BALANCE = many(record(code=TEXT, name=MAYBE_TEXT, before=FIGURES, after=FIGURES))
IMPACT = record(grids=BALANCE, households=MOVED, cases=MOVED)
GRID = record(
    type=TEXT,
    geometry=ANY,
    properties=record(
        code=TEXT,
        name=MAYBE_TEXT,
        area_code=MAYBE_TEXT,
        area=MAYBE_TEXT,
        member=MAYBE_TEXT,
        visit_every_days=MAYBE_WHOLE,
        editable=FLAG,
        changed=FLAG,
        households=WHOLE,
        visits_due=WHOLE,
        open=WHOLE,
        overdue=WHOLE,
        area_km2=NUMBER,
    ),
)
STATE = of("string", enum=["open", "submitted", "approved", "published", "discarded"])
HEADING = {
    "id": WHOLE,
    "name": TEXT,
    "area": MAYBE_TEXT,
    "state": STATE,
    "version": WHOLE,
    "base_revision": WHOLE,
    "current_revision": WHOLE,
    "step": WHOLE,
    "steps": WHOLE,
    "can_undo": FLAG,
    "can_redo": FLAG,
    "author": TEXT,
    "approved_by": MAYBE_TEXT,
    "revision": MAYBE_WHOLE,
}
EDIT_MADE = record(step=WHOLE, op=TEXT, summary=TEXT, by=TEXT, at=TEXT)
RIGHTS = record(
    edit=FLAG, submit=FLAG, approve=FLAG, publish=FLAG, footprint=FLAG, rebase=FLAG, discard=FLAG
)
DRAFT = record(**HEADING, edits=many(EDIT_MADE), rights=RIGHTS, left_out=many(ANY), log=many(ANY))
AFTER_EDIT = record(
    version=WHOLE,
    step=WHOLE,
    steps=WHOLE,
    can_undo=FLAG,
    can_redo=FLAG,
    op=TEXT,
    changed=many(GRID),
    removed=many(TEXT),
    impact=IMPACT,
    notes=many(ANY),
)
EDIT: Schema = {
    "type": "object",
    "properties": {"op": TEXT, "allow_pieces": FLAG, "allow_led": FLAG},
    "required": ["op"],
    "description": "One edit; docs/plans.md has the arguments of each.",
}

BBOX = Argument("bbox", read_box, TEXT, "west,south,east,north in degrees (WGS 84).")
CODES = Argument("codes", lambda text: text.split(","), TEXT, "Codes of grids, with commas.")
BASE = Argument("base", *words.FLAG, "As they are in the plan that the draft builds on.")
DRY_RUN = Argument("dry_run", *words.FLAG, "Answer as if, and store nothing.")

NAMED = {"type": "object", "properties": {"name": TEXT, "area": MAYBE_TEXT}, "required": ["name"]}
REMARK = {"type": "object", "properties": {"note": MAYBE_TEXT}}
COPY = {"type": "object", "properties": {"name": MAYBE_TEXT, "version": MAYBE_WHOLE}}
NOTHING = {"type": "object", "properties": {}}


def change(path: str, summary: str, answer: Schema, body: Schema, status: int = 200) -> Route:
    """A change of a draft: it says which version it was made from."""
    return Route(path, summary, answer, method="post", body=body, status=status, versioned=True)


PUBLISH = {"type": "object", "properties": {"valid_from": MAYBE_DAY, "note": MAYBE_TEXT}}
WITH = Argument("with", str, TEXT, "plan, or the number of another draft.")
REVISION = record(
    revision=WHOLE,
    valid_from=MAYBE_DAY,
    published_at=TEXT,
    state=of("string", enum=["past", "in_force", "waiting", "withdrawn"]),
    note=MAYBE_TEXT,
    draft=MAYBE_WHOLE,
    name=MAYBE_TEXT,
    certified=FLAG,
)
HANDOVER = record(
    code=TEXT,
    name=MAYBE_TEXT,
    member=MAYBE_TEXT,
    households_in=WHOLE,
    households_out=WHOLE,
    cases_in=WHOLE,
    cases_out=WHOLE,
)
HANDOVER_ROW = record(
    what=of("string", enum=["household", "case"]),
    direction=of("string", enum=["in", "out"]),
    id=TEXT,
    household=MAYBE_TEXT,
    name=MAYBE_TEXT,
    address=MAYBE_TEXT,
    status=TEXT,
    due_on=MAYBE_DAY,
    other=MAYBE_TEXT,
)
STEP = record(revision=WHOLE, codes=many(TEXT))
_ONE = "/drafts/{draft}"
_PLAN = "/revisions/{revision}"

ROUTES: dict[str, Route] = {
    "drafts.listing": Route(
        "/drafts", "Drafts within your scope.", record(drafts=many(record(**HEADING)))
    ),
    "drafts.new": Route("/drafts", "Open a draft.", DRAFT, method="post", body=NAMED, status=201),
    "drafts.one": Route(_ONE, "One draft, its edits and your rights.", DRAFT),
    "drafts.grids": Route(
        f"{_ONE}/grids",
        "Grids of a draft near a view, at most 1,000.",
        record(type=TEXT, truncated=FLAG, features=many(GRID)),
        (BBOX, CODES, BASE),
    ),
    "drafts.edit": Route(
        f"{_ONE}/edits",
        "Make an edit; refused with the faults and their places where the plan would break.",
        AFTER_EDIT,
        (DRY_RUN,),
        method="post",
        body=EDIT,
        status=201,
        versioned=True,
    ),
    "drafts.undo": change(f"{_ONE}/undo", "Take back the last edit.", AFTER_EDIT, NOTHING),
    "drafts.redo": change(f"{_ONE}/redo", "Make it count again.", AFTER_EDIT, NOTHING),
    "drafts.copy": Route(
        f"{_ONE}/copy",
        "A new draft that begins as this one is, or was at a version.",
        DRAFT,
        method="post",
        body=COPY,
        status=201,
    ),
    "drafts.submit": change(f"{_ONE}/submit", "Hand in for approval.", DRAFT, NOTHING),
    "drafts.withdraw": change(f"{_ONE}/withdraw", "Take back to draw on.", DRAFT, NOTHING),
    "drafts.approve": change(f"{_ONE}/approve", "Approve as a second person.", DRAFT, REMARK),
    "drafts.give_back": change(f"{_ONE}/return", "Give back with a remark.", DRAFT, REMARK),
    "drafts.discard": change(f"{_ONE}/discard", "Lay aside.", DRAFT, NOTHING),
    "drafts.rebase": change(
        f"{_ONE}/rebase",
        "Build on the last plan; edits that no longer hold are named with the place.",
        record(**DRAFT["properties"], lost=many(ANY)),
        NOTHING,
    ),
    "drafts.publish": change(
        f"{_ONE}/publish",
        "Make an approved draft the plan, from a day; 409 names what clashes.",
        record(revision=WHOLE, certificate=ANY),
        PUBLISH,
        201,
    ),
    "drafts.compare": Route(
        f"{_ONE}/compare",
        "A draft against the last plan, or another draft.",
        record(moved=ANY, grids=BALANCE, households=MOVED, cases=MOVED),
        (WITH,),
    ),
    "drafts.published": Route(
        "/revisions", "Published plans, the newest first.", record(revisions=many(REVISION))
    ),
    "drafts.revision": Route(
        _PLAN,
        "One plan: its certificate, and where its grids came from.",
        record(
            **REVISION["properties"],
            certificate=of("object", empty=True),
            sha256=MAYBE_TEXT,
            lineage=many(record(code=TEXT, came_from=many(TEXT))),
        ),
    ),
    "drafts.withdraw_revision": Route(
        f"{_PLAN}/withdraw",
        "Take back a plan before its day.",
        REVISION,
        method="post",
        body=NOTHING,
    ),
    "drafts.reverse": Route(
        f"{_PLAN}/reverse",
        "A draft that undoes a plan.",
        DRAFT,
        method="post",
        body={"type": "object", "properties": {"name": MAYBE_TEXT}},
        status=201,
    ),
    "drafts.handovers": Route(
        f"{_PLAN}/handover",
        "Grids that a plan moved households or open cases out of or into.",
        record(grids=many(HANDOVER)),
    ),
    "drafts.handover_list": Route(
        f"{_PLAN}/handover/{{code}}",
        "Households and open cases that came into or left a grid, with their due days.",
        record(revision=WHOLE, code=TEXT, member=MAYBE_TEXT, rows=many(HANDOVER_ROW)),
        (words.FORMAT,),
        csv=True,
    ),
    "drafts.line": Route(
        "/grids/{code}/lineage",
        "What a grid came from and became.",
        record(
            code=TEXT,
            in_force=FLAG,
            predecessors=many(STEP),
            successors=many(STEP),
            origins=many(TEXT),
            now=many(TEXT),
        ),
    ),
}
