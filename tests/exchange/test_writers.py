from __future__ import annotations

import json
import subprocess
import zipfile
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import Point, Polygon, box

from gisgrid.columns import objects
from gisgrid.errors import ExportDiffers, FileUnwritable, FormatUnknown
from gisgrid.exchange import readback
from gisgrid.exchange.outgoing import Form, Outgoing
from gisgrid.exchange.readers import read
from gisgrid.exchange.tables import cell_text, guarded, table_csv, unguarded
from gisgrid.exchange.writers import FORMATS, write

DAY = date(2026, 11, 22)
HOMES = pd.DataFrame(
    {
        "id": ["H1", "H2", "H3"],
        "name": objects(["张伟", "=cmd|' /C calc'!A0", None]),
        "visit_every_days": objects([7, None, 14]),
        "listed_on": objects([DAY, None, date(2026, 1, 2)]),
        "unlisted_on": objects([None, None, None]),
    }
)
POINTS = objects([Point(105.0533581, 35.6928235), None, Point(105.1, 35.2)])


def homes() -> Outgoing:
    return Outgoing("households", HOMES, POINTS, "Point")


def path_of(folder, form: str):
    return folder / f"out{FORMATS[form]}"


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_can_be_read_again(tmp_path, form: str) -> None:
    path = path_of(tmp_path, form)
    write(homes(), path, form)
    table = read(path)
    long, short = "visit_every_days", "everydays"
    columns = {heading.replace(short, long): cells for heading, cells in table.columns.items()}
    assert columns["id"].tolist() == ["H1", "H2", "H3"]
    assert columns["name"].tolist() == ["张伟", "=cmd|' /C calc'!A0", None]
    assert [None if v is None else int(v) for v in columns[long]] == [7, None, 14]
    assert [None if v is None else str(v)[:10] for v in columns["listed_on"]] == [
        "2026-11-22",
        None,
        "2026-01-02",
    ]
    if form in {"csv", "xlsx"}:
        assert [float(v) for v in columns["lon"] if v is not None] == [105.0533581, 105.1]
    else:
        assert shapely.equals(table.geometry, POINTS).tolist() == [True, False, True]
        assert table.geometry[1] is None


@pytest.mark.parametrize("form", FORMATS)
def test_a_table_without_rows_or_shapes_is_written_too(tmp_path, form: str) -> None:
    write(Outgoing("areas", HOMES), path_of(tmp_path, form), form)
    write(Outgoing("areas", HOMES.iloc[:0]), path_of(tmp_path, form), form)
    columns = {"days": np.int64, "coverage": np.float64, "known": np.bool_, "at": "datetime64[ns]"}
    none = HOMES.iloc[:0].assign(**{name: np.array([], kind) for name, kind in columns.items()})
    out = Outgoing("homes", none, POINTS[:0], "Point")
    written = write(out, path_of(tmp_path, form), form, Form(twin=True), verify=True)
    assert written.checked == readback.Checked(0, 0, 0)
    assert sorted(tmp_path.iterdir()) == [path_of(tmp_path, form)]


def test_a_shapefile_brings_its_parts_its_names_and_a_note(tmp_path) -> None:
    long = HOMES.assign(address=["市" * 200, "", "x"])
    write(Outgoing("households", long, POINTS, "Point"), tmp_path / "a.zip", "shp")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
        assert names == [
            *(f"households.{part}" for part in ("shp", "shx", "dbf", "prj", "cpg")),
            "fields.csv",
            "not_kept.csv",
            "README.txt",
        ]
        assert archive.read("households.cpg") == b"UTF-8"
        fields = archive.read("fields.csv").decode("utf-8-sig")
        assert "everydays,visit_every_days,visit interval in days,走访周期（天）" in fields
        assert "市" * 200 in archive.read("not_kept.csv").decode("utf-8-sig")
        readme = archive.read("README.txt").decode()
        assert "address: 1 texts longer than 254 bytes are cut; not_kept.csv holds them" in readme
    assert read(tmp_path / "a.zip").columns["address"].tolist()[0] == "市" * 84


