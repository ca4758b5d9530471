from __future__ import annotations

import pytest

from gisgrid.errors import FileEmpty, FileNotWhatItSays, FileUnreadable, UnknownWord
from gisgrid.exchange.readers import read

VRT = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>CSV:/etc/passwd</SrcDataSource>'
"""A driver of GDAL that reads other files; named as anything it must stay text."""


@pytest.mark.parametrize(
    "name",
    [f"x.{end}" for end in ("geojson", "json", "csv", "gpkg", "shp", "xlsx", "xls", "zip", "dbf")],
)
def test_a_vrt_under_any_name_is_not_what_it_says(text_file, name: str) -> None:
    with pytest.raises(FileNotWhatItSays):
        read(text_file(name, VRT))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b"PK\x03\x04 a spreadsheet"),
        ("x.csv", b"id\x00name"),
        ("x.csv", b'{"type": "FeatureCollection"}'),
        ("x.geojson", b"id,name\n1,2\n"),
        ("x.gpkg", b"id,name\n1,2\n"),
        ("x.xlsx", b"id,name\n1,2\n"),
        ("x.zip", b"SQLite format 3\x00"),
        ("x.geojson", b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline"}'),
        ("x.geojson", b'{"type": "Topology", "features": []}'),
    ],
)
def test_content_and_name_must_agree(tmp_path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileNotWhatItSays, match=r"is not the .* that its name says"):
        read(tmp_path / name)


def test_a_name_that_gisgrid_does_not_read_lists_those_it_does(text_file) -> None:
    with pytest.raises(UnknownWord) as err:
        read(text_file("x.docx", "<w/>"))
    assert ".geojson" in str(err.value)


def test_an_empty_file_and_a_missing_one_are_sentences(tmp_path) -> None:
    (tmp_path / "a.gpkg").touch()
    with pytest.raises(FileEmpty):
        read(tmp_path / "a.gpkg")
    with pytest.raises(FileUnreadable, match="No such file"):
        read(tmp_path / "none.csv")


def test_the_owners_name_of_a_file_counts_not_ours(text_file) -> None:
    path = text_file("upload.csv", '{"type":"FeatureCollection","features":[]}')
    with pytest.raises(FileEmpty, match=r"places\.geojson"):
        read(path, name="places.geojson")
