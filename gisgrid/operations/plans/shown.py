"""Drafts in JSON types: grids as features with their figures, and the effect of a change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely

from gisgrid.operations.plans.ground import COUNTS, boxes
from gisgrid.redraw import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from gisgrid.columns import Ints, Objects
    from gisgrid.operations.plans.ground import Areas, Ground, Lying
    from gisgrid.redraw import Grid, Plan

MOVED_MOST = 100
"""Most households or cases that an answer names one by one; the count is always of all."""

_NONE = (0,) * len(COUNTS)


def features(
    grids: Sequence[Grid],
    counts: dict[str, tuple[int, ...]],
    areas: Areas,
    *,
    editable: Callable[[Grid], bool],
    changed: Collection[str],
    names: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Grids as GeoJSON features (EPSG:4326). names: of areas, by code."""
    shapes = [shapely.to_geojson(grid.polygon) for grid in grids]
    return [
        {
            "type": "Feature",
            "geometry": json.loads(shape),
            "properties": {
                "code": grid.code,
                "name": grid.name,
                "area_code": grid.area_code,
                "area": names.get(grid.area_code or ""),
                "member": grid.member,
                "visit_every_days": grid.visit_every_days,
                "editable": editable(grid),
                "changed": grid.code in changed,
                **dict(zip(COUNTS, counts.get(grid.code, _NONE), strict=True)),
                "area_km2": km2,
            },
        }
        for grid, shape, km2 in zip(grids, shapes, areas.km2(grids), strict=True)
    ]


class Effect:
    """What a change does: the figures of the touched grids, and who and what changes hands.

    before, after: two plans; touched: the codes of the grids in which they differ and that are
    seen; sees: for each plan, whether a grid of it is seen (None: all of the county is). What moves
    between two grids that are not seen is left out.
    """

    def __init__(
        self,
        ground: Ground,
        areas: Areas,
        before: Plan,
        after: Plan,
        touched: Collection[str],
        sees: tuple[Callable[[Grid], bool], Callable[[Grid], bool]] | None,
    ) -> None:
        self._ground, self._areas = ground, areas
        self._plans = (before, after)
        self._sees = sees
        self._look(touched)
        # A household on the very edge lies in the grid of the lowest code: a new code next to a
        # grid that stays as it is may hand it over.
        beside = {c for _, *codes in self._moved_homes for c in codes if self._seen(c)}
        if not beside <= set(self._touched):
            self._look({*touched, *beside})

    def _look(self, touched: Collection[str]) -> None:
        self._touched = sorted(touched)
        around = [bounds for plan in self._plans for bounds in boxes(plan, self._touched)]
        self.before, self.after = (
            self._ground.lying_within(plan, self._touched, around) for plan in self._plans
        )
        self._moved_homes = self._moved(
            (self.before.homes, self.before.home_codes), (self.after.homes, self.after.home_codes)
        )

    def _seen(self, code: str) -> bool:
        """Whether one of the two plans has a grid of this code that is seen."""
        sees = self._sees
        return any(
            code in plan and (sees is None or sees[side](plan[code]))
            for side, plan in enumerate(self._plans)
        )

    def _moved(
        self, before: tuple[Ints, Objects], after: tuple[Ints, Objects]
    ) -> list[tuple[int, str, str]]:
        """What moved out of or into a grid that is seen."""
        pairs = moved(before, after)
        seen = {code for code in {c for _, *codes in pairs for c in codes} if self._seen(code)}
        return [pair for pair in pairs if not seen.isdisjoint(pair[1:])]

    def to_json(self) -> dict[str, Any]:
        """As an edit's answer carries it."""
        return {"grids": self.grids(), **self.hands(MOVED_MOST)}

    def hands(self, most: int) -> dict[str, Any]:
        """Households and cases that change hands: how many, and the first of them by id."""
        households, cases = self.moved_households(), self.moved_cases()
        return {
            "households": {"count": len(households), "moved": households[:most]},
            "cases": {"count": len(cases), "moved": cases[:most]},
        }

    def grids(self) -> list[dict[str, Any]]:
        """Figures of each touched grid before and after; None where it is not."""
        sides = [
            self._side(plan, lying) for plan, lying in zip(self._plans, self._lying, strict=True)
        ]
        before, after = self._plans
        return [
            {
                "code": code,
                "name": (after[code] if code in after else before[code]).name,
                "before": sides[0].get(code),
                "after": sides[1].get(code),
            }
            for code in self._touched
        ]

    @property
    def _lying(self) -> tuple[Lying, Lying]:
        return self.before, self.after

    def _side(self, plan: Plan, lying: Lying) -> dict[str, dict[str, Any]]:
        grids = [plan[code] for code in self._touched if code in plan]
        return {
            grid.code: {
                **dict(zip(COUNTS, lying.counts.get(grid.code, _NONE), strict=True)),
                "area_km2": km2,
                "member": grid.member,
            }
            for grid, km2 in zip(grids, self._areas.km2(grids), strict=True)
        }

    def moved_households(self) -> list[dict[str, Any]]:
        """Listed households that lie in another grid afterwards, by id."""
        return _named(self._ground.snapshot.households.id, self._moved_homes)

    def moved_cases(self) -> list[dict[str, Any]]:
        """Open cases that lie in another grid afterwards, by id."""
        pairs = self._moved(
            (self.before.cases, self.before.case_codes), (self.after.cases, self.after.case_codes)
        )
        return _named(self._ground.snapshot.cases.id, pairs)


def moved(before: tuple[Ints, Objects], after: tuple[Ints, Objects]) -> list[tuple[int, str, str]]:
    """(row, from, to) of the rows whose code differs. Both have the same rows."""
    rows = dict(zip(before[0].tolist(), before[1].tolist(), strict=True))
    now = dict(zip(after[0].tolist(), after[1].tolist(), strict=True))
    return [(row, old, now.get(row, NOWHERE)) for row, old in rows.items() if old != now.get(row)]


def _named(ids: Objects, pairs: Iterable[tuple[int, str, str]]) -> list[dict[str, Any]]:
    rows = [{"id": ids[row], "from": old or None, "to": new or None} for row, old, new in pairs]
    return sorted(rows, key=lambda row: str(row["id"]))
