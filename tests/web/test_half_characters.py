"""Half a character in a text or a name that is sent is refused with a sentence, on every route."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.web import openapi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.testing import FlaskClient

    Enter = Callable[..., FlaskClient]

HALF = "\ud800"
RECORDS = ("/visits", "/cases", "/case-changes")


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each route that takes JSON, with half a character in each field and in a name."""
    for path, operations in openapi.document()["paths"].items():
        content = operations.get("post", {}).get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            continue
        for name in sorted({*names(content["application/json"]["schema"])}):
            yield path, {name: HALF}
        yield path, {HALF: 1}
        yield path, {"deep": [{"in": {HALF: [f"text {HALF}"]}}]}


def names(schema: dict[str, Any]) -> Iterator[str]:
    yield from schema.get("properties", {})
    for key in ("oneOf", "anyOf", "allOf"):
        for part in schema.get(key, ()):
            yield from names(part)


TABLE = list(bodies())


@pytest.mark.parametrize(("path", "body"), TABLE, ids=range(len(TABLE)))
def test_half_a_character_is_refused_with_a_sentence(
    look_in: Enter, path: str, body: dict[str, Any]
) -> None:
    client = look_in("member", "G1") if path in RECORDS else look_in("planner")
    key = client.get("/api/v1/me").json["csrf"]
    headers = {"X-CSRFToken": key, "Content-Type": "application/json", "If-Match": '"1"'}
    address = "/api/v1" + path.replace("{draft}", "1").replace("{revision}", "1")
    answer = client.post(address, data=json.dumps(body), headers=headers)
    found = answer.json
    if path in RECORDS:
        assert (answer.status_code, found["code"]) == (422, "record_unreadable")
    else:
        assert (answer.status_code, found["code"]) == (400, "text_unstorable")
    assert found["detail"]


def test_the_table_has_every_field_that_is_known_to_have_failed() -> None:
    sent = {(path, name) for path, body in TABLE for name in body}
    assert {("/search", "q"), ("/drafts", "name"), ("/drafts/{draft}/copy", "name")} <= sent
    assert {("/drafts/{draft}/publish", "valid_from"), ("/drafts/{draft}/submit", "note")} <= sent


def test_half_a_character_in_a_record_holds_up_no_other(enter: Enter) -> None:
    client = enter("member", "G1")
    good = {"client_id": str(uuid.uuid4()), "household": "G1-0", "outcome": "met"}
    bad = [good | {"client_id": HALF}, good | {HALF: 1}, good | {"note": HALF}]
    headers = {"X-CSRFToken": client.get("/api/v1/me").json["csrf"]}
    headers["Content-Type"] = "application/json"
    sent = json.dumps({"visits": [*bad, good]})
    answer = client.post("/api/v1/visits", data=sent, headers=headers)
    assert answer.status_code == 200
    states = [result["state"] for result in answer.json["results"]]
    assert states == ["refused"] * 3 + ["accepted"]
