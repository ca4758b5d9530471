"""Shapefiles, in the child, by fiona with that one driver switched on."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import fiona
import fiona.errors
import numpy as np
import shapely
import shapely.geometry

from gisgrid.errors import EncodingUnknown, FileUnreadable
from gisgrid.exchange import wire
from gisgrid.exchange.limits import MAX_FIELDS
from gisgrid.exchange.text import known_encoding

_LDID = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5", 0x7B: "cp932"}
"""Language driver of byte 29 of a .dbf, for the code pages that matter here."""


def read_shp(task: dict[str, Any]) -> None:
    """All records of `data.shp` (or of `data.dbf` alone) in the current folder."""
    file = task["file"]
    shape, table = Path("data.shp"), Path("data.dbf")
    records = _check_sizes(file)
    encoding = _encoding(table, file, task.get("encoding"))
    path = shape if shape.exists() else table
    columns: dict[str, list[Any]] = {}
    shapes: list[bytes | None] = []
    broken: dict[int, str] = {}
    try:
        # Latin-1 keeps every byte, so that the text is decoded here, by one rule for all systems.
        with fiona.open(path, enabled_drivers=["ESRI Shapefile"], encoding="ISO-8859-1") as source:
            names = list(source.schema["properties"])
            if len(names) > MAX_FIELDS:
                raise FileUnreadable(file=file, problem=f"it has more than {MAX_FIELDS} columns")
            values: dict[str, list[Any]] = {name: [] for name in names}
            for index, record in enumerate(source):
                for name in names:
                    values[name].append(_cell(record.properties[name], encoding))
                wkb, problem = _shape(record.geometry)
                shapes.append(wkb)
                if problem:
                    broken[index] = problem
        columns = {_cell(name, encoding) or name: cells for name, cells in values.items()}
    except UnicodeDecodeError as err:
        raise EncodingUnknown(file=file) from err
    except (fiona.errors.FionaError, ValueError, OSError, AttributeError) as err:
        raise FileUnreadable(file=file, problem=_first_line(err)) from err
    if len(shapes) != records:
        problem = f"it says that it holds {records} records, {len(shapes)} could be read"
        raise FileUnreadable(file=file, problem=problem)
    meta = {"rows": records, "layer": None, "broken": broken, "encoding": encoding, "crs": _prj()}
    wire.dump(Path(), meta, columns, shapes if shape.exists() else None)


def _first_line(err: Exception) -> str:
    return (str(err).splitlines() or ["it is damaged"])[0][:200]


def _check_sizes(file: str) -> int:
    """Records that all parts agree on: most silent damage shows where sizes and counts differ.

    Records of the .dbf that are marked as deleted are passed over, by GDAL too.
    """
    head = Path("data.dbf").read_bytes()
    if len(head) < 32:
        raise FileUnreadable(file=file, problem="its .dbf is cut off")
    count, start, width = struct.unpack("<IHH", head[4:12])
    if width == 0 or start + count * width > len(head):
        raise FileUnreadable(file=file, problem="its .dbf is shorter than it says")
    marks = np.frombuffer(head, np.uint8, count * width, start).reshape(count, width)[:, 0]
    if Path("data.shp").exists():
        shp, shx = (Path(f"data.{part}").read_bytes()[:100] for part in ("shp", "shx"))
        for part, header in (("shp", shp), ("shx", shx)):
            size = Path(f"data.{part}").stat().st_size
            if len(header) < 100 or struct.unpack(">i", header[24:28])[0] * 2 != size:
                raise FileUnreadable(file=file, problem=f"its .{part} is cut off or damaged")
        if (Path("data.shx").stat().st_size - 100) // 8 != count:
            raise FileUnreadable(file=file, problem="its .shx and .dbf differ in length")
    return int(count - np.count_nonzero(marks == ord("*")))


def _encoding(table: Path, file: str, said: str | None) -> str:
    """As said, else by the .cpg, else by the .dbf's language byte, else UTF-8, else GB18030.

    UTF-8 is tried on all text of the file at once: single short values fit both.
    """
    if said:
        return known_encoding(said)
    cpg = Path("data.cpg")
    if cpg.exists():
        name = cpg.read_bytes()[:40].decode("ascii", errors="replace").strip()
        if name.isdigit():
            name = {"65001": "utf-8", "936": "gb18030", "54936": "gb18030"}.get(name, f"cp{name}")
        try:
            return known_encoding(name.upper().removeprefix("ANSI ").replace("88591", "8859-1"))
        except Exception as err:
            raise EncodingUnknown(file=file) from err
    data = table.read_bytes()
    if data[29] in _LDID:
        return _LDID[data[29]]
    text = _text_bytes(data)
    for name in ("utf-8", "gb18030"):
        try:
            text.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    raise EncodingUnknown(file=file)


def _text_bytes(data: bytes) -> bytes:
    """Field names and all values of character fields, each ended by a line feed."""
    count, start, width = struct.unpack("<IHH", data[4:12])
    names, texts, place = [], [], 1
    grid = np.frombuffer(data, np.uint8, count * width, start).reshape(count, width)
    for offset in range(32, start - 1, 32):
        if data[offset] == 0x0D:
            break
        length = data[offset + 16]
        names.append(data[offset : offset + 11].split(b"\0")[0])
        if data[offset + 11 : offset + 12] == b"C":
            block = np.full((count, length + 1), 0x0A, np.uint8)
            block[:, :length] = grid[:, place : place + length]
            texts.append(block.tobytes())
        place += length
    return b"\n".join([*names, *texts])


def _cell(value: Any, encoding: str) -> Any:
    """Text in its true encoding; bytes of a memo are no cell."""
    if isinstance(value, str):
        return value.encode("latin-1").decode(encoding).strip("\0 \t\r\n") or None
    return None if isinstance(value, (bytes, list, tuple, dict)) else value


def _shape(geometry: Any) -> tuple[bytes | None, str | None]:
    """WKB of a record's shape and why there is none."""
    if geometry is None:
        return None, None
    try:
        made = shapely.geometry.shape(geometry.__geo_interface__)
        return bytes(shapely.to_wkb(made, output_dimension=2)), None
    except (ValueError, TypeError, shapely.errors.ShapelyError):
        return None, "has a shape that cannot be read"


def _prj() -> str | None:
    path = Path("data.prj")
    return path.read_text("utf-8", errors="replace").strip() or None if path.exists() else None
