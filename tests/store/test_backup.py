"""Backups, restores, and copies before a migration."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gisgrid.access import EVERYWHERE
from gisgrid.errors import BackupBad, BackupElsewhere, RestoreOver, StoreExists, StoreInUse
from gisgrid.store import Store, backup, erased_list, restoring

from ..durability import work

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture
def filled(gpkg: Store, town: Any) -> Store:
    return town.fill(gpkg)  # type: ignore[no-any-return]


def path_of(store: Store) -> Path:
    return Path(store.url)


def test_a_backup_holds_everything_and_is_for_its_owner_only(filled: Store, tmp_path: Path) -> None:
    with filled.write() as w:
        w.add_person("Li", "admin", "*", "hash-of-li")
    file = tmp_path / "saved.gpkg"
    state = filled.backup(file)
    assert state.counts["households"] == 7
    assert state.counts["people"] == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert backup.check(file) == state
    assert backup.check_sum(file)
    with pytest.raises(StoreExists):
        filled.backup(file)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_backup_is_of_one_state_while_others_write(
    filled: Store, tmp_path: Path, town: Any
) -> None:
    with filled.write() as w:
        w.put_areas(town.areas().assign(name="later"))
        filled.backup(tmp_path / "saved.gpkg")
    restoring.restore(tmp_path / "saved.gpkg", tmp_path / "back.gpkg", replace=False)
    with Store.open(str(tmp_path / "back.gpkg")) as back:
        assert "later" not in set(back.areas(scope=EVERYWHERE).name)


@pytest.mark.parametrize("where", [0, 100, 5000, -1])
def test_a_changed_byte_is_found_and_nothing_is_restored(
    filled: Store, tmp_path: Path, where: int
) -> None:
    file = tmp_path / "saved.gpkg"
    filled.backup(file)
    content = bytearray(file.read_bytes())
    content[where] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(BackupBad):
        restoring.restore(file, tmp_path / "back.gpkg", replace=False)
    assert not (tmp_path / "back.gpkg").exists()


def test_a_damaged_backup_without_its_checksum_is_found_by_its_pages(
    filled: Store, tmp_path: Path
) -> None:
    file = tmp_path / "saved.gpkg"
    filled.backup(file)
    Path(f"{file}.sha256").unlink()
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096] = os.urandom(4096)
    file.write_bytes(content)
    with pytest.raises(BackupBad):
        restoring.restore(file, tmp_path / "back.gpkg", replace=False)


def test_a_restore_never_goes_over_a_store_that_is_open(filled: Store, tmp_path: Path) -> None:
    file = tmp_path / "saved.gpkg"
    filled.backup(file)
    with filled.write() as w:
        w.add_person("Li", "admin", "*")
    with pytest.raises(RestoreOver):
        restoring.restore(file, path_of(filled), replace=False)
    with pytest.raises(StoreInUse):
        restoring.restore(file, path_of(filled), replace=True)
    assert not list(tmp_path.glob("*before-restore*"))  # which pushes out an older
    assert [p.name for p in filled.people()] == ["Li"]
    with filled.write() as w:  # it goes on being a store
        w.add_person("Wang", "admin", "*")
    filled.close()
    with Store.open(filled.url) as again:
        assert [p.name for p in again.people()] == ["Li", "Wang"]


def test_a_restore_brings_back_the_state_ends_sessions_and_keeps_what_was_there(
    filled: Store, tmp_path: Path
) -> None:
    with filled.write() as w:
        person = w.add_person("Li", "admin", "*", "hash")
        w.add_session("session", person.id, NOW, datetime.now(UTC) + timedelta(days=30))
    token = filled.token
    file = tmp_path / "saved.gpkg"
    filled.backup(file)
    with filled.write() as w:
        w.add_person("Wang", "admin", "*")
    filled.close()
    done = restoring.restore(file, path_of(filled), replace=True)
    assert done.summed
    assert done.kept is not None
    with Store.open(filled.url) as back, Store.open(str(done.kept)) as before:
        assert [p.name for p in back.people()] == ["Li"]
        assert [p.name for p in before.people()] == ["Li", "Wang"]
        assert back.person_by_session("session", NOW, timedelta(days=1)) is None
        assert back.token != token
        assert len(back.visits(scope=EVERYWHERE)) == 3


def test_an_erased_household_stays_erased_after_a_restore(filled: Store, tmp_path: Path) -> None:
    file, back = tmp_path / "saved.gpkg", tmp_path / "back.gpkg"
    filled.backup(file)
    with filled.write(today=TODAY) as w:
        w.erase("h1")
    erased_list.keep_list(path_of(filled), filled.erased())
    filled.close()
    done = restoring.restore(file, path_of(filled), replace=True)
    assert done.erased_again == ("h1",)
    elsewhere = restoring.restore(
        file, back, replace=False, erased=erased_list.listed(path_of(filled))
    )
    assert elsewhere.erased_again == ("h1",)
    assert erased_list.listed(back) == ["h1"]
    for path in (path_of(filled), back):
        assert "张三".encode() not in path.read_bytes()
        with Store.open(str(path)) as store:
            assert store.erased() == ["h1"]


def test_an_erasure_is_known_from_the_store_itself_when_the_list_is_lost(
    filled: Store, tmp_path: Path
) -> None:
    file = tmp_path / "saved.gpkg"
    filled.backup(file)
    with filled.write(today=TODAY) as w:
        w.erase("h1")
    filled.close()
    assert restoring.restore(file, path_of(filled), replace=True).erased_again == ("h1",)


def test_the_list_of_the_erased_goes_on_in_backups_that_never_knew_them(
    gpkg: Store, tmp_path: Path
) -> None:
    file = tmp_path / "saved.gpkg"
    gpkg.backup(file)
    done = restoring.restore(file, tmp_path / "back.gpkg", replace=False, erased=["gone"])
    assert done.erased_again == ()
    with Store.open(str(tmp_path / "back.gpkg")) as back:
        assert back.erased() == ["gone"]


def test_no_copy_that_a_restore_leaves_holds_who_is_erased(filled: Store, tmp_path: Path) -> None:
    """The copies before a migration go; the one before this restore forgets them too."""
    file, target = tmp_path / "saved.gpkg", path_of(filled)
    filled.backup(file)
    older = backup.keep_before(target, "0009")
    filled.close()
    done = restoring.restore(file, target, replace=True, erased=["h1"])
    assert backup.kept_before(target) == [done.kept]
    assert not older.exists()
    assert done.kept is not None
    assert backup.check_sum(done.kept)
    for path in (target, done.kept):
        assert "张三".encode() not in path.read_bytes()


def test_a_store_is_kept_as_it_was_before_a_migration(tmp_path: Path) -> None:
    path = tmp_path / "county.gpkg"
    for _ in range(5):
        path.unlink(missing_ok=True)
        work.lay_out_first(path)
        with Store.open(str(path)) as newer:
            assert newer.kept_before is not None
            with closing(sqlite3.connect(newer.kept_before)) as raw:
                step = raw.execute("SELECT version_num FROM alembic_version").fetchone()
            assert step == ("0001",)
    kept = backup.kept_before(path)
    assert len(kept) == backup.KEPT
    assert newer.kept_before == kept[-1]
    with Store.open(str(path)) as again:
        assert again.kept_before is None


@pytest.mark.postgis
def test_a_database_is_saved_by_its_own_tools(postgis: str) -> None:
    with Store.create(f"{postgis}?schema=backup_no") as store, pytest.raises(BackupElsewhere):
        store.backup("nowhere.gpkg")
