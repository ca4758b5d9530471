"""Row-level security: what gisgrid's own statements would let through, the database does not."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box
from sqlalchemy import create_engine, text, true
from sqlalchemy.exc import DBAPIError

from benchmarks.postgis import APP
from gisgrid.access import EVERYWHERE, Scope
from gisgrid.errors import StoreAway, StoreDenied, StoreOlder
from gisgrid.store import Store, migrate
from gisgrid.store.scoping import Sight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

pytestmark = pytest.mark.postgis

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
WALLED = ("areas", "grids", "grids_history", "households", "visits", "cases", "case_changes")
OWN = {"areas": "code", "grids": "code", "grids_history": "code", "households": "id"}
OWN |= {"visits": "household_id", "cases": "id", "case_changes": "case_id"}
EAST = {
    "areas": {"E"},
    "grids": {"g1"},
    "grids_history": {"g1"},
    "households": {"h1", "lost"},
    "visits": {"h1", "lost"},
    "cases": {"c1", "c3"},
    "case_changes": {"c1"},
}


def fill(store: Store) -> None:
    """Township E with grid g1, township W with g2; a household without a place that names E.

    c2 is of a household in E, but has a point of its own in W; c3 the other way round.
    """
    listed = date(2026, 1, 1)
    areas = [("C", "C", "county", None), ("E", "E", "township", "C"), ("W", "W", "township", "C")]
    homes = gpd.GeoDataFrame(
        {"id": ["h1", "h2", "lost"], "grid_code": [None, None, "E"], "listed_on": [listed] * 3},
        geometry=[Point(100.5, 30.5), Point(101.5, 30.5), None],
        crs="EPSG:4326",
    )
    cases = gpd.GeoDataFrame(
        {"id": ["c1", "c2", "c3"], "household_id": ["h1", "h1", "h2"], "opened_on": [listed] * 3},
        geometry=[None, Point(101.5, 30.5), Point(100.5, 30.5)],
        crs="EPSG:4326",
    )
    with store.write() as w:
        w.put_areas(pd.DataFrame(areas, columns=["code", "name", "level", "parent_code"]))
        squares = [box(100, 30, 101, 31), box(101, 30, 102, 31)]
        grids = {"code": ["g1", "g2"], "area_code": ["E", "W"]}
        w.put_grids(gpd.GeoDataFrame(grids, geometry=squares, crs="EPSG:4326"))
        w.put_households(homes)
        w.put_cases(cases)
        visits = {"household_id": ["h1", "h2", "lost"], "outcome": ["met"] * 3}
        w.put_visits(pd.DataFrame({**visits, "visited_at": [pd.Timestamp(NOW)] * 3}))
        for case in ("c1", "c2"):
            w._tx.connection.execute(
                text(
                    "INSERT INTO case_changes (case_id, client_id, kind, changed_at, changed_on, "
                    "received_at, changes) VALUES (:c, :c, 'updated', now(), now(), now(), '')"
                ),
                {"c": case},
            )


@pytest.fixture(scope="module")
def url(postgis: str) -> str:
    """A store that its owner made and lets an account serve."""
    url = f"{postgis}?schema=walls_{secrets.token_hex(4)}"
    with Store.create(url, clock=lambda: NOW) as store:
        fill(store)
        assert store.let_serve(APP)
    return url


@pytest.fixture
def app_url(url: str) -> str:
    """The same store, as the account that serves signs in to the database."""
    return url.replace("gisgrid@", f"{APP}@")


@contextmanager
def plainly(url: str) -> Iterator[Engine]:
    """The database of a store without gisgrid before it."""
    database, _, schema = url.partition("?schema=")
    engine = create_engine(
        database.replace("postgresql://", "postgresql+psycopg://"),
        connect_args={"options": f"-csearch_path={schema},public"},
    )
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.fixture
def raw(app_url: str) -> Iterator[Engine]:
    """The database as somebody has it who got hold of the server's connection."""
    with plainly(app_url) as engine:
        yield engine


def seen(connection: Connection, table: str) -> set[str]:
    sql = f"SELECT {OWN[table]} FROM {table}"  # noqa: S608 - our own names
    return set(connection.execute(text(sql)).scalars())


def within(connection: Connection, code: str) -> None:
    connection.execute(text("SELECT set_config('gisgrid.scope', :code, true)"), {"code": code})


def test_who_names_no_scope_sees_nothing(raw: Engine) -> None:
    with raw.connect() as connection:
        for table in WALLED:
            assert seen(connection, table) == set(), table


@pytest.mark.parametrize("code", ["", "%", "e", "X", "* ", "E' OR '1'='1"])
def test_a_scope_that_names_nothing_shows_nothing(raw: Engine, code: str) -> None:
    with raw.connect() as connection:
        within(connection, code)
        for table in WALLED:
            assert seen(connection, table) == set(), table


def test_a_scope_shows_its_own_rows_and_no_other(raw: Engine) -> None:
    with raw.connect() as connection:
        within(connection, "E")
        assert {table: seen(connection, table) for table in WALLED} == EAST
        within(connection, "g1")
        assert seen(connection, "households") == {"h1"}
        within(connection, "*")
        assert seen(connection, "households") == {"h1", "h2", "lost"}


