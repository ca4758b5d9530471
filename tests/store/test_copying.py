"""A copy that may leave the house."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gisgrid.access import EVERYWHERE
from gisgrid.errors import StoreExists
from gisgrid.store import Store

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def peopled(county: Store) -> Store:
    with county.write() as w:
        person = w.add_person("Secret Li", "admin", "*", "hash-of-li")
        w.add_link("link-of-li", person.id, NOW)
        w.add_session("session-of-li", person.id, NOW, NOW + timedelta(days=1))
    return county


def test_a_copy_holds_all_layers_and_nobodys_account(peopled: Store, tmp_path: Path) -> None:
    path = tmp_path / "copy.gpkg"
    peopled.vacuum_into(path)
    content = path.read_bytes()
    for trace in (b"Secret Li", b"hash-of-li", b"link-of-li", b"session-of-li"):
        assert trace not in content
    assert peopled.token.encode() not in content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert raw.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
    with Store.open(str(path)) as copy:
        for layer in ("areas", "grids", "households", "visits", "cases"):
            ours = getattr(peopled, layer)(scope=EVERYWHERE)
            theirs = getattr(copy, layer)(scope=EVERYWHERE)
            pd.testing.assert_frame_equal(pd.DataFrame(ours), pd.DataFrame(theirs))
        assert copy.programme() == peopled.programme()
        assert copy.people() == []
        assert [p.revision for p in copy.plan_columns(scope=EVERYWHERE)] == [1]
        with copy.reading() as connection:
            bounds = dict(
                connection.exec_driver_sql("SELECT table_name, max_x FROM gpkg_contents").all()
            )
    assert bounds["households"] == 110
    assert bounds["grids"] == bounds["grids_history"] == 103


def test_a_copy_is_made_while_someone_writes(peopled: Store, tmp_path: Path, town: Any) -> None:
    with peopled.write() as w:
        w.put_areas(town.areas().assign(name="later"))
        peopled.vacuum_into(tmp_path / "copy.gpkg")
    with Store.open(str(tmp_path / "copy.gpkg")) as copy:
        assert "later" not in set(copy.areas(scope=EVERYWHERE).name)


def test_a_copy_overwrites_nothing(peopled: Store, tmp_path: Path) -> None:
    path = tmp_path / "copy.gpkg"
    path.write_text("mine")
    with pytest.raises(StoreExists):
        peopled.vacuum_into(path)
    assert path.read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
