"""A backup proved by bringing it back: before it has its name, beside it, and away again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from gisgrid.errors import BackupBad
from gisgrid.store import backup, restoring
from gisgrid.store.chain import BEGINNING

if TYPE_CHECKING:
    from pathlib import Path

    from gisgrid.store.backup import State


def rehearse(draft: Path, held: State) -> None:
    """Restore the finished copy `draft` into a new store, as anybody would, and look at that.

    held: what the store held in the moment of the copy. The new store has to hold as many rows of
    each table, and the same account of use with the restore as one row more. `restore` looks at
    every page and reference, of the copy and of the new store. Nothing of it stays; it needs room
    for the store twice. Raises BackupBad.
    """
    place = draft.with_name(f"{draft.name}.tried")
    try:
        back = restoring.restore(draft, place, replace=False).state
        before = _before_the_restore(place)
    finally:
        backup.remove_copy(place)
    counts = {**held.counts, "audit": held.counts["audit"] + 1, "audit_head": 1}
    if (back.step, back.counts) != (held.step, counts) or before != (held.account or BEGINNING):
        raise BackupBad(file=str(draft), problem="brought back it is another store")


def _before_the_restore(store: Path) -> str:
    """The hash that the newest row of the account of use, the restore's own, goes on from."""
    with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        newest = "SELECT previous_hash FROM audit ORDER BY seq DESC LIMIT 1"
        return str(opened.execute(newest).fetchone()[0])