def test_the_same_rows_give_the_same_zip(tmp_path) -> None:
    write(homes(), tmp_path / "a.zip", "shp")
    write(homes(), tmp_path / "b.zip", "shp")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_geopackage_has_types_a_crs_and_an_index(tmp_path) -> None:
    frame = pd.DataFrame({"code": ["G1", ""], "households": [80, 3], "coverage": [0.95, np.nan]})
    shapes = objects([box(105, 35, 105.01, 35.01), None])
    write(Outgoing("coverage", frame, shapes, "MultiPolygon"), tmp_path / "a.gpkg", "gpkg")
    done = subprocess.run(
        ["ogrinfo", "-al", str(tmp_path / "a.gpkg"), "coverage"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    for line in ("Multi Polygon", "Feature Count: 2", "households: Integer64", "coverage: Real"):
        assert line in done.stdout
    assert 'ID["EPSG",4326]' in done.stdout
    assert "coverage (Real) = (null)" in done.stdout
    assert b"rtree_coverage_geom" in (tmp_path / "a.gpkg").read_bytes()


def test_geojson_is_as_rfc_7946_wants_it(tmp_path) -> None:
    clockwise = Polygon([(105, 35), (105, 35.01), (105.0123456789, 35.01), (105.01, 35)])
    frame = pd.DataFrame({"code": ["G1"], "coverage": [0.123456], "due_on": objects([DAY])})
    write(
        Outgoing("c", frame, objects([clockwise]), "MultiPolygon"),
        tmp_path / "a.geojson",
        "geojson",
    )
    found = json.loads((tmp_path / "a.geojson").read_text("utf-8"))
    assert set(found) == {"type", "features"}
    (feature,) = found["features"]
    assert feature["properties"] == {"code": "G1", "coverage": 0.1235, "due_on": "2026-11-22"}
    ring = feature["geometry"]["coordinates"][0]
    assert shapely.LinearRing(ring).is_ccw
    assert [105.0123457, 35.01] in ring


def test_a_spreadsheet_runs_nothing(tmp_path) -> None:
    write(homes(), tmp_path / "a.xlsx", "xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "'=cmd" in sheet.replace("&apos;", "'")
    write(homes(), tmp_path / "a.csv", "csv")
    text = (tmp_path / "a.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfid,name,")
    assert b"'=cmd" in text


def test_figures_keep_their_columns_in_a_csv(tmp_path) -> None:
    frame = pd.DataFrame({"code": ["G1"], "coverage": [0.5]})
    shapes = objects([box(105, 35, 105.01, 35.01)])
    out = Outgoing("coverage", frame, shapes, "MultiPolygon", as_text=False)
    write(out, tmp_path / "a.csv", "csv")
    assert (tmp_path / "a.csv").read_text("utf-8-sig") == table_csv(frame)


def test_polygons_go_into_a_csv_as_text(tmp_path) -> None:
    shapes = objects([box(105, 35, 105.01, 35.01)])
    write(
        Outgoing("grids", pd.DataFrame({"code": ["G1"]}), shapes, "MultiPolygon"),
        tmp_path / "a.csv",
        "csv",
    )
    assert shapely.from_wkt(read(tmp_path / "a.csv").columns["wkt"][0]).equals(shapes[0])


def test_a_file_that_cannot_be_written_is_a_sentence_and_the_old_one_stays(tmp_path) -> None:
    with pytest.raises(FileUnwritable, match="No such file or directory; choose another place"):
        write(homes(), tmp_path / "none" / "a.csv", "csv")
    old = tmp_path / "a.geojson"
    old.write_text("old")
    broken = Outgoing("c", pd.DataFrame({"x": [float("inf")]}), POINTS[:1], "Point")
    with pytest.raises(ValueError, match="Out of range"):
        write(broken, old, "geojson")
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


@pytest.mark.parametrize("form", ["geojson", "kml"])
@pytest.mark.parametrize("system", ["EPSG:4544", "EPSG:4214"])
def test_a_format_that_names_no_system_is_written_in_wgs_84_alone(tmp_path, form, system) -> None:
    with pytest.raises(FormatUnknown, match=f"{form} in {system}"):
        write(homes(), tmp_path / "a", form, Form(crs=system))
    assert not write(homes(), tmp_path / "a", form, Form(crs="EPSG:4490")).losses


@pytest.mark.parametrize("form", ["gpkg", "fgb", "parquet"])
def test_a_file_that_names_another_system_is_not_what_was_asked_for(tmp_path, form) -> None:
    path = path_of(tmp_path, form)
    write(homes(), path, form, Form(crs="EPSG:4490"))  # the same degrees under another name
    with pytest.raises(ExportDiffers, match=r"says EPSG:4490 .* of its coordinate system"):
        readback.check(homes(), path, form, Form(crs="EPSG:4326"), "a")


def test_a_kml_that_labels_a_place_otherwise_is_not_handed_out(tmp_path, monkeypatch) -> None:
    real = readback.read_back

    def look(path, *given, **said):
        path.write_text(path.read_text().replace("<name>张伟</name>", "<name>张韦</name>"))
        return real(path, *given, **said)

    write(homes(), tmp_path / "a", "kml", verify=True)
    monkeypatch.setattr(readback, "read_back", look)
    with pytest.raises(ExportDiffers, match="the label of row 1"):
        write(homes(), tmp_path / "b", "kml", verify=True)


def test_an_unknown_format_lists_the_known_ones(tmp_path) -> None:
    with pytest.raises(
        FormatUnknown,
        match=r"dwg is not a format.*xlsx, csv, gpkg, shp, geojson, fgb, par",
    ):
        write(homes(), tmp_path / "a.dwg", "dwg")


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("coverage", 1.0, "1.0000"),
        ("coverage", 0.94996, "0.9500"),
        ("coverage", float("nan"), ""),
        ("lon", 105.1, "105.1000000"),
        ("households", np.int64(80), "80"),
        ("households", 80.0, "80"),
        ("due_on", DAY, "2026-11-22"),
        ("due_on", pd.NaT, ""),
        ("visited_at", datetime(2026, 11, 22, 1, 30, tzinfo=UTC), "2026-11-22T01:30:00Z"),
        ("name", None, ""),
        ("name", pd.NA, ""),
        ("flag", True, "1"),
    ],
)
def test_every_value_has_one_way_to_be_written(column: str, value, text: str) -> None:
    assert cell_text(column, value) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-", "@x", "\tx", "＝1", "－", "plain", "'quoted'", ""]
)
def test_a_guarded_text_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in set("=+-@\t\r＝＋－＠")


def test_a_csv_quotes_what_needs_it() -> None:
    frame = pd.DataFrame({"code": ["G,1"], "name": ['say "no"']})
    assert table_csv(frame) == 'code,name\n"G,1","say ""no"""\n'
