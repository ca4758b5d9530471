"""Features as GeoJSON text, in the coordinate order that their system asks for."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.exchange.crs import shapes_from_degrees

if TYPE_CHECKING:
    from gisgrid.columns import Objects
    from gisgrid.exchange.outgoing import Outgoing
    from gisgrid.web.ogc_crs import System


def moment(at: date) -> str:
    """A day or instant as RFC 3339 wants it.

    >>> moment(date(2026, 11, 22))
    '2026-11-22T00:00:00Z'
    """
    if isinstance(at, datetime):
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{at.isoformat()}T00:00:00Z"


def written(head: dict[str, Any], out: Outgoing, keys: list[str], system: System) -> str:
    """A FeatureCollection; `head` goes before its features."""
    kinds = out.kinds
    columns = [[_plain(value) for value in out.cells(name)] for name in kinds]
    rows, encode = [], json.JSONEncoder(ensure_ascii=False).encode
    for key, shape, *cells in zip(keys, _shapes(out, system), *columns, strict=True):
        properties = encode(dict(zip(kinds, cells, strict=True)))
        rows.append(
            f'{{"type":"Feature","id":{encode(key)},'
            f'"geometry":{shape or "null"},"properties":{properties}}}'
        )
    return json.dumps(head, ensure_ascii=False)[:-1] + ', "features":[' + ",\n".join(rows) + "]}"


def feature(out: Outgoing, key: str, system: System) -> dict[str, Any]:
    """One row as a Feature."""
    (shape,) = _shapes(out, system)
    return {
        "type": "Feature",
        "id": key,
        "geometry": json.loads(shape) if shape else None,
        "properties": {name: _plain(out.cells(name)[0]) for name in out.kinds},
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _shapes(out: Outgoing, system: System) -> list[str | None]:
    """GeoJSON of each shape; degrees with seven decimals, metres with three."""
    assert out.geometry is not None  # noqa: S101 - every collection has shapes
    shapes: Objects = shapes_from_degrees(out.geometry, system.name, "wgs84")
    given = shapely.get_coordinates(shapes)
    points = np.round(given, system.digits)
    if system.north_first:
        points = points[:, ::-1]
    if not np.array_equal(given, points):  # what lies on the lattice of the store stays as it is
        shapes = shapely.set_coordinates(shapes.copy(), points)
    if not system.north_first:
        shapes = shapely.orient_polygons(shapes)
    texts: list[str | None] = shapely.to_geojson(shapes).tolist()
    return texts
