"""Counties behind an address: published, fetched and counted as from a folder."""

from __future__ import annotations

import json
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import pytest
from click.testing import CliRunner

from gisgrid import rollup
from gisgrid.access import CONSOLE
from gisgrid.cli import main
from gisgrid.columns import day_number
from gisgrid.errors import (
    FileUnwritable,
    RollupMissing,
    RollupPlace,
    RollupUnreachable,
    RollupUnreadable,
)
from gisgrid.operations import rolling, safety
from gisgrid.operations.province import province
from gisgrid.operations.workspace import Workspace
from gisgrid.rollup import cluster, figures
from gisgrid.rollup.engine import forget_files
from gisgrid.rollup.layout import FORMAT, Manifest
from gisgrid.settings import Settings
from gisgrid.store import Store

from .conftest import NOW, TODAY
from .servers import KEY, Bucket, s3, webdav

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

S3 = "s3://counties/all"
SOME = {"rows": 1, "bytes": 1}
DAYS = (TODAY, date(2026, 9, 10), date(2026, 6, 1))


@pytest.fixture(scope="module")
def objects(folder: Path) -> dict[str, bytes]:
    """The folder as it would lie in a bucket."""
    return {
        f"all/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Bucket]:
    with s3() as made:
        account = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": "of nobody"}
        where = {"AWS_ENDPOINT_URL": made.address, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "x"}
        for name, value in {**account, **where, "XDG_CACHE_HOME": str(tmp_path / "own")}.items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture
def dav(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    (tmp_path / "served" / "all").mkdir(parents=True)
    with webdav(tmp_path / "served", "county", "p@ss/word") as host:
        yield f"http://county:p%40ss%2Fword@{host}/all"


def publish(counties: list[Workspace], root: str) -> None:
    for ws in counties:
        rolling.publish(ws, CONSOLE, root)


def served(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]


def kinds(found: rolling.RolledUp) -> set[tuple[str, str, bool]]:
    return {(fault.what, fault.county, fault.counted) for fault in found.faults}


def same(root: str, folder: Path, cache: str = "") -> None:
    for day in DAYS:
        for by in ("county", "township"):
            there = rolling.coverage_over(root, as_of=day, by=by, cache=cache)
            here = rolling.coverage_over(str(folder), as_of=day, by=by)
            assert kinds(there) == kinds(here)
            pd.testing.assert_frame_equal(there.table, here.table)


def test_counties_in_a_bucket_are_those_of_a_folder(bucket, counties, folder, objects) -> None:
    publish(counties, S3)
    told = {key: data for key, data in bucket.objects.items() if "manifest" not in key}
    assert told == {key: data for key, data in objects.items() if "manifest" not in key}
    same(S3, folder)


def test_counties_on_a_webdav_server_are_counted_as_those_in_a_folder(
    dav, counties, folder, tmp_path
) -> None:
    publish(counties, dav)
    same(dav, folder, str(tmp_path / "cache"))
    assert sorted(served(tmp_path / "served/all")) == sorted(served(folder))
    (mirror,) = (tmp_path / "cache").iterdir()
    assert stat.S_IMODE(mirror.stat().st_mode) == 0o700
    (tmp_path / "served/all/county=620421/manifest.json").unlink()
    found = rolling.coverage_over(dav, as_of=TODAY, expected=["620420", "620499"])
    assert kinds(found) == {("missing", "620421", False), ("absent", "620499", False)}


def test_only_what_is_new_goes_over_the_line(bucket, counties, objects) -> None:
    bucket.objects |= objects
    rolling.coverage_over(S3, as_of=TODAY)
    bucket.asked.clear()
    publish(counties[:1], S3)
    rolling.coverage_over(S3, as_of=TODAY)
    assert {key.rsplit("/", 1)[-1] for key in bucket.of("PUT")} == {"manifest.json"}
    assert {key.rsplit("/", 1)[-1] for key in bucket.of("GET")} == {"manifest.json", ""}
    assert bucket.of("DELETE") == []


def test_the_manifest_comes_last_and_then_goes_what_was_before(bucket, counties, objects) -> None:
    bucket.objects |= objects
    key = "all/county=620420/manifest.json"
    given = json.loads(bucket.objects[key])
    stray = f"week=2020-W01/visits-{'0' * 16}.parquet"
    given["files"][stray] = {"rows": 1, "bytes": 1}
    bucket.objects |= {key: json.dumps(given).encode(), f"all/county=620420/{stray}": b"x"}
    lost = next(name for name in given["files"] if name.startswith("households-"))
    del bucket.objects[f"all/county=620420/{lost}"]
    bucket.asked.clear()
    publish(counties[:1], S3)
    assert bucket.of("PUT") == [f"all/county=620420/{lost}", key]
    assert bucket.of("DELETE") == [f"all/county=620420/{stray}"]
    assert [verb for verb, _ in bucket.asked if verb in ("PUT", "DELETE")][-1] == "DELETE"


@pytest.mark.parametrize("version", [1, FORMAT + 1])
def test_what_another_version_left_there_goes_as_well(bucket, counties, objects, version) -> None:
    key, old = "all/county=620420/manifest.json", f"areas-{'0' * 16}.parquet"
    given = {"format": version, "files": {old: 5, "../county=620421/manifest.json": 5}}
    bucket.objects |= {**objects, key: json.dumps(given).encode()}
    bucket.objects[f"all/county=620420/{old}"] = b"x"
    publish(counties[:1], S3)
    assert bucket.of("DELETE") == [f"all/county=620420/{old}"]
    assert kinds(rolling.coverage_over(S3, as_of=TODAY)) == set()


@pytest.mark.parametrize("spoilt", ["", "[", "5", "{}", '{"files": 5}', '{"files": [5]}'])
def test_what_is_no_manifest_is_replaced(bucket, counties, objects, spoilt: str) -> None:
    key = "all/county=620420/manifest.json"
    bucket.objects |= {**objects, key: spoilt.encode()}
    publish(counties[:1], S3)
    assert bucket.of("DELETE") == []
    assert Manifest.of(bucket.objects[key]).county == "620420"


def test_a_file_that_is_missing_or_cut_short_there_is_named(bucket, counties, objects) -> None:
    bucket.objects |= objects
    gone = next(key for key in bucket.objects if "620421/households" in key)
    short = next(key for key in bucket.objects if "620422/areas" in key)
    del bucket.objects[gone]
    bucket.objects[short] = bucket.objects[short][:-1]
    found = rolling.coverage_over(S3, as_of=TODAY)
    assert kinds(found) == {("missing", "620421", False), ("missing", "620422", False)}
    assert found.counties == ["620420"]
    publish(counties[1:], S3)
    assert kinds(rolling.coverage_over(S3, as_of=TODAY)) == set()


def test_a_county_that_is_published_anew_meanwhile_is_fetched_as_it_is_now(
    bucket, folder, objects
) -> None:
    new = objects
    key = "all/county=620420/manifest.json"
    old = json.loads(new[key])
    households = next(name for name in old["files"] if name.startswith("households-"))
    other = f"households-{'f' * 16}.parquet"
    old["files"][other] = old["files"].pop(households)
    bucket.objects = {**new, key: json.dumps(old).encode()}
    del bucket.objects[f"all/county=620420/{households}"]

    def spoil(verb: str, asked: str) -> None:
        if verb == "GET" and other in asked:
            bucket.objects = new

    bucket.spoil = spoil
    same(S3, folder)
    assert any(other in key for key in bucket.of("GET"))


def test_a_manifest_names_no_file_outside_its_county(bucket, objects) -> None:
    bucket.objects |= objects
    key = "all/county=620420/manifest.json"
    given = json.loads(bucket.objects[key])
    for name in (
        "../../../spoilt.parquet",
        "/spoilt.parquet",
        f"areas-{'0' * 16}.parquet\n",
        f"households-{'0' * 16}.parquet",  # a second one would be counted too
    ):
        files = given["files"] | {name: {"rows": 1, "bytes": 1}}
        bucket.objects[key] = json.dumps(given | {"files": files}).encode()
        found = rolling.coverage_over(S3, as_of=TODAY)
        assert kinds(found) == {("version", "620420", False)}
    assert not any("spoilt" in key for key in bucket.of("GET"))


def test_who_comes_at_once_on_a_mirror_that_is_cold_is_served(bucket, folder, objects) -> None:
    bucket.objects |= objects
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(rolling.coverage_over, S3, as_of=TODAY) for _ in range(24)]
        tables = [one.result().table for one in asked]
    here = rolling.coverage_over(str(folder), as_of=TODAY).table
    for table in tables:
        pd.testing.assert_frame_equal(table, here)


def test_what_cannot_be_read_is_named_and_fetched_anew(bucket, objects, tmp_path) -> None:
    bucket.objects |= objects
    cache = str(tmp_path / "cache")
    rolling.coverage_over(S3, as_of=TODAY, cache=cache)
    (mirror,) = (tmp_path / "cache").iterdir()
    for county, kind in (("620421", "households"), ("620422", "areas")):
        (path,) = (mirror / f"county={county}").glob(f"{kind}-*")
        path.write_bytes(bytes(path.stat().st_size))  # as a power cut leaves it
    for _ in range(5):  # in the very moment in which it was spoilt, too
        (path,) = (mirror / "county=620421").glob("households-*")
        path.write_bytes(bytes(path.stat().st_size))
        forget_files()  # as a process that begins after the cut
        found = rolling.coverage_over(S3, as_of=TODAY, cache=cache)
        assert ("unreadable", "620421", False) in kinds(found)
        assert "620420" in found.counties
        assert kinds(rolling.coverage_over(S3, as_of=TODAY, cache=cache)) == set()


def test_a_county_counts_its_own_areas_alone(objects, tmp_path) -> None:
    """Rows that carry another county's code would be counted there."""
    root = tmp_path / "root"
    for key, data in objects.items():
        path = root / key.removeprefix("all/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    one, other = root / "county=620420", root / "county=620421"
    (mine,), (theirs,) = one.glob("households-*"), other.glob("households-*")
    mine.write_bytes(theirs.read_bytes())
    manifest = json.loads((one / "manifest.json").read_text())
    manifest["files"][mine.name]["bytes"] = mine.stat().st_size
    (one / "manifest.json").write_text(json.dumps(manifest))
    for by in ("county", "township"):
        found = rolling.coverage_over(str(root), as_of=TODAY, by=by)
        assert kinds(found) == {("unreadable", "620420", False)}
        assert found.counties == ["620421", "620422"]
    (areas,) = other.glob("areas-*")
    more = f"SELECT * REPLACE ('620499' AS code) FROM '{areas}' WHERE level = 'county'"  # noqa: S608
    duckdb.sql(f"COPY (FROM '{areas}' UNION ALL {more}) TO '{areas}' (FORMAT parquet)")
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["files"][areas.name]["bytes"] = areas.stat().st_size
    (other / "manifest.json").write_text(json.dumps(manifest))
    assert rolling.coverage_over(str(root), as_of=TODAY).counties == ["620422"]
    shutil.rmtree(other)
    url = str(tmp_path / "above.gpkg")
    Store.create(url).close()
    with Workspace.open(Settings(store=url, rollup_folder=str(root)), lambda: NOW) as ws:
        whole = province(ws, CONSOLE)
        assert [place.code for place in whole.places if place.code == "620420"] == []
        assert [(f.what, f.county) for f in whole.faults] == [("unreadable", "620420")]
        assert province(ws, CONSOLE, county="620422").faults == []
        with pytest.raises(RollupUnreadable):
            province(ws, CONSOLE, county="620420")


def test_a_mirror_is_no_link_and_no_file(bucket, objects, tmp_path) -> None:
    bucket.objects |= objects
    precious = tmp_path / "precious"
    (precious / "county=1").mkdir(parents=True)
    cache = tmp_path / "cache"
    rolling.coverage_over(S3, as_of=TODAY, cache=str(cache))
    (mirror,) = cache.iterdir()
    shutil.rmtree(mirror / "county=620420")
    (mirror / "county=620420").symlink_to(precious)
    (mirror / "county=620499").symlink_to(precious)
    shutil.rmtree(mirror / "county=620421")
    (mirror / "county=620421").write_text("in the way")
    assert kinds(rolling.coverage_over(S3, as_of=TODAY, cache=str(cache))) == set()
    assert [path.name for path in precious.iterdir()] == ["county=1"]
    shutil.rmtree(mirror)
    mirror.symlink_to(precious)
    for unusable in (str(cache), str(tmp_path / "precious" / "file" / "x")):
        (precious / "file").write_text("")
        with pytest.raises(FileUnwritable):
            rolling.coverage_over(S3, as_of=TODAY, cache=unusable)
    assert (precious / "county=1").is_dir()


def test_no_more_is_read_than_a_manifest_can_have(bucket, objects) -> None:
    bucket.objects |= objects
    key = "all/county=620420/manifest.json"
    bucket.objects[key] += b" " * 2_000_000
    assert kinds(rolling.coverage_over(S3, as_of=TODAY)) == {("version", "620420", False)}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"longest": 10**9},
        {"longest": "7"},
        {"longest": -1},
        {"through": "yesterday"},
        {"through": 20261122},
        {"files": ["areas"]},
        {"files": {}},
        {"files": {f"{name}-{'0' * 16}.parquet": SOME for name in ("areas", "grids")}},
        {"files": {f"areas-{'0' * 16}.parquet": {"rows": 1, "bytes": 2**40}}},
        {"files": {f"areas-{'0' * 16}.parquet": {"rows": True, "bytes": 1}}},
        {"files": {f"areas-{'0' * 16}.parquet": {"rows": 1}}},
        {"files": {f"areas-{'0' * 16}.parquet": 5}},
        {"name": None},
        {"phone_counts": "no"},
        {"format": 1},
        {"format": FORMAT + 1},
        {"weeks": []},
        {"weeks": ["W47"]},
        {"weeks": [202647]},
        {"weeks": None},
        {"more": 1},
        None,
        "[" * 100_000,
    ],
)
def test_a_manifest_of_nonsense_is_none(objects, spoilt: Any) -> None:
    given = json.loads(objects["all/county=620420/manifest.json"])
    assert Manifest.of(json.dumps(given).encode()).county == "620420"
    text = spoilt if isinstance(spoilt, str) else json.dumps(given | spoilt if spoilt else [])
    with pytest.raises(ValueError, match=r"."):
        Manifest.of(text.encode())


