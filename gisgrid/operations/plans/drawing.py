"""What a draft looks like after each of its edits: plans as values, kept while they are in use.

An edit is a value and never changes, so a drawing is known by the revision it builds on and its
last edit. A drawing that was forgotten is made again from the images that the edits keep.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisgrid.access import EVERYWHERE
from gisgrid.errors import EditUnreadable
from gisgrid.operations.plans.images import DAMAGE, unpacked
from gisgrid.redraw import Grid, Plan, differing, unchanged
from gisgrid.snapshot.cache import Cache

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from gisgrid.store import Draft, EditRow, Store

_DRAWINGS = 256
_BASES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """The plan of a draft, and how it differs from the one that it builds on.

    revision: of the plan that it builds on. origins: code -> the codes of the base that its ground
    came from, for all that was touched. gone: codes of the base that no longer are.
    """

    base: Plan
    plan: Plan
    revision: int
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    @classmethod
    def begun(cls, base: Plan, revision: int) -> Drawing:
        """The drawing before its first edit."""
        return cls(base, base, revision)

    def after(
        self,
        plan: Plan,
        changed: Collection[str],
        removed: Collection[str],
        came_from: Mapping[str, Sequence[str]],
    ) -> Drawing:
        """The drawing after an edit."""
        fresh = {
            code: tuple(
                sorted({o for c in came_from.get(code, (code,)) for o in self.origins_of(c)})
            )
            for code in changed
        }
        origins = {c: o for c, o in self.origins.items() if c not in removed} | fresh
        gone = (self.gone | {c for c in removed if c in self.base}) - set(changed)
        return Drawing(self.base, plan, self.revision, origins, gone)

    def origins_of(self, code: str) -> tuple[str, ...]:
        """The codes of the base that a grid's ground came from."""
        found = self.origins.get(code)
        return (code,) if found is None else found

    def changed(self) -> set[str]:
        """Codes that are not as they are in the base, by any corner: changed, new or gone."""
        return differing(*self.sides())

    def redrawn(self, code: str) -> bool:
        """Whether people find a grid changed: more than by a corner beside an edge, new or gone."""
        if code not in self.origins and code not in self.gone:
            return False
        return not unchanged(self.base.get(code), self.plan.get(code))

    def sides(self) -> tuple[dict[str, Grid], dict[str, Grid]]:
        """The touched grids as they were in the base, and as they are."""
        touched = {*self.origins, *self.gone, *(o for of in self.origins.values() for o in of)}
        before = {code: self.base[code] for code in touched if code in self.base}
        after = {code: self.plan[code] for code in touched if code in self.plan}
        return before, after


class Drawings:
    """The drawings of one store, for all threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bases: Cache[int, Plan] = Cache(_BASES)
        self._kept: Cache[tuple[int, int | None], Drawing] = Cache(_DRAWINGS)

    def base(self, revision: int) -> Plan:
        """A published plan, to the last digit as the store has it."""
        return self._bases.get(
            revision,
            lambda: Plan.of(self.grids(revision), ended=self._store.codes_until(revision)),
        )

    def parent(self, revision: int) -> int | None:
        """The plan that a revision changed; None for the first."""
        standing = [row.revision for row in self._store.published() if not row.withdrawn]
        return max((number for number in standing if number < revision), default=None)

    def grids(self, revision: int) -> list[Grid]:
        """All grids of a revision."""
        (published,) = self._store.published(revision)
        if published.withdrawn:
            rows = self._store.withdrawn_grids(revision, scope=EVERYWHERE)
        else:
            rows = self._store.grids(scope=EVERYWHERE, revision=revision)
        return _read(rows)

    def shown(self) -> list[Grid]:
        """The grids of the layer that a GIS shows."""
        return _read(self._store.grids(scope=EVERYWHERE))

    def of(self, draft: Draft) -> Drawing:
        """The draft as it stands."""
        return self.at(draft.base_revision, draft.head)

    def at(self, base: int, head: int | None) -> Drawing:
        """The drawing after the edit `head` (None: before the first)."""
        found = self._kept.peek((base, head))
        if found is not None:
            return found
        path = self._store.edit_path(head)
        known = next((e for e in path if self._kept.peek((base, e)) is not None), None)
        drawing = None if known is None else self._kept.peek((base, known))
        if drawing is None:
            known, drawing = None, Drawing.begun(self.base(base), base)
        for edit in self._store.edits(head, images=True, since=known):
            drawing = replayed(drawing, edit)
        return self.keep(base, head, drawing)

    def keep(self, base: int, head: int | None, drawing: Drawing) -> Drawing:
        """Keep a drawing at hand."""
        return self._kept.put((base, head), drawing)


def replayed(drawing: Drawing, edit: EditRow) -> Drawing:
    """The drawing after an edit that was made before, from its images. Raises EditUnreadable."""
    try:
        before, after = unpacked(edit.before), unpacked(edit.after)
        came_from = json.loads(edit.came_from)
    except DAMAGE as err:
        raise EditUnreadable(step=edit.step, edit=edit.id) from err
    removed = [code for code in before if code not in after]
    return drawing.after(drawing.plan.replaced(after, removed), list(after), removed, came_from)


def _read(rows: Any) -> list[Grid]:
    """A frame of the store as grids."""
    words = (rows[name] for name in ("code", "name", "area_code", "member"))
    every = [None if pd.isna(n) else int(n) for n in rows["visit_every_days"].tolist()]
    return [
        Grid(code, name, area, member, days, polygon)
        for code, name, area, member, days, polygon in zip(
            *words, every, rows.geometry, strict=True
        )
    ]
