"""The log holds ids and routes, never names nor the addresses that were asked for."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.operations import safety
from gisgrid.operations.workspace import Workspace
from gisgrid.web import journal

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient


class Kept(logging.Handler):
    """Lines as they would be written."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log(request: pytest.FixtureRequest) -> Any:
    kept = Kept(journal.JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.INFO)
    yield kept
    root.removeHandler(kept)
    root.setLevel(level)


def test_a_request_is_one_line_with_its_number_person_route_and_time(
    enter: Callable[..., FlaskClient], log: Kept
) -> None:
    client = enter()
    log.lines.clear()
    answer = client.get("/households/G1-0?as_of=2026-11-22")
    (line,) = [json.loads(x) for x in log.lines if '"gisgrid.requests"' in x]
    assert line["request"] == answer.headers["X-Request-ID"]
    assert (line["status"], line["method"], line["person"]) == (200, "GET", 1)
    assert "<" in line["route"]
    assert line["ms"] > 0
    assert not any("G1-0" in x or "Name" in x or "supervisor" in x for x in log.lines)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("proxy-1234.ab_C", True), ("short", False), ("a b c d e f g h", False), ("x" * 65, False)],
)
def test_a_number_from_the_proxy_is_kept_when_it_is_well_formed(
    app: Flask, given: str, kept: bool
) -> None:
    found = app.test_client().get("/healthz", headers={"X-Request-ID": given})
    assert (found.headers["X-Request-ID"] == given) is kept
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", found.headers["X-Request-ID"])


def test_a_failure_tells_where_but_not_the_words_of_the_error(
    app: Flask, enter: Callable[..., FlaskClient], log: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = enter()

    def fail(*_args: object, **_more: object) -> None:
        try:
            raise KeyError("Secret Li")
        except KeyError as err:
            raise ValueError("张三 has no water") from err

    monkeypatch.setattr(Workspace, "today", fail)
    assert client.get("/api/v1/overview").status_code == 500
    (line,) = [json.loads(x) for x in log.lines if "trace" in x]
    assert "test_journal.py" in line["trace"]
    assert "KeyError" in line["trace"]
    assert "ValueError" in line["trace"]
    assert not any("Secret Li" in x or "张三" in x for x in log.lines)


def test_a_line_of_text_cannot_be_broken_by_what_comes_from_outside() -> None:
    record = logging.LogRecord("x", 20, "", 1, "one\ntwo\x1b[31m", None, None)
    assert "\n" not in journal.Lines().format(record)
    assert "\x1b" not in journal.Lines().format(record)
    assert len(journal.JsonLines().format(record).splitlines()) == 1


def test_readiness_is_told_without_details(
    app: Flask, ws: Workspace, monkeypatch: pytest.MonkeyPatch, log: Kept
) -> None:
    client = app.test_client()
    ws.snapshot()
    found = client.get("/readyz")
    assert (found.status_code, found.json) == (200, {"ready": True})
    monkeypatch.setattr(safety, "_free", lambda _: 0)  # of a database nobody here sees the disk
    found = client.get("/readyz")
    assert (found.status_code, found.json) == (503, {"ready": False})
    assert "not ready: disk" in " ".join(log.lines)
    assert client.get("/healthz").data == b"ok\n"
