"""Rows that go out -> frames, the same on every pandas.

Text is object (None where missing), whole numbers Int64, days objects of datetime.date, moments
datetime64[ms, UTC].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from gisgrid.columns import objects
from gisgrid.model import WGS84
from gisgrid.store.types import Instant, Whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

    from gisgrid.store.dialects.base import Dialect


def table(connection: Connection, statement: Select[Any]) -> pd.DataFrame:
    """The rows of a statement."""
    columns = list(statement.selected_columns)
    return _data(columns, _values(connection, statement, len(columns)))


def layer(connection: Connection, dialect: Dialect, statement: Select[Any]) -> gpd.GeoDataFrame:
    """The rows of a statement whose last column is the geometry; EPSG:4326."""
    columns = list(statement.selected_columns)
    *values, stored = _values(connection, statement, len(columns))
    shapes = gpd.GeoSeries(dialect.load_geometries(stored), crs=WGS84)
    return gpd.GeoDataFrame(_data(columns[:-1], values), geometry=shapes)


def _values(connection: Connection, statement: Select[Any], width: int) -> list[Sequence[Any]]:
    rows = connection.execute(statement).all()
    return list(zip(*rows, strict=True)) or [()] * width


def _data(columns: list[Any], values: Sequence[Sequence[Any]]) -> pd.DataFrame:
    found = {c.name: _series(c.type, given) for c, given in zip(columns, values, strict=True)}
    return pd.DataFrame(found, columns=[c.name for c in columns])


def _series(kind: Any, values: Sequence[Any]) -> pd.Series[Any]:
    if isinstance(kind, Whole):
        return pd.Series(values, dtype="Int64")
    if isinstance(kind, Instant):
        return pd.Series(pd.DatetimeIndex(objects(values), tz="UTC").as_unit("ms"))
    return pd.Series(objects(values), dtype=object)
