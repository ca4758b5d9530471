"""Dates as people write them in a question: one reading for web and command line."""

from __future__ import annotations

import re
from datetime import date

from gisgrid.errors import BadDate
from gisgrid.model import EARLIEST

LATEST = "2199-12-31"
"""Last day that can be asked for: far enough for any plan, near enough for every sum of days."""

_SHAPE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_day(text: str) -> date:
    """The day that `text` names, year-month-day only. Raises BadDate for anything else.

    >>> parse_day("2026-11-22")
    datetime.date(2026, 11, 22)
    """
    if not _SHAPE.fullmatch(text) or not EARLIEST <= text <= LATEST:
        raise BadDate(value=text)
    try:
        return date.fromisoformat(text)
    except ValueError as err:
        raise BadDate(value=text) from err
