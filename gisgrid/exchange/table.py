"""What every reader gives: the rows of one layer of a file, still in the file's own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gisgrid.columns import Ints, Objects
    from gisgrid.exchange.notes import Note


LABEL = "Placemark/name"
"""Heading under which a read-back finds what a KML file writes beside each place."""


@dataclass(eq=False)
class Table:
    """Rows as read. Nothing is interpreted yet.

    columns: heading -> values (str, int, float, bool, date, datetime or None), all of one length.
    rows: the number by which a person finds the row: the line of a spreadsheet (headings are line
    1), else the feature's place from 1.
    geometry: shapely geometries or None in the file's own coordinates, x (east) first; None where
    the file has no shapes at all.
    broken: index -> why the row cannot be read.
    crs: what the file says of its coordinates: WKT or AUTHORITY:CODE; None where it is silent.
    encoding: of the text, where that was a question. notes: what there is
    to say of the file. kind: csv | excel | html | geojson | gpkg | shp.
    """

    file: str
    kind: str
    columns: dict[str, Objects]
    rows: Ints
    layer: str | None = None
    geometry: Objects | None = None
    broken: dict[int, str] = field(default_factory=dict)
    crs: str | None = None
    encoding: str | None = None
    notes: list[Note] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)


def distinct(headings: list[str]) -> list[str]:
    """Headings with empty ones named `column N` and repeated ones numbered: name, name (2)."""
    plain = [heading.strip() or f"column {place}" for place, heading in enumerate(headings, 1)]
    taken, seen = set(plain), set[str]()
    names = []
    for name in plain:
        made, number = name, 1
        while made in seen or (number > 1 and made in taken):
            number += 1
            made = f"{name} ({number})"
        seen.add(made)
        names.append(made)
    return names
