"""Dates and moments: one order of day, month and year for a whole column, never row by row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

from gisgrid.columns import objects
from gisgrid.errors import DateFormatAmbiguous, UnknownWord

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from gisgrid.columns import Objects
    from gisgrid.exchange.reasons import Faults

ORDERS = ("YMD", "DMY", "MDY")
SHOWN: dict[str, str] = {
    "YMD": "year-month-day",
    "DMY": "day/month/year",
    "MDY": "month/day/year",
}
"""How an order is called in sentences."""

NOON = time(12)
"""A visit known by its day alone is stored at noon, which stays that day in any near zone."""

_SEPARATOR = r"\s*[-/.]\s*"
_YEAR_FIRST = (
    rf"(?P<y>\d{{4}})(?:{_SEPARATOR}(?P<m>\d{{1,2}}){_SEPARATOR}(?P<d>\d{{1,2}})"
    r"|\s*年\s*(?P<m2>\d{1,2})\s*月\s*(?P<d2>\d{1,2})\s*[日号]|(?P<m3>\d\d)(?P<d3>\d\d))"
)
_YEAR_LAST = rf"(?P<a>\d{{1,2}}){_SEPARATOR}(?P<b>\d{{1,2}}){_SEPARATOR}(?P<z>\d{{4}})"
_TIME = (
    r"(?:(?:\s*[T,]?\s*)(?P<half1>上午|下午)?\s*(?P<H>\d{1,2})[:时点](?P<M>\d{2})分?"
    r"(?:[:]?(?P<S>\d{2})(?:[.,](?P<F>\d{1,9}))?秒?)?"
    r"\s*(?P<half2>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_FIRST = re.compile(_YEAR_FIRST + _TIME)
_LAST = re.compile(_YEAR_LAST + _TIME)

_EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_DAYS = (1.0, 80_000.0)  # 1899-12-31 … 2119


@dataclass(frozen=True, slots=True)
class _Parts:
    """A value taken apart: numbers in the order in which they stand, and the time of day."""

    numbers: tuple[int, int, int]
    year_first: bool
    clock: time | None


def read_dates(
    cells: Objects, column: str, *, said: str | None, numbers_are_days: bool, faults: Faults
) -> tuple[Objects, str | None]:
    """Cells as date (a day alone), datetime (naive: local time; aware: as it says) or None.

    said: an order (YMD, DMY, MDY) or a strptime pattern; None: decided from all values at once.
    numbers_are_days: whether a bare number is a spreadsheet's serial day. Cells that already are
    dates are taken as they are. Also gives the order or pattern used, None where none was needed.
    Raises DateFormatAmbiguous where two orders fit all values and give different days, UnknownWord
    for a `said` that is neither. Values that do not fit the decision are refused.
    """
    pattern = said if said and "%" in said else None
    if said and not pattern and said.upper() not in ORDERS:
        known = ", ".join((*ORDERS, "a pattern such as %d/%m/%Y"))
        raise UnknownWord(value=said, kind="date format", known=known)
    made: list[Any] = [None] * len(cells)
    texts: dict[int, str] = {}
    for index, cell in enumerate(cells):
        if isinstance(cell, (date, datetime)):
            made[index] = _plain_day(cell)
        elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
            number = _from_number(float(cell)) if numbers_are_days else None
            made[index] = number
            if number is None:
                texts[index] = str(int(cell)) if float(cell).is_integer() else str(cell)
        elif cell is not None:
            texts[index] = str(cell).strip()
    if pattern:
        _by_pattern(texts, pattern, made)
        used: str | None = pattern
    else:
        used = _by_order(texts, column, said.upper() if said else None, made)
    for index, text in texts.items():
        if made[index] is None:
            shown = pattern or SHOWN.get(used or "YMD", "")
            faults.add(index, "bad_date", column=column, value=text[:80], format=shown)
    return objects(made), used


def _plain_day(value: date | datetime) -> date | datetime:
    """A spreadsheet's midnight is a day without a time."""
    if isinstance(value, datetime) and value.tzinfo is None and value.time() == time(0):
        return value.date()
    return value


def _from_number(number: float) -> date | datetime | None:
    """Excel's serial day with its fraction as time of day (1900 system), or 20261122."""
    if not _EXCEL_DAYS[0] <= number <= _EXCEL_DAYS[1]:
        return None
    day = _EXCEL_EPOCH + timedelta(days=int(number))
    seconds = round((number % 1) * 86400)
    return day if not seconds else datetime.combine(day, time(0)) + timedelta(seconds=seconds)


def _by_pattern(texts: dict[int, str], pattern: str, made: list[Any]) -> None:
    timed = any(mark in pattern for mark in ("%H", "%I", "%X", "%c", "%M", "%T"))
    for index, text in texts.items():
        try:
            found = datetime.strptime(text, pattern)  # noqa: DTZ007 - local time until it is placed
        except ValueError:
            continue
        made[index] = found if timed else found.date()


