"""Edits of whole grids: merge, change labels, renumber."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import shapely

from gisgrid.redraw import lattice
from gisgrid.redraw.codes import check_free, known
from gisgrid.redraw.cutting import joined
from gisgrid.redraw.edits import UNCHANGED
from gisgrid.redraw.faults import Fault, Refused
from gisgrid.redraw.settling import Outcome, Wish

if TYPE_CHECKING:
    from gisgrid.columns import Objects
    from gisgrid.redraw.edits import Change, Merge, Renumber
    from gisgrid.redraw.households import Homes
    from gisgrid.redraw.plan import Plan

_LABELS = ("name", "member", "visit_every_days", "area_code")


def merge(plan: Plan, edit: Merge, _homes: Homes) -> Wish:
    """Make one grid of several; refused where they do not touch along an edge."""
    codes = list(dict.fromkeys(edit.codes))
    into = codes[0] if edit.into is None else edit.into
    known(plan, *codes, into)
    if into not in codes:
        codes.insert(0, into)
    if len(codes) < 2:
        raise Refused(Fault("nothing_to_do", tuple(codes)))
    shapes = plan.units(codes)
    if not edit.allow_pieces:
        check_touching(codes, shapes)
    removed = tuple(code for code in codes if code != into)
    return Wish(
        {into: joined(shapes)},
        removed,
        came_from={into: tuple(sorted(codes))},
        allows=edit,
    )


def check_touching(codes: list[str], shapes: Objects) -> None:
    """Refuse grids that do not hang together by edges."""
    edges = [
        {tuple(sorted((edge[:2], edge[2:]))) for edge in map(tuple, rows)}
        for rows in (lattice.segments(shapes[[i]]).tolist() for i in range(len(shapes)))
    ]
    reached, waiting = {0}, [0]
    while waiting:
        one = waiting.pop()
        more = [i for i in range(len(codes)) if i not in reached and edges[i] & edges[one]]
        reached.update(more)
        waiting += more
    apart = [i for i in range(len(codes)) if i not in reached]
    if apart:
        together = shapely.union_all(shapes[sorted(reached)])
        gap = shapely.shortest_line(together, shapes[apart[0]])
        (ax, ay), (bx, by) = shapely.get_coordinates(gap).tolist()
        metres = round(lattice.distance((ax, ay), (bx, by)), 1)
        names = tuple(codes[i] for i in apart)
        what = "touch_in_point" if metres == 0 else "not_touching"
        raise Refused(Fault(what, names, lattice.degrees_of((ax, ay)), metres, "m"))


def change(plan: Plan, edit: Change, homes: Homes) -> Outcome:
    """The labels that are given; the ground stays."""
    del homes
    (grid,) = known(plan, edit.code)
    given = {n: getattr(edit, n) for n in _LABELS if getattr(edit, n) is not UNCHANGED}
    if all(getattr(grid, name) == value for name, value in given.items()):
        raise Refused(Fault("nothing_to_do", (edit.code,)))
    changed = {edit.code: replace(grid, **given)}
    return Outcome(plan.replaced(changed, ()), changed, (), {edit.code: (edit.code,)})


def renumber(plan: Plan, edit: Renumber, homes: Homes) -> Outcome:
    """The same grid under another code."""
    del homes
    (grid,) = known(plan, edit.code)
    if edit.code == edit.new_code:
        raise Refused(Fault("nothing_to_do", (edit.code,)))
    check_free(plan, [edit.new_code])
    changed = {edit.new_code: replace(grid, code=edit.new_code)}
    gone = (edit.code,)
    return Outcome(plan.replaced(changed, gone), changed, gone, {edit.new_code: gone})
