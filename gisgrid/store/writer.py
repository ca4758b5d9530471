"""What can be changed in a store; got from Store.write, used inside its `with`."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import update

from gisgrid.store import erasing, people, placing, put_layers, put_plan, put_visits, retention
from gisgrid.store.audit import AuditVerbs
from gisgrid.store.drafts_write import DraftVerbs
from gisgrid.store.keys import KeyVerbs
from gisgrid.store.record_cases import RecordVerbs
from gisgrid.store.schema import programme
from gisgrid.store.tries import TryVerbs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime

    import geopandas as gpd
    import pandas as pd

    from gisgrid.model import Programme
    from gisgrid.store.erasing import Erased
    from gisgrid.store.people import Person
    from gisgrid.store.transaction import PutCounts, Transaction


class Writer(DraftVerbs, AuditVerbs, RecordVerbs, KeyVerbs, TryVerbs):
    """The verbs of one transaction: all of them happen, or none.

    Frames have the columns of model.LAYERS; a column that a frame lacks leaves what is stored as
    it is. Geometry is EPSG:4326. Rows that are as they were are left alone and counted as
    unchanged; when all are, no counter moves. Every put_… raises FrameError for a column that is
    missing, unknown or of another kind, and for a key that is missing or comes twice.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def tell(self, share: Callable[[float], None]) -> None:
        """Have `share` called with how much of the rows (0 to 1) a put has stored."""
        self._tx.tell = share

    def set_programme(self, rules: Programme) -> None:
        """Replace the rules of the programme. Visits keep the calendar day they have."""
        values = asdict(rules)
        before = self._tx.rules._mapping
        if any(before[name] != value for name, value in values.items()):
            self._tx.connection.execute(update(programme).values(**values))
            self._tx.__dict__.pop("rules", None)
            self._tx.changed("programme")

    def put_areas(self, frame: pd.DataFrame) -> PutCounts:
        """Insert or update areas by code. Raises FrameError, also for one that holds itself."""
        return put_layers.put_areas(self._tx, frame)

    def put_grids(
        self,
        frame: gpd.GeoDataFrame,
        *,
        valid_from: date | None = None,
        placed: Mapping[str, str | None] | None = None,
        note: str | None = None,
    ) -> PutCounts:
        """Publish the whole plan: what `frame` lacks is gone from the next revision.

        A new revision comes to be only if something differs. The first is in force from the
        beginning; a later one from `valid_from` (None: today). Where that day has come, `grids`
        shows it at once and all households and cases are placed anew; else Store.promote does so
        on the day. placed: household id -> grid code, where the caller has worked it out (see
        `place`). A column `came_from` (codes, separated by commas) is kept in the history.

        Raises FrameError; PlanTooEarly for a day before the one of the revision on record.
        """
        counts = put_plan.put_grids(self._tx, frame, valid_from, note)
        if placed:
            self.place(list(placed), list(placed.values()))
        return counts

    def promote(self) -> bool:
        """Let `grids` show the revision in force today; False where it does already."""
        due = put_plan.due_revision(self._tx)
        if due is not None:
            put_plan.show(self._tx, due)
        return due is not None

    def put_households(self, frame: pd.DataFrame) -> PutCounts:
        """Insert or update households by id, and place them in the plan in force.

        A point may be missing (unlocated); `grid_code` then names a grid or an area. A household
        without `listed_on` is listed from today, or as it is stored.
        """
        return put_layers.put_households(self._tx, frame)

    def put_visits(self, frame: pd.DataFrame) -> PutCounts:
        """Add visits; one that is there already, the same, is unchanged.

        visited_at: moments with their offset. The calendar day beside it is worked out in the
        programme's zone. A visit without id gets that of its device (`client_id`), else one that
        follows from its content, so that the same file twice adds nothing.

        Raises VisitDiffers where an id has other content already, UnknownHousehold.
        """
        return put_visits.put_visits(self._tx, frame)

    def put_cases(self, frame: pd.DataFrame) -> PutCounts:
        """Insert or update cases by id; a point is the case's own. Raises UnknownHousehold."""
        return put_layers.put_cases(self._tx, frame)

    def place(self, ids: Sequence[str], codes: Sequence[str | None]) -> None:
        """Take over which grid of the plan in force holds each household (None: none).

        The store places what it is given by itself; this is for a caller who has done the work.
        Moves no counter: the read model works out places by itself.
        Raises FrameError for an unknown household or grid.
        """
        placing.place_households(self._tx, ids, codes)

    # Erasing and restoring -----------------------------------------------------------------------

    def erase(self, household: str) -> Erased:
        """Clear all that is personal about a household; figures of past days stay as they were.

        Call Store.sweep afterwards: traces lie in free pages until then. Raises UnknownHousehold.
        """
        return erasing.erase(self._tx, household)

    def erase_again(self, ids: Iterable[str]) -> list[str]:
        """After a restore: erase those who were erased since; returns whom the store still knew."""
        return erasing.erase_again(self._tx, ids)

    def expire(self, name: str, before: datetime) -> int:
        """Take away what a class of data (retention.CLASSES) holds from before a moment."""
        return retention.expire(self._tx, name, before)

    def begin_anew(self) -> None:
        """After a restore: another token, so that nothing kept in browsers is taken for today's."""
        people.end_everything(self._tx)
        token = secrets.token_hex(16)
        self._tx.connection.execute(update(programme).values(token=token))

    # People --------------------------------------------------------------------------------------

    def add_person(
        self, name: str, role: str, scope: str, password_hash: str | None = None
    ) -> Person:
        """A new account. Raises PersonExists."""
        return people.add(self._tx, name=name, role=role, scope=scope, password_hash=password_hash)

    def set_password(self, name: str, password_hash: str | None) -> None:
        """A new password; the person's sessions end. Raises UnknownPerson."""
        people.change(self._tx, name, password_hash=password_hash)

    def change_rights(self, name: str, role: str, scope: str) -> None:
        """Another role and scope; the sessions end. Raises UnknownPerson."""
        people.change(self._tx, name, role=role, scope=scope)

    def first_person(self) -> bool:
        """Whether nobody has an account yet: asked within the change that makes the first."""
        return not people.find(self._tx.connection)

    def disable_person(self, name: str) -> None:
        """Shut the person out; the sessions end. Raises UnknownPerson."""
        people.change(self._tx, name, disabled=True)

    def let_in(self, name: str) -> None:
        """Let the person in again, by a new link only. Raises UnknownPerson."""
        people.let_in(self._tx, name)

    def add_link(self, token_hash: str, person_id: int, expires_at: datetime) -> None:
        """A link that lets the person in once, before `expires_at`."""
        people.add_link(self._tx, token_hash, person_id, expires_at)

    def use_link(self, token_hash: str, now: datetime) -> Person | None:
        """Spend a link; None when it was spent, is too old or never was, or the person is out."""
        return people.use_link(self._tx, token_hash, now)

    def add_session(
        self,
        id_hash: str,
        person_id: int,
        now: datetime,
        expires_at: datetime,
        device: str | None = None,
    ) -> None:
        """A session from `now` until `expires_at` at the latest. device: in plain words."""
        people.add_session(self._tx, id_hash, person_id, now, expires_at, device)

    def touch_session(self, id_hash: str, now: datetime) -> None:
        """Note that the session is in use, to the minute."""
        people.touch_session(self._tx, id_hash, now)

    def end_session(self, id_hash: str, now: datetime) -> None:
        """End the session for good."""
        people.end_session(self._tx, id_hash, now)
