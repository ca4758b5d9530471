"""What one may do and see, and why; and the account of use for who looks after data protection."""

from __future__ import annotations

from flask import Blueprint, render_template

from gisgrid.access.tables import rights, sights
from gisgrid.operations import auditing
from gisgrid.web import arguments as words
from gisgrid.web.arguments import form, query, text, whole
from gisgrid.web.current import actor, workspace
from gisgrid.web.labels import label
from gisgrid.web.labels_of_use import DEED

blueprint = Blueprint("rights", __name__)

BEFORE = words.Argument("before", *whole("row", 1, 2**31 - 1), "")
PERSON = words.Argument("person", *whole("person", 1, 2**31 - 1), "")
ACTION = text("action")


@blueprint.get("/rights")
def page() -> str:
    """Every action and every personal field: allowed or not, why, and whom to ask."""
    query()
    return render_template("rights.html", rights=rights(actor()), sights=sights(actor()))


@blueprint.get("/audit")
def audit() -> str:
    """The account of use, a hundred rows a page, the newest first."""
    asked = query(BEFORE, PERSON, ACTION)
    rows = auditing.page(workspace(), actor(), **asked)
    return render_template("audit.html", rows=rows, asked=asked, verdict=None, deeds=deeds())


@blueprint.post("/audit/verify")
def verify() -> str:
    """Read the whole account and say whether it is as it was written."""
    given = form(text("head")).get("head")
    printed = [auditing.parse_head(given)] if given else []
    verdict = auditing.verify(workspace(), actor(), *printed)
    rows = auditing.page(workspace(), actor())
    return render_template("audit.html", rows=rows, asked={}, verdict=verdict, deeds=deeds())


def deeds() -> list[tuple[str, str]]:
    """(code, words) of all that the account tells of, to choose from."""
    return [(code, label("deed", code)) for code in DEED]
