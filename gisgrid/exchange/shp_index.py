"""Where each shape of a .shp lies, worked out from the file itself: what its index should say.

Lengths and counts are where most damage shows; a reader that trusts them gives wrong shapes or
none without a word.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import mmap
    from pathlib import Path

    from gisgrid.columns import Ints

    Data = bytes | mmap.mmap

HEAD = 100
_POINT_BYTES = 28


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """offsets: of each record in bytes; words: its content in 16-bit words; types: its shape type.

    whole: whether the records end exactly where the file does.
    """

    offsets: Ints
    words: Ints
    types: Ints
    whole: bool

    def __len__(self) -> int:
        return len(self.offsets)


def walk(shp: Data) -> Records:
    """The records of a .shp one behind the other, up to the first that does not fit."""
    fast = _walk_points(shp)
    if fast is not None:
        return fast
    found: list[tuple[int, int, int]] = []
    at, size = HEAD, len(shp)
    while at + 12 <= size:
        number, length = struct.unpack_from(">2i", shp, at)
        end = at + 8 + 2 * length
        if number != len(found) + 1 or length < 2 or end > size:
            break
        found.append((at, length, struct.unpack_from("<i", shp, at + 8)[0]))
        at = end
    table = np.array(found, dtype=np.int64).reshape(-1, 3)
    return Records(table[:, 0], table[:, 1], table[:, 2], whole=at == size)


def _walk_points(shp: Data) -> Records | None:
    """The same for a file of points alone, all at once."""
    count, rest = divmod(len(shp) - HEAD, _POINT_BYTES)
    if rest or count <= 0:
        return None
    grid = np.frombuffer(shp, ">i4", count * 7, HEAD).reshape(count, 7)
    plain = (grid[:, 0] == np.arange(1, count + 1)) & (grid[:, 1] == 10)
    if not plain.all():
        return None
    types = np.ascontiguousarray(grid[:, 2]).astype(">i4").view("<i4")
    offsets = HEAD + _POINT_BYTES * np.arange(count, dtype=np.int64)
    return Records(offsets, np.full(count, 10, np.int64), types.astype(np.int64), whole=True)


def agrees(shx: bytes, shp: Data) -> Records | None:
    """The records that an index names, where each lies in the .shp as it says; else None."""
    if len(shx) < HEAD or (len(shx) - HEAD) % 8 or shx[:4] != shp[:4]:
        return None
    if struct.unpack(">i", shx[24:28])[0] * 2 != len(shx):
        return None
    table = np.frombuffer(shx, ">i4", (len(shx) - HEAD) // 4, HEAD).reshape(-1, 2).astype(np.int64)
    offsets, words = table[:, 0] * 2, table[:, 1]
    if len(table) and ((offsets < HEAD) | (words < 2) | (offsets + 8 + 2 * words > len(shp))).any():
        return None
    heads = np.frombuffer(shp, np.uint8)
    picked = heads[offsets[:, None] + np.arange(12)] if len(table) else np.zeros((0, 12), np.uint8)
    stated = np.ascontiguousarray(picked[:, 4:8]).view(">i4").reshape(-1)
    if not np.array_equal(stated, words):
        return None
    types = np.ascontiguousarray(picked[:, 8:12]).view("<i4").reshape(-1).astype(np.int64)
    return Records(offsets, words, types, whole=True)


def index_of(records: Records, shp: Data) -> bytes:
    """A .shx for these records."""
    size = HEAD + 8 * len(records)
    table = np.column_stack([records.offsets // 2, records.words]).astype(">i4")
    return shp[:24] + struct.pack(">i", size // 2) + shp[28:HEAD] + table.tobytes()


def set_length(path: Path, end: int) -> None:
    """Cut a .shp off behind its first `end` bytes, and have it say so."""
    with path.open("r+b") as stream:
        stream.seek(24)
        stream.write(struct.pack(">i", end // 2))
        stream.truncate(end)
