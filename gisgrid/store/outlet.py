"""Rows that go out -> frames, the same on every pandas.

Text is object (None where missing), whole numbers Int64, days objects of datetime.date, moments
datetime64[ms, UTC].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gisgrid.model import WGS84
from gisgrid.store.types import Geometry, Instant, Whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

    from gisgrid.store.dialects.base import Dialect


def frame(connection: Connection, dialect: Dialect, statement: Select[Any]) -> pd.DataFrame:
    """The rows of a statement; a GeoDataFrame (EPSG:4326) when it selects `geom`."""
    columns = list(statement.selected_columns)
    rows = connection.execute(statement).all()
    values: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(columns)
    found: dict[str, Any] = {}
    shapes = None
    for column, given in zip(columns, values, strict=True):
        if isinstance(column.type, Geometry):
            shapes = gpd.GeoSeries(dialect.load_geometries(given), crs=WGS84)
        else:
            found[column.name] = _series(column.type, given)
    data = pd.DataFrame(found, columns=list(found))
    return data if shapes is None else gpd.GeoDataFrame(data, geometry=shapes)


def _series(kind: Any, values: Sequence[Any]) -> pd.Series[Any]:
    if isinstance(kind, Whole):
        return pd.Series(values, dtype="Int64")
    if isinstance(kind, Instant):
        return pd.Series(pd.DatetimeIndex(values, tz="UTC").as_unit("ms"))
    return pd.Series(objects(values), dtype=object)


def objects(values: Sequence[Any]) -> Any:
    """An object array of the values as they are."""
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
