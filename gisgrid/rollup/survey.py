"""Which counties of a folder can be counted, and what is wrong with the others.

Nothing is left out in silence: each partition that is missing, late, doubled or of another version
is named.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid.columns import day_number
from gisgrid.errors import RollupMissing, RollupUnreachable
from gisgrid.rollup.engine import forget_files
from gisgrid.rollup.layout import MANIFEST, PREFIX, Manifest, code_of, folder_of
from gisgrid.rollup.line import is_address, shown
from gisgrid.rollup.remote import forget, mirrored

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it should be.

    what: missing | absent | late | doubled | version | unreadable | unlisted. where: the
    partition, below the folder; "" where the county says it all.
    counted: whether the county is in the figures all the same.
    """

    what: str
    county: str
    where: str
    counted: bool


@dataclass(frozen=True, slots=True)
class Found:
    """counties: what can be counted, by code, with its folder. faults: all that is to be said.

    mirrored: whether the folders are those of a mirror.
    """

    counties: list[tuple[Manifest, Path]]
    faults: list[Fault]
    mirrored: bool = False

    def without(self, unread: Collection[str]) -> Found:
        """The same without counties whose files could not be read; a mirror of them is let go."""
        if self.mirrored:
            for manifest, folder in self.counties:
                if manifest.county in unread:
                    forget(folder)
        if unread:
            forget_files()
        kept = [pair for pair in self.counties if pair[0].county not in unread]
        lost = [Fault("unreadable", code, "", counted=False) for code in unread]
        return Found(kept, [*self.faults, *lost], self.mirrored)


def survey(root: str, as_of: date, expected: Sequence[str] = (), cache: str = "") -> Found:
    """Look through the counties of a place as of a day.

    root: a path or an address (gisgrid.rollup.remote, which also says what `cache` is and what is
    raised for an address). expected: codes of counties that should be there.
    A county whose publication ends before `as_of` is late: it is counted as it was and named.
    One that lies there twice, lacks a file, or is of another format is not counted.
    Raises RollupMissing where there is no such folder, or no county in it; RollupUnreachable for a
    folder that may not be looked into.
    """
    away, day = is_address(root), day_number(as_of)
    here = root.removeprefix("file://")
    folder = mirrored(root, day, expected, cache) if away else Path(here)
    try:
        places = sorted(p for p in folder.iterdir() if p.is_dir() and p.name.startswith(PREFIX))
    except PermissionError as err:
        problem = "the account is not allowed to"
        raise RollupUnreachable(place=root, problem=problem) from err
    except OSError as err:
        raise RollupMissing(place=root) from err
    sound: dict[str, tuple[Manifest, Path]] = {}
    faults: list[Fault] = []
    twice: set[str] = set()
    for place in places:
        code = code_of(place.name)
        try:
            manifest, broken = _looked_at(place, day if away else None)
        except OSError:
            faults.append(Fault("missing", code, f"{place.name}/{MANIFEST}", counted=False))
            continue
        except ValueError:
            faults.append(Fault("version", code, f"{place.name}/{MANIFEST}", counted=False))
            continue
        if (
            manifest.county in sound
            or manifest.county in twice
            or folder_of(manifest.county) != place.name
        ):
            faults.append(Fault("doubled", manifest.county, place.name, counted=False))
            twice.add(manifest.county)
            continue
        faults += broken
        if all(fault.counted for fault in broken):
            sound[manifest.county] = manifest, place
    sound = {code: it for code, it in sound.items() if code not in twice}
    late = [
        Fault("late", code, manifest.through, counted=True)
        for code, (manifest, _) in sound.items()
        if manifest.through < as_of.isoformat()
    ]
    named = {fault.county for fault in faults} | set(sound)
    absent = [Fault("absent", code, "", counted=False) for code in expected]
    absent = [fault for fault in absent if fault.county not in named]
    if not sound and not faults:
        raise RollupMissing(place=shown(root))
    return Found([sound[code] for code in sorted(sound)], faults + late + absent, away)


def _looked_at(place: Path, day: int | None) -> tuple[Manifest, list[Fault]]:
    """The manifest of a county's folder, and what is wrong with it. Raises as Manifest.read.

    day: of a mirror, which has what is needed for that day only.
    """
    for _ in range(_TRIES):
        manifest = Manifest.read(place)
        broken = _broken(place, manifest, manifest.files if day is None else manifest.needed(day))
        # Files of the publication before go as soon as the next one stands.
        if all(fault.counted for fault in broken) or Manifest.read(place) == manifest:
            break
    return manifest, broken


def _broken(place: Path, manifest: Manifest, files: Iterable[str]) -> list[Fault]:
    """What differs between the manifest and what lies there. files: that should lie there."""
    faults = [
        Fault("missing", manifest.county, f"{place.name}/week={week}", counted=False)
        for week in manifest.missing_weeks()
    ]
    for name in files:
        if _size(place / name) != manifest.files[name]["bytes"]:
            where = f"{place.name}/{name}"
            faults.append(Fault("missing", manifest.county, where, counted=False))
    there = {str(p.relative_to(place)) for p in place.rglob("*.parquet")}
    faults += [
        Fault("unlisted", manifest.county, f"{place.name}/{name}", counted=True)
        for name in sorted(there - set(manifest.files))
    ]
    return faults


def _size(path: Path) -> int:
    """The bytes of a file; -1 where there is none, or none that may be looked at."""
    try:
        about = path.stat()
    except OSError:
        return -1
    return about.st_size if stat.S_ISREG(about.st_mode) else -1
