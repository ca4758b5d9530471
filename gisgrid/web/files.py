"""Files in and out: an upload is looked at first and imported second; an export is a download."""

from __future__ import annotations

import atexit
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for

from gisgrid.access import Level
from gisgrid.errors import CrsChoice, FileUnreadable, GisgridError, UnknownWord
from gisgrid.exchange.crs import named_crs
from gisgrid.model import DATUMS, LAYERS
from gisgrid.operations import exporting, importing
from gisgrid.operations.days import parse_day
from gisgrid.web import arguments as words
from gisgrid.web import sketches, systems
from gisgrid.web.answers import disposition
from gisgrid.web.arguments import form, one_of, query, text
from gisgrid.web.current import actor, workspace
from gisgrid.web.problems import STATUS, sentence
from gisgrid.web.templating import options_as_fields
from gisgrid.web.uploads import Upload, Uploads

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState
    from werkzeug.wrappers import Response as Answer

blueprint = Blueprint("files", __name__)

CHOICES = ("skip_bad_rows", "whole_plan", "make_ids", "salvage")
WHAT = words.Argument("what", *one_of("layer", exporting.WHAT), "")
FILE_FORMAT = words.Argument("format", *one_of("format", tuple(exporting.FORMATS)), "")
WISHES = (
    words.BY_LEVEL,
    words.CATEGORY,
    text("crs"),
    words.Argument("datum", *one_of("datum", DATUMS), ""),
    words.Argument("encoding", *one_of("encoding", exporting.ENCODINGS), ""),
    words.Argument("columns", lambda value: tuple(value.split(",")), {}, ""),
    words.Argument("figures", *words.FLAG, ""),
    words.Argument("twin", *words.FLAG, ""),
    words.Argument("level", *one_of("level of an export", tuple(Level)), ""),
)
LAYER = words.Argument("layer", *one_of("layer", tuple(LAYERS)), "")
VALID_FROM = words.Argument("valid_from", parse_day, {}, "")
OPTIONS = (
    *map(text, ("layer_name", "crs", "encoding", "date_format", "fields")),
    *(words.Argument(name, *words.FLAG, "") for name in CHOICES),
    words.Argument("datum", *one_of("datum", DATUMS), ""),
    VALID_FROM,
)


@blueprint.record
def prepare(state: BlueprintSetupState) -> None:
    """Each application keeps its own waiting files, and clears them away at the end."""
    kept = state.app.extensions["gisgrid.uploads"] = Uploads()
    kept.purge()  # what a server left behind that was killed
    atexit.register(kept.clear)


def uploads() -> Uploads:
    """The waiting files of this application."""
    return cast("Uploads", current_app.extensions["gisgrid.uploads"])


@blueprint.get("/import")
def import_form() -> str:
    """Choose a file."""
    asked = query(LAYER)
    return render_template("import.html", layers=LAYERS, datums=DATUMS, form=asked, problem="")


@blueprint.post("/import")
def upload() -> Answer | tuple[str, int]:
    """Keep the file and go on to look at it."""
    given = form(LAYER, *OPTIONS)
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise FileUnreadable(file="–", problem="no file was chosen")
        kept = uploads().keep(actor().person, file, given.pop("layer", ""), options(given))
    except GisgridError as err:
        return again(given, err)
    return redirect(url_for("files.preview", number=kept.number), 303)


@blueprint.get("/import/<number>")
def preview(number: str) -> str | tuple[str, int]:
    """What importing the file would do; nothing is changed."""
    query()
    kept = uploads().get(actor().person, number)
    try:
        report, seen = importing.drawn(workspace(), actor(), kept.layer, kept.path, wishes(kept))
    except CrsChoice as err:
        drawings = [
            (systems.named(named_crs(code)), code, *each)
            for code in err.points
            if (each := sketches.candidate(err, code))
        ]
        page = render_template("import_crs.html", upload=kept, drawings=drawings)
        return page, STATUS[err.code]
    except GisgridError as err:
        return again({"layer": kept.layer}, err)
    return render_template(
        "import_report.html",
        report=report,
        upload=kept,
        done=False,
        overview=sketches.overview(seen),
        overlaps=sketches.overlaps(seen),
    )


