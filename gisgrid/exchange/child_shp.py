"""Shapefiles, in the child: the table by `read_dbf`, the shapes by GDAL with a sound index."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.errors import EncodingUnknown, FileDamaged, FileUnreadable
from gisgrid.exchange import wire
from gisgrid.exchange.dbf_encoding import Encoding, Texts, decide, texts_of, untorn
from gisgrid.exchange.notes import Note, note
from gisgrid.exchange.read_dbf import Dbf, is_text, open_dbf, values
from gisgrid.exchange.shp_index import HEAD, Records, agrees, index_of, walk, with_length
from gisgrid.exchange.table import distinct

if TYPE_CHECKING:
    from gisgrid.columns import Objects

_BLANKS = " \t\r\n"


@dataclass(slots=True)
class _Found:
    """What there is to say of a file while it is read. lost: why rows are lost, in words."""

    file: str
    notes: list[Note] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def read_shp(task: dict[str, Any]) -> None:
    """All records of `data.shp` (or of `data.dbf` alone) in the current folder.

    task: file, encoding (by a person, or None), salvage (take what is whole of a damaged file).
    """
    found = _Found(task["file"])
    dbf = open_dbf(Path("data.dbf").read_bytes(), found.file)
    records = _records(found) if Path("data.shp").exists() else None
    count = _settle(dbf, records, found, salvage=bool(task.get("salvage")))
    dbf.grid, dbf.count = dbf.grid[:count], count
    live = np.flatnonzero(dbf.live)
    if len(live) < count:
        found.notes.append(note("rows_deleted", count=count - len(live)))
    cpg = Path("data.cpg")
    texts = texts_of(dbf)
    mark = cpg.read_bytes() if cpg.exists() else None
    encoding = decide(texts, said=task.get("encoding"), cpg=mark, mark=dbf.mark, file=found.file)
    found.notes += encoding.notes
    columns = _columns(dbf, texts, encoding, found)
    kept = columns
    if len(live) < count:
        kept = {name: [cells[row] for row in live] for name, cells in columns.items()}
    broken: dict[int, str] = {}
    shapes = None if records is None else _shapes(records, count, found)[live]
    if shapes is not None and records is not None:
        empty = np.array([shape is None for shape in shapes], dtype=bool)
        for index in np.flatnonzero(empty & (records.types[:count][live] != 0)).tolist():
            broken[index] = "has a shape that cannot be read"
    meta = {
        "rows": (live + 1).tolist(),
        "layer": None,
        "broken": broken,
        "encoding": encoding.name,
        "crs": _prj(),
        "notes": [[each.code, each.facts] for each in found.notes],
    }
    wire.dump(Path(), meta, kept, None if shapes is None else shapes.tolist())


def _records(found: _Found) -> Records:
    """Where the shapes lie, by an index that agrees with them, else by walking through them."""
    shp = Path("data.shp").read_bytes()
    if len(shp) < HEAD:
        raise FileUnreadable(file=found.file, problem="its .shp is cut off")
    index = Path("data.shx")
    shx = index.read_bytes() if index.exists() else None
    said = struct.unpack(">i", shp[24:28])[0] * 2
    records = None if shx is None else agrees(shx, shp)
    if records is None:
        records = walk(shp)
        if records.whole:
            problem = "missing" if shx is None else "damaged"
            found.notes.append(note("shx_rebuilt", problem=problem))
        else:
            found.lost.append("its .shp is cut off or damaged")
        index.write_bytes(index_of(records, shp))
    if said != len(shp):
        end = int((records.offsets + 8 + 2 * records.words).max()) if len(records) else HEAD
        Path("data.shp").write_bytes(with_length(shp, end))
        if not found.lost:
            found.notes.append(note("shp_length", rows=len(records)))
    return records


def _settle(dbf: Dbf, records: Records | None, found: _Found, *, salvage: bool) -> int:
    """How many rows are taken. Raises FileDamaged where some are lost and nobody agreed to it."""
    if dbf.count < dbf.said:
        found.lost.append("its .dbf is shorter than it says")
    rows = max(dbf.said if dbf.said < 10**9 else dbf.count, 0 if records is None else len(records))
    count = dbf.count if records is None else min(dbf.count, len(records))
    if records is not None and dbf.count != len(records) and not found.lost:
        found.lost.append(f"it has {len(records)} shapes and {dbf.count} rows")
    if not found.lost:
        return count
    facts = {"problem": "; ".join(found.lost), "saved": count, "rows": rows}
    if not salvage:
        raise FileDamaged(file=found.file, **facts)
    found.notes.append(note("salvaged", **facts))
    return count


def _columns(dbf: Dbf, texts: Texts, encoding: Encoding, found: _Found) -> dict[str, list[Any]]:
    """Heading -> cells; headings that are alike are numbered, so that none is lost."""
    names, columns = [], []
    torn = 0
    try:
        for each in dbf.fields:
            name, cut = untorn(each.name, encoding.name, full=len(each.name) >= 10)
            if cut:
                found.notes.append(note("name_torn", column=name))
            names.append(name)
            if is_text(each):
                cells, count = _texts(texts.columns[each], encoding.name)
                torn += count
            else:
                cells, overflow = values(dbf, each)
                if overflow:
                    found.notes.append(note("number_overflow", column=name, count=overflow))
            columns.append(cells)
    except UnicodeDecodeError as err:
        raise EncodingUnknown(file=found.file) from err
    if torn:
        found.notes.append(note("text_torn", count=torn))
    return dict(zip(distinct(names), columns, strict=True))


def _texts(cells: list[bytes], encoding: str) -> tuple[list[Any], int]:
    """Text without blanks around it; nothing for empty text; how many ends were torn."""
    quick = _at_once(cells, encoding)
    if quick is not None:
        return [text.strip(_BLANKS) or None for text in quick], 0
    made: list[Any] = []
    torn = 0
    for cell in cells:
        data = cell.split(b"\0")[0]
        text, cut = untorn(data, encoding, full=not data.endswith(b" "))
        torn += cut
        made.append(text.strip(_BLANKS) or None)
    return made, torn


_PLAIN = frozenset({"utf-8", "gbk", "gb18030"})
"""Encodings in which the byte of a line's end is never a part of another character."""


