"""What the API answers about plans, in the words of JSON Schema."""

from __future__ import annotations

from gisgrid.web.schemas import (
    FLAG,
    MAYBE_DAY,
    MAYBE_NUMBER,
    MAYBE_TEXT,
    MAYBE_WHOLE,
    NUMBER,
    TEXT,
    WHOLE,
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
        "name": MAYBE_TEXT,
        "member": MAYBE_TEXT,
        "visit_every_days": MAYBE_WHOLE,
        "area_code": MAYBE_TEXT,
        "area": MAYBE_TEXT,
    },
)
WORDS = of(
    "object",
    properties={
        "name": MAYBE_TEXT,
        "member": MAYBE_TEXT,
        "visit_every_days": MAYBE_WHOLE,
        "area_code": MAYBE_TEXT,
    },
)
"""What an edit gives a grid in words; of those that it leaves alone it says nothing."""
MOVED_ROW = record(**{"id": TEXT, "from": MAYBE_TEXT, "to": MAYBE_TEXT})
MOVED = record(
    count=WHOLE,
    to_other_member=WHOLE,
    to_other_area=WHOLE,
    to_none=WHOLE,
    unlocated=WHOLE,
    moved=many(MOVED_ROW),
    next=MAYBE_WHOLE,
)
TOLD = {
    "what": TEXT,
    "sentence": TEXT,
    "codes": many(TEXT),
    "place": of("array", empty=True, items=NUMBER, minItems=2, maxItems=2),
    "size": MAYBE_NUMBER,
    "unit": TEXT,
}
"""What is told of a place: of a fault, and with the area that it is about of a note."""
NOTE = record(**TOLD, area=MAYBE_TEXT)
_COUNTED = (
    "gaps",
    "gaps_inherited",
    "overlaps",
    "holes_before",
    "holes_after",
    "grids_before",
    "grids_after",
    "households_listed",
    "households_located",
    "households_in_one_grid",
    "households_outside_before",
    "households_outside",
    "households_located_in_one_grid",
    "households_located_outside_before",
    "households_located_outside",
    "households_located_fallen_out",
    "households_moved",
    "cases_moved",
    "open_cases",
    "open_cases_with_one_member",
)
CERTIFICATE = of(
    "object",
    empty=True,
    properties={
        **dict.fromkeys(_COUNTED, WHOLE),
        "inherited": many(record(**TOLD)),
        "footprint_changed": FLAG,
        "footprint_km2_before": NUMBER,
        "footprint_km2_after": NUMBER,
        "plan_sha256": TEXT,
        "lineage_sha256": TEXT,
    },
    description="What was counted when the plan was published. gaps: as `gisgrid check` finds "
    "them; gaps_inherited of them lay in the plan before, and `inherited` names these. "
    "households_located_in_one_grid: listed households with a location that lie in exactly one "
    "grid; households_located_outside: in none; households_located_fallen_out: of these, in a grid "
    "before. Older certificates lack some. Outside the draft's area only that it was proved.",
)
BALANCE = many(record(code=TEXT, name=MAYBE_TEXT, before=FIGURES, after=FIGURES))
UNSERVED = record(
    count=WHOLE,
    already=WHOLE,
    cases=many(record(**{"id": TEXT, "from": TEXT, "to": MAYBE_TEXT})),
)
HANDS = {"households": MOVED, "cases": MOVED, "unserved": UNSERVED}
IMPACT = record(grids=BALANCE, **HANDS)
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
    "at_console": FLAG,
    "created_at": TEXT,
    "changed_at": TEXT,
    "revision": MAYBE_WHOLE,
    "reverses": MAYBE_WHOLE,
    "copied_from": MAYBE_WHOLE,
}
EDIT_MADE = record(
    step=WHOLE,
    op=TEXT,
    summary=TEXT,
    words=WORDS,
    notes=many(NOTE),
    by=TEXT,
    at_console=FLAG,
    at=TEXT,
)
EVENT = record(version=WHOLE, what=TEXT, note=MAYBE_TEXT, by=TEXT, at_console=FLAG, at=TEXT)
ACROSS = record(code=TEXT, area=MAYBE_TEXT, from_areas=many(TEXT))
LOST = record(step=WHOLE, op=TEXT, by=TEXT, arguments=ANY, faults=many(record(**TOLD)))
LOST["properties"]["place"] = TOLD["place"]  # older drafts kept none
RIGHTS = record(
    edit=FLAG,
    submit=FLAG,
    withdraw=FLAG,
    approve=FLAG,
    publish=FLAG,
    discard=FLAG,
    rebase=FLAG,
    copy=FLAG,
    footprint=FLAG,
    **{"return": FLAG},
)
DRAFT = record(
    **HEADING,
    edits=many(EDIT_MADE),
    rights=RIGHTS,
    left_out=many(LOST),
    clashes=many(TEXT),
    across_areas=many(ACROSS),
    log=many(EVENT),
)
AFTER_EDIT = record(
    version=WHOLE,
    step=WHOLE,
    steps=WHOLE,
    can_undo=FLAG,
    can_redo=FLAG,
    op=TEXT,
    changed=many(GRID),
    removed=many(TEXT),
    effect_of=of("string", enum=["step", "draft"]),
    impact=IMPACT,
    notes=many(NOTE),
)
REVISION_STATE = of("string", enum=["past", "in_force", "waiting", "withdrawn"])
REVISION = record(
    revision=WHOLE,
    valid_from=MAYBE_DAY,
    published_at=TEXT,
    state=REVISION_STATE,
    note=MAYBE_TEXT,
    draft=MAYBE_WHOLE,
    name=MAYBE_TEXT,
    certified=FLAG,
)
HANDOVER = record(
    code=TEXT,
    name=MAYBE_TEXT,
    area_code=MAYBE_TEXT,
    area=MAYBE_TEXT,
    member=MAYBE_TEXT,
    member_before=MAYBE_TEXT,
    households_in=WHOLE,
    households_out=WHOLE,
    households_stay=WHOLE,
    cases_in=WHOLE,
    cases_out=WHOLE,
    cases_stay=WHOLE,
)
HANDOVER_ROW = record(
    what=of("string", enum=["household", "case"]),
    direction=of("string", enum=["in", "out", "stay"]),
    id=TEXT,
    household=MAYBE_TEXT,
    name=MAYBE_TEXT,
    address=MAYBE_TEXT,
    status=TEXT,
    due_on=MAYBE_DAY,
    other=MAYBE_TEXT,
)
STEP = record(revision=WHOLE, codes=many(TEXT))
COMING = record(revision=WHOLE, valid_from=MAYBE_DAY, in_force=FLAG, codes=many(TEXT))
HELD_AGAINST = of(
    "object",
    empty=True,
    properties={"revision": WHOLE, "valid_from": MAYBE_DAY, "state": REVISION_STATE},
)
