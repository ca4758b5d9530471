"""The API's routes in one table: what the views read, what the document says."""

from __future__ import annotations

from typing import Any

from gisgrid import __version__
from gisgrid.model import CASE_COLUMNS, COVERAGE_COLUMNS
from gisgrid.web import arguments as words
from gisgrid.web import openapi_files, openapi_plans, openapi_records
from gisgrid.web.schemas import (
    BOUNDS,
    DAY,
    MAYBE_DAY,
    MAYBE_NUMBER,
    MAYBE_TEXT,
    MAYBE_WHOLE,
    TEXT,
    WHOLE,
    Route,
    many,
    of,
    record,
)

PLACE = record(code=TEXT, name=TEXT)
COUNTS = {name: WHOLE for name in COVERAGE_COLUMNS if name not in ("code", "name", "coverage")}
COVERAGE_ROW = record(code=TEXT, name=TEXT, **COUNTS, coverage=MAYBE_NUMBER)
SHARED = {"code": TEXT, "name": TEXT, "hidden": MAYBE_TEXT}
SHARED_COVERAGE = record(**SHARED, households=MAYBE_WHOLE, gap=MAYBE_WHOLE, coverage=MAYBE_NUMBER)
SHARED_CASES = record(**SHARED, open=MAYBE_WHOLE, overdue=MAYBE_WHOLE)
CASE_ROW = record(code=TEXT, name=TEXT, **dict.fromkeys(CASE_COLUMNS[2:], WHOLE))
GAP_ROW = record(
    household=TEXT,
    grid=MAYBE_TEXT,
    status=TEXT,
    last_visit=MAYBE_DAY,
    due_on=MAYBE_DAY,
    days_waiting=MAYBE_WHOLE,
    reason=MAYBE_TEXT,
    lon=MAYBE_NUMBER,
    lat=MAYBE_NUMBER,
)
SINGLE_CASE = record(
    id=TEXT,
    household=MAYBE_TEXT,
    category=MAYBE_TEXT,
    status=TEXT,
    opened_on=DAY,
    due_on=MAYBE_DAY,
    days_open=WHOLE,
    grid=MAYBE_TEXT,
    lon=MAYBE_NUMBER,
    lat=MAYBE_NUMBER,
)
HITS = ["county", "township", "village", "grid", "former_grid", "coming_grid", "household"]
HIT = {
    "type": "object",
    "properties": {
        "kind": of("string", enum=HITS),
        "code": TEXT,
        "label": TEXT,
        "sublabel": TEXT,
        "bounds": BOUNDS,
        "lon": MAYBE_NUMBER,
        "lat": MAYBE_NUMBER,
        "was": MAYBE_TEXT,
    },
    "required": ["kind", "code", "label", "sublabel"],
}
HOUSEHOLD = record(
    id=TEXT,
    name=MAYBE_TEXT,
    address=MAYBE_TEXT,
    grid=MAYBE_TEXT,
    grid_name=MAYBE_TEXT,
    area=many(PLACE),
    status=TEXT,
    last_visit=MAYBE_DAY,
    due_on=MAYBE_DAY,
    days_waiting=MAYBE_WHOLE,
    lon=MAYBE_NUMBER,
    lat=MAYBE_NUMBER,
    visits=many(
        record(
            id=TEXT,
            visited_on=DAY,
            outcome=TEXT,
            member=MAYBE_TEXT,
            flags=MAYBE_TEXT,
            corrects=MAYBE_TEXT,
            corrected=of("boolean"),
        )
    ),
    cases=many(
        record(
            id=TEXT,
            category=MAYBE_TEXT,
            title=MAYBE_TEXT,
            opened_on=DAY,
            due_on=MAYBE_DAY,
            closed_on=MAYBE_DAY,
            status=TEXT,
        )
    ),
)
PROBLEM = record(
    type=TEXT, title=TEXT, status=WHOLE, code=TEXT, detail=TEXT, facts={"type": "object"}
)
TABLE = {"as_of": DAY, "area": MAYBE_TEXT, "by": TEXT}
LIST = {
    "as_of": DAY,
    "area": MAYBE_TEXT,
    "total": WHOLE,
    "limit": WHOLE,
    "offset": WHOLE,
    "next": MAYBE_TEXT,
}
OVERVIEW = {
    "type": "object",
    "properties": {
        "as_of": DAY,
        "today": DAY,
        "area": record(code=TEXT, name=TEXT, level=TEXT),
        "path": many(PLACE),
        "child_level": TEXT,
        "totals": {"type": "object"},
        "symbols": record(
            on_time=WHOLE,
            due_soon=WHOLE,
            overdue=many(WHOLE),
            never=WHOLE,
            open_case=WHOLE,
            overdue_case=WHOLE,
        ),
        "rows": many({"type": "object"}),
        "bounds": BOUNDS,
        "trend": many(record(as_of=DAY, coverage=MAYBE_NUMBER, gap=WHOLE, households=WHOLE)),
        "revision": WHOLE,
        "revision_then": WHOLE,
        "revision_today": WHOLE,
        "version": TEXT,
        "demo": of("boolean"),
    },
}


