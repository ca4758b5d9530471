"""A base map out of a local file, so that not one request leaves the machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, request, send_file

from gisgrid import maps
from gisgrid.store.basetiles import base_tile, deepest_zoom
from gisgrid.web.arguments import query
from gisgrid.web.current import workspace

if TYPE_CHECKING:
    from pathlib import Path

    from gisgrid.settings import Settings

blueprint = Blueprint("basemap", __name__)

KEPT = "private, max-age=86400"


def chosen(settings: Settings) -> maps.BaseMap | None:
    """The base map of the settings, as deep as its file goes; None for none.

    Raises SettingBad, and FileUnreadable for a file that is damaged.
    """
    found = maps.base_map(settings.base_map, settings.base_map_attribution)
    if found is None or found.file is None or found.file.suffix != ".mbtiles":
        return found
    return replace(found, max_zoom=deepest_zoom(found.file))


def local_file(ending: str = "") -> Path:
    """The file of the setting `base_map`; 404 where it is none, or one of another kind."""
    settings = workspace().settings
    found = maps.base_map(settings.base_map, settings.base_map_attribution)
    if found is None or found.file is None or not found.file.name.endswith(ending):
        abort(404)
    return found.file.resolve()


@blueprint.get("/basemap.pmtiles")
def archive() -> Response:
    """The whole archive, of which the page's script asks for the ranges that it needs."""
    query()
    answer = send_file(local_file(".pmtiles"), "application/vnd.pmtiles", conditional=True)
    answer.headers["Cache-Control"] = KEPT
    return answer


@blueprint.get("/basemap/<int:z>/<int:x>/<int:y>")
def tile(z: int, x: int, y: int) -> Response:
    """One picture."""
    query()
    found = base_tile(local_file(), z, x, y)
    answer = Response(status=204) if found is None else Response(found[0], mimetype=found[1])
    answer.headers["Cache-Control"] = KEPT
    answer.add_etag()
    answer.make_conditional(request)
    return answer
