"""What a file is: by its name and by its content, which must agree."""

from __future__ import annotations

import os
from pathlib import Path

from gisgrid.errors import FileEmpty, FileNotWhatItSays, FileTooBig, FileUnreadable, UnknownWord
from gisgrid.exchange.disguise import is_page, looks_like_page
from gisgrid.exchange.limits import MAX_FILE_BYTES

KINDS: dict[str, str] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".geojson": "geojson",
    ".json": "geojson",
    ".gpkg": "gpkg",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xls": "excel",
    ".et": "excel",
    ".ods": "excel",
    ".html": "html",
    ".htm": "html",
    ".shp": "shp",
    ".dbf": "shp",
    ".zip": "zip",
    ".fgb": "fgb",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".kml": "kml",
    ".kmz": "kmz",
    ".gml": "gml",
    ".dxf": "dxf",
}
SAID: dict[str, str] = {
    "csv": "CSV file",
    "geojson": "GeoJSON file",
    "gpkg": "GeoPackage",
    "excel": "Excel file",
    "html": "web page",
    "shp": "shapefile",
    "zip": "zip archive",
    "fgb": "FlatGeobuf",
    "parquet": "GeoParquet file",
    "kml": "KML file",
    "kmz": "KMZ file",
    "gml": "GML file",
    "dxf": "DXF drawing",
}

OLD_NAMES = frozenset({".xls", ".et"})
"""Of workbooks of yesterday, by Excel and by WPS; what lies under them is anything."""

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SQLITE = b"SQLite format 3\x00"
_SHP = b"\x00\x00\x27\x0a"
_HEADS: dict[str, tuple[bytes, ...]] = {
    ".gpkg": (_SQLITE,),
    ".xlsx": (_ZIP, _OLE),
    ".xlsm": (_ZIP, _OLE),
    ".xls": (_OLE, _ZIP),
    ".et": (_OLE, _ZIP),
    ".ods": (_ZIP,),
    ".shp": (_SHP,),
    ".dbf": (b"\x02", b"\x03", b"\x30", b"\x31", b"\x83", b"\x8b", b"\xf5"),
    ".zip": (_ZIP, b"PK\x05\x06"),
    ".kmz": (_ZIP,),
    ".fgb": (b"fgb\x03fgb",),
    ".parquet": (b"PAR1",),
    ".geoparquet": (b"PAR1",),
}
_ROOTS = {"kml": b"<kml", "gml": b"http://www.opengis.net/gml"}
"""What the beginning of an XML file must hold."""
_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""Marks of UTF-16, the one text in which a zero byte is honest."""


def kind_of(path: Path, name: str) -> str:
    """The kind of the file at `path` that its owner calls `name`.

    Raises UnknownWord for a name that gisgrid does not read, FileNotWhatItSays where content and
    name differ, FileEmpty, FileTooBig, FileUnreadable.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in KINDS:
        raise UnknownWord(value=suffix or name, kind="file name ending", known=", ".join(KINDS))
    kind = KINDS[suffix]
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(65536)
    except OSError as err:
        raise FileUnreadable(file=name, problem=os.strerror(err.errno or 0)) from err
    if size == 0:
        raise FileEmpty(file=name)
    if size > MAX_FILE_BYTES:
        raise FileTooBig(file=name, limit=f"{MAX_FILE_BYTES >> 20} MB")
    if suffix in OLD_NAMES and is_page(name, head):
        return "html"
    if not _agrees(suffix, kind, head):
        raise FileNotWhatItSays(file=name, said=SAID[kind])
    return kind


def is_archive(path: Path) -> bool:
    """Whether a file is a zip, as workbooks of today are, whatever it is called."""
    with path.open("rb") as stream:
        return stream.read(4) == _ZIP


def _agrees(suffix: str, kind: str, head: bytes) -> bool:
    """Whether the first bytes are those of the kind that the name says."""
    if suffix in _HEADS:
        return head.startswith(_HEADS[suffix])
    if head.startswith((_ZIP, _OLE, _SQLITE, _SHP, b"%PDF", b"\x89PNG", b"\x1f\x8b")):
        return False
    if b"\x00" in head and not head.startswith(_WIDE):
        return False
    return _begins(kind, head)


def _begins(kind: str, head: bytes) -> bool:
    """Whether text begins as its kind does."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if kind == "html":
        return looks_like_page(head)
    if kind == "geojson":
        return start.startswith(b"{")
    if kind in _ROOTS:
        return start.startswith(b"<") and _ROOTS[kind] in head
    if kind == "dxf":
        return start.startswith((b"0", b"999")) and b"SECTION" in head
    return not start.startswith((b"{", b"<"))
