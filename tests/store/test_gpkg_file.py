"""The store as a file: what a GIS reads of it, who may open it, and what is no store."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely import Point

from gisgrid.access import EVERYWHERE
from gisgrid.errors import (
    StoreExists,
    StoreFailed,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreNewer,
    UnknownWord,
)
from gisgrid.model import LAYERS, Programme
from gisgrid.store import Store
from gisgrid.store.dialects import gpkg_tables
from gisgrid.store.migrate import HEAD

WORKERS = Path(__file__).with_name("workers.py")


@pytest.fixture
def county(gpkg: Store, town: Any) -> Store:
    return town.fill(gpkg)  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def ogrinfo() -> str:
    """Debian's ogrinfo; always run as a process of its own, as QGIS would be."""
    found = shutil.which("ogrinfo")
    if found is None:
        reason = "ogrinfo is not installed: sudo apt install gdal-bin"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return str(found)


def look(ogrinfo: str, path: str) -> str:
    """What ogrinfo says, having said no warning."""
    command = [ogrinfo, "-ro", "-al", "-so", path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "warning" not in done.stdout.lower()
    return done.stdout


def layers(text: str) -> dict[str, str]:
    parts = text.split("\nLayer name: ")[1:]
    return {part.split("\n", 1)[0]: part for part in parts}


def test_ogrinfo_shows_every_layer_field_and_crs_without_a_warning(
    county: Store, ogrinfo: str
) -> None:
    shown = layers(look(ogrinfo, county.url))
    assert set(shown) == {"areas", "grids", "grids_history", "households", "visits", "cases"}
    kinds = {"text": "String", "int": "Integer", "date": "Date", "datetime": "DateTime"}
    for name, layer in LAYERS.items():
        for column in layer.columns:
            kind = kinds.get(column.kind, "String")
            assert f"\n{column.name}: {kind} (" in shown[name], (name, column.name)
    geometry = {"point": "Point", "polygon": "Multi Polygon", "none": "None"}
    for name, layer in LAYERS.items():
        assert f"\nGeometry: {geometry[layer.geometry]}\n" in shown[name]
        assert ('ID["EPSG",4326]' in shown[name]) == (layer.geometry != "none")
    assert "\nvisited_on: Date (" in shown["visits"]
    assert "\nFeature Count: 7\n" in shown["households"]
    assert "\nExtent: (100.500000, 30.500000) - (110.000000, 35.000000)\n" in shown["households"]


def test_ogrinfo_reads_the_store_while_a_server_writes(county: Store, ogrinfo: str) -> None:
    command = [sys.executable, str(WORKERS), "add", county.url, "a", "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            for _ in range(5):
                kept = server.stdout.readline()
                assert set(layers(look(ogrinfo, county.url))) >= {"visits"}
        finally:
            server.kill()
            said = server.communicate()[0].split()
    visits = set(county.visits(scope=EVERYWHERE).id)
    assert {kept.strip(), *said} <= visits


def test_the_version_of_the_schema_has_a_type_that_geopackage_knows_in_older_stores_too(
    county: Store,
) -> None:
    url = county.url
    county.close()
    kind = "SELECT type FROM pragma_table_info('alembic_version')"
    with closing(sqlite3.connect(url)) as raw:
        assert raw.execute(kind).fetchone() == ("TEXT",)
        raw.execute("DROP TABLE alembic_version")
        raw.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        raw.execute("INSERT INTO alembic_version VALUES ('0009')")  # 0010 does nothing here
        raw.execute("DROP INDEX draft_versions_client")  # what 0011 will add
        raw.execute("ALTER TABLE draft_versions DROP COLUMN client_id")
        raw.execute("ALTER TABLE edits DROP COLUMN notes")
        raw.execute("DROP TABLE tries")  # and 0012
        raw.commit()
    Store.open(url).close()
    with closing(sqlite3.connect(url)) as raw:
        assert raw.execute(kind).fetchone() == ("TEXT",)
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)


def test_the_file_says_that_it_is_a_geopackage_1_3(county: Store) -> None:
    county.close()
    with closing(sqlite3.connect(county.url)) as raw:
        assert raw.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        assert raw.execute("PRAGMA user_version").fetchone() == (10300,)
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        registered = dict(raw.execute("SELECT table_name, data_type FROM gpkg_contents"))
        srs = {row[0] for row in raw.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")}
    from gisgrid.store.schema import LAYER_TABLES

    assert registered == LAYER_TABLES
    assert srs == {-1, 0, 4326}


def test_the_connection_is_durable_and_strict(gpkg: Store) -> None:
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 30000,
        "ignore_check_constraints": 0,
    }
    with gpkg.write(), gpkg.reading() as connection:
        found = {n: connection.exec_driver_sql(f"PRAGMA {n}").scalar() for n in expected}
    assert found == expected


@pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")
def test_only_the_owner_may_open_the_file(county: Store) -> None:
    for suffix in ("", "-wal", "-shm"):
        assert stat.S_IMODE(Path(county.url + suffix).stat().st_mode) == 0o600


def test_closing_leaves_one_file(county: Store) -> None:
    county.close()
    folder = Path(county.url).parent
    assert [entry.name for entry in folder.iterdir()] == ["county.gpkg"]


def extent(store: Store, layer: str) -> tuple[float, ...]:
    with store.reading() as connection:
        sql = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = ?"
        return tuple(connection.exec_driver_sql(sql, (layer,)).one())


def test_extents_grow_and_shrink_with_the_rows(county: Store, town: Any) -> None:
    assert extent(county, "households") == (100.5, 30.5, 110, 35)
    assert extent(county, "cases") == (100.2, 30.2, 101.2, 30.2)
    assert extent(county, "grids") == extent(county, "grids_history") == (100, 30, 103, 31)
    moved = gpd.GeoDataFrame(
        {"id": ["far", "h1"]}, geometry=[Point(101, 30.2), None], crs="EPSG:4326"
    )
    with county.write() as w:
        w.put_households(moved)
        w.put_grids(town.grids().iloc[:2])
    assert extent(county, "households") == (101, 30.2, 102.5, 30.5)
    assert extent(county, "grids") == (100, 30, 102, 31)
    assert extent(county, "grids_history") == (100, 30, 103, 31)


def test_a_store_is_never_overwritten(county: Store) -> None:
    with pytest.raises(StoreExists):
        Store.create(county.url)
    assert len(county.households(scope=EVERYWHERE)) == 7


def test_a_store_that_cannot_be_laid_out_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: Any) -> None:
        connection.exec_driver_sql("CREATE TABLE half (x)")
        raise KeyboardInterrupt

    monkeypatch.setattr("gisgrid.store.migrate.lay_out", fail)
    with pytest.raises(KeyboardInterrupt):
        Store.create(str(tmp_path / "new.gpkg"))
    assert list(tmp_path.iterdir()) == []


