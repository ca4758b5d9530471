from __future__ import annotations

import json
from typing import Any

import pytest

from gisgrid.errors import CrsUnknown, FileNotWhatItSays, FileUnreadable
from gisgrid.exchange.readers import read


def collection(*geometries: Any, **more: Any) -> str:
    features = [
        {"type": "Feature", "properties": {"id": f"H{n}"}, "geometry": geometry}
        for n, geometry in enumerate(geometries)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **more})


POINT = {"type": "Point", "coordinates": [105.1, 35.2]}


def test_features_are_rows_with_points(text_file) -> None:
    table = read(text_file("a.geojson", collection(POINT, None)))
    assert table.columns["id"].tolist() == ["H0", "H1"]
    assert (table.geometry[0].x, table.geometry[0].y) == (105.1, 35.2)
    assert table.geometry[1] is None
    assert table.rows.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
        ("EPSG:4547", "EPSG:4547"),
    ],
)
def test_a_crs_may_be_a_plain_name(text_file, name: str, crs: str) -> None:
    member = {"type": "name", "properties": {"name": name}}
    assert read(text_file("a.geojson", collection(POINT, crs=member))).crs == crs


@pytest.mark.parametrize(
    "member",
    [
        {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs", "type": "proj4"}},
        {"type": "name", "properties": {"name": "+proj=longlat +nadgrids=/etc/passwd"}},
        {"type": "name", "properties": {}},
        "EPSG:4326",
    ],
)
def test_a_crs_that_is_not_a_plain_name_is_refused(text_file, member: Any) -> None:
    with pytest.raises(CrsUnknown):
        read(text_file("a.geojson", collection(POINT, crs=member)))


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_of_json_is_refused(text_file, word: str) -> None:
    text = collection(POINT).replace("105.1", word)
    with pytest.raises(FileUnreadable, match="not a number of JSON"):
        read(text_file("a.geojson", text))


def test_a_number_beyond_all_measure_breaks_its_row(text_file) -> None:
    table = read(text_file("a.geojson", collection(POINT, POINT).replace("105.1", "1e999", 1)))
    assert list(table.broken) == [0]


def test_a_shape_that_is_none_breaks_its_row(text_file) -> None:
    wrong = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}
    table = read(text_file("a.geojson", collection(wrong, {"type": "Point"}, POINT)))
    assert sorted(table.broken) == [0, 1]


@pytest.mark.parametrize("text", ["{", '{"type":', "[" * 100_000])
def test_broken_json_is_a_sentence(text_file, text: str) -> None:
    with pytest.raises(FileUnreadable):
        read(text_file("a.geojson", "{" + text if text[0] == "[" else text))


@pytest.mark.parametrize("kind", ["[]", "{}", "null", "7", '"Point"'])
def test_a_file_of_no_known_type_is_not_what_it_says(text_file, kind: str) -> None:
    with pytest.raises(FileNotWhatItSays):
        read(text_file("a.geojson", f'{{"type": {kind}, "features": []}}'))
