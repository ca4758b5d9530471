"""OGC API Features at /ogc: Part 1 (core, GeoJSON, OpenAPI 3.0) and Part 2 (CRS), for QGIS."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request, url_for

from gisgrid.errors import UnknownWord
from gisgrid.operations import features
from gisgrid.web import ogc_crs, ogc_document
from gisgrid.web.current import actor, workspace
from gisgrid.web.ogc_write import feature, moment, written

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.exchange.outgoing import Outgoing

blueprint = Blueprint("ogc", __name__, url_prefix="/ogc")

GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
LIMIT = 1000
LIMIT_MOST = 10_000
"""Most features of a page: layers of a map, without names; QGIS reads a county in 15 pages."""
CONFORMS = tuple(
    f"http://www.opengis.net/spec/{part}/1.0/conf/{name}"
    for part, names in (
        ("ogcapi-features-1", ("core", "oas30", "geojson")),
        ("ogcapi-features-2", ("crs",)),
        ("ogcapi-common-1", ("core", "json")),
    )
    for name in names
)


def answer(body: Any, kind: str = "application/json") -> Response:
    """JSON of a media type; never kept by others, as each person sees another part."""
    text = json.dumps(body, ensure_ascii=False)
    return _marked(Response(text, mimetype=kind), text)


def _marked(found: Response, said: str) -> Response:
    """An answer with a tag of what it says; 304 where the program has that already."""
    found.headers["Cache-Control"] = "private, no-cache"
    found.vary.add("Authorization")
    found.set_etag(blake2b(said.encode(), digest_size=12).hexdigest(), weak=True)
    found.make_conditional(request)
    return found


def link(rel: str, endpoint: str, kind: str, /, **values: Any) -> dict[str, str]:
    """A link to another answer. values: may hold columns of any name."""
    href = url_for(endpoint, _external=True, **values)
    return {"href": href, "rel": rel, "type": kind}


def only(*known: str) -> dict[str, str]:
    """The arguments, once each; others are refused with the list of those known."""
    found: dict[str, str] = {}
    for name, values in request.args.lists():
        if name not in (*known, "f"):
            raise UnknownWord(value=name, kind="argument", known=", ".join((*known, "f")))
        if len(values) > 1:
            raise UnknownWord(value=f"{name} twice", kind="argument", known=f"{name} once")
        found[name] = values[0]
    if found.pop("f", "json") not in {"json", "geojson"}:
        raise UnknownWord(value=request.args["f"], kind="format", known="json")
    return found


@blueprint.get("/")
def landing() -> Response:
    """Where a program begins."""
    only()
    return answer(
        {
            "title": "gisgrid",
            "description": "Grids, households and cases as far as you may see them.",
            "links": [
                link("self", "ogc.landing", "application/json"),
                link("service-desc", "ogc.document", OPENAPI),
                link("conformance", "ogc.conformance", "application/json"),
                link("data", "ogc.collections", "application/json"),
            ],
        }
    )


@blueprint.get("/conformance")
def conformance() -> Response:
    """Which parts of the standard hold."""
    only()
    return answer({"conformsTo": list(CONFORMS)})


@blueprint.get("/api")
def document() -> Response:
    """The OpenAPI document of these addresses."""
    only()
    root = url_for("ogc.landing", _external=True).rstrip("/")
    kinds = {n: features.columns(workspace(), actor(), n) for n in features.names(actor())}
    return answer(ogc_document.document(root, kinds, LIMIT, LIMIT_MOST), OPENAPI)


@blueprint.get("/collections")
def collections() -> Response:
    """The layers that the actor may read."""
    only()
    crs = ogc_crs.offered(workspace(), actor())
    return answer(
        {
            "links": [link("self", "ogc.collections", "application/json")],
            "collections": [described(name, crs) for name in features.names(actor())],
            "crs": crs,
        }
    )


@blueprint.get("/collections/<layer>")
def collection(layer: str) -> Response:
    """One layer."""
    only()
    features.columns(workspace(), actor(), layer)  # refuses one that is not there
    return answer(described(layer, ogc_crs.offered(workspace(), actor())))


def described(layer: str, crs: list[str]) -> dict[str, Any]:
    """What is said of a layer."""
    box = features.bounds(workspace(), actor(), layer)
    extent: dict[str, Any] = {
        "temporal": {
            "interval": [[None, moment(workspace().today())]],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        }
    }
    if box is not None:
        extent["spatial"] = {"bbox": [list(box)], "crs": ogc_crs.CRS84}
    return {
        "id": layer,
        "title": features.COLLECTIONS[layer].title,
        "extent": extent,
        "itemType": "feature",
        "crs": crs,
        "storageCrs": ogc_crs.CRS84,
        "links": [
            link("self", "ogc.collection", "application/json", layer=layer),
            link("items", "ogc.items", GEOJSON, layer=layer),
            link(
                "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                "ogc.queryables",
                SCHEMA,
                layer=layer,
            ),
        ],
    }


@blueprint.get("/collections/<layer>/queryables")
def queryables(layer: str) -> Response:
    """By which columns a layer can be cut: `?status=overdue`."""
    only()
    kinds = features.columns(workspace(), actor(), layer)
    return answer(
        {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "$id": url_for("ogc.queryables", layer=layer, _external=True),
            "type": "object",
            "title": features.COLLECTIONS[layer].title,
            "properties": {column: ogc_document.SCHEMAS[kind] for column, kind in kinds.items()},
            "additionalProperties": False,
        },
        SCHEMA,
    )


@blueprint.get("/collections/<layer>/items")
def items(layer: str) -> Response:
    """One page of a layer, and the address of the next."""
    kinds = features.columns(workspace(), actor(), layer)
    asked = only("bbox", "bbox-crs", "crs", "datetime", "limit", "after", *kinds)
    system = ogc_crs.System.of(asked.get("crs"), "crs", workspace(), actor())
    box = ogc_crs.box(asked.get("bbox"), asked.get("bbox-crs"), workspace(), actor())
    found = features.page(
        workspace(),
        actor(),
        layer,
        as_of=_day(asked),
        bbox=box,
        after=asked.get("after"),
        limit=_limit(asked),
        where={column: asked[column] for column in kinds if column in asked},
    )
    links = [link("self", "ogc.items", GEOJSON, layer=layer, **asked)]
    if found.last is not None:
        links.append(
            link("next", "ogc.items", GEOJSON, layer=layer, **asked | {"after": found.last})
        )
    links.append(link("collection", "ogc.collection", "application/json", layer=layer))
    now = moment(workspace().clock())
    head = {
        "type": "FeatureCollection",
        "timeStamp": now,
        "numberMatched": found.matched,
        "numberReturned": len(found.keys),
        "links": links,
    }
    return _with_crs(written(head, found.out, found.keys.tolist(), system), system, now)


@blueprint.get("/collections/<layer>/items/<code:key>")
def item(layer: str, key: str) -> Response:
    """One feature."""
    asked = only("crs", "datetime")
    system = ogc_crs.System.of(asked.get("crs"), "crs", workspace(), actor())
    out: Outgoing = features.one(workspace(), actor(), layer, key, as_of=_day(asked))
    body = feature(out, key, system)
    body["links"] = [
        link("self", "ogc.item", GEOJSON, layer=layer, key=key),
        link("collection", "ogc.collection", "application/json", layer=layer),
    ]
    return _with_crs(json.dumps(body, ensure_ascii=False), system)


def _with_crs(body: str, system: ogc_crs.System, now: str = "") -> Response:
    """Features. now: the moment that the body names, which is nothing new by itself."""
    found = Response(body, mimetype=GEOJSON)
    found.headers["Content-Crs"] = f"<{system.uri}>"
    return _marked(found, body.replace(now, "", 1) + system.uri)


def _limit(asked: dict[str, str]) -> int:
    """How many rows: 1 at least; what is too much is taken as the most, as the standard says."""
    text = asked.get("limit", str(LIMIT))
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0):
        raise UnknownWord(value=text, kind="limit", known=f"1 … {LIMIT_MOST}")
    return min(int(text), LIMIT_MOST)


def _day(asked: dict[str, str]) -> date | None:
    """The day that `datetime` means: of a span, its end; None for today."""
    return ogc_crs.as_of(asked.get("datetime"), workspace())
