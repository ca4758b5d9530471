"""Names of at most ten ASCII letters for the columns of shapefiles.

GDAL cuts longer names by itself (`household_`, `househol_1`), in the middle of a character where
they are Chinese, and such a file cannot be read back. So the names are made here, once.
"""

from __future__ import annotations

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


def short_name(name: str) -> str:
    """The shapefile's name of a column; what the table lacks is cut, and so must be ASCII."""
    short = SHORT_NAMES.get(name, name)
    if not short.isascii():
        raise ValueError(f"no short name for {name}")
    return short[:MOST]
