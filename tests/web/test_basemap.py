from __future__ import annotations

import gzip
import sqlite3
import struct
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gisgrid.errors import FileUnreadable
from gisgrid.store.basetiles import base_tile, tile_id
from gisgrid.web import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace

PNG = b"\x89PNG\r\n\x1a\n"
TILES = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1), (3, 5, 2)]


def picture(z: int, x: int, y: int) -> bytes:
    return PNG + f"{z}/{x}/{y}".encode()


def mbtiles(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        for z, x, y in TILES:
            row = (z, x, (1 << z) - 1 - y, picture(z, x, y))
            db.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", row)
    return path


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """entries: (tile id, run, length, offset)."""
    before = 0
    out = varint(len(entries))
    for number, *_ in entries:
        out += varint(number - before)
        before = number
    for column in (1, 2):
        out += b"".join(varint(entry[column]) for entry in entries)
    out += b"".join(varint(entry[3] + 1) for entry in entries)
    return gzip.compress(out, mtime=0)


def pmtiles(path: Path, kind: int = 2) -> Path:
    """An archive whose root holds one leaf directory."""
    data, entries = b"", []
    for z, x, y in sorted(TILES, key=lambda tile: tile_id(*tile)):
        body = picture(z, x, y)
        entries.append((tile_id(z, x, y), 1, len(body), len(data)))
        data += body
    leaf = directory(entries)
    root = directory([(0, 0, len(leaf), 0)])
    at = 127
    head = struct.pack(
        "<7s B 8Q",
        b"PMTiles",
        3,
        at,
        len(root),
        at + len(root),
        0,
        at + len(root),
        len(leaf),
        at + len(root) + len(leaf),
        len(data),
    )
    head = bytearray(head.ljust(127, b"\0"))
    head[97], head[98], head[99], head[101] = 2, 1, kind, 3
    path.write_bytes(bytes(head) + root + leaf + data)
    return path


@pytest.fixture(params=["mbtiles", "pmtiles"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    make = {"mbtiles": mbtiles, "pmtiles": pmtiles}[request.param]
    return make(tmp_path / f"base.{request.param}")


def test_each_tile_is_the_one_at_its_place(file: Path) -> None:
    for place in TILES:
        assert base_tile(file, *place) == (picture(*place), "image/png")
    for place in [(1, 0, 1), (3, 5, 3), (9, 1, 1), (1, 2, 0), (1, -1, 0), (99, 0, 0)]:
        assert base_tile(file, *place) is None


def test_tile_numbers_follow_the_published_curve() -> None:
    assert [tile_id(*tile) for tile in [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0)]] == [
        0,
        1,
        2,
        3,
        4,
    ]
    whole = sorted(tile_id(3, x, y) for x in range(8) for y in range(8))
    assert whole == list(range(21, 85))


def test_a_damaged_file_is_said_plainly(file: Path) -> None:
    body = file.read_bytes()
    file.write_bytes(body[:130] + bytes(len(body) - 130))
    with pytest.raises(FileUnreadable, match="damaged"):
        base_tile(file, 0, 0, 0)


def test_the_page_gets_its_base_map_from_here(
    enter: Callable[..., FlaskClient], ws: Workspace, file: Path
) -> None:
    ws.settings = replace(ws.settings, base_map=str(file))
    client = enter()
    answer = client.get("/basemap/1/1/0")
    assert (answer.data, answer.mimetype) == (picture(1, 1, 0), "image/png")
    assert client.get("/basemap/1/0/1").status_code == 204
    assert "/basemap/" in client.get("/map/coverage.js").text


def test_a_vector_archive_is_given_out_by_ranges(
    enter: Callable[..., FlaskClient], ws: Workspace, tmp_path: Path
) -> None:
    path = pmtiles(tmp_path / "base.pmtiles", kind=1)
    ws.settings = replace(ws.settings, base_map=str(path))
    answer = enter().get("/basemap.pmtiles", headers={"Range": "bytes=0-6"}, buffered=True)
    assert (answer.status_code, answer.data) == (206, b"PMTiles")


def test_the_page_asks_no_deeper_than_the_file_goes(
    enter: Callable[..., FlaskClient], ws: Workspace, file: Path
) -> None:
    ws.settings = replace(ws.settings, base_map=str(file))
    deepest = max(z for z, _x, _y in TILES)
    assert f'"maxNativeZoom": {deepest}' in enter().get("/map/coverage.js").text


def test_a_server_does_not_start_on_a_damaged_base_map(ws: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "base.mbtiles"
    path.write_bytes(b"SQLite format 3\0" + bytes(2000))
    ws.settings = replace(ws.settings, base_map=str(path))
    with pytest.raises(FileUnreadable, match=r"base\.mbtiles"):
        create_app(ws.settings, ws)


def test_without_a_base_map_there_is_nothing(enter: Callable[..., FlaskClient]) -> None:
    client = enter()
    assert client.get("/basemap/0/0/0").status_code == 404
    assert client.get("/basemap.pmtiles").status_code == 404
