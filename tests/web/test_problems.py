from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gisgrid import errors
from gisgrid.web.problems import STATUS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from flask.testing import FlaskClient

    Enter = Callable[..., FlaskClient]


def tree(
    kind: type[errors.GisgridError] = errors.GisgridError,
) -> Iterator[type[errors.GisgridError]]:
    for below in kind.__subclasses__():
        if below.__module__ == "gisgrid.errors":
            yield below
            yield from tree(below)


def test_every_error_has_a_status_and_every_status_an_error() -> None:
    assert set(STATUS) == {kind.code for kind in tree()} | {"error"}


def test_every_error_is_explained_to_people() -> None:
    told = (Path(__file__).parents[2] / "docs" / "errors.md").read_text("utf-8")
    for kind in tree():
        assert f"\n| `{kind.code}` | " in told, kind.code


def test_a_missing_page_says_so_in_the_form_that_was_asked_for(enter: Enter) -> None:
    client = enter()
    page = client.get("/nowhere")
    assert page.status_code == 404
    assert "There is no such page" in page.text
    api = client.get("/api/v1/nowhere")
    assert api.status_code == 404
    assert api.mimetype == "application/problem+json"
    assert api.json["code"] == "not_found"


def test_a_wrong_method_names_the_right_ones(enter: Enter) -> None:
    answer = enter().delete("/api/v1/coverage")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_file_too_large_is_refused_with_the_limit(
    app: Flask, enter: Enter, token: Callable[..., str]
) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    client = enter("data_officer")
    headers = {"X-CSRFToken": token(client, "/")}
    kind = "multipart/form-data; boundary=x"
    answer = client.post("/import", data=bytes(2 * 1024**2), content_type=kind, headers=headers)
    assert answer.status_code == 413
    assert "1 MB" in answer.text


def test_a_defect_gives_a_number_and_tells_only_the_log_why(
    app: Flask, enter: Enter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = enter()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr("gisgrid.web.api.figures.categories", broken)
    answer = client.get("/api/v1/categories")
    assert answer.status_code == 500
    assert "secret reason" not in answer.text
    assert answer.json["facts"]["id"] in caplog.text
    assert "the secret reason" in caplog.text


def test_text_of_an_error_cannot_become_markup(enter: Enter) -> None:
    page = enter().get("/areas/<img src=x onerror=alert(1)>").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_store_that_fails_is_said_on_a_page(
    enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = enter()

    def broken(*_: object, **__: object) -> None:
        raise errors.StoreFailed(url="county.gpkg", problem="disk I/O error")

    for read in ("programme", "changes"):
        monkeypatch.setattr(f"gisgrid.store.Store.{read}", broken)
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
