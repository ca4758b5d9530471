"""Who was erased stays erased, also where the server's own tools bring an older state back."""

from __future__ import annotations

import os
import secrets
import subprocess
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from benchmarks.postgis import APP
from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.cli import main
from gisgrid.errors import StateUnwritable, StoreOpenToOthers
from gisgrid.operations import erasing, retention, safety
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store, backup, outside
from gisgrid.web import wsgi

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.postgis
LEFT = date(2020, 1, 1)


@pytest.fixture
def settings(postgis: str, tmp_path: Path) -> Settings:
    """A county of three households in a database."""
    url = f"{postgis}?schema=test_{secrets.token_hex(6)}&app={APP}"
    homes = {"id": ["h1", "h2", "h3"], "name": ["Zhang", "Li", "Wang"], "listed_on": [LEFT] * 3}
    with Store.create(url) as made, made.write() as w:
        w.put_households(pd.DataFrame(homes))
    state = tmp_path / "state" / "of ours"
    return Settings(store=url, state_folder=str(state), secret_key=os.urandom(32).hex())


def names(settings: Settings) -> list[str | None]:
    with Workspace.open(settings) as ws:
        rows = ws.store.households(scope=EVERYWHERE)
        return [None if pd.isna(name) else name for name in rows["name"]]


def erased(settings: Settings, household: str = "h1") -> None:
    with Workspace.open(settings) as ws:
        erasing.erase(ws, CONSOLE, household)


def back_again(settings: Settings, dump: Path) -> None:
    """What the database office does: an older dump in the place of the schema."""
    url, _, rest = settings.store.partition("?")
    schema = rest.removeprefix("schema=").partition("&")[0]
    if not dump.exists():
        subprocess.run(["pg_dump", "-Fc", "-n", schema, "-f", dump, url], check=True)
        return
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()
    subprocess.run(["pg_restore", "--exit-on-error", "-d", url, dump], check=True)


@pytest.mark.parametrize("by", ["server", "command"])
def test_who_was_erased_is_erased_again_after_a_restore(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    back_again(settings, tmp_path / "dump")
    erased(settings)
    back_again(settings, tmp_path / "dump")
    assert names(settings) == ["Zhang", "Li", "Wang"]
    if by == "command":
        monkeypatch.setenv("GISGRID_STATE_FOLDER", settings.state_folder)
        done = CliRunner().invoke(main, ["--store", settings.store, "person-data", "replay"])
        assert (done.exit_code, "Erased again: 1 households." in done.stderr) == (0, True)
    else:
        for thread in ("warm", "tidy"):
            monkeypatch.setattr(wsgi, thread, lambda _: None)
        monkeypatch.setattr(wsgi.collector, "keep", lambda: None)
        with Workspace.open(settings) as ws:
            wsgi.staying(settings, ws, behind_proxy=False)
    assert names(settings) == [None, "Li", "Wang"]
    with Workspace.open(settings) as ws:
        assert ws.store.audit_rows(limit=1)[0].action == "erase_again"
        assert not ws.store.unswept()
        assert erasing.recall(ws) == []


def test_the_list_and_what_lies_beside_it_are_for_their_owner_alone(settings: Settings) -> None:
    erased(settings)
    with Workspace.open(settings) as ws:
        assert erasing.erased_list.listed(ws.outside) == ["h1"]
        lists = list(ws.outside.parent.iterdir())
    assert [path.suffix for path in lists] == [".erased"]
    assert lists[0].stat().st_mode & 0o077 == lists[0].parent.stat().st_mode & 0o077 == 0
    safety.refuse_unsafe(settings)
    lists[0].chmod(0o644)
    with pytest.raises(StoreOpenToOthers):
        safety.refuse_unsafe(settings)
    lists[0].chmod(0o600)
    lists[0].parent.chmod(0o777)
    with pytest.raises(StoreOpenToOthers):
        safety.refuse_unsafe(settings)


def test_copies_from_before_an_erasure_go_with_it(settings: Settings) -> None:
    with Workspace.open(settings) as ws:
        named = outside.dumps(ws.outside)
        outside.make_ready(named.parent)
        for moment in ("20260101T000000000Z", "20260102T000000000Z"):
            named.with_name(f"{named.stem}.before-0012.{moment}.dump").touch()
        assert len(backup.kept_before(named)) == 2
        erasing.erase(ws, CONSOLE, "h1")
        assert backup.kept_before(named) == []


def test_a_server_hears_of_who_was_erased_by_another_one(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each machine has a list of its own."""
    erased(replace(settings, state_folder=str(tmp_path / "another machine")))

    def sleep(_seconds: float) -> None:
        raise InterruptedError

    monkeypatch.setattr(wsgi.time, "sleep", sleep)
    with Workspace.open(settings) as ws:
        with suppress(InterruptedError):
            wsgi.tidy(ws)
        assert erasing.erased_list.listed(ws.outside) == ["h1"]


def test_nobody_is_erased_where_the_list_cannot_be_kept(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    bad = replace(settings, state_folder=str(tmp_path / "file" / "state"))
    with Workspace.open(bad) as ws:
        with pytest.raises(StateUnwritable):
            erasing.erase(ws, CONSOLE, "h1")
        with pytest.raises(StateUnwritable):
            retention.apply(ws, CONSOLE)
    assert names(settings) == ["Zhang", "Li", "Wang"]


def test_the_folder_is_where_other_states_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/x")
    assert str(outside.folder()) == "/x/gisgrid"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/gisgrid:/var/lib/gisgrid/backups")
    assert str(outside.folder()) == "/var/lib/gisgrid"
    assert str(outside.folder("/srv/state")) == "/srv/state"


def test_an_erasure_is_done_also_where_somebody_holds_a_table_that_is_to_be_swept(
    settings: Settings,
) -> None:
    plain, _, rest = settings.store.partition("?schema=")
    with Workspace(Store.open(settings.store, patience=0.2), settings) as ws:
        with psycopg.connect(plain) as other:
            other.execute(f"LOCK TABLE {rest.partition('&')[0]}.sessions".encode())
            assert not erasing.erase(ws, CONSOLE, "h1").swept
        assert ws.store.unswept()
        while not erasing.finish(ws):  # the server's own housekeeping may be looking
            pass
    assert names(settings) == [None, "Li", "Wang"]
