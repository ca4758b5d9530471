"""KML, in the child, by Python's own parser: no links are followed, no entities are expanded."""

from __future__ import annotations

import xml.parsers.expat
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import shapely

from gisgrid.errors import FileEmpty, FileNotWhatItSays, FileUnreadable
from gisgrid.exchange import wire
from gisgrid.exchange.limits import MAX_FIELDS, MAX_XML_DEPTH
from gisgrid.exchange.table import LABEL
from gisgrid.model import LAYERS

_OURS = dict.fromkeys(column.name for layer in LAYERS.values() for column in layer.columns)
_GEOMETRIES = ("Point", "LineString", "LinearRing", "Polygon", "MultiGeometry")


def read_kml(task: dict[str, Any]) -> None:
    """All placemarks: name, description, the values of their data, their shape.

    A name or description that only repeats one of our columns is none.
    With `task["labels"]` the names once more under LABEL, whatever the data call themselves.
    """
    file = task["file"]
    data = Path(task["path"]).read_bytes()
    root = parse_xml(data, file)
    if _word(root) != "kml":
        raise FileNotWhatItSays(file=file, said="KML file")
    marks = [element for element in root.iter() if _word(element) == "Placemark"]
    if not marks:
        raise FileEmpty(file=file)
    rows: list[dict[str, str | None]] = []
    labels: list[dict[str, str | None]] = []
    shapes: list[bytes | None] = []
    broken: dict[int, str] = {}
    names: dict[str, None] = {}
    for index, mark in enumerate(marks):
        row = _values(mark)
        names.update(dict.fromkeys(row))
        if len(names) > MAX_FIELDS:
            raise FileUnreadable(file=file, why="too_wide", most=MAX_FIELDS)
        rows.append(row)
        labels.append(_labels(mark))
        try:
            made = _shape(mark)
            shapes.append(None if made is None else shapely.to_wkb(made))
        except (ValueError, IndexError, shapely.errors.ShapelyError):
            shapes.append(None)
            broken[index] = "has a shape that cannot be read"
    columns = {name: [row.get(name) for row in rows] for name in names}
    for name in ("name", "description"):
        # What is written beside the place, unless the data have a word of that name.
        cells = [label.get(name) for label in labels]
        if name not in names and any(cells) and not _repeated(cells, columns):
            columns[name] = cells
    if task.get("labels"):
        columns[LABEL] = [label.get("name") for label in labels]
    meta = {"rows": len(rows), "layer": None, "broken": broken, "crs": "EPSG:4326"}
    wire.dump(Path(), meta, columns, shapes)


def _repeated(cells: list[str | None], columns: dict[str, list[str | None]]) -> bool:
    """Whether the labels say in every row what one of our own columns says beside them.

    gisgrid labels a place by its first column where it has no names: no name may come of that.
    """
    return any(cells == columns[name] for name in _OURS if name in columns)


def parse_xml(data: bytes, file: str) -> ET.Element:
    """The tree of a text without any document type: there entities and outside files are named."""
    depth = 0

    def doctype(*_: Any) -> None:
        raise FileUnreadable(file=file, problem="it declares a document type, which is not taken")

    def start(*_: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_XML_DEPTH:
            raise FileUnreadable(file=file, problem="it is nested too deep")

    def end(*_: Any) -> None:
        nonlocal depth
        depth -= 1

    looker = xml.parsers.expat.ParserCreate()
    looker.StartDoctypeDeclHandler = doctype
    looker.StartElementHandler = start
    looker.EndElementHandler = end
    try:
        looker.Parse(data, True)
        return ET.fromstring(data)  # noqa: S314 - it has no document type
    except (xml.parsers.expat.ExpatError, ET.ParseError, ValueError, LookupError) as err:
        raise FileUnreadable(file=file, why="no_xml", said=str(err)) from err


def _word(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _values(mark: ET.Element) -> dict[str, str | None]:
    """Its data, in either form; empty text is nothing."""
    row: dict[str, str | None] = {}
    for element in mark.iter():
        word, name = _word(element), element.get("name")
        if word == "SimpleData" and name:
            row[name] = (element.text or "").strip() or None
        elif word == "Data" and name:
            value = next((child for child in element if _word(child) == "value"), None)
            row[name] = None if value is None else (value.text or "").strip() or None
    return row


def _labels(mark: ET.Element) -> dict[str, str | None]:
    """Name and description of a placemark."""
    return {
        _word(child): (child.text or "").strip() or None
        for child in mark
        if _word(child) in {"name", "description"}
    }


def _shape(parent: ET.Element) -> Any:
    """The first shape right below `parent`; None where there is none."""
    for child in parent:
        word = _word(child)
        if word in _GEOMETRIES:
            return _made(word, child)
        if word in {"Track", "MultiTrack", "Model"}:
            raise ValueError(word)
    return None


def _made(word: str, element: ET.Element) -> Any:
    if word == "MultiGeometry":
        parts = [_made(_word(e), e) for e in element if _word(e) in _GEOMETRIES]
        return _collected(parts)
    if word == "Polygon":
        outer = [e for e in element.iter() if _word(e) == "outerBoundaryIs"]
        inner = [e for e in element.iter() if _word(e) == "innerBoundaryIs"]
        return shapely.Polygon(_points(outer[0]), [_points(ring) for ring in inner])
    points = _points(element)
    if word == "Point":
        return shapely.Point(points[0])
    return shapely.LineString(points)


def _collected(parts: list[Any]) -> Any:
    """Parts of one kind as its multi-kind, else a collection."""
    kinds = {part.geom_type for part in parts}
    if kinds == {"Polygon"}:
        return shapely.MultiPolygon(parts)
    return shapely.MultiPoint(parts) if kinds == {"Point"} else shapely.GeometryCollection(parts)


def _points(element: ET.Element) -> Any:
    text = next(e.text for e in element.iter() if _word(e) == "coordinates") or ""
    return np.array([[float(part) for part in pair.split(",")[:2]] for pair in text.split()])
