"""What a preview says an import would change is what the import then changes."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box

from gisgrid.access import CONSOLE, EVERYWHERE, Actor, Role
from gisgrid.operations import exporting
from gisgrid.operations.importing import ImportOptions, preview, run

SHAPES = {
    "G1": box(105, 35, 105.01, 35.01),
    "G2": box(105.01, 35, 105.02, 35.01),
    "G3": box(105.02, 35, 105.03, 35.01),
}
REASON = "what a test takes along"


@pytest.fixture
def ws(empty_workspace):
    ws = empty_workspace()
    codes = list(SHAPES)
    homes = [f"H{i}" for i in range(9)]
    at = [Point(105.0012345 + i * 0.003, 35.0076543) for i in range(8)]
    with ws.store.write() as w:
        w.put_areas(
            pd.DataFrame(
                {
                    "code": ["C", "V1"],
                    "name": ["会宁县", "东关村"],
                    "level": ["county", "village"],
                    "parent_code": [None, "C"],
                }
            )
        )
        grids = {"code": codes, "name": ["东", "西", None], "area_code": "V1", "member": "张伟"}
        w.put_grids(gpd.GeoDataFrame(grids, geometry=list(SHAPES.values()), crs="EPSG:4326"))
        people = {
            "id": homes,
            "name": "王",
            "address": "东关1号",
            "listed_on": date(2026, 1, 1),
            "visit_every_days": [None, 14, *[None] * 7],
        }
        w.put_households(gpd.GeoDataFrame(people, geometry=[*at, None], crs="EPSG:4326"))
        when = pd.date_range("2026-11-01", periods=9, freq="h", tz="Asia/Shanghai")
        w.put_visits(
            pd.DataFrame(
                {
                    "id": [f"v{i}" for i in range(9)],
                    "household_id": homes,
                    "visited_at": when,
                    "outcome": "met",
                    "note": "门口有狗",
                }
            )
        )
        cases = {
            "id": ["K1", "K2"],
            "household_id": ["H1", None],
            "category": "用水",
            "opened_on": date(2026, 11, 1),
            "note": "漏水",
        }
        w.put_cases(gpd.GeoDataFrame(cases, geometry=[None, Point(105.5, 35.5)], crs="EPSG:4326"))
    return ws


def kinds(report):
    return [(row["kind"], row["key"]) for row in report.changes]


ALL = ("areas", "grids", "households", "visits", "cases")


@pytest.mark.parametrize(
    ("form", "layers"),
    [
        ("csv", ALL),
        ("geojson", ALL),
        ("shp", ("grids", "households")),
        ("gpkg", ("grids", "cases")),
        ("fgb", ("grids",)),
        ("kml", ("households",)),
        ("xlsx", ("visits",)),
    ],
)
def test_our_own_export_is_known_again_to_the_last_coordinate(ws, tmp_path, form, layers) -> None:
    for layer in layers:
        path = exporting.export(
            ws, CONSOLE, layer, tmp_path, format=form, reason=REASON, verify=False
        )
        found = preview(ws, CONSOLE, layer, path, ImportOptions(whole_plan=layer == "grids"))
        touched = (found.imported, found.updated, found.removed, found.refused)
        assert touched == (0, 0, 0, 0), layer
        assert (found.unchanged, found.changes, found.unmoved) == (found.rows_read, [], True), layer


CHOSEN = (("grids", "code,area_code"), ("households", ""), ("households", "address,id"))
EVERY = (
    *((layer, "") for layer in ALL),
    ("areas", "name,level,code"),
    ("grids", "code,name"),
    ("households", "id,name"),
    ("visits", "household_id,id,visited_at,outcome"),
    ("cases", "opened_on,id"),
)


@pytest.mark.parametrize("new_store_url", ["gpkg"], indirect=True)
@pytest.mark.parametrize("form", ["csv", "xlsx", "geojson", "shp", "gpkg", "fgb", "kml"])
def test_our_own_export_is_known_again_with_and_without_names(ws, tmp_path, form) -> None:
    # A label beside a place is what only a KML has.
    for layer, said in (*CHOSEN, *EVERY) if form == "kml" else CHOSEN:
        if (layer, form) == ("grids", "xlsx"):
            continue  # a sheet has no room for their shapes, and says so
        columns = tuple(said.split(",")) if said else ()
        told = {"columns": columns, "reason": REASON if "name" in columns else ""}
        path = exporting.export(ws, CONSOLE, layer, tmp_path, format=form, verify=False, **told)
        found = preview(ws, CONSOLE, layer, path, ImportOptions())
        assert (found.unmoved, found.unchanged) == (True, found.rows_read), (layer, said)


def test_a_kml_of_others_whose_label_is_the_only_name_keeps_it(ws, tmp_path) -> None:
    path = tmp_path / "others.kml"
    mark = (
        "<Placemark><name>{}</name><ExtendedData><Data name='id'><value>{}</value></Data>"
        "</ExtendedData><Point><coordinates>105.001,35.001</coordinates></Point></Placemark>"
    )
    marks = mark.format("李娜", "N1") + mark.format("N2", "N2")
    path.write_text(f"<kml><Document>{marks}</Document></kml>", "utf-8")
    run(ws, CONSOLE, "households", path, ImportOptions())
    homes = ws.store.households(scope=EVERYWHERE, ids=["N1", "N2"])
    assert homes["name"].tolist() == ["李娜", "N2"]


def test_households_new_changed_and_unchanged_are_told_apart_side_by_side(ws, tmp_path) -> None:
    path = tmp_path / "homes.csv"
    path.write_text(
        "id,address,lon,lat\n"
        "H0,东关1号,105.0012345,35.0076543\n"  # as it is stored
        "H1,东关2号,105.0042345,35.0076543\n"
        "H2,东关1号,105.0072345,35.0086543\n"
        "N1,东关9号,105.001,35.001\n",
        "utf-8",
    )
    told = preview(ws, CONSOLE, "households", path, ImportOptions())
    assert (told.imported, told.updated, told.unchanged) == (1, 2, 1)
    new, readdressed, moved = told.changes
    assert (new["kind"], new["key"]) == ("new", "N1")
    assert readdressed == {
        "kind": "changed",
        "key": "H1",
        "columns": [{"name": "address", "before": "东关1号", "after": "东关2号"}],
    }
    (position,) = moved["columns"]
    assert (position["before"], position["after"]) == (
        "105.0072345, 35.0076543",
        "105.0072345, 35.0086543",
    )
    assert position["moved_m"] == pytest.approx(110.9, abs=0.1)
    before = ws.store.changes()
    done = run(ws, CONSOLE, "households", path, ImportOptions())
    assert ws.store.changes() != before
    assert (done.imported, done.updated, done.unchanged) == (1, 2, 1)


def test_a_plan_that_is_replaced_whole_says_what_is_gone(ws, tmp_path) -> None:
    path = tmp_path / "grids.geojson"
    rows = [
        {"code": "G1", "name": "东", "area_code": "V1", "geometry": SHAPES["G1"]},
        {"code": "G2", "name": "南", "area_code": "V1", "geometry": SHAPES["G2"]},
        {"code": "N9", "name": None, "area_code": "V1", "geometry": SHAPES["G3"]},
    ]
    gpd.GeoDataFrame(rows, crs="EPSG:4326").to_file(path, driver="GeoJSON")
    told = preview(ws, CONSOLE, "grids", path, ImportOptions(whole_plan=True))
    assert (told.imported, told.updated, told.unchanged, told.removed) == (1, 1, 1, 1)
    assert kinds(told) == [("new", "N9"), ("changed", "G2"), ("gone", "G3")]
    assert told.changes[1]["columns"] == [{"name": "name", "before": "西", "after": "南"}]
    done = run(ws, CONSOLE, "grids", path, ImportOptions(whole_plan=True))
    assert (done.imported, done.updated, done.unchanged, done.removed) == (1, 1, 1, 1)


def test_a_column_that_the_pages_hide_is_told_as_changed_without_what_is_stored(
    ws, tmp_path
) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("id,opened_on,note\nK1,2026-11-01,修好了\n", "utf-8")
    officer = Actor("officer", Role.DATA_OFFICER, EVERYWHERE)
    (row,) = preview(ws, officer, "cases", path, ImportOptions()).changes
    assert row["columns"] == [{"name": "note", "before": None, "after": "修好了", "hidden": True}]
    (look,) = ws.store.audit_rows(limit=1)
    assert (look.action, look.object) == ("compare_import", "cases:K1")
