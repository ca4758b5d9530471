"""A file whose longitudes stand where latitudes belong, taken the other way round when asked to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisgrid.columns import objects
from gisgrid.exchange.fields import LAT, LON, WKT

if TYPE_CHECKING:
    from gisgrid.columns import Objects
    from gisgrid.exchange.fields import Match
    from gisgrid.exchange.table import Table


def exchanged(table: Table, found: Match) -> Table:
    """The table with its shapes, its WKT or its two columns the other way round."""
    if table.geometry is not None:
        return replace(table, geometry=_turned(table.geometry))
    fields, columns = found.fields, dict(table.columns)
    if LON in fields and LAT in fields:
        lon, lat = fields[LON], fields[LAT]
        columns[lon], columns[lat] = columns[lat], columns[lon]
    if WKT in fields:
        columns[fields[WKT]] = _turned_text(columns[fields[WKT]])
    return replace(table, columns=columns)


def _turned(shapes: Objects) -> Objects:
    points = shapely.get_coordinates(shapes)
    return shapely.set_coordinates(shapes.copy(), np.ascontiguousarray(points[:, ::-1]))


def _turned_text(cells: Objects) -> Objects:
    """WKT turned; what is none stays, to be refused."""
    shapes = shapely.from_wkt(cells, on_invalid="ignore")
    good = ~shapely.is_missing(shapes)
    turned = objects(cells)
    turned[good] = shapely.to_wkt(_turned(shapes[good]), rounding_precision=-1)
    return turned
