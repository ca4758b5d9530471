"""What is held about a household, for whoever answers for it: counted, given out, erased.

Counts come first; the content leaves as one file, with a reason. Erasing takes a reason, a look at
what will go, and the household's number once more.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from gisgrid.errors import GisgridError
from gisgrid.operations import erasing
from gisgrid.operations.exporting import REASON_LEAST
from gisgrid.web.answers import disposition
from gisgrid.web.arguments import Argument, form, one_of, query, text
from gisgrid.web.current import actor, workspace
from gisgrid.web.problems import STATUS, sentence

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as Answer

blueprint = Blueprint("person_data", __name__, url_prefix="/person-data")

FORM = Argument("format", *one_of("format", ("text", "json")), "")


@blueprint.get("")
def search() -> str:
    """Ask which household it is about."""
    query()
    return render_template("person_data.html", household="", counts=None)


@blueprint.post("")
def find() -> str | tuple[str, int]:
    """What is held about the household of a number."""
    return _page(form(text("household")).get("household", ""))


@blueprint.get("/<code:household>")
def page(household: str) -> str | tuple[str, int]:
    """How much is held about a household, and what can be done."""
    query()
    return _page(household)


@blueprint.post("/<code:household>/file")
def file(household: str) -> Answer:
    """All of it as one file, to read or for programs."""
    given = form(FORM, text("reason"))
    found = erasing.held(workspace(), actor(), household, reason=given.get("reason", ""))
    if given.get("format") == "json":
        body, kind, end = (
            json.dumps(found, ensure_ascii=False, indent=2),
            "application/json",
            "json",
        )
    else:
        body, kind, end = erasing.readable(found), "text/plain", "txt"
    answer = Response(body + "\n", content_type=f"{kind}; charset=utf-8")
    answer.headers["Content-Disposition"] = disposition(f"gisgrid_person_data.{end}")
    return answer


@blueprint.post("/<code:household>/erase")
def erase(household: str) -> str | Answer | tuple[str, int]:
    """Erase: first what will go is shown, then the number is asked for once more."""
    given = form(text("reason"), text("again"))
    reason = given.get("reason", "")
    erasing.check_reason(reason)
    if given.get("again") != household:
        counts = erasing.counted(workspace(), actor(), household)
        wrong = "again" in given
        shown = render_template(
            "person_data_erase.html", household=household, counts=counts, reason=reason, wrong=wrong
        )
        return (shown, 400) if wrong else shown
    done = erasing.erase(workspace(), actor(), household, reason=reason)
    flash(_("Erased. Figures of past days stay as they were."), "notice")
    if not done.swept:
        flash(
            _("Somebody is reading; traces in the file go when the server starts anew."), "notice"
        )
    return redirect(url_for("person_data.page", household=household), 303)


def _page(household: str) -> str | tuple[str, int]:
    try:
        counts = erasing.counted(workspace(), actor(), household)
    except GisgridError as err:
        flash(sentence(err), "error")
        empty = render_template("person_data.html", household=household, counts=None)
        return empty, STATUS[err.code]
    gone = household in erasing.erased(workspace(), actor())
    return render_template(
        "person_data.html",
        household=household,
        counts=counts,
        gone=gone,
        least=REASON_LEAST,
    )
