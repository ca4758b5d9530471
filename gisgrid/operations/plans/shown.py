"""Drafts in JSON types: grids as features with their figures, and the effect of a change."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.operations.plans.ground import COUNTS, boxes
from gisgrid.operations.plans.served import lacking
from gisgrid.redraw import NOWHERE, unchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from gisgrid.columns import Cases, Households, Ints, Objects
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.operations.plans.ground import Lying
    from gisgrid.operations.plans.measuring import Areas
    from gisgrid.redraw import Grid, Plan

PAGE_ROWS = 100
"""Households or cases that an answer names one by one; `comparing.moved` gives the others."""

_NONE = (0,) * len(COUNTS)


def features(
    grids: Sequence[Grid],
    counts: dict[str, tuple[int, ...]],
    areas: Areas,
    *,
    editable: Callable[[Grid], bool],
    changed: Callable[[str], bool],
    names: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Grids as GeoJSON features (EPSG:4326).

    changed: whether a grid differs from the plan that its draft builds on. names: of areas, by
    code.
    """
    return [
        {
            "type": "Feature",
            "geometry": geometry(grid.polygon),
            "properties": {
                "code": grid.code,
                "name": grid.name,
                "area_code": grid.area_code,
                "area": names.get(grid.area_code or ""),
                "member": grid.member,
                "visit_every_days": grid.visit_every_days,
                "editable": editable(grid),
                "changed": changed(grid.code),
                **dict(zip(COUNTS, counts.get(grid.code, _NONE), strict=True)),
                "area_km2": km2,
            },
        }
        for grid, km2 in zip(grids, areas.km2(grids), strict=True)
    ]


def geometry(shape: Any) -> dict[str, Any]:
    """A polygon or several as GeoJSON."""
    if shape.geom_type == "Polygon":
        return {"type": "Polygon", "coordinates": _rings(shape)}
    return {"type": "MultiPolygon", "coordinates": [_rings(part) for part in shape.geoms]}


def _rings(polygon: Any) -> list[list[list[float]]]:
    if not shapely.get_num_interior_rings(polygon):
        return [shapely.get_coordinates(polygon).tolist()]
    return [shapely.get_coordinates(ring).tolist() for ring in shapely.get_rings(polygon)]


Sees = tuple["Callable[[Grid], bool]", "Callable[[Grid], bool]"]


class Effect:
    """What a change does: the figures of the touched grids, and who and what changes hands.

    before, after: two drawings; codes: those of all grids in which they differ; sees: for each
    drawing, whether a grid of it is seen (None: all of the county is). Not told are grids that only
    got a corner beside an edge, those that are not seen, and what moves between two of these.
    """

    def __init__(
        self,
        desk: Bench,
        before: Drawing,
        after: Drawing,
        codes: Collection[str],
        sees: Sees | None,
    ) -> None:
        self._desk = desk
        self._sides = (before, after)
        self._sees = sees
        redrawn = [
            code
            for code in codes
            if not unchanged(*(drawing.plan.get(code) for drawing in self._sides))
        ]
        # All at once: they are asked for one by one later.
        desk.areas.km2(d.plan[c] for d in self._sides for c in codes if c in d.plan)
        told = sorted(code for code in redrawn if self._seen(code))
        # A grid with a mere corner has what it had, where that is known; else it is counted along,
        # so that it needs no look of its own.
        self._kept = desk.counts_at_hand(before, set(codes).difference(redrawn))
        self._look(sorted(set(codes).difference(self._kept)), told)
        if self._kept and (self._homes.outward or self._cases.outward):
            self._kept = {}  # what moved may have come from one of them, or gone to it
            self._look(sorted(codes), told)
        # A household on the very edge lies in the grid of the lowest code: a new code next to a
        # grid that stays as it is may hand it over.
        beside = (self._homes.codes | self._cases.codes) - {*redrawn, NOWHERE}
        if beside:
            self._kept = {}
            seen = [*self._told, *(code for code in beside if self._seen(code))]
            self._look(sorted({*codes, *beside}), sorted(seen))

    def _look(self, codes: list[str], told: list[str]) -> None:
        """codes: grids between which things may move; told: those of them that are told."""
        self._told = told
        around = [b for drawing in self._sides for b in boxes(drawing.plan, codes)]
        ground = self._desk.ground
        near = ground.near(around)
        self._lying = ground.lying_in(self._sides, codes, near)
        one, two = self._lying
        members = [_members(drawing.plan, codes) for drawing in self._sides]
        areas = [_areas(drawing.plan, codes) for drawing in self._sides]
        homes = (one.homes, one.home_codes), (two.homes, two.home_codes)
        cases = (one.cases, one.case_codes), (two.cases, two.case_codes)
        self._homes, self._cases = (
            Moved(*sides, members, areas, self._known) for sides in (homes, cases)
        )

    def _seen(self, code: str) -> bool:
        """Whether one of the two plans has a grid of this code that is seen."""
        return any(
            code in drawing.plan and (self._sees is None or self._sees[side](drawing.plan[code]))
            for side, drawing in enumerate(self._sides)
        )

    def _known(self, code: str) -> bool:
        """Whether what moves out of or into a grid is told."""
        return code in self._told or (code != NOWHERE and self._seen(code))

    def to_json(self) -> dict[str, Any]:
        """As an edit's answer carries it."""
        return {"grids": self.grids(), **self.hands(PAGE_ROWS)}

    def hands(self, most: int | None, page: int = 1) -> dict[str, Any]:
        """Households and cases that change hands: how many, and a page of them by id.

        most: rows of a page; None for all of them on one. next: the page behind, None for none.

        count: those that lie in another grid; to_other_member: those for which another member
        answers, also where a grid got another one; to_other_area; to_none: those of `count` that
        lie in no grid afterwards; unlocated: those of `count` that have no location, and go with
        the ground of the grid that they name. unserved: the open cases that nobody answers for any
        more.
        """
        snapshot = self._desk.snapshot
        return {
            "households": self._homes.told(snapshot.households, most, page),
            "cases": self._cases.told(snapshot.cases, most, page),
            "unserved": self._unserved(most),
        }

    def _unserved(self, most: int | None) -> dict[str, Any]:
        """`unserved` as answers carry it; already: how many had no member before either."""
        rows = self.unserved()
        already = list(lacking(self._sides, self._lying, self._known, served=False))
        return {"count": len(rows), "already": len(already), "cases": rows[:most]}

    def unserved(self) -> list[dict[str, Any]]:
        """Open cases that a member answered for before, and none does afterwards: id, from, to."""
        found = lacking(self._sides, self._lying, self._known, served=True)
        ids = self._desk.snapshot.cases.id
        return sorted(
            ({"id": str(ids[row]), "from": was, "to": now or None} for row, was, now in found),
            key=lambda case: str(case["id"]),
        )

    def grids(self) -> list[dict[str, Any]]:
        """Figures of each touched grid before and after; None where it is not."""
        sides = [
            self._side(drawing.plan, lying)
            for drawing, lying in zip(self._sides, self._lying, strict=True)
        ]
        before, after = (drawing.plan for drawing in self._sides)
        return [
            {
                "code": code,
                "name": (after[code] if code in after else before[code]).name,
                "before": sides[0].get(code),
                "after": sides[1].get(code),
            }
            for code in self._told
            if code in before or code in after
        ]

    def moved_rows(self) -> list[int]:
        """Rows of the located households that lie in another grid afterwards."""
        rows = self._homes.rows
        found: list[int] = rows[~np.isnan(self._desk.snapshot.households.lon[rows])].tolist()
        return found

    def counts(self) -> dict[str, tuple[int, ...]]:
        """COUNTS afterwards of all grids in which the two differ."""
        return self._lying[1].counts | self._kept

    def _side(self, plan: Plan, lying: Lying) -> dict[str, dict[str, Any]]:
        grids = [plan[code] for code in self._told if code in plan]
        return {
            grid.code: {
                **dict(zip(COUNTS, lying.counts.get(grid.code, _NONE), strict=True)),
                "area_km2": km2,
                "name": grid.name,
                "member": grid.member,
                "visit_every_days": grid.visit_every_days,
                "area_code": grid.area_code,
                "area": self._desk.area_names.get(grid.area_code or ""),
            }
            for grid, km2 in zip(grids, self._desk.areas.km2(grids), strict=True)
        }


