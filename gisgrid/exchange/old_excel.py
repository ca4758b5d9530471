"""Workbooks of Excel 5 and 95 (BIFF5), whose text is bytes in the code page of the writer.

calamine tears characters of several bytes apart, and Chinese programs named a western page as often
as their own. So it is shown a copy that says Windows-1252, where every byte is one character; those
bytes are then decided on as those of a shapefile's table are.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from gisgrid.exchange.dbf_encoding import Cells, Encoding, Texts, decide

if TYPE_CHECKING:
    from pathlib import Path

_BOOK = b"\x09\x08\x08\x00\x00\x05\x05\x00"
_NEWER = b"\x09\x08\x10\x00\x00\x06\x05\x00"
"""How a workbook begins, of Excel 95 and of 97: a saved copy for both holds both."""
_BLOCK = 64
"""Streams of a compound file begin at multiples of this."""
_PAGE, _LAST = 0x42, frozenset({0x0A, 0x85})
_WESTERN = 1252
_PLACES = {character: byte for byte, character in enumerate(bytes(range(256)).decode("latin-1"))}
_PLACES |= {
    character: byte
    for byte in range(256)
    if (character := bytes([byte]).decode("cp1252", "ignore")) != ""
}

del _PLACES["\0"]  # calamine's own mark of a torn character

Sheets = dict[str, list[list[Any]]]


def as_western(path: Path) -> int | None:
    """Have a workbook of Excel 95 say Windows-1252; the page that it named, 0 for none.

    None where it is of a later Excel, which is left as it is.
    """
    data = bytearray(path.read_bytes())
    at = _begins(data, _BOOK)
    if at is None or _begins(data, _NEWER) is not None:
        return None
    place = _page(data, at)
    if place is None:
        return 0
    (page,) = struct.unpack_from("<H", data, place)
    struct.pack_into("<H", data, place, _WESTERN)
    path.write_bytes(data)
    return int(page)


def _begins(data: bytearray, mark: bytes) -> int | None:
    at = data.find(mark)
    while at >= 0 and at % _BLOCK:
        at = data.find(mark, at + 1)
    return at if at >= 0 else None


def _page(data: bytearray, at: int) -> int | None:
    """Where the number of the code page stands, among the records before the list of sheets."""
    while at + 6 <= len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        if kind == _PAGE and size == 2:
            return at + 4
        if kind in _LAST:
            return None
        at += 4 + size
    return None


def in_words(sheets: Sheets, page: int, *, said: str | None, file: str) -> tuple[Sheets, Encoding]:
    """The same with text for bytes, and how it was decided. Raises EncodingUnknown."""
    texts = [cell for rows in sheets.values() for row in rows for cell in row if _is_text(cell)]
    # A blank behind each: none of them is cut off at the width of a field.
    cells = [_bytes(text) + b" " for text in (*sheets, *texts)]
    named = str(page).encode() if page else None
    encoding = decide(Texts([], {"": [Cells(cells)]}), said=said, cpg=named, mark=0, file=file)
    made = {
        _bytes(name).decode(encoding.name): [
            [_bytes(cell).decode(encoding.name) if _is_text(cell) else cell for cell in row]
            for row in rows
        ]
        for name, rows in sheets.items()
    }
    return made, encoding


def _is_text(cell: Any) -> bool:
    return isinstance(cell, str)


def _bytes(text: str) -> bytes:
    """What stood in the file. ValueError for a character that no byte gave."""
    try:
        return bytes(_PLACES[character] for character in text)
    except KeyError as err:
        raise ValueError("its text is of no known code page; save it as .xlsx") from err
