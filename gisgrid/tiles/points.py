"""Points -> one layer of a tile, without a loop over the points.

Every point's feature has the same fields, so it is a row of a table of bytes: each number takes a
fixed place of its largest width, and what a smaller number leaves unused is left out at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gisgrid.tiles import wire
from gisgrid.tiles.tags import Tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from gisgrid.columns import Ints, Objects

_MOVE_TO = 9
"""Command "one step, pen up": 1 << 3 | 1."""


def encode_points(
    name: str,
    x: Ints,
    y: Ints,
    numbers: Mapping[str, Ints],
    texts: Mapping[str, Objects] | None = None,
    ids: Objects | None = None,
) -> bytes:
    """The layer `name` with a feature for each point, in their order; b"" for no points.

    x, y: units of the tile, also outside it. numbers: attribute -> whole numbers, int32 range.
    texts: attribute -> strings. ids: the attribute `id`, another string for each point. At most 12
    attributes.
    """
    if len(x) == 0:
        return b""
    tags = Tags.of(numbers, texts or {}, ids)
    features = _features([wire.zigzag(x), wire.zigzag(y)], tags.index)
    return wire.layer(name, features, tags.keys, tags.values)


def drawing_order(x: Ints, y: Ints, numbers: Mapping[str, Ints], *, distinct: bool) -> Ints:
    """Indices of points by their attributes (the first one counts most), then by row and column.

    What is drawn last is seen: the highest values come last. Bytes that repeat lie side by side
    then, which takes a third off the compressed tile. distinct: of points alike in everything,
    which hide each other exactly, only one.
    """
    columns = [np.asarray(c, dtype=np.int64) for c in (*numbers.values(), y, x)]
    if len(x) == 0:
        return np.empty(0, dtype=np.intp)
    low = [int(c.min()) for c in columns]
    bits = [(int(c.max()) - least).bit_length() for c, least in zip(columns, low, strict=True)]
    if sum(bits) > 62:
        return np.lexsort(columns[::-1])
    key = np.zeros(len(x), dtype=np.int64)
    for column, least, wide in zip(columns, low, bits, strict=True):
        key = key << wide | (column - least)
    order = np.argsort(key)
    if distinct:
        key = key[order]
        order = order[np.append(True, key[1:] != key[:-1])]
    return order


def _features(place: list[npt.NDArray[np.uint32]], tags: list[npt.NDArray[np.uint32]]) -> bytes:
    """The features' fields. Their lengths are below 128 each (13 pairs of tags at most)."""
    tag_bytes = sum((wire.widths(t) for t in tags), np.uint8(len(tags)))
    place_bytes = wire.widths(place[0]) + wire.widths(place[1]) + np.uint8(1)
    pieces: list[int | npt.NDArray[np.uint32]] = [wire.LAYER_FEATURE]
    inner = place_bytes.astype(np.uint32) + 4
    if tags:
        inner = inner + tag_bytes + 2
        pieces += [inner, wire.FEATURE_TAGS, np.asarray(tag_bytes, dtype=np.uint32)]
        for key, column in enumerate(tags):
            pieces += [key, column]
    else:
        pieces.append(inner)
    pieces += [wire.FEATURE_TYPE, wire.POINT, wire.FEATURE_GEOMETRY]
    pieces += [place_bytes.astype(np.uint32), _MOVE_TO, *place]
    return _table(len(place[0]), pieces)


def _table(rows: int, pieces: list[int | npt.NDArray[np.uint32]]) -> bytes:
    """Row after row: constants below 128 and varints."""
    wide = [
        1 if isinstance(p, int) else int(wire.widths(p.max(initial=0, keepdims=True))[0])
        for p in pieces
    ]
    table = np.empty((rows, sum(wide)), dtype=np.uint8)
    kept = np.ones(table.shape, dtype=bool)
    at = 0
    for piece, width in zip(pieces, wide, strict=True):
        if isinstance(piece, int):
            table[:, at] = piece
        else:
            _put(table[:, at : at + width], kept[:, at : at + width], piece)
        at += width
    return table[kept].tobytes()


def _put(
    table: npt.NDArray[np.uint8], kept: npt.NDArray[np.bool_], values: npt.NDArray[np.uint32]
) -> None:
    """One varint a row, its bytes left-aligned."""
    width = table.shape[1]
    for byte in range(width):
        part = (values >> (7 * byte)) & 0x7F
        if byte + 1 < width:
            part |= (values >= 1 << (7 * (byte + 1))).astype(np.uint32) << 7
        table[:, byte] = part
        if byte:
            kept[:, byte] = values >= 1 << (7 * byte)
