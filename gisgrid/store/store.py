"""The store: where a county's layers are kept, in a GeoPackage or in PostGIS."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gisgrid.access import EVERYWHERE
from gisgrid.model import Programme
from gisgrid.store import (
    bulk,
    comparing,
    erasing,
    outlet,
    people,
    reads,
    retention,
    tombstones,
    touched,
    visit_runs,
)
from gisgrid.store.audit_read import AuditReads
from gisgrid.store.drafts_read import DraftReads
from gisgrid.store.keeping import Keeping
from gisgrid.store.keys_read import KeyReads
from gisgrid.store.proving import ProofReads
from gisgrid.store.record_read import RecordReads
from gisgrid.store.schema import metadata, programme, revisions
from gisgrid.store.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, timedelta

    import geopandas as gpd
    import pandas as pd
    from sqlalchemy import Select

    from gisgrid.access import Scope
    from gisgrid.columns import Objects
    from gisgrid.store.bulk import PlanRows
    from gisgrid.store.comparing import Compared
    from gisgrid.store.people import Person
    from gisgrid.store.visit_runs import VisitRows


@dataclass(frozen=True, slots=True)
class Changes:
    """Counters of what changed, one for each part of the read model; they only grow."""

    areas: int
    plan: int
    households: int
    visits: int
    cases: int
    programme: int


class Store(AuditReads, DraftReads, KeyReads, ProofReads, RecordReads, Keeping):
    """One open store, shared by all threads of a process; a context manager that closes it.

    Every read takes `scope`: rows outside it are as if they did not exist. Frames are in EPSG:4326
    with days as datetime.date, text as str or None, whole numbers as Int64 and moments in UTC.
    All methods raise StoreBusy, StoreFull or StoreFailed when the database cannot do its work.
    """

    # What changed --------------------------------------------------------------------------------

    def changes(self) -> Changes:
        """The counters now, also when another process wrote; microseconds on a GeoPackage."""
        with self._translated():
            return Changes(**self._dialect.counters())

    def programme(self) -> Programme:
        """The rules of the visiting programme."""
        with self.reading() as connection:
            row = connection.execute(select(programme)).one()
            names = [field.name for field in fields(Programme)]
            return Programme(**{name: row._mapping[name] for name in names})

    # Rows ----------------------------------------------------------------------------------------

    def areas(self, *, scope: Scope) -> pd.DataFrame:
        """code, name, level, parent_code; by code."""
        return self._table(scope, reads.areas_seen(scope))

    def grids(self, *, scope: Scope, revision: int | None = None) -> gpd.GeoDataFrame:
        """The layer's columns and polygons, by code; of the plan in force, or of a revision.

        A scope that names an area sees the grids that lay in it then; one that names a grid sees
        the grid of that code. An unknown revision has no grids.
        """
        return self._layer(scope, reads.grids_seen(scope, revision))

    def withdrawn_grids(self, revision: int, *, scope: Scope) -> gpd.GeoDataFrame:
        """All grids of a withdrawn revision, for a draft that builds on it. scope: EVERYWHERE."""
        _require_everything(scope)
        with self.reading(scope) as connection:
            ended = connection.scalar(
                select(revisions.c.ended).where(revisions.c.revision == revision)
            )
            statement = reads.grids_withdrawn(revision, json.loads(ended or "[]"))
            return outlet.layer(connection, self._dialect, statement)

    def households(self, *, scope: Scope, ids: Sequence[str] | None = None) -> gpd.GeoDataFrame:
        """The layer's columns, placed_in (grid in force, or None) and points (or None); by id.

        ids: only these; what is unknown or out of scope is not in the answer.
        """
        return self._layer(scope, reads.households_seen(self._dialect, scope, ids))

    def visits(
        self,
        *,
        scope: Scope,
        household_ids: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """The layer's columns and visited_on, the newest first."""
        return self._table(scope, reads.visits_seen(self._dialect, scope, household_ids, limit))

    def visit_marks(
        self, *, scope: Scope, household_ids: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """id, received_at, zone, flags, corrects, corrected (by a later one), decided_by."""
        return self._table(scope, reads.visit_marks_seen(self._dialect, scope, household_ids))

    def last_day_invented(self) -> date | None:
        """Day of the latest visit of a demo; None where there is none.

        Of the visits of its first ten thousand households, among which every day has some: to look
        at those of a million would take most of a second.
        """
        with self.reading(EVERYWHERE) as connection:
            last: date | None = connection.execute(reads.last_day_invented()).scalar_one()
            return last

    def cases(
        self,
        *,
        scope: Scope,
        ids: Sequence[str] | None = None,
        household_ids: Sequence[str] | None = None,
    ) -> gpd.GeoDataFrame:
        """The layer's columns and the cases' own points (or None), by id.

        A case is seen where its own point lies, or else where its household is.
        """
        return self._layer(scope, reads.cases_seen(self._dialect, scope, ids, household_ids))

    def search_households(self, *, scope: Scope, text: str, limit: int = 20) -> pd.DataFrame:
        """id, name, address of those whose id begins with, or name or address holds, the text."""
        return self._table(scope, reads.households_found(scope, text, limit))

    def _table(self, scope: Scope, statement: Select[Any]) -> pd.DataFrame:
        with self.reading(scope) as connection:
            return outlet.table(connection, statement)

    def _layer(self, scope: Scope, statement: Select[Any]) -> gpd.GeoDataFrame:
        with self.reading(scope) as connection:
            return outlet.layer(connection, self._dialect, statement)

    def counts(self) -> dict[str, int]:
        """Rows of each table."""
        with self.reading(EVERYWHERE) as connection:
            return {
                name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
                for name, table in metadata.tables.items()
            }

    def compare(self, layer: str, frame: pd.DataFrame, *, scope: Scope) -> Compared:
        """What putting `frame` as `layer` would make new, change and end. scope: EVERYWHERE.

        The rows are for the caller to limit, as those of Writer.put_…; raises what these raise of
        the frame, but tells the visits that differ instead.
        """
        _require_everything(scope)
        with self.reading(scope) as connection:
            tx = Transaction(connection, self._dialect, self._clock())
            return comparing.compare(tx, layer, frame)

    # What is held about one household ------------------------------------------------------------

    def held(self, household: str, *, words: bool = True) -> dict[str, list[dict[str, Any]]]:
        """Every row that speaks about a household, by table; empty lists where there is none.

        words: whether what was said under another household is told too.
        """
        with self.reading(EVERYWHERE) as connection:
            return erasing.held(connection, self._dialect, household, words=words)

    def expired(self, name: str, before: datetime) -> int:
        """How many rows of a class of data (retention.CLASSES) are older than a moment."""
        with self.reading(EVERYWHERE) as connection:
            return retention.count(connection, name, before)

    def unswept(self) -> bool:
        """Whether traces of an erasure may still lie in the store's files."""
        with self.reading() as connection:
            return erasing.unswept(connection)

    def erasure_mark(self) -> str:
        """A word that is another one after each erasure: what was made before may hold somebody."""
        with self.reading() as connection:
            return erasing.mark(connection)

    def erased(self) -> list[str]:
        """Numbers of the households that were erased."""
        with self.reading() as connection:
            return tombstones.erased(connection)

    # Columns for the read model ------------------------------------------------------------------

    def area_columns(self, *, scope: Scope) -> dict[str, Objects]:
        """code, name, level, parent_code (object; "" for none). scope: EVERYWHERE."""
        _require_everything(scope)
        with self.reading(scope) as connection:
            return bulk.area_columns(connection)

    def plan_columns(self, *, scope: Scope) -> list[PlanRows]:
        """All revisions, the oldest first. scope: EVERYWHERE."""
        _require_everything(scope)
        with self.reading(scope) as connection:
            return bulk.plan_columns(connection, self._dialect)

    def touched(self, layer: str, seen: int, now: int) -> list[str] | None:
        """Ids of households or cases that changed between two values of their counter.

        None where that is not known: too long ago, or too many.
        """
        with self.reading() as connection:
            return touched.since(connection, layer, seen, now)

    def household_columns(
        self, *, scope: Scope, ids: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Every household (or those of `ids`), in no order. scope: EVERYWHERE.

        id, lon, lat (NaN: unlocated), every (0: none), listed, unlisted (days; FAR_DAY: none),
        grid_code ("": none).
        """
        _require_everything(scope)
        with self.reading(scope) as connection:
            return bulk.household_columns(connection, self._dialect, ids)

    def visit_days(self, *, scope: Scope, after: int = 0) -> VisitRows:
        """Days of visits in runs; only those added since `after` (a VisitRows.last before)."""
        _require_everything(scope)
        with self.reading(scope) as connection:
            return visit_runs.visit_days(connection, self._dialect, after)

    def corrected_days(self, *, scope: Scope, after: int = 0) -> list[tuple[str, str, date]]:
        """Household, outcome, day that no longer hold, by corrections added since `after`."""
        _require_everything(scope)
        with self.reading(scope) as connection:
            return visit_runs.corrected_days(connection, self._dialect, after)

    def case_columns(self, *, scope: Scope, ids: Sequence[str] | None = None) -> dict[str, Any]:
        """Every case (or those of `ids`), in no order, and how changed ones stood before.

        scope: EVERYWHERE.

        id, household_id, category ("": none), opened, due, closed (days; FAR_DAY: none), lon, lat
        (its own point, else NaN), since, until (days from and up to which the row holds).
        """
        _require_everything(scope)
        with self.reading(scope) as connection:
            return bulk.case_columns(connection, self._dialect, ids)

    # People --------------------------------------------------------------------------------------

    def people(self) -> list[Person]:
        """All accounts, by name."""
        with self.reading() as connection:
            return people.find(connection)

    def person(self, name: str) -> Person | None:
        """The account of this name."""
        with self.reading() as connection:
            found = people.find(connection, people.called(name))
        return found[0] if found else None

    def person_by_session(self, id_hash: str, now: datetime, idle: timedelta) -> Person | None:
        """Whose live session it is: not ended, not expired, used within `idle`, not disabled."""
        with self.looking() as connection:
            return people.by_session(self._dialect, connection, id_hash, now, idle)


def _require_everything(scope: Scope) -> None:
    """The read model holds the whole county; what an actor sees of it is decided there."""
    if not scope.everything:
        raise ValueError("columns are for the read model: scope must be EVERYWHERE")
