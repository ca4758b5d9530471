"""Words of JSON Schema, and the form of one row of the API's table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gisgrid.web.arguments import Argument

Schema = dict[str, Any]


def of(kind: str, *, empty: bool = False, **more: Any) -> Schema:
    """The schema of a kind of value; empty: null is one too."""
    return {"type": [kind, "null"] if empty else kind, **more}


TEXT, WHOLE, NUMBER = of("string"), of("integer"), of("number")
MAYBE_TEXT, MAYBE_WHOLE = of("string", empty=True), of("integer", empty=True)
MAYBE_NUMBER = of("number", empty=True)
DAY, MAYBE_DAY = of("string", format="date"), of("string", empty=True, format="date")


def record(**columns: Schema) -> Schema:
    """An object that has all of `columns`."""
    return {"type": "object", "properties": columns, "required": list(columns)}


def many(item: Schema) -> Schema:
    """A list of `item`."""
    return {"type": "array", "items": item}


BOUNDS = of("array", empty=True, items=NUMBER, minItems=4, maxItems=4)
FLAG = of("boolean")


JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Route:
    """One address and method below /api/v1.

    arguments: what the address may hold after the question mark. body: what is sent, in JSON; None
    for nothing. status: of the answer. versioned: it needs If-Match. csv: also given as CSV.
    sends, gives: the kinds of body and answer, where they are not JSON.
    """

    path: str
    summary: str
    answer: Schema
    arguments: tuple[Argument, ...] = ()
    csv: bool = False
    method: str = "get"
    body: Schema | None = None
    status: int = 200
    versioned: bool = False
    sends: str = JSON
    gives: str = JSON
