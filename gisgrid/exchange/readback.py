"""What was written is read again and compared, before anybody gets it.

The reader is not the writer: shapefiles are written by `dbf` and `shp` and read by GDAL, a
GeoPackage is written by sqlite3 and read by GDAL (FlatGeobuf and GeoParquet have one library).
Every row, value and corner is compared by the rules that the losses state, and what the file says
of its coordinate system; whatever else differs refuses the file.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.columns import objects
from gisgrid.errors import ExportDiffers, FileEmpty
from gisgrid.exchange.chinese import headings_in
from gisgrid.exchange.crs import (
    described,
    file_crs,
    from_degrees,
    named_crs,
    shapes_from_degrees,
)
from gisgrid.exchange.dbf import MOST_TEXT_BYTES
from gisgrid.exchange.fields import LAT, LON, WKT
from gisgrid.exchange.readers import read, read_back
from gisgrid.exchange.short_names import cut_text, short_names
from gisgrid.exchange.table import LABEL
from gisgrid.exchange.tables import DEGREE_DIGITS
from gisgrid.exchange.write_text import kml_labels

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisgrid.columns import Objects
    from gisgrid.exchange.outgoing import Form, Outgoing
    from gisgrid.exchange.table import Table

_EXACT = frozenset({"shp", "gpkg", "fgb", "parquet"})
"""Formats that keep all bits of a coordinate; the others have seven decimals of degrees."""
_METRES = 1e-4
"""What seven decimals leave of coordinates in metres written as text."""
_BLOCK = 50_000
"""Shapes compared at a time: what is worked out for them need not be held for all."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How much was compared and found equal."""

    rows: int
    values: int
    shapes: int


def check(out: Outgoing, path: Path, format: str, form: Form, name: str) -> Checked:  # noqa: A002
    """Read `path` again and compare it with `out` (tidied). name: what people will call the file.

    Raises ExportDiffers at the first difference that no rule states.
    """
    tables = _tables(path, format, name, out.name)
    if sum(map(len, tables)) != len(out.frame):
        problem = f"{len(out.frame)} rows were written, {sum(map(len, tables))} were read"
        raise ExportDiffers(file=name, problem=problem)
    kinds = out.kinds
    cut = form.encoding if format == "shp" else None
    headings = short_names(kinds, cut) if cut else headings_in(form.language, out.name, kinds)
    if format == "kml" and tables:
        _compare("the label", "text", list(kml_labels(out)), _column(tables, LABEL), name, None)
    if format in _EXACT and out.geometry is not None:
        _compare_system(tables, form, name)
    shapes = _compare_shapes(out, tables, form, name, exact=format in _EXACT)
    for table in tables:
        table.geometry = None  # compared; what is read is let go column by column as well
    values = 0
    for column, kind in kinds.items():
        cells = out.cells(column)
        _compare(column, kind, cells, _column(tables, headings[column]), name, cut)
        values += sum(cell is not None for cell in cells)
        for table in tables:
            table.columns.pop(headings[column], None)
    return Checked(len(out.frame), values, shapes)


def _tables(path: Path, format: str, name: str, layer_name: str) -> list[Table]:  # noqa: A002
    """All parts of the file, in order; none where it holds no rows."""
    if format in {"gpkg", "kml"}:
        try:
            return [read_back(path, layer_name, file=name)]
        except FileEmpty:
            return []
    layers: list[str | None] = [None]
    if format == "shp":
        with zipfile.ZipFile(path) as archive:
            stems = [PurePosixPath(entry).stem for entry in archive.namelist() if ".dbf" in entry]
        layers = list(stems)
    found = []
    for layer in layers:
        try:
            found.append(read(path, name=f"{PurePosixPath(name).stem}{path.suffix}", layer=layer))
        except FileEmpty:
            continue
    return found


def _compare_system(tables: list[Table], form: Form, name: str) -> None:
    """Raise ExportDiffers unless each part that has shapes names the system asked for.

    GeoJSON and KML cannot name one: they are written in WGS 84 alone.
    """
    wanted = named_crs(form.crs).to_epsg()
    for table in tables:
        found = None if table.geometry is None else file_crs(table.crs, file=name)
        if table.geometry is None or (found and found.to_epsg(min_confidence=70) == wanted):
            continue
        problem = f"it says {described(found) if found else 'nothing'} of its coordinate system"
        raise ExportDiffers(file=name, problem=problem)


def _column(tables: list[Table], heading: str) -> list[Any]:
    """One column over all parts; a column that is nowhere holds nothing."""
    cells: list[Any] = []
    for table in tables:
        part = table.columns.get(heading)
        cells += [None] * len(table) if part is None else part.tolist()
    return cells


