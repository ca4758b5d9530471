"""Rows on their way out, before a format is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.exchange.tables import FRACTION_DIGITS, cell_text, is_nothing

if TYPE_CHECKING:
    import pandas as pd

    from gisgrid.columns import Floats, Objects

FRACTIONS = frozenset({"coverage"})


@dataclass(frozen=True, slots=True, eq=False)
class Outgoing:
    """A table with or without shapes.

    name: of the layer within the file. frame: its columns, no geometry among them. geometry:
    shapely in EPSG:4326 or None, one for each row; None for a table. shape: Point | MultiPolygon,
    None for a table. as_text: whether formats that know no shapes write them as text (lon and lat,
    WKT); False where the columns of such a file are fixed.
    """

    name: str
    frame: pd.DataFrame
    geometry: Objects | None = None
    shape: str | None = None
    as_text: bool = True

    @property
    def kinds(self) -> dict[str, str]:
        """Column -> int | float | date | text."""
        return {str(name): _kind(self.frame[name]) for name in self.frame.columns}

    def cells(self, name: str) -> list[Any]:
        """A column in plain values of its kind: int, float, date, str or None.

        A coverage is rounded as everywhere; a moment is text, as no format keeps its zone.
        """
        kind = _kind(self.frame[name])
        return [_plain(name, value, kind) for value in self.frame[name].tolist()]


def points(lon: Floats, lat: Floats) -> Objects:
    """Points of degrees; None where they are NaN."""
    made = np.full(len(lon), None, dtype=object)
    known = ~np.isnan(lon)
    made[known] = shapely.points(lon[known], lat[known])
    return made


def _kind(column: pd.Series[Any]) -> str:
    """By what the column holds; a column that is all empty is text."""
    values = [value for value in column.tolist() if not is_nothing(value)]
    if not values or any(isinstance(value, (str, datetime)) for value in values):
        return "text"
    if all(isinstance(value, (bool, int, np.integer)) for value in values):
        return "int"
    if all(isinstance(value, (int, float, np.number)) for value in values):
        return "float"
    return "date" if all(isinstance(value, date) for value in values) else "text"


def _plain(name: str, value: Any, kind: str) -> Any:
    if is_nothing(value):
        return None
    if kind == "int":
        return int(value)
    if kind == "float":
        return round(float(value), FRACTION_DIGITS) if name in FRACTIONS else float(value)
    return value if kind == "date" else cell_text(name, value)
