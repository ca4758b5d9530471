"""Write a table in any format that gisgrid gives out: `write`."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
import xlsxwriter
import xlsxwriter.exceptions

from gisgrid.errors import FileUnwritable, FormatUnknown
from gisgrid.exchange import process, wire
from gisgrid.exchange.short_names import short_name
from gisgrid.exchange.tables import DEGREE_DIGITS, guarded, table_csv

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.columns import Objects
    from gisgrid.exchange.outgoing import Outgoing

MOST_TEXT_BYTES = 254
"""Of one cell of a shapefile's table."""
_SHEET_NAME = 31
_SHEET_ROWS = 1_048_575
_FIXED_TIME = (2000, 1, 1, 0, 0, 0)
"""Of files within an archive: the same rows give the same bytes."""


def write(out: Outgoing, path: Path, format: str) -> None:  # noqa: A002 - the word of the interface
    """Write `out` to `path`, which then holds all of it, or is as it was.

    format: one of FORMATS. Raises FormatUnknown, FileUnwritable, ChildFailed.
    """
    if format not in _WRITERS:
        raise FormatUnknown(format=format, known=", ".join(_WRITERS))
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        _WRITERS[format](out, part)
        os.replace(part, path)  # noqa: PTH105 - atomic on all systems
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as err:
        problem = os.strerror(err.errno) if isinstance(err, OSError) and err.errno else str(err)
        raise FileUnwritable(file=path.name, problem=problem) from err
    finally:
        part.unlink(missing_ok=True)


def with_shapes_as_text(out: Outgoing) -> pd.DataFrame:
    """The frame with lon and lat, or WKT, for formats that know no shapes."""
    frame = out.frame
    if out.geometry is None or not out.as_text:
        return frame
    if out.shape == "Point":
        if "lon" in frame.columns:
            return frame
        lon, lat = shapely.get_x(out.geometry), shapely.get_y(out.geometry)
        return frame.assign(lon=lon, lat=lat)
    rounded = _seven_digits(out.geometry)
    return frame.assign(wkt=shapely.to_wkt(rounded, rounding_precision=DEGREE_DIGITS))


def _seven_digits(shapes: Objects) -> Objects:
    points = np.round(shapely.get_coordinates(shapes), DEGREE_DIGITS)
    return shapely.set_coordinates(shapes.copy(), points)


def _csv(out: Outgoing, path: Path) -> None:
    """With a mark at the start, without which Excel reads Chinese as Latin."""
    path.write_text(table_csv(with_shapes_as_text(out), guard=True), "utf-8-sig", newline="")


def _xlsx(out: Outgoing, path: Path) -> None:
    """Numbers as numbers, days as days, everything else as text that is never run."""
    # Corners of a grid do not fit a cell; positions of points do.
    frame = with_shapes_as_text(out) if out.shape == "Point" else out.frame
    if len(frame) > _SHEET_ROWS:
        raise FormatUnknown(format="xlsx for so many rows", known="csv, gpkg")
    table = type(out)(out.name, frame)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet(out.name[:_SHEET_NAME])
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        kinds = table.kinds
        for place, name in enumerate(kinds):
            sheet.write_string(0, place, name, bold)
        columns = [(kind, table.cells(name)) for name, kind in kinds.items()]
        for row in range(len(frame)):
            for place, (kind, cells) in enumerate(columns):
                value = cells[row]
                if value is None:
                    continue
                if kind == "date":
                    sheet.write_datetime(row + 1, place, value, day)
                elif kind == "text":
                    sheet.write_string(row + 1, place, guarded(value))
                else:
                    sheet.write_number(row + 1, place, value)


def _geojson(out: Outgoing, path: Path) -> None:
    """RFC 7946: WGS 84, outer rings counter-clockwise, seven decimals, no `crs`."""
    names = list(out.kinds)
    columns = [[_json(value) for value in out.cells(name)] for name in names]
    shapes = np.full(len(out.frame), None, dtype=object)
    if out.geometry is not None:
        shapes = shapely.orient_polygons(_seven_digits(out.geometry))
    texts = shapely.to_geojson(shapes)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('{"type":"FeatureCollection","features":[')
        for row, text in enumerate(texts):
            properties = {name: cells[row] for name, cells in zip(names, columns, strict=True)}
            shown = json.dumps(properties, ensure_ascii=False, allow_nan=False)
            stream.write(",\n" if row else "\n")
            stream.write(f'{{"type":"Feature","properties":{shown},"geometry":{text or "null"}}}')
        stream.write("\n]}\n")


