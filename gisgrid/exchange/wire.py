"""How rows travel between gisgrid and its child process: files of JSON and WKB, never pickle.

Both ends import this, so it needs numpy alone. A folder holds
- `columns.json`: {heading: [cell …]}; a day is {"d": "2026-11-22"}, a moment {"t": ISO 8601};
- `wkb.bin` and `ends.npy`: all shapes one behind the other, and where each ends (an empty one: no
  shape); both absent where a layer has no shapes;
- `meta.json`: whatever else there is to say.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def dump(
    folder: Path,
    meta: Mapping[str, Any],
    columns: Mapping[str, Sequence[Any]],
    wkb: Sequence[bytes | None] | None,
) -> None:
    """Write rows into `folder`."""
    cells = {name: [_out(value) for value in values] for name, values in columns.items()}
    (folder / "columns.json").write_text(json.dumps(cells, ensure_ascii=True), "ascii")
    (folder / "meta.json").write_text(json.dumps(dict(meta)), "ascii")
    if wkb is not None:
        with (folder / "wkb.bin").open("wb") as stream:
            stream.writelines(shape or b"" for shape in wkb)
        lengths = np.fromiter((len(shape or b"") for shape in wkb), np.int64, len(wkb))
        np.save(folder / "ends.npy", np.cumsum(lengths), allow_pickle=False)


def load(
    folder: Path,
) -> tuple[dict[str, Any], dict[str, list[Any]], list[bytes | None] | None]:
    """What `dump` wrote: meta, columns, WKB."""
    meta = json.loads((folder / "meta.json").read_text("ascii"))
    cells = json.loads((folder / "columns.json").read_text("ascii"))
    columns = {name: [_back(value) for value in values] for name, values in cells.items()}
    if not (folder / "ends.npy").exists():
        return meta, columns, None
    ends = np.load(folder / "ends.npy", allow_pickle=False).tolist()
    data = (folder / "wkb.bin").read_bytes()
    starts = [0, *ends]  # one more than there are ends
    return meta, columns, [data[a:b] or None for a, b in zip(starts, ends, strict=False)]


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
