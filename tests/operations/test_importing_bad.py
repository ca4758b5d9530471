"""Bad input: each a clear sentence with the row and the cure, and nothing changed."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString, Polygon, box

from gisgrid.access import CONSOLE
from gisgrid.errors import (
    ColumnMissing,
    CrsUnknown,
    DateFormatAmbiguous,
    EncodingUnknown,
    FileEmpty,
    FileNotWhatItSays,
    GisgridError,
    HeadingMissing,
    LayerChoice,
    RowsRefused,
    UnknownWord,
)
from gisgrid.operations.importing import ImportOptions, run

from .conftest import GPKG_ONLY

HOME = "id,name,address,listed_on,unlisted_on,grid_code,visit_every_days,lon,lat"


@pytest.fixture
def ws(empty_workspace):
    """One township with a village and two grids, one household."""
    ws = empty_workspace()
    with ws.store.write() as w:
        rows = [("T", "镇", "township", None), ("V", "村", "village", "T")]
        w.put_areas(pd.DataFrame(rows, columns=["code", "name", "level", "parent_code"]))
        w.put_grids(
            gpd.GeoDataFrame(
                {"code": ["G1", "G2"], "area_code": ["V", "V"]},
                geometry=[box(105, 35, 105.01, 35.01), box(105.01, 35, 105.02, 35.01)],
                crs="EPSG:4326",
            ),
            valid_from=None,
        )
        w.put_households(
            gpd.GeoDataFrame(
                {"id": ["H1"]}, geometry=gpd.points_from_xy([105.005], [35.005]), crs=4326
            )
        )
    return ws


@pytest.fixture
def refused(ws, tmp_path):
    """What an import raises, once it is sure that the store is as it was."""

    def go(layer, content, name="file.csv", **options) -> GisgridError:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        before = ws.store.changes()
        with pytest.raises(GisgridError) as err:
            run(ws, CONSOLE, layer, path, ImportOptions(**options))
        assert ws.store.changes() == before
        return err.value

    return go


BAD_ROWS = [
    ("households", HOME, "H2,,,,,,,0,0", "The position is (0, 0), a place in the sea off Africa."),
    (
        "households",
        HOME,
        "H2,,,,,,,35,105",
        "The position 35, 105 has latitude where longitude should be.",
    ),
    (
        "households",
        HOME,
        "H2,,,,,,,500000,35",
        "The position 500000, 35 does not lie on Earth in EPSG:4326 WGS 84.",
    ),
    ("households", HOME, "H2,,,,,,,105,", "The position has only one of longitude and latitude."),
    ("households", HOME, "H2,,,,,,,105E,35", "lon “105E” is not a number."),
    ("households", HOME, ",张,,,,,,105,35", "id is empty."),
    ("households", HOME, "H2,,,,,G9,,,", "grid_code “G9” is an unknown area."),
    (
        "households",
        HOME,
        "H2,,,2026-02-30,,,,,",
        "listed_on “2026-02-30” is not a date written as year-month-day.",
    ),
    ("households", HOME, "H2,,,1899-12-31,,,,,", "listed_on 1899-12-31 lies before 1900-01-01."),
    (
        "households",
        HOME,
        "H2,,,2026-02-02,2026-02-01,,,,",
        "unlisted_on 2026-02-01 lies before listed_on 2026-02-02.",
    ),
    (
        "households",
        HOME,
        "H2,,,,,,weekly,,",
        "visit_every_days “weekly” is not a whole number above 0.",
    ),
    ("households", HOME, "6.2E+11,,,,,,,,", "id “6.2E+11” was rounded by a spreadsheet."),
    (
        "visits",
        "household,date,outcome",
        "H9,2026-11-20,met",
        "There is no household “H9”.",
    ),
    (
        "visits",
        "household,date,outcome",
        "H1,2026-11-23,met",
        "visited_at 2026-11-23 lies in the future.",
    ),
    (
        "visits",
        "household,date,outcome",
        "H1,0001-01-01 00:00:00,met",
        "visited_at 0001-01-01 lies before 1900-01-01.",
    ),
    (
        "visits",
        "household,date,outcome",
        "H1,0001-01-01T00:00:00+14:00,met",
        "visited_at 0001-01-01 lies before 1900-01-01.",
    ),
    (
        "visits",
        "household,date,outcome",
        "H1,9999-12-31 23:59:59-12:00,met",
        "visited_at 9999-12-31 lies in the future.",
    ),
    (
        "cases",
        "id,household,opened_on",
        "K,H1,0001-01-01T00:00:00+14:00",
        "opened_on 0001-01-01 lies before 1900-01-01.",
    ),
    (
        "cases",
        "id,household,opened_on",
        "K,H1,9999-12-31 23:59:59-12:00",
        "opened_on 9999-12-31 lies in the future.",
    ),
    (
        "visits",
        "household,date,outcome",
        "H1,2026-11-20,perhaps",
        "outcome “perhaps” is not known.",
    ),
    ("visits", "household,date,outcome", "H1,,met", "visited_at is empty."),
    (
        "cases",
        "id,household,opened_on,due_on,closed_on",
        "K,H1,2026-12-01,,",
        "opened_on 2026-12-01 lies in the future.",
    ),
    (
        "cases",
        "id,household,opened_on,due_on,closed_on",
        "K,H1,2026-11-01,2027-01-01,2026-12-01",
        "closed_on 2026-12-01 lies in the future.",
    ),
    (
        "cases",
        "id,household,opened_on,due_on,closed_on",
        "K,H1,2026-11-02,2027-01-01,2026-11-01",
        "closed_on 2026-11-01 lies before opened_on 2026-11-02.",
    ),
    ("areas", "code,name,level,parent_code", "V2,村,hamlet,T", "level “hamlet” is not known."),
    (
        "areas",
        "code,name,level,parent_code",
        "V2,村,村,T9",
        "parent_code “T9” is neither in the file nor in the store.",
    ),
    (
        "areas",
        "code,name,level,parent_code",
        "T2,镇,镇,V",
        "The area lies in “V”, which is not of a higher level.",
    ),
    (
        "areas",
        "code,name,level,parent_code",
        "T,镇,镇,V",
        "The area lies within itself through parent_code.",
    ),
    (
        "grids",
        "code,area_code,wkt",
        'G3,V9,"POLYGON((106 35,106.01 35,106.01 35.01,106 35))"',
        "area_code “V9” is an unknown area.",
    ),
    ("grids", "code,area_code,wkt", "G3,V,", "The grid has no shape."),
    ("grids", "code,area_code,wkt", "G3,V,POLYGON((", "It has a shape that cannot be read."),
    (
        "grids",
        "code,area_code,wkt",
        'G3,V,"LINESTRING(106 35,106.01 35)"',
        "The shape is a LineString, not a Polygon.",
    ),
    (
        "grids",
        "code,area_code,wkt",
        'G3,V,"POLYGON((35 106,35.01 106,35.01 106.01,35 106))"',
        "The position 35, 106 has latitude where longitude should be.",
    ),
]


@GPKG_ONLY
@pytest.mark.parametrize(("layer", "headings", "line", "reason"), BAD_ROWS)
def test_a_bad_row_is_named_with_its_reason_and_its_cure(
    refused, layer, headings, line, reason
) -> None:
    err = refused(layer, f"{headings}\n{line}\n")
    assert isinstance(err, RowsRefused)
    (refusal,) = err.facts["report"]["refusals"]
    assert (refusal["row"], refusal["reason"]) == (2, reason)
    assert refusal["cure"].endswith(".")


@pytest.mark.parametrize(
    ("layer", "text", "column", "value", "row"),
    [
        ("households", "id\nH2\nH3\nH2\n", "id", "H2", 4),
        ("areas", "code,name,level\nA,x,县\nA,y,县\n", "code", "A", 3),
        ("cases", "id,opened_on\nK,2026-11-01\nK,2026-11-02\n", "id", "K", 3),
    ],
)
def test_duplicate_ids_are_refused_with_both_rows(refused, layer, text, column, value, row) -> None:
    err = refused(layer, text)
    (refusal,) = err.facts["report"]["refusals"]
    assert refusal["row"] == row
    assert refusal["reason"] == f"{column} “{value}” stands in row 2 too."


def test_duplicate_grids_are_refused(refused, tmp_path) -> None:
    frame = gpd.GeoDataFrame(
        {"code": ["G8", "G8"], "area_code": ["V", "V"]},
        geometry=[box(106, 35, 106.1, 35.1), box(107, 35, 107.1, 35.1)],
        crs=4326,
    )
    frame.to_file(tmp_path / "a.gpkg")
    err = refused("grids", (tmp_path / "a.gpkg").read_bytes(), "b.gpkg")
    assert err.facts["report"]["refusals"][0]["code"] == "duplicate"


def test_a_missing_column_is_named(refused) -> None:
    err = refused("visits", "household,date\nH1,2026-11-20\n")
    assert isinstance(err, ColumnMissing)
    assert str(err) == (
        "file.csv has no column for outcome among household, date; "
        "name it with --field outcome=THEIR_HEADING."
    )
    assert isinstance(refused("households", "name,lon,lat\n张,105,35\n"), ColumnMissing)


def test_files_that_are_wrong_as_a_whole_are_refused(refused) -> None:
    assert isinstance(refused("households", ""), FileEmpty)
    assert isinstance(refused("households", HOME), FileEmpty)
    assert isinstance(refused("households", b"PK\x03\x04"), FileNotWhatItSays)
    assert isinstance(refused("households", b"id\n\xff\xff\xff\n"), EncodingUnknown)
    assert isinstance(refused("households", "id\nH2\n", "a.docx"), UnknownWord)
    assert isinstance(refused("households", "id\nH2\n", fields={"colour": "id"}), UnknownWord)
    assert isinstance(refused("households", "id\nH2\n", fields={"name": "nom"}), HeadingMissing)
    assert isinstance(refused("households", "id,lon,lat\nH2,1,2\n", crs="EPSG:1"), UnknownWord)
    assert isinstance(refused("households", "id,lon,lat\nH2,1,2\n", datum="tokyo"), UnknownWord)
    assert isinstance(refused("households", "id,x,y\nH2,500000,3950000\n"), CrsUnknown)


def test_dates_in_doubt_are_asked_for(refused) -> None:
    err = refused("visits", "household,date,outcome\nH1,04/05/2026,met\nH1,05/05/2026,met\n")
    assert isinstance(err, DateFormatAmbiguous)
    assert "say which with --date-format" in str(err)


def test_a_shapefile_without_prj_and_a_package_of_many_layers_are_asked_about(
    refused, tmp_path
) -> None:
    frame = gpd.GeoDataFrame({"code": ["G8"]}, geometry=[box(106, 35, 106.1, 35.1)], crs=4326)
    frame.to_file(tmp_path / "one.shp")
    (tmp_path / "one.prj").unlink()
    err = refused("grids", (tmp_path / "one.shp").read_bytes(), "one.shp")
    assert isinstance(err, CrsUnknown)
    for layer in ("a", "b"):
        frame.to_file(tmp_path / "many.gpkg", layer=layer)
    err = refused("grids", (tmp_path / "many.gpkg").read_bytes(), "other.gpkg")
    assert isinstance(err, LayerChoice)


@pytest.mark.parametrize("lat", ["35.1e308", "1e308", "-1.7e308", "nan"])
def test_a_number_beyond_all_numbers_is_a_bad_row_among_good_ones(refused, lat: str) -> None:
    """Where the rows lie is looked at all together before any is refused."""
    err = refused("households", f"{HOME}\nH2,,,,,,,105,{lat}\nH3,,,,,,,105.015,35\n")
    assert [row["row"] for row in err.facts["report"]["refusals"]] == [2]


def test_several_bad_rows_are_all_told_in_their_order(refused) -> None:
    err = refused("households", f"{HOME}\nH2,,,,,,,0,0\nH3,,,,,,,,\nH2,,,,,,,,\n,,,,,,,0,0\n")
    codes = [(row["row"], row["code"]) for row in err.facts["report"]["refusals"]]
    assert codes == [(2, "zero_position"), (5, "zero_position")]


def test_shapes_that_cannot_be_grids_are_refused_each(refused, tmp_path) -> None:
    bow = Polygon([(106, 35), (106.02, 35.02), (106.02, 35), (106, 35.02)])
    frame = gpd.GeoDataFrame(
        {"code": ["G5", "G6", "G7"], "area_code": ["V", "V", "V"]},
        geometry=[bow, LineString([(106, 36), (106.1, 36)]), box(107, 35, 107.1, 35.1)],
        crs=4326,
    )
    frame.to_file(tmp_path / "a.geojson", driver="GeoJSON")
    err = refused("grids", (tmp_path / "a.geojson").read_bytes(), "b.geojson")
    codes = [(row["row"], row["code"]) for row in err.facts["report"]["refusals"]]
    assert codes == [(1, "ambiguous_shape"), (2, "wrong_shape")]
