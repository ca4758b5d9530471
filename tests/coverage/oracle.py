"""The rules once more, written plainly with datetime and one household at a time.

Shares no code with gisgrid and is as slow as it looks: what the product works out is compared
with it. Words are those of docs/measures.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache


@dataclass(frozen=True)
class Home:
    id: str
    listed_on: date
    unlisted_on: date | None = None
    every: int | None = None
    point: tuple[float, float] | None = None
    names: str = ""


@dataclass(frozen=True)
class Visit:
    home: str
    day: date
    outcome: str


@dataclass(frozen=True)
class Case:
    id: str
    opened_on: date
    due_on: date | None = None
    closed_on: date | None = None
    home: str = ""
    point: tuple[float, float] | None = None


@dataclass(frozen=True)
class Square:
    """A grid that is a closed rectangle."""

    code: str
    west: float
    south: float
    east: float
    north: float
    area: str = ""
    every: int | None = None


@dataclass(frozen=True)
class Rules:
    every: int = 7
    soon: int = 2
    phone: bool = False


def listed(home: Home, day: date) -> bool:
    return home.listed_on <= day and (home.unlisted_on is None or home.unlisted_on > day)


def last_visit(home: Home, visits: list[Visit], day: date, rules: Rules) -> date | None:
    counts = ["met", "phone"] if rules.phone else ["met"]
    days = [v.day for v in visits if v.home == home.id and v.outcome in counts and v.day <= day]
    return max(days, default=None)


def grid_of(point: tuple[float, float] | None, squares: list[Square]) -> Square | None:
    if point is None:
        return None
    x, y = point
    holding = [s for s in squares if s.west <= x <= s.east and s.south <= y <= s.north]
    return min(holding, key=lambda s: s.code, default=None)


def grid_of_home(home: Home, squares: list[Square]) -> Square | None:
    if home.point is not None:
        return grid_of(home.point, squares)
    return next((s for s in squares if s.code == home.names), None)


def due_on(home: Home, last: date | None, grid: Square | None, rules: Rules) -> date:
    every = home.every or (grid.every if grid else None) or rules.every
    return (last or home.listed_on) + timedelta(days=every)


def status(home: Home, visits: list[Visit], grid: Square | None, day: date, rules: Rules) -> str:
    if not listed(home, day):
        return "unlisted"
    last = last_visit(home, visits, day, rules)
    due = due_on(home, last, grid, rules)
    if day > due:
        return "never" if last is None else "overdue"
    if day >= due - timedelta(days=rules.soon - 1):
        return "due_soon"
    return "on_time"


def days_waiting(home: Home, visits: list[Visit], day: date, rules: Rules) -> int:
    last = last_visit(home, visits, day, rules)
    return (day - (last or home.listed_on)).days


def reason(home: Home, visits: list[Visit], day: date, rules: Rules) -> str:
    """The last attempt after the last visit; of two on one day the refusal."""
    last = last_visit(home, visits, day, rules)
    attempts = [
        (v.day, v.outcome == "refused", v.outcome)
        for v in visits
        if v.home == home.id
        and v.outcome in ("no_one_home", "refused")
        and v.day <= day
        and (last is None or v.day > last)
    ]
    return max(attempts)[2] if attempts else ""


def case_status(case: Case, day: date) -> str:
    if case.opened_on > day:
        return "absent"
    if case.closed_on is not None and case.closed_on <= day:
        return "closed"
    if case.due_on is not None and case.due_on < day:
        return "overdue"
    return "open"


def case_in_window(when: date | None, case: Case, day: date) -> bool:
    """Whether the event lies within the 30 days up to `day`, that day and 29 before."""
    if when is None or case.opened_on > day:
        return False
    return day - timedelta(days=30) < when <= day


def case_grid(case: Case, homes: dict[str, Home], squares: list[Square]) -> Square | None:
    if case.point is not None:
        return grid_of(case.point, squares)
    return grid_of_home(homes[case.home], squares) if case.home else None


# Calendar: the offsets of five zones by their laws, for the years 2009 to 2036 --------------------

ZONES = (
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
)


@cache
def sunday(year: int, month: int, number: int) -> datetime:
    """00:00 UTC of the first (1), second (2) … or last (-1) Sunday of a month."""
    days = [date(year, month, 1) + timedelta(days=i) for i in range(31)]
    sundays = [d for d in days if d.month == month and d.isoweekday() == 7]
    found = sundays[number - 1] if number > 0 else sundays[number]
    return datetime(found.year, found.month, found.day, tzinfo=UTC)


def offset(moment: datetime, zone: str) -> timedelta:
    year, hours = moment.year, lambda h: timedelta(hours=h)
    if zone == "Asia/Shanghai":
        return hours(8)
    if zone == "Asia/Kathmandu":
        return timedelta(hours=5, minutes=45)
    if zone == "America/New_York":  # 2:00 local time, both ways
        summer = sunday(year, 3, 2) + hours(7) <= moment < sunday(year, 11, 1) + hours(6)
        return hours(-4) if summer else hours(-5)
    if zone == "Europe/London":  # 1:00 UTC, both ways
        summer = sunday(year, 3, -1) + hours(1) <= moment < sunday(year, 10, -1) + hours(1)
        return hours(1) if summer else hours(0)
    if zone == "Australia/Lord_Howe":  # half an hour, at 2:00 local time, both ways
        winter = sunday(year, 4, 1) - hours(9) <= moment < sunday(year, 10, 1) - hours(8.5)
        return hours(10.5) if winter else hours(11)
    raise ValueError(zone)


def local_day(moment: datetime, zone: str) -> date:
    return (moment + offset(moment, zone)).date()
