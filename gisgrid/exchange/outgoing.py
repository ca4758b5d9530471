"""Rows on their way out, before a format is chosen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pandas.api.types import infer_dtype

from gisgrid.exchange.losses import Loss, loss
from gisgrid.exchange.tables import FRACTION_DIGITS, cell_text
from gisgrid.model import WGS84

if TYPE_CHECKING:
    import pandas as pd

    from gisgrid.columns import Floats, Objects

FRACTIONS = frozenset({"coverage"})

ENCODINGS: tuple[str, ...] = ("utf-8", "gb18030")
"""Of the text of a shapefile."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a person wants a file. encoding: of a shapefile. crs: as `named_crs` takes it.

    datum: wgs84, or gcj02 or bd09 for degrees shifted as Chinese web maps shift them. twin: put a
    GeoPackage of the same rows, which keeps all of them whole, into the zip of a shapefile.
    language: of headings and words, in formats that people read as they are; see chinese.
    """

    encoding: str = "utf-8"
    crs: str = WGS84
    datum: str = "wgs84"
    twin: bool = False
    language: str = "en"


@dataclass(frozen=True, slots=True, eq=False)
class Outgoing:
    """A table with or without shapes.

    name: of the layer within the file. frame: its columns, no geometry among them. geometry:
    shapely in EPSG:4326 or None, one for each row; None for a table. shape: Point | MultiPolygon,
    None for a table. as_text: whether formats that know no shapes write them as text (lon and lat,
    WKT); False where the columns of such a file are fixed. said: area and day, for a README.
    """

    name: str
    frame: pd.DataFrame
    geometry: Objects | None = None
    shape: str | None = None
    as_text: bool = True
    said: str = ""

    @property
    def kinds(self) -> dict[str, str]:
        """Column -> int | float | date | text."""
        return {str(name): _kind(self.frame[name]) for name in self.frame.columns}

    @property
    def told(self) -> list[Loss]:
        """What becomes of values of kinds that files write in different ways."""
        found = []
        for name in self.frame.columns:
            rule = _TOLD.get(infer_dtype(self.frame[name], skipna=True))
            if rule:
                found.append(loss(rule, str(name), int(self.frame[name].notna().sum())))
        return found

    def cells(self, name: str) -> list[Any]:
        """A column in plain values of its kind: int, float, date, str or None.

        A coverage is rounded as everywhere; a moment is text, as no format keeps its zone.
        """
        column = self.frame[name]
        kind = _kind(column)
        values: list[Any] = column.tolist()
        if kind in {"text", "date"} and infer_dtype(column, skipna=True) in {"string", "date"}:
            return [
                None if empty else value
                for value, empty in zip(values, column.isna().tolist(), strict=True)
            ]
        return [
            None if empty else _plain(name, value, kind)
            for value, empty in zip(values, column.isna().tolist(), strict=True)
        ]


def points(lon: Floats, lat: Floats) -> Objects:
    """Points of degrees; None where they are NaN."""
    made = np.full(len(lon), None, dtype=object)
    known = ~np.isnan(lon)
    made[known] = shapely.points(lon[known], lat[known])
    return made


_KINDS = {
    "boolean": "int",
    "integer": "int",
    "floating": "float",
    "mixed-integer-float": "float",
    "date": "date",
}
"""What pandas finds in a column -> our kind; anything else, and nothing at all, is text."""
_TOLD = {"boolean": "truth", "datetime": "date_time", "datetime64": "date_time"}
_INT64 = 2**63


def _kind(column: pd.Series[Any]) -> str:
    """By what the column holds; a column that is all empty is text."""
    found = _KINDS.get(infer_dtype(column, skipna=True), "text")
    if found == "float" and column.isna().all():
        return "text"
    if found == "int" and column.dtype == object:
        values = column[column.notna()]
        if len(values) and (values.max() >= _INT64 or values.min() < -_INT64):
            return "text"
    return found


def _plain(name: str, value: Any, kind: str) -> Any:
    if kind == "int":
        return int(value)
    if kind == "float":
        return round(float(value), FRACTION_DIGITS) if name in FRACTIONS else float(value)
    return value if kind == "date" else cell_text(name, value)


_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Marks that end a text in one format or another, or that no encoding has."""


def tidied(out: Outgoing) -> tuple[Outgoing, list[Loss]]:
    """`out` with a space for each mark that no file can hold, and what was changed."""
    losses, changed = [], {}
    for name, kind in out.kinds.items():
        # One look at the whole column: hardly any has such a mark.
        if kind == "text" and _UNWRITABLE.search("\n".join(filter(None, out.cells(name)))):
            cells = out.cells(name)
            losses.append(
                loss("text_control", name, sum(bool(_UNWRITABLE.search(c or "")) for c in cells))
            )
            made = np.empty(len(cells), dtype=object)
            made[:] = [None if c is None else _UNWRITABLE.sub(" ", c) for c in cells]
            changed[name] = made
    return (replace(out, frame=out.frame.assign(**changed)) if changed else out), losses
