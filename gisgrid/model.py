"""The words of gisgrid: levels, outcomes, roles' subjects, layers and their columns, the programme.

Definitions are those of docs/glossary.md. Everything here is a table; nothing here computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

LEVELS: tuple[str, ...] = ("county", "township", "village")
"""Area levels from the top; a grid lies below the last."""

BY: tuple[str, ...] = ("grid", "village", "township", "county")
"""What a figure can be summed by."""

UNASSIGNED = "(unassigned)"
"""Name of the last row of every table: what lies in no grid. Its code is empty."""

STEPS = frozenset({".", ".."})
"""What no code and no id is: in an address these are steps, however they are written."""

WGS84 = "EPSG:4326"

DATUMS: tuple[str, ...] = ("wgs84", "gcj02", "bd09")
"""What degrees of a file can be: true, or shifted as Chinese web maps shift them."""


class Outcome(StrEnum):
    """What came of a visit. Only `met` is a visit; `phone` where the programme says so."""

    MET = "met"
    NO_ONE_HOME = "no_one_home"
    REFUSED = "refused"
    PHONE = "phone"


TAKEN_BACK = "taken_back"
"""Said instead of an outcome: the visit that this one corrects never took place. Kept as a flag."""


class Status(IntEnum):
    """Where a household stands on a day; the numbers go into tiles and never change."""

    UNLISTED = 0
    ON_TIME = 1
    DUE_SOON = 2
    OVERDUE = 3
    NEVER = 4


STATUS_WORDS: dict[Status, str] = {
    Status.UNLISTED: "unlisted",
    Status.ON_TIME: "on_time",
    Status.DUE_SOON: "due_soon",
    Status.OVERDUE: "overdue",
    Status.NEVER: "never",
}


class CaseStatus(IntEnum):
    """Where a case stands on a day; the numbers go into tiles and never change."""

    ABSENT = 0  # not opened yet
    CLOSED = 1
    OPEN = 2
    OVERDUE = 3


@dataclass(frozen=True, slots=True)
class Programme:
    """The rules of the visiting programme; kept in the store, so that all figures share them.

    visit_every_days: the interval where neither household nor grid has its own.
    soon_days: from how many days before the due day (that day included) a visit is due soon.
    phone_counts: whether a phone call counts as a visit.
    zone: IANA name of the calendar in which a day is a day.
    demo: whether the people in the store are invented (said wherever it is shown).
    """

    name: str = ""
    visit_every_days: int = 7
    soon_days: int = 2
    phone_counts: bool = False
    zone: str = "Asia/Shanghai"
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layer as people know it.

    kind: text | int | date | datetime | outcome | level.
    personal: names or notes, shown only to those who serve the area.
    """

    name: str
    kind: str
    required: bool = False
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as people import, export and see it. geometry: none | point | polygon."""

    name: str
    columns: tuple[Column, ...]
    geometry: str
    key: str


LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(
            "areas",
            (
                Column("code", "text", required=True),
                Column("name", "text", required=True),
                Column("level", "level", required=True),
                Column("parent_code", "text"),
            ),
            "none",
            "code",
        ),
        Layer(
            "grids",
            (
                Column("code", "text", required=True),
                Column("name", "text"),
                Column("area_code", "text"),
                Column("member", "text", personal=True),
                Column("visit_every_days", "int"),
            ),
            "polygon",
            "code",
        ),
        Layer(
            "households",
            (
                Column("id", "text", required=True),
                Column("name", "text", personal=True),
                Column("address", "text", personal=True),
                Column("visit_every_days", "int"),
                Column("listed_on", "date"),
                Column("unlisted_on", "date"),
                Column("grid_code", "text"),
            ),
            "point",
            "id",
        ),
        Layer(
            "visits",
            (
                Column("id", "text"),
                Column("household_id", "text", required=True),
                Column("visited_at", "datetime", required=True),
                Column("outcome", "outcome", required=True),
                Column("member", "text", personal=True),
                Column("note", "text", personal=True),
                Column("client_id", "text"),
            ),
            "none",
            "id",
        ),
        Layer(
            "cases",
            (
                Column("id", "text", required=True),
                Column("household_id", "text"),
                Column("category", "text"),
                Column("title", "text", personal=True),
                Column("opened_on", "date", required=True),
                Column("due_on", "date"),
                Column("closed_on", "date"),
                Column("status", "text", personal=True),
                Column("note", "text", personal=True),
            ),
            "point",
            "id",
        ),
    )
}

COVERAGE_COLUMNS: tuple[str, ...] = (
    "code",
    "name",
    "households",
    "on_time",
    "due_soon",
    "overdue",
    "never",
    "gap",
    "coverage",
    "unlocated",
)
CASE_COLUMNS: tuple[str, ...] = ("code", "name", "open", "overdue", "opened", "closed")
GAP_COLUMNS: tuple[str, ...] = (
    *("household", "grid", "status", "last_visit", "due_on", "days_waiting", "reason"),
    *("lon", "lat"),
)
CASE_WINDOW_DAYS = 30
"""`opened` and `closed` count the days D-29 … D."""

EARLIEST = "1900-01-01"
"""First day that a date may name; anything before is a slip of the pen."""
