"""A database is kept as it was before a step of its schema, or the step is not taken."""

from __future__ import annotations

import secrets
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

from benchmarks.postgis import APP
from gisgrid.access import EVERYWHERE
from gisgrid.cli import main
from gisgrid.errors import StoreUndumped
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store, backup, migrate, outside

if TYPE_CHECKING:
    from sqlalchemy import Engine

pytestmark = pytest.mark.postgis
BEFORE = "0011"
"""The step before the last one, which makes the table of failed tries."""


@pytest.fixture
def settings(postgis: str, tmp_path: Path) -> Settings:
    """A database that stands a step behind, with a password in its address."""
    url = f"{postgis}?schema=test_{secrets.token_hex(6)}".replace("gisgrid@", "gisgrid:any@")
    homes = {"id": ["h1", "h2"], "name": ["Zhang", "Li"]}
    with Store.create(url) as made, made.write() as w:
        w.put_households(pd.DataFrame(homes))
    found = Settings(store=url, state_folder=str(tmp_path / "state"))
    a_step_behind(found)
    return found


def plainly(settings: Settings) -> tuple[Engine, str]:
    url, _, schema = settings.store.partition("?schema=")
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:")), schema


def a_step_behind(settings: Settings) -> None:
    """As it was before the last step; what that made stays away."""
    engine, schema = plainly(settings)
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {schema}.tries"))
        sql = f"UPDATE {schema}.alembic_version SET version_num = '{BEFORE}'"  # noqa: S608
        connection.execute(text(sql))
    engine.dispose()


def step(settings: Settings) -> str:
    engine, schema = plainly(settings)
    with engine.connect() as connection:
        asked = f"SELECT version_num FROM {schema}.alembic_version"  # noqa: S608
        found: str = connection.execute(text(asked)).scalar_one()
    engine.dispose()
    return found


def roles(settings: Settings, monkeypatch: pytest.MonkeyPatch, *more: str) -> Result:
    monkeypatch.setenv("GISGRID_STATE_FOLDER", settings.state_folder)
    return CliRunner().invoke(main, ["--store", settings.store, "roles", APP, *more])


def copies(settings: Settings) -> list[Path]:
    return sorted(Path(settings.state_folder).glob("*.dump"))


def test_a_copy_is_made_first_and_brings_the_state_of_before_back(settings: Settings) -> None:
    with Workspace.open(settings) as ws:
        assert ws.store.up_to_date()
        assert [ws.store.kept_before] == copies(settings)
        assert backup.kept_before(outside.dumps(ws.outside)) == copies(settings)
        with ws.store.write() as w:
            w.erase("h1")
    (kept,) = copies(settings)
    assert kept.stat().st_mode & 0o077 == 0
    assert backup.check_sum(kept)
    engine, schema = plainly(settings)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()
    url = settings.store.partition("?")[0]
    subprocess.run(["pg_restore", "--exit-on-error", "-d", url, kept], check=True)
    assert step(settings) == BEFORE
    with Workspace.open(settings) as ws:
        assert ws.store.households(scope=EVERYWHERE)["name"].tolist() == ["Zhang", "Li"]


def test_the_command_says_where_the_copy_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = roles(settings, monkeypatch)
    assert done.exit_code == 0, done.output
    assert str(copies(settings)[0]) in done.stderr


@pytest.mark.parametrize("why", ["missing", "failing", "cut"])
def test_without_a_copy_the_step_is_not_taken_unless_one_says_that_there_is_a_dump(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, why: str
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    if why != "missing":
        said = "echo 'aborting because of server version mismatch' >&2; exit 1"
        cut = 'for a; do case $a in --file=*) echo PGDMP > "${a#--file=}";; esac; done'
        (tools / "pg_dump").write_text(f"#!/bin/sh\n{said if why == 'failing' else cut}\n")
        (tools / "pg_dump").chmod(0o755)
    if why == "cut":
        (tools / "pg_restore").symlink_to("/usr/bin/pg_restore")
    monkeypatch.setenv("PATH", f"{tools}:/nowhere" if why != "cut" else f"{tools}:/usr/bin:/bin")
    with pytest.raises(StoreUndumped) as caught:
        Workspace.open(settings)
    assert ":any@" not in str(caught.value)
    assert ("mismatch" in str(caught.value)) is (why == "failing")
    assert (step(settings), list(Path(settings.state_folder).iterdir())) == (BEFORE, [])
    done = roles(settings, monkeypatch)
    assert (done.exit_code, "--dump-made" in done.stderr) == (1, True)
    done = roles(settings, monkeypatch, "--dump-made")
    assert (done.exit_code, step(settings)) == (0, migrate.HEAD), done.output
    assert copies(settings) == []


def test_the_setting_says_so_as_well(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with Workspace.open(replace(settings, dump_made=True)) as ws:
        assert ws.store.up_to_date()
        assert ws.store.kept_before is None