def test_a_store_needs_no_folder_before_it(tmp_path: Path) -> None:
    rules = Programme(name="会宁", zone="Asia/Urumqi", phone_counts=True, demo=True)
    with Store.create(str(tmp_path / "a b%20" / "县?.gpkg"), rules) as store:
        assert store.programme() == rules
        assert len(store.token) == 32
    with Store.open(store.url) as again:
        assert again.token == store.token


def test_a_missing_file_is_missing_and_stays_so(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        Store.open(str(tmp_path / "gone.gpkg"))
    with pytest.raises(StoreMissing):
        Store.open(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def foreign_geopackage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(f"PRAGMA application_id={gpkg_tables.APPLICATION_ID}")
        for statement in gpkg_tables.TABLES:
            raw.execute(statement)
        raw.execute("CREATE TABLE households (fid INTEGER PRIMARY KEY, geom POINT)")


FOREIGN = {
    "a text file": lambda path: path.write_text("id,name\n1,Li\n" * 100),
    "an empty file": lambda path: path.touch(),
    "somebody's GeoPackage": foreign_geopackage,
    "a header and nothing": lambda path: path.write_bytes(b"SQLite format 3\0" + bytes(4080)),
}


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "x.gpkg"
    make(path)
    before = path.read_bytes()
    with pytest.raises((StoreForeign, StoreFailed)):
        Store.open(str(path))
    assert path.read_bytes() == before
    with pytest.raises(StoreExists):
        Store.create(str(path))


def test_a_damaged_store_says_so(county: Store) -> None:
    county.close()
    path = Path(county.url)
    content = bytearray(path.read_bytes())
    content[4096 * 3 :] = b"\xff" * (len(content) - 4096 * 3)
    path.write_bytes(content)
    with pytest.raises((StoreFailed, StoreForeign), match=r"malformed|lacks"):
        Store.open(county.url).households(scope=EVERYWHERE)


def test_a_store_of_a_newer_gisgrid_is_refused(county: Store) -> None:
    county.close()
    with closing(sqlite3.connect(county.url)) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreNewer) as refused:
        Store.open(county.url)
    assert refused.value.facts["found"] == "9999"


def test_another_kind_of_url_is_refused() -> None:
    with pytest.raises(UnknownWord, match="mysql"):
        Store.open("mysql://localhost/county")


def test_a_full_disk_is_said_and_changes_nothing(county: Store, town: Any) -> None:
    before = county.changes()
    many = gpd.GeoDataFrame(
        {"id": [f"n{i}" for i in range(5000)], "name": ["x" * 200] * 5000},
        geometry=[Point(100.5, 30.5)] * 5000,
        crs="EPSG:4326",
    )

    def fill() -> None:
        with county.write() as w, county.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 5}")
            w.put_households(many)

    with pytest.raises(StoreFull):
        fill()
    assert len(county.households(scope=EVERYWHERE)) == 7
    assert county.changes() == before


