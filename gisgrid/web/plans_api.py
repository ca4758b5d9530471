"""The API of what is published: publishing, rebasing, comparing, certificates, handover lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import jsonify

from gisgrid.errors import UnknownWord
from gisgrid.operations.days import parse_day
from gisgrid.operations.plans import (
    comparing,
    drafts,
    handover,
    lineage,
    publishing,
    rebasing,
    reversing,
    revisions,
)
from gisgrid.web.answers import csv, rows
from gisgrid.web.current import actor, workspace
from gisgrid.web.drafts_api import as_it_is, asked, blueprint, fields, needed_version, with_tag

if TYPE_CHECKING:
    from flask import Response


@blueprint.post("/drafts/<int:draft>/rebase")
def rebase(draft: int) -> Response:
    """Build the draft on the last plan; the edits that no longer hold are named."""
    fields()
    lost = rebasing.rebase(workspace(), actor(), draft, seen=needed_version())
    return with_tag({**drafts.shown(workspace(), actor(), draft), "lost": lost})


@blueprint.post("/drafts/<int:draft>/publish")
def publish(draft: int) -> Response:
    """Make the draft the plan."""
    given = fields(valid_from=str, note=str, allow_unserved=bool)
    day = parse_day(given["valid_from"]) if given.get("valid_from") else None
    made = publishing.publish(
        workspace(),
        actor(),
        draft,
        seen=needed_version(),
        valid_from=day,
        remark=given.get("note"),
        allow_unserved=given.get("allow_unserved", False),
    )
    answer = jsonify(made)
    answer.status_code = 201
    return answer


@blueprint.get("/drafts/<int:draft>/compare")
def compare(draft: int) -> Response:
    """A draft against a published plan, another draft, or itself before its last step."""
    other = read_other(asked().get("with", comparing.PLAN))
    return jsonify(comparing.compare(workspace(), actor(), draft, other))


@blueprint.get("/drafts/<int:draft>/moved")
def moved(draft: int) -> Response:
    """A page of what changes hands in a comparison."""
    given = asked()
    other, what = read_other(given.get("with", comparing.PLAN)), given.get("what", "households")
    page = given.get("page", 1)
    return jsonify(comparing.moved(workspace(), actor(), draft, what, other, page=page))


def read_other(text: str) -> int | str:
    """What to compare with: a word of comparing.SIDES, else a draft. Raises UnknownWord."""
    if text in comparing.SIDES:
        return text
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        known = f"{', '.join(comparing.SIDES)}, or the number of a draft"
        raise UnknownWord(value=text[:80], kind="draft", known=known)
    return int(text)


@blueprint.get("/revisions")
def published() -> Response:
    """All published plans."""
    asked()
    return jsonify({"revisions": revisions.listing(workspace(), actor())})


@blueprint.get("/revisions/<int:revision>")
def revision(revision: int) -> Response:
    """One plan with its certificate."""
    asked()
    return jsonify(revisions.shown(workspace(), actor(), revision))


@blueprint.post("/revisions/<int:revision>/withdraw")
def withdraw_revision(revision: int) -> Response:
    """Take back a plan whose day has not come."""
    fields()
    revisions.withdraw(workspace(), actor(), revision)
    return jsonify(revisions.shown(workspace(), actor(), revision))


@blueprint.post("/revisions/<int:revision>/reverse")
def reverse(revision: int) -> Response:
    """A draft that undoes a plan."""
    made = reversing.reverse(workspace(), actor(), revision, name=fields(name=str).get("name"))
    return as_it_is(made, 201)


@blueprint.get("/revisions/<int:revision>/handover")
def handovers(revision: int) -> Response:
    """The grids that a plan moved something out of or into."""
    asked()
    return jsonify({"grids": handover.grids(workspace(), actor(), revision)})


@blueprint.get("/revisions/<int:revision>/handover/<code:code>")
def handover_list(revision: int, code: str) -> Response:
    """The handover list of one grid, a hundred rows a page; as CSV all of them."""
    given = asked()
    if given.get("format") == "csv":
        whole = handover.handover(workspace(), actor(), revision, code)
        return csv(whole["rows"], f"handover_{revision}_{code}")
    page = given.get("page", 1)
    found: dict[str, Any] = handover.handover(workspace(), actor(), revision, code, page)
    goes_on = page + 1 if page < found["pages"] else None
    return jsonify({**found, "page": page, "next": goes_on, "rows": rows(found["rows"])})


@blueprint.get("/grids/<code:code>/lineage")
def line(code: str) -> Response:
    """What a grid came from and became."""
    asked()
    return jsonify(lineage.lineage(workspace(), actor(), code))
