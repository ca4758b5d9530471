"""How large a file may be that comes back, beside the draft that it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from gisgrid.errors import FileTooMuch
from gisgrid.redraw.lattice import array_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from gisgrid.redraw import Plan
    from gisgrid.redraw.returned import Row

TIMES = 3
MORE_GRIDS, MORE_CORNERS = 200, 50_000
"""A file may hold so many times what the draft holds, and so much more."""
BESIDE = 40
"""How many others a grid may meet on the average, by its box; in a plan it is about eight."""


def check_size(rows: Collection[Row], plan: Plan, mine: Collection[str], name: str) -> None:
    """Refuse what no drawing of this draft can be: holding it against the draft would take long.

    Raises FileTooMuch.
    """
    shapes = array_of(row.polygon for row in rows if row.polygon is not None)
    corners = int(shapely.get_num_coordinates(shapes).sum())
    known = int(shapely.get_num_coordinates(array_of(plan[code].polygon for code in mine)).sum())
    few = len(rows) <= TIMES * len(mine) + MORE_GRIDS and corners <= TIMES * known + MORE_CORNERS
    meetings = len(shapely.STRtree(shapes).query(shapes)[0]) if few else 0
    if not few or meetings > BESIDE * (len(shapes) + MORE_GRIDS):
        raise FileTooMuch(file=name, grids=len(rows), corners=corners, meetings=meetings)
