"""Saving a store and bringing it back; on the server's console only."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid.access import CONSOLE
from gisgrid.errors import BackupElsewhere
from gisgrid.operations import auditing
from gisgrid.operations.auditing import object_of
from gisgrid.store import restoring
from gisgrid.store.backup import SUM_SUFFIX, glob_safe
from gisgrid.store.filing import said_plainly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gisgrid.operations.workspace import Workspace
    from gisgrid.store.backup import State
    from gisgrid.store.restoring import Restored


def save(ws: Workspace, place: Path, keep: int = 0) -> tuple[Path, State]:
    """Write a checked backup while others work; returns its path and what it holds.

    place: a new file, or a folder, in which a file of today's name is made. keep: so many of the
    store's backups stay (0: all) in the folder `place`, which is made where it is missing. Raises
    StoreExists, BackupBad, BackupElsewhere, StoreFailed.
    """
    path, stem = place, Path(ws.settings.store).stem
    auditing.looked(ws, CONSOLE, "backup", object_of("store"), 1)
    with said_plainly(place):
        if keep:
            place.mkdir(mode=0o700, exist_ok=True)
        if place.is_dir():
            moment = ws.clock().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
            path = place / f"{stem}.{moment}.gpkg"
        state = ws.store.backup(path)
        if place.is_dir() and keep:
            for old in saved(place, stem)[:-keep]:
                old.unlink()
                Path(f"{old}{SUM_SUFFIX}").unlink(missing_ok=True)
    return path, state


def saved(folder: Path, stem: str) -> list[Path]:
    """The backups of a store in a folder, the oldest first."""
    return sorted(folder.glob(f"{glob_safe(stem)}.[0-9]*T[0-9]*Z.gpkg"))


def bring_back(
    file: Path, url: str, *, replace: bool = False, erased: Sequence[str] = ()
) -> Restored:
    """Put a backup in the place of the store at `url`; see store.restoring.restore.

    Raises BackupElsewhere for a database, BackupBad, RestoreOver without `replace`, StoreInUse,
    ErasedListBad, StoreFailed.
    """
    if "://" in url:
        raise BackupElsewhere(url=url.rpartition("@")[2])
    with said_plainly(Path(url)):
        return restoring.restore(file, Path(url), replace=replace, erased=erased)