def test_a_line_that_fails_is_told_without_the_password(bucket, dav, counties, monkeypatch) -> None:
    wrong = dav.replace("p%40ss", "secret%40")
    for root, problem in (
        (wrong, "the account is not allowed to"),
        (dav.replace("/all", "/none"), "there is no such folder"),
        (wrong.rpartition(":")[0] + ":9/all", "there is no answer"),
    ):
        with pytest.raises(RollupUnreachable, match=problem) as refused:
            publish(counties[:1], root)
        assert not any(word in str(refused.value) for word in ("secret", "p%40ss", "p@ss"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    with pytest.raises(RollupUnreachable, match="the account is not allowed to"):
        rolling.coverage_over(S3, as_of=TODAY)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(RollupUnreachable, match="AWS_ACCESS_KEY_ID"):
        rolling.coverage_over(S3, as_of=TODAY)
    with pytest.raises(RollupMissing):
        rolling.coverage_over(dav, as_of=TODAY)


@pytest.mark.parametrize(
    "root",
    [
        "ftp://u:secret@h/x",
        "http://u:secret@example.org/x",
        "gs://b/x",
        "https://[::1/x",
        "s3://",
        "https://u:5/secret@127.0.0.1:1/x",
        "https://u:se/secret@127.0.0.1/x",
        "https://h:99999/x",
        "https://u:secret@/x",
        "https://h/x?token=secret",
        "https:/u:secret@h/x",
    ],
)
def test_an_address_of_another_kind_is_refused(root: str, counties: list[Workspace]) -> None:
    for ask in (
        lambda: rolling.coverage_over(root, as_of=TODAY),
        lambda: publish(counties[:1], root),
    ):
        with pytest.raises(RollupPlace) as refused:
            ask()
        assert "secret" not in str(refused.value)
    with pytest.raises(RollupPlace):
        safety.refuse_unsafe(Settings(store="postgresql://h/x", rollup_folder=root))


def test_a_worker_fetches_what_it_counts(bucket, folder, objects) -> None:
    bucket.objects |= objects
    day = day_number(TODAY)
    for manifest, place in rollup.survey(str(folder), TODAY).counties:
        there = cluster.fetched_sums(S3, manifest.county, day, "township")
        assert sorted(there) == sorted(figures.county_sums(manifest, place, day, "township"))


def test_the_command_and_the_page_take_an_address(
    bucket, counties, folder, objects, tmp_path
) -> None:
    store, cache = counties[0].store.url, str(tmp_path / "cache")
    told: Any = CliRunner().invoke(main, ["--store", store, "rollup", "publish", S3])
    assert told.exit_code == 0, told.output
    told = CliRunner().invoke(main, ["rollup", "coverage", "--as-of", TODAY.isoformat()])
    assert (told.exit_code, "rollup_folder" in told.output) == (2, True)
    asked = ["rollup", "coverage", "--as-of", TODAY.isoformat(), "--format", "csv"]
    told = CliRunner().invoke(
        main, asked, env={"GISGRID_ROLLUP_CACHE": cache, "GISGRID_ROLLUP_FOLDER": S3}
    )
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines()[1].startswith("620420,")
    assert list((tmp_path / "cache").iterdir())
    bucket.objects |= objects
    url = str(tmp_path / "above.gpkg")
    Store.create(url).close()
    with (
        Workspace.open(Settings(store=url, rollup_folder=S3, rollup_cache=cache), lambda: NOW) as a,
        Workspace.open(Settings(store=url, rollup_folder=str(folder)), lambda: NOW) as b,
    ):
        assert province(a, CONSOLE).places == province(b, CONSOLE).places
