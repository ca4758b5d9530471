from __future__ import annotations

from pathlib import Path

import pytest

from gisgrid.errors import SettingBad, SettingUnknown
from gisgrid.settings import Settings, load


def test_nothing_set_gives_the_defaults() -> None:
    assert load(None, {}) == Settings()


def test_no_secret_has_a_default() -> None:
    assert Settings().secret_key == ""


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    file = tmp_path / "gisgrid.toml"
    file.write_text('port = 1\nhost = "10.0.0.1"\nstore = "a.gpkg"\n', "utf-8")
    got = load(
        file, {"GISGRID_PORT": "2", "GISGRID_HOST": "10.0.0.2", "HOME": "/"}, port=3, store=None
    )
    assert (got.store, got.host, got.port) == ("a.gpkg", "10.0.0.2", 3)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("PORT", "5001", 5001),
        ("SECURE_COOKIES", "yes", True),
        ("SECURE_COOKIES", "0", False),
        ("TRUSTED_HOSTS", "a.example,b.example", ("a.example", "b.example")),
        ("CLEAN_LIMIT_M2", "2.5", 2.5),
    ],
)
def test_text_from_the_environment_becomes_the_type_of_the_setting(
    name: str, text: str, value: object
) -> None:
    assert getattr(load(None, {f"GISGRID_{name}": text}), name.lower()) == value


def test_a_misspelt_setting_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(SettingUnknown) as err:
        load(None, {"GISGRID_POTR": "1"})
    assert err.value.facts["name"] == "potr"
    assert "port" in err.value.facts["known"].split(", ")


@pytest.mark.parametrize(
    "values",
    [
        {"GISGRID_PORT": "five"},
        {"GISGRID_SECURE_COOKIES": "perhaps"},
        {"GISGRID_CLEAN_LIMIT_M2": "x"},
    ],
)
def test_a_value_of_another_type_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(SettingBad):
        load(None, values)


def test_a_number_is_not_read_from_true(tmp_path: Path) -> None:
    file = tmp_path / "gisgrid.toml"
    file.write_text("port = true\n", "utf-8")
    with pytest.raises(SettingBad):
        load(file, {})


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe"])
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "gisgrid.toml"
    file.write_bytes(content)
    with pytest.raises(SettingBad):
        load(file, {})
    with pytest.raises(SettingBad):
        load(tmp_path / "missing.toml", {})


def test_the_secret_is_not_repeated_in_an_error(tmp_path: Path) -> None:
    file = tmp_path / "gisgrid.toml"
    file.write_text("secret_key = true\n", "utf-8")
    with pytest.raises(SettingBad) as err:
        load(file, {})
    assert err.value.facts["value"] == "(hidden)"


def test_spaces_and_empty_parts_of_a_list_do_not_count() -> None:
    read = load(None, {"GISGRID_TRUSTED_HOSTS": "127.0.0.1, localhost , ,"})
    assert read.trusted_hosts == ("127.0.0.1", "localhost")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threads", 0),
        ("session_days", -1),
        ("session_days", 999999999999),
        ("session_idle_minutes", 0),
        ("upload_megabytes", 0),
        ("port", 70000),
        ("keep_notes_months", -1),
        ("clean_limit_m2", float("nan")),
        ("trusted_hosts", ["*"]),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_at_the_start(name: str, value: object) -> None:
    with pytest.raises(SettingBad) as err:
        load(None, {}, **{name: value})
    assert err.value.facts["name"] == name


def test_a_key_in_a_file_that_others_can_read_is_refused_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "gisgrid.toml"
    file.write_text('secret_key = "sixty-four"\n', "utf-8")
    file.chmod(0o644)
    with pytest.raises(SettingBad, match="chmod o-rwx") as err:
        load(file, {})
    assert "sixty-four" not in str(err.value)
    file.chmod(0o640)
    assert load(file, {}).secret_key == "sixty-four"
