from __future__ import annotations

import sqlite3

import geopandas as gpd
import pytest
from shapely.geometry import Point

from gisgrid.errors import FileInUse, FileNotWhatItSays, FileUnreadable, LayerChoice, UnknownWord
from gisgrid.exchange.readers import read

FRAME = gpd.GeoDataFrame(
    {"id": ["H1", "H2", "H3"], "name": ["张伟", None, "Li"], "days": [7, 14, 21]},
    geometry=[Point(105.1, 35.2), None, Point(105.3, 35.4)],
    crs="EPSG:4490",
)


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "a.gpkg"
    FRAME.to_file(path, layer="homes", driver="GPKG")
    return path


def change(path, *statements: str) -> None:
    base = sqlite3.connect(path)
    for statement in statements:
        base.execute(statement)
    base.commit()
    base.close()


def test_rows_shapes_and_crs_are_read_without_gdal(package) -> None:
    table = read(package)
    assert table.layer == "homes"
    assert table.crs == "EPSG:4490"
    assert list(table.columns) == ["id", "name", "days"]
    assert table.columns["name"].tolist() == ["张伟", None, "Li"]
    assert table.geometry[0].equals(Point(105.1, 35.2))
    assert table.geometry[1] is None


def test_several_layers_are_asked_for_unless_one_is_called_as_ours(package) -> None:
    FRAME.to_file(package, layer="households", driver="GPKG")
    with pytest.raises(LayerChoice, match=r"\(homes, households\)"):
        read(package)
    assert read(package, our_layer="households").layer == "households"
    assert read(package, layer="homes").layer == "homes"
    with pytest.raises(UnknownWord, match="homes, households"):
        read(package, layer="visits")


def test_views_and_virtual_tables_are_no_layers(package) -> None:
    change(
        package,
        "CREATE VIEW bomb AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) "
        "SELECT i FROM n",
        "UPDATE gpkg_contents SET table_name = 'bomb'",
    )
    with pytest.raises(FileNotWhatItSays):
        read(package)


def test_a_virtual_table_is_no_layer(package) -> None:
    change(
        package,
        "CREATE VIRTUAL TABLE other USING fts5(text)",
        "UPDATE gpkg_contents SET table_name = 'other'",
    )
    with pytest.raises(FileNotWhatItSays):
        read(package)


def test_a_database_that_is_no_geopackage_is_not_what_it_says(tmp_path) -> None:
    change(tmp_path / "a.gpkg", "CREATE TABLE t (x)")
    with pytest.raises(FileNotWhatItSays):
        read(tmp_path / "a.gpkg")


def test_a_damaged_database_is_a_sentence(package) -> None:
    data = bytearray(package.read_bytes())
    data[4096:20000] = b"\xff" * (20000 - 4096)
    package.write_bytes(bytes(data))
    with pytest.raises((FileUnreadable, FileNotWhatItSays)):
        read(package)


def test_a_file_with_changes_still_in_its_log_is_refused(package) -> None:
    package.with_name("a.gpkg-wal").write_bytes(b"changes")
    with pytest.raises(FileInUse, match="close it there"):
        read(package)


def test_a_blob_that_is_no_shape_breaks_its_row(package) -> None:
    # Plain sqlite3 lacks the functions that the R-tree's triggers call.
    base = sqlite3.connect(package)
    for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f'DROP TRIGGER "{name}"')
    base.execute("UPDATE homes SET geom = x'00112233445566778899' WHERE fid = 3")
    base.commit()
    base.close()
    assert list(read(package).broken) == [2]
