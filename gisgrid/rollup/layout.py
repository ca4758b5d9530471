"""How a folder of counties is laid out, and what a manifest says.

    DIR/county=620422/manifest.json
                      areas-<hash>.parquet
                      grids-<hash>.parquet              GeoParquet
                      households-<hash>.parquet
                      week=2026-W47/visits-<hash>.parquet

Files are named by their content and never changed; the manifest, replaced in one step, says which
of them are the county. So a reader sees one publication or the next, never half of each.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from gisgrid.columns import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gisgrid.columns import Bools, Ints, Objects

FORMAT = 2
"""Raised whenever the meaning of a column or of the manifest changes; a reader takes its own only.

2: the manifest says which weeks have a visit.
"""

PREFIX = "county="
"""Begins the name of a county's folder; its code follows, as folder_of writes it."""

MANIFEST = "manifest.json"
KEY = "gisgrid_format"
"""Key in the metadata of each Parquet file that says FORMAT."""

LONGEST_DAYS = 36_500
"""No household is visited once in a hundred years."""
MOST_BYTES = 1 << 31
"""Of a file; a week of a million households has ten million."""

_FILE = re.compile(
    r"(?:areas|grids|households|week=\d{4}-W\d\d/visits)-[0-9a-f]{16}\.parquet", re.ASCII
)
_WEEK = re.compile(r"\d{4}-W\d\d", re.ASCII)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|=%]")
"""What no name of a folder may hold, on some system or server; and = itself."""

MET, PHONE = 0, 1
"""Values of the column `kind` of visits."""


def folder_of(county: str) -> str:
    """The name of a county's folder. Codes are any text: one with slashes leads nowhere else.

    >>> folder_of("620422"), folder_of("relation/1028021")
    ('county=620422', 'county=relation=2F1028021')
    """
    return PREFIX + _UNSAFE.sub(lambda found: f"={ord(found[0]):02X}", county)


def code_of(folder: str) -> str:
    """The code for which a folder is named.

    >>> code_of("county=relation=2F1028021")
    'relation/1028021'
    """
    code = folder.removeprefix(PREFIX)
    return re.sub("=([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), code)


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Where every household lies while one plan is in force.

    from_day, until_day: the days from … up to but not including (day numbers). township, county:
    codes, "" for none. grid: code, "" for none. every: the interval in days that holds there.
    """

    from_day: int
    until_day: int
    county: Objects
    township: Objects
    grid: Objects
    every: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """A county as columns; day numbers as in gisgrid.columns, households by row number.

    areas: code, name, level, parent_code (lists). grids: code, name, area_code, wkb (EPSG:4326).
    first_met, first_phone: day of the first visit of that kind, FAR_DAY where none.
    visit_…: one row for each day with a visit of that kind (MET, PHONE).
    """

    areas: dict[str, list[str]]
    grids: dict[str, list[Any]]
    listed: Ints
    unlisted: Ints
    unlocated: Bools
    first_met: Ints
    first_phone: Ints
    spans: list[Span]
    visit_household: Ints
    visit_day: Ints
    visit_kind: Ints


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one publication of a county consists of.

    through: the last day for which it is complete. longest: the longest visit interval in days.
    files: name below the county's folder -> rows and bytes. weeks: those in which anybody was
    visited, said apart from their files: a week that has none of either is one without a visit.
    """

    county: str
    name: str
    through: str
    published_at: str
    soon_days: int
    phone_counts: bool
    longest: int
    format: int = FORMAT
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    weeks: list[str] = field(default_factory=list)

    def to_json(self) -> bytes:
        """As it lies in the county's folder."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def of(cls, text: bytes) -> Manifest:
        """The manifest that was read. Raises ValueError when it is none of this format.

        It may come over a line: no file but a county's is named, and no number is beyond sense.
        """
        try:
            given = json.loads(text)
            made = cls(**given)
            _check(made)
            given["weeks"]  # to be left out is not to say that nobody was ever visited
        except (TypeError, AttributeError, LookupError, RecursionError) as err:
            raise ValueError("manifest") from err
        return made

    def write(self, folder: Path) -> None:
        """Put it in place, in one step."""
        draft = folder / f".{MANIFEST}.draft"
        draft.write_bytes(self.to_json())
        draft.replace(folder / MANIFEST)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of a county's folder; raises as `of`, and FileNotFoundError."""
        return cls.of((folder / MANIFEST).read_bytes())

    def missing_weeks(self) -> list[str]:
        """The weeks with a visit for which no file is named: somebody took it out."""
        return sorted({*self.weeks} - _weeks_of(self.files))

    def needed(self, day: int) -> list[str]:
        """The files that it takes to count as of a day number."""
        weeks = weeks_between(day - self.longest - 1, day)
        return [name for name in self.files if not name.startswith("week=") or _week(name) in weeks]


def _week(name: str) -> str:
    return name[5:].partition("/")[0]


def _weeks_of(files: Iterable[str]) -> set[str]:
    return {_week(name) for name in files if name.startswith("week=")}


def files_named(text: bytes) -> list[str]:
    """The files that a manifest of any version says are its county's; none where it is none."""
    try:
        return [name for name in json.loads(text)["files"] if _FILE.fullmatch(name)]
    except (ValueError, TypeError, LookupError, RecursionError):
        return []


def _check(found: Manifest) -> None:
    """Raise ValueError or what else comes of it for what no publication says."""
    date.fromisoformat(found.through)
    words = [found.county, found.name, found.through, found.published_at]
    counts = [found.soon_days, found.longest]
    for name, facts in found.files.items():
        counts += [facts["rows"], facts["bytes"]]
        if not _FILE.fullmatch(name):
            raise ValueError(name)
    once = {name.rpartition("-")[0] for name in found.files}
    if len(once) < len(found.files) or not {"areas", "grids", "households"} <= once:
        raise ValueError("files")
    if not all(_WEEK.fullmatch(week) for week in found.weeks) or _weeks_of(found.files) - {
        *found.weeks
    }:
        raise ValueError("weeks")
    if found.format != FORMAT or not isinstance(found.phone_counts, bool):
        raise ValueError("format")
    if not all(isinstance(word, str) for word in words):
        raise TypeError("words")
    if not all(type(count) is int and 0 <= count < MOST_BYTES for count in counts):
        raise ValueError("numbers")
    if found.longest > LONGEST_DAYS:
        raise ValueError("longest")


def week_of(day: int) -> str:
    """ISO week of a day number: "2026-W47"."""
    found: date = EPOCH.item() + timedelta(days=day)
    year, week, _ = found.isocalendar()
    return f"{year}-W{week:02}"


def weeks_between(first: int, last: int) -> set[str]:
    """The ISO weeks that hold a day from `first` to `last`."""
    return {week_of(day) for day in [*range(first, last, 7), last]}
