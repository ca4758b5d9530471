"""Vector tiles: bytes from `operations.tiling`, with what a browser needs to keep them."""

from __future__ import annotations

import gzip

from flask import Blueprint, Response, request

from gisgrid.operations import tiling
from gisgrid.web import arguments as words
from gisgrid.web.arguments import query
from gisgrid.web.current import actor, workspace
from gisgrid.web.headers import accepts_gzip

blueprint = Blueprint("tiles", __name__, url_prefix="/tiles")

MVT = "application/vnd.mapbox-vector-tile"


@blueprint.get("/<layer>/<int:z>/<int:x>/<int:y>.mvt")
def tile(layer: str, z: int, x: int, y: int) -> Response:
    """One tile of what the actor may see."""
    asked = query(words.AS_OF, words.CATEGORY, words.STATUS_OF_TILE, words.MIN_AGE)
    found = tiling.tile(workspace(), actor(), layer, z, x, y, **asked)
    answer = Response(status=204) if found.empty else Response(_body(found.body), mimetype=MVT)
    if not found.empty and accepts_gzip():
        answer.headers["Content-Encoding"] = "gzip"
    # Kept by this browser only, and asked for again each time: rights and figures change.
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.update(["Cookie", "Accept-Encoding"])
    answer.set_etag(found.etag)
    answer.make_conditional(request)
    return answer


def _body(zipped: bytes) -> bytes:
    return zipped if accepts_gzip() else gzip.decompress(zipped)