def _compare(
    column: str,
    kind: str,
    written: list[Any],
    found: list[Any],
    name: str,
    encoding: str | None,
) -> None:
    """Raise ExportDiffers unless each value came back by its rule."""
    expected = _EXPECTED[kind]
    if kind == "text" and encoding is not None:
        expected = partial(_cut, encoding=encoding)
    seen = _SEEN[kind]
    for index, (a, b) in enumerate(zip(written, found, strict=True)):
        if a == b:
            continue
        want = None if a is None else expected(a)
        have = None if b is None else seen(b)
        if want == have:
            continue
        problem = f"{column} of row {index + 1} came back as something else"
        raise ExportDiffers(file=name, problem=problem)


def _cut(value: Any, encoding: str) -> str | None:
    """Text as a shapefile keeps it: the beginning, where it is too long."""
    return cut_text(str(value), MOST_TEXT_BYTES, encoding)[0].strip() or None


def _text(value: Any) -> str | None:
    return str(value).strip() or None


def _finite(value: Any) -> float | None:
    # Text and sheets carry seven decimals of a degree, about a centimetre.
    number = round(float(value), DEGREE_DIGITS)
    return number if np.isfinite(number) else None


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, (int, str)) else float(value)


_EXPECTED: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "int": int,
    "float": _finite,
    "date": lambda day: day.isoformat(),
}
_SEEN: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "int": _whole,
    "float": _finite,
    "date": lambda day: str(day)[:10],
}


def _compare_shapes(
    out: Outgoing,
    tables: list[Table],
    form: Form,
    name: str,
    *,
    exact: bool,
) -> int:
    """Raise ExportDiffers unless each shape came back; how many there are."""
    if out.geometry is None or not len(out.frame):
        return 0
    if tables[0].geometry is not None:
        count = first = 0
        for table in tables:
            shapes = objects([None] * len(table)) if table.geometry is None else table.geometry
            for start in range(0, len(table), _BLOCK):
                found = shapes[start : start + _BLOCK]
                rows = out.geometry[first : first + len(found)]
                wanted = shapes_from_degrees(rows, form.crs, form.datum)
                count += _same_shapes(wanted, found, exact=exact, name=name, first=first)
                first += len(found)
        return count
    called = headings_in(form.language, out.name, (LON, LAT, WKT))
    if out.shape == "Point" and {called[LON], called[LAT]} <= set(tables[0].columns):
        lon, lat = from_degrees(
            shapely.get_x(out.geometry), shapely.get_y(out.geometry), form.crs, form.datum
        )
        for column, want in ((LON, lon), (LAT, lat)):
            cells = _column(tables, called[column])
            have = np.array([np.nan if cell is None else float(cell) for cell in cells])
            if not np.allclose(want, have, rtol=0, atol=_METRES, equal_nan=True):
                raise ExportDiffers(file=name, problem=f"{column} came back as something else")
        return int(np.count_nonzero(~np.isnan(lon)))
    if out.shape != "Point" and called[WKT] in tables[0].columns:
        found = shapely.from_wkt(objects(_column(tables, called[WKT])), on_invalid="ignore")
        wanted = shapes_from_degrees(out.geometry, form.crs, form.datum)
        return _same_shapes(wanted, found, exact=False, name=name, first=0)
    return 0


def _same_shapes(want: Objects, have: Objects, *, exact: bool, name: str, first: int) -> int:
    """Compare corner by corner, whatever the order and the turn of rings. first: row of these."""
    have = have.copy()
    want = want.copy()
    for shapes in (want, have):
        shapes[shapely.is_empty(shapes)] = None
        lone = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON) & (
            shapely.get_num_geometries(shapes) == 1
        )
        shapes[lone] = shapely.get_geometry(shapes[lone], 0)
    there = ~shapely.is_missing(want)
    if not np.array_equal(there, ~shapely.is_missing(have)):
        raise ExportDiffers(file=name, problem="a shape is missing")
    tolerance = 0.0 if exact else 0.6 * 10**-DEGREE_DIGITS
    a, b = want[there], have[there]
    if (shapely.get_type_id(a) != shapely.GeometryType.POINT).any():
        a, b = shapely.normalize(a), shapely.normalize(b)
    same = shapely.equals_exact(a, b, tolerance)
    for index in np.flatnonzero(~same).tolist():
        # Rounded corners may sort in another order.
        close = not exact and shapely.hausdorff_distance(a[index], b[index]) <= 2 * tolerance
        if not close:
            row = first + int(np.flatnonzero(there)[index]) + 1
            raise ExportDiffers(file=name, problem=f"the shape of row {row} came back changed")
    return int(np.count_nonzero(there))
