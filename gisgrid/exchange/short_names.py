"""Names of at most ten bytes for the columns of shapefiles.

GDAL cuts longer names by itself (`household_`, `househol_1`), in the middle of a character where
they are Chinese, and such a file cannot be read back. So the names are made here, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORT_NAMES: dict[str, str] = {
    "parent_code": "parent",
    "visit_every_days": "everydays",
    "unlisted_on": "unlisted",
    "household_id": "househ_id",
    "visited_at": "visitedat",
    "visited_on": "visitedon",
    "last_visit": "lastvisit",
    "days_waiting": "dayswait",
    "overdue_cases": "overduecas",
}
"""Full name -> short name, where the full one has more than ten letters or to read it better."""

MOST = 10
"""Bytes of a name in the table of a shapefile."""


def short_names(names: Iterable[str], encoding: str = "utf-8") -> dict[str, str]:
    """Full name -> a name of at most ten bytes in `encoding`, cut between characters, no two alike.

    Case does not tell two names apart, as most programs do not. What is neither letter nor digit
    becomes `_`.

    >>> short_names(["household_id", "网格员姓名", "网格员电话"])
    {'household_id': 'househ_id', '网格员姓名': '网格员', '网格员电话': '网格员_1'}
    """
    made: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = "".join(c if c.isalnum() or c == "_" else "_" for c in SHORT_NAMES.get(name, name))
        # Surrogates are no characters of any encoding.
        plain = plain.encode("utf-8", "ignore").decode() or "_"
        short, number = _within(plain, MOST, encoding), 0
        while short.casefold() in taken:
            number += 1
            tail = f"_{number}"
            short = _within(plain, MOST - len(tail), encoding) + tail
        taken.add(short.casefold())
        made[name] = short
    return made


def _within(text: str, most: int, encoding: str) -> str:
    return cut_text(text, most, encoding)[0]


def cut_text(text: str, most: int, encoding: str) -> tuple[str, bytes]:
    """The longest beginning of `text` that `encoding` writes in `most` bytes, and those bytes."""
    data = text.encode(encoding)
    if len(data) <= most:
        return text, data
    kept = data[:most].decode(encoding, "ignore")
    # A cut GB18030 character of four bytes can look like one of two and a digit.
    while not text.startswith(kept):
        kept = kept[:-1]
    return kept, kept.encode(encoding)
