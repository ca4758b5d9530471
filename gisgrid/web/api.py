"""The API: the same functions as everywhere, as JSON or CSV. See openapi.py for its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, request

from gisgrid.access import Level
from gisgrid.operations import exporting, figures, households, sharing
from gisgrid.operations.asked import place_of
from gisgrid.operations.search import search as find
from gisgrid.web import openapi
from gisgrid.web.answers import csv, table
from gisgrid.web.arguments import LIMIT_MOST, query
from gisgrid.web.current import actor, workspace
from gisgrid.web.drafts_api import fields

if TYPE_CHECKING:
    from typing import Any

    from flask import Response
    from pandas import DataFrame

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


def asked() -> dict[str, Any]:
    """The arguments of this route, as its row in openapi.ROUTES names them."""
    return query(*openapi.ROUTES[str(request.endpoint)].arguments)


def facts(given: dict[str, Any]) -> dict[str, Any]:
    """What a table of figures says of itself."""
    return {
        "as_of": given.get("as_of") or workspace().today(),
        "area": given.get("area"),
        "by": given.get("by", "grid"),
    }


def _wanted() -> tuple[dict[str, Any], str, Level]:
    """The question about figures, the form of its answer, and its level.

    A CSV is a file, which goes on from hand to hand; JSON is what pages and programs work with.
    """
    given = asked()
    form = given.pop("format", "json")
    usual = Level.PUBLIC if form == "csv" else Level.CASE_WORK
    return given, form, Level(given.pop("level", usual))


@blueprint.get("/overview")
def overview() -> Response:
    """All that the coverage page shows first."""
    return jsonify(figures.overview(workspace(), actor(), **asked()))


@blueprint.get("/coverage")
def coverage() -> Response:
    """Coverage by area."""
    given, form, level = _wanted()
    frame = figures.coverage_table(workspace(), actor(), **given)
    frame = sharing.told(workspace(), "coverage", frame, level, given)
    return table(frame, form, name="coverage", **facts(given))


@blueprint.get("/case-table")
def case_table() -> Response:
    """Counts of cases by area."""
    given, form, level = _wanted()
    frame = figures.case_table(workspace(), actor(), **given)
    frame = sharing.told(workspace(), "case-table", frame, level, given)
    return table(frame, form, name="cases", **facts(given))


@blueprint.get("/paper")
def paper() -> Response:
    """What a printed map may say: as what is shared, small counts hidden."""
    given = asked()
    return jsonify(sharing.paper(workspace(), actor(), given.pop("of", "coverage"), **given))


@blueprint.get("/gaps")
def gaps() -> Response:
    """Visit gaps, longest wait first; as CSV all of them."""
    given = asked()
    form = given.pop("format", "json")
    paged = _Paged(given)
    if form == "csv":
        return csv(exporting.all_gaps(workspace(), actor(), **given), "gaps")
    frame, total = figures.gap_list(workspace(), actor(), **given, **paged.asked)
    return paged.answer(frame, total, "gaps", given)


@blueprint.get("/cases")
def cases() -> Response:
    """Single cases that are open, with or without a location."""
    given = asked()
    paged = _Paged(given)
    frame, total = figures.case_list(workspace(), actor(), **given, **paged.asked)
    filters = {name: value for name, value in given.items() if name != "located"}
    counts = figures.case_counts(workspace(), actor(), **filters)
    return paged.answer(frame, total, "cases", given, counts=counts)


class _Paged:
    """The page that is asked for, taken out of the arguments; one row more tells of the next."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.limit = given.pop("limit", LIMIT_MOST)
        self.offset = given.pop("offset", 0)
        self.asked = {
            "limit": self.limit + 1,
            "offset": self.offset,
            "after": given.pop("after", None),
        }

    def answer(
        self, frame: DataFrame, total: int, name: str, given: dict[str, Any], **facts: Any
    ) -> Response:
        """The page, where the next one begins, and what else is to be said of the list."""
        goes_on = None
        if len(frame) > self.limit:
            frame = frame[: self.limit]
            goes_on = place_of(*frame.iloc[-1][[*PLACES[name]]])
        return table(
            frame,
            "json",
            name=name,
            as_of=given.get("as_of") or workspace().today(),
            area=given.get("area"),
            total=total,
            limit=self.limit,
            offset=self.offset,
            next=goes_on,
            **facts,
        )


PLACES = {"gaps": ("days_waiting", "household"), "cases": ("days_open", "id")}
"""By what a list is sorted."""


@blueprint.get("/categories")
def categories() -> Response:
    """The categories of cases, in the order whose index the tiles carry."""
    asked()
    return jsonify({"categories": figures.categories(workspace(), actor())})


@blueprint.post("/search")
def search() -> Response:
    """Areas, grids and households that fit a text.

    By POST: who is looked for by name must not stand in addresses, which proxies and browsers keep.
    """
    asked()
    hits = find(workspace(), actor(), text=fields(q=str).get("q", ""))
    return jsonify({"hits": hits})


@blueprint.get("/households/<code:household>")
def household(household: str) -> Response:
    """One household, its last visits and its cases."""
    return jsonify(households.detail(workspace(), actor(), household=household, **asked()))


@blueprint.get("/openapi.json")
def document() -> Response:
    """The description of the API itself."""
    asked()
    return jsonify(openapi.document())
