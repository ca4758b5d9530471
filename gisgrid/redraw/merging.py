"""Edits of whole grids: merge, change labels, renumber."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import shapely

from gisgrid.redraw.edits import UNCHANGED
from gisgrid.redraw.faults import Fault, Refused
from gisgrid.redraw.ground import check_free, known, united
from gisgrid.redraw.settling import Outcome, Wish, settle

if TYPE_CHECKING:
    from gisgrid.redraw.edits import Change, Merge, Renumber
    from gisgrid.redraw.ground import Homes
    from gisgrid.redraw.plan import Plan

_LABELS = ("name", "member", "visit_every_days", "area_code")


def merge(plan: Plan, edit: Merge, homes: Homes) -> Outcome:
    """One grid of several; the common edges go, the neighbours stay as they are."""
    del homes
    codes = tuple(dict.fromkeys(edit.codes))
    into = edit.into if edit.into is not None else codes[0]
    known(plan, *codes, into)
    if into not in codes:
        codes = (into, *codes)
    if len(codes) < 2:
        raise Refused(Fault("nothing_to_do", codes))
    shapes = plan.units(codes)
    whole = united(shapes)
    pieces = shapely.get_parts(whole)
    most = max(len(shapely.get_parts(shape)) for shape in shapes)
    if len(pieces) > most and not edit.allow_pieces:
        main = max(pieces, key=lambda piece: piece.intersection(shapes[codes.index(into)]).area)
        apart = [c for c, s in zip(codes, shapes, strict=True) if not main.contains(_inside(s))]
        raise Refused(Fault("not_touching", tuple(apart or codes), size=len(pieces), unit="pieces"))
    gone = tuple(code for code in codes if code != into)
    wish = Wish(
        {into: whole}, removed=gone, came_from={into: codes}, allow_pieces=edit.allow_pieces
    )
    return settle(plan, wish)


def _inside(shape: Any) -> Any:
    return shapely.point_on_surface(shape)


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
