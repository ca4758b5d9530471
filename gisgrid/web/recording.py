"""The pages of whoever serves households: the work list, the forms, the decisions."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from gisgrid.access import Role
from gisgrid.errors import GisgridError, RecordDiffers, UnknownArea
from gisgrid.operations import deciding, recording, work
from gisgrid.store import NEEDS_DECISION
from gisgrid.web import arguments as words
from gisgrid.web import paging
from gisgrid.web.addresses import own_address
from gisgrid.web.arguments import form, one_of, query, text
from gisgrid.web.current import actor, workspace
from gisgrid.web.labels import label
from gisgrid.web.owner import whose
from gisgrid.web.problems import sentence
from gisgrid.web.worker import script as worker_script

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.wrappers import Response as Answer

    from gisgrid.access import Actor
    from gisgrid.operations.workspace import Workspace

blueprint = Blueprint("recording", __name__)

SHOW = words.Argument("show", *one_of("list", work.SHOW), "Which households.")
DO = words.Argument("do", *one_of("change", ("update", "close", "reopen")), "")
DECIDE = words.Argument("do", *one_of("decision", ("accept", "set_aside")), "")
STATE = words.Argument("state", *one_of("state", ("waiting", "decided")), "")


def register(app: Flask) -> None:
    """Give the templates new client ids."""
    app.jinja_env.globals["new_client_id"] = lambda: str(uuid.uuid4())
    app.jinja_env.globals["moment"] = moment
    app.jinja_env.globals["on_the_device"] = on_the_device


def moment(value: datetime | str) -> str:
    """A moment as the programme's clocks show it, to the minute."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return _clock_face(at.astimezone(ZoneInfo(workspace().programme().zone)))


