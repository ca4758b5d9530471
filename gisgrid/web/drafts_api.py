"""The API of drafts: the verbs of operations.plans as JSON. See openapi_plans.py for its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, request

from gisgrid.errors import UnknownWord, VersionNeeded
from gisgrid.operations.plans import drafts, editing, reviewing
from gisgrid.web import openapi
from gisgrid.web.answers import in_words
from gisgrid.web.arguments import query
from gisgrid.web.current import actor, workspace

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("drafts", __name__, url_prefix="/api/v1")

BODY_MOST = 2 * 1024 * 1024
"""Bytes of a body: an edit of ten thousand corners has a quarter of it."""


# What a request says ------------------------------------------------------------------------------


def asked() -> dict[str, Any]:
    """The arguments of this route, as its row in openapi.ROUTES names them."""
    return query(*openapi.ROUTES[str(request.endpoint)].arguments)


def body() -> dict[str, Any]:
    """The JSON object that was sent; an empty one where nothing was. Raises UnknownWord."""
    if (request.content_length or 0) > BODY_MOST:
        size = f"{request.content_length} bytes"
        raise UnknownWord(value=size, kind="size of a body", known=f"up to {BODY_MOST} bytes")
    if not request.get_data(cache=True):
        return {}
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise UnknownWord(value=request.mimetype, kind="body", known="a JSON object")
    return found


def fields(**known: type) -> dict[str, Any]:
    """The fields of the body, each of its kind. Raises UnknownWord for any other."""
    given = body()
    for name, value in given.items():
        if name not in known:
            shown = ", ".join(known) or "(none)"
            raise UnknownWord(value=name[:80], kind="field", known=shown)
        right = isinstance(value, known[name]) and isinstance(value, bool) is (known[name] is bool)
        if value is not None and not right:
            raise UnknownWord(value=name, kind="field", known=f"{name}: {known[name].__name__}")
    return {name: value for name, value in given.items() if value is not None}


def seen_version() -> int | None:
    """The version in If-Match; None where there is none, 0 for a tag that is not ours."""
    tag = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not tag or tag == "*":
        return None
    digits = tag.removeprefix("v")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def needed_version() -> int:
    """The version in If-Match. Raises VersionNeeded."""
    seen = seen_version()
    if seen is None:
        raise VersionNeeded
    return seen


def with_tag(value: dict[str, Any], status: int = 200) -> Response:
    """A JSON answer about one version of a draft."""
    answer = jsonify(in_words(value))
    answer.status_code = status
    answer.headers["ETag"] = f'"v{value["version"]}"'
    return answer


def as_it_is(draft: int, status: int = 200) -> Response:
    """The draft as it stands now."""
    return with_tag(drafts.shown(workspace(), actor(), draft), status)


# Drafts -------------------------------------------------------------------------------------------


@blueprint.get("/drafts")
def listing() -> Response:
    """All drafts within the scope."""
    asked()
    return jsonify({"drafts": drafts.listing(workspace(), actor())})


@blueprint.post("/drafts")
def new() -> Response:
    """Open a draft."""
    asked()
    given = fields(name=str, area=str)
    made = drafts.open_draft(workspace(), actor(), name=given.pop("name", ""), **given)
    return as_it_is(made, 201)


@blueprint.get("/drafts/<int:draft>")
def one(draft: int) -> Response:
    """One draft."""
    asked()
    return as_it_is(draft)


@blueprint.get("/drafts/<int:draft>/grids")
def grids(draft: int) -> Response:
    """Its grids near a view."""
    given = asked()
    return with_tag(editing.grids(workspace(), actor(), draft, **given))


@blueprint.post("/drafts/<int:draft>/edits")
def edit(draft: int) -> Response:
    """Make an edit, or only try it."""
    trial = bool(asked().get("dry_run"))
    seen = seen_version() if trial else needed_version()
    found = editing.edit(workspace(), actor(), draft, body(), seen=seen, dry_run=trial)
    return with_tag(found, 200 if trial else 201)


@blueprint.post("/drafts/<int:draft>/undo")
def undo(draft: int) -> Response:
    """Take back the last edit."""
    client = fields(client_id=str).get("client_id")
    seen = needed_version()
    return with_tag(editing.undo(workspace(), actor(), draft, seen=seen, client=client))


@blueprint.post("/drafts/<int:draft>/redo")
def redo(draft: int) -> Response:
    """Make it count again."""
    client = fields(client_id=str).get("client_id")
    seen = needed_version()
    return with_tag(editing.redo(workspace(), actor(), draft, seen=seen, client=client))


@blueprint.post("/drafts/<int:draft>/copy")
def copy(draft: int) -> Response:
    """A new draft that begins as this one is, or was at a version."""
    given = fields(name=str, version=int)
    return as_it_is(drafts.copy(workspace(), actor(), draft, **given), 201)


@blueprint.post("/drafts/<int:draft>/submit")
def submit(draft: int) -> Response:
    """Hand in for approval, with a remark for who approves."""
    remark = fields(note=str).get("note")
    reviewing.submit(workspace(), actor(), draft, seen=needed_version(), remark=remark)
    return as_it_is(draft)


@blueprint.post("/drafts/<int:draft>/withdraw")
def withdraw(draft: int) -> Response:
    """Take back what was handed in."""
    fields()
    reviewing.withdraw(workspace(), actor(), draft, seen=needed_version())
    return as_it_is(draft)


@blueprint.post("/drafts/<int:draft>/approve")
def approve(draft: int) -> Response:
    """Approve as a second person."""
    remark = fields(note=str).get("note")
    reviewing.approve(workspace(), actor(), draft, seen=needed_version(), remark=remark)
    return as_it_is(draft)


@blueprint.post("/drafts/<int:draft>/return")
def give_back(draft: int) -> Response:
    """Give back with a remark."""
    remark = fields(note=str).get("note")
    reviewing.give_back(workspace(), actor(), draft, seen=needed_version(), remark=remark)
    return as_it_is(draft)


@blueprint.post("/drafts/<int:draft>/discard")
def discard(draft: int) -> Response:
    """Lay aside."""
    fields()
    reviewing.discard(workspace(), actor(), draft, seen=needed_version())
    return as_it_is(draft)
