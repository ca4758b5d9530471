"""A county goes to another store, of the same or the other kind, and comes back the same."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from gisgrid.access import EVERYWHERE
from gisgrid.errors import StoreDiffers, StoreExists
from gisgrid.store import Store, moving

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 20, 3, 4, 5, 678_901, tzinfo=UTC)
LAYERS = ("areas", "grids", "households", "visits", "cases")


@pytest.fixture
def peopled(county: Store, town: Any) -> Store:
    """With a second plan, accounts and sessions."""
    with county.write() as w:
        w.put_grids(town.grids().assign(name="renamed"))
        person = w.add_person("Li", "admin", "*", "hash-of-li")
        w.add_link("link-of-li", person.id, NOW)
        w.add_session("session-of-li", person.id, NOW, NOW + timedelta(days=1))
    return county


@pytest.fixture(params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "gpkg":
        return str(tmp_path / "elsewhere.gpkg")
    return f"{request.getfixturevalue('postgis')}?schema=test_{secrets.token_hex(6)}"


def test_a_copy_in_either_kind_of_store_holds_the_same(peopled: Store, elsewhere: str) -> None:
    carried = peopled.copy_to(elsewhere)
    rows = {table.table: table.rows for table in carried}
    assert rows["households"] == 7
    assert rows["revisions"] == 2
    assert rows["people"] == 1
    assert {"sessions", "links"}.isdisjoint(rows)
    with Store.open(elsewhere) as copy:
        for layer in LAYERS:
            ours = getattr(peopled, layer)(scope=EVERYWHERE)
            theirs = getattr(copy, layer)(scope=EVERYWHERE)
            pd.testing.assert_frame_equal(pd.DataFrame(ours), pd.DataFrame(theirs))
        assert copy.changes() == peopled.changes()
        assert copy.token != peopled.token
        assert copy.person("Li") is not None
        assert copy.person_by_session("session-of-li", NOW, timedelta(days=1)) is None


def test_there_and_back_gives_the_same_hashes(
    peopled: Store, elsewhere: str, tmp_path: Path
) -> None:
    there = peopled.copy_to(elsewhere)
    with Store.open(elsewhere) as copy:
        back = copy.copy_to(str(tmp_path / "back.gpkg"))
    assert back == there


def test_the_copy_goes_on_counting_where_the_original_stood(
    peopled: Store, elsewhere: str, town: Any
) -> None:
    peopled.copy_to(elsewhere)
    with Store.open(elsewhere) as copy:
        before = copy.visit_days(scope=EVERYWHERE).last
        with copy.write() as w:
            again = town.visits().assign(id=lambda v: v.id + "-again", client_id=None)
            w.put_visits(again)
            w.add_person("Wang", "member", "g1")
        assert copy.visit_days(scope=EVERYWHERE, after=before).last > before
        assert [person.name for person in copy.people()] == ["Li", "Wang"]


def test_a_copy_that_differs_is_not_made(
    peopled: Store, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = iter(range(1000))
    monkeypatch.setattr(moving, "digest", lambda *_: (1, str(next(hashes))))
    with pytest.raises(StoreDiffers, match="did not come out the same"):
        peopled.copy_to(elsewhere)
    monkeypatch.undo()
    assert peopled.copy_to(elsewhere), "nothing was left in the way"


def test_a_copy_takes_nobodys_place(peopled: Store, elsewhere: str) -> None:
    peopled.copy_to(elsewhere)
    with pytest.raises(StoreExists):
        peopled.copy_to(elsewhere)


@pytest.mark.postgis
def test_a_server_has_looked_at_what_was_copied_to_it(gpkg: Store, town: Any, postgis: str) -> None:
    """Before that it reads every visit twice, once in the index and once in the table."""
    schema = f"test_{secrets.token_hex(6)}"
    town.fill(gpkg).copy_to(f"{postgis}?schema={schema}")
    asked = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:table)")
    engine = create_engine(postgis.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        rows = connection.scalar(asked, {"table": f"{schema}.visits"})
    engine.dispose()
    assert rows == 3