_WHEN_WHERE = (words.AS_OF, words.AREA)
_BY = (words.BY_LEVEL, words.CATEGORY, words.RESTATE)
_PAGED = (words.LIMIT, words.OFFSET, words.AFTER)

ROUTES: dict[str, Route] = {
    "api.overview": Route(
        "/overview",
        "All that the coverage page shows first: totals, the areas one level down, the trend.",
        OVERVIEW,
        (*_WHEN_WHERE, words.RESTATE),
    ),
    "api.coverage": Route(
        "/coverage",
        "Coverage by area; the last row holds what lies in no grid.",
        record(**TABLE, rows=many({"anyOf": [COVERAGE_ROW, SHARED_COVERAGE]})),
        (*_WHEN_WHERE, words.BY_LEVEL, words.RESTATE, words.LEVEL, words.FORMAT),
        csv=True,
    ),
    "api.case_table": Route(
        "/case-table",
        "Cases by area: open, overdue, and opened and closed within 30 days.",
        record(**TABLE, rows=many({"anyOf": [CASE_ROW, SHARED_CASES]})),
        (*_WHEN_WHERE, *_BY, words.LEVEL, words.FORMAT),
        csv=True,
    ),
    "api.paper": Route(
        "/paper",
        "What a printed map may say of an area and its parts: small counts, and what would tell "
        "them, are null.",
        record(as_of=DAY, columns=many(TEXT), rows=many({"type": "object"})),
        (*_WHEN_WHERE, words.PAPER, words.PAPER_BY),
    ),
    "api.gaps": Route(
        "/gaps",
        "Households in a visit gap, longest wait first. As CSV all of them.",
        record(**LIST, rows=many(GAP_ROW)),
        (*_WHEN_WHERE, words.RESTATE, words.STATUS_OF_GAP, *_PAGED, words.FORMAT),
        csv=True,
    ),
    "api.cases": Route(
        "/cases",
        "Open cases, with or without a location.",
        record(
            **LIST,
            counts=record(open=WHOLE, overdue=WHOLE, located=WHOLE, located_overdue=WHOLE),
            rows=many(SINGLE_CASE),
        ),
        (
            *_WHEN_WHERE,
            words.RESTATE,
            words.CATEGORY,
            words.STATUS_OF_CASE,
            words.MIN_AGE,
            words.LOCATED,
            *_PAGED,
        ),
    ),
    "api.categories": Route("/categories", "Categories of cases.", record(categories=many(TEXT))),
    "api.search": Route(
        "/search",
        "Areas and grids by code or name, households by number; by name with the right.",
        record(hits=many(HIT)),
        method="post",
        body=record(q=TEXT),
    ),
    "api.household": Route(
        "/households/{household}",
        "One household: where it stands, its last visits and its cases.",
        HOUSEHOLD,
        (words.AS_OF,),
    ),
    "api.document": Route("/openapi.json", "This document.", {"type": "object"}),
    **openapi_records.ROUTES,
    **openapi_plans.ROUTES,
    **openapi_files.ROUTES,
}


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the API."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gisgrid",
            "version": __version__,
            "summary": "Visit gaps and open cases by area, within what one may see.",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": _paths(),
        "components": {
            "schemas": {"Problem": PROBLEM},
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "gisgrid"}},
        },
        "security": [{"session": []}],
    }


def _paths() -> dict[str, dict[str, Any]]:
    """Address -> method -> operation."""
    found: dict[str, dict[str, Any]] = {}
    for key, route in ROUTES.items():
        found.setdefault(route.path, {})[route.method] = _operation(key, route)
    return found


def _operation(key: str, route: Route) -> dict[str, Any]:
    content: dict[str, Any] = {route.gives: {"schema": route.answer}}
    if route.csv:
        content["text/csv"] = {"schema": {"type": "string"}}
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    sent = {"required": True, "content": {route.sends: {"schema": route.body}}}
    return {
        "operationId": key.replace(".", "_").removeprefix("api_"),
        "summary": route.summary,
        "parameters": _parameters(route),
        **({} if route.body is None else {"requestBody": sent}),
        "responses": {
            str(route.status): {"description": "The answer.", "content": content},
            "default": {
                "description": "A refusal; docs/errors.md explains each code.",
                "content": {"application/problem+json": problem},
            },
        },
    }


def _parameters(route: Route) -> list[dict[str, Any]]:
    in_path = [
        {"name": part[1:-1], "in": "path", "required": True, "schema": TEXT}
        for part in route.path.split("/")
        if part.startswith("{")
    ]
    tag = {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "The ETag of the version that is changed.",
        "schema": TEXT,
    }
    in_query = [
        {"name": a.name, "in": "query", "description": a.text, "schema": a.schema}
        for a in route.arguments
    ]
    return in_path + in_query + ([tag] if route.versioned else [])
