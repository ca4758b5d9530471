"""Write a table in any format that gisgrid gives out: `write`; and read it again: `written`."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import xlsxwriter.exceptions

from gisgrid.errors import FileUnwritable, FormatUnknown
from gisgrid.exchange import process, wire
from gisgrid.exchange.chinese import CHINESE, ENGLISH, SPOKEN, in_chinese
from gisgrid.exchange.crs import shapes_from_degrees
from gisgrid.exchange.losses import Loss, loss
from gisgrid.exchange.outgoing import Form, tidied
from gisgrid.exchange.readback import Checked, check
from gisgrid.exchange.write_gpkg import write_gpkg
from gisgrid.exchange.write_shp import add_file, write_shp
from gisgrid.exchange.write_text import write_csv, write_geojson, write_kml, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.columns import Objects
    from gisgrid.exchange.outgoing import Outgoing


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: losses by rule, and what the read-back compared (None: not asked for)."""

    losses: list[Loss] = field(default_factory=list)
    checked: Checked | None = None


def write(
    out: Outgoing,
    path: Path,
    format: str,  # noqa: A002 - the word of the interface
    form: Form | None = None,
    *,
    verify: bool = False,
    tell: Callable[[str], None] = lambda step: None,  # noqa: ARG005
) -> Written:
    """Write `out` to `path`, which then holds all of it, or is as it was.

    format: one of FORMATS. verify: read the file again and compare every row, value and shape
    before it takes its place. tell: is called with the step that begins. Raises FormatUnknown,
    FileUnwritable, ChildFailed, UnknownWord for a form that the format does not have,
    ExportDiffers.
    """
    if format not in _WRITERS:
        raise FormatUnknown(format=format, known=", ".join(_WRITERS))
    wanted = form or Form()
    if format not in SPOKEN:
        wanted = replace(wanted, language=ENGLISH)
    out, losses = tidied(in_chinese(out) if wanted.language == CHINESE else out)
    ending = FORMATS[format]
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{ending}")
    try:
        tell("writing")
        losses += _WRITERS[format](out, part, wanted)
        tell("checking")
        checked = check(out, part, format, wanted, path.name) if verify else None
        if format == "shp" and wanted.twin:
            _add_twin(out, part, wanted, verify=verify)
        os.replace(part, path)  # noqa: PTH105 - atomic on all systems
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as err:
        problem = os.strerror(err.errno) if isinstance(err, OSError) and err.errno else str(err)
        raise FileUnwritable(file=path.name, problem=problem) from err
    finally:
        part.unlink(missing_ok=True)
    return Written(losses, checked)


def _add_twin(out: Outgoing, path: Path, form: Form, *, verify: bool) -> None:
    """Put `<name>.gpkg`, read again and compared where asked for, into the zip at `path`."""
    name = f"{out.name}.gpkg"
    with tempfile.TemporaryDirectory(prefix="gisgrid-") as folder:
        twin = Path(folder) / name
        write_gpkg(out, twin, form)
        if verify:
            check(out, twin, "gpkg", form, name)
        add_file(path, name, twin)


def _by_child(form_name: str, task_name: str) -> Callable[[Outgoing, Path, Form], list[Loss]]:
    """A writer in a child: FlatGeobuf by GDAL, GeoParquet by DuckDB."""

    def write_it(out: Outgoing, path: Path, form: Form) -> list[Loss]:
        kinds = out.kinds
        with tempfile.TemporaryDirectory(prefix="gisgrid-") as name:
            folder = Path(name)
            shapes = _shapes(out, form)
            wkb = None if shapes is None else shapely.to_wkb(shapes).tolist()
            wire.dump(folder, {}, {column: out.cells(column) for column in kinds}, wkb)
            task: dict[str, Any] = {
                "task": task_name,
                "path": f"data.{form_name}",
                "layer": out.name,
                "geometry": out.shape if out.geometry is not None else None,
                "kinds": kinds,
                "crs": form.crs,
                "bbox": _bounds(shapes),
            }
            process.run(task, folder, file=f"{out.name}.{form_name}")
            shutil.copyfile(folder / task["path"], path)
        days = [name for name, kind in kinds.items() if kind == "date" and form_name == "fgb"]
        return [*out.told, *(loss("date_midnight", name) for name in days)]

    return write_it


def _bounds(shapes: Objects | None) -> list[float] | None:
    """West, south, east, north of all shapes; None where there are none."""
    if shapes is None or shapely.is_missing(shapes).all():
        return None
    bounds: list[float] = shapely.total_bounds(shapes).tolist()
    return bounds


def _shapes(out: Outgoing, form: Form) -> Objects | None:
    """Shapes in the system that is asked for, polygons all as multipolygons."""
    if out.geometry is None:
        return None
    shapes = shapes_from_degrees(out.geometry, form.crs, form.datum).copy()
    if out.shape == "MultiPolygon":
        lone = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
        shapes[lone] = shapely.multipolygons(shapes[lone][:, np.newaxis])
    return shapes


_WRITERS: dict[str, Callable[[Outgoing, Path, Form], list[Loss]]] = {
    "xlsx": write_xlsx,
    "csv": write_csv,
    "gpkg": write_gpkg,
    "shp": write_shp,
    "geojson": write_geojson,
    "fgb": _by_child("fgb", "write"),
    "parquet": _by_child("parquet", "write_parquet"),
    "kml": write_kml,
}
FORMATS: dict[str, str] = {
    "xlsx": ".xlsx",
    "csv": ".csv",
    "gpkg": ".gpkg",
    "shp": ".zip",
    "geojson": ".geojson",
    "fgb": ".fgb",
    "parquet": ".parquet",
    "kml": ".kml",
}
"""Format -> ending of its file name."""
