"""One way to write a table as text: command line, API, page and export give the same digits."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd

FRACTION_DIGITS = 4
DEGREE_DIGITS = 7
"""1e-7 degrees is about a centimetre, the lattice on which gisgrid keeps positions."""
_DIGITS = {"coverage": FRACTION_DIGITS, "lon": DEGREE_DIGITS, "lat": DEGREE_DIGITS}

_FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")


def table_csv(
    df: pd.DataFrame, *, guard: bool = False, headings: Sequence[str] | None = None
) -> str:
    """`df` as CSV text: a heading line, fields quoted where needed, lines ended by a line feed.

    Numbers as in `cell_text`; guard: text that a spreadsheet would run as a formula gets a leading
    apostrophe (for files that people open; a reader of ours takes it off again). headings: instead
    of the names of the columns, which say how their values are written.

    >>> import pandas as pd
    >>> print(table_csv(pd.DataFrame({"code": ["a"], "coverage": [0.5]})), end="")
    code,coverage
    a,0.5000
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(df.columns if headings is None else headings)
    writer.writerows(text_rows(df, guard=guard))
    return buffer.getvalue()


def table_rows_csv(rows: Iterable[Iterable[str]]) -> str:
    """Rows of text as CSV; what a spreadsheet would run gets a leading apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def text_rows(df: pd.DataFrame, *, guard: bool = False) -> Iterator[list[str]]:
    """The rows of `df` as text, cell by cell as in `cell_text`."""
    columns = [
        [cell_text(name, value, guard=guard) for value in df[name].tolist()] for name in df.columns
    ]
    return map(list, zip(*columns, strict=True))


def cell_text(name: str, value: Any, *, guard: bool = False) -> str:
    """One value as text; `name` is its column.

    A coverage is a fraction with four decimals, degrees have seven, a day is 2026-11-22, a moment
    2026-11-22T01:30:00Z, nothing is nothing.
    """
    if is_nothing(value):
        return ""
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        if name in _DIGITS:
            return f"{value:.{_DIGITS[name]}f}"
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return guarded(value) if guard and isinstance(value, str) else str(value)


def is_nothing(value: Any) -> bool:
    """Whether a cell is empty: None, NaN, NaT or NA."""
    if value is None:
        return True
    if isinstance(value, (float, np.floating)):
        return bool(np.isnan(value))
    return type(value).__name__ in {"NaTType", "NAType"}


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA_STARTS) else text


def unguarded(text: str) -> str:
    """The text that `guarded` was given."""
    return text[1:] if text.startswith("'") and guarded(text[1:]) != text[1:] else text


def names(values: Iterable[str]) -> str:
    """A list of words within a sentence."""
    return ", ".join(values)
