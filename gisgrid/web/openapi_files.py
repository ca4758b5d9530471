"""The rows of the API's table that are about drafts as files for QGIS."""

from __future__ import annotations

from gisgrid.errors import UnknownWord
from gisgrid.web import arguments as words
from gisgrid.web.arguments import Argument
from gisgrid.web.openapi_plans import DRY_RUN
from gisgrid.web.plan_schemas import ANY, IMPACT
from gisgrid.web.schemas import FLAG, NUMBER, TEXT, WHOLE, Route, Schema, many, of, record

WIDEST_M = 10_000.0


def read_metres(text: str) -> float:
    """A width in metres. Raises UnknownWord."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= WIDEST_M:
        raise UnknownWord(value=text[:80], kind="width", known=f"0 … {WIDEST_M:.0f} metres")
    return found


BYTES: Schema = {"type": "string", "format": "binary"}
NAMES = (lambda text: frozenset(text.split(",")), TEXT)
REPAIR = Argument("repair", *words.FLAG, "Take it as it is mended.")
GAP = Argument("gap_m", read_metres, NUMBER, "Gaps narrower than this are mended (metres; 50).")
FILE_WINS = Argument("file", *NAMES, "Clashes that the file wins, with commas; * for all.")
DRAFT_WINS = Argument("draft", *NAMES, "Clashes that the draft wins, with commas; * for all.")
NAME = Argument("name", str, TEXT, "What the file is called; its ending says what it is.")
TAKEN = record(
    draft=WHOLE,
    version=WHOLE,
    made_of=WHOLE,
    unsaved=FLAG,
    unchanged=FLAG,
    steps=WHOLE,
    faults=many(ANY),
    repair=of("object", empty=True),
    places=many(record(name=TEXT, grids=many(TEXT), state=TEXT, goes=TEXT, faults=many(ANY))),
    words=many(record(name=TEXT, grid=TEXT, word=TEXT, state=TEXT, goes=TEXT, faults=many(ANY))),
    asked=many(TEXT),
    moved=ANY,
    **IMPACT["properties"],
)

ROUTES: dict[str, Route] = {
    "drafts.file": Route(
        "/drafts/{draft}/file",
        "The draft as a GeoPackage for QGIS, which can be given back.",
        BYTES,
        gives="application/geopackage+sqlite3",
    ),
    "drafts.take_file": Route(
        "/drafts/{draft}/file",
        "Take that file back as edits, or only look at it (dry_run, without If-Match); 409 names "
        "what clashes, 422 the places where it breaks the plan.",
        TAKEN,
        (DRY_RUN, REPAIR, GAP, FILE_WINS, DRAFT_WINS, NAME),
        method="post",
        body=BYTES,
        versioned=True,
        sends="application/octet-stream",
    ),
}
