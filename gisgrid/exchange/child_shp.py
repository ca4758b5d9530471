"""Shapefiles, in the child: the table by `read_dbf`, the shapes by `shp_shapes` with a sound index.

Text is looked at twice: once to decide its encoding, kept without what fills up its cells, and once
to decode it. All else is read and written group by group, so that a large file needs little memory.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.errors import EncodingUnknown, FileDamaged, FileUnreadable
from gisgrid.exchange import wire
from gisgrid.exchange.dbf_encoding import Cells, Texts, decide, texts_of, untorn
from gisgrid.exchange.notes import Note, note
from gisgrid.exchange.read_dbf import Dbf, DbfField, open_dbf, values
from gisgrid.exchange.shp_index import HEAD, Records, agrees, index_of, set_length, walk
from gisgrid.exchange.shp_shapes import Shapes
from gisgrid.exchange.table import distinct

if TYPE_CHECKING:
    from gisgrid.columns import Bools

_SHP = Path("data.shp")
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
    file = task["file"]
    found = _Found(file)
    # Where GDAL is asked for shapes, it is to see the .shp and its index alone.
    dbf = open_dbf(Path("data.dbf").rename("table.dbf"), file)
    records = _records(found) if _SHP.exists() else None
    dbf.count = _settle(dbf, records, found, salvage=bool(task.get("salvage")))
    live = dbf.live
    if not live.all():
        found.notes.append(note("rows_deleted", count=int((~live).sum())))
    cpg = Path("data.cpg")
    mark = cpg.read_bytes() if cpg.exists() else None
    texts = texts_of(dbf)
    encoding = decide(texts, said=task.get("encoding"), cpg=mark, mark=dbf.mark, file=file)
    columns = _columns(dbf, texts, encoding.name, file)
    shapes = None if records is None else Shapes(_SHP, records, dbf.count, file)
    out = wire.Writer(Path())
    try:
        torn = _write(out, dbf, live, columns, shapes, encoding.name)
    except UnicodeDecodeError as err:
        raise EncodingUnknown(file=file) from err
    found.notes += [*encoding.notes, *(said for each in columns for said in each.notes)]
    if torn:
        found.notes.append(note("text_torn", count=torn))
    meta = {
        "rows": (np.flatnonzero(live) + 1).tolist(),
        "layer": None,
        "broken": {} if shapes is None else shapes.broken,
        "encoding": encoding.name,
        "crs": _prj(),
        "notes": [[each.code, each.facts] for each in found.notes],
    }
    out.close(meta)


def _records(found: _Found) -> Records:
    """Where the shapes lie, by an index that agrees with them, else by walking through them."""
    if _SHP.stat().st_size < HEAD:
        raise FileUnreadable(file=found.file, problem="its .shp is cut off")
    with _SHP.open("rb") as stream:
        shp = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    with shp:
        records, size, said = _walked(shp, found)
    if said != size:
        end = int((records.offsets + 8 + 2 * records.words).max()) if len(records) else HEAD
        set_length(_SHP, end)
        if not found.lost:
            found.notes.append(note("shp_length", rows=len(records)))
    return records


def _walked(shp: mmap.mmap, found: _Found) -> tuple[Records, int, int]:
    """The records, how long the file is and how long it says it is."""
    index = Path("data.shx")
    shx = index.read_bytes() if index.exists() else None
    records = None if shx is None else agrees(shx, shp)
    if records is None:
        records = walk(shp)
        if records.whole:
            problem = "missing" if shx is None else "damaged"
            found.notes.append(note("shx_rebuilt", problem=problem))
        else:
            found.lost.append("its .shp is cut off or damaged")
        index.write_bytes(index_of(records, shp))
    return records, len(shp), struct.unpack(">i", shp[24:28])[0] * 2


def _settle(dbf: Dbf, records: Records | None, found: _Found, *, salvage: bool) -> int:
    """How many rows are taken. Raises FileDamaged where some are lost and nobody agreed to it."""
    if dbf.count < dbf.said:
        found.lost.append("its .dbf is shorter than it says")
    rows = max(dbf.said if dbf.said < 10**9 else dbf.count, 0 if records is None else len(records))
    count = dbf.count if records is None else min(dbf.count, len(records))
    if records is not None and dbf.count != len(records) and not found.lost:
        found.lost.append("its shapes and its rows differ in number")
    if not found.lost:
        return count
    facts = {"problem": "; ".join(found.lost), "saved": count, "rows": rows}
    if not salvage:
        raise FileDamaged(file=found.file, **facts)
    found.notes.append(note("salvaged", **facts))
    return count


@dataclass(slots=True)
class _Column:
    """A column while it is read: what it is called here, and what of it was cut or too narrow."""

    field: DbfField
    name: str
    cut: bool
    heading: str
    texts: list[Cells] | None
    overflow: int = 0

    @property
    def notes(self) -> list[Note]:
        """What there is to say of it once its rows are read."""
        said = [note("name_torn", column=self.name)] if self.cut else []
        if self.overflow:
            said.append(note("number_overflow", column=self.name, count=self.overflow))
        return said


def _columns(dbf: Dbf, texts: Texts, encoding: str, file: str) -> list[_Column]:
    """All of a table; headings that are alike are numbered, so that none is lost."""
    try:
        names = [untorn(each.name, encoding, full=len(each.name) >= 10) for each in dbf.fields]
    except UnicodeDecodeError as err:
        raise EncodingUnknown(file=file) from err
    headings = distinct([name for name, _ in names])
    return [
        _Column(each, *name, heading, texts.columns.get(each))
        for each, name, heading in zip(dbf.fields, names, headings, strict=True)
    ]


def _write(
    out: wire.Writer,
    dbf: Dbf,
    live: Bools,
    columns: list[_Column],
    shapes: Shapes | None,
    encoding: str,
) -> int:
    """Write the live rows group by group; how many texts were torn."""
    torn = 0
    for number, rows in enumerate(dbf.groups()):
        there = np.flatnonzero(live[rows])
        made: dict[str, list[Any]] = {}
        for each in columns:
            if each.texts is not None:
                cells, count = _texts(each.texts[number], encoding)
                torn += count
            else:
                cells, count = values(dbf, each.field, rows)
                each.overflow += count
            made[each.heading] = cells
        if len(there) < rows.stop - rows.start:
            picked = there.tolist()
            made = {heading: [cells[at] for at in picked] for heading, cells in made.items()}
        out.add(made, None if shapes is None else shapes.of(rows, there))
    return torn


_PLAIN = frozenset({"utf-8", "gbk", "gb18030"})
"""Encodings in which the byte of a line's end is never a part of another character."""


def _texts(cells: Cells, encoding: str) -> tuple[list[Any], int]:
    """Text without blanks around it; nothing for empty text; how many ends were torn."""
    if encoding in _PLAIN and cells.plain:
        try:
            made = cells.joined.decode(encoding).split("\n")
            return [text.strip(_BLANKS) or None for text in made], 0
        except UnicodeDecodeError:  # a torn end, perhaps
            pass
    texts = [untorn(cell, encoding, full=full) for cell, full in cells]
    return [text.strip(_BLANKS) or None for text, _ in texts], sum(cut for _, cut in texts)


def _prj() -> str | None:
    path = Path("data.prj")
    if not path.exists():
        return None
    data = path.read_bytes()
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    return text.strip("\0 \t\r\n") or None
