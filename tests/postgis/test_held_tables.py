"""Who waits for a table that somebody holds waits no longer than the patience of the store."""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from benchmarks.postgis import APP, Serving, new_secret
from gisgrid.access import EVERYWHERE, Scope
from gisgrid.errors import StoreBusy
from gisgrid.store import Store

from .conftest import county, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

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


@pytest.mark.alone
def test_a_server_whose_requests_all_wait_for_a_table_says_that_it_lives(
    postgis: str, tmp_path: Path
) -> None:
    url = f"{postgis}?schema=kept_{secrets.token_hex(4)}"
    county(url)
    viewer = tokens(url)["Viewer"]
    answers: list[int] = []
    with Serving(url, tmp_path / "log", new_secret(), threads=2) as server:

        def wait() -> None:
            answers.append(server.ask(viewer, "/api/v1/coverage?by=county")[0])

        waiting = [threading.Thread(target=wait) for _ in range(4)]
        with holding(url, "people"):
            for thread in waiting:
                thread.start()
            ready = 200
            while ready == 200 and not answers:
                assert server.ask("", "/healthz") == (200, b"ok\n")
                ready = server.ask("", "/readyz")[0]
            assert server.ask("", "/healthz") == (200, b"ok\n")
            assert (ready, answers) == (503, []), "told while they wait, not after"
        for thread in waiting:
            thread.join()
        assert answers == [200] * 4
        assert server.ask("", "/readyz")[0] == 200
