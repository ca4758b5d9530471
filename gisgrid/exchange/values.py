"""Cells to values of our columns: texts, codes, whole numbers, fixed words."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.columns import objects
from gisgrid.exchange.fields import plain
from gisgrid.exchange.limits import MAX_TEXT
from gisgrid.exchange.words import KNOWN
from gisgrid.model import STEPS

if TYPE_CHECKING:
    from gisgrid.columns import Objects
    from gisgrid.exchange.reasons import Faults

CODES = frozenset(
    {"id", "code", "area_code", "parent_code", "grid_code", "household_id", "client_id"}
)
"""Columns whose digits are names, not numbers."""

_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_POINT_ZERO = re.compile(r"(\d+)\.0+")
_SUM = re.compile(r"[合总小共][ \u3000]*计|(?:(?:grand|sub)[ -]?)?total", re.IGNORECASE)
"""What stands below a list, where the codes stand."""
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
"""What no database takes: the end of a text in C, halves of characters."""
_EXACT = 2**53
"""Beyond it a spreadsheet's number no longer holds every digit."""


def texts(cells: Objects, column: str, faults: Faults) -> Objects:
    """Cells as text. Codes that a spreadsheet made into numbers are repaired where that is safe.

    6204220001.0 becomes 6204220001. Text such as 6.20422E+11 has lost its last digits and is
    refused, and so is a number too large for a spreadsheet to hold.
    """
    is_code = column in CODES
    if _unremarkable(cells, is_code=is_code):
        return objects([cell or None for cell in cells])
    made: list[str | None] = []
    for index, cell in enumerate(cells):
        text = None if cell is None else _text(cell)
        if text is not None:
            if is_code:
                whole = _POINT_ZERO.fullmatch(text)
                text = whole[1] if whole else text
                if _ROUNDED.fullmatch(text) or (_number(cell) and abs(cell) > _EXACT):
                    faults.add(index, "rounded_code", column=column, value=text)
                elif text in STEPS:
                    faults.add(index, "dots_code", column=column, value=text)
                elif _SUM.fullmatch(text):
                    faults.add(index, "sum_row", column=column, value=text)
            if _NO_TEXT.search(text):
                faults.add(index, "not_text", column=column)
            if len(text) > MAX_TEXT:
                faults.add(index, "too_long", column=column, limit=MAX_TEXT)
        made.append(text)
    return objects(made)


_DOTS = "|".join(map(re.escape, sorted(STEPS)))
_LOOK = re.compile(
    rf"^(?:{_ROUNDED.pattern}|{_POINT_ZERO.pattern}|{_DOTS}|{_SUM.pattern})$",
    re.MULTILINE | re.IGNORECASE,
)
"""A code, on a line of its own, that needs a closer look."""


def _unremarkable(cells: Objects, *, is_code: bool) -> bool:
    """Whether all are texts as they should be, told by one look at the whole column."""
    if not set(map(type, cells)) <= {str, type(None)}:
        return False
    every = [cell for cell in cells if cell is not None]
    whole = "\n".join(every)
    if max(map(len, every), default=0) > MAX_TEXT or _NO_TEXT.search(whole):
        return False
    return not (is_code and _LOOK.search(whole))


def _number(cell: Any) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def _text(cell: Any) -> str | None:
    """One cell as text; a float that is whole without its .0."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, float):
        if np.isnan(cell):
            return None
        return str(int(cell)) if cell.is_integer() and abs(cell) <= _EXACT else repr(cell)
    if isinstance(cell, (date, datetime)):
        return cell.isoformat()
    return str(cell)


def whole_numbers(cells: Objects, column: str, faults: Faults) -> Objects:
    """Cells as ints above 0, or None."""
    made: list[int | None] = []
    for index, cell in enumerate(cells):
        number: int | None = None
        if cell is not None:
            try:
                value = float(cell)
                number = int(value) if value.is_integer() and 0 < value <= 100_000 else None
            except (TypeError, ValueError):
                number = None
            if number is None:
                faults.add(index, "bad_number", column=column, value=str(cell)[:80])
        made.append(number)
    return objects(made)


def fixed_words(cells: Objects, column: str, kind: str, faults: Faults) -> Objects:
    """Cells as one of our words for `kind` (outcome, level), or None."""
    words, known = KNOWN[kind]
    made: list[str | None] = []
    meant: dict[str, str | None] = {}  # a column holds few words many times
    for index, cell in enumerate(cells):
        word = None
        if cell is not None:
            text = str(cell)
            if text not in meant:
                meant[text] = words.get(plain(text))
            word = meant[text]
        if word is None and cell is not None:
            value, listed = str(cell)[:80], ", ".join(known)
            faults.add(index, "unknown_word", column=column, value=value, known=listed)
        made.append(word)
    return objects(made)


def refuse_missing(values: Objects, column: str, faults: Faults) -> None:
    """Refuse rows that lack a required value."""
    for index, value in enumerate(values):
        if value is None:
            faults.add(index, "missing", column=column)


def refuse_duplicates(values: Objects, column: str, rows: Any, faults: Faults) -> None:
    """Refuse rows whose value stands in an earlier row already; empty ones may repeat."""
    first: dict[Any, int] = {}
    for index, value in enumerate(values):
        if value is None or index in faults:
            continue
        seen = first.setdefault(value, index)
        if seen != index:
            faults.add(index, "duplicate", column=column, value=value, first=int(rows[seen]))


def refuse_unaddressable(values: Objects, column: str, faults: Faults) -> None:
    """Refuse keys that cannot stand in the address of a page: control characters, mere dots."""
    for index, value in enumerate(values):
        if value is None:
            continue
        strange = not value.isprintable() or set(value) == {"."}
        if strange:
            shown = "".join(
                letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in value
            )
            faults.add(index, "bad_id", column=column, value=shown)
