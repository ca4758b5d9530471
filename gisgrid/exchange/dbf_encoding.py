"""Which encoding the text of a table is in: one decision, said where the file says otherwise.

In order: what the person says; the .cpg; the language byte; UTF-8 and GB18030 over all text. What
a file declares is obeyed only where its bytes agree: a .cpg left behind by a conversion is the
commonest cause of unreadable Chinese. A text that ends within a character, because a program cut
it at the width of its field, counts as fitting without its torn end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.errors import EncodingUnknown, UnknownWord
from gisgrid.exchange.notes import Note, note
from gisgrid.exchange.read_dbf import is_text
from gisgrid.exchange.text import known_encoding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gisgrid.columns import Ints
    from gisgrid.exchange.read_dbf import Dbf

_LANGUAGES = {
    **dict.fromkeys((0x4D, 0x7A), "gb18030"),
    **dict.fromkeys((0x4F, 0x78), "big5"),
    **dict.fromkeys((0x13, 0x7B), "cp932"),
    **dict.fromkeys((0x4E, 0x79), "cp949"),
    **dict.fromkeys((0x03, 0x57, 0x58, 0x59), "cp1252"),
    **dict.fromkeys((0x26, 0x65), "cp866"),
    **dict.fromkeys((0x57,), "cp1252"),
    0x01: "cp437",
    0x02: "cp850",
    0xC8: "cp1250",
    0xC9: "cp1251",
}
_PAGES = {"65001": "utf-8", "936": "gb18030", "54936": "gb18030", "950": "big5", "932": "cp932"}
_WESTERN = frozenset({"iso8859-1", "cp1252", "latin-1", "iso8859-15", "ascii", "cp437", "cp850"})
"""Encodings in which any bytes are text: to declare one says nothing."""
_PLAIN = 24
"""From how many bytes beyond ASCII on text that is whole UTF-8 is nothing else."""
_MOST_TORN = 3
"""Bytes of a character at the end of a full field that may be missing its rest."""


@dataclass(slots=True)
class Encoding:
    """name: of the codec. notes: what there is to say about it."""

    name: str
    notes: list[Note] = field(default_factory=list)


class Cells:
    """Cells of a column without what fills them up: the blanks at the end, and all from a NUL on.

    joined: with the end of a line between two. full: of those that fill their field to its end,
    and may be torn there.
    """

    __slots__ = ("_ends", "full", "joined")

    def __init__(self, raw: list[bytes]) -> None:
        heads, cells = raw, [cell.rstrip(b" ") for cell in raw]
        self.joined = b"\n".join(cells)
        if b"\0" in self.joined:
            heads = [cell.split(b"\0")[0] for cell in raw]
            cells = [head.rstrip(b" ") for head in heads]
            self.joined = b"\n".join(cells)
        lengths = _lengths(cells)
        self._ends = np.cumsum(lengths + 1) - 1
        self.full = lengths == _lengths(heads)
        if heads is not raw:
            self.full &= np.array([cell[-1:] not in {b" ", b"\0"} for cell in raw], dtype=bool)

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[tuple[bytes, bool]]:
        """Each cell, and whether it is full."""
        start = 0
        for end, full in zip(self._ends.tolist(), self.full.tolist(), strict=True):
            yield self.joined[start:end], full
            start = end + 1

    @property
    def plain(self) -> bool:
        """Whether none holds the end of a line, so that `joined` can be parted there."""
        return self.joined.count(b"\n") == max(len(self) - 1, 0)


def _lengths(cells: list[bytes]) -> Ints:
    return np.fromiter(map(len, cells), np.int64, len(cells))


class Texts:
    """All text of a table: names of columns, and cells in groups of rows."""

    def __init__(self, names: list[bytes], columns: Mapping[Any, list[Cells]]) -> None:
        self.names, self.columns = names, columns
        self.beyond = sum(map(_beyond, self.joined()))
        self._fits: dict[str, bool] = {}

    def joined(self) -> Iterator[bytes]:
        """The bytes of it piece by piece; none ends within a cell."""
        yield b"\n".join(self.names)
        for groups in self.columns.values():
            yield from (cells.joined for cells in groups)

    def fit(self, encoding: str) -> bool:
        """Whether all text is of that encoding, but for torn ends."""
        if encoding not in self._fits:
            self._fits[encoding] = self._fit(encoding)
        return self._fits[encoding]

    def _fit(self, encoding: str) -> bool:
        try:
            for name in self.names:
                untorn(name, encoding, full=len(name) >= 10)
            for groups in self.columns.values():
                for cells in groups:
                    _decode(cells, encoding)
        except UnicodeDecodeError:
            return False
        return True


def _decode(cells: Cells, encoding: str) -> None:
    """Raise UnicodeDecodeError where a cell is not of that encoding."""
    try:
        cells.joined.decode(encoding)
    except UnicodeDecodeError:
        for cell, full in cells:
            untorn(cell, encoding, full=full)


def _beyond(data: bytes) -> int:
    """Bytes that are not ASCII."""
    return len(data) - len(data.translate(None, bytes(range(128, 256))))


def texts_of(dbf: Dbf) -> Texts:
    """Those of a table, its columns' names among them."""
    columns: dict[Any, list[Cells]] = {each: [] for each in dbf.fields if is_text(each)}
    for rows in dbf.groups():
        for each, groups in columns.items():
            groups.append(Cells(dbf.raw(each, rows)))
    return Texts([each.name for each in dbf.fields], columns)


