"""A shapefile done right: all its parts, its names, what it could not keep, in one zip."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.exchange.crs import described, esri_wkt, named_crs, shapes_from_degrees
from gisgrid.exchange.dbf import Fields, prepare, write_table
from gisgrid.exchange.headings import heading, remark
from gisgrid.exchange.losses import loss
from gisgrid.exchange.shp import Shapes
from gisgrid.exchange.tables import table_rows_csv

if TYPE_CHECKING:
    from typing import BinaryIO

    from gisgrid.exchange.losses import Loss
    from gisgrid.exchange.outgoing import Form, Outgoing

PART_BYTES = 2_000_000_000
"""Of one .shp or .dbf; many programs count its bytes in 31 bits."""
_GBK_MARK = 0x4D
_FIXED_TIME = (2000, 1, 1, 0, 0, 0)
"""Of files within the archive: the same rows give the same bytes."""
_LEVEL = 4
"""Of compression: 6 takes three times as long for a thirtieth less."""


@dataclass(frozen=True, slots=True)
class _Code:
    """How text is written. cpg: what the .cpg says; mark: the language driver of the table."""

    codec: str
    cpg: str
    mark: int


def write_shp(out: Outgoing, path: Path, form: Form, *, part_bytes: int = PART_BYTES) -> list[Loss]:
    """Write `out` as a zipped shapefile; what could not be kept.

    In the zip: .shp .shx .dbf .prj .cpg (a lone .dbf and .cpg for a table), `fields.csv` with the
    full names in both languages, `README.txt`, and `not_kept.csv` with each text that was cut.
    Beyond `part_bytes` the rows are divided: name_1, name_2 …
    """
    columns = {name: (kind, out.cells(name)) for name, kind in out.kinds.items()}
    code = _code(columns, form.encoding)
    table = prepare(columns, code.codec)
    losses = [*out.told, *table.losses]
    shapes = None
    if out.geometry is not None and out.shape is not None:
        placed = shapes_from_degrees(out.geometry, form.crs, form.datum)
        shapes = Shapes(placed, out.shape, file=path.name)
    ends = _divided(len(out.frame), table, shapes, part_bytes)
    if len(ends) > 1:
        losses.append(loss("parts", None, len(ends)))
    with zipfile.ZipFile(path, "w") as archive:
        start = 0
        for number, end in enumerate(ends, start=1):
            name = out.name if len(ends) == 1 else f"{out.name}_{number}"
            _add_part(archive, name, table, shapes, slice(start, end), code)
            if shapes is not None:
                wkt = esri_wkt(named_crs(form.crs))
                _add(archive, f"{name}.prj", wkt.encode("ascii", "replace"))
            _add(archive, f"{name}.cpg", code.cpg.encode())
            start = end
        _add(archive, "fields.csv", _fields(out, table))
        if table.whole:
            _add(archive, "not_kept.csv", _whole(out, table))
        _add(archive, "README.txt", readme(out, form, losses, code.cpg).encode())
    return losses


def _code(columns: dict[str, tuple[str, list[Any]]], encoding: str) -> _Code:
    """UTF-8; or GBK where it holds all text, which old programs know, else GB18030."""
    if encoding != "gb18030":
        return _Code("utf-8", "UTF-8", 0)
    texts = [cell for kind, cells in columns.values() if kind == "text" for cell in cells if cell]
    try:
        for text in (*columns, *texts):
            text.encode("gbk")
    except UnicodeEncodeError:
        return _Code("gb18030", "GB18030", 0)
    return _Code("gbk", "GBK", _GBK_MARK)


def _divided(rows: int, table: Fields, shapes: Shapes | None, most: int) -> list[int]:
    """Where each part ends, so that neither table nor shapes reach `most` bytes."""
    sizes = np.full(rows, table.width, dtype=np.int64)
    if shapes is not None:
        sizes = np.maximum(sizes, shapes.lengths)
    totals = np.concatenate([[0], np.cumsum(sizes)])
    ends, start = [], 0
    room = most - 100 - 33 - 32 * len(table.fields)
    while start < rows:
        end = int(np.searchsorted(totals, totals[start] + room, side="right")) - 1
        start = max(end, start + 1)
        ends.append(start)
    return ends or [0]


def _add_part(
    archive: zipfile.ZipFile,
    name: str,
    table: Fields,
    shapes: Shapes | None,
    rows: slice,
    code: _Code,
) -> None:
    """The .shp, .shx and .dbf of some rows; by way of files, as they may be large."""
    with tempfile.TemporaryDirectory(prefix="gisgrid-") as folder:
        if shapes is not None:
            with (
                (Path(folder) / "shp").open("wb") as shp,
                (Path(folder) / "shx").open("wb") as shx,
            ):
                shapes.write(rows.start, rows.stop, shp, shx)
            for ending in ("shp", "shx"):
                with (Path(folder) / ending).open("rb") as source:
                    _copy(archive, f"{name}.{ending}", source)
        with (Path(folder) / "dbf").open("w+b") as file:
            write_table(table, rows, rows.stop - rows.start, file, code.mark)
            file.seek(0)
            _copy(archive, f"{name}.dbf", file)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _FIXED_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    # An archive's own level is for entries that it makes itself; these would be packed by 6.
    entry._compresslevel = _LEVEL  # type: ignore[attr-defined]
    entry.external_attr = 0o644 << 16
    return entry


def _copy(archive: zipfile.ZipFile, name: str, source: BinaryIO) -> None:
    with archive.open(_entry(name), "w", force_zip64=True) as sink:
        shutil.copyfileobj(source, sink, 1 << 20)


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    _copy(archive, name, io.BytesIO(data))


def add_file(path: Path, name: str, source: Path) -> None:
    """Put one more file into the archive at `path`."""
    with zipfile.ZipFile(path, "a") as archive, source.open("rb") as stream:
        _copy(archive, name, stream)


def _fields(out: Outgoing, table: Fields) -> bytes:
    """Short name, full name, what people call it in English and Chinese, and what to know."""
    rows = [
        [short, full, *heading(out.name, full), " ".join(remark(out.name, full))]
        for full, short in table.short.items()
    ]
    return table_rows_csv([["short", "full", "english", "中文", "note 说明"], *rows]).encode(
        "utf-8-sig"
    )


def _whole(out: Outgoing, table: Fields) -> bytes:
    """The texts that were cut, whole, with the row and its key."""
    first = str(out.frame.columns[0])
    keys = out.cells(first)
    rows = [
        [str(index + 1), str(keys[index] or ""), column, text]
        for index, column, text in table.whole
    ]
    return table_rows_csv([["row", first, "column", "text"], *rows]).encode("utf-8-sig")


_DATUM_NOTES = {
    "gcj02": "Positions are SHIFTED to GCJ-02, as web maps show them. 坐标为 GCJ-02（偏移）。",
    "bd09": "Positions are SHIFTED to BD-09, as Baidu maps show them. 坐标为 BD-09（偏移）。",
}


def readme(out: Outgoing, form: Form, losses: list[Loss], cpg: str) -> str:
    """What people read first: rows, system, encoding, what could not be kept."""
    lines = [
        f"{out.name}: {len(out.frame)} rows, {described(named_crs(form.crs))}, text in {cpg}.",
        f"共 {len(out.frame)} 行，坐标系 {form.crs}，编码 {cpg}。",
    ]
    if out.said:
        lines.append(out.said)
    if form.datum in _DATUM_NOTES:
        lines.append(_DATUM_NOTES[form.datum])
    lines += [
        "Column names of a shapefile have at most ten bytes; fields.csv gives the full ones.",
        "字段名最多 10 个字节，完整名称见 fields.csv。",
    ]
    if form.twin:
        lines += [
            f"{out.name}.gpkg holds the same rows with full names, whole text and a style (QGIS).",
            f"{out.name}.gpkg 为同一数据：字段名完整、文字不截断，自带 QGIS 样式。",
        ]
    if losses:
        lines += ["", "What a shapefile could not keep 未能原样保留的内容:"]
        lines += [f"- {each.sentence} {each.chinese}" for each in losses]
    return "\r\n".join(lines) + "\r\n"
