"""Whether the process lives is told without a look at the store; whether it is fit, in time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from gisgrid.operations import safety
from gisgrid.operations.workspace import Workspace
from gisgrid.store import Store
from gisgrid.web import health

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient


def test_whether_it_lives_is_told_without_a_look_at_the_store(
    app: Flask, enter: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = enter()  # with the cookie of a session

    def touched(*_: object, **__: object) -> None:
        raise AssertionError("the store was asked")

    for place, name in (
        *((Store, name) for name in ("reading", "changes", "programme", "person_by_session")),
        *((Workspace, name) for name in ("snapshot", "programme")),
    ):
        monkeypatch.setattr(place, name, touched)
    app.config["TRUSTED_HOSTS"] = ["localhost"]
    for path, status in (("/healthz", 200), ("/healthz?as_of=1", 200)):
        assert client.get(path).status_code == status
        assert client.head(path).status_code == status
    # Neither has what is refused a page, for which the store would be asked.
    elsewhere = {"Host": "elsewhere.example"}
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers=elsewhere).mimetype == "application/problem+json"


def test_a_store_that_does_not_answer_in_time_is_not_fit(
    app: Flask, ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws.snapshot()
    free, looks, fitness = threading.Event(), [], safety.fitness

    def held(workspace: Workspace) -> safety.Fitness:
        looks.append(workspace)
        free.wait(30)
        return fitness(workspace)

    monkeypatch.setattr(safety, "fitness", held)
    monkeypatch.setattr(health, "LOOK_S", 0.05)
    client = app.test_client()
    for _ in range(5):
        assert client.get("/readyz").status_code == 503
    assert len(looks) == 1, "those who ask do not pile up"
    monkeypatch.setattr(health, "LOOK_S", 10)
    free.set()
    assert client.get("/readyz").json == {"ready": True}
    assert client.get("/readyz").json == {"ready": True}
    assert len(looks) > 1, "an answer is not kept"


def test_a_server_whose_threads_are_all_kept_is_not_fit(
    app: Flask, ws: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    ws.snapshot()
    app.extensions["gisgrid.crowded"] = lambda: True
    found = app.test_client().get("/readyz")
    assert (found.status_code, found.headers["Retry-After"]) == (503, "5")
    assert "not ready: threads" in caplog.text