def _clock_face(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(" ", "minutes")


def on_the_device(said: dict[str, Any]) -> tuple[str, str] | None:
    """What the clock of the device showed at a visit, and its zone; None where it told neither."""
    at, zone = datetime.fromisoformat(said["visited_at"]), said.get("zone")
    if not zone and not at.utcoffset() and not said.get("flags"):
        return None
    if zone:
        # A zone is any word that a device sends: a folder's name, or none that this machine knows.
        with suppress(ValueError, OSError, KeyError, OverflowError):
            return _clock_face(at.astimezone(ZoneInfo(zone))), zone
    offset = at.isoformat()[-6:]
    return _clock_face(at), f"{zone or ''} UTC{offset}".strip()


def home() -> str:
    """Where a person begins: a member at the work of the day, everybody else at the map."""
    return url_for("recording.work_list") if actor().role is Role.MEMBER else "/"


@blueprint.get("/work")
def work_list() -> str | Answer:
    """The work list of a grid; whoever serves several chooses one first."""
    asked = query(text("grid"), SHOW, words.PAGE)
    given = asked.pop("grid", None)
    grid = given or actor().scope.code
    try:
        found = work.work(workspace(), actor(), grid=grid, **asked)
    except UnknownArea:
        if given:
            raise
        number = asked.get("page", 1)
        served, total = work.grids(workspace(), actor(), number)
        page = render_template(
            "work_grids.html",
            grids=served,
            day=workspace().today(),
            page=number,
            pages=paging.pages(total),
            waiting=waiting(),
        )
        return _for_device(page)
    page = render_template(
        "work.html",
        found=found,
        page=asked.get("page", 1),
        shows=work.SHOW,
        categories=work.categories(workspace()),
        waiting=waiting(),
    )
    answer = _for_device(page)
    if actor().scope.code == grid:  # a phone keeps its own grid and no other
        answer.headers["X-Gisgrid-Keep"] = "1"
    return answer


def _for_device(page: str) -> Answer:
    """The page, saying whose lists a device may hold from now on; it deletes all others."""
    answer = Response(page)
    answer.headers["X-Gisgrid-Whose"] = whose(actor())
    return answer


def waiting() -> int:
    """How many reports wait for a decision."""
    return deciding.waiting(workspace(), actor())


@blueprint.get("/worker.js")
def worker() -> Answer:
    """The worker of the work list: it looks after /work only, and is asked for anew each time."""
    query()
    answer = Response(worker_script(), mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = "/work"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@blueprint.post("/households/<code:household>/visits")
def visit(household: str) -> Answer:
    """Record a visit by the form, without any script; or put an earlier one right (`corrects`)."""
    more = (text("corrects"), text("household"))
    given = form(text("client_id"), text("outcome"), text("note"), text("back"), *more)
    if "corrects" in given:
        return correct(household, given)
    item = {
        "client_id": given.get("client_id", ""),
        "household": household,
        "outcome": given.get("outcome", ""),
        "note": given.get("note"),
    }
    done = _("Recorded: %(outcome)s.", outcome=label("outcome", item["outcome"]))
    return recorded(recording.record_visits, item, done, given, page_of(household))


def correct(household: str, given: dict[str, Any]) -> Answer:
    """Put a visit of the household right."""
    item: dict[str, Any] = {"client_id": given.get("client_id", "")}
    item |= {name: given[name] for name in ("outcome", "note", "household") if name in given}

    def save(ws: Workspace, who: Actor, items: list[dict[str, Any]]) -> list[recording.Answer]:
        return [recording.correct_visit(ws, who, household, given["corrects"], items[0])]

    done = _("Corrected. The visit as it was before is kept, and no longer counts.")
    waits = _(
        "The entry as it was no longer counts. The visit of the other household is kept and needs "
        "a decision: it is not in your area."
    )
    return recorded(save, item, done, given, page_of(household), waits)


@blueprint.post("/households/<code:household>/cases")
def case(household: str) -> Answer:
    """Open a case by the form."""
    fields = ("client_id", "category", "title", "due_on", "note")
    given = form(*(text(name) for name in (*fields, "back")))
    item = {name: given.get(name) for name in fields} | {"household": household}
    return recorded(recording.open_cases, item, _("The case is open."), given, page_of(household))


def page_of(household: str) -> str:
    """Where the forms of a household are."""
    return url_for("households.page", household=household)


@blueprint.post("/cases/<code:case>/changes")
def change(case: str) -> Answer:
    """Update, close or reopen a case by the form."""
    fields = ("category", "title", "due_on", "note")
    given = form(text("client_id"), DO, text("back"), *(text(name) for name in fields))
    do = given.get("do", "update")
    item = {"client_id": given.get("client_id", ""), "case": case, "do": do}
    # A form says what a field holds from now on, also that it is empty; closing asks for the
    # answer only.
    if do == "update":
        item |= {name: given.get(name) for name in fields if name in request.form}
    elif "note" in given:
        item["note"] = given["note"]
    done = {
        "update": _("The case is updated."),
        "close": _("The case is closed."),
        "reopen": _("The case is open again."),
    }[do]
    return recorded(recording.change_cases, item, done, given, "/work")


def recorded(
    save: Callable[..., list[recording.Answer]],
    item: dict[str, Any],
    done: str,
    given: dict[str, Any],
    back: str,
    waits: str = "",
) -> Answer:
    """Record one item, say what became of it, and go back to where the form was."""
    (answer,) = save(workspace(), actor(), [item])
    if isinstance(answer, RecordDiffers):
        # The same form was used again for something else: that is a record of its own.
        (answer,) = save(workspace(), actor(), [item | {"client_id": str(uuid.uuid4())}])
    if isinstance(answer, GisgridError):
        flash(sentence(answer), "error")
    elif answer.state == NEEDS_DECISION:
        flash(
            waits or _("It is kept and needs a decision: the household is not in your area."),
            "notice",
        )
    else:
        flash(done, "notice")
    return redirect(own_address(given.get("back", back)), 303)


@blueprint.get("/decisions")
def decisions() -> str:
    """Reports that could not be taken as they came."""
    given = query(STATE, words.PAGE)
    state, page = given.get("state", "waiting"), given.get("page", 1)
    found, more = deciding.listing(workspace(), actor(), waiting=state == "waiting", page=page)
    return render_template("decisions.html", reports=found, state=state, page=page, more=more)


@blueprint.post("/decisions/<code:report>")
def decide(report: str) -> Answer:
    """Accept a report or set it aside."""
    given = form(DECIDE, text("reason"), text("household"))
    try:
        if given.get("do") == "set_aside":
            reason = given.get("reason", "")
            deciding.set_aside(workspace(), actor(), report=report, reason=reason)
            flash(_("The report is set aside; it is kept and may still be accepted."), "notice")
        else:
            home = given.get("household")
            deciding.accept(workspace(), actor(), report=report, household=home)
            flash(_("The report is accepted and counts from now on."), "notice")
    except GisgridError as err:
        flash(sentence(err), "error")
    return redirect(url_for("recording.decisions"), 303)
