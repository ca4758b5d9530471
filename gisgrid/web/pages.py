"""The two map pages and the choice of language."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from markupsafe import Markup

from gisgrid import maps
from gisgrid.access import Action
from gisgrid.operations.asked import day_of
from gisgrid.operations.extent import extent
from gisgrid.operations.search import search as find
from gisgrid.web import arguments as words
from gisgrid.web import basemap
from gisgrid.web import language as languages
from gisgrid.web.addresses import own_address
from gisgrid.web.arguments import form, query
from gisgrid.web.current import actor, may, workspace
from gisgrid.web.templating import may_see_province

if TYPE_CHECKING:
    from datetime import date

    from werkzeug.wrappers import Response as Answer

blueprint = Blueprint("pages", __name__)

MAPS = {"coverage": "coverage_map", "cases": "cases_map", "plan": "plan_map"}
"""page -> what makes its map; by name, since it loads folium."""

# What the address of a map may hold, so that a link reopens the same view; the page's own script
# reads it. `show` is what the areas are shaded by, `sort` the order of the list.
VIEW: tuple[words.Argument, ...] = (
    words.AREA,
    words.AS_OF,
    words.RESTATE,
    words.text("show"),
    words.text("sort"),
)
VIEW += (words.text("household"), words.text("at"))
CASE_VIEW = (*VIEW, words.CATEGORY, words.STATUS_OF_CASE, words.MIN_AGE, words.LOCATED)


@blueprint.get("/")
def coverage() -> str | Answer:
    """The coverage map; whoever may not see figures, or has no county, is led on from here."""
    if not may(Action.SEE_FIGURES):
        home = "rights.audit" if may(Action.SEE_AUDIT) else "rights.page"
        return redirect(url_for("people.accounts" if may(Action.MANAGE_PEOPLE) else home), 303)
    view = query(*VIEW)
    if not view and may_see_province() and _holds_no_county():
        return redirect(url_for("province.page"), 303)
    return page("coverage", view)


def _holds_no_county() -> bool:
    """Whether the store is that of the level above: accounts, and nothing of a county."""
    none = len(workspace().snapshot().households.id) == 0
    return none and extent(workspace(), actor()) is None


@blueprint.get("/areas/<code:code>")
def area(code: str) -> str:
    """The coverage map, opened at an area."""
    return page("coverage", {**query(*VIEW), "area": code})


@blueprint.get("/cases")
def cases() -> str:
    """The map of open cases."""
    return page("cases", query(*CASE_VIEW))


def page(name: str, view: dict[str, object]) -> str:
    """A map page: our template around folium's parts. No row of data is in it."""
    as_of = cast("date | None", view.get("as_of"))
    day_of(as_of, workspace().today())
    where = view.get("area")
    if where:  # refuses one that is not seen, on the grids that the view is of
        day = None if view.get("restate") else as_of
        extent(workspace(), actor(), area=str(where), as_of=day)
    parts = map_parts(name)
    return render_template(
        f"{name}.html",
        map=parts,
        head_links=[local(link) for link in parts.head_links],
        script_url=url_for("pages.map_script", page=name),
        empty=extent(workspace(), actor()) is None,
        view=view,
    )


@blueprint.post("/search")
def search() -> str:
    """What a text finds, as a page of links: the search box without the map's script.

    By POST, so that a name that is looked for stays out of addresses and histories.
    """
    text = form(words.QUERY).get("q", "")
    return render_template("search.html", text=text, hits=find(workspace(), actor(), text=text))


@blueprint.get("/map/<page>.js")
def map_script(page: str) -> Answer:
    """Folium's script as a file: numbers, addresses and fixed words, nothing of a household."""
    if page not in MAPS:
        abort(404)
    query()
    answer = Response(map_parts(page).script, mimetype="application/javascript")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Cookie")
    answer.add_etag()
    return answer.make_conditional(request)


def map_parts(name: str) -> maps.MapParts:
    """Folium's parts of a page: the same for page and script, because its names are fixed."""
    found: maps.MapParts = getattr(maps, MAPS[name])(
        bounds=extent(workspace(), actor()),
        base_map=basemap.chosen(workspace().settings),
        language=languages.chosen(),
    )
    return found


def local(link: Markup) -> Markup:
    """A link to a vendored file, under the address that may be kept for a year."""
    from flask import current_app  # noqa: PLC0415 - only here

    prefix = current_app.jinja_env.globals["asset"]("")  # type: ignore[operator]
    return Markup(str(link).replace('"/static/', f'"{prefix}'))  # noqa: S704 - maps' own markup


@blueprint.post("/language/<lang>")
def language(lang: str) -> Answer:
    """Keep the reader's choice of language in a cookie and go back to where they were."""
    if lang not in languages.LANGUAGES:
        abort(404)
    back = form(words.text("next")).get("next", "/")
    answer = redirect(own_address(back), 303)
    answer.set_cookie(
        languages.COOKIE,
        lang,
        max_age=languages.COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=workspace().settings.secure_cookies,
    )
    return answer
