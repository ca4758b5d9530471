"""Which households and cases changed lately: what a reader who is nearly up to date has to read.

A row belongs to one value of a counter, so that a list with a gap shows it: changes too old to be
listed, or made by a program that keeps no list. Then everything is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Index, Table, Text, bindparam, delete, insert, select

from gisgrid.store.prepared import Prepared
from gisgrid.store.schema import counters, metadata
from gisgrid.store.types import RowId

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from gisgrid.store.dialects.base import Dialect

touched = Table(
    "touched",
    metadata,
    Column("seq", RowId, primary_key=True),
    Column("layer", Text, nullable=False),  # the counter that moved
    Column("value", RowId, nullable=False),  # to this value
    Column("object", Text),  # id of what changed; empty: too many to be listed
    Index("touched_layer", "layer", "value"),
    sqlite_autoincrement=True,
)

LISTED = ("households", "cases")
"""Counters whose changes are listed. Visits are only added to, and need no list."""
MOST = 500
"""Objects of one change that are listed; to read more than that one by one saves nothing."""
KEPT = 100
"""Values of a counter that are kept in the list."""

_VALUE = Prepared(lambda _: select(counters.c.value).where(counters.c.layer == bindparam("of")))
_ADD = Prepared(
    lambda _: insert(touched).values(
        {name: bindparam(name) for name in ("layer", "value", "object")}
    )
)
_FORGET = Prepared(
    lambda _: delete(touched).where(
        touched.c.layer == bindparam("of"), touched.c.value <= bindparam("up_to")
    )
)


def note(dialect: Dialect, connection: Connection, layer: str, ids: Collection[str] | None) -> None:
    """List what changed, once the counter has moved; None: everything may have."""
    ((value,),) = _VALUE.rows(dialect, connection, of=layer)
    listed = [None] if ids is None or len(ids) > MOST else sorted(ids)
    for name in listed or [None]:
        _ADD.run(dialect, connection, layer=layer, value=value, object=name)
    _FORGET.run(dialect, connection, of=layer, up_to=value - KEPT)


def since(connection: Connection, layer: str, seen: int, now: int) -> list[str] | None:
    """Ids of what changed while the counter went from `seen` to `now`; None: nobody knows."""
    if not 0 <= now - seen <= KEPT:
        return None
    t = touched.c
    rows = connection.execute(
        select(t.value, t.object).where(t.layer == layer, t.value > seen, t.value <= now)
    ).all()
    if {row.value for row in rows} != set(range(seen + 1, now + 1)):
        return None
    ids = {row.object for row in rows}
    return None if None in ids else sorted(ids)
