from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gisgrid.access import EVERYWHERE
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]


def test_a_backup_and_a_restore_bring_the_store_back(run: Run, url: str, tmp_path: Path) -> None:
    saved = run("backup", str(tmp_path / "saved.gpkg"))
    assert saved.exit_code == 0, saved.output
    assert saved.stdout.strip() == str(tmp_path / "saved.gpkg")
    assert "5 households, 1 visits" in saved.stderr
    again = run("backup", str(tmp_path / "saved.gpkg"))
    assert again.exit_code == 1
    back = str(tmp_path / "back.gpkg")
    restored = run("restore", str(tmp_path / "saved.gpkg"), store=back)
    assert restored.exit_code == 0, restored.output
    with Store.open(back) as store:
        assert len(store.households(scope=EVERYWHERE)) == 5
    refused = run("restore", str(tmp_path / "saved.gpkg"), store=back)
    assert (refused.exit_code, "already a store" in refused.stderr) == (1, True)
    assert "--replace" in refused.stderr


def test_a_store_in_a_file_has_no_accounts_to_let_in(run: Run) -> None:
    refused = run("roles", "gisgrid_app")
    assert refused.exit_code == 1
    assert "no accounts of its own" in refused.stderr


def test_a_proof_of_one_plan_speaks_of_one(run: Run) -> None:
    assert run("check").stderr == "The one plan holds.\n"


def test_a_folder_keeps_the_last_backups(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for n in range(3):
        (folder / f"county.2026110{n}T000000Z.gpkg").touch()
    (folder / "other.20261101T000000Z.gpkg").touch()
    saved = run("backup", str(folder), "--keep", "2")
    assert saved.exit_code == 0, saved.output
    left = sorted(p.name for p in folder.glob("*.gpkg"))
    assert left[0] == "county.20261102T000000Z.gpkg"
    assert [Path(saved.stdout.strip()).name, left[2]] == [left[1], "other.20261101T000000Z.gpkg"]


def test_a_folder_of_backups_that_is_missing_is_made_for_its_owner_alone(
    run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    saved = run("backup", str(folder), "--keep", "2")
    assert Path(saved.stdout.strip()).parent == folder, saved.output
    assert (folder.is_dir(), folder.stat().st_mode & 0o077) == (True, 0)
    assert all(path.name.startswith("county.") for path in folder.iterdir())
    lost = run("backup", str(tmp_path / "not mounted" / "backups"), "--keep", "2")
    assert (lost.exit_code, (tmp_path / "not mounted").exists()) == (1, False)
    assert "Traceback" not in lost.output


def test_a_restore_over_an_open_store_is_refused(run: Run, url: str, tmp_path: Path) -> None:
    run("backup", str(tmp_path / "saved.gpkg"))
    with Store.open(url):
        refused = run("restore", str(tmp_path / "saved.gpkg"), "--replace")
    assert refused.exit_code == 1
    assert "open in another program" in refused.stderr
    assert run("restore", str(tmp_path / "saved.gpkg"), "--replace").exit_code == 0


def test_what_a_restore_found_is_named(run: Run, url: str, tmp_path: Path) -> None:
    saved = str(tmp_path / "saved.gpkg")
    run("backup", saved)
    os.truncate(url, 100_000)
    done = run("restore", saved, "--replace")
    assert done.exit_code == 0, done.output
    assert "No sound copy could be made" in done.stderr
    (kept,) = tmp_path.glob("county.before-restore.*.gpkg")
    assert str(kept) in done.stderr
    assert kept.stat().st_size == 100_000
    Path(url).unlink()
    Path(f"{url}-wal").write_bytes(b"x" * 99)
    done = run("restore", saved, "--erased", str(damaged(tmp_path)))
    assert (done.exit_code, Path(url).exists()) == (1, False)
    assert "damaged at line 1" in done.stderr
    done = run("restore", saved)
    assert done.exit_code == 0, done.output
    (left,) = tmp_path.glob("county.before-restore.*.gpkg-wal")
    assert f"It is kept as {left}" in done.stderr


def test_a_damaged_store_or_list_is_told_in_a_sentence(run: Run, url: str, tmp_path: Path) -> None:
    run("backup", str(tmp_path / "saved.gpkg"))
    damaged(tmp_path).rename(f"{url}.erased")
    for command in (
        ("person-data", "sweep"),
        ("person-data", "erase", "H0", "--yes"),
        ("restore", str(tmp_path / "saved.gpkg"), "--replace"),
        ("person-data", "replay", f"{url}.erased"),
    ):
        told = run(*command)
        assert told.exit_code == 1, command
        assert f"{url}.erased is damaged at line 1" in told.stderr
    Path(f"{url}.erased").unlink()
    assert run("person-data", "sweep").exit_code == 0
    assert Path(f"{url}.erased").read_text() == '"H0"\n'


def damaged(folder: Path) -> Path:
    file = folder / "damaged"
    file.write_bytes(b"\xff\xfe\n")
    return file


def test_a_file_that_is_no_backup_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all")
    refused = run("restore", str(tmp_path / "letter.txt"), store=str(tmp_path / "new.gpkg"))
    assert refused.exit_code == 1
    assert "cannot be used as a backup" in refused.stderr
    assert not (tmp_path / "new.gpkg").exists()


def test_what_is_held_is_shown_and_erased(run: Run, url: str, tmp_path: Path) -> None:
    shown = run("person-data", "show", "H0", "--format", "json")
    held = json.loads(shown.stdout)
    assert held["tables"]["households"][0]["name"] == "Name H0"
    assert held["tables"]["households"][0]["lon"] == pytest.approx(105.0025)
    assert len(held["tables"]["visits"]) == len(held["tables"]["cases"]) == 1
    assert "name Name H0" in run("person-data", "show", "H0").stdout
    assert run("person-data", "erase", "H0", input="n\n").exit_code == 1
    assert "Name H0" in run("person-data", "show", "H0").stdout
    assert run("person-data", "erase", "H0", "--yes", "--reason", "no").exit_code == 1
    done = run("person-data", "erase", "H0", "--yes", "--reason", "asked for by letter")
    assert done.exit_code == 0, done.output
    assert "asked for by letter" in run("audit", "list", "--format", "csv").stdout
    assert "No trace is left" in done.stderr
    assert "Name H0" not in run("person-data", "show", "H0").stdout
    assert run("person-data", "erased").stdout == "H0\n"
    assert Path(f"{url}.erased").read_text() == '"H0"\n'
    assert run("person-data", "erase", "nobody", "--yes").exit_code == 1


def test_copies_kept_before_a_restore_go_with_the_erased(
    run: Run, url: str, tmp_path: Path
) -> None:
    run("backup", str(tmp_path / "saved.gpkg"))
    run("restore", str(tmp_path / "saved.gpkg"), "--replace")
    assert len(list(tmp_path.glob("county.before-*"))) == 2  # with its checksum
    run("person-data", "erase", "H0", "--yes")
    assert list(tmp_path.glob("county.before-*")) == []
    run("restore", str(tmp_path / "saved.gpkg"), "--replace")
    assert "Name H0" not in run("person-data", "show", "H0").stdout


def test_a_list_of_the_erased_is_replayed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "list").write_text('"H1"\nH2\n\nunknown\n')
    done = run("person-data", "replay", str(tmp_path / "list"))
    assert "2 households" in done.stderr
    assert run("person-data", "erased").stdout == "H1\nH2\nunknown\n"
