"""The OpenAPI 3.0 document of /ogc, which QGIS reads for the most rows of a page."""

from __future__ import annotations

from typing import Any

from gisgrid import __version__

SCHEMAS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "date": {"type": "string", "format": "date"},
}
_PROBLEM = {
    "description": "A refusal: a code, a sentence, the facts.",
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}


def document(
    root: str, collections: dict[str, dict[str, str]], limit: int, most: int
) -> dict[str, Any]:
    """root: address of /ogc. collections: name -> column -> kind. limit, most: rows of a page."""
    paths: dict[str, Any] = {
        "/": _get("Landing page", "application/json"),
        "/conformance": _get("What holds of the standard", "application/json"),
        "/api": _get("This document", "application/vnd.oai.openapi+json;version=3.0"),
        "/collections": _get("The layers", "application/json"),
    }
    for name, kinds in collections.items():
        base = f"/collections/{name}"
        paths[base] = _get(f"The layer {name}", "application/json")
        paths[f"{base}/queryables"] = _get(f"Columns of {name}", "application/schema+json")
        paths[f"{base}/items"] = _get(
            f"Features of {name}",
            "application/geo+json",
            [*_arguments(limit, most), *map(_column, kinds, kinds.values())],
        )
        paths[f"{base}/items/{{id}}"] = _get(
            f"One feature of {name}", "application/geo+json", [_ID, _CRS, _DATETIME]
        )
    return {
        "openapi": "3.0.3",
        "info": {"title": "gisgrid features", "version": __version__},
        "servers": [{"url": root}],
        "security": [{"basic": []}],
        "paths": paths,
        "components": {"securitySchemes": {"basic": {"type": "http", "scheme": "basic"}}},
    }


def _get(title: str, kind: str, arguments: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "get": {
            "summary": title,
            "operationId": "".join(c if c.isalnum() else "_" for c in title),
            "parameters": arguments or [],
            "responses": {
                "200": {
                    "description": title,
                    "content": {kind: {"schema": {"type": "object"}}},
                },
                **dict.fromkeys(("400", "401", "403", "404"), _PROBLEM),
            },
        }
    }


def _argument(name: str, schema: dict[str, Any], text: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "description": text,
    } | more


_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
_CRS = _argument("crs", {"type": "string", "format": "uri"}, "System of the answer.")
_DATETIME = _argument(
    "datetime",
    {"type": "string"},
    "As of this day; of a span, its end.",
    style="form",
    explode=False,
)


def _arguments(limit: int, most: int) -> list[dict[str, Any]]:
    numbers = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    return [
        _argument("bbox", numbers, "Only what meets this box.", style="form", explode=False),
        _argument("bbox-crs", {"type": "string", "format": "uri"}, "System of the box."),
        _CRS,
        _DATETIME,
        _argument(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": most, "default": limit},
            "Rows of a page.",
            style="form",
            explode=False,
        ),
        _argument("after", {"type": "string"}, "Key of the last row of the page before."),
    ]


def _column(name: str, kind: str) -> dict[str, Any]:
    return _argument(name, SCHEMAS[kind], "Only rows with this value.")
