"""Formats written as text or sheets, without GDAL: CSV, Excel, GeoJSON, KML."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely
import xlsxwriter

from gisgrid.errors import FormatUnknown
from gisgrid.exchange.chinese import CHINESE, SHEETS, headings_in
from gisgrid.exchange.crs import SAME_AS_WGS84, from_degrees, named_crs, shapes_from_degrees
from gisgrid.exchange.headings import heading
from gisgrid.exchange.losses import Loss, loss
from gisgrid.exchange.tables import DEGREE_DIGITS, cell_text, guarded, table_csv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from gisgrid.columns import Objects
    from gisgrid.exchange.outgoing import Form, Outgoing

_SHEET_NAME = 31
_SHEET_ROWS = 1_048_575
_SHEET_DAYS = date(1900, 3, 1)
"""Sheets count days from 1900 on, and take that year for a leap year."""


def with_shapes_as_text(out: Outgoing, form: Form) -> pd.DataFrame:
    """The frame with lon and lat, or WKT, for formats that know no shapes."""
    frame = out.frame
    if out.geometry is None or not out.as_text:
        return frame
    if out.shape == "Point":
        if "lon" in frame.columns and (form.crs, form.datum) == _PLAIN:
            return frame
        lon, lat = from_degrees(
            shapely.get_x(out.geometry), shapely.get_y(out.geometry), form.crs, form.datum
        )
        return frame.assign(lon=lon, lat=lat)
    rounded = _seven_digits(shapes_from_degrees(out.geometry, form.crs, form.datum))
    return frame.assign(wkt=shapely.to_wkt(rounded, rounding_precision=DEGREE_DIGITS))


_PLAIN = ("EPSG:4326", "wgs84")


def _seven_digits(shapes: Objects) -> Objects:
    points = np.round(shapely.get_coordinates(shapes), DEGREE_DIGITS)
    return shapely.set_coordinates(shapes.copy(), points)


def write_csv(out: Outgoing, path: Path, form: Form) -> list[Loss]:
    """With a mark at the start, without which Excel reads Chinese as Latin."""
    frame = with_shapes_as_text(out, form)
    headings = list(headings_in(form.language, out.name, frame.columns).values())
    text = table_csv(frame, guard=True, headings=headings)
    path.write_text(text, "utf-8-sig", newline="")
    return list(out.told)


def write_xlsx(out: Outgoing, path: Path, form: Form) -> list[Loss]:
    """Numbers as numbers, days as days, everything else as text that is never run."""
    # Corners of a grid do not fit a cell; positions of points do.
    points = out.shape == "Point"
    frame = with_shapes_as_text(out, form) if points else out.frame
    if len(frame) > _SHEET_ROWS:
        raise FormatUnknown(format="xlsx for so many rows", known="csv, gpkg")
    table = type(out)(out.name, frame)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    with xlsxwriter.Workbook(path, options) as book:
        title = SHEETS.get(out.name) if form.language == CHINESE else None
        sheet = book.add_worksheet((title or out.name)[:_SHEET_NAME])
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        kinds = table.kinds
        for place, called in enumerate(headings_in(form.language, out.name, kinds).values()):
            sheet.write_string(0, place, called, bold)
        columns = [(kind, table.cells(name)) for name, kind in kinds.items()]
        for row in range(len(frame)):
            for place, (kind, cells) in enumerate(columns):
                value = cells[row]
                if value is None:
                    continue
                if kind == "date" and value < _SHEET_DAYS:
                    sheet.write_string(row + 1, place, value.isoformat())
                elif kind == "date":
                    sheet.write_datetime(row + 1, place, value, day)
                elif kind == "text":
                    sheet.write_string(row + 1, place, guarded(value))
                else:
                    sheet.write_number(row + 1, place, value)
    told = [*out.told, *_early(kinds, columns)]
    return [*told, *([loss("no_shapes")] if out.shape == "MultiPolygon" else [])]


def _early(kinds: dict[str, str], columns: list[tuple[str, list[Any]]]) -> Iterator[Loss]:
    """What is said of days that no sheet holds."""
    for name, (kind, cells) in zip(kinds, columns, strict=True):
        early = sum(day is not None and day < _SHEET_DAYS for day in cells) if kind == "date" else 0
        if early:
            yield loss("date_early", name, early)


def write_geojson(out: Outgoing, path: Path, form: Form) -> list[Loss]:
    """RFC 7946: WGS 84, outer rings counter-clockwise, seven decimals, no `crs`."""
    _degrees_only(form, "geojson")
    names = list(out.kinds)
    columns = [[_json(value) for value in out.cells(name)] for name in names]
    shapes = np.full(len(out.frame), None, dtype=object)
    if out.geometry is not None:
        placed = shapes_from_degrees(out.geometry, form.crs, form.datum)
        shapes = shapely.orient_polygons(_seven_digits(placed))
    texts = shapely.to_geojson(shapes)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('{"type":"FeatureCollection","features":[')
        for row, text in enumerate(texts):
            properties = {name: cells[row] for name, cells in zip(names, columns, strict=True)}
            shown = json.dumps(properties, ensure_ascii=False, allow_nan=False)
            stream.write(",\n" if row else "\n")
            stream.write(f'{{"type":"Feature","properties":{shown},"geometry":{text or "null"}}}')
        stream.write("\n]}\n")
    return list(out.told)


def _json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _degrees_only(form: Form, format: str) -> None:  # noqa: A002
    """Refuse all but WGS 84 (and CGCS2000, the same) in a format that names no other system."""
    if named_crs(form.crs).to_epsg() not in SAME_AS_WGS84:
        raise FormatUnknown(format=f"{format} in {form.crs}", known="shp, gpkg, fgb, parquet, csv")


def write_kml(out: Outgoing, path: Path, form: Form) -> list[Loss]:
    """One placemark a row, with its values as text."""
    _degrees_only(form, "kml")
    names = list(out.kinds)
    columns = [out.cells(name) for name in names]
    labels = kml_labels(out)
    shapes = np.full(len(out.frame), None, dtype=object)
    if out.geometry is not None:
        placed = shapes_from_degrees(out.geometry, form.crs, form.datum)
        shapes = shapely.orient_polygons(_seven_digits(placed))
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        stream.write('<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n')
        stream.write(f"<name>{_xml(out.name)}</name>\n{_schema(out)}<Folder>\n")
        stream.write(f"<name>{_xml(out.name)}</name>\n")
        for row, shape in enumerate(shapes):
            values = {name: cells[row] for name, cells in zip(names, columns, strict=True)}
            data = "".join(
                f"<SimpleData name={quoteattr(name)}>{_xml(cell_text(name, value))}</SimpleData>"
                for name, value in values.items()
                if value is not None
            )
            stream.write(f"<Placemark><name>{_xml(labels[row])}</name>")
            stream.write(f'<ExtendedData><SchemaData schemaUrl="#s">{data}</SchemaData>')
            stream.write(f"</ExtendedData>{_shape(shape)}</Placemark>\n")
        stream.write("</Folder></Document></kml>\n")
    return list(out.told)


def kml_labels(out: Outgoing) -> list[str]:
    """What stands beside each place: its name, else what its first column holds."""
    first = next(iter(out.kinds))
    title = "name" if "name" in out.kinds else first
    pairs = zip(out.cells(title), out.cells(first), strict=True)
    return [cell_text(title, named or other) for named, other in pairs]


_KML_TYPES = {"int": "int", "float": "double", "date": "string", "text": "string"}


def _schema(out: Outgoing) -> str:
    fields = "".join(
        f'<SimpleField name={quoteattr(name)} type="{_KML_TYPES[kind]}">'
        f"<displayName>{_xml(' '.join(heading(out.name, name)))}</displayName></SimpleField>"
        for name, kind in out.kinds.items()
    )
    return f'<Schema name={quoteattr(out.name)} id="s">{fields}</Schema>\n'


def _xml(text: str) -> str:
    return escape(text)


def _shape(shape: Any) -> str:
    """A point or (multi)polygon in KML."""
    if shape is None:
        return ""
    if shape.geom_type == "Point":
        return f"<Point><coordinates>{shape.x:.7f},{shape.y:.7f}</coordinates></Point>"
    parts = []
    for part in shapely.get_parts(shape):
        inner = "".join(f"<innerBoundaryIs>{_ring(r)}</innerBoundaryIs>" for r in part.interiors)
        outer = f"<outerBoundaryIs>{_ring(part.exterior)}</outerBoundaryIs>"
        parts.append(f"<Polygon>{outer}{inner}</Polygon>")
    return parts[0] if len(parts) == 1 else f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"


def _ring(ring: Any) -> str:
    points = " ".join(f"{x:.7f},{y:.7f}" for x, y in shapely.get_coordinates(ring).tolist())
    return f"<LinearRing><coordinates>{points}</coordinates></LinearRing>"
