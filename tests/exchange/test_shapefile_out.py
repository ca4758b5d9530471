"""Shapefiles as they leave: every value by its rule, told, and read again by other programs."""

from __future__ import annotations

import csv
import io
import subprocess
import zipfile
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
import shapefile as pyshp
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from gisgrid.columns import objects
from gisgrid.errors import ExportDiffers, FileUnwritable, UnknownWord
from gisgrid.exchange import readback
from gisgrid.exchange.crs import offered
from gisgrid.exchange.outgoing import Form, Outgoing
from gisgrid.exchange.readback import Checked, check
from gisgrid.exchange.readers import read
from gisgrid.exchange.short_names import MOST, short_names
from gisgrid.exchange.write_shp import write_shp
from gisgrid.exchange.writers import write

DAY = date(2026, 11, 22)
POINTS = objects([Point(105.0533581, 35.6928235), None, Point(105.1, 35.2)])
EVERY_KIND = pd.DataFrame(
    {
        "id": ["H1", "H2", "H3"],
        "name": objects(["张伟", "𠮷田", None]),
        "listed_on": objects([DAY, None, date(1900, 1, 1)]),
        "说明说明说明": ["市" * 200, "", "x "],
        "说明说明说明二": ["a", "b", "c"],
        "big": objects([2**60, -5, None]),
        "share": [1e-300, np.nan, 0.1],
        "true": [True, False, True],
        "visited_at": objects([datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), None, None]),
        "marks": ["a\0b", "l\nm", "\ttab"],
    }
)


def every_kind() -> Outgoing:
    return Outgoing("households", EVERY_KIND, POINTS, "Point")


@pytest.mark.parametrize(
    ("encoding", "codec", "cpg"), [("utf-8", "utf-8", "UTF-8"), ("gb18030", "gb18030", "GB18030")]
)
def test_every_kind_of_value_follows_its_rule_and_is_told(tmp_path, encoding, codec, cpg) -> None:
    written = write(every_kind(), tmp_path / "a.zip", "shp", Form(encoding), verify=True)
    assert written.checked == Checked(rows=3, values=24, shapes=2)
    assert {(each.rule, each.facts.get("column")) for each in written.losses} == {
        ("name_short", "listed_on"),
        ("name_short", "说明说明说明"),
        ("name_short", "说明说明说明二"),
        ("name_short", "visited_at"),
        ("text_cut", "说明说明说明"),
        ("text_empty", "说明说明说明"),
        ("text_edges", "说明说明说明"),
        ("text_control", "marks"),
        ("number_text", "big"),
        ("number_empty", "share"),
        ("number_exponent", "share"),
        ("truth", "true"),
        ("date_time", "visited_at"),
    } - {("name_short", "listed_on")}
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(tmp_path / "out")
        assert archive.read("households.cpg").decode() == cpg
    with pyshp.Reader(str(tmp_path / "out" / "households"), encoding=codec) as reader:
        names = [field.name for field in reader.fields if field.name != "DeletionFlag"]
        rows = [record.as_dict() for record in reader.records()]
        shapes = [
            shape.__geo_interface__["coordinates"] if shape.shapeType else None
            for shape in reader.shapes()
        ]
    assert all(len(name.encode(codec)) <= MOST for name in names)
    assert [row["name"] for row in rows] == ["张伟", "𠮷田", ""]
    assert [row["listed_on"] for row in rows] == [DAY, None, date(1900, 1, 1)]
    assert [row["big"] for row in rows] == [str(2**60), "-5", ""]
    assert [row["share"] for row in rows] == [1e-300, None, 0.1]
    assert [row["true"] for row in rows] == [1, 0, 1]
    assert [row["visitedat"] for row in rows] == ["2026-01-02T03:04:05Z", "", ""]
    assert [row["marks"] for row in rows] == ["a b", "l\nm", "\ttab"]
    assert shapes == [(105.0533581, 35.6928235), None, (105.1, 35.2)]


