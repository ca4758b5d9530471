"""A backup is brought back once before it has its name."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.errors import BackupBad, GisgridError
from gisgrid.store import Store, backup, restoring

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def filled(gpkg: Store, town: Any) -> Store:
    return town.fill(gpkg)  # type: ignore[no-any-return]


def copied_with(told: str) -> Callable[[Path, Path], backup.State]:
    """A copy that somebody changed before it was looked at."""
    plain = backup.copy

    def copy(source: Path, target: Path) -> backup.State:
        held = plain(source, target)
        if target.name.endswith(".backup"):
            with closing(sqlite3.connect(target)) as opened:
                opened.executescript(told)
        return held

    return copy


@pytest.mark.parametrize(
    "told",
    [
        "DELETE FROM visits WHERE fid = (SELECT min(fid) FROM visits)",
        "UPDATE alembic_version SET version_num = '9999'",
    ],
)
def test_a_copy_that_does_not_come_back_as_the_store_gets_no_name(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    monkeypatch.setattr(backup, "copy", copied_with(told))
    with pytest.raises(GisgridError) as refused:
        filled.backup(tmp_path / "saved.gpkg")
    assert refused.value.code in ("backup_bad", "store_newer")
    assert {path.name for path in tmp_path.iterdir()} == before


def test_a_copy_is_opened_as_a_store_before_it_gets_its_name(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Path, bool]] = []
    plain = restoring.restore

    def restore(file: Path, target: Path, **said: Any) -> restoring.Restored:
        seen.append((target, (tmp_path / "saved.gpkg").exists()))
        return plain(file, target, **said)

    monkeypatch.setattr(restoring, "restore", restore)
    filled.backup(tmp_path / "saved.gpkg")
    ((place, named),) = seen
    assert place.parent == tmp_path
    assert not named
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_account_of_use_that_goes_on_from_another_row_is_no_backup(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = backup.copy

    def copy(source: Path, target: Path) -> backup.State:
        held = plain(source, target)
        return backup.State(held.step, held.counts, "0" * 63 + "1")

    monkeypatch.setattr(backup, "copy", copy)
    with pytest.raises(BackupBad, match="another store"):
        filled.backup(tmp_path / "saved.gpkg")
