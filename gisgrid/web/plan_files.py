"""The pages of a draft as a file: take it to QGIS, give it back, look, take it over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, render_template, request, url_for

from gisgrid.errors import GisgridError, UploadGone
from gisgrid.operations.plans import drafts, file_drawn, file_take
from gisgrid.operations.plans.file_take import Wishes
from gisgrid.web import plan_files_api  # its routes are of the API's blueprint
from gisgrid.web.arguments import Argument, form, one_of, query, whole
from gisgrid.web.current import actor, workspace
from gisgrid.web.files import jobs, keep
from gisgrid.web.openapi_files import GAP, REPAIR
from gisgrid.web.problems import STATUS, sentence
from gisgrid.web.templating import options_as_fields

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gisgrid.operations.uploads import Upload

blueprint = Blueprint("plan_files", __name__, url_prefix="/plans")

KEPT_AS = "draft"
"""What a file is kept as while it waits, so that no import takes it for a layer."""
FIRST_FAULTS = 3
"""Faults before the repair, so that a phone shows it; the others open with a touch."""
GAPS = (1, 10, 50, 200, 1000)
SEEN = Argument("seen", *whole("version", 1, 10**9), "")


@blueprint.get("/<int:draft>/file")
def page(draft: int) -> str:
    """Take a draft along, or give it back."""
    query()
    return _page(draft)


@blueprint.get("/<int:draft>/file/download")
def download(draft: int) -> Any:
    """The draft as a GeoPackage."""
    query()
    return plan_files_api.download(draft)


@blueprint.post("/<int:draft>/file")
def upload(draft: int) -> Response | tuple[str, int]:
    """Keep the file and go on to look at it."""
    form()
    drafts.found(workspace(), actor(), draft)
    try:
        kept = keep(KEPT_AS, {})
    except GisgridError as err:
        return _page(draft, sentence(err)), STATUS.get(err.code, 422)
    return redirect(url_for("plan_files.look", draft=draft, waiting=kept.number), 303)


@blueprint.get("/<int:draft>/file/<waiting>")
def look(draft: int, waiting: str) -> str | tuple[str, int]:
    """What the file would do; nothing is changed."""
    given = query(REPAIR, GAP)
    kept = _kept(waiting)
    try:
        found = file_take.look(
            workspace(), actor(), kept.path, **_what(draft, kept, Wishes(**given)), drawn=True
        )
    except GisgridError as err:
        return _page(draft, sentence(err)), STATUS.get(err.code, 422)
    return _report(kept, found, given)


@blueprint.post("/<int:draft>/file/<waiting>")
def take(draft: int, waiting: str) -> Response | tuple[str, int]:
    """Take the file over, as it was looked at."""
    kept = _kept(waiting)
    asked = [name for name in request.form if name.startswith("goes ")]
    choices = tuple(Argument(name, *one_of("choice", ("file", "draft")), "") for name in asked)
    given = form(REPAIR, GAP, SEEN, *choices)
    goes = {name.removeprefix("goes "): given.pop(name) for name in asked if name in given}
    file, mine = (
        frozenset(name for name, wins in goes.items() if wins == side) for side in ("file", "draft")
    )
    seen = given.pop("seen", 0)
    what = _what(draft, kept, Wishes(**given, file=file, draft=mine))
    try:
        file_take.take_over(workspace(), actor(), kept.path, seen=seen, **what)
    except GisgridError as err:
        found = file_take.look(workspace(), actor(), kept.path, **what, drawn=True)
        problem = options_as_fields(sentence(err))
        return _report(kept, found, given, problem), STATUS.get(err.code, 422)
    jobs().uploads.drop(kept)
    return redirect(url_for("plans.editor", draft=draft), 303)


def _kept(number: str) -> Upload:
    """The person's own file. Raises UploadGone, also for a file that waits for an import."""
    kept = jobs().uploads.get(actor().person, number)
    if kept.layer != KEPT_AS:
        raise UploadGone
    return kept


def _what(draft: int, kept: Upload, wishes: Wishes) -> dict[str, Any]:
    return {"name": kept.name, "draft": draft, "wishes": wishes}


def _page(draft: int, problem: str = "") -> str:
    found = drafts.shown(workspace(), actor(), draft)
    return render_template("plan_file.html", draft=found, problem=problem)


def _report(kept: Upload, found: dict[str, Any], given: dict[str, Any], problem: str = "") -> str:
    return render_template(
        "plan_file_report.html",
        upload=kept,
        found=found,
        size=(file_drawn.WIDTH, file_drawn.HEIGHT),
        pictures={picture["name"]: picture for picture in found["pictures"]["places"]},
        grids={row["code"]: row for row in found["grids"]},
        gaps=GAPS,
        first_faults=FIRST_FAULTS,
        gap=given.get("gap_m", file_take.GAP_M),
        problem=problem,
    )
