"""Real layers through the importer into a real store, against an independent computation."""

from __future__ import annotations

import csv
from datetime import date, datetime

import geopandas as gpd
import pytest
import shapely

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.operations.figures import case_table, coverage_table
from gisgrid.operations.importing import ImportOptions, run

pytestmark = pytest.mark.real_data

DAY = date(2018, 7, 1)


def test_every_address_of_the_isle_of_man_lies_in_exactly_one_parish(
    empty_workspace, real_file
) -> None:
    ws = empty_workspace(zone="Europe/Isle_of_Man")
    parishes, addresses = (
        real_file(f"B_points/iom_{name}") for name in ("boundaries_osm.gpkg", "addresses_osm.csv")
    )
    grids = ImportOptions(layer_name="parishes", fields={"code": "osm_id"})
    assert run(ws, CONSOLE, "grids", parishes, grids).imported == 24
    homes = ImportOptions(fields={"id": "osm_id", "address": "addr:street"})
    report = run(ws, CONSOLE, "households", addresses, homes)
    assert (report.imported, report.refused, report.outside, report.unlocated) == (4231, 0, 0, 0)

    stored = ws.store.households(scope=EVERYWHERE).set_index("id")["placed_in"]
    frame = gpd.read_file(parishes, layer="parishes")
    points = gpd.read_file(addresses)
    points = gpd.GeoDataFrame(
        points, geometry=gpd.points_from_xy(points["lon"], points["lat"]), crs=4326
    )
    joined = points.sjoin(frame, predicate="within")
    assert len(joined) == 4231
    expected = joined.set_index("osm_id_left")["osm_id_right"]
    assert stored.to_dict() == expected.to_dict()
    table = coverage_table(ws, CONSOLE, by="grid")
    counts = table[table["code"] != ""].set_index("code")["households"].to_dict()
    assert counts == expected.value_counts().to_dict()
    assert table["households"].sum() == 4231

    for layer, path, options in (("grids", parishes, grids), ("households", addresses, homes)):
        again = run(ws, CONSOLE, layer, path, options)
        assert (again.imported, again.updated) == (0, 0)


def test_every_request_of_baltimore_is_counted_somewhere(empty_workspace, real_file) -> None:
    ws = empty_workspace(zone="America/New_York")
    districts = real_file("C_cases/baltimore_council_districts.gpkg")
    requests = real_file("C_cases/baltimore_311_dev.csv")
    options = ImportOptions(fields={"code": "id"})
    report = run(ws, CONSOLE, "grids", districts, options)
    assert report.imported == 14
    assert report.crs == "EPSG:2804 NAD83(HARN) / Maryland"
    # The city's lines have hairs of centimetres; they are told, one by one.
    assert {repair["what"] for repair in report.repaired} <= {"overlap", "gap", "edges"}
    assert max(r["area_m2"] for r in report.repaired if r["what"] == "overlap") < 1
    fields = {
        "id": "SRRecordID",
        "category": "SRType",
        "opened_on": "CreatedDate",
        "due_on": "DueDate",
        "closed_on": "CloseDate",
        "status": "SRStatus",
    }
    report = run(ws, CONSOLE, "cases", requests, ImportOptions(fields=fields))
    assert (report.imported, report.refused) == (5000, 0)
    assert report.unlocated == 748
    assert report.outside == 84
    assert report.date_format == {"opened_on": "MDY", "due_on": "MDY", "closed_on": "MDY"}

    table = case_table(ws, CONSOLE, as_of=DAY, by="grid")
    expected, located, nowhere = _by_hand(districts, requests)
    assert len(located) == 5000 - 748
    assert nowhere == 84
    inside = {code: count for code, count in expected.items() if code}
    assert sum(inside.values()) == 83
    found = {row.code: row.open for row in table.itertuples() if row.code}
    assert found == inside
    assert int(table["open"].iloc[-1]) == expected[""]
    assert int(table["open"].sum()) == sum(expected.values()) == 87

    again = run(ws, CONSOLE, "cases", requests, ImportOptions(fields=fields))
    assert (again.imported, again.updated, again.unchanged) == (0, 0, 5000)


def _by_hand(districts, requests):
    """Open requests by district ("" for none) on DAY; located rows; located rows in none."""
    frame = gpd.read_file(districts).to_crs(4326)
    counts = dict.fromkeys([*frame["id"], ""], 0)
    located, nowhere = [], 0
    with requests.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            lat, lon = row["Latitude"], row["Longitude"]
            code = ""
            if lat and not (float(lat).is_integer() and float(lon).is_integer()):
                located.append(row)
                point = shapely.Point(float(lon), float(lat))
                codes = frame["id"][frame.contains(point)].tolist()
                code = codes[0] if codes else ""
                nowhere += not codes
            closed = row["CloseDate"] and _day(row["CloseDate"])
            counts[code] += _day(row["CreatedDate"]) <= DAY and (not closed or closed > DAY)
    return counts, located, nowhere


def _day(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").date()  # noqa: DTZ007 - local days


@pytest.mark.parametrize(
    ("file", "code", "rows", "crs"),
    [
        ("D_partitions/baltimore_2020_tracts_blockgroups.gpkg", "geoid", 199, "EPSG:4269"),
        ("D_partitions/chicago_wards_2019.zip", "ward", 50, "WGS84(DD)"),
        ("A_huining/baiyin_counties_cgcs2000.geojson", "adcode", 5, "EPSG:4490"),
    ],
)
def test_clean_partitions_of_offices_come_in_without_repair(
    empty_workspace, real_file, file, code, rows, crs
) -> None:
    ws = empty_workspace()
    layer = "tracts" if file.endswith("blockgroups.gpkg") else None
    options = ImportOptions(layer_name=layer, fields={"code": code})
    report = run(ws, CONSOLE, "grids", real_file(file), options)
    assert (report.imported, report.repaired) == (rows, [])
    assert report.crs is not None
    assert crs in report.crs


def test_the_divisions_of_huining_come_in_as_areas(empty_workspace, real_file, tmp_path) -> None:
    ws = empty_workspace()
    path = real_file("A_huining/huining_divisions_nbs.csv")
    text = path.read_text("utf-8").replace(",620400000000\n", ",\n")  # the city above is not ours
    target = tmp_path / path.name
    target.write_text(text, "gb18030")  # as offices save it
    report = run(ws, CONSOLE, "areas", target, ImportOptions())
    assert (report.imported, report.encoding) == (351, "gb18030")
    assert set(ws.store.areas(scope=EVERYWHERE)["level"]) == {"county", "township", "village"}
