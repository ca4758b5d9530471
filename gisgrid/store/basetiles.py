"""Single tiles out of a base map file: MBTiles 1.3 and PMTiles 3. Read only, never the store.

MBTiles is SQLite, which is why it is read here. Formats: mbtiles-spec 1.3 (github.com/mapbox) and
PMTiles spec version 3 (github.com/protomaps).
"""

from __future__ import annotations

import gzip
import sqlite3
import struct
import zlib
from bisect import bisect_right
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from gisgrid.errors import FileUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_ZOOM = 24
_GZIP = 2  # PMTiles: how directories and tiles are packed
_HEADER = 127
_MAGIC = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "image/webp"),
)


def base_tile(path: Path, z: int, x: int, y: int) -> tuple[bytes, str] | None:
    """The picture z/x/y (XYZ, y southward) of the file and its media type; None where it has none.

    Only PNG, JPEG and WebP are given out. Raises FileUnreadable for a file that is damaged.
    """
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
        return None
    try:
        body = _mbtile(path, z, x, y) if path.suffix == ".mbtiles" else _pmtile(path, z, x, y)
    except (OSError, sqlite3.Error, struct.error, zlib.error, IndexError, EOFError) as err:
        raise FileUnreadable(file=path.name, problem="it is damaged") from err
    kind = next((kind for magic, kind in _MAGIC if (body or b"").startswith(magic)), None)
    return (body, kind) if body and kind else None


def deepest_zoom(path: Path) -> int:
    """The last zoom of which an MBTiles file has pictures; 0 for none. Raises FileUnreadable.

    Beyond it the page enlarges what there is, instead of asking for what is not.
    """
    try:
        with closing(_opened(path)) as db:
            (found,) = db.execute("SELECT max(zoom_level) FROM tiles").fetchone()
    except sqlite3.Error as err:
        raise FileUnreadable(file=path.name, problem="it is damaged") from err
    return min(int(found or 0), MAX_ZOOM)


def _opened(path: Path) -> sqlite3.Connection:
    # immutable: the file is read as it is, without a lock or a journal beside it.
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def _mbtile(path: Path, z: int, x: int, y: int) -> bytes | None:
    with closing(_opened(path)) as db:
        row = db.execute(
            "SELECT tile_data FROM tiles WHERE zoom_level=? AND tile_column=? AND tile_row=?",
            (z, x, (1 << z) - 1 - y),  # rows count from the south there
        ).fetchone()
    return bytes(row[0]) if row else None


@dataclass(frozen=True, slots=True)
class _Directory:
    """Entries of a PMTiles directory, by tile id. run 0: the entry is a directory itself."""

    ids: list[int]
    runs: list[int]
    lengths: list[int]
    offsets: list[int]


def _pmtile(path: Path, z: int, x: int, y: int) -> bytes | None:
    wanted = tile_id(z, x, y)
    with path.open("rb") as file:
        header = file.read(_HEADER)
        root, root_length, _, _, leaves, _, data = struct.unpack_from("<7Q", header, 8)
        packed, tiles_packed = header[97] == _GZIP, header[98] == _GZIP
        stamp = path.stat().st_mtime_ns
        at, length = root, root_length
        for _ in range(4):  # the root and three levels below, as the format allows
            found = _directory(str(path), stamp, at, length, packed)
            i = bisect_right(found.ids, wanted) - 1
            if i < 0:
                return None
            if found.runs[i]:
                if wanted - found.ids[i] >= found.runs[i]:
                    return None
                file.seek(data + found.offsets[i])
                body = file.read(found.lengths[i])
                return gzip.decompress(body) if tiles_packed else body
            at, length = leaves + found.offsets[i], found.lengths[i]
    return None


@lru_cache(maxsize=64)
def _directory(name: str, stamp: int, at: int, length: int, packed: bool) -> _Directory:
    del stamp  # part of the key: a file that was replaced is read anew
    with open(name, "rb") as file:  # noqa: PTH123 - a name is what can be a key
        file.seek(at)
        body = file.read(length)
    numbers = _varints(gzip.decompress(body) if packed else body)
    count = next(numbers)
    total, ids = 0, []
    for _ in range(count):
        total += next(numbers)
        ids.append(total)
    runs, lengths = ([next(numbers) for _ in range(count)] for _ in range(2))
    offsets: list[int] = []
    for i in range(count):
        value = next(numbers)
        # 0 means: right behind the entry before.
        offsets.append(value - 1 if value else offsets[i - 1] + lengths[i - 1])
    return _Directory(ids, runs, lengths, offsets)


def _varints(body: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in body:
        value |= (byte & 127) << shift
        if byte < 128:
            yield value
            value = shift = 0
        else:
            shift += 7
    raise EOFError


def tile_id(z: int, x: int, y: int) -> int:
    """The number of a tile on the Hilbert curves of all zooms, as PMTiles counts.

    >>> tile_id(0, 0, 0), tile_id(1, 1, 0), tile_id(12, 3423, 1763)
    (0, 4, 19078479)
    """
    found = ((1 << (2 * z)) - 1) // 3
    for level in range(z - 1, -1, -1):
        side = 1 << level
        right, below = int(bool(x & side)), int(bool(y & side))
        found += side * side * ((3 * right) ^ below)
        if not below:
            if right:
                x, y = side - 1 - (x & (side - 1)), side - 1 - (y & (side - 1))
            x, y = y, x
    return found
