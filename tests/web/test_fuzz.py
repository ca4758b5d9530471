"""schemathesis on the OpenAPI document, as each role: the API keeps its word, whatever is sent."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gisgrid.access import ROLES

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = int(os.environ.get("GISGRID_EXAMPLES", "4"))


@pytest.mark.parametrize("role", [role.value for role in ROLES])
def test_the_api_keeps_its_word_to_each_role(
    app: Flask, enter: Callable[..., FlaskClient], role: str
) -> None:
    client = enter(role)
    token = client.get("/api/v1/me").json["csrf"]
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie
    document = client.get("/api/v1/openapi.json").json
    schema = schemathesis.openapi.from_dict(document)
    schema.config.base_url = "http://localhost/api/v1"
    headers = {"Cookie": f"{cookie.key}={cookie.value}", "X-CSRFToken": token}
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        assert operation is not None
        tried += 1
        _try(app, operation, headers)
    assert tried >= 9


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
