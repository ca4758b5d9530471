"""Which encoding a text is in: decided once for the whole file, never per value.

Detectors are the wrong tool here: short Chinese names in GBK look like anything. Strict UTF-8, else
GB18030 was right for all samples tried, if asked of the whole file; of single two-character names
in GBK one in 36 is valid UTF-8 as well.
"""

from __future__ import annotations

import codecs

from gisgrid.errors import EncodingUnknown, UnknownWord

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSES = ("utf-8", "gb18030")


def known_encoding(name: str) -> str:
    """The codec's own name of a text encoding that a person named; UnknownWord if there is none."""
    try:
        found = codecs.lookup("gb18030" if name.lower() in {"gbk", "cp936", "936"} else name)
        # Codecs such as hex or rot13 are not encodings of text.
        "".encode(found.name)
    except LookupError as err:
        raise UnknownWord(
            value=name, kind="encoding", known="utf-8, gb18030, gbk, big5, utf-16, latin-1"
        ) from err
    return found.name


def decode(data: bytes, *, file: str, encoding: str | None = None) -> tuple[str, str]:
    """Text and encoding of a whole file: as said, else by its mark, else UTF-8, else GB18030.

    Raises EncodingUnknown when none fits without a fault, UnknownWord for an encoding's name.
    """
    if encoding is not None:
        name = known_encoding(encoding)
        name = "utf-8-sig" if name == "utf-8" else name
        candidates: tuple[str, ...] = (name,)
    else:
        marked = [name for mark, name in _MARKS if data.startswith(mark)]
        candidates = tuple(marked) or _GUESSES
    for name in candidates:
        try:
            return data.decode(name), name.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise EncodingUnknown(file=file)
