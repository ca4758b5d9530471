"""What a scope may see, as conditions of a statement. Every read of rows passes through here.

An area wins where an area and a grid share a code. The rules are those of the read model
(gisgrid.snapshot.view), on the plan in force: what is counted for an area is what its people see.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, or_, select, true

from gisgrid.store.schema import areas, cases, grids, households, visits

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, ColumnElement, Select, Table

    from gisgrid.access import Scope


class Sight:
    """The conditions of one scope, for one statement."""

    def __init__(self, scope: Scope, code: BindParameter[str] | None = None) -> None:
        """code: a parameter that stands for the scope's code, for a statement that is prepared."""
        self._code = scope.code if code is None else code
        self._all = scope.everything

    @cached_property
    def _tree(self) -> Select[tuple[str]]:
        """Codes of the scope's area and of all areas below it; a circle of parents ends it."""
        tree = select(areas.c.code).where(areas.c.code == self._code).cte("tree", recursive=True)
        # UNION, not UNION ALL: a code that came once does not come again.
        tree = tree.union(select(areas.c.code).where(areas.c.parent_code == tree.c.code))
        return select(tree.c.code)

    def tree(self) -> Select[tuple[str]]:
        """Codes of the scope's area and of those below it; for a scope that is limited."""
        return self._tree

    def areas(self) -> ColumnElement[bool]:
        """Condition on `areas`."""
        return true() if self._all else areas.c.code.in_(self._tree)

    def grids(self, table: Table = grids) -> ColumnElement[bool]:
        """Condition on `grids`, or on `grids_history`."""
        if self._all:
            return true()
        is_area = exists().where(areas.c.code == self._code)
        return or_(table.c.area_code.in_(self._tree), and_(table.c.code == self._code, ~is_area))

    def households(self) -> ColumnElement[bool]:
        """Condition on `households`: in a grid of the scope, or unlocated and naming an area."""
        if self._all:
            return true()
        return or_(
            households.c.placed_in.in_(select(grids.c.code).where(self.grids())),
            and_(
                households.c.geom.is_(None),
                households.c.placed_in.is_(None),
                households.c.grid_code.in_(self._tree),
            ),
        )

    def visits(self) -> ColumnElement[bool]:
        """Condition on `visits`: those of the households seen."""
        if self._all:
            return true()
        homes = select(households.c.id).where(self.households())
        return visits.c.household_id.in_(homes)

    def cases(self) -> ColumnElement[bool]:
        """Condition on `cases`: by their own point, else by their household."""
        if self._all:
            return true()
        codes = select(grids.c.code).where(self.grids())
        homes = select(households.c.id).where(self.households())
        return or_(
            and_(cases.c.geom.is_not(None), cases.c.placed_in.in_(codes)),
            and_(cases.c.geom.is_(None), cases.c.household_id.in_(homes)),
        )
