"""The read model's columns: a county as arrays in memory.

Pure data with no rules in it. A day is an int32, days since 1970-01-01 in the programme's calendar.
Arrays of one table have one length and are never changed in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from datetime import date

    import numpy.typing as npt

Ints: TypeAlias = "npt.NDArray[np.integer[Any]]"
Floats: TypeAlias = "npt.NDArray[np.float64]"
Bools: TypeAlias = "npt.NDArray[np.bool_]"
Objects: TypeAlias = "npt.NDArray[np.object_]"

NO_DAY = np.int32(-(2**31))
"""Stands for "no such day" where the day would lie in the past (never visited)."""
FAR_DAY = np.int32(2**31 - 1)
"""Stands for "no such day" where the day would lie in the future (not unlisted, not closed)."""

EPOCH = np.datetime64("1970-01-01", "D")


def objects(values: Any) -> Objects:
    """A sequence as a one-dimensional object array, whatever its elements are."""
    found: Objects = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def day_number(day: date) -> int:
    """Days from 1970-01-01 to `day`."""
    return int((np.datetime64(day, "D") - EPOCH).astype(np.int64))


def date_of(number: int) -> date | None:
    """The day of a day number; None for NO_DAY and FAR_DAY."""
    if number in (NO_DAY, FAR_DAY):
        return None
    found: date = (EPOCH + np.timedelta64(int(number), "D")).item()
    return found


def dates_of(numbers: Ints) -> Objects:
    """Day numbers as an object array of datetime.date, None for NO_DAY and FAR_DAY."""
    numbers = np.asarray(numbers)
    none = (numbers == NO_DAY) | (numbers == FAR_DAY)
    # Few days are named by many rows: one date object for each, not one for each row.
    days, which = np.unique(np.where(none, 0, numbers), return_inverse=True)
    found: Objects = days.astype("datetime64[D]").astype(object)[which]
    found[none] = None
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """The tree of areas, parents before children, then by code.

    level: index into model.LEVELS. parent: index into this table, -1 at a root.
    """

    code: Objects
    name: Objects
    level: Ints
    parent: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All grids in force at one revision, by code (ascending: the lowest code wins an edge).

    area: index into Areas, -1 where the grid lies in no known area. every: own interval in days,
    0 where it has none. geometry: shapely (Multi)Polygons, EPSG:4326.
    valid_from: first day in force, None for "from the beginning"; valid_to: first day no longer
    in force, None for the last revision.
    """

    revision: int
    valid_from: date | None
    valid_to: date | None
    code: Objects
    name: Objects
    member: Objects
    area: Ints
    every: Ints
    geometry: Objects


@dataclass(frozen=True, slots=True, eq=False)
class Households:
    """All households, in Morton order of their position, the unlocated ones last.

    lon, lat: EPSG:4326, NaN where unlocated. key: Morton key (frames.morton), 0 where unlocated.
    every: own interval, 0 where it has none. unlisted: first day no longer listed, FAR_DAY if none.
    named: index into `codes`, the grid or area that an unlocated household names; -1 where none.
    """

    id: Objects
    lon: Floats
    lat: Floats
    key: npt.NDArray[np.uint64]
    every: Ints
    listed: Ints
    unlisted: Ints
    named: Ints
    codes: Objects


@dataclass(frozen=True, slots=True, eq=False)
class DayBits:
    """Which households have an event on which days: one bit a day.

    words[k][h]: bit b set = an event at household h on day starts[k] + b (uint32, so that one
    word turns into float64 exactly). starts: ascending multiples of 32, only of words that hold
    an event: one date of 1950 among this year's costs one word a household, not nine hundred.
    size: how many households; the row order is that of Households.
    """

    size: int
    starts: tuple[int, ...]
    words: tuple[npt.NDArray[np.uint32], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """Days of visits by kind. Attempts carry the reason of a gap."""

    met: DayBits
    phone: DayBits
    no_one_home: DayBits
    refused: DayBits


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """All cases by id.

    household: index into Households, -1 where empty. lon, lat: the case's own point, else its
    household's, else NaN. own_point: whether the point is its own. due: FAR_DAY where none.
    category: index into `categories`. since, until: the days from which and up to which (that day
    not included) the row tells how the case stood; NO_DAY and FAR_DAY for one that never changed.
    A case that was changed has a row for each time: on any day at most one of them holds.
    """

    id: Objects
    household: Ints
    lon: Floats
    lat: Floats
    own_point: Bools
    opened: Ints
    due: Ints
    closed: Ints
    category: Ints
    categories: Objects
    since: Ints
    until: Ints
