"""A whole county from one store to another, with proof that both hold the same."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, update

from gisgrid.errors import StoreDiffers, StoreExists
from gisgrid.store import migrate
from gisgrid.store.carrying import carry_table, digest
from gisgrid.store.schema import metadata, programme

if TYPE_CHECKING:
    from gisgrid.store.dialects.base import Dialect

LEFT = ("sessions", "links", "tokens", "tries")
"""Stay behind: who is signed in, or tried to be, at one store is not at another."""


@dataclass(frozen=True, slots=True)
class Carried:
    """One table that both stores hold alike. hash: see carrying.Digest."""

    table: str
    rows: int
    hash: str


def move_store(source: Dialect, target: Dialect) -> list[Carried]:
    """Copy everything but sessions into a store that `target` makes: whole, or not at all.

    The source is read in one state and not changed; others may go on writing to it, and what they
    write from then on is not in the copy. Raises StoreExists; StoreDiffers where a table does not
    come out the same, and then there is no copy.
    """
    if target.exists():
        raise StoreExists(url=target.url)
    carried = []
    with target.creating() as new, source.reading() as old, source.limited(old, "*"):
        migrate.lay_out(new)
        for table in metadata.sorted_tables:
            if table.name in LEFT:
                continue
            new.execute(delete(table))  # what an empty store begins with
            ours = carry_table(source, old, target, new, table)
            theirs = digest(target, new, table)
            if ours != theirs:
                raise StoreDiffers(table=table.name, rows=ours[0], copied=theirs[0])
            carried.append(Carried(table.name, *ours))
        # Two stores never pass for one: what a browser kept of the one is not shown of the other.
        new.execute(update(programme).values(token=secrets.token_hex(16)))
    return carried
