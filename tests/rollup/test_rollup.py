from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from gisgrid import rollup
from gisgrid.access import CONSOLE
from gisgrid.cli import main
from gisgrid.columns import day_number
from gisgrid.errors import CountyUnclear, RollupMissing, RollupUnreadable, UnknownWord
from gisgrid.operations import figures, rolling
from gisgrid.rollup.figures import county_sums
from gisgrid.rollup.layout import FORMAT, Manifest

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace

COUNTS = ["households", "on_time", "due_soon", "overdue", "never", "gap", "unlocated"]
TODAY = date(2026, 11, 22)
DAYS = [TODAY - timedelta(days=int(n)) for n in np.random.default_rng(7).integers(0, 210, 30)]
EDGES = [date(2026, 8, 31), date(2026, 9, 9), date(2026, 9, 10), date(2026, 11, 1), TODAY]


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(folder, tmp_path / "rollup"))


def parquet(function: str, path: Path) -> list[Any]:
    return duckdb.sql(f"SELECT * FROM {function}('{path}')").fetchall()  # noqa: S608 - our own path


def told(counties: list[Workspace], day: date, by: str) -> pd.DataFrame:
    """What the counties say themselves, one below the other, the rows of nowhere added up."""
    tables = [figures.coverage_table(ws, CONSOLE, as_of=day, by=by) for ws in counties]
    rows = pd.concat([table.iloc[:-1] for table in tables]).sort_values("code")
    rest = pd.concat([table.iloc[-1:] for table in tables])[COUNTS].sum()
    last = pd.DataFrame([{"code": "", **rest}])
    return pd.concat([rows, last], ignore_index=True)[["code", *COUNTS]]


@pytest.mark.parametrize("by", ["county", "township"])
def test_figures_over_counties_are_the_counties_own_to_the_last_household(
    folder: Path, counties: list[Workspace], by: str
) -> None:
    seen = 0
    for day in [*DAYS, *EDGES]:
        found = rolling.coverage_over(str(folder), as_of=day, by=by)
        assert found.faults == []
        table = found.table[["code", *COUNTS]]
        pd.testing.assert_frame_equal(table, told(counties, day, by), check_dtype=False)
        seen += int(table[["due_soon", "overdue", "never", "unlocated"]].min(axis=1).max() > 0)
    assert seen > 10, "the random counties must exercise every status"


def test_a_level_that_a_rollup_lacks_is_refused(folder: Path) -> None:
    with pytest.raises(UnknownWord, match="county, township"):
        rolling.coverage_over(str(folder), as_of=TODAY, by="village")


def test_nothing_published_names_a_person(folder: Path) -> None:
    columns = {
        row[1] for path in folder.rglob("*.parquet") for row in parquet("parquet_schema", path)
    }
    assert columns - {"duckdb_schema"} == {
        *("code", "name", "level", "parent_code", "area_code", "wkb"),
        *("household", "listed", "unlisted", "unlocated", "first_met", "first_phone"),
        *("county", "township", "grid", "every", "from_day", "until_day", "day", "kind"),
    }


def test_grids_are_a_geoparquet_that_others_can_read(folder: Path) -> None:
    path = next(folder.glob("county=620420/grids-*.parquet"))
    notes = {row[1]: row[2] for row in parquet("parquet_kv_metadata", path)}
    told_there = json.loads(notes[b"geo"])
    assert told_there["columns"][told_there["primary_column"]]["encoding"] == "WKB"
    shapes = gpd.GeoSeries(shapely.from_wkb([row[3] for row in parquet("read_parquet", path)]))
    assert shapes.union_all().bounds == tuple(told_there["columns"]["wkb"]["bbox"])


def test_publishing_again_writes_only_what_changed(own: Path, counties: list[Workspace]) -> None:
    before = {path: path.stat().st_mtime_ns for path in own.rglob("*.parquet")}
    rolling.publish(counties[0], CONSOLE, str(own))
    assert {path: path.stat().st_mtime_ns for path in own.rglob("*.parquet")} == before


