"""How rows travel between gisgrid and its child process: files of bytes and JSON, never pickle.

Both ends import this, so it needs numpy alone. A folder holds
- `meta.json`: whatever there is to say, and for each group of rows how its columns lie here;
- `columns.bin`: the columns of a group one behind the other, group after group. Text of one column
  is one UTF-8 text with its lengths in characters (-1: nothing); numbers are eight bytes each with
  a byte for "nothing", days eight bytes; all else is JSON, a day in it {"d": "2026-11-22"}, a
  moment {"t": ISO 8601};
- `wkb.bin` and `ends.npy`: all shapes one behind the other, and where each ends (an empty one: no
  shape); both absent where a layer has no shapes.

Groups are there so that neither end holds a large file twice: whoever writes makes one at a time.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from gisgrid.columns import Ints

    Joined = tuple[bytes, Ints]
    """Shapes as WKB one behind the other, and the length of each (0: no shape)."""

_INT64 = 2**63
_NOTHING = type(None)


class Writer:
    """Rows written into a folder group by group; nothing can be loaded before `close`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._columns = (folder / "columns.bin").open("wb")
        self._wkb = (folder / "wkb.bin").open("wb")
        self._groups: list[list[Any]] = []
        self._lengths: list[Ints] = []

    def add(self, columns: Mapping[str, Sequence[Any]], shapes: Joined | None) -> None:
        """The next rows. All groups have the same columns, and shapes or none."""
        self._groups.append(
            [[name, *_write(self._columns, list(values))] for name, values in columns.items()]
        )
        if shapes is not None:
            self._wkb.write(shapes[0])
            self._lengths.append(shapes[1])

    def clear(self) -> None:
        """Forget all rows, so that they can be written anew."""
        for stream in (self._columns, self._wkb):
            stream.seek(0)
            stream.truncate()
        self._groups.clear()
        self._lengths.clear()

    def close(self, meta: Mapping[str, Any]) -> None:
        """No more rows come, and this is what there is to say of them."""
        self._columns.close()
        self._wkb.close()
        made = {"meta": dict(meta), "groups": self._groups}
        (self._folder / "meta.json").write_text(json.dumps(made), "ascii")
        if self._lengths:
            ends = np.cumsum(np.concatenate(self._lengths))
            np.save(self._folder / "ends.npy", ends, allow_pickle=False)


def joined(wkb: Sequence[bytes | None]) -> Joined:
    """Shapes as a group takes them."""
    lengths = np.fromiter((len(shape or b"") for shape in wkb), np.int64, len(wkb))
    return b"".join(shape or b"" for shape in wkb), lengths


def dump(
    folder: Path,
    meta: Mapping[str, Any],
    columns: Mapping[str, Sequence[Any]],
    wkb: Sequence[bytes | None] | None,
) -> None:
    """Write rows into `folder`, all at once."""
    writer = Writer(folder)
    writer.add(columns, None if wkb is None else joined(wkb))
    writer.close(meta)


def load(
    folder: Path,
) -> tuple[dict[str, Any], dict[str, list[Any]], list[bytes | None] | None]:
    """What was written: meta, columns, WKB."""
    said = json.loads((folder / "meta.json").read_text("ascii"))
    columns: dict[str, list[Any]] = {}
    with (folder / "columns.bin").open("rb") as stream:
        for group in said["groups"]:
            for name, how, sizes in group:
                columns.setdefault(name, []).extend(_READ[how](stream, sizes))
    if not (folder / "ends.npy").exists():
        return said["meta"], columns, None
    ends = np.load(folder / "ends.npy", allow_pickle=False).tolist()
    data = (folder / "wkb.bin").read_bytes()
    return said["meta"], columns, [data[a:b] or None for a, b in pairwise([0, *ends])]


def _write(stream: BinaryIO, values: list[Any]) -> tuple[str, list[int]]:
    """Write one column; how it lies there and the sizes of its pieces in bytes."""
    kinds = set(map(type, values)) - {_NOTHING}
    if kinds == {str}:
        lengths = np.fromiter((-1 if v is None else len(v) for v in values), np.int64, len(values))
        text = "".join(filter(None, values)).encode("utf-8", "surrogatepass")
        return "text", _pieces(stream, lengths.tobytes(), text)
    if kinds in ({int}, {float}):
        whole = kinds == {int}
        if not whole or all(v is None or -_INT64 <= v < _INT64 for v in values):
            made = np.array([0 if v is None else v for v in values], np.int64 if whole else float)
            empty = np.fromiter((v is None for v in values), np.bool_, len(values))
            return "int" if whole else "float", _pieces(stream, made.tobytes(), empty.tobytes())
    if kinds == {date}:
        return "day", _pieces(stream, np.array(values, "datetime64[D]").tobytes())
    return "json", _pieces(stream, json.dumps([_out(v) for v in values]).encode("ascii"))


def _pieces(stream: BinaryIO, *pieces: bytes) -> list[int]:
    stream.writelines(pieces)
    return [len(piece) for piece in pieces]


def _texts(stream: BinaryIO, sizes: list[int]) -> list[Any]:
    lengths = np.frombuffer(stream.read(sizes[0]), np.int64)
    text = stream.read(sizes[1]).decode("utf-8", "surrogatepass")
    ends = np.cumsum(np.maximum(lengths, 0)).tolist()
    cells: list[Any] = [text[a:b] for a, b in pairwise([0, *ends])]
    for index in np.flatnonzero(lengths < 0).tolist():
        cells[index] = None
    return cells


def _numbers(stream: BinaryIO, sizes: list[int], kind: Any) -> list[Any]:
    cells = np.frombuffer(stream.read(sizes[0]), kind).tolist()
    empty = np.frombuffer(stream.read(sizes[1]), np.bool_)
    for index in np.flatnonzero(empty).tolist():
        cells[index] = None
    return list(cells)


_READ: dict[str, Any] = {
    "text": _texts,
    "int": lambda stream, sizes: _numbers(stream, sizes, np.int64),
    "float": lambda stream, sizes: _numbers(stream, sizes, np.float64),
    "day": lambda stream, sizes: np.frombuffer(stream.read(sizes[0]), "datetime64[D]").tolist(),
    "json": lambda stream, sizes: [_back(v) for v in json.loads(stream.read(sizes[0]))],
}


def _out(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value


def _back(value: Any) -> Any:
    if isinstance(value, dict):
        if "t" in value:
            return datetime.fromisoformat(value["t"])
        return date.fromisoformat(value["d"])
    return value
