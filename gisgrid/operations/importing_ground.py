"""What the store holds already, as far as the rows of a file can name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisgrid import coverage
from gisgrid.access import EVERYWHERE
from gisgrid.columns import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisgrid.access import Scope
    from gisgrid.columns import Floats, Ints, Objects
    from gisgrid.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What the store holds already, as far as rows can name it.

    areas: code -> (level, parent code). grids: the latest plan (code, name, area_code, member,
    visit_every_days, geometry). mine_areas, mine_grids: codes within the actor's scope; None where
    the scope is everything. scopes: what accounts are limited to.
    """

    areas: Mapping[str, tuple[str, str | None]]
    grids: pd.DataFrame
    mine_areas: frozenset[str] | None
    mine_grids: frozenset[str] | None
    scopes: frozenset[str]

    @classmethod
    def of(cls, store: Store, scope: Scope) -> Ground:
        """Read areas and plan; whole, because a row may name what lies outside the scope."""
        columns = store.area_columns(scope=EVERYWHERE)
        rows = zip(columns["code"], columns["level"], columns["parent_code"], strict=True)
        areas = {code: (level, parent or None) for code, level, parent in rows}
        plans = store.plan_columns(scope=EVERYWHERE)
        grids = _latest(plans[-1]) if plans else _NO_GRIDS
        scopes = frozenset(person.scope for person in store.people())
        if scope.everything:
            return cls(areas, grids, None, None, scopes)
        mine_areas = frozenset(store.areas(scope=scope)["code"])
        mine_grids = frozenset(store.grids(scope=scope)["code"])
        return cls(areas, grids, mine_areas, mine_grids, scopes)

    def may_area(self, code: str | None) -> bool:
        """Whether the actor may change what lies in an area."""
        return self.mine_areas is None or code in self.mine_areas

    def may_grid(self, code: str | None) -> bool:
        """Whether the actor may change what lies in a grid."""
        return self.mine_grids is None or code in self.mine_grids

    def plan(self) -> Plan:
        """The latest plan, as `coverage.place` takes it."""
        return plan_of(self.grids["code"].to_numpy(), self.grids["geometry"].to_numpy())


GRID_COLUMNS = ("code", "name", "area_code", "member", "visit_every_days")
_NO_GRIDS = pd.DataFrame({name: [] for name in (*GRID_COLUMNS, "geometry")}, dtype=object)


def _latest(rows: Any) -> pd.DataFrame:
    """The rows of a revision as the layer's columns."""
    return pd.DataFrame(
        {
            "code": rows.code,
            "name": [name or None for name in rows.name],
            "area_code": [code or None for code in rows.area_code],
            "member": [member or None for member in rows.member],
            "visit_every_days": [int(days) or None for days in rows.every],
            "geometry": shapely.from_wkb(rows.wkb),
        },
        dtype=object,
    )


def plan_of(codes: Objects, shapes: Objects) -> Plan:
    """A plan of bare shapes, sorted by code, to place points in."""
    order = np.argsort(codes.astype(str), kind="stable")
    nothing = np.full(len(codes), -1, dtype=np.int32)
    empty = np.full(len(codes), None, dtype=object)
    return Plan(
        revision=0,
        valid_from=None,
        valid_to=None,
        code=codes[order],
        name=empty,
        member=empty,
        area=nothing,
        every=nothing,
        geometry=np.asarray(shapes, dtype=object)[order],
    )


def grid_of(lon: Floats, lat: Floats, plan: Plan) -> Objects:
    """Code of the grid that holds each point; None where none does."""
    at: Ints = coverage.place(lon, lat, plan)
    codes: Objects = np.full(len(plan.code) + 1, None, dtype=object)
    codes[:-1] = plan.code
    found: Objects = codes[at]  # -1, for none, is the last
    return found
