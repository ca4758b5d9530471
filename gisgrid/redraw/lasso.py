"""Households inside a lasso go to a chosen grid. Makes a Wish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.areas import given, under
from gisgrid.redraw.codes import known
from gisgrid.redraw.cutting import drawn_area
from gisgrid.redraw.faults import Fault, Refused
from gisgrid.redraw.households import NOWHERE, inside, placed
from gisgrid.redraw.settling import Outcome, place_of, settle

if TYPE_CHECKING:
    from gisgrid.columns import Floats, Ints, Objects
    from gisgrid.redraw.edits import Assign
    from gisgrid.redraw.households import Homes
    from gisgrid.redraw.plan import Plan
    from gisgrid.redraw.settling import Wish

_CORRIDORS_M = (6.0, 3.0, 1.5)
"""Widths of the strip that joins a lasso to its grid, the widest that holds no other household."""
_WAYS = 12
"""From how many places of the lasso a strip is tried."""


def assign(plan: Plan, edit: Assign, homes: Homes) -> Outcome:
    """Give the households inside a lasso to one grid; all others stay where they are.

    The ground inside the lasso goes along, of those grids that have such households; where that
    does not touch the grid, a strip without households joins it.
    """
    known(plan, edit.to)
    lasso = drawn_area(plan, edit.lasso)
    rows = inside(homes, lasso)
    codes = _codes(plan, homes, rows)
    donors = sorted({str(code) for code in codes if code and code != edit.to})
    if not donors:
        raise Refused(Fault("nothing_inside", (edit.to,), place_of(lasso)))
    outcome = settle(plan, _given_with(plan, edit, lasso, donors, homes))
    _check_homes(plan, outcome, edit, homes, lasso)
    return outcome


def _given_with(plan: Plan, edit: Assign, lasso: Any, donors: list[str], homes: Homes) -> Wish:
    """The first way that works: the lasso in its donors, in all under it, with a strip."""
    more = [code for code in under(plan, lasso) if code != edit.to]
    refused: Refused | None = None
    for some in [donors, more] if len(more) > len(donors) else [donors]:
        try:
            return given(plan, lasso, some, edit.to, homes, allows=edit)
        except Refused as err:
            refused = err
            if err.faults[0].what != "apart":
                raise
    joined_up = _with_strip(plan, lasso, edit.to, homes)
    if joined_up is None:
        raise refused or Refused(Fault("apart", (edit.to,), place_of(lasso)))
    donors = [code for code in under(plan, joined_up) if code != edit.to]
    return given(plan, joined_up, donors, edit.to, homes, allows=edit)


def _with_strip(plan: Plan, lasso: Any, to: str, homes: Homes) -> Any | None:
    """The lasso and a strip without other households to its grid; None where there is no way."""
    (target,) = plan.units([to])
    y = float(lasso.centroid.y)
    metric, goal = lattice.flat(lasso, y), lattice.flat(target, y)
    points = shapely.line_interpolate_point(
        metric.exterior, np.linspace(0, 1, _WAYS, endpoint=False), normalized=True
    )
    ways = shapely.shortest_line(np.append(points, metric), goal)
    ways = ways[shapely.length(ways) > 0]
    ways = ways[np.argsort(shapely.length(ways))]
    for width in _CORRIDORS_M:
        for way in ways:
            ends = shapely.get_coordinates(way)
            step = (ends[1] - ends[0]) / way.length * width
            line = shapely.linestrings([ends[0] - step, ends[1] + step])
            strip = lattice.unflat(line.buffer(width / 2, cap_style="flat"), y)
            whole = shapely.union(lasso, strip, grid_size=1.0)
            if whole.geom_type != "Polygon" or len(whole.interiors):
                continue
            own = set(inside(homes, lasso).tolist())
            new = np.array([r for r in inside(homes, strip).tolist() if r not in own], dtype=int)
            if all(code == to for code in _codes(plan, homes, new)):
                return whole
    return None


def _codes(plan: Plan, homes: Homes, rows: Ints) -> Objects:
    """The grids of some households."""
    lon, lat = homes.lon[rows], homes.lat[rows]
    if len(rows) == 0:
        return np.empty(0, dtype=object)
    return placed(plan, _box(lon, lat), lon, lat)


def _box(lon: Floats, lat: Floats) -> tuple[float, float, float, float]:
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _check_homes(plan: Plan, made: Outcome, edit: Assign, homes: Homes, lasso: Any) -> None:
    """Refuse where a household inside would not change grids, or one outside would.

    That is the case where one stands within a centimetre of the lasso.
    """
    polygons = lattice.array_of(plan[code].polygon for code in made.changed)
    west, south, east, north = shapely.total_bounds(polygons).tolist()
    rows = homes.within((west, south, east, north))
    was, now = _codes(plan, homes, rows), _codes(made.plan, homes, rows)
    held = np.isin(rows, inside(homes, lasso)) & (was != NOWHERE)
    wrong = np.where(held, now != edit.to, now != was)
    if wrong.any():
        at = rows[np.flatnonzero(wrong)[0]]
        place = lattice.degrees_of((homes.lon[at] * lattice.SCALE, homes.lat[at] * lattice.SCALE))
        raise Refused(Fault("too_close", (edit.to,), place, float(wrong.sum()), "households"))
