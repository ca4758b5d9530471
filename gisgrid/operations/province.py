"""The level above the county: a picture and a table of many counties, from their publications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid import rollup
from gisgrid.access import Action, Actor, require
from gisgrid.coverage.disclosure import hidden
from gisgrid.errors import NotAllowed, RollupUnreadable, UnknownArea
from gisgrid.operations.asked import day_of
from gisgrid.operations.sharing import LEAST_POSSIBLE
from gisgrid.rollup.layout import Manifest

if TYPE_CHECKING:
    from pathlib import Path

    from gisgrid.columns import Bools, Ints
    from gisgrid.operations.workspace import Workspace
    from gisgrid.rollup.survey import Fault, Found
    from gisgrid.settings import Settings

CLASSES = (0.05, 0.15, 0.30)
"""Shares in a gap at which the next darker class begins."""


@dataclass(frozen=True, slots=True)
class Place:
    """A county or township. households, gap: None where a small count is hidden; shape: a polygon.

    share: households in a gap / households; None where it is not told or there are none.
    """

    code: str
    name: str
    households: int | None
    gap: int | None
    share: float | None
    shape: Any

    @property
    def shade(self) -> int:
        """The class of its share, from 0; -1 for none."""
        return -1 if self.share is None else sum(self.share >= edge for edge in CLASSES)


@dataclass(frozen=True, slots=True)
class Province:
    """places: the worst first, then what is not told. whole: of all that is shown here.

    county: whose townships these are; None for the counties. faults: all that is to be said.
    """

    day: date
    county: Place | None
    whole: Place
    places: list[Place]
    faults: list[Fault]
    least: int


def province(
    ws: Workspace, actor: Actor, *, as_of: date | None = None, county: str | None = None
) -> Province:
    """Counties, or the townships of `county`, as of a day, from the place that settings name.

    as_of: None for the last day through which a county is published, or none would ever be in time.
    The figures are those of rollup.coverage; small counts are hidden in the whole tree at once, so
    that no level tells what another hides, and what lies in no area is not told. For whoever sees
    figures without a limit of area. Raises NotAllowed, UnknownArea, DayToCome,
    RollupUnreadable where `county` is such, and as rollup.survey.
    """
    require(actor, Action.SEE_FIGURES)
    if not actor.scope.everything:
        raise NotAllowed(role=actor.role.value, action="see other counties")
    day = day_of(as_of, ws.today())
    found = _surveyed(ws.settings, day)
    last = max((date.fromisoformat(one.through) for one, _ in found.counties), default=day)
    if as_of is None and last < day:
        day, found = last, _surveyed(ws.settings, last)
    known = [manifest.county for manifest, _ in found.counties]
    if county is not None and county not in known:
        raise UnknownArea(area=county)
    found, counts, shapes = _counts(found, day, county)
    known = [manifest.county for manifest, _ in found.counties]
    if county is not None and county not in known:
        raise RollupUnreadable(county=county)
    tree = _Tree.of(found.counties, counts)
    least = max(LEAST_POSSIBLE, ws.settings.small_counts_below)
    hide = tree.hidden(least)
    if county is None:
        rows = [row for row, above in enumerate(tree.parent) if above == 0]
        top = 0
    else:
        top = tree.codes.index(county)
        rows = [row for row, above in enumerate(tree.parent) if above == top]
    places = [tree.place(row, hide, shapes) for row in rows]
    places.sort(key=lambda p: (p.share is None, -(p.share or 0), p.code))
    whole = tree.place(top, hide, {})
    faults = [fault for fault in found.faults if county in (None, fault.county)]
    return Province(day, whole if county else None, whole, places, faults, least)


def _counts(
    found: Found, day: date, county: str | None
) -> tuple[Found, dict[str, Counted], dict[str, Any]]:
    """What can be read: its counties, counts by county, and the shapes of what is shown."""
    counts: dict[str, Counted] = {}
    shapes: dict[str, Any] = {}
    unread: list[str] = []
    for pair in found.counties:
        manifest, folder = pair
        try:
            counted = _counted(folder, manifest.published_at, day)
            if county in (None, manifest.county):
                shapes |= rollup.outlines([pair], "county" if county is None else "township")
        except RollupUnreadable:
            unread.append(manifest.county)
        else:
            counts[manifest.county] = counted
    return found.without(unread), counts, shapes


def _surveyed(settings: Settings, day: date) -> Found:
    return rollup.survey(
        settings.rollup_folder, day, settings.rollup_expected, settings.rollup_cache
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Tree:
    """All of it (row 0), its counties, their townships. parent: the row above, -1 for none."""

    codes: list[str]
    names: list[str]
    parent: Ints
    households: Ints
    gap: Ints

    @classmethod
    def of(cls, counties: list[tuple[Manifest, Path]], counts: dict[str, Counted]) -> _Tree:
        rows: list[tuple[str, str, int, int, int]] = [("", "", -1, 0, 0)]
        for manifest, _ in counties:
            whole, towns = counts[manifest.county]
            at = len(rows)
            rows.append((manifest.county, manifest.name, 0, *whole))
            rows += [(code, name, at, homes, gap) for code, name, homes, gap in towns]
        codes, names, parent, households, gap = (list(column) for column in zip(*rows, strict=True))
        numbers = [np.array(column, dtype=np.int64) for column in (parent, households, gap)]
        for column in numbers[1:]:
            column[0] = column[numbers[0] == 0].sum()
        return cls(codes, names, *numbers)

    def hidden(self, least: int) -> tuple[Bools, Bools]:
        """Which numbers of households, and of gaps, are not told."""
        codes = self.codes
        first = hidden(self.households, self.parent, codes=codes, least=least)
        most = np.where(first, 10**12, self.households)
        second = hidden(self.gap, self.parent, codes=codes, least=least, most=most, also=first)
        return first, second

    def place(self, row: int, hide: tuple[Bools, Bools], shapes: dict[str, Any]) -> Place:
        homes = None if hide[0][row] else int(self.households[row])
        gap = None if hide[1][row] else int(self.gap[row])
        share = gap / homes if gap is not None and homes else None
        code = self.codes[row]
        return Place(code, self.names[row], homes, gap, share, shapes.get(code))


Counts = tuple[int, int]
Counted = tuple[Counts, list[tuple[str, str, int, int]]]
"""Households and gaps of a county, and code, name and those of each of its townships."""


@lru_cache(maxsize=2048)
def _counted(folder: Path, published_at: str, day: date) -> Counted:
    """The counts of a county as of a day.

    published_at: of its manifest; with the folder it says which publication is meant.
    """
    del published_at
    whole, towns = rollup.with_townships(Manifest.read(folder), folder, day)
    households, gap = (rollup.COUNTS.index(name) for name in ("households", "gap"))
    return (
        (whole[households], whole[gap]),
        [(code, name, sums[households], sums[gap]) for code, (name, sums) in towns.items()],
    )
