from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gisgrid.access import CONSOLE
from gisgrid.operations.plans.drafts import open_draft
from gisgrid.web import openapi
from gisgrid.web.schemas import JSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace

    Enter = Callable[..., FlaskClient]


def test_the_document_has_every_route_of_the_api_and_no_other(app: Flask) -> None:
    served = {
        rule.endpoint: re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    }
    assert served == {key: route.path for key, route in openapi.ROUTES.items()}
    assert set(openapi.document()["paths"]) == set(served.values())


def test_public_figures_are_as_the_document_says(enter: Enter, fits: Callable[..., None]) -> None:
    client = enter()
    for key in ("api.coverage", "api.case_table"):
        route = openapi.ROUTES[key]
        for by in ("grid", "county"):
            found = client.get(f"/api/v1{route.path}", query_string={"level": "public", "by": by})
            assert "hidden" in found.json["rows"][0]
            fits(found.json, route.answer, key)


def test_every_argument_of_the_document_is_taken(
    enter: Enter, ws: Workspace, fits: Callable[..., None]
) -> None:
    client = enter()
    open_draft(ws, CONSOLE, name="the draft that is asked for")
    examples: dict[str, str] = {
        "as_of": "2026-11-20",
        "area": "T1",
        "of": "coverage",
        "by": "village",
        "restate": "1",
        "level": "case_work",
        "format": "json",
        "category": "water",
        "status": "overdue",
        "min_age": "3",
        "located": "1",
        "limit": "5",
        "offset": "1",
        "page": "1",
        "after": "3~G1-0",
        "q": "G1",
        "bbox": "105,35,105.01,35.01",
        "codes": "G1,G2",
        "base": "1",
        "with": "plan",
        "what": "cases",
    }
    parts = {"{household}": "G1-0", "{draft}": "1", "{revision}": "1", "{code}": "G1"}
    for route in (r for r in openapi.ROUTES.values() if r.method == "get"):
        asked = {a.name: examples[a.name] for a in route.arguments}
        address = "/api/v1" + route.path
        for part, value in parts.items():
            address = address.replace(part, value)
        answer = client.get(address, query_string=asked)
        assert answer.status_code == 200, (address, answer.text)
        assert answer.mimetype == route.gives
        if route.gives == JSON:
            fits(answer.json, route.answer, address)