def test_a_read_only_file_is_said(county: Store) -> None:
    def add() -> None:
        with county.write() as w, county.reading() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
            try:
                w.add_person("Li", "admin", "*")
            finally:
                connection.exec_driver_sql("PRAGMA query_only=OFF")

    with pytest.raises(StoreFull):
        add()


def test_an_unknown_sentence_of_a_driver_does_not_name_people(county: Store) -> None:
    from sqlalchemy import insert
    from sqlalchemy.exc import IntegrityError

    from gisgrid.store.schema import households

    with pytest.raises(IntegrityError) as raised, county._dialect.writing() as connection:
        connection.execute(insert(households).values(id="h1", name="张三", listed_on=None))
    assert "张三" not in str(raised.value)


def test_a_geojson_of_ogr_shows_the_names_as_they_are(county: Store, tmp_path: Path) -> None:
    tool = shutil.which("ogr2ogr")
    if tool is None:
        pytest.skip("ogr2ogr is not installed: sudo apt install gdal-bin")
    out = tmp_path / "out.geojson"
    subprocess.run([tool, "-f", "GeoJSON", str(out), county.url, "households"], check=True)
    features = json.loads(out.read_text("utf-8"))["features"]
    first = next(f for f in features if f["properties"]["id"] == "h1")
    assert first["properties"]["name"] == "张三"
    assert first["properties"]["listed_on"] == "2026-01-01"
    assert first["geometry"]["coordinates"] == [100.5, 30.5]


def test_foreign_programs_cannot_break_the_links_between_layers(county: Store) -> None:
    with closing(sqlite3.connect(county.url)) as other:
        other.execute("PRAGMA foreign_keys=ON")
        with pytest.raises(sqlite3.IntegrityError):
            other.execute("DELETE FROM households WHERE id = 'h1'")
        with pytest.raises(sqlite3.IntegrityError):
            other.execute("UPDATE visits SET outcome = 'maybe'")
