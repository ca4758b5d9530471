"""What an edit keeps: the grids that it found and left, to the last digit, and what was asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely
from shapely.errors import ShapelyError

from gisgrid.columns import objects
from gisgrid.redraw import WORDS, Grid, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

DAMAGE = (ShapelyError, ValueError, KeyError, TypeError)
"""What reading an image that was damaged ends with."""


def packed(grids: Iterable[Grid]) -> bytes:
    """The image of some grids, by code."""
    listed = sorted(grids, key=lambda grid: grid.code)
    shapes = objects([grid.polygon for grid in listed])
    images = shapely.to_wkb(shapes, byte_order=1, output_dimension=2).tolist()
    rows = [
        # Python's hex: GEOS writes it through a stream, four times as slow.
        {**dict(zip(WORDS, words_of(grid), strict=True)), "wkb": image.hex().upper()}
        for grid, image in zip(listed, images, strict=True)
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def written(arguments: dict[str, Any]) -> str:
    """What was asked, as JSON."""
    return json.dumps(arguments, ensure_ascii=False, allow_nan=False)


def unpacked(image: bytes) -> dict[str, Grid]:
    """The grids of an image, by code."""
    rows: list[dict[str, Any]] = json.loads(image)
    return {
        row["code"]: Grid(
            **{word: row[word] for word in WORDS}, polygon=shapely.from_wkb(row["wkb"])
        )
        for row in rows
    }
