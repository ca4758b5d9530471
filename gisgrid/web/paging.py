"""Lists in pages: never more than a hundred rows of people at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = 100
"""Rows of a page."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. number: from 1; one after the last is empty. total: of all pages."""

    rows: Sequence[Any]
    number: int
    pages: int
    total: int


def cut(rows: Sequence[Any], number: int) -> Page:
    """The page of that number.

    >>> cut(range(250), 3).rows, cut(range(250), 3).pages, cut([], 1).pages
    (range(200, 250), 3, 1)
    """
    start = (number - 1) * ROWS
    return Page(rows[start : start + ROWS], number, pages(len(rows)), len(rows))


def pages(total: int) -> int:
    """How many pages so many rows make; an empty list has one."""
    return max(1, -(-total // ROWS))
