from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gisgrid.web import openapi

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    Enter = Callable[..., FlaskClient]


def test_the_document_has_every_route_of_the_api_and_no_other(app: Flask) -> None:
    served = {
        rule.endpoint: re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    }
    assert served == {key: route.path for key, route in openapi.ROUTES.items()}
    assert set(openapi.document()["paths"]) == set(served.values())


def test_every_argument_of_the_document_is_taken(enter: Enter) -> None:
    client = enter()
    examples: dict[str, str] = {
        "as_of": "2026-11-20",
        "area": "T1",
        "by": "village",
        "restate": "1",
        "format": "json",
        "category": "water",
        "status": "overdue",
        "min_age": "3",
        "located": "1",
        "limit": "5",
        "offset": "1",
        "q": "G1",
    }
    for route in (r for r in openapi.ROUTES.values() if r.method == "get"):
        asked = {a.name: examples[a.name] for a in route.arguments}
        address = "/api/v1" + route.path.replace("{household}", "G1-0")
        answer = client.get(address, query_string=asked)
        assert answer.status_code == 200, (address, answer.text)
        assert_fits(answer.json, route.answer, address)


def assert_fits(value: Any, schema: dict[str, Any], where: str) -> None:
    """A small reading of JSON Schema: type, properties, required, items, enum."""
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    python = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": int | float,
        "boolean": bool,
        "null": type(None),
    }
    assert not kinds or any(isinstance(value, python[kind]) for kind in kinds), (where, value)
    if "enum" in schema:
        assert value in schema["enum"], where
    if isinstance(value, dict):
        for name in schema.get("required", []):
            assert name in value, (where, name)
        for name, part in schema.get("properties", {}).items():
            if name in value:
                assert_fits(value[name], part, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for item in value:
            assert_fits(item, schema["items"], f"{where}[]")