def test_plain_gbk_is_called_gbk_which_old_programs_know(tmp_path) -> None:
    write(
        Outgoing("h", pd.DataFrame({"户主": ["张伟"]}), POINTS[:1], "Point"),
        tmp_path / "a.zip",
        "shp",
        Form("gb18030"),
        verify=True,
    )
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read("h.cpg") == b"GBK"
        assert archive.read("h.dbf")[29] == 0x4D
        assert "张伟".encode("gbk") in archive.read("h.dbf")


def test_what_is_cut_lies_whole_beside_it(tmp_path) -> None:
    write(every_kind(), tmp_path / "a.zip", "shp")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        rows = list(csv.reader(io.StringIO(archive.read("not_kept.csv").decode("utf-8-sig"))))
        fields = list(csv.reader(io.StringIO(archive.read("fields.csv").decode("utf-8-sig"))))
        readme = archive.read("README.txt").decode()
    assert rows == [["row", "id", "column", "text"], ["1", "H1", "说明说明说明", "市" * 200]]
    assert fields[0] == ["short", "full", "english", "中文", "note 说明"]
    assert ["visitedat", "visited_at", "visited at (UTC)", "走访时间（UTC）", ""] in fields
    assert "not_kept.csv holds them whole" in readme
    # All in both languages, the columns that are called otherwise too.
    assert "全文见 not_kept.csv" in readme
    assert "visited_at is called visitedat" in readme
    assert "visited_at 在文件中名为 visitedat" in readme


def test_a_column_that_is_mostly_empty_says_why_beside_its_name(tmp_path) -> None:
    frame = pd.DataFrame({"id": ["H1"], "grid_code": objects([None])})
    write(Outgoing("households", frame, POINTS[:1], "Point"), tmp_path / "a.zip", "shp")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        fields = archive.read("fields.csv").decode("utf-8-sig")
    assert "Named only where there is no position" in fields
    assert "仅在没有位置时填写" in fields


def test_polygons_in_a_csv_are_compared_too(tmp_path) -> None:
    shapes = objects([MultiPolygon([box(105, 35, 105.01, 35.01)]), None])
    frame = pd.DataFrame({"code": ["G1", "G2"]})
    out = Outgoing("grids", frame, shapes, "MultiPolygon")
    for crs in ("EPSG:4326", "EPSG:4544"):
        form = Form(crs=crs)
        assert write(out, tmp_path / "a.csv", "csv", form, verify=True).checked.shapes == 1
    moved = objects([MultiPolygon([box(105, 35, 105.01, 35.010001)]), None])
    write(Outgoing("grids", frame, moved, "MultiPolygon"), tmp_path / "b.csv", "csv")
    with pytest.raises(ExportDiffers):
        check(out, tmp_path / "b.csv", "csv", Form(), "b.csv")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=40, unique=True),
    st.sampled_from(["utf-8", "gb18030"]),
)
def test_short_names_fit_are_whole_and_differ(names: list[str], encoding: str) -> None:
    short = list(short_names(names, encoding).values())
    assert all(1 <= len(name.encode(encoding)) <= MOST for name in short)
    assert len({name.casefold() for name in short}) == len(names)


_TEXT = st.none() | st.text(max_size=120)
_NUMBER = st.none() | st.floats(allow_infinity=True, allow_nan=True)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(["utf-8", "gb18030"]))
def test_any_table_comes_back_by_its_rules(tmp_path_factory, data, encoding: str) -> None:
    count = data.draw(st.integers(1, 20))

    def column(cells):
        return objects(data.draw(st.lists(cells, min_size=count, max_size=count)))

    frame = pd.DataFrame(
        {
            "text": column(_TEXT),
            "int": column(st.none() | st.integers(-(10**18), 10**18)),
            "float": column(_NUMBER),
            "day": column(st.none() | st.dates(date(1, 1, 1))),
        }
    )
    place = st.none() | st.builds(Point, st.floats(-180, 180), st.floats(-90, 90))
    out = Outgoing("layer", frame, column(place), "Point")
    folder = tmp_path_factory.mktemp("any")
    for form in ("shp", "gpkg"):
        write(out, folder / f"a.{form}", form, Form(encoding), verify=True)


