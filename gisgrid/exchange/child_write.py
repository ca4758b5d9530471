"""Write a GeoPackage or FlatGeobuf, in the child, by pyogrio from columns (no frames needed)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.errors
import pyogrio.raw

from gisgrid.errors import FileUnwritable
from gisgrid.exchange import wire
from gisgrid.exchange.table import objects

_DRIVERS = {"gpkg": "GPKG", "fgb": "FlatGeobuf"}
_OPTIONS: dict[str, dict[str, Any]] = {
    # 1.3 is what QGIS and GDAL of the last years read without a warning.
    "gpkg": {"dataset_options": {"VERSION": "1.3"}},
    # Its index of space would put the rows into another order.
    "fgb": {"layer_options": {"SPATIAL_INDEX": "NO"}},
}
_TYPES: dict[str, Any] = {"int": np.int64, "float": np.float64, "date": "datetime64[D]"}


def write(task: dict[str, Any]) -> None:
    """What lies in the current folder (`wire`) as `task["path"]`.

    task: format (gpkg | fgb), path, layer, geometry (a GDAL type, None for a table), kinds
    (column -> text | int | float | date), crs, style (QML for QGIS, or None).
    """
    _, columns, shapes = wire.load(Path())
    fields, masks = [], []
    for name, kind in task["kinds"].items():
        values, mask = _field(columns[name], kind)
        fields.append(values)
        masks.append(mask)
    geometry = None if shapes is None else objects(shapes)
    try:
        pyogrio.raw.write(
            task["path"],
            geometry,
            fields,
            list(task["kinds"]),
            field_mask=masks,
            layer=task["layer"],
            driver=_DRIVERS[task["format"]],
            geometry_type=task["geometry"],
            crs=None if geometry is None else task["crs"],
            **_OPTIONS[task["format"]],
        )
        if task["format"] == "gpkg" and task["style"]:
            _write_style(task)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as err:
        raise FileUnwritable(file=task["file"], problem=str(err).splitlines()[0][:200]) from err


def _field(cells: list[Any], kind: str) -> tuple[Any, Any]:
    """One column as an array of its type, and where it is empty."""
    if kind not in _TYPES:
        return objects(cells), None
    if kind == "date":
        return np.array(cells, dtype=_TYPES[kind]), None
    empty = np.array([cell is None for cell in cells], dtype=bool)
    return np.array([0 if cell is None else cell for cell in cells], dtype=_TYPES[kind]), empty


def _write_style(task: dict[str, Any]) -> None:
    """The table in which QGIS looks for the style of a layer (`layer_styles`)."""
    row = {
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": task["layer"],
        "f_geometry_column": "geom",
        "styleName": task["layer"],
        "styleQML": task["style"],
        "styleSLD": "",
        "useAsDefault": True,
        "description": "",
        "owner": "",
    }
    pyogrio.raw.write(
        task["path"],
        None,
        [np.array([value], dtype=bool if value is True else object) for value in row.values()],
        list(row),
        layer="layer_styles",
        driver="GPKG",
        geometry_type=None,
        crs=None,
        append=False,
        layer_options={"FID": "id"},
    )
