"""Exports that are prepared, looked at and then fetched; the work is operations.export_jobs."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from flask import (
    Blueprint,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext

from gisgrid.access import Level
from gisgrid.access.fields import usual_level
from gisgrid.errors import GisgridError
from gisgrid.exchange.crs import named_crs, offered
from gisgrid.exchange.headings import heading
from gisgrid.model import BY, WGS84
from gisgrid.operations import exporting
from gisgrid.operations.export_jobs import ExportJobs
from gisgrid.operations.extent import middle
from gisgrid.web import arguments as words
from gisgrid.web import systems
from gisgrid.web.answers import disposition
from gisgrid.web.arguments import form, query, text
from gisgrid.web.current import actor, workspace
from gisgrid.web.files import FILE_FORMAT, WHAT, WISHES
from gisgrid.web.language import chosen
from gisgrid.web.problems import STATUS, sentence
from gisgrid.web.templating import options_as_fields

if TYPE_CHECKING:
    from collections.abc import Collection

    from flask.blueprints import BlueprintSetupState
    from werkzeug.wrappers import Response as Answer

blueprint = Blueprint("exports", __name__)

AT_ONCE_SECONDS = 1.5
"""What is ready by then is shown without a page that waits."""
TAKE = "take "
"""How the name of each tick of a column begins in the form; then what, then the column."""
STEPS = ("gathering", "writing", "checking")
LANGUAGES = (("zh", "中文"), ("en", "English"))
"""Of headings and words in CSV and Excel, each called by itself."""


@blueprint.record
def prepare(state: BlueprintSetupState) -> None:
    """The jobs of the application's store; what a killed server left is begun again."""
    jobs = state.app.extensions["gisgrid.exports"] = ExportJobs(state.app.extensions["gisgrid"])
    jobs.resume()


def jobs() -> ExportJobs:
    """The export jobs of this application."""
    return cast("ExportJobs", current_app.extensions["gisgrid.exports"])


@blueprint.get("/export")
def choose() -> str:
    """Choose what to take along."""
    return _form(query(WHAT, words.AREA, words.AS_OF, words.CATEGORY))


@blueprint.post("/export")
def ask() -> Answer | tuple[str, int]:
    """Have a file prepared."""
    known = (WHAT, FILE_FORMAT, words.AREA, words.AS_OF, *WISHES)
    given = form(*known, text("reason"), text("other_crs"), *_ticks())
    what = given.setdefault("what", "coverage")
    ticked = {name: given.pop(name) for name in list(given) if name.startswith(TAKE)}
    asked: dict[str, Any] = {"format": "xlsx", "twin": False} | given
    other = asked.pop("other_crs", "").strip()
    options = exporting.ExportOptions(
        **{name: value for name, value in asked.items() if name != "what"}
        | ({"crs": other} if other else {})
    )
    given["taken"] = frozenset(ticked)
    # A reason that stands in the form asks for no more by itself.
    usual = usual_level(what, figures=options.figures)
    options = replace(options, level=options.level or usual.value)
    columns = options.columns or _taken(what, options.held(what), ticked)
    options = replace(options, columns=columns)
    try:
        job = jobs().ask(actor(), what, options)
    except GisgridError as err:
        if err.code == "not_allowed":
            raise
        page = _form(given, options_as_fields(sentence(err)))
        return page, STATUS.get(err.code, 422)
    jobs().wait(job.number, AT_ONCE_SECONDS)
    return redirect(url_for("exports.look", number=job.number), 303)


@blueprint.get("/export/jobs/<number>")
def look(number: str) -> str:
    """How far it is; what the file holds and what it could not keep, before it is fetched."""
    query()
    job = jobs().get(actor(), number)
    return render_template(
        "export_job.html",
        job=job,
        steps=STEPS,
        problem=sentence(job.problem) if job.problem else "",
        until=datetime.fromtimestamp(job.until, UTC).isoformat(),
        seconds=int(time.time() - job.since),
    )


@blueprint.get("/export/jobs/<number>/file")
def fetch(number: str) -> Answer:
    """The file, for whoever asked for it."""
    query()
    path = jobs().fetch(actor(), number)
    answer = send_file(path, mimetype="application/octet-stream", etag=False, max_age=0)
    answer.headers["Content-Disposition"] = disposition(path.name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/export/jobs/<number>/cancel")
def drop(number: str) -> Answer:
    """Delete the file, or stop waiting for it."""
    form()
    jobs().drop(actor(), number)
    return redirect(url_for("exports.choose"), 303)


def _ticks() -> tuple[words.Argument, ...]:
    """The ticked columns, `take <what> <column>` each, as arguments of the form."""
    names = [name for name in request.form if name.startswith(TAKE)]
    return tuple(words.Argument(name, *words.FLAG, "") for name in names)


def _taken(what: str, level: Level, ticked: Collection[str]) -> tuple[str, ...]:
    """The columns that are ticked and that a file of the level holds; () for all of them."""
    every = exporting.columns_of(actor(), what, level)
    offered = exporting.columns_of(actor(), what, Level.FULL)
    named = tuple(column for column in every if f"{TAKE}{what} {column}" in ticked)
    if not named:
        return ()
    # What a public file says beside them, which columns are hidden, has no tick.
    held = tuple(column for column in every if column in named or column not in offered)
    return () if held == every else held


def _columns() -> dict[str, list[tuple[str, str, bool]]]:
    """What -> its columns for this person: name, what it is called, whether only a full file."""
    found = {}
    for what in exporting.WHAT:
        less = exporting.columns_of(actor(), what, Level.CASE_WORK)
        found[what] = [
            (name, heading(what.replace("-", "_"), name)[chosen() == "zh"], name not in less)
            for name in exporting.columns_of(actor(), what, Level.FULL)
        ]
    return found


def _form(asked: dict[str, Any], problem: str = "") -> str:
    """The form, with the systems of the county first and what waits already."""
    return render_template(
        "export.html",
        columns=_columns(),
        take=TAKE,
        what=exporting.WHAT,
        formats=exporting.FORMATS,
        languages=LANGUAGES,
        form=asked,
        problem=problem,
        levels=BY,
        held=tuple(Level),
        least=exporting.REASON_LEAST,
        systems=[(code, _system_called(code)) for code in _systems()],
        waiting=jobs().of(actor()),
    )


def _system_called(code: str) -> str:
    """A system by its name; WGS 84 also by where it is met. Web maps of China are shifted."""
    called = systems.named(named_crs(code))
    if code != WGS84:
        return called
    return str(gettext("%(system)s (as GPS and QGIS)", system=called))


def _systems() -> tuple[str, ...]:
    """Coordinate systems to offer for where the actor's grids lie."""
    lon = middle(workspace(), actor())
    return offered(105.0 if lon is None else lon)
