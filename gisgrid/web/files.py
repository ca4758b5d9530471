"""Files in and out: an upload is looked at first and imported second; an export is a download."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for

from gisgrid.access import Level
from gisgrid.errors import (
    CrsChoice,
    CrsUnknown,
    EncodingUnknown,
    FileDamaged,
    FileUnreadable,
    GisgridError,
    UnknownWord,
    UploadGone,
)
from gisgrid.exchange.crs import named_crs
from gisgrid.exchange.parts import packed
from gisgrid.model import DATUMS, LAYERS
from gisgrid.operations import beside, exporting, importing
from gisgrid.operations.days import parse_day
from gisgrid.operations.import_jobs import ImportJobs
from gisgrid.web import arguments as words
from gisgrid.web import sketches, systems
from gisgrid.web.answers import disposition
from gisgrid.web.arguments import form, one_of, query, text
from gisgrid.web.current import actor, workspace
from gisgrid.web.openapi_files import GAP
from gisgrid.web.problems import STATUS, sentence
from gisgrid.web.templating import file_sentence

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState
    from werkzeug.wrappers import Response as Answer

    from gisgrid.operations.uploads import Upload

blueprint = Blueprint("files", __name__)

AT_ONCE_SECONDS = 1.5
"""What is ready by then is shown without a page that waits."""
GAPS = (5, 20, 50, 200)
"""Widths in metres that are offered to fill holes between grids up to."""
ENCODINGS = ("UTF-8", "GB18030", "Big5")
"""Offered where the text of a file may be read otherwise."""
STEPS = {"look": ("reading", "checking"), "store": ("reading", "checking", "storing")}
CHOICES = ("skip_bad_rows", "whole_plan", "make_ids", "salvage", "swap_axes")
WHAT = words.Argument("what", *one_of("layer", exporting.WHAT), "")
FILE_FORMAT = words.Argument("format", *one_of("format", tuple(exporting.FORMATS)), "")
WISHES = (
    words.BY_LEVEL,
    words.CATEGORY,
    text("crs"),
    words.Argument("datum", *one_of("datum", DATUMS), ""),
    words.Argument("encoding", *one_of("encoding", exporting.ENCODINGS), ""),
    words.Argument("language", *one_of("language of headings", exporting.LANGUAGES), ""),
    words.Argument("columns", lambda value: tuple(value.split(",")), {}, ""),
    words.Argument("figures", *words.FLAG, ""),
    words.Argument("twin", *words.FLAG, ""),
    words.Argument("level", *one_of("level of an export", tuple(Level)), ""),
)
LAYER = words.Argument("layer", *one_of("layer", tuple(LAYERS)), "")
DATUM = words.Argument("datum", *one_of("datum", DATUMS), "")
VALID_FROM = words.Argument("valid_from", parse_day, {}, "")
OPTIONS = (
    *map(text, ("layer_name", "crs", "encoding", "date_format", "fields")),
    *(words.Argument(name, *words.FLAG, "") for name in CHOICES),
    DATUM,
    VALID_FROM,
)


@blueprint.record
def prepare(state: BlueprintSetupState) -> None:
    """The work on files of the application's store."""
    made = ImportJobs(state.app.extensions["gisgrid"], draw=sketches.told, choose=sketches.choice)
    state.app.extensions["gisgrid.imports"] = made
    made.uploads.purge()  # what a server left behind that was killed


def jobs() -> ImportJobs:
    """The import jobs of this application."""
    return cast("ImportJobs", current_app.extensions["gisgrid.imports"])


def keep(layer: str, given: dict[str, Any]) -> Upload:
    """Keep the file of the form, or the parts of one. Raises FileUnreadable where there is none."""
    files = [(each.filename, each.save) for each in request.files.getlist("file") if each.filename]
    if not files:
        raise FileUnreadable(file="–", why="none")
    name, save = files[0] if len(files) == 1 else packed(files)
    return jobs().uploads.keep(actor().person, save, name, layer, given)


@blueprint.get("/import")
def import_form() -> str:
    """Choose a file."""
    return _form(query(LAYER))


@blueprint.post("/import")
def upload() -> Answer | tuple[str, int]:
    """Keep the file and go on to look at it."""
    given = form(LAYER, *OPTIONS)
    try:
        wishes = {name: value for name, value in given.items() if name != "layer"}
        kept = keep(given.get("layer", ""), options(wishes))
    except GisgridError as err:
        return again(given, err)
    return redirect(url_for("files.preview", number=kept.number), 303)


@blueprint.get("/import/<number>")
def preview(number: str) -> str | tuple[str, int]:
    """What importing the file would do, how far the work on it is, or what came of it."""
    query()
    kept = _kept(number)
    left = jobs().abandoned(kept)
    if left or not kept.state or _outdated(kept):
        jobs().look(actor(), kept, stopped=left and kept.task == "store")
    jobs().wait(kept, AT_ONCE_SECONDS)
    kept = _kept(number)
    if kept.state == "working":
        seconds = int(time.time() - kept.begun)
        return render_template("import_job.html", upload=kept, steps=STEPS, seconds=seconds)
    if kept.problem is not None:
        return _failed(kept, kept.problem)
    found = jobs().uploads.found(kept)
    return render_template(
        "import_report.html",
        report=importing.ImportReport(**found["report"]),
        upload=kept,
        done=kept.task == "store",
        seen=found,
        drawings=_drawings(found),
        gap_widths=GAPS,
        encodings=ENCODINGS,
    )