@blueprint.post("/import/<number>/settle")
def settle(number: str) -> Answer:
    """Say whose the ground of overlapping grids is, or which coordinate system is meant."""
    settled = words.Argument("winners", read_winners, {}, "")
    given = form(text("crs"), settled, words.Argument("repair", *words.FLAG, ""))
    kept = uploads().get(actor().person, number)
    if "winners" in given:
        said = dict.fromkeys((*kept.options.get("winners", ()), *given["winners"]))
        latest = {frozenset(pair): pair for pair in said}
        given["winners"] = tuple(latest.values())
    uploads().explain(kept, **given)
    return redirect(url_for("files.preview", number=kept.number), 303)


@blueprint.post("/import/<number>")
def confirm(number: str) -> str | tuple[str, int]:
    """Import the file that was looked at, and delete it."""
    form()
    kept = uploads().get(actor().person, number)
    try:
        report = importing.run(workspace(), actor(), kept.layer, kept.path, wishes(kept))
    except GisgridError as err:
        return again({"layer": kept.layer}, err)
    uploads().drop(kept)
    return render_template("import_report.html", report=report, upload=kept, done=True)


@blueprint.post("/import/<number>/cancel")
def cancel(number: str) -> Answer:
    """Delete the file without importing it."""
    form()
    uploads().drop(uploads().get(actor().person, number))
    return redirect(url_for("files.import_form"), 303)


def read_winners(value: str) -> tuple[tuple[str, str], ...]:
    """Pairs of codes as the page writes them: a JSON list of [whose it is, who gives it up]."""
    try:
        pairs = tuple((str(one), str(two)) for one, two in json.loads(value))
    except (ValueError, TypeError) as err:
        raise UnknownWord(value=value[:60], kind="pair of grids", known="[[code, code]]") from err
    return pairs


def options(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of the form as fields of ImportOptions; `fields` holds ours=theirs lines."""
    found = dict(given)
    pairs = [line.partition("=") for line in found.get("fields", "").splitlines() if line.strip()]
    found["fields"] = {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
    return found


def again(given: dict[str, Any], err: GisgridError) -> tuple[str, int]:
    """The form once more, with what went wrong and the rows that were refused."""
    page = render_template(
        "import.html",
        layers=LAYERS,
        datums=DATUMS,
        form=given,
        problem=options_as_fields(sentence(err)),
        report=err.facts.get("report"),
    )
    return page, STATUS.get(err.code, 422)


def wishes(kept: Upload) -> importing.ImportOptions:
    """The options of an upload, with the name that the person knows the file by."""
    return importing.ImportOptions(**kept.options, name=kept.name)


@blueprint.route("/export/file", methods=["GET", "POST"])
def download() -> Response:
    """The file itself; a reason comes in a form, never in an address."""
    known = (WHAT, FILE_FORMAT, words.AREA, words.AS_OF, *WISHES)
    given = form(*known, text("reason")) if request.method == "POST" else query(*known)
    asked = {"format": "xlsx"} | given
    what = asked.pop("what", "coverage")
    with tempfile.TemporaryDirectory(prefix="gisgrid-") as folder:
        options = exporting.ExportOptions(**asked)
        report = exporting.export_file(workspace(), actor(), what, Path(folder), options)
        body = report.path.read_bytes()
    answer = Response(body, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = disposition(report.path.name)
    counts = (report.checked or {}).items()
    answer.headers["X-Gisgrid-Checked"] = ", ".join(f"{name}={count}" for name, count in counts)
    answer.headers["X-Gisgrid-Not-Kept"] = str(len(report.not_kept))
    return answer
