"""The rows of the API's table that are about plans."""

from __future__ import annotations

from gisgrid.operations.plans.editing import read_box
from gisgrid.web import arguments as words
from gisgrid.web.arguments import Argument
from gisgrid.web.plan_schemas import (
    AFTER_EDIT,
    ANY,
    BALANCE,
    CERTIFICATE,
    COMING,
    DRAFT,
    GRID,
    HANDOVER,
    HANDOVER_ROW,
    HANDS,
    HEADING,
    HELD_AGAINST,
    LOST,
    MOVED_ROW,
    REVISION,
    STEP,
)
from gisgrid.web.schemas import (
    FLAG,
    MAYBE_DAY,
    MAYBE_TEXT,
    MAYBE_WHOLE,
    TEXT,
    WHOLE,
    Route,
    Schema,
    many,
    record,
)

EDIT: Schema = {
    "type": "object",
    "properties": {"op": TEXT, "allow_pieces": FLAG, "allow_led": FLAG, "client_id": MAYBE_TEXT},
    "required": ["op"],
    "description": "One edit; docs/plans.md has the arguments of each. Under a client_id (a UUID) "
    "it is made once, however often it is sent.",
}
SENT: Schema = {"type": "object", "properties": {"client_id": MAYBE_TEXT}}

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


PUBLISH = {
    "type": "object",
    "properties": {"valid_from": MAYBE_DAY, "note": MAYBE_TEXT, "allow_unserved": FLAG},
}
WITH = Argument(
    "with",
    str,
    TEXT,
    "plan (in force today), last (published last, though it may wait for its day), base (on which "
    "the draft builds), step (the draft before its last step), or the number of another draft.",
)
WHAT = Argument("what", *words.one_of("list", ("households", "cases")), "households, or cases.")
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
    "drafts.undo": change(f"{_ONE}/undo", "Take back the last edit.", AFTER_EDIT, SENT),
    "drafts.redo": change(f"{_ONE}/redo", "Make it count again.", AFTER_EDIT, SENT),
    "drafts.copy": Route(
        f"{_ONE}/copy",
        "A new draft that begins as this one is, or was at a version.",
        DRAFT,
        method="post",
        body=COPY,
        status=201,
    ),
    "drafts.submit": change(f"{_ONE}/submit", "Hand in for approval.", DRAFT, REMARK),
    "drafts.withdraw": change(f"{_ONE}/withdraw", "Take back to draw on.", DRAFT, NOTHING),
    "drafts.approve": change(f"{_ONE}/approve", "Approve as a second person.", DRAFT, REMARK),
    "drafts.give_back": change(f"{_ONE}/return", "Give back with a remark.", DRAFT, REMARK),
    "drafts.discard": change(f"{_ONE}/discard", "Lay aside.", DRAFT, NOTHING),
    "drafts.rebase": change(
        f"{_ONE}/rebase",
        "Build on the last plan; edits that no longer hold are named with the place.",
        record(**DRAFT["properties"], lost=many(LOST)),
        NOTHING,
    ),
    "drafts.publish": change(
        f"{_ONE}/publish",
        "Make an approved draft the plan, from a day; 409 names what clashes.",
        record(revision=WHOLE, certificate=CERTIFICATE),
        PUBLISH,
        201,
    ),
    "drafts.compare": Route(
        f"{_ONE}/compare",
        "A draft against a published plan, another draft, or itself before its last step.",
        record(
            draft=WHOLE,
            version=WHOLE,
            plan=HELD_AGAINST,
            moved=ANY,
            grids=BALANCE,
            **HANDS,
        ),
        (WITH,),
    ),
    "drafts.moved": Route(
        f"{_ONE}/moved",
        "All households, or open cases, that change hands in a comparison, a hundred a page.",
        record(
            draft=WHOLE,
            version=WHOLE,
            what=TEXT,
            total=WHOLE,
            page=WHOLE,
            pages=WHOLE,
            next=MAYBE_WHOLE,
            rows=many(MOVED_ROW),
        ),
        (WITH, WHAT, words.PAGE),
    ),
    "drafts.published": Route(
        "/revisions", "Published plans, the newest first.", record(revisions=many(REVISION))
    ),
    "drafts.revision": Route(
        _PLAN,
        "One plan: its certificate, and where its grids came from.",
        record(
            **REVISION["properties"],
            certificate=CERTIFICATE,
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
        "Grids of which households or open cases change hands by a plan.",
        record(grids=many(HANDOVER)),
    ),
    "drafts.handover_list": Route(
        f"{_PLAN}/handover/{{code}}",
        "Households and open cases that came into a grid, left it, or stay with another member.",
        record(
            revision=WHOLE,
            code=TEXT,
            name=MAYBE_TEXT,
            area_code=MAYBE_TEXT,
            area=MAYBE_TEXT,
            member=MAYBE_TEXT,
            member_before=MAYBE_TEXT,
            total=WHOLE,
            page=WHOLE,
            pages=WHOLE,
            next=MAYBE_WHOLE,
            rows=many(HANDOVER_ROW),
        ),
        (words.FORMAT, words.PAGE),
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
            coming=many(COMING),
        ),
    ),
}
