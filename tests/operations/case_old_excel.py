"""The last of the table of cases: workbooks of Excel 5 and 95, made of plain bytes.

GDAL's XLS driver (freexl) read the same workbooks when they were written, to see that they are what
they should be; not Excel, which nobody here has.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from .case_files import HERE, NAMES, case
from .case_formats import CASES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["CASES"]

NONE, END, FATS = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
DAY = 46024  # 2026-01-02, counted as Excel does
HEADINGS = ("编号", "姓名", "经度", "纬度", "登记日期")
PLAIN = ("id", "name", "lon", "lat", "listed_on")


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def biff5(
    encoding: str, page: int | None, rows: tuple[tuple[str, ...], ...], lead: bytes = b""
) -> bytes:
    """The stream of a workbook with one sheet. lead: records before the one of the code page."""
    head = record(0x809, b"\x00\x05\x05\x00" + bytes(4)) + lead
    if page is not None:
        head += record(0x42, struct.pack("<H", page))
    head += b"".join(record(0xE0, struct.pack("<HH", 0, form) + bytes(12)) for form in (0, 14))
    title = rows[0][1].encode(encoding)
    at = len(head) + 4 + 7 + len(title) + 4
    listed = record(0x85, struct.pack("<IBB", at, 0, 0) + bytes([len(title)]) + title)
    return head + listed + record(0x0A) + sheet(encoding, *rows)


def sheet(encoding: str, headings: tuple[str, ...], names: tuple[str, ...]) -> bytes:
    """Rows of the usual table; the second name as text with runs of fonts in it."""

    def word(row: int, column: int, text: str, *, rich: bool = False) -> bytes:
        data = text.encode(encoding)
        cell = struct.pack("<HHHH", row, column, 0, len(data)) + data
        return record(0xD6, cell + b"\x01\x00\x00") if rich else record(0x204, cell)

    def number(row: int, column: int, value: float, form: int = 0) -> bytes:
        return record(0x203, struct.pack("<HHHd", row, column, form, value))

    made = record(0x809, b"\x00\x05\x10\x00" + bytes(4))
    made += b"".join(word(0, column, text) for column, text in enumerate(headings))
    for row, (name, (lon, lat)) in enumerate(zip(names, HERE, strict=True), 1):
        made += word(row, 0, f"H{row}") + word(row, 1, name, rich=row == 2)
        made += number(row, 2, lon) + number(row, 3, lat) + number(row, 4, DAY, 1)
    return made + record(0x0A)


def compound(stream: bytes, *, scattered: bool = False, name: str = "Book") -> bytes:
    """A compound file with one stream alone, in one piece or its blocks back to front."""
    stream = stream.ljust(4096, b"\0")
    stream += bytes(-len(stream) % 512)
    count = len(stream) // 512
    chain, start = [FATS, END, *range(3, 2 + count), END], 2
    if scattered:
        chain, start = [FATS, END, END, *range(2, 1 + count)], 1 + count
        stream = b"".join(stream[at : at + 512] for at in range(0, len(stream), 512)[::-1])
    chain += [NONE] * (128 - len(chain))

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        words = f"{name}\0".encode("utf-16-le") if name else b""
        beside = struct.pack("<HBBIII", len(words), kind, 1, NONE, NONE, child) + bytes(36)
        return words.ljust(64, b"\0") + beside + struct.pack("<IQ", start, size)

    folder = entry("Root Entry", 5, 1, END, 0) + entry(name, 2, NONE, start, len(stream))
    folder += entry("", 0, NONE, 0, 0) * 2
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0)
    head += struct.pack("<I", 0) + struct.pack("<I", NONE) * 108
    return head + struct.pack("<128I", *chain) + folder + stream


def old(
    encoding: str = "gbk",
    page: int | None = 936,
    rows: tuple[tuple[str, ...], ...] = (HEADINGS, NAMES[:2]),
    **more: Any,
) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "a.xls"
        lead = record(0x5C, bytes(600)) if more else b""
        path.write_bytes(compound(biff5(encoding, page, rows, lead), **more))
        return path

    return make


VALUES = {"id": ["H1", "H2"], "name": list(NAMES[:2]), "listed_on": ["2026-01-02"] * 2}
CONTRADICTS = ("it says 1252, but its text is gb18030",)
case("Excel 95 that says GBK", old(), values=VALUES)
case("Excel 95 that names no code page", old(page=None), values=VALUES)
case("Excel 95 that says Latin over GBK", old(page=1252), notes=CONTRADICTS, values=VALUES)
case(
    "Excel 95 in Big5 that says so",
    old("big5", 950, (PLAIN, ("張偉與李芳", "謝英"))),
    values=VALUES | {"name": ["張偉與李芳", "謝英"]},
)
case(
    "Excel 95 that names no code page, its encoding said by a person",
    old(page=None),
    options={"encoding": "gbk"},
    values=VALUES,
)
case(
    "Excel 95 with an encoding said by a person that does not fit",
    old(),
    options={"encoding": "utf-8"},
    error="EncodingUnknown",
)
case(
    "Excel 95 in blocks that lie back to front",
    old(scattered=True),
    error="FileUnreadable",
    says="no known code page",
)


def raw(folder: Path) -> Path:
    path = folder / "a.xls"
    path.write_bytes(record(0x409, b"\0\0\x10\0\0\0") + sheet("gbk", HEADINGS, NAMES[:2])[12:])
    return path


case("Excel 4, which is no compound file", raw, error="FileNotWhatItSays")
