"""Keeping the snapshot in step with the store."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisgrid.access import EVERYWHERE
from gisgrid.coverage import daybits
from gisgrid.errors import FrameError
from gisgrid.snapshot import build
from gisgrid.snapshot.snapshot import Memory, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gisgrid.store import Changes, Store

_TRIES = 5


class ReadModel:
    """The current snapshot of a store, for all threads of a process.

    Every answer is in step with the store at the moment it was asked for: the store's counters
    are compared each time (tens of microseconds), and what they say has changed is loaded anew;
    visits are only added to. While one thread loads, the others wait, so that nobody who has just
    written is shown the state before.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._seen: Changes | None = None
        self._snapshot: Snapshot | None = None
        self._last_visit_row = 0

    @property
    def loaded(self) -> bool:
        """Whether there is a snapshot; asking waits for nobody."""
        return self._snapshot is not None

    def current(self) -> Snapshot:
        """The snapshot in step with the store."""
        with self._lock:
            changes = self._store.changes()
            if self._snapshot is not None and changes == self._seen:
                return self._snapshot
            for _ in range(_TRIES):
                with self._store.reading(), _collector_at_rest():
                    fresh = self._load(changes)
                if fresh is not None:
                    self._snapshot, self._seen = fresh, changes
                    return fresh
                changes = self._store.changes()
        raise FrameError(what="visits", problem="some name a household that the store lacks")

    def _load(self, now: Changes) -> Snapshot | None:
        """A snapshot with all that is newer than `_seen`.

        The counters were read first, so a change that slips in while loading is at worst loaded
        twice. None when a visit came together with its household after the households were read.
        """
        old, seen = self._snapshot, self._seen
        if old is None or seen is None:
            return self._load_all(now)
        if (now.areas, now.plan, now.households, now.programme) != (
            seen.areas,
            seen.plan,
            seen.households,
            seen.programme,
        ):
            return self._load_all(now)
        return self._load_some(now, old, seen)

    def _load_all(self, now: Changes) -> Snapshot | None:
        """Everything but the visits that are there already, which only get their new rows."""
        store, old = self._store, self._snapshot
        same_plan = (
            old is not None
            and self._seen is not None
            and (now.areas, now.plan) == (self._seen.areas, self._seen.plan)
        )
        if old is not None and same_plan:
            areas, plans = old.areas, old.plans
        else:
            areas = build.areas(store.area_columns(scope=EVERYWHERE))
            plans = build.plans(store.plan_columns(scope=EVERYWHERE), areas)
        homes = build.households(store.household_columns(scope=EVERYWHERE))
        memory = Memory()
        ids = memory.once.put("ids", pd.Index(homes.id))
        base = (
            daybits.no_visits(len(homes.id))
            if old is None
            else build.reordered(old.visits, old.ids, homes)
        )
        rows = store.visit_days(scope=EVERYWHERE, after=self._last_visit_row)
        visits = build.visits(rows, ids, base)
        if visits is None:
            return None
        # What was taken back of the visits that are there already is gone from them already.
        taken_back = store.corrected_days(scope=EVERYWHERE, after=self._last_visit_row)
        visits, _ = build.corrected(visits, taken_back, ids)
        cases = build.cases(store.case_columns(scope=EVERYWHERE), ids, homes)
        self._last_visit_row = max(self._last_visit_row, int(rows.last))
        return Snapshot(
            version(store, now),
            store.programme(),
            areas,
            plans,
            households=homes,
            visits=visits,
            cases=cases,
            memory=memory,
        )

    def _load_some(self, now: Changes, old: Snapshot, seen: Changes) -> Snapshot | None:
        """New visits and changed cases; households, grids and rules are as they were."""
        store, memory = self._store, old.memory
        visits, cases, last = old.visits, old.cases, self._last_visit_row
        if now.visits != seen.visits:
            rows: Any = store.visit_days(scope=EVERYWHERE, after=last)
            added = build.visits(rows, old.ids, visits)
            if added is None:
                return None
            if len(rows.day):
                taken_back = store.corrected_days(scope=EVERYWHERE, after=last)
                visits, first = build.corrected(added, taken_back, old.ids)
                last, new = max(last, int(rows.last)), int(rows.day.min())
                memory = memory.after_visits(new if first is None else min(new, first))
        if now.cases != seen.cases:
            cases = build.cases(store.case_columns(scope=EVERYWHERE), old.ids, old.households)
            memory = memory.after_cases()
        self._last_visit_row = last
        return Snapshot(
            version(store, now),
            old.programme,
            old.areas,
            old.plans,
            households=old.households,
            visits=visits,
            cases=cases,
            memory=memory,
        )


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Let Python's search for reference cycles wait.

    Loading makes a million tuples that it would look through again and again without finding any
    cycle: a quarter of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def version(store: Store, changes: Changes) -> str:
    """A text that differs whenever the content of the store may."""
    counters = (
        changes.areas,
        changes.plan,
        changes.households,
        changes.visits,
        changes.cases,
        changes.programme,
    )
    return "-".join([store.token, *map(str, counters)])
