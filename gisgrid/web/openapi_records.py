"""The rows of the API's table that record visits and cases."""

from __future__ import annotations

from gisgrid.model import TAKEN_BACK, Outcome
from gisgrid.operations.recording import BATCH
from gisgrid.web.schemas import (
    FLAG,
    MAYBE_TEXT,
    TEXT,
    Route,
    Schema,
    many,
    of,
    record,
)

UUID = of("string", format="uuid")
MOMENT = of("string", format="date-time")
DAY = of("string", format="date", empty=True)
RESULT = record(
    client_id=MAYBE_TEXT,
    id=MAYBE_TEXT,
    state=of("string", enum=["accepted", "needs_decision", "set_aside", "refused"]),
    repeat=FLAG,
    flags=MAYBE_TEXT,
    problem={"type": ["object", "null"]},
)
ANSWER: Schema = {"anyOf": [RESULT, record(results=many(RESULT))]}


def _fields(required: tuple[str, ...], **columns: Schema) -> Schema:
    return {
        "type": "object",
        "properties": columns,
        "required": list(required),
        "additionalProperties": False,
    }


def _one_or_many(kind: str, item: Schema) -> Schema:
    batch = {"type": "array", "items": item, "minItems": 1, "maxItems": BATCH}
    return {"oneOf": [item, _fields((kind,), **{kind: batch})]}


VISIT = _fields(
    ("client_id", "household", "outcome"),
    client_id=UUID,
    household=TEXT,
    outcome=of("string", enum=[*(o.value for o in Outcome), TAKEN_BACK]),
    visited_at=MOMENT,
    zone=TEXT,
    note=MAYBE_TEXT,
    corrects=MAYBE_TEXT,
)
CASE = _fields(
    ("client_id", "household", "category"),
    client_id=UUID,
    household=TEXT,
    category=TEXT,
    title=MAYBE_TEXT,
    due_on=DAY,
    note=MAYBE_TEXT,
    opened_at=MOMENT,
    zone=TEXT,
)
CHANGE = _fields(
    ("client_id", "case", "do"),
    client_id=UUID,
    case=TEXT,
    do=of("string", enum=["update", "close", "reopen"]),
    category=MAYBE_TEXT,
    title=MAYBE_TEXT,
    due_on=DAY,
    note=MAYBE_TEXT,
    changed_at=MOMENT,
    zone=TEXT,
)

ROUTES: dict[str, Route] = {
    "record.me": Route(
        "/me",
        "Who is signed in, as far as a device has to know.",
        record(owner=TEXT, role=TEXT, csrf=TEXT, now=MOMENT),
    ),
    "record.visits": Route(
        "/visits",
        "Record a visit, or a batch of visits; a repeat is answered as it was the first time.",
        ANSWER,
        method="post",
        body=_one_or_many("visits", VISIT),
        status=201,
    ),
    "record.cases": Route(
        "/cases",
        "Open a case, or a batch of cases; the client id becomes the case's id.",
        ANSWER,
        method="post",
        body=_one_or_many("cases", CASE),
        status=201,
    ),
    "record.case_changes": Route(
        "/case-changes",
        "Update, close or reopen a case, or a batch; only the fields that are sent change.",
        ANSWER,
        method="post",
        body=_one_or_many("changes", CHANGE),
        status=201,
    ),
}