def _json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _gpkg(out: Outgoing, path: Path) -> None:
    """By GDAL in a child, with an R-tree."""
    with tempfile.TemporaryDirectory(prefix="gisgrid-") as name:
        folder = Path(name)
        columns = {column: out.cells(column) for column in out.kinds}
        _by_child(out, folder, columns, out.kinds, "gpkg")
        _move(folder / "data.gpkg", path)


def _shp(out: Outgoing, path: Path) -> None:
    """By GDAL in a child, zipped with a list of full names and a note for people."""
    with tempfile.TemporaryDirectory(prefix="gisgrid-") as name:
        folder = Path(name)
        short = {column: short_name(column) for column in out.kinds}
        cut: list[str] = []
        columns = {short[column]: _cut(out.cells(column), column, cut) for column in out.kinds}
        kinds = {short[column]: kind for column, kind in out.kinds.items()}
        _by_child(out, folder, columns, kinds, "shp")
        _zip(out, folder, path, short, cut)


def _by_child(
    out: Outgoing,
    folder: Path,
    columns: dict[str, list[Any]],
    kinds: dict[str, str],
    form: str,
) -> None:
    shapes = None if out.geometry is None else out.geometry.copy()
    if shapes is not None and out.shape == "MultiPolygon":
        lone = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
        shapes[lone] = shapely.multipolygons(shapes[lone][:, np.newaxis])
    wkb = None if shapes is None else shapely.to_wkb(shapes).tolist()
    wire.dump(folder, {}, columns, wkb)
    ending = "dbf" if form == "shp" and shapes is None else form
    task = {
        "task": "write",
        "format": form,
        "path": f"data.{ending}",
        "layer": out.name if form == "gpkg" else "data",
        "geometry": out.shape if shapes is not None else None,
        "kinds": kinds,
    }
    process.run(task, folder, file=f"{out.name}.{form}")


def _cut(cells: list[Any], column: str, cut: list[str]) -> list[Any]:
    """Texts within what a shapefile holds, cut between characters; what was cut is noted."""
    made = []
    for cell in cells:
        if isinstance(cell, str) and len(cell.encode()) > MOST_TEXT_BYTES:
            cut.append(column)
            made.append(cell.encode()[:MOST_TEXT_BYTES].decode(errors="ignore"))
        else:
            made.append(cell)
    return made


def _zip(out: Outgoing, folder: Path, path: Path, short: dict[str, str], cut: list[str]) -> None:
    fields = pd.DataFrame({"short": list(short.values()), "full": list(short)})
    lines = [
        f"{out.name}: {len(out.frame)} rows, EPSG:4326 (WGS 84), text in UTF-8.",
        "Column names of a shapefile have at most ten letters; fields.csv gives the full ones.",
        "Empty numbers may show as 0 in programs that know no empty number.",
    ]
    if cut:
        lines.append(f"{len(cut)} texts were longer than {MOST_TEXT_BYTES} bytes and were cut.")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            part = folder / f"data{suffix}"
            if part.exists():
                _add(archive, f"{out.name}{suffix}", part.read_bytes())
        _add(archive, "fields.csv", table_csv(fields).encode("utf-8-sig"))
        _add(archive, "README.txt", ("\n".join(lines) + "\n").encode())


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _FIXED_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


def _move(source: Path, target: Path) -> None:
    """Also from one disk to another; the last step, within one, is `write`'s."""
    target.write_bytes(source.read_bytes())


_WRITERS: dict[str, Callable[[Outgoing, Path], None]] = {
    "xlsx": _xlsx,
    "csv": _csv,
    "gpkg": _gpkg,
    "shp": _shp,
    "geojson": _geojson,
}
FORMATS: dict[str, str] = {
    "xlsx": ".xlsx",
    "csv": ".csv",
    "gpkg": ".gpkg",
    "shp": ".zip",
    "geojson": ".geojson",
}
"""Format -> ending of its file name."""
