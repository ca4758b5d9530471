"""TileJSON of each layer of tiles, for programs that draw vector tiles (QGIS)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, url_for

from gisgrid.access import Action, require
from gisgrid.errors import UnknownWord
from gisgrid.operations.extent import extent
from gisgrid.web import arguments as words
from gisgrid.web.arguments import query
from gisgrid.web.current import actor, workspace

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("tilejson", __name__, url_prefix="/tiles")

_DEEPEST = 20
_CODE = {"code": "code of the area or grid"}
LAYERS: dict[str, tuple[Action, list[dict[str, Any]]]] = {
    "outlines": (
        Action.SEE_FIGURES,
        [
            {"id": "lines", "fields": {"level": "0 edge … 3 between grids of one village"}},
            {"id": "names", "fields": _CODE | {"name": "name", "level": "1 township … 3 grid"}},
        ],
    ),
    **{
        name: (Action.SEE_FIGURES, [{"id": name, "fields": _CODE}])
        for name in ("townships", "villages", "grids")
    },
    "households": (
        Action.SEE_HOUSEHOLDS,
        [
            {
                "id": "households",
                "minzoom": 13,
                "fields": {"s": "status", "d": "days waiting", "c": "open cases", "id": "number"},
            },
            {
                "id": "bins",
                "maxzoom": 12,
                "fields": {"n": "households", "g": "in a visit gap", "c": "open cases"},
            },
        ],
    ),
    "cases": (
        Action.SEE_HOUSEHOLDS,
        [
            {
                "id": "cases",
                "minzoom": 13,
                "fields": {"s": "status", "a": "days open", "k": "category", "id": "number"},
            },
            {"id": "bins", "maxzoom": 12, "fields": {"n": "open cases", "o": "overdue ones"}},
        ],
    ),
}
"""Layer of tiles -> the right to it, and the layers within its tiles (docs/tiles.md)."""


@blueprint.get("/<layer>.json")
def described(layer: str) -> Response:
    """Where the tiles are and what is in them, as TileJSON 3.0."""
    asked = query(words.AS_OF)
    if layer not in LAYERS:
        raise UnknownWord(value=layer, kind="layer of tiles", known=", ".join(LAYERS))
    action, inside = LAYERS[layer]
    require(actor(), action)
    root = url_for("ogc.landing", _external=True).removesuffix("/ogc/")
    day = f"?as_of={asked['as_of']}" if asked else ""
    body: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": f"gisgrid {layer}",
        "scheme": "xyz",
        "tiles": [f"{root}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt{day}"],
        "minzoom": 0,
        "maxzoom": _DEEPEST,
        "vector_layers": inside,
    }
    box = extent(workspace(), actor(), **asked)
    if box is not None:
        body["bounds"] = list(box)
    return jsonify(body)
