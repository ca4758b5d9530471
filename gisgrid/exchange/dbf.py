"""The table of a shapefile (dBASE III), written here: each kind of value by a stated rule.

GDAL's own writer cuts, rounds and drops without a word that a person sees. The rules:
- text: as wide as the longest, at most 254 bytes, cut between characters; empty text and no text
  are the same to every reader (marks that end a text are gone before: `outgoing.tidied`);
- whole number: all digits up to 15, which every program keeps; a longer one makes the column text;
- number: all its digits, so that it comes back the same; with an exponent where it needs more
  than 24 characters; no number and not finite are empty;
- day: as a day. Moments and truths are text and 0 or 1 before they come here (`outgoing`).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.exchange.losses import Loss, loss
from gisgrid.exchange.short_names import cut_text, short_names

if TYPE_CHECKING:
    from typing import BinaryIO

    from gisgrid.columns import Ints

MOST_TEXT_BYTES = 254
MOST_DIGITS = 15
_MOST_NUMBER = 24
_MOST_DECIMALS = 15
_LETTER = {"text": b"C", "int": b"N", "float": b"N", "date": b"D"}
_BLOCK = 65_536
"""Rows put together at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One column as it stands in the file. cells: bytes, all `width` wide, blanks where empty."""

    name: bytes
    kind: str
    width: int
    decimals: int
    cells: Any


@dataclass(slots=True)
class Fields:
    """A table ready to be written.

    short: full name -> short name. losses: what the rules changed. whole: (row index, column, text)
    of each text that is cut.
    """

    short: dict[str, str]
    fields: list[Field] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    whole: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Bytes of a record."""
        return 1 + sum(each.width for each in self.fields)


def prepare(columns: dict[str, tuple[str, list[Any]]], encoding: str) -> Fields:
    """Columns (name -> kind text | int | float | date, and cells) by the rules, in `encoding`."""
    made = Fields(short_names(columns, encoding))
    for name, (kind, cells) in columns.items():
        if made.short[name] != name:
            made.losses.append(loss("name_short", name, short=made.short[name]))
        if kind == "int" and any(v is not None and abs(v) >= 10**MOST_DIGITS for v in cells):
            made.losses.append(loss("number_text", name))
            kind, cells = "text", [None if v is None else str(v) for v in cells]  # noqa: PLW2901
        encoded, decimals = _ENCODERS[kind](made, name, cells, encoding)
        width = 8 if kind == "date" else max(1, encoded.dtype.itemsize)
        heading = made.short[name].encode(encoding)
        made.fields.append(Field(heading, kind, width, decimals, encoded))
    if not made.fields:
        # Many programs refuse a table without any column.
        made.fields.append(Field(b"fid", "int", 1, 0, np.array([], dtype="S1")))
    return made


def _texts(made: Fields, name: str, cells: list[Any], encoding: str) -> tuple[Any, int]:
    """Text cells as bytes."""
    out: list[bytes] = []
    counts = dict.fromkeys(("text_edges", "text_empty"), 0)
    cut = 0
    for index, cell in enumerate(cells):
        if not cell:
            counts["text_empty"] += cell is not None
            out.append(b"")
            continue
        data = cell.encode(encoding)
        if len(data) <= MOST_TEXT_BYTES and data[-1] != 0x20:
            out.append(data)
            continue
        if len(data) > MOST_TEXT_BYTES:
            cut += 1
            made.whole.append((index, name, cell))
            data = cut_text(cell, MOST_TEXT_BYTES, encoding)[1]
        else:
            counts["text_edges"] += 1
        out.append(data)
    made.losses += [loss(rule, name, count) for rule, count in counts.items() if count]
    if cut:
        made.losses.append(loss("text_cut", name, cut, limit=MOST_TEXT_BYTES))
    return _blanked(np.array(out, dtype="S") if out else np.array([], dtype="S1")), 0