def test_the_scope_ends_with_the_transaction(raw: Engine) -> None:
    with raw.connect() as connection:
        with connection.begin():
            within(connection, "*")
        assert seen(connection, "households") == set()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE households SET name = 'x' WHERE id = 'h2'",
        "DELETE FROM visits WHERE household_id = 'h2'",
        "UPDATE grids SET member = 'x' WHERE code = 'g2'",
        "UPDATE cases SET title = 'x' WHERE id = 'c2'",
    ],
)
def test_what_is_not_seen_is_not_changed(raw: Engine, change: str) -> None:
    with raw.connect() as connection:
        within(connection, "E")
        assert connection.execute(text(change)).rowcount == 0


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO households (id, placed_in, listed_on) VALUES ('new', 'g2', now())",
        "UPDATE households SET placed_in = 'g2' WHERE id = 'h1'",
        "UPDATE audit SET count = 0",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM audit_head",
        "TRUNCATE households",
        "DROP TABLE households",
        "ALTER TABLE households DISABLE ROW LEVEL SECURITY",
        "DROP POLICY within_scope ON households",
        "CREATE TABLE mine (a int)",
        "UPDATE alembic_version SET version_num = '0001'",
        "SET session_authorization = gisgrid",
        "SET ROLE gisgrid",
    ],
)
def test_what_an_account_that_owns_nothing_may_not(raw: Engine, change: str) -> None:
    with raw.connect() as connection:
        within(connection, "E")
        with pytest.raises(DBAPIError) as raised:
            connection.execute(text(change))
    assert raised.value.orig is not None
    assert raised.value.orig.sqlstate == "42501"  # type: ignore[attr-defined]


def test_a_fault_in_our_own_limits_shows_no_row_of_others(
    app_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall stands where a statement forgets its scope."""
    for name in ("areas", "households", "visits", "cases"):
        monkeypatch.setattr(Sight, name, lambda _self: true())
    monkeypatch.setattr(Sight, "grids", lambda _self, _table=None: true())
    east = Scope("E")
    with Store.open(app_url) as store:
        assert set(store.areas(scope=east).code) == EAST["areas"]
        assert set(store.grids(scope=east).code) == EAST["grids"]
        assert set(store.grids(scope=east, revision=1).code) == EAST["grids"]
        assert set(store.households(scope=east)["id"]) == EAST["households"]
        assert set(store.visits(scope=east).household_id) == EAST["visits"]
        assert set(store.cases(scope=east)["id"]) == EAST["cases"]
        assert store.case_steps(scope=east, case_ids=["c2"]) == []
        assert store.search_households(scope=east, text="h2").empty
        with store.reading(east), store.reading(Scope("W")):
            assert set(store.areas(scope=east).code) == EAST["areas"]  # each read has its own
        assert len(store.households(scope=EVERYWHERE)) == 3


def test_within_a_change_all_is_seen_again_after_a_limited_read(app_url: str) -> None:
    with Store.open(app_url) as store, store.write() as w:
        assert len(store.households(scope=Scope("W"))) == 1
        with pytest.raises(RuntimeError), store.reading(Scope("W")):
            raise RuntimeError
        listed = date(2026, 1, 1)
        rows = pd.DataFrame({"id": ["h1", "h2"], "listed_on": [listed] * 2})
        assert w.put_households(rows).unchanged == 2


@pytest.mark.parametrize("line_too", [False, True])
def test_a_limited_read_whose_server_goes_away_says_so(
    app_url: str, url: str, line_too: bool
) -> None:
    """The wall cannot be moved back over a line that is gone; what went wrong is said all the same.

    line_too: it is known already, of an earlier statement, that the line is gone.
    """

    def look(store: Store) -> None:
        with store.reading(Scope("W")) as line, plainly(url) as engine, engine.connect() as other:
            number = line.execute(text("SELECT pg_backend_pid()")).scalar_one()
            other.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
            if line_too:
                line.invalidate()
            store.households(scope=Scope("W"))

    with Store.open(app_url) as store, pytest.raises(StoreAway):
        look(store)


def test_every_table_about_households_has_its_wall(url: str) -> None:
    from gisgrid.store.erasing import TRACES

    apart = {"pending_reports"}  # seen by who sent them, wherever the household lies by now
    assert {trace.table for trace in TRACES} - apart <= set(WALLED)
    with Store.open(url) as store, store.reading() as connection:
        rows = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relrowsecurity "
                "AND relnamespace = current_schema()::regnamespace"
            )
        )
        assert set(rows.scalars()) == set(WALLED)


def test_an_older_store_waits_for_its_owner(url: str, app_url: str) -> None:
    with Store.open(url) as store, store.write() as w:
        w._tx.connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    with pytest.raises(StoreOlder) as refused:
        Store.open(app_url)
    assert refused.value.facts["found"] == "0009"
    with _brought_back(url) as store:
        assert store.step() == migrate.HEAD


def _brought_back(url: str) -> Store:
    plain, _, schema = url.partition("?schema=")
    engine = create_engine(plain.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        sql = f"UPDATE {schema}.alembic_version SET version_num = :head"  # noqa: S608 - our own
        connection.execute(text(sql), {"head": migrate.HEAD})
    engine.dispose()
    return Store.open(url)


def test_who_owns_nothing_cannot_sweep_nor_let_others_serve_and_says_so(app_url: str) -> None:
    with Store.open(app_url) as store:
        assert not store.sweep(always=True)
        with pytest.raises(StoreDenied):  # the database itself only warns
            store.let_serve("gisgrid_app")


def test_many_rows_come_in_beside_the_walls(app_url: str, url: str) -> None:
    """COPY is for owners; what comes in by the other way is the same, few rows or many."""
    del url
    listed = date(2026, 1, 1)
    for few in (1, 499, 500, 1301):
        ids = [f"m{few}-{n}" for n in range(few)]
        frame: Any = pd.DataFrame({"id": ids, "listed_on": [listed] * few})
        with Store.open(app_url) as store:
            with store.write() as w:
                assert w.put_households(frame).inserted == few
            with store.write() as w:
                assert w.put_households(frame.assign(name="n")).updated == few
            found = store.households(scope=EVERYWHERE, ids=ids)
            assert sorted(found["id"]) == sorted(ids)
            assert set(found["name"]) == {"n"}