def test_a_publication_replaces_the_one_before_in_one_step(
    own: Path, counties: list[Workspace]
) -> None:
    folder = own / "county=620420"
    stale = folder / "week=2026-W01" / "visits-0123.parquet"
    stale.parent.mkdir()
    stale.write_bytes(b"left over")
    rolling.publish(counties[0], CONSOLE, str(own))
    listed = set(json.loads((folder / "manifest.json").read_text("utf-8"))["files"])
    assert {str(p.relative_to(folder)) for p in folder.rglob("*.parquet")} == listed


def kinds(found: Any) -> set[tuple[str, str, bool]]:
    return {(fault.what, fault.county, fault.counted) for fault in found.faults}


def test_a_missing_partition_is_named_and_its_county_not_counted(own: Path) -> None:
    next((own / "county=620421").glob("week=*/*.parquet")).unlink()
    found = rolling.coverage_over(str(own), as_of=TODAY)
    assert kinds(found) == {("missing", "620421", False)}
    assert found.counties == ["620420", "620422"]


def test_a_partition_cut_short_is_named(own: Path) -> None:
    path = next((own / "county=620421").glob("households-*"))
    path.write_bytes(path.read_bytes()[:-10])
    assert kinds(rolling.coverage_over(str(own), as_of=TODAY)) == {("missing", "620421", False)}


def test_a_county_that_lies_there_twice_is_not_counted_twice(own: Path) -> None:
    shutil.copytree(own / "county=620421", own / "county=620421 (copy)")
    found = rolling.coverage_over(str(own), as_of=TODAY)
    assert kinds(found) == {("doubled", "620421", False)}
    assert found.counties == ["620420", "620422"]


def test_a_late_county_is_counted_as_it_was_and_named(own: Path) -> None:
    found = rolling.coverage_over(str(own), as_of=TODAY + timedelta(days=1))
    assert kinds(found) == {("late", f"62042{i}", True) for i in range(3)}
    assert len(found.counties) == 3


def test_another_version_is_named(own: Path) -> None:
    path = own / "county=620420" / "manifest.json"
    given = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(given | {"format": FORMAT + 1}), "utf-8")
    assert kinds(rolling.coverage_over(str(own), as_of=TODAY)) == {("version", "620420", False)}


def test_a_manifest_that_does_not_say_its_weeks_is_of_another_version(own: Path) -> None:
    path = own / "county=620420" / "manifest.json"
    given = json.loads(path.read_text("utf-8"))
    del given["weeks"]
    given["files"] = {name: it for name, it in given["files"].items() if name[:5] != "week="}
    for week in (own / "county=620420").glob("week=*"):
        shutil.rmtree(week)
    for version in (1, FORMAT):
        path.write_text(json.dumps(given | {"format": version}), "utf-8")
        assert kinds(rolling.coverage_over(str(own), as_of=TODAY)) == {("version", "620420", False)}


def take_out(county: Path, number: int) -> str:
    """A week that is in neither the folder nor the manifest any more."""
    path = county / "manifest.json"
    given = json.loads(path.read_text("utf-8"))
    name = sorted(name for name in given["files"] if name.startswith("week="))[number]
    del given["files"][name]
    (county / name).unlink()
    path.write_text(json.dumps(given), "utf-8")
    return name.partition("/")[0]


@pytest.mark.parametrize("number", [0, 5, -1])
def test_a_week_taken_out_of_the_manifest_is_named_and_its_county_not_counted(
    own: Path, number: int
) -> None:
    week = take_out(own / "county=620421", number)
    found = rolling.coverage_over(str(own), as_of=TODAY)
    assert kinds(found) == {("missing", "620421", False)}
    assert [fault.where for fault in found.faults] == [f"county=620421/{week}"]
    assert found.counties == ["620420", "620422"]


