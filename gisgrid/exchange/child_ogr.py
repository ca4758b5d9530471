"""FlatGeobuf, GML and DXF, in the child, by fiona with one driver switched on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fiona
import fiona.errors
import shapely
import shapely.geometry

from gisgrid.errors import FileEmpty, FileUnreadable
from gisgrid.exchange import wire
from gisgrid.exchange.child_kml import parse_xml
from gisgrid.exchange.limits import MAX_FIELDS
from gisgrid.exchange.wish import choose

_DRIVERS = {"fgb": "FlatGeobuf", "gml": "GML", "dxf": "DXF"}


def read_ogr(task: dict[str, Any]) -> None:
    """The layer `task["layer"]`, or the only one, of the kind `task["task"]`."""
    file, kind = task["file"], task["task"]
    if kind == "gml":
        # Before GDAL sees it: whole, not too deep, and without a document type.
        parse_xml(Path(task["path"]).read_bytes(), file)
    try:
        with fiona.Env(OGR_GEOJSON_MAX_OBJ_SIZE=0):
            name = _layer(task, _DRIVERS[kind])
            options = {"layer": name, "enabled_drivers": [_DRIVERS[kind]]}
            with fiona.open(task["path"], **options) as source:
                _dump(source, task, name)
    except (fiona.errors.FionaError, ValueError, OSError, AttributeError, KeyError) as err:
        said = (str(err).splitlines() or [""])[0][:200]
        raise FileUnreadable(file=file, why="damaged", said=said) from err


def _layer(task: dict[str, Any], driver: str) -> str:
    """Only GML has several; the two others open at their one layer."""
    with fiona.open(task["path"], enabled_drivers=[driver]) as source:
        first = str(source.name)
    if driver != "GML":
        return first
    # The file is known to be GML by now: listing opens it with no other driver.
    return choose(list(fiona.listlayers(task["path"])), task)


def _dump(source: Any, task: dict[str, Any], name: str) -> None:
    names = list(source.schema["properties"])
    if len(names) > MAX_FIELDS:
        raise FileUnreadable(file=task["file"], why="too_wide", most=MAX_FIELDS)
    values: dict[str, list[Any]] = {each: [] for each in names}
    shapes: list[bytes | None] = []
    broken: dict[int, str] = {}
    for index, record in enumerate(source):
        for each in names:
            values[each].append(_cell(record.properties[each]))
        wkb, problem = _shape(record.geometry, closed=task["task"] == "dxf")
        shapes.append(wkb)
        if problem:
            broken[index] = problem
    if not shapes:
        raise FileEmpty(file=task["file"])
    meta = {"rows": len(shapes), "layer": name, "broken": broken, "crs": _crs(source)}
    wire.dump(Path(), meta, values, shapes)


def _crs(source: Any) -> str | None:
    code = source.crs.to_epsg(confidence_threshold=100) if source.crs else None
    return f"EPSG:{code}" if code else source.crs_wkt or None


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return None if isinstance(value, (bytes, list, tuple, dict)) else value


def _shape(geometry: Any, *, closed: bool) -> tuple[bytes | None, str | None]:
    """WKB and why there is none. closed: a line that ends where it began is its area (drawings)."""
    if geometry is None:
        return None, None
    try:
        made = shapely.force_2d(shapely.geometry.shape(geometry.__geo_interface__))
        if closed and made.geom_type == "LineString" and made.is_closed and len(made.coords) > 3:
            made = shapely.Polygon(made.coords)
        return bytes(shapely.to_wkb(made)), None
    except (ValueError, TypeError, shapely.errors.ShapelyError):
        return None, "has a shape that cannot be read"