def _ints(made: Fields, name: str, cells: list[Any], encoding: str) -> tuple[Any, int]:
    """Whole numbers, right-aligned."""
    del encoding
    _count_empty(made, name, sum(v is None for v in cells))
    texts = np.array(["" if v is None else str(v) for v in cells], dtype=np.bytes_)
    return _to_the_right(texts), 0


def _floats(made: Fields, name: str, cells: list[Any], encoding: str) -> tuple[Any, int]:
    """Numbers with all their digits, all with the same decimals where that fits."""
    del encoding
    finite = [v if v is not None and math.isfinite(v) else None for v in cells]
    odd = sum(v is not None for v in cells) - sum(v is not None for v in finite)
    if odd:
        made.losses.append(loss("number_not_finite", name, odd))
    _count_empty(made, name, sum(v is None for v in cells))
    shortest = ["" if v is None else repr(float(v)) for v in finite]
    decimals = max((_decimals(text) for text in shortest), default=0)
    decimals = min(decimals, _MOST_DECIMALS)
    texts, exponents = [], 0
    for value, short in zip(finite, shortest, strict=True):
        text = "" if value is None else f"{value:.{decimals}f}"
        if value is not None and (len(text) > _MOST_NUMBER or float(text) != value):
            text, exponents = short.removesuffix(".0"), exponents + 1
        texts.append(text)
    if exponents:
        made.losses.append(loss("number_exponent", name, exponents))
    array = np.array(texts, dtype=np.bytes_)
    return _to_the_right(array), decimals


def _decimals(text: str) -> int:
    """Decimals that a number needs, as Python writes it."""
    number, _, exponent = text.partition("e")
    digits = len(number.partition(".")[2].rstrip("0")) - int(exponent or 0)
    return max(0, digits)


def _dates(made: Fields, name: str, cells: list[Any], encoding: str) -> tuple[Any, int]:
    """Days as YYYYMMDD."""
    del made, name, encoding
    seen: dict[Any, bytes] = {None: b""}
    out = []
    for day in cells:
        if day not in seen:
            seen[day] = f"{day.year:04}{day.month:02}{day.day:02}".encode()
        out.append(seen[day])
    return _blanked(np.array(out, dtype="S8")), 0


def _count_empty(made: Fields, name: str, count: int) -> None:
    if count:
        made.losses.append(loss("number_empty", name, count))


def _to_the_right(cells: Any) -> Any:
    """Cells all as wide as the widest, blanks before them."""
    if not len(cells):
        return np.array([], dtype="S1")  # numpy has no widest of none
    return _blanked(np.strings.rjust(cells, max(1, cells.dtype.itemsize)))


def _blanked(cells: Any) -> Any:
    """Blanks where numpy pads with zero bytes."""
    plain = np.ascontiguousarray(cells)
    view = plain.view(np.uint8)
    view[view == 0] = 0x20
    return plain


_ENCODERS = {"text": _texts, "int": _ints, "float": _floats, "date": _dates}


def write_table(made: Fields, rows: Ints | slice, count: int, sink: BinaryIO, mark: int) -> None:
    """Write the records `rows` (`count` of them). mark: the language driver, 0 for none."""
    heads = 33 + 32 * len(made.fields)
    sink.write(struct.pack("<B3BIHH16xBBxx", 3, 100, 1, 1, count, heads, made.width, 0, mark))
    for each in made.fields:
        letter = _LETTER[each.kind]
        head = struct.pack("<11sc4xBB14x", each.name, letter, each.width, each.decimals)
        sink.write(head)
    sink.write(b"\r")
    start = rows.start if isinstance(rows, slice) else 0
    for first in range(start, start + count, _BLOCK):
        part = slice(first, min(first + _BLOCK, start + count))
        size = part.stop - part.start
        block = np.full((size, made.width), 0x20, np.uint8)
        place = 1
        for each in made.fields:
            cells = each.cells[part]
            if len(cells):
                wide = cells.dtype.itemsize
                block[:, place : place + wide] = cells.view(np.uint8).reshape(size, wide)
            place += each.width
        sink.write(block.tobytes())
    sink.write(b"\x1a")
