from __future__ import annotations

import base64
import secrets
import stat
from typing import TYPE_CHECKING

import pytest

from gisgrid.errors import SettingBad
from gisgrid.settings import Settings
from gisgrid.web.secret import secret_key

if TYPE_CHECKING:
    from pathlib import Path


def test_the_key_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    settings = Settings(store=str(tmp_path / "county.gpkg"))
    first = secret_key(settings)
    assert len(first) >= 32
    assert secret_key(settings) == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "key",
    [
        *("short", "a" * 64, "ab" * 32, "password" * 4 + "12"),
        *("0123456789abcdef" * 2, "gisgrid-county-1" * 4, "correct horse " * 5),
    ],
)
def test_a_weak_key_is_refused_and_not_shown(tmp_path: Path, key: str) -> None:
    with pytest.raises(SettingBad) as caught:
        secret_key(Settings(store=str(tmp_path / "county.gpkg"), secret_key=key))
    assert key not in str(caught.value)


def test_a_key_of_chance_is_taken_in_each_way_of_writing_it() -> None:
    for _ in range(2_000):
        for key in (secrets.token_hex(16), base64.b64encode(secrets.token_bytes(24)).decode()):
            kept = secret_key(Settings(store="postgresql://localhost/x", secret_key=key))
            assert kept == key.encode()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    settings = Settings(store=str(tmp_path / "county.gpkg"))
    secret_key(settings)
    (tmp_path / "secret_key").chmod(0o644)
    with pytest.raises(SettingBad, match="chmod 600"):
        secret_key(settings)


def test_a_cut_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch(mode=0o600)
    with pytest.raises(SettingBad):
        secret_key(Settings(store=str(tmp_path / "county.gpkg")))


def test_a_database_needs_a_key_of_the_settings() -> None:
    with pytest.raises(SettingBad, match="must be set"):
        secret_key(Settings(store="postgresql://localhost/x"))
