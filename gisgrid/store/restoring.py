"""Bringing a backup back: whole or not at all, never over a store that somebody has open."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from gisgrid.access import CONSOLE
from gisgrid.errors import (
    BackupBad,
    ErasedListBad,
    GisgridError,
    RestoreOver,
    StoreExists,
    StoreFailed,
    StoreForeign,
    StoreInUse,
)
from gisgrid.store import backup, filing
from gisgrid.store.backup import PATIENCE, State
from gisgrid.store.dialects.gpkg_connect import connect
from gisgrid.store.erased_list import keep_list, listed
from gisgrid.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NOT_DAMAGE = frozenset(
    {
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PERM),
        *(sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_INTERRUPT),
        *(sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_AUTH),
    }
)
"""Refusals of SQLite that do not speak of what is in a file."""
_READ_FAULTS = frozenset(
    {
        sqlite3.SQLITE_IOERR_READ,
        sqlite3.SQLITE_IOERR_SHORT_READ,
        sqlite3.SQLITE_IOERR_CORRUPTFS,
    }
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was at the place before.

    path: its name now; None where nothing was there, or a copy in which somebody lives on who is
    erased had to go. files: they were kept as they were, and no checked copy was made. damage: why;
    "" where there was no store, only what had been beside one. unmended: somebody may live on in
    the files who is erased.
    """

    path: Path | None = None
    damage: str = ""
    files: tuple[Path, ...] = ()
    unmended: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    summed: whether a checksum was there to be compared. erased_again: numbers of households that
    were taken out once more. before: what became of that which was there.
    """

    state: State
    summed: bool
    erased_again: tuple[str, ...]
    before: Kept

    @property
    def kept(self) -> Path | None:
        """Where that which was replaced is kept."""
        return self.before.path


def restore(file: Path, target: Path, *, replace: bool, erased: Iterable[str] = ()) -> Restored:
    """Put the backup `file` at `target`; erase again who was erased since it was taken.

    Sessions and sign-in links of the backup end, since some may have ended after it. erased: more
    numbers to erase. Raises BackupBad, RestoreOver without `replace`, StoreInUse, ErasedListBad;
    StoreFailed when the store does not read back as it was written.
    """
    target = target.absolute()
    place = target.resolve()  # SQLite, too, keeps what belongs to a store beside the file itself
    if place.exists() and not place.is_file():
        raise StoreForeign(url=str(target), problem="it is a folder or a device, not a file")
    if os.path.lexists(target) and not replace:
        raise RestoreOver(url=str(target))
    summed = backup.check_sum(file)
    backup.check(file)
    place.parent.mkdir(parents=True, exist_ok=True)
    if filing.in_use(place):
        raise StoreInUse(url=str(target))
    known = {*listed(target), *state_erased(place)}
    draft = place.with_name(f".{place.name}.{os.getpid()}.restore")
    try:
        backup.copy(file.absolute(), draft)
        again = _make_ready(draft, {*erased, *known})
        state = backup.check(draft)
        before = _put_in_place(draft, place, known)
    finally:
        filing.discard(draft)
    _look_again(place, state, before)
    before = _clear_copies(target, before)
    keep_list(target, {*erased, *known, *state_erased(place)})
    return Restored(state, summed, tuple(again), before)


def state_erased(store: Path) -> list[str]:
    """Who was erased, by the word of a store's file; nobody where it cannot be read."""
    if store.is_file():
        with suppress(sqlite3.Error), closing(connect(store, 1.0, filing.gentle(store))) as opened:
            found = opened.execute("SELECT household_id FROM erasures").fetchall()
            return [row[0] for row in found if isinstance(row[0], str)]
    return []


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
    filing.fold(draft, PATIENCE)
    return again


def _put_in_place(draft: Path, place: Path, known: set[str]) -> Kept:
    """Let the finished file be the store, and keep what was there.

    known: who is erased in what was there.
    """
    damage, there = "", place.exists()
    if there:
        try:
            return Kept(_overwrite(place, draft))
        except (BackupBad, sqlite3.Error) as err:
            damage = _damage(err)
            if not damage:
                raise
    kept = backup.name_before(place, "restore")
    files = tuple(filing.put_aside(place, kept))
    try:
        _settle(draft, place)
    except BaseException:
        if not os.path.lexists(place):
            filing.put_aside(kept, place)
        raise
    if not files:
        return Kept()
    keep_list(kept, known)
    return Kept(kept, damage, files)


def _damage(err: Exception) -> str:
    """What is wrong with a store of which no copy could be made; "" where that is not its fault."""
    if isinstance(err, BackupBad):
        return str(err.facts["problem"])
    code = getattr(err, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    primary = code & 0xFF
    if primary in _NOT_DAMAGE or (primary == sqlite3.SQLITE_IOERR and code not in _READ_FAULTS):
        return ""
    return str(err)


def _settle(draft: Path, place: Path) -> None:
    try:
        filing.settle(draft, place)
    except StoreExists as err:
        raise RestoreOver(url=str(place)) from err


def _overwrite(place: Path, draft: Path) -> Path:
    """Write the pages of `draft` into the file of the store, in one transaction of SQLite.

    Not by another name for the file: whoever opens the store in this very moment would go on
    writing into the old one, which nobody will ever see again. Only a store of which a checked copy
    can be made is written over; returns the copy.
    """
    kept = backup.keep_before(place, "restore")
    with closing(connect(place, 0.0)) as old, closing(connect(draft, PATIENCE)) as new:
        _alone(old, place)
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


def _look_again(place: Path, state: State, before: Kept) -> None:
    """Read the store by the name it has now: every page, and the row of this restore."""
    try:
        backup.check(place, state.account)
    except BackupBad as err:
        kept = f"; what was there before is kept as {before.path}" if before.path else ""
        problem = f"after the restore {err.facts['problem']}{kept}"
        raise StoreFailed(url=str(place), problem=problem) from err


def _clear_copies(target: Path, before: Kept) -> Kept:
    """Copies beside the store in which somebody lives on who is erased by now go, or are mended.

    What this restore kept is the only way back. In a copy the same people are erased, and it goes
    where that cannot be done; damaged files stay as they are, and that is told.
    """
    gone = set(state_erased(target))
    for copy in backup.kept_before(target):
        if gone <= _erased_in(copy):
            continue
        if copy == before.path and before.files:
            before = replace(before, unmended=True)
            continue
        if copy == before.path:
            with suppress(GisgridError, sqlite3.Error):
                _make_ready(copy, gone)
                backup.write_sum(copy)
                continue
            before = Kept()
        backup.remove_copy(copy)
    return before


def _erased_in(copy: Path) -> set[str]:
    """Who is erased in a copy: by its own word, or by the list beside files that were damaged."""
    with suppress(ErasedListBad):
        return set(listed(copy)) or set(state_erased(copy))
    return set()
