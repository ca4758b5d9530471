"""How often a store goes to the server and back, and that a line that is gone is not handed out."""

from __future__ import annotations

import secrets
import tempfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import psycopg
import pytest
from shapely import box

from gisgrid.access import EVERYWHERE, Scope
from gisgrid.store import By, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
AREA = "12 'quoted' \\ \"twice\" 乡"
"""A code as somebody could give it."""


@pytest.fixture
def store(postgis: str) -> Iterator[Store]:
    with Store.create(f"{postgis}?schema=journey_{secrets.token_hex(4)}") as made:
        yield made


def journeys(store: Store, deed: Callable[[], Any]) -> int:
    """How often the driver asked the server something and waited, by what went over the line."""
    deed()  # once before, so that there is a line
    with store._dialect.engine.connect() as connection, tempfile.TemporaryFile() as told:
        line: Any = connection.connection.driver_connection
        line.pgconn.trace(told.fileno())
        connection.close()
        deed()
        line.pgconn.untrace()
        told.seek(0)
        words = [row.split(b"\t") for row in told.read().splitlines()]
    return sum(word[1:2] == [b"F"] and word[3] in (b"Query", b"Sync") for word in words)


def test_a_read_is_three_journeys_and_one_without_a_state_is_one(store: Store) -> None:
    assert journeys(store, lambda: store.areas(scope=EVERYWHERE)) == 3
    assert journeys(store, lambda: store.areas(scope=Scope(AREA))) == 3
    assert journeys(store, lambda: store.draft(1, scope=EVERYWHERE)) == 1
    session = lambda: store.person_by_session("none", NOW, timedelta(hours=1))  # noqa: E731
    assert journeys(store, session) == 1


def test_a_stroke_is_three_journeys(store: Store) -> None:
    by = By(None, at_console=True)
    image = {"op": "split", "arguments": "{}", "before": b"b", "after": b"a", "came_from": "{}"}
    one_grid = gpd.GeoDataFrame({"code": ["g1"]}, geometry=[box(105, 35, 106, 36)], crs=4326)
    with store.write() as w:
        w.put_grids(one_grid)
        draft = w.add_draft("spring", None, by, base_revision=1)
    seen = 1

    def stroke() -> None:
        nonlocal seen
        with store.write() as w:
            _, seen = w.draw(draft, seen, None, 1, by, notes=None, **image)

    assert journeys(store, stroke) == 3
    assert seen == 3


def test_reads_of_one_state_and_one_scope_are_one_journey_each(store: Store) -> None:
    def two() -> None:
        with store.reading(EVERYWHERE):
            store.areas(scope=EVERYWHERE)
            store.area_columns(scope=EVERYWHERE)

    assert journeys(store, two) == 4


def test_what_changed_is_told_in_one_journey(store: Store) -> None:
    def told() -> None:
        with store._dialect.writing() as connection:
            store._dialect.note_change(connection, ["visits"], NOW)

    assert journeys(store, told) == 3


def test_a_change_begins_and_ends_in_one_journey_each(store: Store) -> None:
    def nothing() -> None:
        with store.write():
            pass

    assert journeys(store, nothing) == 2


@pytest.mark.parametrize("code", ["*", AREA])
def test_the_scope_of_a_read_is_what_was_named(store: Store, code: str) -> None:
    with store.reading(Scope(code)) as connection:
        asked = "SELECT current_setting('gisgrid.scope'), current_setting('transaction_read_only')"
        assert connection.exec_driver_sql(asked).one() == (code, "on")


def test_a_line_that_the_server_ended_is_not_handed_out(store: Store, postgis: str) -> None:
    with store.reading() as connection:
        number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with psycopg.connect(postgis) as other:
        other.execute("SELECT pg_terminate_backend(%s, 20000)", [number])
    assert store.areas(scope=EVERYWHERE).empty
    assert store.changes() is not None
