"""schemathesis on the OpenAPI document of /ogc: it keeps its word, whatever is asked."""

from __future__ import annotations

import os
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gisgrid.access import CONSOLE
from gisgrid.operations import people

if TYPE_CHECKING:
    from flask import Flask

    from gisgrid.operations.workspace import Workspace

PASSWORD = "a long enough phrase"
EXAMPLES = int(os.environ.get("GISGRID_EXAMPLES", "6"))
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


def test_the_layers_keep_the_word_of_their_document(app: Flask, ws: Workspace) -> None:
    people.add(ws, CONSOLE, "li", role="data_officer", scope="*", password=PASSWORD)
    mark = b64encode(f"li:{PASSWORD}".encode()).decode()
    # The programs of tests do not unpack what is sent packed.
    headers = {"Authorization": f"Basic {mark}", "Accept-Encoding": "identity"}
    document = app.test_client().get("/ogc/api", headers=headers).get_json(force=True)
    schema = schemathesis.openapi.from_dict(document)
    schema.config.base_url = "http://localhost/ogc"
    tried = 0
    for each in schema.get_all_operations():
        operation = each.ok()
        assert operation is not None
        tried += 1
        _try(app, operation, headers)
    assert tried == 4 + 5 * 4  # the five layers, and what leads to them


def _try(app: Flask, operation: Any, headers: dict[str, str]) -> None:
    quick = settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @given(case=operation.as_strategy())
    @quick
    def attempt(case: Any) -> None:
        answer = case.call(app=app, headers=headers)
        case.validate_response(answer, checks=CHECKS)

    attempt()
