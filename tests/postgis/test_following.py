"""A store that follows knows of what others change without asking."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from gisgrid.store import Store
from gisgrid.store.dialects import postgis_listen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.postgis


@pytest.fixture
def only_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """No safety net: what is not told is not known for a minute."""
    monkeypatch.setattr(postgis_listen, "POLL", 60.0)
    monkeypatch.setattr(postgis_listen, "_TRUSTED", 180.0)


@pytest.fixture
def two(postgis: str) -> Iterator[tuple[Store, Store]]:
    """One that follows, and one that writes."""
    url = f"{postgis}?schema=follow_{secrets.token_hex(4)}"
    with Store.create(url) as writer, Store.open(url) as follower:
        follower.follow()
        yield follower, writer


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline


def listener(store: Store) -> Any:
    return store._dialect._listener  # type: ignore[attr-defined]


def change(store: Store, code: str) -> None:
    rows = [(code, code, "county", None)]
    with store.write() as w:
        w.put_areas(pd.DataFrame(rows, columns=["code", "name", "level", "parent_code"]))


@pytest.mark.usefixtures("only_notices")
def test_what_others_change_is_heard_not_asked_for(
    two: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    follower, writer = two
    until(lambda: listener(follower)._known is not None)
    before = follower.changes().areas
    asked: list[int] = []
    read = follower._dialect._read_counters  # type: ignore[attr-defined]
    monkeypatch.setattr(
        follower._dialect, "_read_counters", lambda: asked.append(1) or read(), raising=True
    )
    for _ in range(1000):
        follower.changes()
    assert asked == []
    change(writer, "1")
    until(lambda: follower.changes().areas == before + 1)


def test_who_writes_sees_it_at_once(two: tuple[Store, Store]) -> None:
    follower, _ = two
    until(lambda: listener(follower)._known is not None)
    for n in range(50):
        before = follower.changes().areas
        change(follower, f"A{n}")
        assert follower.changes().areas == before + 1


def test_a_listener_that_was_cut_off_comes_back_and_nothing_is_missed(
    two: tuple[Store, Store],
) -> None:
    follower, writer = two
    until(lambda: listener(follower)._known is not None)
    before = follower.changes().areas
    with writer.reading() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query LIKE 'LISTEN%%' OR query LIKE 'SELECT layer, value FROM counters%%'"
        )
    change(writer, "2")
    until(lambda: follower.changes().areas == before + 1)
    until(lambda: listener(follower)._known is not None)
    change(writer, "3")
    until(lambda: follower.changes().areas == before + 2)


def test_an_own_change_is_not_shown_as_it_was_read_before(two: tuple[Store, Store]) -> None:
    """Counters that were read while the change went on are not kept."""
    follower, _ = two
    until(lambda: listener(follower)._known is not None)
    heard = listener(follower)

    def read_meanwhile() -> dict[str, int]:
        found: dict[str, int] = follower._dialect._read_counters()  # type: ignore[attr-defined]
        change(follower, "9")
        return found

    heard.stale()
    before = heard.asked(read_meanwhile)["areas"]
    assert follower.changes().areas == before + 1
