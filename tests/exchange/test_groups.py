"""A large file is read a group of rows after another; how many are in a group changes nothing."""

from __future__ import annotations

import shutil
import sqlite3
import struct
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from gisgrid.exchange import child_gpkg, child_shp, dbf_encoding, read_dbf, wire
from gisgrid.exchange.table import distinct

FIELDS = [(b"name", b"C", 11), (b"name", b"C", 4), (b"days", b"N", 3), (b"listed", b"D", 8)]
TEXTS = ["会师镇东关村", "李", "", "a\nb", "x\0y", "王村"]


def table_of(count: int) -> bytes:
    """A .dbf in GBK with torn ends, deleted rows, numbers too narrow and cells filled with NUL."""
    width = 1 + sum(size for _, _, size in FIELDS)
    start = 33 + 32 * len(FIELDS)
    head = struct.pack("<BBBBIHH17xBH", 3, 126, 1, 1, count, start, width, 0, 0)
    for name, kind, size in FIELDS:
        head += struct.pack("<11sc4xBB14x", name, kind, size, 0)
    rows = b""
    for row in range(count):
        text = TEXTS[row % len(TEXTS)].encode("gbk")
        rows += b"*" if row % 7 == 3 else b" "
        rows += text[:11].ljust(11, b"\0" if row % 5 == 0 else b" ") + text[:4].ljust(4)
        rows += (b"***" if row % 4 == 2 else b"%3d" % row) + b"20260%d02" % (1 + row % 9)
    return head + b"\r" + rows + b"\x1a"


def shapes_of(contents: list[bytes], kind: int) -> bytes:
    body = b"".join(
        struct.pack(">2i", number, len(content) // 2) + content
        for number, content in enumerate(contents, start=1)
    )
    size = struct.pack(">i", (100 + len(body)) // 2)
    return struct.pack(">i20x", 9994) + size + struct.pack("<2i64x", 1000, kind) + body


def points(count: int) -> bytes:
    empty = struct.pack("<i", 0)
    given = [struct.pack("<i2d", 1, row, row / 2) for row in range(count)]
    return shapes_of([empty if row % 6 == 5 else given[row] for row in range(count)], 1)


def squares(count: int) -> bytes:
    contents = []
    for row in range(count):
        ring = [(row, 0), (row, 1), (row + 1, 1), (row + 1, 0), (row, 0)]
        places = b"".join(struct.pack("<2d", *corner) for corner in ring)
        contents.append(struct.pack("<i4d3i", 5, row, 0, row + 1, 1, 1, 5, 0) + places)
    return shapes_of(contents, 5)


def found(folder: Path, read, module, name: str, size: int, monkeypatch):
    """What a reader leaves in a copy of a folder, with that many rows in a group."""
    work = folder.parent / f"{folder.name}-{size}"
    shutil.copytree(folder, work)
    monkeypatch.setattr(module, name, size)
    monkeypatch.chdir(work)
    read()
    return wire.load(Path())


@pytest.mark.parametrize("shapes", [points, squares, None])
@pytest.mark.parametrize("size", [1, 4, 23])
def test_a_shapefile_is_the_same_in_groups_of_any_size(tmp_path, monkeypatch, shapes, size) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "data.dbf").write_bytes(table_of(23))
    if shapes is not None:
        (folder / "data.shp").write_bytes(shapes(23))

    def read(size: int):
        task = {"file": "layer.shp"}
        return found(folder, lambda: child_shp.read_shp(task), read_dbf, "GROUP", size, monkeypatch)

    whole, parts = read(1_000), read(size)
    assert parts == whole
    meta, columns, wkb = parts
    assert len(columns["name"]) == len(meta["rows"]) == 20
    assert (wkb is None) == (shapes is None)
    assert {code for code, _ in meta["notes"]} >= {"rows_deleted", "number_overflow", "text_torn"}


@pytest.mark.parametrize("size", [1, 4, 23])
def test_a_geopackage_is_the_same_in_groups_of_any_size(tmp_path, monkeypatch, size) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    base = sqlite3.connect(folder / "data.gpkg")
    base.executescript(
        "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT);"
        "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INT);"
        "CREATE TABLE gpkg_spatial_ref_sys (srs_id INT, organization TEXT,"
        " organization_coordsys_id INT, definition TEXT);"
        "INSERT INTO gpkg_contents VALUES ('homes', 'features');"
        "INSERT INTO gpkg_geometry_columns VALUES ('homes', 'shape', 0);"
        "CREATE TABLE homes (fid INTEGER PRIMARY KEY, name TEXT, days, shape BLOB)"
    )
    head = b"GP\0\x01" + struct.pack("<i", 0)
    for row in range(23):
        # The last text is no UTF-8, when most rows are written already; some shapes are none.
        name = "'张'" if row < 22 else "CAST(x'61ff' AS TEXT)"
        shape = b"no shape" if row % 9 == 8 else head + struct.pack("<BI2d", 1, 1, row, row)
        days = row if row % 2 else f"{row}d"
        base.execute(f"INSERT INTO homes VALUES (NULL, {name}, ?, ?)", (days, shape))  # noqa: S608
    base.commit()
    base.close()

    def read(size: int):
        task = {"file": "homes.gpkg", "path": "data.gpkg", "layer": None}
        return found(
            folder, lambda: child_gpkg.read_gpkg(task), child_gpkg, "_GROUP", size, monkeypatch
        )

    whole, parts = read(1_000), read(size)
    assert parts == whole
    meta, columns, wkb = parts
    assert meta["rows"] == len(columns["name"]) == len(wkb) == 23
    assert columns["name"][-1] == "a\ufffd"
    assert columns["days"][:2] == ["0d", 1]
    assert sorted(map(int, meta["broken"])) == [8, 17]


def test_groups_whose_columns_lie_differently_come_back_as_one(tmp_path) -> None:
    out = wire.Writer(tmp_path)
    groups = [["张", None], [1, None], [1.5, 2**70], [None, None], [date(2026, 1, 2), "x"]]
    out.add({"seen": ["forgotten"]}, wire.joined([b"gone"]))
    out.clear()
    for cells in groups:
        out.add({"seen": cells}, wire.joined([b"ab", None]))
    out.close({"layer": "homes"})
    meta, columns, wkb = wire.load(tmp_path)
    assert meta == {"layer": "homes"}
    assert columns["seen"] == [cell for cells in groups for cell in cells]
    assert wkb == [b"ab", None] * len(groups)


def test_what_fills_up_a_cell_is_not_kept_and_a_full_one_is_known() -> None:
    raw = [b"ab  ", b"abcd", b"a\0zz", b"a \0z", b"a\0  ", b"    ", b"\0\0\0\0"]
    cells = dbf_encoding.Cells(raw)
    assert cells.joined == b"ab\nabcd\na\na\na\n\n"
    assert [full for _, full in cells] == [False, True, True, False, False, False, False]
    assert cells.plain
    assert np.array_equal([cell for cell, _ in cells], cells.joined.split(b"\n"))


def test_a_heading_that_looks_like_a_numbered_one_loses_no_column() -> None:
    assert distinct(["name", "name", "name (2)"]) == ["name", "name (3)", "name (2)"]
    assert distinct(["", "a", "a", "a", "column 1"]) == [
        *("column 1", "a", "a (2)", "a (3)", "column 1 (2)"),
    ]
