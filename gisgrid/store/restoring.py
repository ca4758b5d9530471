"""Bringing a backup back: whole or not at all, never over a store that somebody has open."""

from __future__ import annotations

import errno
import json
import os
import secrets
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from gisgrid.access import CONSOLE
from gisgrid.errors import GisgridError, RestoreOver, StoreInUse
from gisgrid.store import backup
from gisgrid.store.backup import PATIENCE, State
from gisgrid.store.dialects.gpkg_connect import connect
from gisgrid.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
"""What a system says when nothing more can be written."""
LIST_SUFFIX = ".erased"
"""Beside the store: who was erased, so that it outlives the store's own file."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    summed: whether a checksum was there to be compared. erased_again: numbers of households that
    were taken out once more. kept: a copy of the store that was replaced.
    """

    state: State
    summed: bool
    erased_again: tuple[str, ...]
    kept: Path | None


def restore(file: Path, target: Path, *, replace: bool, erased: Iterable[str] = ()) -> Restored:
    """Put the backup `file` at `target`; erase again who was erased since it was taken.

    Sessions and sign-in links of the backup end, since some may have ended after it. erased: more
    numbers to erase. Raises BackupBad, RestoreOver without `replace`, StoreInUse.
    """
    target = target.absolute()
    if os.path.lexists(target) and not replace:
        raise RestoreOver(url=str(target))
    summed = backup.check_sum(file)
    backup.check(file)
    draft = target.with_name(f".{target.name}.{os.getpid()}.restore")
    kept = None
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        backup.copy(file.absolute(), draft)
        again = _make_ready(draft, {*erased, *listed(target), *_known_to(target)})
        state = backup.check(draft)
        if os.path.lexists(target):
            kept = _overwrite(target, draft)
        else:
            _settle(draft, target)
    finally:
        backup.discard(draft)
    kept = _clear_copies(target, kept)
    keep_list(target, state_erased(target))
    return Restored(state, summed, tuple(again), kept)


def _clear_copies(target: Path, kept: Path | None) -> Path | None:
    """Copies beside the store in which somebody lives on who is erased by now go, or are mended.

    The copy of what was replaced by this restore is the only way back, so it is kept and the same
    people are erased in it; None where that cannot be done.
    """
    gone = set(state_erased(target))
    for copy in backup.kept_before(target):
        if gone <= set(state_erased(copy)):
            continue
        if copy == kept:
            with suppress(GisgridError, sqlite3.Error):
                _make_ready(copy, gone)
                backup.write_sum(copy)
                continue
            kept = None
        backup.discard(copy)
        Path(f"{copy}{backup.SUM_SUFFIX}").unlink(missing_ok=True)
    return kept


def listed(store: Path) -> list[str]:
    """The households on the list beside a store."""
    beside = Path(f"{store}{LIST_SUFFIX}")
    if not beside.is_file():
        return []
    lines = beside.read_text("utf-8").splitlines()
    return [str(json.loads(line)) for line in lines if line.strip()]


def keep_list(store: Path, ids: Iterable[str]) -> None:
    """Write the list beside a store anew; it appears whole."""
    every = sorted({*ids, *listed(store)})
    if not every:
        return
    beside = Path(f"{store}{LIST_SUFFIX}")
    draft = beside.with_name(f".{beside.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(i, ensure_ascii=False) + "\n" for i in every)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(beside)
    backup.sync_folder(beside.parent)


def state_erased(store: Path) -> list[str]:
    """Who was erased, by the word of a store's file; nobody where it cannot be read."""
    with suppress(sqlite3.Error), closing(connect(store, 1.0)) as connection:
        return [row[0] for row in connection.execute("SELECT household_id FROM erasures")]
    return []


def _known_to(target: Path) -> list[str]:
    return state_erased(target) if target.is_file() else []


def _make_ready(draft: Path, erased: set[str]) -> list[str]:
    """Bring a copy up to this gisgrid, erase again, end its sessions, sweep it."""
    with Store.open(str(draft), keep=False) as store:
        with store.write() as w:
            again = w.erase_again(erased)
            for household in again:
                w.audit(CONSOLE, "erase_again", f"household:{quote(household, safe='-')}")
            w.audit(CONSOLE, "restore", "store")
            w.begin_anew()
        store.sweep()
    with closing(connect(draft, PATIENCE)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return again


def _settle(draft: Path, target: Path) -> None:
    """Give the finished file its name, unless somebody else took it meanwhile."""
    handle = os.open(draft, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, target)
    except FileExistsError as err:
        raise RestoreOver(url=str(target)) from err
    except OSError:  # a file system without links
        draft.rename(target)
    backup.sync_folder(target.parent)


def _overwrite(target: Path, draft: Path) -> Path | None:
    """Write the pages of `draft` into the file of the store, in one transaction of SQLite.

    Not by another name for the file: whoever opens the store in this very moment would go on
    writing into the old one, which nobody will ever see again.
    """
    with closing(connect(target, 0.0)) as old:
        _alone(old, target)  # before a copy is made, for which an older one may have to go
    kept = None
    with suppress(GisgridError, sqlite3.Error):  # a damaged store has no copy worth keeping
        kept = backup.keep_before(target, "restore")
    with closing(connect(target, 0.0)) as old, closing(connect(draft, PATIENCE)) as new:
        _alone(old, target)
        new.backup(old)
    return kept


def _alone(connection: sqlite3.Connection, target: Path) -> None:
    """Take the store for this connection alone. Raises StoreInUse."""
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as err:
        raise StoreInUse(url=str(target)) from err
    if mode != "delete":
        raise StoreInUse(url=str(target))
