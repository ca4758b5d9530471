"""GeoJSON (RFC 7946) by json and shapely alone: no library here follows a link in a file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.columns import objects
from gisgrid.errors import CrsUnknown, FileEmpty, FileNotWhatItSays, FileUnreadable
from gisgrid.exchange.limits import MAX_FIELDS
from gisgrid.exchange.notes import Note, note
from gisgrid.exchange.table import Table
from gisgrid.exchange.text import decode

if TYPE_CHECKING:
    from pathlib import Path

    from gisgrid.columns import Objects

_CRS_NAME = re.compile(
    r"(?:urn:ogc:def:crs:)?(?P<authority>OGC|EPSG):(?:[\d.]*:)?(?P<code>CRS84|\d{4,6})"
)
"""The only way in which a file may name a CRS: a number of the EPSG, or CRS84. Never a link."""


def read_geojson(path: Path, *, file: str, encoding: str | None = None) -> Table:
    """All features of a FeatureCollection, or of one Feature.

    Raises FileNotWhatItSays for other JSON, FileUnreadable for broken JSON or a number that is
    NaN or infinite, CrsUnknown for a `crs` that is not a plain name.
    """
    text, used = decode(path.read_bytes(), file=file, encoding=encoding)
    # The format is UTF-8 by its definition, which says as much as a mark would.
    strange = encoding is None and used != "utf-8"
    said = [note("encoding_contradicts", said="utf-8", used=used)] if strange else []
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as err:
        if isinstance(err, RecursionError):
            raise FileUnreadable(file=file, problem="it is nested too deep") from err
        raise FileUnreadable(file=file, why="damaged", said=str(err)[:200]) from err
    features = _features(found)
    if features is None:
        raise FileNotWhatItSays(file=file, said="GeoJSON file")
    if not features:
        raise FileEmpty(file=file)
    columns = _columns([feature.get("properties") or {} for feature in features], features, file)
    geometry, broken, notes = _geometry([feature.get("geometry") for feature in features])
    rows = np.arange(1, len(features) + 1)
    crs = _crs(found.get("crs"), file)
    return Table(file, "geojson", columns, rows, None, geometry, broken, crs, used, [*said, *notes])


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is not a number of JSON")


def _features(found: Any) -> list[dict[str, Any]] | None:
    """The features of a parsed file; None where it is no GeoJSON that holds features."""
    if not isinstance(found, dict):
        return None
    features = [found] if found.get("type") == "Feature" else found.get("features")
    if found.get("type") not in ("Feature", "FeatureCollection") or not isinstance(features, list):
        return None
    ok = all(
        isinstance(feature, dict) and isinstance(feature.get("properties") or {}, dict)
        for feature in features
    )
    return features if ok else None


def _columns(
    properties: list[dict[str, Any]], features: list[dict[str, Any]], file: str
) -> dict[str, Objects]:
    """One column per property name, in order of first appearance; lists and objects are dropped.

    The feature's own `id` becomes the column `id` where no property has that name.
    """
    names: dict[str, None] = {}
    for row in properties:
        names.update(dict.fromkeys(row))
        if len(names) > MAX_FIELDS:
            raise FileUnreadable(file=file, why="too_wide", most=MAX_FIELDS)
    columns = {name: objects([_plain(row.get(name)) for row in properties]) for name in names}
    if "id" not in columns and any("id" in feature for feature in features):
        columns["id"] = objects([_plain(feature.get("id")) for feature in features])
    return columns


def _plain(value: Any) -> Any:
    """A value that a cell can hold; text without surrounding spaces, empty text is nothing."""
    if isinstance(value, str):
        return value.strip() or None
    return None if isinstance(value, (list, dict)) else value


def _geometry(found: list[Any]) -> tuple[Objects, dict[int, str], list[Note]]:
    """Shapes, why some could not be made, and what was mended."""
    texts = objects([None if value is None else json.dumps(value) for value in found])
    shapes = shapely.from_geojson(texts, on_invalid="ignore")
    given = np.array([value is not None for value in found], dtype=bool)
    lost = np.flatnonzero(given & shapely.is_missing(shapes)).tolist()
    mended = 0
    for index in lost:
        # Some programs write coordinates as text.
        shapes[index] = _from_text(found[index])
        mended += shapes[index] is not None
    broken = {i: "has a shape that cannot be read" for i in lost if shapes[i] is None}
    return shapes, broken, [note("coordinates_text", count=mended)] if mended else []


def _from_text(shape: Any) -> Any:
    """A shape whose coordinates are numbers written as text; None for any other."""
    try:
        mended = shape | {"coordinates": _numbers(shape["coordinates"])}
        return shapely.from_geojson(json.dumps(mended), on_invalid="ignore")
    except (TypeError, KeyError, ValueError, RecursionError):
        return None


def _numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbers(part) for part in value]
    return float(value) if isinstance(value, str) else value


def _crs(member: Any, file: str) -> str | None:
    """`AUTHORITY:CODE` of the old `crs` member; None where there is none (then it is WGS 84)."""
    if member is None:
        return None
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    match = _CRS_NAME.fullmatch(name) if isinstance(name, str) else None
    if match is None or member.get("type") != "name":
        raise CrsUnknown(file=file)
    return f"{match['authority']}:{match['code']}"