def test_rows_are_divided_before_a_file_grows_too_large(tmp_path) -> None:
    count = 1000
    frame = pd.DataFrame({"id": [f"H{n}" for n in range(count)]})
    shapes = shapely.points(105 + np.arange(count) / 1e4, np.full(count, 35.0))
    out = Outgoing("homes", frame, shapes, "Point")
    losses = write_shp(out, tmp_path / "a.zip", Form(), part_bytes=10_000)
    assert [each.sentence for each in losses] == [
        "The rows are divided into 3 files, each below 2 GB."
    ]
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        sizes = {e.filename: e.file_size for e in archive.infolist()}
    assert {name for name in sizes if name.endswith(".shp")} == {
        f"homes_{n}.shp" for n in (1, 2, 3)
    }
    assert max(sizes.values()) < 10_000
    assert check(out, tmp_path / "a.zip", "shp", Form(), "a.zip").shapes == count


def test_polygons_keep_parts_and_holes_and_turn_as_shapefiles_want(tmp_path) -> None:
    ring = Polygon(box(0, 0, 4, 4).exterior, [box(1, 1, 2, 2).exterior])
    shapes = objects([MultiPolygon([ring, box(9, 9, 10, 10)]), None, box(5, 5, 6, 6)])
    out = Outgoing("grids", pd.DataFrame({"code": ["a", "b", "c"]}), shapes, "MultiPolygon")
    assert write(out, tmp_path / "a.zip", "shp", verify=True).checked == Checked(3, 3, 2)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(tmp_path)
    with pyshp.Reader(str(tmp_path / "grids")) as reader:
        first = reader.shape(0)
        assert list(first.parts) == [0, 5, 10]
        assert [
            pyshp.signed_area(first.points[a:b]) < 0 for a, b in ((0, 5), (5, 10), (10, 15))
        ] == [
            True,
            False,
            True,
        ]


def test_shapes_of_two_kinds_are_refused(tmp_path) -> None:
    out = Outgoing(
        "x", pd.DataFrame({"a": [1, 2]}), objects([Point(0, 0), box(0, 0, 1, 1)]), "Point"
    )
    with pytest.raises(FileUnwritable, match="shapes are of more than one kind"):
        write(out, tmp_path / "a.zip", "shp")


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4544", "EPSG:4523", "EPSG:32648", "EPSG:2333"])
def test_any_system_comes_back_to_the_last_digit(tmp_path, crs: str) -> None:
    out = Outgoing("h", pd.DataFrame({"id": ["a", "b", "c"]}), POINTS, "Point")
    for form in ("shp", "gpkg", "fgb"):
        write(out, tmp_path / f"a.{form}", form, Form(crs=crs), verify=True)
    with zipfile.ZipFile(tmp_path / "a.shp") as archive:
        archive.extractall(tmp_path / "out")
    told = subprocess.run(
        ["ogrinfo", "-so", "-al", str(tmp_path / "out" / "h.shp")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f'ID["EPSG",{crs[5:]}]]' in told


def test_the_systems_of_the_county_are_offered_first() -> None:
    assert offered(105.05) == ("EPSG:4490", "EPSG:4544", "EPSG:4523", "EPSG:4326", "EPSG:32648")
    assert offered(-4.5) == ("EPSG:4326", "EPSG:32630")


def test_a_shifted_export_says_so_and_metres_are_not_shifted(tmp_path) -> None:
    out = Outgoing("h", pd.DataFrame({"id": ["a", "b", "c"]}), POINTS, "Point")
    write(out, tmp_path / "a.zip", "shp", Form(datum="gcj02"), verify=True)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert "SHIFTED to GCJ-02" in archive.read("README.txt").decode()
    shifted = read(tmp_path / "a.zip").geometry[0]
    assert 300 < shifted.distance(POINTS[0]) * 95_000 < 700
    with pytest.raises(UnknownWord, match="metres"):
        write(out, tmp_path / "b.zip", "shp", Form(crs="EPSG:4544", datum="gcj02"))


def damaged(path, name: str, old: bytes, new: bytes):
    with zipfile.ZipFile(path) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    assert old in parts[name]
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in parts.items():
            archive.writestr(entry, data.replace(old, new) if entry == name else data)


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("homes.dbf", b"H2", b"H9", "id of row 2 came back as something else"),
        ("homes.dbf", b"20261122", b"20261123", "day of row 1"),
        ("homes.shp", np.float64(105.1).tobytes(), np.float64(105.2).tobytes(), "shape of row 3"),
        ("homes.prj", b'"WGS_1984",6378137.0,298', b'"K",6378245.0,298', "coordinate system"),
    ],
)
def test_an_export_that_is_not_what_was_written_is_not_handed_out(
    tmp_path, monkeypatch, name, old, new, problem
) -> None:
    frame = pd.DataFrame({"id": ["H1", "H2", "H3"], "day": objects([DAY, None, None])})
    out = Outgoing("homes", frame, POINTS, "Point")
    real = readback.read

    def look(path, **said):
        damaged(path, name, old, new)
        return real(path, **said)

    monkeypatch.setattr(readback, "read", look)
    monkeypatch.setattr(readback, "_BLOCK", 2)  # the third shape is compared apart from the first
    with pytest.raises(ExportDiffers, match=problem):
        write(out, tmp_path / "a.zip", "shp", verify=True)
    assert list(tmp_path.iterdir()) == []


