"""Protocol buffers as far as vector tiles need them: numbers, texts and fields as bytes.

Sources: Mapbox Vector Tile Specification 2.1; the encoding page of protocol buffers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gisgrid.tiles.address import EXTENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from gisgrid.columns import Ints, Objects

UInts: TypeAlias = "npt.NDArray[np.unsignedinteger]"
Bytes: TypeAlias = "npt.NDArray[np.uint8]"

# Tags: field number << 3 | wire type (0 a number, 2 a length and bytes).
TILE_LAYER = 0x1A
LAYER_NAME, LAYER_FEATURE, LAYER_KEY, LAYER_VALUE = 0x0A, 0x12, 0x1A, 0x22
LAYER_EXTENT, LAYER_VERSION = 0x28, 0x78
FEATURE_TAGS, FEATURE_TYPE, FEATURE_GEOMETRY = 0x12, 0x18, 0x22
VALUE_TEXT, VALUE_UINT, VALUE_SINT = 0x0A, 0x28, 0x30

POINT, LINE, POLYGON = 1, 2, 3
"""Feature types."""


def number(value: int) -> bytes:
    """One varint."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(values: Ints) -> npt.NDArray[np.uint32]:
    """Signed numbers as unsigned ones, small for small: 0, -1, 1, -2 -> 0, 1, 2, 3."""
    wide = np.asarray(values, dtype=np.int64)
    return ((wide << 1) ^ (wide >> 63)).astype(np.uint32)


def widths(values: UInts) -> npt.NDArray[np.uint8]:
    """Bytes of each varint, for values below 2**35."""
    found = np.ones(values.shape, dtype=np.uint8)
    for bits in (7, 14, 21, 28):
        if values.size == 0 or int(values.max()) < 1 << bits:
            break
        found += values >= (1 << bits)
    return found


def varints(values: npt.NDArray[np.uint32]) -> tuple[Bytes, npt.NDArray[np.uint8]]:
    """All varints in one run of bytes, and the bytes of each."""
    length = widths(values)
    most = int(length.max(initial=1))
    place = np.arange(most, dtype=np.uint32)
    seven = (values[:, None] >> (7 * place)) & 0x7F
    more = place < length[:, None] - 1
    kept = place < length[:, None]
    return (seven | np.where(more, 0x80, 0)).astype(np.uint8)[kept], length


def sized(tag: int, body: bytes) -> bytes:
    """A field of bytes."""
    return bytes((tag,)) + number(len(body)) + body


def uint_values(values: Ints) -> bytes:
    """The layer's values for whole numbers, in order; negative ones as sint."""
    return b"".join(map(_number_value, values.tolist()))


@lru_cache(maxsize=4096)
def _number_value(value: int) -> bytes:
    coded = (VALUE_UINT, value) if value >= 0 else (VALUE_SINT, -2 * value - 1)
    return sized(LAYER_VALUE, bytes(coded[:1]) + number(coded[1]))


def text_values(texts: Objects) -> bytes:
    """The layer's values for texts, in order. Without a loop: a layer may hold thousands of ids."""
    words = texts.tolist()
    letters = np.frombuffer("\0".join([*words, ""]).encode(), dtype=np.uint8)
    ends = np.flatnonzero(letters == 0)
    length = np.diff(ends, prepend=-1) - 1
    # A length beyond 125 takes two bytes: such names are rare, and so are those with a NUL.
    if len(ends) != len(words) or int(length.max(initial=0)) > 125:
        return b"".join(sized(LAYER_VALUE, sized(VALUE_TEXT, word.encode())) for word in words)
    heads = np.stack(
        [np.full_like(length, LAYER_VALUE), length + 2, np.full_like(length, VALUE_TEXT), length],
        axis=1,
    ).astype(np.uint8)
    if len(words) and int(length.min()) == int(length.max()):  # ids often are all alike
        rows = letters.reshape(len(words), -1)[:, :-1]
        return np.concatenate([heads, rows], axis=1).tobytes()
    whole = length + 4
    found = np.empty(int(whole.sum()), dtype=np.uint8)
    free = np.ones(len(found), dtype=bool)
    at = (np.cumsum(whole) - whole)[:, None] + np.arange(4)
    found[at] = heads
    free[at] = False
    found[free] = letters[letters != 0]
    return found.tobytes()


def layer(name: str, features: bytes, keys: Iterable[str], values: bytes) -> bytes:
    """One layer of a tile. features, values: whole fields, tags and lengths included."""
    body = (
        sized(LAYER_NAME, name.encode())
        + features
        + b"".join(sized(LAYER_KEY, key.encode()) for key in keys)
        + values
        + bytes((LAYER_EXTENT,))
        + number(EXTENT)
        + bytes((LAYER_VERSION, 2))
    )
    return sized(TILE_LAYER, body)