def _at_once(cells: list[bytes], encoding: str) -> list[str] | None:
    """A whole column decoded in one go; None where a cell asks for a closer look."""
    joined = b"\n".join(cells)
    if encoding not in _PLAIN or b"\0" in joined or joined.count(b"\n") != max(len(cells) - 1, 0):
        return None
    try:
        return joined.decode(encoding).split("\n")
    except UnicodeDecodeError:  # a torn end, perhaps
        return None


_POINTS = frozenset({1, 11, 21})
"""Point, and point with height or measure: x and y come first in all three."""


def _shapes(records: Records, count: int, found: _Found) -> Objects:
    """WKB of the first `count` shapes; points are taken as they lie, the others by GDAL."""
    if not count:
        return np.empty(0, dtype=object)
    kinds = set(np.unique(records.types[:count]).tolist()) - {0}
    if kinds <= _POINTS and (records.words[:count][records.types[:count] != 0] >= 10).all():
        return _points(records, count)
    return _by_gdal(records, count, found)


def _points(records: Records, count: int) -> Objects:
    """WKB of points: a mark of the byte order, the kind, x and y."""
    shp = np.frombuffer(Path("data.shp").read_bytes(), np.uint8)
    there = records.types[:count] != 0
    wkb = np.zeros((count, 21), np.uint8)
    wkb[:, 0] = wkb[:, 1] = 1
    wkb[there, 5:] = shp[records.offsets[:count][there, None] + 12 + np.arange(16)]
    joined = wkb.tobytes()
    shapes: Objects = np.full(count, None, dtype=object)
    for index in np.flatnonzero(there).tolist():
        shapes[index] = joined[21 * index : 21 * index + 21]
    return shapes


def _by_gdal(records: Records, count: int, found: _Found) -> Objects:
    """GDAL sees the .shp and its index alone, and puts rings together."""
    import pyogrio.errors  # noqa: PLC0415 - half a second that points do not need
    import pyogrio.raw  # noqa: PLC0415

    Path("data.dbf").rename("table.dbf")
    try:
        _, _, shapes, _ = pyogrio.raw.read("data.shp", columns=[])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as err:
        problem = (str(err).splitlines() or ["it is damaged"])[0][:200]
        raise FileUnreadable(file=found.file, problem=problem) from err
    if len(shapes) != len(records):
        problem = f"it holds {len(records)} shapes, {len(shapes)} could be read"
        raise FileUnreadable(file=found.file, problem=problem)
    kept: Objects = shapes[:count]
    return kept


def _prj() -> str | None:
    path = Path("data.prj")
    if not path.exists():
        return None
    data = path.read_bytes()
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    return text.strip("\0 \t\r\n") or None