def _by_order(texts: dict[int, str], column: str, said: str | None, made: list[Any]) -> str | None:
    """Decide the order of a column (unless said) and read what fits it."""
    cache: dict[str, _Parts | None] = {}
    parts: dict[int, _Parts] = {}
    for index, text in texts.items():
        if text not in cache:
            cache[text] = _take_apart(text)
        found = cache[text]
        if found is not None:
            parts[index] = found
    order = said or _decide(parts, texts, column)
    if order is None:
        return None
    # A column has far fewer days than rows, and each of them was taken apart once.
    days = {id(each): _whole(each, order) for each in cache.values() if each is not None}
    for index, found in parts.items():
        made[index] = days[id(found)]
    return order


def _whole(found: _Parts, order: str) -> date | datetime | None:
    """The day or moment; None where the numbers stand in another order, or are none."""
    if found.year_first != (order == "YMD"):
        return None
    day = _day(found.numbers, order)
    return day if day is None or found.clock is None else datetime.combine(day, found.clock)


def _take_apart(text: str) -> _Parts | None:
    match = _FIRST.fullmatch(text)
    if match:
        month = match["m"] or match["m2"] or match["m3"]
        day = match["d"] or match["d2"] or match["d3"]
        numbers = (int(match["y"]), int(month), int(day))
    else:
        match = _LAST.fullmatch(text)
        if match is None:
            return None
        numbers = (int(match["a"]), int(match["b"]), int(match["z"]))
    try:
        return _Parts(numbers, match.re is _FIRST, _clock(match))
    except ValueError:
        return None


def _clock(match: re.Match[str]) -> time | None:
    """The time of day; ValueError for 25:00, 25:05 PM or 13:05 AM."""
    if match["H"] is None:
        return None
    hour = int(match["H"])
    half = {"上午": "a", "下午": "p"}.get(match["half1"] or "", (match["half2"] or "")[:1].lower())
    if half:
        if hour > 23 or (half == "a" and hour > 12):
            raise ValueError(hour)
        # 下午13:05 is written too; 13:05 PM is not, but means no other hour.
        hour = hour % 12 + 12 if half == "p" else hour % 12
    micro = int((match["F"] or "0")[:6].ljust(6, "0"))
    zone = match["zone"]
    offset = None
    if zone == "Z":
        offset = UTC
    elif zone:
        minutes = int(zone[1:3]) * 60 + int(zone[-2:])
        offset = timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))
    return time(hour, int(match["M"]), int(match["S"] or 0), micro, tzinfo=offset)


def _day(numbers: tuple[int, int, int], order: str) -> date | None:
    named = dict(zip(order, numbers, strict=True))
    try:
        return date(named["Y"], named["M"], named["D"])
    except ValueError:
        return None


def _decide(parts: dict[int, _Parts], texts: dict[int, str], column: str) -> str | None:
    """The one order that the values of a column allow."""
    first = sum(found.year_first for found in parts.values())
    last = len(parts) - first
    if not parts:
        return None
    if first > last:
        return "YMD"
    only = {"DMY": 0, "MDY": 0}
    differ: int | None = None
    for index, found in parts.items():
        if found.year_first:
            continue
        days = {order: _day(found.numbers, order) for order in only}
        for order, other in (("DMY", "MDY"), ("MDY", "DMY")):
            only[order] += days[order] is not None and days[other] is None
        if all(days.values()) and days["DMY"] != days["MDY"]:
            differ = index
    if (
        first == last
        or (only["DMY"] and only["MDY"])
        or (differ is not None and not any(only.values()))
    ):
        choices = ORDERS if first == last else ORDERS[1:]
        sample = texts[next(iter(parts)) if differ is None else differ]
        raise DateFormatAmbiguous(column=column, sample=sample, formats=", ".join(choices))
    return "DMY" if only["DMY"] else "MDY"


def as_days(values: Objects, zone: ZoneInfo) -> Objects:
    """Dates and moments as days of `zone`'s calendar; a moment without zone is local already."""
    return objects([_as_day(value, zone) for value in values])


def _as_day(value: Any, zone: ZoneInfo) -> date | None:
    if isinstance(value, datetime):
        try:
            return (value if value.tzinfo is None else value.astimezone(zone)).date()
        except OverflowError:  # in `zone` it lies before the year 1, or after 9999
            return value.date()
    return value if isinstance(value, date) else None


def as_moments(values: Objects, zone: ZoneInfo) -> Objects:
    """Dates and moments as moments in UTC; a day alone is noon of that day in `zone`.

    What lies beyond the calendar in UTC, as the first hours of the year 1 do in China (so some
    programs write “no date”), is the calendar's first or last moment, for its reader to refuse.
    """
    return objects([_as_moment(value, zone) for value in values])


_ENDS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def _as_moment(value: Any, zone: ZoneInfo) -> datetime | None:
    if not isinstance(value, date):
        return None
    moment = value if isinstance(value, datetime) else datetime.combine(value, NOON)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return _ENDS[moment.year > 1]
