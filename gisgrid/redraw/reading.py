"""Edits as JSON: {"op": …, arguments}, geometries as GeoJSON; there and back without loss."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.errors import BadEdit
from gisgrid.model import STEPS
from gisgrid.redraw.cutting import MOST_POINTS
from gisgrid.redraw.edits import (
    UNCHANGED,
    Assign,
    Change,
    Course,
    Edit,
    Grow,
    Merge,
    Renumber,
    Reshape,
    Split,
    Transfer,
    Trim,
)
from gisgrid.redraw.lattice import SCALE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TEXT = 500

OPS: dict[str, type[Edit]] = {
    "split": Split,
    "merge": Merge,
    "reshape": Reshape,
    "course": Course,
    "transfer": Transfer,
    "assign": Assign,
    "grow": Grow,
    "trim": Trim,
    "change": Change,
    "renumber": Renumber,
}


def edit_from_json(given: Mapping[str, Any]) -> Edit:
    """The edit that a JSON object asks for; coordinates are rounded to the lattice.

    Raises BadEdit, with what cannot be read, for an unknown op or argument, one that is missing,
    of another kind or not a number, and for a drawing of more than MOST_POINTS points.
    """
    if not isinstance(given, dict):
        raise BadEdit("no_object")
    op = given.get("op")
    kind = OPS.get(op) if isinstance(op, str) else None
    if kind is None:
        raise BadEdit("op", known=", ".join(OPS))
    known = {field.name for field in fields(kind)}
    for name in given:
        if name != "op" and name not in known:
            raise BadEdit("argument", op=op, known=", ".join(sorted(known)), name=name)
    values = {n: _READERS[n](n, v) for n, v in given.items() if n != "op"}
    try:
        return kind(**values)
    except TypeError as err:
        missing = [f.name for f in fields(kind) if f.name not in given and _required(kind, f.name)]
        raise BadEdit("missing", op=op, missing=", ".join(missing)) from err


def edit_to_json(edit: Edit) -> dict[str, Any]:
    """The reverse of `edit_from_json`; arguments at their default are left out."""
    op = next(name for name, kind in OPS.items() if isinstance(edit, kind))
    told: dict[str, Any] = {"op": op}
    for field in fields(edit):
        value = getattr(edit, field.name)
        if value is UNCHANGED or (not _required(type(edit), field.name) and value == field.default):
            continue
        told[field.name] = _plain(field.name, value)
    return told


def _required(kind: type[Edit], name: str) -> bool:
    return {f.name: f for f in fields(kind)}[name].default is MISSING


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, shapely.Geometry):
        points = shapely.get_coordinates(value).tolist()
        ring = isinstance(value, shapely.Polygon)
        return {
            "type": "Polygon" if ring else "LineString",
            "coordinates": [points] if ring else points,
        }
    if name == "moves":
        return [{"from": list(a), "to": list(b)} for a, b in value]
    if name == "insert":
        return [{"between": [list(a), list(b)], "at": list(at)} for a, b, at in value]
    if name == "remove":
        return [list(point) for point in value]
    return list(value) if isinstance(value, tuple) else value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _TEXT:
        raise BadEdit("text", name=name, most=_TEXT)
    if not value.isprintable():
        raise BadEdit("unprintable", name=name)
    if value.strip() in STEPS:
        raise BadEdit("step", name=name)
    return value.strip()


def _label(name: str, value: Any) -> str | None:
    return None if value is None or value == "" else _text(name, value)


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or len(value) > MOST_POINTS:
        raise BadEdit("codes", name=name)
    return tuple(_text(name, item) for item in value)


def _interval(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 3650:
        raise BadEdit("days", name=name)
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadEdit("flag", name=name)
    return value


def _point(name: str, value: Any, at: int, of: int) -> tuple[float, float]:
    """at, of: which of how many it is."""
    told = {"name": name, "at": at, "of": of}
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise BadEdit("no_point", **told)
    if not all(isinstance(c, int | float) and not isinstance(c, bool) for c in value):
        raise BadEdit("no_number", **told)
    # Asked before they are floats, which hold no whole number of four hundred digits.
    if not (abs(value[0]) <= 180 and abs(value[1]) <= 90):  # nor is it so of what is not a number
        raise BadEdit("outside_world", **told)
    lon, lat = float(value[0]), float(value[1])
    return round(lon * SCALE) / SCALE, round(lat * SCALE) / SCALE


def _points(name: str, value: Any, least: int) -> np.ndarray[Any, Any]:
    if not isinstance(value, list) or len(value) < least:
        raise BadEdit("few_points", name=name, least=least)
    if len(value) > MOST_POINTS:
        raise BadEdit("many_points", name=name, most=MOST_POINTS)
    return np.array(
        [
            _point(name, p[:2] if isinstance(p, list) else p, n, len(value))
            for n, p in enumerate(value, start=1)
        ]
    )


def _geometry(name: str, value: Any, kind: str) -> list[Any]:
    coordinates = value.get("coordinates") if isinstance(value, dict) else None
    if not isinstance(coordinates, list) or value.get("type") != kind:
        raise BadEdit("kind", name=name, kind=kind)
    return coordinates


def _line(name: str, value: Any) -> Any:
    return shapely.LineString(_points(name, _geometry(name, value, "LineString"), 2))


def _area(name: str, value: Any) -> Any:
    rings = _geometry(name, value, "Polygon")
    if len(rings) != 1:
        raise BadEdit("rings", name=name)
    points = _points(name, rings[0], 3)
    return shapely.Polygon(points if len(points) > 3 else [*points, points[0]])


def _list(name: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > MOST_POINTS:
        raise BadEdit("list", name=name)
    return value


def _moves(name: str, value: Any) -> tuple[Any, ...]:
    found = []
    for n, item in enumerate(_list(name, value), start=1):
        if not isinstance(item, dict) or set(item) != {"from", "to"}:
            raise BadEdit("moves", name=name)
        at = (n, len(value))
        found.append((_point(name, item["from"], *at), _point(name, item["to"], *at)))
    return tuple(found)


def _insert(name: str, value: Any) -> tuple[Any, ...]:
    found = []
    for n, item in enumerate(_list(name, value), start=1):
        if not isinstance(item, dict) or set(item) != {"between", "at"}:
            raise BadEdit("insert", name=name)
        ends = item["between"]
        if not isinstance(ends, list) or len(ends) != 2:
            raise BadEdit("between", name=name)
        one, other, at = (_point(name, p, n, len(value)) for p in (*ends, item["at"]))
        found.append((one, other, at))
    return tuple(found)


def _remove(name: str, value: Any) -> tuple[Any, ...]:
    listed = _list(name, value)
    return tuple(_point(name, item, n, len(listed)) for n, item in enumerate(listed, start=1))


def _pair(name: str, value: Any) -> tuple[str, ...]:
    return _texts(name, value)


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "code": _text,
    "to": _text,
    "into": _text,
    "new_code": _text,
    "new_codes": _texts,
    "codes": _texts,
    "line": _line,
    "area": _area,
    "lasso": _area,
    "moves": _moves,
    "insert": _insert,
    "remove": _remove,
    "name": _label,
    "member": _label,
    "area_code": _label,
    "visit_every_days": _interval,
    "allow_pieces": _flag,
    "allow_led": _flag,
}
