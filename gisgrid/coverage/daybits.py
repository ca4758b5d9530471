"""Days of events as bits: built, added to, and asked for the last one up to a day.

A weekly visit to a million households fills four bits of a hundred and twenty-eight; as of a past
day the last one is a shift and a look at a float's exponent, without a search or a sort.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gisgrid.columns import NO_DAY, DayBits, Visits

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gisgrid.columns import Ints

WORD = 32
_AT_ONCE = 1_000_000
"""Events that are sorted in one piece: twelve million at once would take half a gigabyte."""


def empty(size: int) -> DayBits:
    """No event at any of `size` households."""
    return DayBits(size, (), ())


def add(bits: DayBits, household: Ints, day: Ints) -> DayBits:
    """`bits` with one more event for each (household, day); the same event twice counts once.

    household: indices below bits.size. day: day numbers, in any order.
    Returns a new value; words that gained nothing are shared with `bits`, which stays as it was.
    """
    words = dict(zip(bits.starts, bits.words, strict=True))
    made: set[int] = set()
    for first in range(0, len(household), _AT_ONCE):
        for start, at, bit in _by_word(household[first:][:_AT_ONCE], day[first:][:_AT_ONCE]):
            if start not in made:
                old = words.get(start)
                words[start] = np.zeros(bits.size, np.uint32) if old is None else old.copy()
                made.add(start)
            np.bitwise_or.at(words[start], at, bit)
    starts = tuple(sorted(words))
    return DayBits(bits.size, starts, tuple(words[start] for start in starts))


def _by_word(household: Ints, day: Ints) -> Iterator[tuple[int, Ints, npt.NDArray[np.uint32]]]:
    """Events by the word that they fall into: its first day, households, bits."""
    day = np.asarray(day, dtype=np.int64)
    number = day // WORD
    # 16 bits sort by radix; they hold 5,700 years.
    order = np.argsort((number - number.min()).astype(np.uint16), kind="stable")
    numbers, begins = np.unique(number[order], return_index=True)
    at = np.asarray(household)[order]
    bit = np.uint32(1) << (day[order] % WORD).astype(np.uint32)
    ends = np.append(begins[1:], len(order))
    for n, begin, end in zip(numbers, begins, ends, strict=True):
        yield int(n) * WORD, at[begin:end], bit[begin:end]


def remove(bits: DayBits, household: Ints, day: Ints) -> DayBits:
    """`bits` without the events of (household, day); as `add`, a new value."""
    words = dict(zip(bits.starts, bits.words, strict=True))
    copied: set[int] = set()
    for row, number in zip(np.asarray(household).tolist(), np.asarray(day).tolist(), strict=True):
        start = number // WORD * WORD
        if start not in words:
            continue
        if start not in copied:
            words[start] = words[start].copy()
            copied.add(start)
        words[start][row] &= ~(np.uint32(1) << np.uint32(number - start))
    return DayBits(bits.size, bits.starts, tuple(words[start] for start in bits.starts))


def reindex(bits: DayBits, before: Ints) -> DayBits:
    """`bits` for a new order of households: row i was row before[i], -1 where it is new."""
    kept = np.asarray(before) >= 0
    words = []
    for word in bits.words:
        fresh = np.zeros(len(before), dtype=np.uint32)
        fresh[kept] = word[before[kept]]
        words.append(fresh)
    return DayBits(len(before), bits.starts, tuple(words))


def taken(visits: Visits, rows: Ints) -> Visits:
    """The events of some households, in the order of `rows`."""
    tables = (visits.met, visits.phone, visits.no_one_home, visits.refused)
    return Visits(*(_taken(bits, rows) for bits in tables))


def _taken(bits: DayBits, rows: Ints) -> DayBits:
    return DayBits(len(rows), bits.starts, tuple(word[rows] for word in bits.words))


def last_day(day: int, *tables: DayBits) -> Ints:
    """The latest day <= `day` with an event in any of the tables (of one size), else NO_DAY."""
    first = day // WORD * WORD
    known = {start for table in tables for start in table.starts if start <= day}
    low = np.uint32(day - first + 1)  # how many bits of the day's own word lie in the past
    # One look at the 32 days up to `day` answers for nearly all households …
    last = np.full(tables[0].size, NO_DAY, dtype=np.int32)
    if known.isdisjoint((first, first - WORD)):
        rest = np.arange(tables[0].size)
    else:
        window = _word(first, tables) << (np.uint32(WORD) - low)
        if low < WORD:
            window |= _word(first - WORD, tables) >> low
        seen = window != 0
        np.copyto(last, day - (WORD - 1) + _top(window), where=seen)
        rest = np.flatnonzero(~seen)
    # … and only the rest is looked up further back, word by word.
    for start in sorted(known - {first}, reverse=True):
        if len(rest) == 0:
            break
        word = _word(start, tables)[rest]
        hit = word != 0
        last[rest[hit]] = start + _top(word[hit])
        rest = rest[~hit]
    return last


def _word(start: int, tables: tuple[DayBits, ...]) -> npt.NDArray[np.uint32]:
    """The word of all tables from `start`, zeros where none has it."""
    found = [t.words[t.starts.index(start)] for t in tables if start in t.starts]
    if not found:
        return np.zeros(tables[0].size, dtype=np.uint32)
    word = found[0]
    for other in found[1:]:
        word = word | other
    return word


def _top(word: npt.NDArray[np.uint32]) -> npt.NDArray[np.int32]:
    """Number of the highest bit set, for words that are not 0: the exponent of the float64.

    Every uint32 is a float64 exactly (53 bits of mantissa), so nothing rounds up to the next power.
    """
    exponent = word.astype(np.float64).view(np.int64) >> 52
    return (exponent - 1023).astype(np.int32)


def no_visits(size: int) -> Visits:
    """No event of any kind at `size` households."""
    return Visits(empty(size), empty(size), empty(size), empty(size))


def last_visit(visits: Visits, day: int, *, phone: bool = False, rows: Ints | None = None) -> Ints:
    """Day of the latest visit up to `day`, that day included; NO_DAY where there was none.

    phone: whether a phone call counts as a visit (Programme.phone_counts). Attempts never do.
    rows: of these households, in this order; None: of all.
    """
    tables = [visits.met, visits.phone] if phone else [visits.met]
    if rows is not None:
        tables = [_taken(bits, rows) for bits in tables]
    return last_day(day, *tables)
