"""CSV: comma, semicolon or tab; any of the encodings that offices use."""

from __future__ import annotations

import csv
import io
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from gisgrid.columns import objects
from gisgrid.errors import FileEmpty, FileUnreadable
from gisgrid.exchange.fields import MOST_TITLES, heading_row
from gisgrid.exchange.limits import MAX_CELL, MAX_FIELDS
from gisgrid.exchange.notes import note
from gisgrid.exchange.table import Table, distinct
from gisgrid.exchange.tables import unguarded
from gisgrid.exchange.text import decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DELIMITERS = ",;\t"


def read_csv(
    path: Path, *, file: str, encoding: str | None = None, our_layer: str | None = None
) -> Table:
    """All rows of a CSV file; the first line that is not blank or a title holds the headings.

    Cells are text without surrounding spaces; an empty cell is None. A line with more cells than
    headings is broken; one with fewer is filled up. Blank lines are passed over but counted.
    """
    text, used = decode(path.read_bytes(), file=file, encoding=encoding)
    lines = _lines(text, file)
    first = list(islice(lines, MOST_TITLES))
    if not first:
        raise FileEmpty(file=file)
    start = heading_row([cells for _, cells in first], our_layer)
    headings, lines = first[start], chain(first[start + 1 :], lines)
    notes = [note("title_rows", row=headings[0])] if start else []
    if len(headings[1]) > MAX_FIELDS:
        raise FileUnreadable(file=file, why="too_wide", most=MAX_FIELDS)
    names = distinct(headings[1])
    numbers: list[int] = []
    cells: list[list[str | None]] = []
    broken: dict[int, str] = {}
    for number, line in lines:
        extra = [cell for cell in line[len(names) :] if cell]
        if extra:
            broken[len(numbers)] = "has more cells than there are headings"
        padded: list[str | None] = [unguarded(cell) or None for cell in line[: len(names)]]
        cells.append(padded + [None] * (len(names) - len(padded)))
        numbers.append(number)
    if not numbers:
        raise FileEmpty(file=file)
    columns = {
        name: objects(list(values))
        for name, values in zip(names, zip(*cells, strict=True), strict=True)
    }
    rows = np.asarray(numbers, dtype=np.int64)
    return Table(file, "csv", columns, rows, broken=broken, encoding=used, notes=notes)


def _lines(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of each line that is not blank, numbered as a spreadsheet shows them."""
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for number, line in enumerate(reader, start=1):
            cells = [cell.strip() for cell in line]
            if any(cells):
                yield number, cells
    except csv.Error as err:
        raise FileUnreadable(file=file, why="line", line=reader.line_num, said=str(err)) from err


def _delimiter(text: str) -> str:
    """The delimiter that stands most often outside quotes in the first line with any text."""
    first = text.lstrip("\r\n ").split("\n", 1)[0]
    bare = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=bare.count)
