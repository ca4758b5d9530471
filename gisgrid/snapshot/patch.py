"""A snapshot after small changes: what they touch is worked out anew, all else is carried over.

What comes out is what a snapshot made from nothing would say; tests hold the two beside each other.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisgrid import coverage
from gisgrid.columns import Cases, Households
from gisgrid.snapshot import build
from gisgrid.snapshot.cache import Cache
from gisgrid.snapshot.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gisgrid.columns import Ints, Objects, Plan, Visits
    from gisgrid.coverage import HouseholdState
    from gisgrid.coverage.sums import Tally
    from gisgrid.snapshot.snapshot import Snapshot

MOST_DAYS = 8
"""Days whose figures are carried over a change of visits; of others they are made when asked."""
_PLACED = ("id", "lon", "lat", "key")
_COLUMNS = ("id", "lon", "lat", "key", "every", "listed", "unlisted")


def with_visits(old: Snapshot, visits: Visits, rows: Ints, first: int) -> Snapshot:
    """`old` with other visits at the households `rows`, on the day `first` and later."""
    memory = old.memory.after_visits(first)
    new = old.changed(visits=visits, memory=memory)
    states = dict(old.memory.states.items())
    tallies = dict(old.memory.tallies.items())
    late = [key for key in {**tallies, **states} if key[0] >= first]
    for key in late[-MOST_DAYS:]:
        day, plan = key[0], old.plan_of(key[1])
        now = new.state_of(day, plan, rows)
        if key in states:
            memory.states.put(key, _put(states[key], rows, now))
        if key in tallies:
            was = old.state_of(day, plan, rows)
            memory.tallies.put(key, _moved(new, tallies[key], plan, rows, (was, now)))
    return new


def _moved(
    snapshot: Snapshot,
    tally: Tally,
    plan: Plan,
    rows: Ints,
    states: tuple[HouseholdState, HouseholdState],
) -> Tally:
    """The counts by place when the households `rows` come to stand otherwise."""
    touched, place = np.unique(snapshot.household_places(plan)[rows], return_inverse=True)
    places = coverage.Places(len(touched) - 1, 0)  # these alone: the last for "nowhere"
    none = np.zeros(len(rows), dtype=bool)  # where they lie has not changed
    before, after = (
        coverage.tally_households(place, places, state, unlocated=none, shared=none)
        for state in states
    )
    found = tally.copy()
    found[touched] += after - before
    return found


def _put(state: HouseholdState, rows: Ints, part: HouseholdState) -> HouseholdState:
    """`state` with `part` at `rows`."""
    made = {}
    for field in fields(state):
        column, values = getattr(state, field.name), getattr(part, field.name)
        if not np.array_equal(column[rows], values):
            column = column.copy()
            column[rows] = values
        made[field.name] = column
    return type(state)(**made)


def with_households(
    old: Snapshot, touched: Sequence[str], columns: Mapping[str, Any]
) -> Snapshot | None:
    """`old` with the households `touched` as `columns` has them; those it lacks are gone.

    None where there was nothing before: then a snapshot is made from nothing.
    """
    if len(old.households.id) == 0:
        return None
    homes, before, rows = _merged(old, touched, columns)
    fresh = Memory(
        once=Cache(8),
        bounds=old.memory.bounds,
        shapes=old.memory.shapes,
    )
    if before is None:
        fresh.once.put("ids", old.ids)
        for name in ("id_rank", "positions"):
            found = old.memory.once.peek(name)
            if found is not None:
                fresh.once.put(name, found)
    else:
        fresh.once.put("ids", old.ids.moved(homes.id, before))
    new = old.changed(households=homes, memory=fresh)
    if before is not None:
        new = new.changed(
            visits=build.carried(old.visits, before),
            cases=_relinked(old.cases, homes, before, len(old.households.id)),
        )
    _carry(old, new, before, rows)
    return new


def _carry(old: Snapshot, new: Snapshot, before: Ints | None, rows: Ints) -> None:
    """What was worked out for each household, worked out anew for `rows`."""

    def moved(column: Any) -> Any:
        return column.copy() if before is None else column[before]

    areas = new.named_area()[rows]
    for revision, grid in old.memory.placement.items():
        plan = new.plan_of(revision)
        placed = moved(grid)
        placed[rows] = new.place(plan, rows)
        new.memory.placement.put(revision, placed)
    for revision, place in old.memory.places.items():
        plan = new.plan_of(revision)
        where = moved(place)
        where[rows] = new.places(plan).of(new.placement(plan)[rows], areas)
        new.memory.places.put(revision, where)
    for key, state in old.memory.states.items():
        carried = type(state)(**{f.name: moved(getattr(state, f.name)) for f in fields(state)})
        now = new.state_of(key[0], new.plan_of(key[1]), rows)
        new.memory.states.put(key, _put(carried, rows, now))


def _merged(
    old: Snapshot, touched: Sequence[str], columns: Mapping[str, Any]
) -> tuple[Households, Ints | None, Ints]:
    """The new table; row i was row before[i], -1 where it is new; the rows that were touched.

    None for `before` where all lie where they lay, and no row moves.
    """
    homes, fresh = old.households, build.households(columns)
    at_old = old.ids.get_indexer(fresh.id)
    named, codes = _joined(homes.codes, fresh.codes, fresh.named)
    values = {name: getattr(fresh, name) for name in _COLUMNS} | {"named": named}
    gone = old.ids.get_indexer(list(touched))
    if len(at_old) == np.count_nonzero(gone >= 0) and _same_places(homes, fresh, at_old):
        made = {}
        for name, column in values.items():
            made[name] = getattr(homes, name)
            if name not in _PLACED:
                made[name] = made[name].copy()
                made[name][at_old] = column
        return Households(**made, codes=codes), None, at_old.astype(np.int64)
    keep = np.ones(len(homes.id), dtype=bool)
    keep[gone[gone >= 0]] = False
    kept = np.flatnonzero(keep)
    located = kept[~np.isnan(homes.lon[kept])]
    at = np.searchsorted(homes.key[located], fresh.key, side="right")
    at[np.isnan(fresh.lon)] = len(kept)  # the unlocated are the last
    made = {name: np.insert(getattr(homes, name)[kept], at, values[name]) for name in values}
    rows = np.flatnonzero(np.insert(np.zeros(len(kept), dtype=bool), at, True))
    return Households(**made, codes=codes), np.insert(kept, at, at_old), rows


def _same_places(homes: Households, fresh: Households, at: Ints) -> bool:
    if (at < 0).any():
        return False
    return all(
        np.array_equal(getattr(homes, name)[at], getattr(fresh, name), equal_nan=True)
        for name in ("lon", "lat")
    )


def _joined(old: Objects, new: Objects, index: Ints) -> tuple[Ints, Objects]:
    """`index` into `new` as an index into the codes of both."""
    number = {code: i for i, code in enumerate(old)}
    more = [code for code in new if code not in number]
    number |= {code: len(old) + i for i, code in enumerate(more)}
    turned = np.array([*(number[code] for code in new), -1], dtype=np.int32)
    codes = np.empty(len(old) + len(more), dtype=object)
    codes[:] = [*old, *more]
    return turned[index], codes


def _relinked(cases: Cases, homes: Households, before: Ints, size: int) -> Cases:
    """The same cases beside another table of households."""
    now = np.full(size + 1, -1, dtype=np.int32)
    old = np.flatnonzero(before >= 0)
    now[before[old]] = old
    return build.lent(replace(cases, household=now[cases.household]), homes)


def with_cases(old: Snapshot, touched: Sequence[str], columns: Mapping[str, Any]) -> Snapshot:
    """`old` with the cases `touched` as `columns` has them; those it lacks are gone."""
    cases = old.cases
    fresh = build.cases(columns, old.ids, old.households)
    keep = np.ones(len(cases.id), dtype=bool)
    for case in touched:
        first, end = (int(np.searchsorted(cases.id, case, side=s)) for s in ("left", "right"))
        keep[first:end] = False
    words, categories = pd.factorize(
        np.concatenate([cases.categories[cases.category[keep]], fresh.categories[fresh.category]]),
        sort=True,
    )
    kept = int(np.count_nonzero(keep))
    at = np.searchsorted(cases.id[keep], fresh.id, side="right")
    made = {
        f.name: np.insert(getattr(cases, f.name)[keep], at, getattr(fresh, f.name))
        for f in fields(cases)
        if f.name not in ("category", "categories")
    }
    made["category"] = np.insert(words[:kept], at, words[kept:]).astype(np.int32)
    merged = Cases(**made, categories=np.asarray(categories, dtype=object))
    return old.changed(cases=merged, memory=old.memory.after_cases())
