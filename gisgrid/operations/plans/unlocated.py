"""Households without a location, and cases that have but such a one: they go with the ground.

They count in the grid that the household names; of one that is no more, in the grid that holds most
of its ground (coverage.heir). Where a reverse brings the grid back, they come back with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gisgrid import coverage
from gisgrid.redraw import NOWHERE, local
from gisgrid.snapshot.cache import Cache
from gisgrid.snapshot.heirs import way

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from gisgrid.columns import Bools, Ints, Objects
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.operations.plans.ground import Bounds
    from gisgrid.snapshot import Snapshot

    Which = Callable[[Ints], Bools]

_PLANS = 8


class Unlocated:
    """The unlocated of one day.

    listed, is_open: which rows of the households, and of the cases, count on that day. before: the
    same of a state before, on the same day: what holds still is taken over.
    """

    def __init__(
        self, snapshot: Snapshot, listed: Which, is_open: Which, before: Unlocated | None
    ) -> None:
        self._snapshot, self._listed, self._is_open = snapshot, listed, is_open
        # Revision -> code in that plan -> rows.
        self._homes: Cache[int, dict[str, Ints]] = Cache(_PLANS)
        self._cases: Cache[int, dict[str, Ints]] = Cache(_PLANS)
        if before is None:
            return
        then = before._snapshot
        if then.households is snapshot.households and then.plans is snapshot.plans:
            self._homes = before._homes
            if then.cases is snapshot.cases:
                self._cases = before._cases

    def named(
        self, drawing: Drawing, codes: Collection[str], around: Sequence[Bounds] | None
    ) -> tuple[dict[str, Ints], ...]:
        """Code -> the unlocated households, and the cases of such, that count in that grid.

        Of those that the drawing has ended, in the grid that holds most of its ground
        (coverage.heir). around: where to look for such; None: everywhere.
        """
        by_base: tuple[dict[str, Ints], ...] = (
            self._homes.get(drawing.revision, lambda: self._homes_of(drawing)),
            self._cases.get(drawing.revision, lambda: self._cases_of(drawing)),
        )
        by_base = self._come_back(drawing, by_base)
        found = tuple({c: of[c] for c in codes if c in of and c in drawing.plan} for of in by_base)
        for gone in drawing.gone:
            if not any(gone in of for of in by_base):
                continue
            shape = drawing.base[gone].polygon
            if around is not None and not any(_meet(shape.bounds, box) for box in around):
                continue
            near = local(drawing.plan, drawing.plan.near(shape.bounds))
            at = coverage.heir(shape, near)
            code = str(near.code[at]) if at >= 0 else NOWHERE
            for side, of in zip(found, by_base, strict=True):
                if gone in of:
                    rows = [*([side[code]] if code in side else []), of[gone]]
                    side[code] = np.concatenate(rows)
        return found

    def _come_back(
        self, drawing: Drawing, by_base: tuple[dict[str, Ints], ...]
    ) -> tuple[dict[str, Ints], ...]:
        """Who names a grid that the drawing has again (a reverse gave it back) counts in it.

        Not in its heir of the base any more, as it will be when the drawing is published.
        """
        homes, cases = self._snapshot.households, self._snapshot.cases
        fresh = {c for c in drawing.origins if c in drawing.plan and c not in drawing.base}
        again = self._again(drawing, fresh) if fresh else {}
        if not again:
            return by_base
        sides = []
        for of, households in zip(by_base, (None, cases.household), strict=True):
            side = {}
            every = np.concatenate([np.empty(0, dtype=np.int64), *of.values()])
            names = homes.named[every if households is None else households[every]]
            there = dict(zip(every.tolist(), names.tolist(), strict=True))
            for code, rows in of.items():
                side[code] = rows[[there[row] not in again for row in rows.tolist()]]
            for at, code in again.items():
                parts = [*([side[code]] if code in side else []), every[names == at]]
                side[code] = np.concatenate(parts)
            sides.append({code: rows for code, rows in side.items() if len(rows)})
        return tuple(sides)

    def _again(self, drawing: Drawing, fresh: Collection[str]) -> dict[int, str]:
        """Code that households name (its index) -> the grid that came back and has its ground."""
        snapshot = self._snapshot
        plans = [plan for plan in snapshot.plans if plan.revision <= drawing.revision]
        known = set(snapshot.areas.code)
        found = {}
        for at, code in enumerate(snapshot.households.codes):
            if code not in drawing.base and code not in known:
                there = (each for each in way(str(code), plans) if each in drawing.plan)
                if (first := next(there, None)) in fresh:
                    found[at] = str(first)
        return found

    def _homes_of(self, drawing: Drawing) -> dict[str, Ints]:
        """Code in the plan that is drawn on -> rows of the unlocated households that name it."""
        homes = self._snapshot.households
        rows = np.flatnonzero(homes.named >= 0)
        rows = rows[self._listed(rows)]
        return _by_code(self._codes(drawing), rows, homes.named[rows])

    def _cases_of(self, drawing: Drawing) -> dict[str, Ints]:
        """`_homes_of`, of the cases that have but such a household."""
        homes, cases = self._snapshot.households, self._snapshot.cases
        rows = np.flatnonzero(np.isnan(cases.lon) & ~cases.own_point & (cases.household >= 0))
        rows = rows[self._is_open(rows)]
        named = homes.named[cases.household[rows]]
        return _by_code(self._codes(drawing), rows[named >= 0], named[named >= 0])

    def _codes(self, drawing: Drawing) -> Objects:
        """What the codes that households name are in the plan that is drawn on."""
        homes = self._snapshot.households
        base = self._snapshot.published(drawing.revision)
        if base is None:  # a withdrawn plan
            return np.array([c if c in drawing.base else NOWHERE for c in homes.codes], object)
        found: Objects = np.append(base.code, NOWHERE)[self._snapshot.heirs(base)]
        return found


def _meet(one: Bounds, other: Bounds) -> bool:
    """Whether two boxes have a point in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _by_code(codes: Objects, rows: Ints, named: Ints) -> dict[str, Ints]:
    """Code -> the rows that name it; several of `codes` may be one. named: index into them."""
    found: dict[str, list[Ints]] = {}
    order = np.argsort(named, kind="stable")
    which, starts = np.unique(named[order], return_index=True)
    for i, part in zip(which.tolist(), np.split(rows[order], starts[1:]), strict=False):
        if codes[i] != NOWHERE:
            found.setdefault(str(codes[i]), []).append(part)
    return {code: np.concatenate(parts) for code, parts in found.items()}