def untorn(data: bytes, encoding: str, *, full: bool) -> tuple[str, bool]:
    """Text, and whether a torn end was left out. Raises UnicodeDecodeError for other faults."""
    try:
        return data.decode(encoding), False
    except UnicodeDecodeError:
        if not full:
            raise
    for less in range(1, _MOST_TORN + 1):
        try:
            return data[:-less].decode(encoding), True
        except UnicodeDecodeError:
            if less == _MOST_TORN:
                raise
    raise AssertionError


def decide(texts: Texts, *, said: str | None, cpg: bytes | None, mark: int, file: str) -> Encoding:
    """The encoding of a table. said: by a person. cpg: what the .cpg holds. mark: language byte.

    Raises EncodingUnknown where none fits, or where what the person says does not.
    """
    if said:
        name = known_encoding(said)
        if not texts.fit(name):
            raise EncodingUnknown(file=file)
        return Encoding(name)
    return _by_file(texts, *_declared(cpg, mark), file)


def _by_file(texts: Texts, declared: str | None, word: str, file: str) -> Encoding:
    """The encoding by what the file declares and by its bytes."""
    guess = next((name for name in ("utf-8", "gb18030") if texts.fit(name)), None)
    if texts.beyond == 0:
        return Encoding(declared or "utf-8")
    if declared is None or not texts.fit(declared):
        if guess is None:
            raise EncodingUnknown(file=file)
        if declared is None:
            return _unclear(texts, guess)
        return Encoding(guess, [note("encoding_contradicts", said=word, used=guess)])
    if declared != "utf-8" and texts.fit("utf-8") and _is_utf8(texts, declared):
        return Encoding("utf-8", [note("encoding_contradicts", said=word, used="utf-8")])
    if declared in _WESTERN and texts.fit("gb18030") and _is_han(texts):
        return Encoding("gb18030", [note("encoding_contradicts", said=word, used="gb18030")])
    return Encoding(declared)


def _declared(cpg: bytes | None, mark: int) -> tuple[str | None, str]:
    """What the file says: codec and its own word; a .cpg that names no encoding says nothing."""
    if cpg is not None:
        word = cpg[:40].decode("ascii", errors="replace").strip().strip("\x00\ufeff\ufffd ")
        plain = word.upper().removeprefix("ANSI ").removeprefix("CP").replace("88591", "8859-1")
        plain = plain.replace("OEM ", "")
        number = _PAGES.get(plain, f"cp{plain}" if plain.isdigit() else word.upper())
        try:
            return known_encoding(number.removeprefix("ANSI ").replace("88591", "8859-1")), word
        except UnknownWord:
            pass
    found = _LANGUAGES.get(mark)
    return found, f"{found} (0x{mark:02X})"


def _unclear(texts: Texts, guess: str) -> Encoding:
    """A guess on so little text that another one fits as well is said to be one."""
    if guess == "utf-8" and texts.beyond < _PLAIN and texts.fit("gb18030"):
        return Encoding(guess, [note("encoding_unclear", used=guess, other="gb18030")])
    return Encoding(guess)


def _is_utf8(texts: Texts, declared: str) -> bool:
    """Whether text that is whole UTF-8 cannot well be what is declared."""
    return declared in _WESTERN or texts.beyond >= _PLAIN


def _is_han(texts: Texts) -> bool:
    """Whether the text beyond ASCII, read as GB18030, is mostly Chinese characters."""
    beyond = common = 0
    for piece in texts.joined():
        try:
            text = piece.decode("gb18030")
        except UnicodeDecodeError:
            text = piece.decode("gb18030", "ignore")
        characters = [c for c in text if ord(c) > 127]
        beyond += len(characters)
        common += sum(_is_common(c) for c in characters)
    return common >= 0.9 * beyond


def _is_common(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff" or "\u3000" <= character <= "\u303f"