class Moved:
    """Which of some rows lie in another grid afterwards, or have another member or area.

    before, after: rows and the code of each. members, areas: for each side, code -> word. told:
    whether what moves out of or into a grid is told.
    """

    def __init__(
        self,
        before: tuple[Ints, Objects],
        after: tuple[Ints, Objects],
        members: Sequence[dict[str, str]],
        areas: Sequence[dict[str, str]],
        told: Callable[[str], bool],
    ) -> None:
        (rows, was), (others, now) = before, after
        if not np.array_equal(rows, others):  # unlocated ones in another order
            rows, left, right = np.intersect1d(rows, others, return_indices=True)
            was, now = was[left], now[right]
        other = was != now
        stayed = Counter(was[~other].tolist())  # nearly all: by one word, not by two
        rows, was, now = rows[other], was[other], now[other]
        moved = Counter(zip(was.tolist(), now.tolist(), strict=True))
        # To or from beyond the grids that were looked at.
        self.outward = any(NOWHERE in pair for pair in moved)
        pairs = {(code, code): count for code, count in stayed.items()} | moved
        shown = {pair: count for pair, count in pairs.items() if any(map(told, pair))}
        known = [pair in shown for pair in zip(was.tolist(), now.tolist(), strict=True)]
        kept = np.array(known, dtype=bool)
        self.rows, self._was, self._now = rows[kept], was[kept], now[kept]
        self.codes = {code for pair in shown if pair[0] != pair[1] for code in pair}
        self.to_none = sum(n for (a, b), n in shown.items() if b == NOWHERE != a)
        # Nobody answers for what falls out of the plan.
        stays = {pair: count for pair, count in shown.items() if pair[1] != NOWHERE}
        placed = {pair: count for pair, count in stays.items() if pair[0] != NOWHERE}
        self.to_other_member, self.to_other_area = (
            sum(n for (a, b), n in among.items() if one.get(a, "") != two.get(b, ""))
            for (one, two), among in ((members, stays), (areas, placed))
        )

    def told(self, table: Households | Cases, most: int | None, page: int) -> dict[str, Any]:
        """As answers carry them, by id, so many on a page."""
        unlocated = np.isnan(table.lon[self.rows])
        ids = table.id[self.rows]
        rows = len(ids) if most is None else most
        start, end = (page - 1) * rows, page * rows
        order = np.argsort(ids.astype(str), kind="stable")[start:end].tolist()
        return {
            "count": len(ids),
            "to_other_member": self.to_other_member,
            "to_other_area": self.to_other_area,
            "to_none": self.to_none,
            "unlocated": int(unlocated.sum()),
            "moved": [
                {"id": ids[i], "from": self._was[i] or None, "to": self._now[i] or None}
                for i in order
            ],
            "next": page + 1 if end < len(ids) else None,
        }


def _members(plan: Plan, codes: Collection[str]) -> dict[str, str]:
    return {code: plan[code].member or "" for code in codes if code in plan}


def _areas(plan: Plan, codes: Collection[str]) -> dict[str, str]:
    return {code: plan[code].area_code or "" for code in codes if code in plan}
