"""What a proof of the plans reads beside the layers: rows as they lie there, damaged ones too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shapely.errors import ShapelyError
from sqlalchemy import select

from gisgrid.access import EVERYWHERE
from gisgrid.store.core import Core
from gisgrid.store.schema import cases, grids, grids_history, households

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

_LAYERS = (
    (grids_history, "code", "load_geometries"),
    (grids, "code", "load_geometries"),
    (households, "id", "load_lonlat"),
    (cases, "id", "load_lonlat"),
)
_DAMAGE = (ShapelyError, ValueError, IndexError, TypeError)
"""What reading bytes that are no geometry ends with."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row whose geometry cannot be read. fid: of the row, key: its code or id."""

    layer: str
    fid: int
    key: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of grids_history without its shape."""

    fid: int
    code: str
    came_from: str | None
    revision: int
    until_revision: int | None
    valid_from: date | None
    valid_to: date | None

    def stands_in(self, revision: int) -> bool:
        """Whether the row is of this plan."""
        until = self.until_revision
        return self.revision <= revision and (until is None or until > revision)


class ProofReads(Core):
    """Reads of a store that may be damaged."""

    def unreadable(self) -> list[Unreadable]:
        """Rows whose geometry cannot be read, by layer and row."""
        found = []
        with self.reading(EVERYWHERE) as connection:
            for table, key, load in _LAYERS:
                rows = list(self._dialect.raw(connection, table, ["fid", key, "geom"]))
                stored = [row[2] for row in rows]
                bad = _unread(getattr(self._dialect, load), stored)
                found += [Unreadable(table.name, int(rows[i][0]), str(rows[i][1])) for i in bad]
        return sorted(found, key=lambda row: (row.layer, row.fid))

    def history(self) -> list[Kept]:
        """All rows of grids_history without their shapes."""
        columns = [grids_history.c[name] for name in Kept.__dataclass_fields__]
        with self.reading(EVERYWHERE) as connection:
            rows = connection.execute(select(*columns).order_by(grids_history.c.fid))
            return [Kept(**row._mapping) for row in rows]

    def case_places(self) -> dict[str, str | None]:
        """Id of each case -> the grid in which it is kept."""
        with self.reading(EVERYWHERE) as connection:
            rows = connection.execute(select(cases.c.id, cases.c.placed_in)).all()
            return {row.id: row.placed_in for row in rows}


def _unread(load: Callable[[Sequence[Any]], Any], stored: list[Any]) -> list[int]:
    """Which of some stored geometries cannot be read; all at once where all can."""
    try:
        load(stored)
    except _DAMAGE:
        return [i for i, one in enumerate(stored) if one is not None and not _reads(load, one)]
    return []


def _reads(load: Callable[[Sequence[Any]], Any], one: Any) -> bool:
    try:
        load([one])
    except _DAMAGE:
        return False
    return True