def test_a_geopackage_carries_its_style_and_reads_as_one_layer(tmp_path) -> None:
    frame = pd.DataFrame({"code": ["G1"], "coverage": [0.9]})
    out = Outgoing("coverage", frame, objects([box(105, 35, 106, 36)]), "MultiPolygon")
    write(out, tmp_path / "a.gpkg", "gpkg", verify=True)
    told = subprocess.run(
        ["ogrinfo", "-al", str(tmp_path / "a.gpkg"), "layer_styles"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "f_table_name (String) = coverage" in told
    assert "graduatedSymbol" in told
    assert read(tmp_path / "a.gpkg").layer == "coverage"


def test_the_twin_in_the_zip_keeps_what_the_shapefile_could_not(tmp_path) -> None:
    path = tmp_path / "a.zip"
    write(every_kind(), path, "shp", Form(crs="EPSG:4490", twin=True), verify=True)
    with zipfile.ZipFile(path) as archive:
        assert "households.gpkg" in archive.namelist()
        assert "households.gpkg holds the same rows" in archive.read("README.txt").decode()
        archive.extract("households.gpkg", tmp_path)
    command = ["ogrinfo", "-al", "-ro", str(tmp_path / "households.gpkg")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "说明说明说明二 (String) = b" in told
    assert f"说明说明说明 (String) = {'市' * 200}" in told
    assert f"big (Integer64) = {2**60}" in told
    assert 'ID["EPSG",4490]' in told
    assert "f_table_name (String) = households" in told
    # The zip is a shapefile still, for GDAL and for us.
    command = ["ogrinfo", "-so", f"/vsizip/{path}", "households"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "using driver `ESRI Shapefile'" in told
    assert "Feature Count: 3" in told
    assert len(read(path)) == 3


@pytest.mark.parametrize(("level", "packed"), [(0, False), (1, True)])
def test_the_zip_is_packed_as_it_is_told(tmp_path, monkeypatch, level, packed) -> None:
    """An archive's own level passes its entries by: half of an export's time went into packing."""
    monkeypatch.setattr("gisgrid.exchange.write_shp._LEVEL", level)
    write(every_kind(), tmp_path / "a.zip", "shp", Form(twin=True))
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        for name in ("households.dbf", "households.gpkg"):
            entry = archive.getinfo(name)
            assert (entry.compress_size < entry.file_size) is packed, name


def test_a_twin_that_is_not_what_was_written_is_not_handed_out(tmp_path, monkeypatch) -> None:
    real = readback.read_back

    def changed(*given, **options):
        table = real(*given, **options)
        table.columns["name"][0] = "张韦"
        return table

    monkeypatch.setattr(readback, "read_back", changed)
    with pytest.raises(ExportDiffers, match="name of row 1"):
        write(every_kind(), tmp_path / "a.zip", "shp", Form(twin=True), verify=True)
    assert list(tmp_path.iterdir()) == []
