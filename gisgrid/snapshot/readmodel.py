"""Keeping the snapshot in step with the store."""

from __future__ import annotations

from dataclasses import asdict, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid import collector
from gisgrid.access import EVERYWHERE
from gisgrid.columns import FAR_DAY
from gisgrid.coverage import daybits
from gisgrid.errors import FrameError
from gisgrid.snapshot import build, patch
from gisgrid.snapshot.ids import Ids, OneLook
from gisgrid.snapshot.kept import Columns, Keeper
from gisgrid.snapshot.memory import Memory
from gisgrid.snapshot.snapshot import Snapshot

if TYPE_CHECKING:
    from gisgrid.store import Changes, Store

_TRIES = 5
_MANY_HOMES, _MANY_VISITS = 20, 5_000
"""Changes after which the columns are kept anew: to catch up with fewer takes no time."""
MOST_TOUCHED = 2_000
"""Households or cases that are read one by one; with more of them all are read."""


class ReadModel:
    """The current snapshot of a store, for all threads of a process.

    Every answer is in step with the store at the moment it was asked for: the store's counters
    are compared each time (tens of microseconds), and what they say has changed is loaded anew;
    visits are only added to. While one thread loads, the others wait, so that nobody who has just
    written is shown the state before.
    """

    def __init__(self, store: Store, keeper: Keeper | None = None) -> None:
        """keeper: where the columns are kept between two starts; None: nowhere."""
        self._store = store
        self._keeper = keeper
        self._kept: Changes | None = None
        self._lock = Lock()
        self._seen: Changes | None = None
        self._snapshot: Snapshot | None = None
        self._last_visit_row = 0

    def load_ahead(self) -> None:
        """Begin to read the columns that are kept, while the caller does something else."""
        if self._keeper is not None:
            self._keeper.load_ahead(self._store.token)

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
                with self._store.reading(EVERYWHERE), collector.at_rest():
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
            return self._load_kept(now) or self._load_all(now)
        if (now.areas, now.plan, now.programme) != (seen.areas, seen.plan, seen.programme):
            return self._load_all(now)
        homes, cases = (
            self._store.touched(layer, getattr(seen, layer), getattr(now, layer))
            if getattr(now, layer) != getattr(seen, layer)
            else []
            for layer in ("households", "cases")
        )
        if homes is None or len(homes) > MOST_TOUCHED:
            return self._load_all(now)
        return self._load_some(now, old, homes, cases)

    def _load_kept(self, now: Changes) -> Snapshot | None:
        """A snapshot from the columns that are kept, with what came since; None for no such."""
        kept = self._keeper.load(self._store.token) if self._keeper else None
        if kept is None or not self._store.is_after(kept.marks, kept.last):
            return None
        store, then = self._store, replace(now, **kept.counters)
        if then.visits > now.visits:
            return None
        homes = store.touched("households", then.households, now.households)
        if homes is None or len(homes) > MOST_TOUCHED:
            return None
        areas = build.areas(store.area_columns(scope=EVERYWHERE))
        old = Snapshot(
            "",
            store.programme(),
            areas,
            build.plans(store.plan_columns(scope=EVERYWHERE), areas),
            households=kept.households,
            visits=kept.visits,
            cases=build.no_cases(),
        )
        if then.plan == now.plan:
            for revision, grid in kept.placement.items():
                old.memory.placement.put(revision, grid)
            for key, shapes in kept.shapes.items():
                old.memory.shapes.put(key, shapes)
        self._last_visit_row, self._seen = kept.last, then
        found = self._load_some(now, old, homes, None)
        if found is None:
            self._last_visit_row, self._seen = 0, None
            return None
        self._kept = then
        return found

    def keep(self) -> bool:
        """Keep the columns for the next start; False where that is not worth it, or cannot be."""
        with self._lock:
            snapshot, seen, last = self._snapshot, self._seen, self._last_visit_row
        if self._keeper is None or snapshot is None or seen is None or not self._outdated(seen):
            return False
        done = self._keeper.save(
            Columns(
                self._store.token,
                asdict(seen),
                last,
                self._store.marks(last),
                snapshot.households,
                snapshot.visits,
                dict(snapshot.memory.placement.items()),
                dict(snapshot.memory.shapes.items()),
            )
        )
        # Whoever is erased meanwhile is not to lie in the file: it is looked at once it is there.
        if self._store.changes().households != seen.households:
            self.forget()
            return False
        self._kept = seen if done else None
        return done

    def _outdated(self, seen: Changes) -> bool:
        kept = self._kept
        if kept is None or (kept.plan, kept.programme) != (seen.plan, seen.programme):
            return True
        homes, visits = seen.households - kept.households, seen.visits - kept.visits
        return homes >= _MANY_HOMES or visits >= _MANY_VISITS

    def forget(self) -> None:
        """Take away the columns that are kept: somebody in them was erased."""
        self._kept = None
        if self._keeper is not None:
            self._keeper.discard()

    def _load_all(self, now: Changes) -> Snapshot | None:
        """Everything but the visits that are there already, which only get their new rows."""
        store, old = self._store, self._snapshot
        same_plan = (
            old is not None
            and self._seen is not None
            and (now.areas, now.plan) == (self._seen.areas, self._seen.plan)
        )
        memory = Memory()
        if old is not None and same_plan:
            areas, plans = old.areas, old.plans
            memory = Memory(shapes=old.memory.shapes)
        else:
            areas = build.areas(store.area_columns(scope=EVERYWHERE))
            plans = build.plans(store.plan_columns(scope=EVERYWHERE), areas)
        homes = build.households(store.household_columns(scope=EVERYWHERE))
        ids = memory.once.put("ids", Ids.of(homes.id))
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
        visits, *_ = build.corrected(visits, taken_back, ids)
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

    def _load_some(
        self, now: Changes, old: Snapshot, homes: list[str], cases: list[str] | None
    ) -> Snapshot | None:
        """`old` with the households and cases that were touched, and with new visits.

        cases: None for all of them.
        """
        store, new = self._store, old
        if homes:
            columns = store.household_columns(scope=EVERYWHERE, ids=homes)
            patched = patch.with_households(old, homes, columns)
            if patched is None:
                return self._load_all(now)
            new = patched
        last = self._last_visit_row
        if self._seen is None or now.visits != self._seen.visits:
            rows: Any = store.visit_days(scope=EVERYWHERE, after=last)
            added = self._with_visits(new, rows)
            if added is None:
                return None
            new, last = added, max(last, int(rows.last))
        if cases is None or len(cases) > MOST_TOUCHED:
            ids = new.memory.once.peek("ids") or OneLook(new.households.id)
            every = build.cases(store.case_columns(scope=EVERYWHERE), ids, new.households)
            new = new.changed(cases=every, memory=new.memory.after_cases())
        elif cases:
            new = patch.with_cases(new, cases, store.case_columns(scope=EVERYWHERE, ids=cases))
        self._last_visit_row = last
        return new.changed(version=version(store, now))

    def _with_visits(self, old: Snapshot, rows: Any) -> Snapshot | None:
        """`old` with new rows of visits; None where one names a household that it lacks."""
        if not len(rows.day):
            return old
        added = build.visits(rows, old.ids, old.visits)
        if added is None:
            return None
        taken_back = self._store.corrected_days(scope=EVERYWHERE, after=self._last_visit_row)
        visits, corrected, days = build.corrected(added, taken_back, old.ids)
        touched = np.unique(np.concatenate([old.ids.get_indexer(rows.household_id), corrected]))
        first = int(min(rows.day.min(), days.min(initial=FAR_DAY)))
        return patch.with_visits(old, visits, touched.astype(np.int64), first)


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
