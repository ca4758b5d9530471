"""Recording by JSON: one record or a batch, each with its own answer."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, request
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from gisgrid.errors import GisgridError, RecordUnreadable
from gisgrid.operations import recording
from gisgrid.store import NEEDS_DECISION
from gisgrid.web import answers, problems
from gisgrid.web.arguments import query
from gisgrid.web.current import actor, workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from gisgrid.operations.recording import Answer

blueprint = Blueprint("record", __name__, url_prefix="/api/v1")


@blueprint.get("/me")
def me() -> Response:
    """Who is signed in, as far as a device has to know: whose records it may send, and the token.

    owner: the same text for the same person, and no number of ours.
    """
    query()
    return jsonify(
        {
            "owner": current_user.owner,
            "role": actor().role.value,
            "csrf": generate_csrf(),
            "now": workspace().clock().isoformat(),
        }
    )


@blueprint.post("/visits")
def visits() -> Response | tuple[Response, int]:
    """Record visits."""
    return _recorded("visits", recording.record_visits)


@blueprint.post("/cases")
def cases() -> Response | tuple[Response, int]:
    """Open cases."""
    return _recorded("cases", recording.open_cases)


@blueprint.post("/case-changes")
def case_changes() -> Response | tuple[Response, int]:
    """Change cases: update, close, reopen."""
    return _recorded("changes", recording.change_cases)


def _recorded(kind: str, save: Callable[..., list[Answer]]) -> Response | tuple[Response, int]:
    """One record: 201, 200 for a repeat, 202 where it waits for a decision, or its refusal.

    A batch, {kind: [...]}: 200 with an answer for each, whatever became of it.
    """
    query()
    sent = _sent()
    if isinstance(sent, dict) and set(sent) == {kind}:
        if not isinstance(sent[kind], list):
            raise RecordUnreadable(field=kind, problem="is not a list of records")
        found = save(workspace(), actor(), sent[kind])
        items = zip(sent[kind], found, strict=True)
        return jsonify({"results": [_result(item, answer) for item, answer in items]})
    if not isinstance(sent, dict):
        raise RecordUnreadable(field="record", problem="is not an object with named fields")
    (answer,) = save(workspace(), actor(), [sent])
    if isinstance(answer, GisgridError):
        raise answer
    status = 200 if answer.repeat else 202 if answer.state == NEEDS_DECISION else 201
    return jsonify(_result(sent, answer)), status


def _sent() -> Any:
    """What was sent, None where that is no JSON.

    A text that is none is not refused here for all: each record is, for itself.
    """
    with suppress(ValueError):
        return answers.read(request.get_data()) if request.is_json else None
    return None


def _result(item: Any, answer: Answer) -> dict[str, Any]:
    """What became of one record; `problem` says why one was not taken."""
    if isinstance(answer, GisgridError):
        given = item.get("client_id") if isinstance(item, dict) else None
        return {
            "client_id": given if isinstance(given, str) else None,
            "id": None,
            "state": "refused",
            "repeat": False,
            "flags": None,
            "problem": {
                "code": answer.code,
                "status": problems.STATUS[answer.code],
                "detail": problems.sentence(answer),
                "facts": answer.facts,
            },
        }
    return {
        "client_id": answer.client_id,
        "id": answer.id,
        "state": answer.state,
        "repeat": answer.repeat,
        "flags": answer.flags,
        "problem": None,
    }
