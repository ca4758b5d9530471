"""The API keeps its word to each role, whatever is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from gisgrid.access import ROLES

from .keeping_word import try_all

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient


@pytest.mark.parametrize("role", [role.value for role in ROLES])
def test_the_api_keeps_its_word_to_each_role(
    app: Flask, enter: Callable[..., FlaskClient], role: str
) -> None:
    client = enter(role)
    token = client.get("/api/v1/me").json["csrf"]
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie
    document = client.get("/api/v1/openapi.json").json
    headers = {"Cookie": f"{cookie.key}={cookie.value}", "X-CSRFToken": token}
    assert try_all(app, document, "/api/v1", headers, examples=4) >= 9
