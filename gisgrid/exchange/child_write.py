"""Write a FlatGeobuf, in the child, by pyogrio from columns (no frames needed)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.errors
import pyogrio.raw

from gisgrid.columns import objects
from gisgrid.errors import FileUnwritable
from gisgrid.exchange import wire

_TYPES: dict[str, Any] = {"int": np.int64, "float": np.float64, "date": "datetime64[D]"}


def write(task: dict[str, Any]) -> None:
    """What lies in the current folder (`wire`) as `task["path"]`.

    task: path, layer, geometry (a GDAL type, None for a table), kinds (column -> text | int |
    float | date), crs.
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
            driver="FlatGeobuf",
            geometry_type=task["geometry"],
            crs=None if geometry is None else task["crs"],
            # Its index of space would put the rows into another order.
            layer_options={"SPATIAL_INDEX": "NO"},
        )
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