def _kept(number: str) -> Upload:
    """The person's own file. Raises UploadGone, also for one that waits for a draft."""
    kept = jobs().uploads.get(actor().person, number)
    if kept.layer and kept.layer not in LAYERS:
        raise UploadGone
    return kept


def _outdated(kept: Upload) -> bool:
    """Whether the store has changed since the file was looked at."""
    if (kept.task, kept.state) != ("look", "done"):
        return False
    seen: bool = jobs().uploads.found(kept)["standing"] == importing.standing(
        workspace(), kept.layer
    )
    return not seen


def _failed(kept: Upload, err: GisgridError) -> tuple[str, int]:
    """Why a file cannot be looked at or stored, or which coordinate system may be meant."""
    if not isinstance(err, (CrsChoice, CrsUnknown)):
        return again(kept.options | {"layer": kept.layer}, err, kept)
    drawings = _drawings(jobs().uploads.found(kept)) if isinstance(err, CrsChoice) else []
    said = "" if drawings else sentence(err)
    page = render_template("import_crs.html", upload=kept, drawings=drawings, problem=said)
    return page, STATUS[err.code]


def _drawings(found: dict[str, Any]) -> list[tuple[str, str, Any, int, int]]:
    """The systems that a file may be in: name, code, drawing, share in grids, metres apart."""
    return [
        (systems.named(named_crs(code)), code, sketch, share, metres)
        for code, sketch, share, metres in found.get("candidates", ())
    ]


@blueprint.post("/import/<number>/settle")
def settle(number: str) -> Answer:
    """Say whose ground is whose, which coordinate system or which encoding is meant."""
    each = [name for name in request.form if name == "winners" or name.startswith("whose ")]
    settled = [words.Argument(name, read_winners, {}, "") for name in each]
    flags = [
        words.Argument(name, *words.FLAG, "")
        for name in ("repair", "skip_bad_rows", "salvage", "swap_axes")
    ]
    kept = _kept(number)
    if "layer" in request.form:  # all that the form says of a file, said again
        return _explained(kept, form(LAYER, *OPTIONS))
    given = form(text("crs"), text("encoding"), *settled, *flags, DATUM, GAP)
    pairs = [pair for name in each for pair in given.pop(name, ())]
    if pairs:
        said = dict.fromkeys((*kept.options.get("winners", ()), *pairs))
        latest = {frozenset(pair): pair for pair in said}
        given["winners"] = tuple(latest.values())
    if not _stored(kept):
        jobs().uploads.explain(kept, **given)
    return redirect(url_for("files.preview", number=kept.number), 303)


def _explained(kept: Upload, given: dict[str, Any]) -> Answer:
    """Look at a file again with what the form says of it, and no more what was said before."""
    layer = given.pop("layer", kept.layer)
    if not _stored(kept):
        jobs().uploads.change(kept.number, layer=layer)
        unsaid = dict.fromkeys(argument.name for argument in OPTIONS)
        jobs().uploads.explain(replace(kept, layer=layer), **unsaid | options(given))
    return redirect(url_for("files.preview", number=kept.number), 303)


@blueprint.post("/import/<number>")
def confirm(number: str) -> Answer:
    """Import the file that was looked at; its answer is the page of the file. Once is enough."""
    form()
    kept = _kept(number)
    if not _stored(kept):
        jobs().store(actor(), kept)
        jobs().wait(kept, AT_ONCE_SECONDS)
    return redirect(url_for("files.preview", number=kept.number), 303)


def _stored(kept: Upload) -> bool:
    """Whether a file is stored already, or is just being stored."""
    going = kept.state == "working" and not jobs().abandoned(kept)
    return kept.task == "store" and (going or kept.state == "done")


@blueprint.post("/import/<number>/cancel")
def cancel(number: str) -> Answer:
    """Delete the file; one that is just being stored is stored all the same."""
    form()
    jobs().uploads.drop(_kept(number))
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


def again(given: dict[str, Any], err: GisgridError, kept: Upload | None = None) -> tuple[str, int]:
    """The form once more, with what went wrong and the rows that were refused."""
    problem = file_sentence(err, str(given.get("layer", "")))
    others = ENCODINGS if kept and err.code == EncodingUnknown.code else ()
    damaged = err.code == FileDamaged.code
    more = {"report": err.facts.get("report"), "upload": kept, "encodings": others}
    page = _form(given, problem=problem, damaged=damaged, **more)
    return page, STATUS.get(err.code, 422)


def _form(given: dict[str, Any], problem: str = "", **more: Any) -> str:
    """The form, with the files of the person that wait already."""
    waiting = [each for each in jobs().uploads.of(actor().person) if each.layer in LAYERS]
    known = {"layers": LAYERS, "datums": DATUMS, "form": given, "waiting": waiting}
    most = beside.EACH_PERSON
    return render_template("import.html", **known, problem=problem, most_waiting=most, **more)


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
