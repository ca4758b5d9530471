"""Read a GeoPackage of our own again, in the child, by GDAL: the reader of a check is no writer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.errors
import pyogrio.raw

from gisgrid.errors import FileUnreadable
from gisgrid.exchange import wire

EXACT = 2.0**53
"""From here on not every whole number is a float."""


def read_back(task: dict[str, Any]) -> None:
    """The layer `task["layer"]` of `task["path"]` with all its rows."""
    try:
        meta, _, shapes, fields = pyogrio.raw.read(task["path"], layer=task["layer"])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as err:
        problem = str(err).splitlines()[0][:200]
        raise FileUnreadable(file=task["file"], problem=problem) from err
    names = [str(name) for name in meta["fields"]]
    columns = {name: _cells(values) for name, values in zip(names, fields, strict=True)}
    for name, kind, values in zip(names, meta["dtypes"], fields, strict=True):
        if kind == "int64" and values.dtype.kind == "f" and np.nanmax(np.abs(values)) >= EXACT:
            _fill_whole(columns[name], name, task)
    rows = len(fields[0]) if len(fields) else len(shapes)
    given = None if shapes is None else [None if wkb is None else bytes(wkb) for wkb in shapes]
    wire.dump(Path(), {"rows": rows, "layer": task["layer"], "crs": meta["crs"]}, columns, given)


def _fill_whole(cells: list[Any], name: str, task: dict[str, Any]) -> None:
    """Put whole numbers where GDAL gave the nearest floats, since the column has gaps."""
    there = '"' + name.replace('"', '""') + '" IS NOT NULL'
    options = {"layer": task["layer"], "columns": [name], "read_geometry": False}
    (whole,) = pyogrio.raw.read(task["path"], where=there, **options)[3]
    places = (index for index, cell in enumerate(cells) if cell is not None)
    for index, number in zip(places, whole.tolist(), strict=True):
        cells[index] = number


def _cells(values: Any) -> list[Any]:
    """Plain values; where GDAL has numbers for nothing, None."""
    if values.dtype.kind == "M":
        return [None if np.isnat(each) else str(each)[:10] for each in values]
    cells: list[Any] = values.tolist()
    return [None if isinstance(cell, float) and cell != cell else cell for cell in cells]  # noqa: PLR0124 - NaN
