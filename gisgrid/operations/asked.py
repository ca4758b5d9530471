"""One question about the county: who asks, as of which day, of which area."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gisgrid.access import Action, Actor, require
from gisgrid.errors import DayToCome, UnknownWord
from gisgrid.model import BY, LEVELS

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.access import Scope
    from gisgrid.columns import Ints, Objects, Plan
    from gisgrid.coverage.sums import Tally
    from gisgrid.operations.workspace import Workspace
    from gisgrid.snapshot import Snapshot, View


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question that may be asked, with all that is needed to answer it.

    plan: in force on `day`, or today where the past is restated. view: `area` within the scope.
    """

    snapshot: Snapshot
    scope: Scope
    today: date
    day: date
    plan: Plan
    view: View

    @classmethod
    def of(
        cls,
        ws: Workspace,
        actor: Actor,
        *,
        action: Action,
        as_of: date | None,
        area: str | None,
        restate: bool = False,
    ) -> Asked:
        """Check the right, fill in the day, find the area.

        Raises NotAllowed, DayToCome, UnknownArea.
        """
        require(actor, action)
        snapshot, today = ws.snapshot(), ws.today()
        day = day_of(as_of, today)
        plan = snapshot.plan_on(today if restate else day)
        view = snapshot.view(actor.scope, area, day, plan)
        return cls(snapshot, actor.scope, today, day, plan, view)

    def tally(self) -> Tally:
        """Household counts at each place, 0 outside the view."""
        counts: Tally = self.snapshot.tally(self.day, self.plan) * self.view.places[:, None]
        return counts

    def case_tally(self, category: str | None = None) -> Tally:
        """Case counts at each place, 0 outside the view."""
        number = None if category is None else category_number(self.snapshot, category)
        counts = self.snapshot.case_tally(self.day, self.plan, number)
        inside: Tally = counts * self.view.places[:, None]
        return inside

    def rows(self, by: str) -> Ints:
        """Which grids or areas (indices, by code) are the rows of a table `by` that level.

        Raises UnknownWord for another level, also for one above the area: its rows would be torn.
        """
        known = BY[: BY.index(self.view.level or BY[-1]) + 1]
        if by not in known:
            raise UnknownWord(value=by, kind="level for this area", known=", ".join(known))
        if by == "grid":
            return np.flatnonzero(self.view.grids)
        level = self.snapshot.areas.level
        return np.flatnonzero(self.view.areas & (level == LEVELS.index(by)))

    def labels(self, by: str, rows: Ints) -> tuple[list[str], list[str]]:
        """Codes and names of the rows."""
        table = self.plan if by == "grid" else self.snapshot.areas
        return list(table.code[rows]), [name or "" for name in table.name[rows]]


def day_of(as_of: date | None, today: date) -> date:
    """The day that is asked for; today for None. Raises DayToCome for one after today."""
    if as_of is None:
        return today
    if as_of > today:
        raise DayToCome(day=as_of.isoformat(), today=today.isoformat())
    return as_of


def category_number(snapshot: Snapshot, category: str) -> int:
    """Index of a category of cases. Raises UnknownWord for one that no case has."""
    known = list(snapshot.cases.categories)
    if category not in known:
        shown = ", ".join(word for word in known[:20] if word) or "(none)"
        raise UnknownWord(value=category, kind="category", known=shown)
    return known.index(category)


def one_of(kind: str, word: str | None, known: tuple[str, ...]) -> None:
    """Raise UnknownWord unless `word` is None or known."""
    if word is not None and word not in known:
        raise UnknownWord(value=word, kind=kind, known=", ".join(known))


def behind(rows: Ints, rank: Ints, ids: Objects, after: str | None) -> Ints:
    """Those of `rows` that come behind a place of a list by rank (falling), then by id.

    after: the place as `place_of` wrote it; None for the beginning. What is at the place may have
    left the list meanwhile: nothing is told twice and nothing is left out. Raises UnknownWord.
    """
    if after is None:
        return rows
    number, dash, name = after.partition("~")
    if not (dash and re.fullmatch(r"-?[0-9]{1,9}", number)):
        raise UnknownWord(value=after[:60], kind="place in the list", known="the `next` of a page")
    of_rows = rank[rows]
    later = ids[rows].astype(str) > name
    found: Ints = rows[(of_rows < int(number)) | ((of_rows == int(number)) & later)]
    return found


def place_of(rank: int, name: str) -> str:
    """A place in a list, for `behind`."""
    return f"{rank}~{name}"


def page(rows: Ints, limit: int | None, offset: int) -> Ints:
    """The rows of one page. limit: at least 1, None for all; offset: at least 0."""
    if limit is not None and limit < 1:
        raise UnknownWord(value=str(limit), kind="number of rows", known="1, 2, 3 …")
    if offset < 0:
        raise UnknownWord(value=str(offset), kind="number of rows to skip", known="0, 1, 2 …")
    return rows[offset:] if limit is None else rows[offset : offset + limit]
