"""Results on standard output: an aligned table for people, CSV or JSON for programs."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from gisgrid.cli.context import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandas import DataFrame

GAP = "  "


def width(text: str) -> int:
    """Columns that `text` takes on a terminal: two for a Chinese character, none for an accent.

    >>> width("会宁"), width("ab")
    (4, 2)
    """
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """`text` filled with blanks to `columns`, at the left edge or the right."""
    blanks = " " * max(0, columns - width(text))
    return blanks + text if right else text + blanks


def aligned(headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: set[int]) -> str:
    """A table in columns; the columns in `numbers` at the right edge."""
    lines = [list(headings), *(list(row) for row in rows)]
    widths = [max(width(line[i]) for line in lines) for i in range(len(headings))]
    return "\n".join(
        GAP.join(
            padded(cell, widths[i], right=i in numbers) for i, cell in enumerate(line)
        ).rstrip()
        for line in lines
    )


def show(frame: DataFrame, form: str) -> None:
    """Print `frame` as `table`, `csv` or `json`."""
    from gisgrid.exchange.tables import table_csv, text_rows

    if form == "csv":
        click.echo(table_csv(frame), nl=False)
    elif form == "json":
        plain = frame.astype(object).where(frame.notna(), None)
        click.echo(as_json(plain.to_dict("records")))
    else:
        rows = [[printable(cell).replace("\n", " ") for cell in row] for row in text_rows(frame)]
        numbers = {i for i, kind in enumerate(frame.dtypes) if kind.kind in "iuf"}
        click.echo(aligned([str(name) for name in frame.columns], rows, numbers))


def as_json(value: Any) -> str:
    """JSON for people and programs: Chinese as it is, dates as ISO."""

    def plain(other: Any) -> Any:
        return other.isoformat() if isinstance(other, date) else other.item()

    return json.dumps(value, ensure_ascii=False, indent=1, default=plain, allow_nan=False)
