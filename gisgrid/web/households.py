"""Lists of households behind every number, and the page of one."""

from __future__ import annotations

from flask import Blueprint, render_template

from gisgrid.access import Action
from gisgrid.operations import households, work
from gisgrid.web import arguments as words
from gisgrid.web.arguments import query
from gisgrid.web.current import actor, may, workspace

blueprint = Blueprint("households", __name__, url_prefix="/households")


@blueprint.get("")
def listing() -> str:
    """The households behind a number, a hundred a page."""
    asked = query(words.AREA, words.STATUS_OF_HOUSEHOLD, words.AS_OF, words.RESTATE, words.PAGE)
    page = asked.pop("page", 1)
    found = households.listing(workspace(), actor(), **asked, page=page)
    if page > found["pages"]:  # an old link to a list that has become shorter
        page = found["pages"]
        found = households.listing(workspace(), actor(), **asked, page=page)
    return render_template("households.html", found=found, asked=asked, page=page)


@blueprint.get("/<code:household>")
def page(household: str) -> str:
    """One household: where it stands, its last visits, its cases."""
    asked = query(words.AS_OF)
    found = households.detail(workspace(), actor(), household=household, **asked)
    as_of = asked.get("as_of") or workspace().today()
    # The past is looked at, not recorded into.
    records = may(Action.RECORD) and "as_of" not in asked
    return render_template(
        "household.html",
        found=found,
        as_of=as_of,
        work=work.of_household(workspace(), actor(), household) if records else None,
        categories=work.categories(workspace()) if records else [],
    )
