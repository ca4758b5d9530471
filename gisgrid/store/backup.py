"""Whole copies of a store's file: taken while others write, checked, and counted.

Not for the hands of others: accounts and the account of use are in them. `vacuum_into` makes the
copy that may leave the house.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid.errors import BackupBad, BackupElsewhere, StoreExists
from gisgrid.store.dialects.gpkg import Gpkg
from gisgrid.store.dialects.gpkg_connect import connect
from gisgrid.store.schema import OUR_TABLES

if TYPE_CHECKING:
    from gisgrid.store.dialects.base import Dialect

SUM_SUFFIX = ".sha256"
KEPT = 3
"""Copies that are kept of the states before a migration or a restore."""
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class State:
    """What a store holds, in figures: enough to tell whether a copy is the same.

    step: of the schema. counts: rows of each table. account: the last hash of the account of use.
    """

    step: str
    counts: dict[str, int] = field(default_factory=dict)
    account: str = ""


def file_of(dialect: Dialect) -> Path:
    """The store's file. Raises BackupElsewhere for a database server."""
    if not isinstance(dialect, Gpkg):
        raise BackupElsewhere(url=dialect.url)
    return dialect.path


def take(store: Path, path: Path) -> State:
    """Write a copy of one state to `path`, check it, and only then let it have its name.

    A file `path`.sha256 comes with it. Raises StoreExists (nothing is overwritten), BackupBad when
    the copy is not what it was taken from.
    """
    if os.path.lexists(path):
        raise StoreExists(url=str(path))
    draft = path.absolute().with_name(f".{path.name}.{os.getpid()}.backup")
    try:
        held = copy(store, draft)
        found = check(draft)
        if found != held:
            raise BackupBad(file=str(path), problem="it does not hold what the store holds")
        _publish(draft, path.absolute())
    finally:
        discard(draft)
    return found


def copy(source: Path, target: Path) -> State:
    """Copy page by page what one moment saw, into a new file for its owner only."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(connect(source, PATIENCE)) as old:
        old.execute("BEGIN")  # counts and pages are of the same state
        held = state_of(old)
        with closing(connect(target, PATIENCE)) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")  # one file, complete in itself
        old.execute("ROLLBACK")
    return held


def state_of(connection: sqlite3.Connection) -> State:
    """The figures of a store. Raises sqlite3.Error where it is none."""
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' "
            "AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"
        )
    ]
    counts = {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
        for name in names
    }
    step = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    last = None
    if "audit" in counts:
        last = connection.execute("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return State(step[0] if step else "", counts, last[0] if last else "")


def check(path: Path) -> State:
    """Open a copy and look at every page and reference of it. Raises BackupBad."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as opened:
            opened.execute("PRAGMA trusted_schema=OFF")
            opened.execute("PRAGMA cell_size_check=ON")
            found = {row[0] for row in opened.execute("SELECT name FROM sqlite_master")}
            if not found >= OUR_TABLES:
                raise BackupBad(file=str(path), problem="it is not a gisgrid store")
            told = opened.execute("PRAGMA integrity_check").fetchall()
            if told != [("ok",)]:
                raise BackupBad(file=str(path), problem="its pages are damaged")
            if opened.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise BackupBad(file=str(path), problem="rows in it refer to what it lacks")
            return state_of(opened)
    except sqlite3.Error as err:
        raise BackupBad(file=str(path), problem=str(err)) from err


def check_sum(path: Path) -> bool:
    """Whether `path` is as its .sha256 says; False without one. Raises BackupBad."""
    beside = Path(f"{path}{SUM_SUFFIX}")
    if not beside.is_file():
        return False
    said = beside.read_text("utf-8").partition(" ")[0].strip()
    if said != digest(path):
        raise BackupBad(file=str(path), problem="it differs from its checksum")
    return True


def digest(path: Path) -> str:
    """SHA-256 of a file that nobody has open as a store."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_before(store: Path, what: str) -> Path:
    """A copy beside the store of the state before `what`; the oldest of such copies go."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]
    path = store.with_name(f"{store.stem}.before-{what}.{moment}Z{store.suffix}")
    take(store, path)
    for old in kept_before(store)[:-KEPT]:
        discard(old)
        Path(f"{old}{SUM_SUFFIX}").unlink(missing_ok=True)
    return path


def kept_before(store: Path) -> list[Path]:
    """The copies that keep_before made, the oldest first."""
    found = store.parent.glob(f"{glob_safe(store.stem)}.before-*Z{glob_safe(store.suffix)}")
    return sorted(found, key=lambda path: path.name.split(".")[-2:])


def glob_safe(text: str) -> str:
    """`text` for a pattern in which it stands for itself."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in text)


def discard(path: Path) -> None:
    """Remove a copy that nobody has open, with what SQLite may have left beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a new name outlive a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _publish(draft: Path, path: Path) -> None:
    """Name the finished copy, after its checksum: whoever sees the copy sees both."""
    write_sum(path, draft)
    draft.rename(path)
    sync_folder(path.parent)


def write_sum(path: Path, draft: Path | None = None) -> None:
    """Write the checksum of a copy beside it. draft: where the copy lies until it has its name."""
    handle = os.open(f"{path}{SUM_SUFFIX}", os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{digest(draft or path)}  {path.name}\n")
        file.flush()
        os.fsync(file.fileno())
