"""A position in one cell, `105.0534,35.6925`, as lists of offices have it under 经纬度."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gisgrid.columns import objects
from gisgrid.exchange.degrees import degrees
from gisgrid.exchange.fields import LAT, LON, plain, words_of
from gisgrid.exchange.notes import note
from gisgrid.model import LAYERS

if TYPE_CHECKING:
    from gisgrid.exchange.table import Table

HEADINGS = ("经纬度", "经纬度坐标", "坐标", "lonlat", "lnglat", "coordinates")
"""Headings of such a column, as fields.plain writes them, the best first."""
_BETWEEN = re.compile(r"\s*[,，、;；|/]\s*")


def divided(table: Table, layer: str) -> Table:
    """The table with columns lon and lat instead of a column that holds both.

    The same where the layer has no points, the file has shapes or a column of longitudes, or less
    than half of the cells are pairs. Another cell stays whole as a longitude without a latitude:
    the row is refused with what it says.
    """
    if LAYERS[layer].geometry != "point" or table.geometry is not None:
        return table
    known = {plain(heading): heading for heading in table.columns}
    if known.keys() & {word for side in (LON, LAT) for word in words_of(layer)[side]}:
        return table
    both = next((known[word] for word in HEADINGS if word in known), None)
    if both is None:
        return table
    pairs = [_pair(cell) for cell in table.columns[both]]
    given = sum(one is not None for one, _ in pairs)
    if 2 * sum(other is not None for _, other in pairs) < given:
        return table
    columns = {name: cells for name, cells in table.columns.items() if name != both}
    columns |= {side: objects([pair[i] for pair in pairs]) for i, side in enumerate((LON, LAT))}
    told = note("positions_divided", column=both)
    return replace(table, columns=columns, notes=[*table.notes, told])


def _pair(cell: Any) -> tuple[Any, Any]:
    """Longitude and latitude of a cell; latitude first only where its words say so."""
    if not isinstance(cell, str):
        return cell, None
    text = cell.strip().strip("()（）[]").strip()
    parts = _BETWEEN.split(text)
    if len(parts) != 2:
        parts = text.split()
    if len(parts) != 2:
        return cell, None
    one, other = parts
    swapped = not _is(one, LON) and _is(one, LAT) and _is(other, LON)  # N 35.69, E 105.05
    return (other, one) if swapped else (one, other)


def _is(text: str, side: str) -> bool:
    try:
        degrees(text, side)
    except ValueError:
        return False
    return True
