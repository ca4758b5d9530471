"""The columns of households and visits kept in a file, so that a server starts in a second or two.

The file holds what the read model holds and nothing else: ids, points and days, and the plan as a
first map draws it, no name and no word. It is a copy that is believed only where it proves itself:
format, store, checksum, and a list of all that changed since. In doubt it is as if it were not
there.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.columns import DayBits, Households, Visits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from gisgrid.columns import Ints, Objects

MAGIC = b"gisgrid columns 3\n"
"""Counted up when the content changes: a file of another format is not read."""
_TABLES = ("met", "phone", "no_one_home", "refused")
_TEXTS = ("id", "codes")
_BETWEEN = "\n"
"""No id and no code has it within (they are refused with control characters), and to split a text
takes a fifth of the time of cutting it by lengths."""
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
        self._ahead: tuple[str, Future[Columns | None]] | None = None

    def save(self, columns: Columns) -> bool:
        """Write the file, whole or not at all; False where it cannot be, or a text not be kept."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            arrays = dict(_arrays(columns))
        except ValueError:
            return False
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
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(MAGIC + len(text).to_bytes(8, "big") + text)
                for array in arrays.values():
                    file.write(array.data)
                file.write(_proof(text, arrays))
            draft.replace(self.path)
        except OSError:
            discard(draft)
            return False
        return True

    def load_ahead(self, token: str) -> None:
        """Begin to `load`; the next who does so has what is read already."""
        thread = ThreadPoolExecutor(1)
        self._ahead = token, thread.submit(self._load, token)
        thread.shutdown(wait=False)

    def load(self, token: str) -> Columns | None:
        """What the file holds; None where it is not there, another store's, or not whole."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[0] == token:
            return ahead[1].result()
        return self._load(token)

    def _load(self, token: str) -> Columns | None:
        with suppress(OSError, ValueError, KeyError, TypeError), self.path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return None
            text = file.read(int.from_bytes(file.read(8), "big"))
            head = json.loads(text)
            if head["token"] != token:
                return None
            arrays = {
                name: np.fromfile(file, dtype=np.dtype(kind), count=size)
                for name, kind, size in head["arrays"]
            }
            # Hashing leaves Python to others, so the texts are taken apart meanwhile.
            with ThreadPoolExecutor(1) as aside:
                proof = aside.submit(_proof, text, arrays)
                texts = {name: _unpacked(arrays[name]) for name in _TEXTS}
            return _columns(head, arrays, texts) if proof.result() == file.read() else None
        return None

    def discard(self) -> None:
        """Leave no trace of the file, nor of one that was being written."""
        self._ahead = None
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
        yield name, _packed(getattr(homes, name))
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


def _proof(head: bytes, arrays: dict[str, Any]) -> bytes:
    proof = blake2b(head, digest_size=32)
    for array in arrays.values():
        proof.update(array.data)
    return proof.digest()


def _columns(head: dict[str, Any], arrays: dict[str, Any], texts: dict[str, Any]) -> Columns:
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


def _packed(texts: Objects) -> Any:
    """One text, each followed by _BETWEEN. Raises ValueError for one that has it within."""
    text = "".join(f"{each}{_BETWEEN}" for each in texts)
    if text.count(_BETWEEN) != len(texts):
        raise ValueError
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _unpacked(letters: Any) -> Objects:
    each = letters.tobytes().decode().split(_BETWEEN)[:-1]
    found = np.empty(len(each), dtype=object)
    found[:] = each
    return found


def _shapes(lengths: Any, written: Any) -> Objects:
    """Shapes from their WKB, one after the other; None where nothing is written."""
    text, ends = written.tobytes(), np.cumsum(lengths).tolist()
    each = [text[a:b] or None for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    found: Objects = shapely.from_wkb(np.array(each, dtype=object))
    return found
