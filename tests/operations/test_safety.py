"""A server does not start where it would be unsafe, and says when it is not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gisgrid.errors import SettingBad, StoreOpenToOthers, StoreOverNetwork
from gisgrid.operations import safety
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv/share\\040one rw - nfs4 host:/export rw
31 22 0:41 / /srv/share\\040one/local rw - xfs /dev/sdb1 rw
32 22 0:42 / /home/li/remote rw - fuse.sshfs li@host: rw
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    Store.create(str(tmp_path / "county.gpkg")).close()
    return Settings(store=str(tmp_path / "county.gpkg"))


@pytest.mark.parametrize("mode", [0o604, 0o660, 0o666, 0o601])
def test_a_store_open_to_others_is_refused_with_its_cure(settings: Settings, mode: int) -> None:
    safety.refuse_unsafe(settings)
    Path(settings.store).chmod(mode)
    with pytest.raises(StoreOpenToOthers, match="chmod 600"):
        safety.refuse_unsafe(settings)


@pytest.mark.parametrize(
    "name",
    [
        *("county.gpkg.erased", "county.gpkg-wal", "county.gpkg-shm", "county.gpkg.columns"),
        *("county.before-0011.20261101T020000000Z.gpkg", "county.gpkg.key"),
    ],
)
def test_what_lies_beside_a_store_is_looked_at_too(settings: Settings, name: str) -> None:
    path = Path(settings.store).with_name(name)
    path.touch(mode=0o600)
    safety.refuse_unsafe(settings)
    path.chmod(0o644)
    with pytest.raises(StoreOpenToOthers, match=f"chmod 600 '.*{name}'"):
        safety.refuse_unsafe(settings)


def test_folders_of_waiting_files_are_for_their_owner_too(settings: Settings) -> None:
    folder = Path(f"{settings.store}.exports")
    folder.mkdir(mode=0o700)
    safety.refuse_unsafe(settings)
    folder.chmod(0o755)
    with pytest.raises(StoreOpenToOthers, match="chmod 700"):
        safety.refuse_unsafe(settings)


def test_a_folder_that_others_can_change_is_refused(settings: Settings) -> None:
    folder = Path(settings.store).parent
    folder.chmod(0o777)
    with pytest.raises(StoreOpenToOthers, match="chmod o-w"):
        safety.refuse_unsafe(settings)
    folder.chmod(0o1777)  # as /tmp is: nobody can replace what is another's
    safety.refuse_unsafe(settings)


def test_cookies_behind_a_proxy_must_be_secure(settings: Settings) -> None:
    with pytest.raises(SettingBad, match="secure_cookies"):
        safety.refuse_unsafe(settings, behind_proxy=True)
    safe = Settings(store=settings.store, secure_cookies=True)
    safety.refuse_unsafe(safe, behind_proxy=True)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/county.gpkg", "ext4"),
        ("/srv/share one/county.gpkg", "nfs4"),
        ("/srv/share one/local/county.gpkg", "xfs"),
        ("/srv/share one more/county.gpkg", "ext4"),
        ("/home/li/remote/county.gpkg", "fuse.sshfs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    assert safety.file_system(Path(path), MOUNTS) == kind


def test_a_network_file_system_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safety, "file_system", lambda _path: "nfs4")
    with pytest.raises(StoreOverNetwork, match="nfs4"):
        safety.refuse_unsafe(settings)


def test_serve_refuses_in_a_sentence_and_opens_no_port(settings: Settings) -> None:
    Path(settings.store).chmod(0o644)
    command = [sys.executable, "-m", "gisgrid", "--store", settings.store, "serve"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("gisgrid: Others on this machine can read")
    Path(settings.store).chmod(0o600)
    env = {**os.environ, "GISGRID_SECRET_KEY": "too short"}
    weak = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=env)
    assert weak.returncode == 1
    assert "32 random characters" in weak.stderr
    assert "too short" not in weak.stderr


def test_a_server_is_fit_when_store_disk_and_figures_are(
    empty_workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = empty_workspace()
    assert not safety.fitness(ws).figures
    ws.snapshot()
    assert safety.fitness(ws).ready
    monkeypatch.setattr(safety, "_free", lambda _: safety.ROOM - 1)
    assert not safety.fitness(ws).ready
    monkeypatch.undo()
    with ws.store._dialect.owning() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert not safety.fitness(ws).store
    with ws.store._dialect.owning() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    assert not safety.fitness(ws).ready


def test_a_second_factor_for_a_role_that_there_is_not_is_refused(tmp_path: Path) -> None:
    settings = Settings(store=str(tmp_path / "c.gpkg"), second_factor_roles=("admin", "planer"))
    with pytest.raises(SettingBad, match="planer"):
        safety.refuse_unsafe(settings)
    safety.refuse_unsafe(replace(settings, second_factor_roles=("admin", "planner")))
