"""How rows travel between gisgrid and its child process: files of bytes and JSON, never pickle.

Both ends import this, so it needs numpy alone. A folder holds
- `meta.json`: whatever there is to say, and for each column how it lies here;
- `columns.bin`: the columns one behind the other. Text of one column is one UTF-8 text with its
  lengths in characters (-1: nothing); numbers are eight bytes each with a byte for "nothing",
  days eight bytes; all else is JSON, a day in it {"d": "2026-11-22"}, a moment {"t": ISO 8601};
- `wkb.bin` and `ends.npy`: all shapes one behind the other, and where each ends (an empty one: no
  shape); both absent where a layer has no shapes.
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

_INT64 = 2**63
_NOTHING = type(None)


def dump(
    folder: Path,
    meta: Mapping[str, Any],
    columns: Mapping[str, Sequence[Any]],
    wkb: Sequence[bytes | None] | None,
) -> None:
    """Write rows into `folder`."""
    with (folder / "columns.bin").open("wb") as stream:
        lies = [[name, *_write(stream, list(values))] for name, values in columns.items()]
    (folder / "meta.json").write_text(json.dumps({"meta": dict(meta), "lies": lies}), "ascii")
    if wkb is not None:
        with (folder / "wkb.bin").open("wb") as stream:
            stream.writelines(shape or b"" for shape in wkb)
        lengths = np.fromiter((len(shape or b"") for shape in wkb), np.int64, len(wkb))
        np.save(folder / "ends.npy", np.cumsum(lengths), allow_pickle=False)


def load(
    folder: Path,
) -> tuple[dict[str, Any], dict[str, list[Any]], list[bytes | None] | None]:
    """What `dump` wrote: meta, columns, WKB."""
    said = json.loads((folder / "meta.json").read_text("ascii"))
    with (folder / "columns.bin").open("rb") as stream:
        columns = {name: _READ[how](stream, sizes) for name, how, sizes in said["lies"]}
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
