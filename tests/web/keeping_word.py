"""schemathesis on an OpenAPI document: whatever is sent, the answers keep its word."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

if TYPE_CHECKING:
    from flask import Flask

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = int(os.environ.get("GISGRID_EXAMPLES", "0"))
"""Requests of each operation in a longer run."""


def try_all(app: Flask, document: Any, base: str, headers: dict[str, str], *, examples: int) -> int:
    """Send each operation of the document requests made by its schema; how many operations.

    examples: requests of each operation, where GISGRID_EXAMPLES asks for no other number.
    """
    schema = schemathesis.openapi.from_dict(document)
    schema.config.base_url = f"http://localhost{base}"
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        assert operation is not None
        _try(app, operation, headers, EXAMPLES or examples)
    return len(operations)


def _try(app: Flask, operation: Any, headers: dict[str, str], examples: int) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def attempt(case: Any) -> None:
        answer = case.call(app=app, headers=headers)
        case.validate_response(answer, checks=CHECKS)

    attempt()
