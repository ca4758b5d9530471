"""The parts of one zipped shapefile, and nothing else of an archive."""

from __future__ import annotations

import lzma
import shutil
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gisgrid.errors import FileNotWhatItSays, FileUnreadable, LayerChoice
from gisgrid.exchange.limits import MAX_UNPACKED_BYTES, MAX_ZIP_ENTRIES, MAX_ZIP_RATIO

if TYPE_CHECKING:
    from collections.abc import Container

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_LINK = 0xA000
_ENCRYPTED = 0x1
_SAYS_UTF8 = 0x800


_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, LookupError, OverflowError),
)
"""What `zipfile` raises of a damaged archive, on opening and on reading."""


def _refusal(file: str, err: Exception) -> FileUnreadable:
    """What is wrong with an archive, in our words: those of `zipfile` quote bytes of the file."""
    if isinstance(err, NotImplementedError):
        return FileUnreadable(file=file, problem="it is packed in a way that is not read here")
    return FileUnreadable(file=file, problem="the archive is damaged")


def unzip_shapefile(path: Path, folder: Path, *, file: str, layer: str | None = None) -> None:
    """Copy the parts of the archive's shapefile to `data.shp`, `data.dbf` … in `folder`.

    Other files in the archive are passed over; folders are flattened. Where it holds several
    shapefiles, `layer` names one (LayerChoice without). Raises FileUnreadable for an archive with
    too many entries, links, odd names, passwords, or sizes beyond the limits.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _entries(archive, file)
            chosen = _choose(entries, file, layer)
            left = MAX_UNPACKED_BYTES
            for suffix, entry in chosen.items():
                left = _copy(archive, entry, folder / f"data{suffix}", left, file)
    except _DAMAGED as err:
        raise _refusal(file, err) from err


def unzip_lone(path: Path, folder: Path, endings: Container[str], *, file: str) -> Path | None:
    """Copy the one file of those endings out of an archive; None where it holds a shapefile.

    Raises FileNotWhatItSays where there is none, FileUnreadable where there are several, and what
    `unzip_shapefile` raises of an archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [entry.filename.lower() for entry in archive.infolist()]
            if any(name.endswith((".shp", ".dbf")) for name in names):
                return None
            found = _entries(archive, file, endings)
            if not found:
                raise FileNotWhatItSays(file=file, said="zipped shapefile")
            if len(found) > 1:
                raise FileUnreadable(
                    file=file,
                    problem="it holds several files; send the one that is meant",
                )
            target = folder / f"lone{PurePosixPath(found[0].filename).suffix.lower()}"
            _copy(archive, found[0], target, MAX_UNPACKED_BYTES, file)
    except _DAMAGED as err:
        raise _refusal(file, err) from err
    return target


def check_archive(path: Path, *, file: str) -> None:
    """Refuse an archive (such as an .xlsx) that would unpack beyond the limits."""
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
    except _DAMAGED as err:
        raise _refusal(file, err) from err
    if total > MAX_UNPACKED_BYTES:
        raise FileUnreadable(file=file, problem="it unpacks to more than is taken in one piece")


def unzip_kml(path: Path, target: Path, *, file: str) -> None:
    """Copy the one .kml of a KMZ to `target`; its pictures and other files are passed over."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = _entries(archive, file, (".kml",))
            if not found:
                raise FileNotWhatItSays(file=file, said="KMZ file")
            # The first one counts, says the format.
            _copy(archive, found[0], target, MAX_UNPACKED_BYTES, file)
    except _DAMAGED as err:
        raise _refusal(file, err) from err


def _entries(
    archive: zipfile.ZipFile, file: str, wanted: Container[str] = PARTS
) -> list[zipfile.ZipInfo]:
    """The entries with the endings wanted, once the archive as a whole is acceptable."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_ZIP_ENTRIES:
        raise FileUnreadable(file=file, why="crowd", most=MAX_ZIP_ENTRIES)
    parts = []
    for entry in entries:
        name = PurePosixPath(_called(entry))
        odd = any(mark in str(name) for mark in ("\\", ":", "\0"))
        if odd or ".." in name.parts or name.is_absolute():
            raise FileUnreadable(file=file, problem="a name in it leads out of the archive")
        if entry.external_attr >> 16 & 0xF000 == _LINK:
            raise FileUnreadable(file=file, problem="it holds a link")
        if name.suffix.lower() not in wanted or name.name.startswith("."):
            continue
        if entry.flag_bits & _ENCRYPTED:
            raise FileUnreadable(file=file, problem="it is protected by a password")
        if entry.file_size > MAX_ZIP_RATIO * max(entry.compress_size, 1) + 4096:
            raise FileUnreadable(file=file, problem="it unpacks to far more than it should")
        parts.append(entry)
    return parts


def _called(entry: zipfile.ZipInfo) -> str:
    """The name of an entry. Windows in Chinese writes it in GBK and does not say so."""
    if entry.flag_bits & _SAYS_UTF8:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")  # as `zipfile` read it
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _choose(
    entries: list[zipfile.ZipInfo], file: str, layer: str | None
) -> dict[str, zipfile.ZipInfo]:
    """Suffix -> entry of the one shapefile (or lone .dbf) that is meant."""
    found: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for entry in entries:
        name = PurePosixPath(_called(entry))
        parts = found.setdefault(name.stem, {})
        if name.suffix.lower() in parts:
            raise FileUnreadable(file=file, why="twice", part=name.name)
        parts[name.suffix.lower()] = entry
    whole = {stem: parts for stem, parts in found.items() if ".dbf" in parts or ".shp" in parts}
    if not whole:
        raise FileNotWhatItSays(file=file, said="zipped shapefile")
    if layer is not None and layer in whole:
        return whole[layer]
    if len(whole) > 1:
        raise LayerChoice(file=file, layers=", ".join(sorted(whole)))
    return next(iter(whole.values()))


def _copy(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int, file: str
) -> int:
    """Unpack one entry; how many bytes may still be unpacked. Sizes in the archive may lie."""
    if entry.file_size > left:
        raise FileUnreadable(file=file, problem="it unpacks to more than is taken in one piece")
    with archive.open(entry) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)
    return left - target.stat().st_size


def gather_shapefile(path: Path, folder: Path, *, file: str) -> None:
    """Copy the parts that lie beside `path` under the same name (in any case) into `folder`."""
    stem = path.stem.casefold()
    try:
        for part in sorted(path.parent.iterdir()):
            suffix = part.suffix.lower()
            if part.stem.casefold() == stem and suffix in PARTS and part.is_file():
                shutil.copyfile(part, folder / f"data{suffix}")
    except OSError as err:
        raise FileUnreadable(file=file, problem=str(err.strerror)) from err


def check_parts(folder: Path, *, file: str) -> None:
    """Refuse a shapefile that lacks a part without which it cannot be read."""
    # The .shx says nothing that the .shp does not; it is made again.
    if not (folder / "data.dbf").exists():
        raise FileUnreadable(
            file=file,
            problem="its .dbf is missing; send all its parts: .shp, .shx, .dbf, .prj, .cpg",
        )
    shape = folder / "data.shp"
    if shape.exists():
        with shape.open("rb") as stream:
            if stream.read(4) != b"\x00\x00\x27\x0a":
                raise FileNotWhatItSays(file=file, said="shapefile")
