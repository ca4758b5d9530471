"""Grids of a plan as bytes: what an edit found and what it left, to the last digit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely

from gisgrid.redraw import Grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gisgrid.redraw import Plan

_WORDS = ("code", "name", "area_code", "member", "visit_every_days")


def packed(grids: Iterable[Grid]) -> bytes:
    """The image of some grids, by code."""
    rows = [
        {
            **{word: getattr(grid, word) for word in _WORDS},
            "wkb": shapely.to_wkb(grid.polygon, hex=True, byte_order=1, output_dimension=2),
        }
        for grid in sorted(grids, key=lambda grid: grid.code)
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def unpacked(image: bytes) -> dict[str, Grid]:
    """The grids of an image, by code."""
    rows: list[dict[str, Any]] = json.loads(image)
    return {
        row["code"]: Grid(
            **{word: row[word] for word in _WORDS}, polygon=shapely.from_wkb(row["wkb"])
        )
        for row in rows
    }


def grid_in(plan: Plan, code: str) -> Grid | None:
    """The grid of a code; None where the plan has none."""
    return plan[code] if code in plan else None  # noqa: SIM401 - a plan is no mapping


def same(one: Grid | None, other: Grid | None) -> bool:
    """Whether two grids are equal in every word and every coordinate, wherever a ring begins."""
    if one is None or other is None:
        return one is other
    if not same_words(one, other):
        return False
    if one.polygon is other.polygon or one.polygon.equals_exact(other.polygon):
        return True
    return bool(shapely.equals_exact(one.polygon.normalize(), other.polygon.normalize()))


def same_words(one: Grid, other: Grid) -> bool:
    """Whether two grids are equal in all but their shape."""
    return all(getattr(one, word) == getattr(other, word) for word in _WORDS)


def differing(one: Mapping[str, Grid], other: Mapping[str, Grid]) -> set[str]:
    """Codes of grids that are only in one of two plans, or not the same in both."""
    return {
        code
        for code in {*one, *other}
        if one.get(code) is not other.get(code) and not same(one.get(code), other.get(code))
    }
