"""Whole copies of a store's file: taken while others write, checked, and counted.

Not for the hands of others: accounts and the account of use are in them. `vacuum_into` makes the
copy that may leave the house.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid.errors import BackupBad, BackupElsewhere, StoreExists
from gisgrid.store.dialects.gpkg import Gpkg
from gisgrid.store.dialects.gpkg_connect import connect
from gisgrid.store.erased_list import LIST_SUFFIX
from gisgrid.store.filing import HOLDING, discard, fold, gentle, refuse_left_over, sync_folder
from gisgrid.store.schema import OUR_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

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


def same(copy: Path, held: State) -> None:
    """Raises BackupBad where a copy is damaged, or holds something else than the store held."""
    if check(copy) != held:
        raise BackupBad(file=str(copy), problem="it does not hold what the store holds")


def take(store: Path, path: Path, proof: Callable[[Path, State], None] = same) -> State:
    """Write a copy of one state to `path`, prove it, and only then let it have its name.

    A file `path`.sha256 comes with it. proof: raises where the copy is not what the store held.
    Raises StoreExists (nothing is overwritten), StoreLeftOver, BackupBad of that proof.
    """
    if os.path.lexists(path):
        raise StoreExists(url=str(path))
    refuse_left_over(path)
    draft = path.absolute().with_name(f".{path.name}.{os.getpid()}.backup")
    try:
        held = copy(store, draft)
        proof(draft, held)
        publish(draft, path.absolute())
    finally:
        discard(draft)
    return held


def copy(source: Path, target: Path) -> State:
    """Copy page by page what one moment saw, into a new file for its owner only."""
    refuse_left_over(target)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(connect(source, PATIENCE, gentle(source))) as old:
        old.execute("BEGIN")  # counts and pages are of the same state
        held = state_of(old)
        with closing(connect(target, PATIENCE)) as new:
            old.backup(new)
        old.execute("ROLLBACK")
    fold(target, PATIENCE)
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


def check(path: Path, row: str = "") -> State:
    """Open a copy and look at every page and reference of it. Raises BackupBad.

    row: the hash of a row that its account of use has to hold.
    """
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
            seen = opened.execute("SELECT 1 FROM audit WHERE hash = ?", [row]) if row else None
            if seen is not None and seen.fetchone() is None:
                raise BackupBad(file=str(path), problem="it lacks the newest row of its account")
            return state_of(opened)
    except sqlite3.Error as err:
        raise BackupBad(file=str(path), problem=str(err)) from err


def check_sum(path: Path) -> bool:
    """Whether `path` is as its .sha256 says; False without one. Raises BackupBad."""
    beside = Path(f"{path}{SUM_SUFFIX}")
    if not beside.is_file():
        return False
    said = beside.read_bytes().partition(b" ")[0].decode("ascii", "replace").strip()
    if not re.fullmatch("[0-9a-f]{64}", said):
        problem = f"{beside.name} beside it is no checksum; without that file its pages are judged"
        raise BackupBad(file=str(path), problem=problem)
    if said != digest(path):
        raise BackupBad(file=str(path), problem="it differs from its checksum")
    return True


def digest(path: Path) -> str:
    """SHA-256 of a file that nobody has open as a store."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_before(
    store: Path, what: str, copied: Callable[[Path, Path], object] | None = None
) -> Path:
    """A copy beside the store of the state before `what`; the oldest of such copies go.

    copied: makes it, of `store` at a path; None: `take`.
    """
    path = name_before(store, what)
    (copied or take)(store, path)
    for old in kept_before(store)[:-KEPT]:
        remove_copy(old)
    return path


def name_before(store: Path, what: str) -> Path:
    """A name beside the store, not taken, for its state before `what`."""
    moment = datetime.now(UTC)
    while True:
        told = moment.strftime("%Y%m%dT%H%M%S%f")[:-3]
        path = store.with_name(f"{store.stem}.before-{what}.{told}Z{store.suffix}")
        if not any(os.path.lexists(f"{path}{end}") for end in ("", *HOLDING)):
            return path
        moment += timedelta(milliseconds=1)


def kept_before(store: Path) -> list[Path]:
    """What keep_before and put_aside left beside the store, or the file it links to, by age.

    Of some there may be no more than a -wal: their own file was gone when they were put aside.
    """
    found = set()
    for one in (store, store.resolve()):
        for end in ("", *HOLDING):
            name = f"{glob_safe(one.stem)}.before-*Z{glob_safe(one.suffix)}{end}"
            found |= {path.with_name(path.name.removesuffix(end)) for path in one.parent.glob(name)}
    return sorted(found, key=lambda path: path.name.split(".")[-2:])


def remove_copy(path: Path) -> None:
    """Remove what keep_before or put_aside left, with all that goes with it."""
    discard(path)
    for end in (SUM_SUFFIX, LIST_SUFFIX):
        Path(f"{path}{end}").unlink(missing_ok=True)


def glob_safe(text: str) -> str:
    """`text` for a pattern in which it stands for itself."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in text)


def publish(draft: Path, path: Path) -> None:
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