def test_a_worker_that_reads_the_manifest_itself_does_not_count_it_either(own: Path) -> None:
    county = own / "county=620421"
    take_out(county, 5)
    with pytest.raises(RollupUnreadable):
        county_sums(Manifest.read(county), county, day_number(TODAY), "county")


def test_a_week_in_which_nobody_was_visited_is_none_that_is_missing(
    own: Path, counties: list[Workspace]
) -> None:
    snapshot = counties[0].snapshot()
    tables = rolling._tables(snapshot, day_number(TODAY))
    visited = (tables.visit_day + 3) // 7 % 3 != 0  # the first day of all was a Thursday
    columns = ("visit_household", "visit_day", "visit_kind")
    some = replace(tables, **{name: getattr(tables, name)[visited] for name in columns})
    before = Manifest.read(own / "county=620420")
    done = rollup.publish(str(own), replace(before, files={}, weeks=[]), some)
    assert len(done.weeks) < len(before.weeks)
    found = rolling.coverage_over(str(own), as_of=TODAY)
    assert found.faults == []


def test_a_county_that_should_be_there_is_named(own: Path) -> None:
    shutil.rmtree(own / "county=620422")
    found = rolling.coverage_over(str(own), as_of=TODAY, expected=["620421", "620422", "9"])
    assert kinds(found) == {("absent", "620422", False), ("absent", "9", False)}


def test_a_file_that_belongs_to_no_publication_is_named_and_left_out(own: Path) -> None:
    stray = next((own / "county=620420").glob("week=*/*.parquet"))
    shutil.copy(stray, stray.with_name("visits-again.parquet"))
    found = rolling.coverage_over(str(own), as_of=TODAY)
    assert kinds(found) == {("unlisted", "620420", True)}
    assert len(found.counties) == 3


def test_a_place_without_counties_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RollupMissing):
        rolling.coverage_over(str(tmp_path / "nothing"), as_of=TODAY)


def test_a_store_without_a_county_publishes_none(tmp_path: Path) -> None:
    url = str(tmp_path / "empty.gpkg")
    runner = CliRunner()
    assert runner.invoke(main, ["--store", url, "init"]).exit_code == 0
    refused = runner.invoke(main, ["--store", url, "rollup", "publish", str(tmp_path / "out")])
    assert refused.exit_code == 1
    assert "exactly one" in refused.stderr
    assert not (tmp_path / "out").exists()
    assert CountyUnclear.code == "county_unclear"


def test_a_county_that_has_no_grids_yet_publishes_what_it_has(tmp_path: Path) -> None:
    url, lines = str(tmp_path / "new.gpkg"), "code,name,level\n620422,County,county\n"
    (tmp_path / "areas.csv").write_text(lines, "utf-8")
    for command in (["init"], ["import", "areas", str(tmp_path / "areas.csv")]):
        done = CliRunner().invoke(main, ["--store", url, *command])
        assert done.exit_code == 0, done.output
    done = CliRunner().invoke(main, ["--store", url, "rollup", "publish", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert len(rolling.coverage_over(str(tmp_path / "out"), as_of=TODAY).counties) == 1


def test_the_command_line_prints_the_table_and_names_what_is_wrong(own: Path) -> None:
    shutil.rmtree(own / "county=620422")
    asked = ["rollup", "coverage", str(own), "--as-of", "2026-11-22", "--format", "csv"]
    done = CliRunner().invoke(main, [*asked, "--expect", "620422"])
    assert done.exit_code == 1, done.output
    assert CliRunner().invoke(main, asked).exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("code,name,households,on_time")
    assert [line.split(",")[0] for line in lines[1:]] == ["620420", "620421", ""]
    assert "County 620422 is not counted" in done.stderr


def test_dask_without_a_scheduler_is_a_wrong_use() -> None:
    asked = ["rollup", "coverage", "x", "--as-of", "2026-11-22", "--engine", "dask"]
    assert CliRunner().invoke(main, asked).exit_code == 2
