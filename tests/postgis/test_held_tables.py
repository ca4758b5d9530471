"""Who waits for a table that somebody holds waits no longer than the patience of the store."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from benchmarks.postgis import APP
from gisgrid.access import EVERYWHERE, Scope
from gisgrid.errors import StoreBusy
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.postgis

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
HASTE = 0.05

LOOKS: dict[str, tuple[str, Callable[[Store], object]]] = {
    "a layer": ("visits", lambda store: store.visits(scope=Scope("G1"))),
    "two reads of one state": ("visits", lambda store: store.counts()),
    "the columns of the read model": ("visits", lambda store: store.visit_days(scope=EVERYWHERE)),
    "a session": ("sessions", lambda store: store.person_by_session("x", NOW, timedelta(1))),
    "a draft": ("drafts", lambda store: store.draft(1, scope=EVERYWHERE)),
    "the counters": ("counters", lambda store: store.changes()),
    "a sweep": ("visits", lambda store: store.sweep(always=True)),
}
"""name -> the table that somebody holds, and who waits for it."""


@pytest.fixture(scope="module")
def url(postgis: str) -> str:
    url = f"{postgis}?schema=held_{secrets.token_hex(4)}&app={APP}"
    Store.create(url).close()
    return url


@contextmanager
def holding(url: str, table: str) -> Iterator[None]:
    plain, _, query = url.partition("?schema=")
    with psycopg.connect(plain) as other:
        # Were there no end to the waiting of others, the test would still come to one.
        other.execute("SET idle_in_transaction_session_timeout = 5000")
        other.execute(f"LOCK TABLE {query.partition('&')[0]}.{table}".encode())
        yield
        other.rollback()


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_a_look_at_a_table_that_somebody_holds_says_busy_and_goes_on_after(
    url: str, name: str
) -> None:
    table, look = LOOKS[name]
    with Store.open(url, patience=HASTE) as store:
        with holding(url, table), pytest.raises(StoreBusy):
            look(store)
        look(store)
