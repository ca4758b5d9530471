"""`gisgrid import` and `gisgrid export`, run in this process on the fixture's store."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pytest

from gisgrid.access import EVERYWHERE
from gisgrid.cli import main
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

GOOD = "户号,户主,经度,纬度,颜色\nN1,陈,105.002,35.005,红\nN2,林,105.9,35.005,蓝\n"


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    path = tmp_path / "homes.csv"
    path.write_bytes(GOOD.encode("gbk"))
    return path


def test_an_import_prints_what_it_did(run: Run, homes: Path) -> None:
    found = run("import", "households", str(homes))
    assert found.exit_code == 0
    assert found.stderr == ""
    lines = [" ".join(line.split()) for line in found.stdout.splitlines()]
    assert lines[0] == "homes.csv → households"
    for line in (
        "rows read 2",
        "imported 2",
        "refused 0",
        "outside 1",
        "encoding gb18030",
        "crs EPSG:4326 WGS 84",
        "columns id=户号, name=户主, lon=经度, lat=纬度",
        "ignored 颜色",
    ):
        assert line in lines
    assert any(line.startswith("row 3: “N2” lies in no grid") for line in lines)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("deed", [("import", "households"), ("export", "households")])
def test_long_work_shows_a_bar_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, url: str, homes: Path, deed: tuple[str, str]
) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    place = homes if deed[0] == "import" else homes.with_suffix(".gpkg")
    main(["--store", url, *deed, str(place)], standalone_mode=False)
    shares = [int(share) for share in re.findall(r"(\d+)%", screen.getvalue())]
    assert shares[0] == 0
    assert shares[-1] == 100
    assert shares == sorted(shares)
    assert len(set(shares)) > 2


def test_an_import_as_json_holds_the_whole_report(run: Run, homes: Path) -> None:
    report = json.loads(run("import", "households", str(homes), "--format", "json").stdout)
    assert report["imported"] == 2
    assert report["fields"]["id"] == "户号"


def test_refused_rows_are_printed_and_the_exit_code_is_one(run: Run, homes: Path, url: str) -> None:
    homes.write_text(GOOD.replace("105.002,35.005", "0,0"), "utf-8")
    found = run("import", "households", str(homes))
    assert found.exit_code == 1
    assert "row 2: The position is (0, 0), a place in the sea off Africa." in found.stdout
    assert found.stderr == (
        "gisgrid: 1 of 2 rows were refused and nothing was imported; "
        "mend them, or import the rest with --skip-bad-rows.\n"
    )
    with Store.open(url) as store:
        assert len(store.households(scope=EVERYWHERE)) == 5
    assert run("import", "households", str(homes), "--skip-bad-rows").exit_code == 0


def test_a_dry_run_changes_nothing_and_says_by_its_code_what_would_come(
    run: Run, homes: Path, url: str
) -> None:
    found = run("import", "households", str(homes), "--dry-run")
    assert found.exit_code == 0
    assert found.stdout.startswith("homes.csv → households (dry run)\n")
    homes.write_text(GOOD.replace("105.002,35.005", "0,0"), "utf-8")
    found = run("import", "households", str(homes), "--dry-run")
    assert found.exit_code == 1
    assert found.stderr == (
        "1 of 2 rows would be refused and nothing imported; "
        "mend them, or import the rest with --skip-bad-rows.\n"
    )
    with Store.open(url) as store:
        assert len(store.households(scope=EVERYWHERE)) == 5


def test_headings_dates_and_datums_can_be_said(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text("who,when,a=b\nH0,04/05/2026,met\nH1,05/05/2026,met\n", "utf-8")
    command = ("import", "visits", str(path), "--field", "household_id=who")
    command += ("--field", "visited_at=when", "--field", "outcome=a=b")
    found = run(*command)
    assert found.exit_code == 1
    assert "(DMY, MDY); say which with --date-format" in found.stderr
    found = run(*command, "--date-format", "DMY")
    assert found.exit_code == 0
    assert "visited_at: DMY" in found.stdout
    assert run(*command, "--field", "colour=who").exit_code == 1
    assert run("import", "visits", str(path), "--field", "who").exit_code == 2
    assert run("import", "people", str(path)).exit_code == 2


def test_names_from_a_file_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "homes.csv"
    path.write_text("id,lon,lat\n\x1b[2JH9,105.9,35.1\n", "utf-8")
    found = run("import", "households", str(path), "--dry-run")
    assert "\x1b" not in found.stdout


@pytest.mark.parametrize("form", ["csv", "xlsx", "geojson", "gpkg", "shp", "fgb", "kml"])
def test_an_export_prints_the_path_of_its_file(run: Run, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    found = run("export", "coverage", str(folder), "--format", form, "--as-of", "2026-11-22")
    assert found.exit_code == 0
    assert found.stderr.startswith("Read again and equal: ")
    (path,) = folder.iterdir()
    assert found.stdout == f"{path}\n"
    assert path.name.startswith("gisgrid_coverage_all_20261122.")


def test_an_export_says_what_the_format_could_not_keep(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "a.zip")
    found = run("export", "grids", path, "--crs", "EPSG:4544", "--figures", "--encoding", "gb18030")
    assert found.exit_code == 0
    assert "visit_every_days is called everydays; fields.csv gives the full name." in found.stderr
    assert run("export", "grids", path, "--columns", "code,name", "--no-check").stderr == ""
    assert run("export", "grids", path, "--columns", "colour").exit_code == 1
    assert run("export", "visits", path, "--figures").exit_code == 1
    assert run("export", "grids", path, "--crs", "EPSG:4544", "--datum", "gcj02").exit_code == 1


def test_a_table_can_be_had_in_chinese_and_comes_back(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert run("export", "households", str(path), "--language", "zh").exit_code == 0
    assert path.read_text("utf-8-sig").startswith("户号,")
    found = run("import", "households", str(path), "--format", "json")
    assert json.loads(found.stdout)["unchanged"] == json.loads(found.stdout)["rows_read"] > 0
    assert run("export", "households", str(path), "--language", "fr").exit_code == 1


def test_the_name_of_the_file_says_the_format(run: Run, tmp_path: Path) -> None:
    assert run("export", "households", str(tmp_path / "a.zip"), "--area", "G1").exit_code == 0
    assert run("import", "households", str(tmp_path / "a.zip")).exit_code == 0
    found = run("export", "households", str(tmp_path / "a.dwg"))
    assert found.exit_code == 1
    assert "“.dwg” is not a known format" in found.stderr


def test_the_export_of_figures_has_the_digits_of_the_command(run: Run, tmp_path: Path) -> None:
    day = ("--as-of", "2026-11-22")
    for by in ("grid", "township", "county"):
        for level in ("case_work", "public"):
            more = (*day, "--by", by, "--level", level)
            run("export", "coverage", str(tmp_path / "a.csv"), *more)
            printed = run("coverage", *more, "--format", "csv").stdout
            assert (tmp_path / "a.csv").read_text("utf-8-sig") == printed
        run("export", "coverage", str(tmp_path / "usual.csv"), *day, "--by", by)
        assert (tmp_path / "usual.csv").read_text("utf-8-sig") == printed


def test_wrong_wishes_are_sentences(run: Run, tmp_path: Path) -> None:
    for arguments, sentence in (
        (("people", "a.csv"), "is not a known layer or result"),
        (("grids", "a.csv", "--area", "X"), "There is no area or grid “X”"),
        (("grids", "a.csv", "--as-of", "22.11.2026"), "is not a date"),
        (("grids", "none/a.csv"), "cannot be written"),
    ):
        what, name, *more = arguments
        found = run("export", what, str(tmp_path / name), *more)
        assert found.exit_code == 1
        assert sentence in found.stderr
        assert found.stdout == ""


def test_a_shapefile_is_to_be_named_as_the_zip_it_is(run: Run, tmp_path: Path) -> None:
    for more in ((), ("--format", "shp")):
        found = run("export", "coverage", str(tmp_path / "out.shp"), *more)
        assert found.exit_code == 2
        assert "name it out.zip" in " ".join(found.stderr.split())
    assert not (tmp_path / "out.shp").exists()
