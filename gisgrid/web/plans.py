"""The pages of plans: the drafts, the editor of one, what was published."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for

from gisgrid import resources
from gisgrid.web.arguments import query, text
from gisgrid.web.pages import local, map_parts

blueprint = Blueprint("plans", __name__, url_prefix="/plans")

MAP = "plan"
SHOW = text("show")


@blueprint.get("/<int:draft>")
def editor(draft: int) -> str:
    """The editor of a draft: a shell, as every map page; names and lines come by URL."""
    query(SHOW)
    parts = map_parts(MAP)
    return render_template(
        "plan.html",
        map=parts,
        head_links=[local(link) for link in parts.head_links],
        script_url=url_for("pages.map_script", page=MAP),
        modules=modules(),
        draft_id=draft,
    )


def modules() -> list[str]:
    """The page's own modules, named ahead so that the browser fetches them side by side."""
    return sorted(path.name for path in (resources.folder("static") / "app").glob("plan*.js"))
