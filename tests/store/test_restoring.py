"""Restores over what is damaged or left over: nothing is lost in silence, nothing is played in."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gisgrid.access import EVERYWHERE
from gisgrid.errors import (
    BackupBad,
    ErasedListBad,
    StoreFailed,
    StoreForeign,
    StoreFull,
    StoreInUse,
    StoreLeftOver,
)
from gisgrid.store import Store, backup, erased_list, filing, restoring

TODAY = date(2026, 11, 20)
DIE = """
import os, sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("UPDATE households SET name = 'newest'")
os._exit(0)
"""
HOLD = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute("SELECT count(*) FROM households").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def file(gpkg: Store, town: Any, tmp_path: Path) -> Path:
    """A backup; the store it was taken from is closed."""
    saved = tmp_path / "saved.gpkg"
    town.fill(gpkg).backup(saved)
    gpkg.close()
    return saved


@pytest.fixture
def target(file: Path, gpkg: Store) -> Path:
    return Path(gpkg.url)


def die_writing(store: Path) -> bytes:
    """A process dies with its newest entries in the -wal."""
    subprocess.run([sys.executable, "-c", DIE, str(store)], check=True)
    return Path(f"{store}-wal").read_bytes()


def names(store: Path) -> set[str]:
    with Store.open(str(store)) as opened:
        assert opened.audit_rows(limit=1)[0].action == "restore"
        return set(opened.households(scope=EVERYWHERE).name.dropna())


def damage_an_index(store: Path) -> None:
    with closing(sqlite3.connect(store)) as raw:
        size = raw.execute("PRAGMA page_size").fetchone()[0]
        name = "visits_household"
        page = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [name]).fetchone()
    with store.open("r+b") as handle:
        handle.seek((page[0] - 1) * size)
        handle.write(b"\xff" * 300)


def test_what_is_left_over_from_a_store_that_is_gone_is_not_played_into_the_restored_one(
    file: Path, target: Path
) -> None:
    wal = die_writing(target)
    old = target.read_bytes()
    target.unlink()
    done = restoring.restore(file, target, replace=False)
    assert "newest" not in names(target)
    assert done.kept is not None
    assert [f.read_bytes() for f in done.before.files] == [wal]
    assert not done.before.damage
    done.kept.write_bytes(old)  # its own file beside it, it is read
    with Store.open(str(done.kept)) as again:
        assert set(again.households(scope=EVERYWHERE).name) == {"newest"}


def test_a_journal_that_is_left_over_is_put_aside_too(file: Path, target: Path) -> None:
    target.unlink()
    Path(f"{target}-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" * 100)
    Path(f"{target}-wal").touch()  # holds nothing
    done = restoring.restore(file, target, replace=False)
    assert "张三" in names(target)
    assert [f.name[-8:] for f in done.before.files] == ["-journal"]
    with Store.open(str(target)) as store, store.write(today=TODAY) as w:
        w.erase("h1")
    erased_list.keep_list(target, ["h1"])
    assert done.kept in backup.kept_before(target)


def test_nothing_new_is_made_beside_what_is_left_over(
    gpkg: Store, town: Any, tmp_path: Path
) -> None:
    town.fill(gpkg)
    place = tmp_path / "new.gpkg"
    wal = Path(f"{place}-wal")
    wal.write_bytes(b"x" * 5000)
    for make in (Store.create, gpkg.backup, gpkg.vacuum_into, gpkg.copy_to):
        with pytest.raises(StoreLeftOver, match=r"new\.gpkg-wal"):
            make(str(place))
        assert (place.exists(), wal.stat().st_size) == (False, 5000)


def cut(store: Path) -> None:
    os.truncate(store, store.stat().st_size // 2 + 100)


def spoil_the_head(store: Path) -> None:
    with store.open("r+b") as handle:
        handle.write(os.urandom(100_000))


def spoil_the_middle(store: Path) -> None:
    with store.open("r+b") as handle:
        for page in range(3, store.stat().st_size // 4096, 2):
            handle.seek(page * 4096)
            handle.write(os.urandom(4096))


def put_a_letter(store: Path) -> None:
    store.write_text("Dear all")


DAMAGES = [cut, spoil_the_head, spoil_the_middle, put_a_letter, damage_an_index]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_is_replaced_and_its_files_stay_as_they_were(
    file: Path, target: Path, damage: Any
) -> None:
    damage(target)
    before = target.read_bytes()
    Path(f"{target}-wal").write_bytes(b"torn" * 2000)
    done = restoring.restore(file, target, replace=True)
    assert "张三" in names(target)
    assert done.kept is not None
    assert done.before.damage
    assert [f.read_bytes() for f in done.before.files] == [before, b"torn" * 2000]
    assert not list(target.parent.glob(".*restore*"))


def test_the_newest_entries_of_a_damaged_store_can_still_be_read(file: Path, target: Path) -> None:
    with closing(sqlite3.connect(target)) as raw, raw:
        raw.execute("UPDATE visits SET note = 'NEWEST'")
    damage_an_index(target)
    done = restoring.restore(file, target, replace=True)
    assert done.kept is not None
    with closing(sqlite3.connect(done.kept)) as raw:
        count = "SELECT count(*) FROM visits NOT INDEXED WHERE note = 'NEWEST'"
        assert raw.execute(count).fetchone()[0] == 3


def test_a_damaged_store_that_somebody_has_open_is_not_replaced(file: Path, target: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(target)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        for spoil in (spoil_the_head, Path.unlink):
            spoil(target)
            with pytest.raises(StoreInUse):
                restoring.restore(file, target, replace=True)
        other.communicate("")
    restoring.restore(file, target, replace=True)
    assert "张三" in names(target)


def test_files_of_a_damaged_store_go_with_the_next_who_is_erased_and_not_before(
    file: Path, target: Path
) -> None:
    erased_list.keep_list(target, ["h2"])  # swept from the store long ago
    spoil_the_head(target)
    first = restoring.restore(file, target, replace=True)
    assert not first.before.unmended
    assert first.erased_again == ("h2",)
    again = restoring.restore(file, target, replace=True)
    assert backup.kept_before(target) == [first.kept, again.kept]
    spoil_the_head(target)
    last = restoring.restore(file, target, replace=True, erased=["h1"])
    assert last.before.unmended  # it is the only one, and it is told
    assert backup.kept_before(target) == [last.kept]
    assert first.kept is not None
    assert not list(target.parent.glob(f"{first.kept.name}*"))


def test_where_no_copy_can_be_made_for_want_of_room_nothing_is_replaced(
    file: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise StoreFull

    before = target.read_bytes()
    monkeypatch.setattr(backup, "keep_before", full)
    with pytest.raises(StoreFull):
        restoring.restore(file, target, replace=True)
    assert target.read_bytes() == before


def test_a_folder_is_not_replaced(file: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreForeign, match="folder"):
        restoring.restore(file, tmp_path, replace=True)


def test_a_store_that_does_not_read_back_as_it_was_written_is_said(
    file: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = filing.settle

    def settle_and_tear(draft: Path, place: Path) -> None:
        settle(draft, place)
        damage_an_index(place)

    monkeypatch.setattr(filing, "settle", settle_and_tear)
    spoil_the_head(target)
    with pytest.raises(StoreFailed, match=r"after the restore .* is kept as"):
        restoring.restore(file, target, replace=True)


def test_a_restored_store_without_the_row_of_its_restore_is_told_from_one_with_it(
    file: Path,
) -> None:
    backup.check(file)
    with pytest.raises(BackupBad, match="newest row"):
        backup.check(file, "0" * 64)


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"no sum at all", b""])
def test_a_damaged_checksum_is_said(file: Path, tmp_path: Path, text: bytes) -> None:
    Path(f"{file}.sha256").write_bytes(text)
    with pytest.raises(BackupBad, match=r"saved\.gpkg\.sha256 .* no checksum"):
        restoring.restore(file, tmp_path / "back.gpkg", replace=False)


@pytest.mark.parametrize("line", [b"\xff\xfe", b'"H1', b"5", b"[1]", b'"\\ud800"', b"\x00\x01"])
def test_a_damaged_list_of_the_erased_is_said_and_nobody_comes_back(
    file: Path, target: Path, line: bytes
) -> None:
    beside = Path(f"{target}.erased")
    beside.write_bytes(b'"h1"\n' + line + b"\n")
    before = target.read_bytes()
    with pytest.raises(ErasedListBad) as refused:
        restoring.restore(file, target, replace=True)
    assert refused.value.facts == {"file": str(beside), "line": 2}
    assert target.read_bytes() == before


def test_a_list_that_is_given_may_have_plain_lines(tmp_path: Path) -> None:
    given = tmp_path / "list"
    given.write_bytes('\ufeff"H1"\r\nH2\n\n张\n'.encode())
    assert erased_list.numbers(given) == ["H1", "H2", "张"]
    given.write_bytes(b"H1\n\xff\n")
    with pytest.raises(ErasedListBad):
        erased_list.numbers(given)
