"""Counties behind an address: s3://bucket/folder, or https://server/folder by WebDAV.

They are counted from a mirror: a folder of this machine that holds what the day asked for needs.
Files are named by their content, so what was fetched once is not fetched again: another night costs
the week that is new. Accounts come from the environment (AWS_…) or stand in the address.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid.errors import FileUnwritable
from gisgrid.rollup.layout import MANIFEST, PREFIX, Manifest, files_named, folder_of
from gisgrid.rollup.line import MANIFEST_BYTES, line_to, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gisgrid.rollup.line import Line

_COUNTY = re.compile(PREFIX + r"[^/\\:\x00-\x1f]{1,80}")
_AT_ONCE = 16
"""Requests at once: most of each is waiting."""
_TRIES = 3
_DRAFT_SECONDS = 3600
"""A draft this old is of a process that was ended."""


def mirrored(root: str, day: int, expected: Sequence[str] = (), cache: str = "") -> Path:
    """A folder of this machine with the counties of an address, as far as a day number needs them.

    expected: codes to look for where the server lists nothing. cache: where mirrors are kept;
    empty: in the cache of whoever runs this. What is missing there is missing in the mirror. Raises
    RollupPlace for an address of another kind, RollupUnreachable, ExtraMissing.
    """
    line, mirror = line_to(root), _mirror(root, cache)
    listed = line.folders()
    asked = {*listed, *(folder_of(code) for code in expected)}
    names = {name for name in asked if _COUNTY.fullmatch(name)}
    with usable(mirror), ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda name: _bring(line, mirror, name, day, listed=name in listed), names))
        for place in mirror.glob(f"{PREFIX}*"):
            if place.name not in names:
                forget(place)
    return mirror


def county(root: str, code: str, day: int, cache: str = "") -> Path:
    """The mirror of one county; what a worker of a cluster counts from. Raises as `mirrored`."""
    line, mirror = line_to(root), _mirror(root, cache)
    with usable(mirror):
        _bring(line, mirror, folder_of(code), day, listed=True)
    return mirror / folder_of(code)


def send(root: str, folder: Path, manifest: Manifest) -> None:
    """Put a county that was published into `folder` behind an address; its manifest comes last.

    What lies there already is not sent again; files of the publication before are removed once the
    new manifest stands. Raises RollupPlace, RollupUnreachable, ExtraMissing.
    """
    name, line = folder.name, line_to(root)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        before = line.get(f"{name}/{MANIFEST}")
        there = pool.map(lambda file: line.size(f"{name}/{file}"), manifest.files)
        for (file, facts), size in zip(manifest.files.items(), there, strict=True):
            if size != facts["bytes"]:  # one by one: two may not make a week's folder at once
                line.put(f"{name}/{file}", folder / file)
        line.put(f"{name}/{MANIFEST}", manifest.to_json())
        old = files_named(before or b"")
        list(pool.map(line.remove, (f"{name}/{file}" for file in {*old} - {*manifest.files})))


def _mirror(root: str, cache: str) -> Path:
    """The folder of an address's mirror, for nobody else's eyes: days of visits lie in it."""
    try:
        above = Path(cache) if cache else _own_cache()
    except RuntimeError as err:  # nobody's: there is no home
        raise FileUnwritable(file="~/.cache/gisgrid", problem=str(err)) from err
    mirror = above / hashlib.sha256(shown(root).encode()).hexdigest()[:16]
    with usable(mirror):
        above.mkdir(mode=0o700, parents=True, exist_ok=True)
        mirror.mkdir(mode=0o700, exist_ok=True)
        about = mirror.lstat()
        if stat.S_ISLNK(about.st_mode) or (os.name == "posix" and about.st_uid != os.geteuid()):
            raise FileUnwritable(file=str(mirror), problem="it is a link, or somebody else's")
        mirror.chmod(0o700)
    return mirror


@contextmanager
def usable(folder: Path) -> Iterator[None]:
    """Raise FileUnwritable where the system lets nothing be kept there."""
    try:
        yield
    except OSError as err:
        raise FileUnwritable(file=str(folder), problem=err.strerror or str(err)) from err


def forget(place: Path) -> None:
    """Let a county of a mirror be fetched anew. A link goes, what it leads to stays."""
    if place.is_symlink() or place.is_file():
        place.unlink(missing_ok=True)
    else:
        shutil.rmtree(place, ignore_errors=True)


def _own_cache() -> Path:
    """Source: XDG Base Directory Specification."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if given else Path.home() / ".cache") / "gisgrid" / "rollup"


def _bring(line: Line, mirror: Path, name: str, day: int, *, listed: bool) -> None:
    """One county into the mirror: its files first, its manifest once they are there."""
    place = mirror / name
    if place.is_symlink() or place.is_file():
        forget(place)
    for _ in range(_TRIES):  # published anew meanwhile: from the beginning
        text = line.get(f"{name}/{MANIFEST}")
        if text is None:
            forget(place)
            if listed:
                place.mkdir(mode=0o700, exist_ok=True)
            return
        place.mkdir(mode=0o700, exist_ok=True)
        try:
            manifest = Manifest.of(text)
        except ValueError:
            files = None
        else:
            files = manifest.files
            came = [_file(line, place, name, file, manifest) for file in manifest.needed(day)]
            if not all(came) and line.get(f"{name}/{MANIFEST}") != text:
                continue
        _write(place / MANIFEST, text)
        _prune(place, files)
        return


def _prune(place: Path, files: Collection[str] | None) -> None:
    """Remove what belongs to no publication; None where it is not known what does."""
    for path in place.rglob(".*.draft"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - _DRAFT_SECONDS:
                path.unlink()
    for path in place.rglob("*.parquet"):
        if files is not None and path.relative_to(place).as_posix() not in files:
            path.unlink(missing_ok=True)


def _file(line: Line, place: Path, name: str, file: str, manifest: Manifest) -> bool:
    """Whether a file is in the mirror, fetched where it was not."""
    path, size = place / file, manifest.files[file]["bytes"]
    if path.is_file() and path.stat().st_size == size:
        return True
    data = line.get(f"{name}/{file}", max(size, MANIFEST_BYTES))
    if data is None or len(data) != size:
        return False
    _write(path, data)
    return True


def _write(path: Path, data: bytes) -> None:
    """In one step: others may read the mirror meanwhile, or write the same."""
    for last in (False, True):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{uuid.uuid4().hex}.draft")
        try:
            draft.write_bytes(data)
            draft.replace(path)
        except FileNotFoundError:  # another forgets the county just now
            if last:
                raise
        else:
            return
