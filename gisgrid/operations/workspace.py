"""What every verb works with: the store, its read model, the settings and the clock."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gisgrid.closing import Closing
from gisgrid.coverage import local_day
from gisgrid.errors import StoreBusy, StoreFull
from gisgrid.operations.plans.drawing import Drawings
from gisgrid.snapshot import ReadModel, Snapshot
from gisgrid.snapshot.cache import Cache
from gisgrid.snapshot.kept import Keeper
from gisgrid.store import Store, outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.model import Programme
    from gisgrid.settings import Settings
    from gisgrid.store import Draft


def utc_now() -> datetime:
    """The instant, with its offset."""
    return datetime.now(UTC)


class Workspace(Closing):
    """An open store with all that the verbs need; one for a process, shared by its threads.

    clock: gives the instant (UTC, with offset); tests and demos pass their own. As a context
    manager it closes the store.
    """

    def __init__(
        self, store: Store, settings: Settings, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.store = store
        self.settings = settings
        self.clock = clock
        self._model = ReadModel(store, _keeper(settings, store))
        self.drawings = Drawings(store)
        self.benches: Cache[tuple[str, date], Any] = Cache(2)
        self.drafts_left: Cache[tuple[object, ...], Draft] = Cache(64)
        self.lineages: Cache[int, list[tuple[str, str]]] = Cache(64)
        self._rules: tuple[int, Programme] | None = None
        self._begun: date | None = None
        self._demo_day: date | None = None
        self._demo_plans: tuple[int, list[date]] | None = None

    @classmethod
    def open(cls, settings: Settings, clock: Callable[[], datetime] | None = None) -> Workspace:
        """Open the store that the settings name.

        Raises StoreMissing, StoreForeign, StoreNewer, StoreUndumped.
        """
        keep = not (settings.dump_made and "://" in settings.store)
        store = Store.open(settings.store, keep=keep, state_folder=settings.state_folder)
        workspace = cls(store, settings, clock or utc_now)
        workspace.today()  # begins the day
        return workspace

    def today(self) -> date:
        """The calendar day in the programme's zone, wherever the server stands.

        A demo's calendar stands still on the last day of its invented visits: opened a month later
        it would be a county that nobody visits. It goes on to the first day of each plan that is
        published in it, as soon as that day has come.
        """
        rules = self.programme()
        day = local_day(self.clock(), ZoneInfo(rules.zone))
        if rules.demo:
            day = self._demo_today(day)
        if day != self._begun:
            # A revision published for this day comes into force; if the store is busy, next time.
            with suppress(StoreBusy, StoreFull):
                self.store.promote(day)
                self._begun = day
        return day

    def _demo_today(self, day: date) -> date:
        """Where the calendar of a demo stands when it is `day` outside."""
        if self._demo_day is None:
            self._demo_day = self.store.last_day_invented() or date.max
        plans = self.store.changes().plan
        if self._demo_plans is None or self._demo_plans[0] != plans:
            self._demo_plans = plans, self.store.first_days()
        begun = [first for first in self._demo_plans[1] if first <= day]
        return min(day, max([self._demo_day, *begun]))

    def programme(self) -> Programme:
        """The rules of the visiting programme, as the store has them now."""
        changes = self.store.changes().programme
        if self._rules is None or self._rules[0] != changes:
            self._rules = changes, self.store.programme()
        return self._rules[1]

    def snapshot(self) -> Snapshot:
        """The read model, in step with the store; loaded when it is first asked for."""
        return self._model.current()

    def load_ahead(self) -> None:
        """Begin to read the columns that are kept; `snapshot` will have them the sooner."""
        self._model.load_ahead()

    @property
    def warm(self) -> bool:
        """Whether the read model is loaded; asking waits for nobody."""
        return self._model.loaded

    def keep_columns(self) -> bool:
        """Keep the read model's columns for the next start, where they are worth it."""
        return self._model.keep()

    def forget_columns(self) -> None:
        """Take away the columns that are kept, without a trace."""
        self._model.forget()

    @property
    def in_database(self) -> bool:
        """Whether the store is a database, which others bring back without us."""
        return "://" in self.settings.store

    @property
    def outside(self) -> Path:
        """What the files are named after that outlive the store: its own, where it is a file."""
        if self.in_database:
            return outside.place(self.store.token, self.settings.state_folder)
        return Path(self.settings.store).absolute()

    def close(self) -> None:
        """Close the store; the workspace is of no use afterwards."""
        self.store.close()


def _keeper(settings: Settings, store: Store) -> Keeper | None:
    """Beside a GeoPackage; for a database in the folder that the settings name, if any."""
    if "://" not in settings.store:
        return Keeper(Path(f"{Path(settings.store).absolute()}.columns"))
    if not settings.columns_folder:
        return None
    return Keeper(Path(settings.columns_folder).absolute() / f"{store.token}.columns")
