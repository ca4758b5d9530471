"""The pages of plans: the drafts, the editor of one, what was published, who hands over what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, render_template, url_for

from gisgrid import resources
from gisgrid.access import Action
from gisgrid.operations import sharing
from gisgrid.operations.extent import extent
from gisgrid.operations.plans import choices, drafts, handover, lineage, reversing, revisions
from gisgrid.web.answers import rows
from gisgrid.web.arguments import PAGE, form, query, text
from gisgrid.web.current import actor, may, workspace
from gisgrid.web.pages import local, map_parts

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

blueprint = Blueprint("plans", __name__, url_prefix="/plans")

MAP = "plan"
SHOW = text("show")
LAST_PLANS = 50


# Drafts -------------------------------------------------------------------------------------------


@blueprint.get("")
def listing() -> str:
    """The drafts that the reader may see, and the plans that were published."""
    query()
    mine = drafts.listing(workspace(), actor()) if may(Action.SEE_PLANS) else []
    published = revisions.listing(workspace(), actor())[:LAST_PLANS]
    areas = choices.choices(workspace(), actor()) if may(Action.EDIT_PLAN) else []
    names = choices.names(workspace(), [draft["area"] for draft in mine])
    return render_template("plans.html", drafts=mine, revisions=published, areas=areas, names=names)


@blueprint.post("")
def new() -> Response:
    """Open a draft and go to it."""
    given = form(text("name"), text("area"))
    made = drafts.open_draft(workspace(), actor(), name=given.pop("name", ""), **given)
    return redirect(url_for("plans.editor", draft=made), 303)


@blueprint.get("/<int:draft>")
def editor(draft: int) -> str:
    """The editor of a draft: a shell, as every map page; grids and names come by URL."""
    query(SHOW)
    ws, who = workspace(), actor()
    found = drafts.found(ws, who, draft)
    parts = map_parts(MAP)
    return render_template(
        "plan.html",
        map=parts,
        head_links=[local(link) for link in parts.head_links],
        script_url=url_for("pages.map_script", page=MAP),
        modules=modules(),
        draft=found,
        bounds=extent(ws, who, area=found.area_code),
        today=ws.today().isoformat(),
        zone=ws.programme().zone,
    )


def modules() -> list[str]:
    """The page's own modules, named ahead so that the browser fetches them side by side."""
    return sorted(path.name for path in (resources.folder("static") / "app").glob("plan*.js"))


# Published plans ----------------------------------------------------------------------------------


@blueprint.get("/revisions/<int:revision>")
def published(revision: int) -> str:
    """A published plan: its certificate, where its grids came from, what is handed over."""
    query()
    ws, who = workspace(), actor()
    found = revisions.shown(ws, who, revision)
    standing = found["state"] != "withdrawn" and may(Action.SEE_HOUSEHOLDS)
    moved = handover.grids(ws, who, revision) if standing else []
    area = (found["certificate"] or {}).get("area") or ""
    named = choices.names(ws, [area]).get(area, area)
    off_paper = sharing.hidden_on_paper(ws, found["certificate"] or {})
    return render_template(
        "revision.html", found=found, moved=moved, area=named, off_paper=off_paper
    )


@blueprint.post("/revisions/<int:revision>/reverse")
def reverse(revision: int) -> Response:
    """A draft that undoes a published plan."""
    form()
    made = reversing.reverse(workspace(), actor(), revision)
    return redirect(url_for("plans.editor", draft=made), 303)


@blueprint.post("/revisions/<int:revision>/withdraw")
def withdraw(revision: int) -> Response:
    """Take back a plan whose day has not come."""
    form()
    revisions.withdraw(workspace(), actor(), revision)
    return redirect(url_for("plans.published", revision=revision), 303)


@blueprint.get("/revisions/<int:revision>/handover/<code:code>")
def handed_over(revision: int, code: str) -> str:
    """What a grid got and gave by a plan, for its member, on paper too."""
    page = query(PAGE).get("page", 1)
    found = handover.handover(workspace(), actor(), revision, code, page)
    parts = parts_of(rows(found["rows"]))
    others = {row["code"]: row for row in handover.grids(workspace(), actor(), revision)}
    return render_template("handover.html", found=found, parts=parts, others=others, page=page)


def parts_of(table: list[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Rows of a handover list by (way, household or case)."""
    order = [(way, what) for way in handover.WAYS for what in ("household", "case")]
    return {
        (way, what): [row for row in table if (row["direction"], row["what"]) == (way, what)]
        for way, what in order
    }


@blueprint.get("/grids/<code:code>")
def descent(code: str) -> str:
    """Where a grid came from and what became of it."""
    query()
    return render_template("lineage.html", found=lineage.lineage(workspace(), actor(), code))
