"""The columns of households and visits kept in a file, so that a server starts in a second or two.

The file holds what the read model holds and nothing else: ids, points and days, and the plan as a
first map draws it, no name and no word. It is a copy that is believed only where it proves itself:
format, store, checksum, and a list of all that changed since. In doubt it is as if it were not
there.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.columns import DayBits, Households, Visits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gisgrid.columns import Ints, Objects

MAGIC = b"gisgrid columns 2\n"
"""Counted up when the content changes: a file of another format is not read."""
_TABLES = ("met", "phone", "no_one_home", "refused")
_TEXTS = ("id", "codes")
_NUMBERS = ("lon", "lat", "key", "every", "listed", "unlisted", "named")


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What is kept. token: of the store. counters: its change counters when this was so.

    last: row number of the newest visit in it. marks: of the store's past (Store.marks).
    placement: revision -> grid of each household. shapes: as Memory.shapes has them.
    """

    token: str
    counters: dict[str, int]
    last: int
    marks: list[Any]
    households: Households
    visits: Visits
    placement: dict[int, Ints]
    shapes: dict[tuple[int, int, int], Objects]


class Keeper:
    """The file of one store."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, columns: Columns) -> bool:
        """Write the file, whole or not at all; False where the place cannot be written to."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        arrays = dict(_arrays(columns))
        head = {
            "token": columns.token,
            "counters": columns.counters,
            "last": columns.last,
            "marks": columns.marks,
            "starts": {name: getattr(columns.visits, name).starts for name in _TABLES},
            "revisions": list(columns.placement),
            "shapes": list(columns.shapes),
            "arrays": [[name, a.dtype.str, len(a)] for name, a in arrays.items()],
        }
        text = json.dumps(head).encode()
        proof = blake2b(text, digest_size=32)
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(MAGIC + len(text).to_bytes(8, "big") + text)
                for array in arrays.values():
                    proof.update(array.data)
                    file.write(array.data)
                file.write(proof.digest())
            draft.replace(self.path)
        except OSError:
            discard(draft)
            return False
        return True

    def load(self, token: str) -> Columns | None:
        """What the file holds; None where it is not there, another store's, or not whole."""
        with suppress(OSError, ValueError, KeyError, TypeError), self.path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return None
            text = file.read(int.from_bytes(file.read(8), "big"))
            head = json.loads(text)
            if head["token"] != token:
                return None
            proof = blake2b(text, digest_size=32)
            arrays = {}
            for name, kind, size in head["arrays"]:
                array = np.fromfile(file, dtype=np.dtype(kind), count=size)
                proof.update(array.data)
                arrays[name] = array
            if file.read() != proof.digest():
                return None
            return _columns(head, arrays)
        return None

    def discard(self) -> None:
        """Leave no trace of the file, nor of one that was being written."""
        for path in (self.path, *self.path.parent.glob(f".{self.path.name}.*")):
            discard(path)


def discard(path: Path) -> None:
    """Write nothing over a file, and take it away."""
    with suppress(OSError):
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


def _arrays(columns: Columns) -> Iterator[tuple[str, Any]]:
    homes = columns.households
    for name in _TEXTS:
        lengths, text = _packed(getattr(homes, name))
        yield f"{name} lengths", lengths
        yield name, text
    for name in _NUMBERS:
        yield name, np.ascontiguousarray(getattr(homes, name))
    for name in _TABLES:
        for n, word in enumerate(getattr(columns.visits, name).words):
            yield f"{name} {n}", np.ascontiguousarray(word)
    for revision, grid in columns.placement.items():
        yield f"placement {revision}", np.ascontiguousarray(grid)
    for n, shapes in enumerate(columns.shapes.values()):
        written = [b"" if one is None else one for one in shapely.to_wkb(shapes)]
        yield f"shapes {n} lengths", np.fromiter(map(len, written), np.int64, len(written))
        yield f"shapes {n}", np.frombuffer(b"".join(written), dtype=np.uint8)


def _columns(head: dict[str, Any], arrays: dict[str, Any]) -> Columns:
    texts: dict[str, Any] = {
        name: _unpacked(arrays[f"{name} lengths"], arrays[name]) for name in _TEXTS
    }
    numbers = {name: arrays[name] for name in _NUMBERS}
    size = len(texts["id"])
    visits = {
        name: DayBits(size, tuple(starts), tuple(arrays[f"{name} {n}"] for n in range(len(starts))))
        for name, starts in head["starts"].items()
    }
    return Columns(
        token=head["token"],
        counters=head["counters"],
        last=head["last"],
        marks=head["marks"],
        households=Households(**texts, **numbers),
        visits=Visits(**visits),
        placement={n: arrays[f"placement {n}"] for n in head["revisions"]},
        shapes={
            tuple(key): _shapes(arrays[f"shapes {n} lengths"], arrays[f"shapes {n}"])
            for n, key in enumerate(head["shapes"])
        },
    )


def _packed(texts: Objects) -> tuple[Any, Any]:
    """Lengths in letters, and all letters one after the other."""
    lengths = np.fromiter(map(len, texts), np.int32, len(texts))
    return lengths, np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)


def _unpacked(lengths: Any, letters: Any) -> Objects:
    text = letters.tobytes().decode("utf-32-le")
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    found = np.empty(len(ends), dtype=object)
    found[:] = [text[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    return found


def _shapes(lengths: Any, written: Any) -> Objects:
    """Shapes from their WKB, one after the other; None where nothing is written."""
    text, ends = written.tobytes(), np.cumsum(lengths).tolist()
    each = [text[a:b] or None for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    found: Objects = shapely.from_wkb(np.array(each, dtype=object))
    return found
