"""A GeoPackage is written by sqlite3 alone; GDAL and SQLite itself say whether it is a good one."""

from __future__ import annotations

import sqlite3

import fiona
import numpy as np
import pandas as pd
import pytest
import shapely

from gisgrid.exchange.outgoing import Form, Outgoing
from gisgrid.exchange.writers import write


def homes(count: int) -> Outgoing:
    rng = np.random.default_rng(count)
    points = shapely.points(rng.uniform(104, 106, count).round(7), rng.uniform(35, 36, count))
    if count > 2:
        points[2] = None
    frame = pd.DataFrame({"id": [f"H{n}" for n in range(count)], "name": "会宁"}, dtype=object)
    return Outgoing("households", frame, points, "Point")


@pytest.mark.parametrize("count", [0, 1, 51, 52, 51 * 51 + 1])
def test_the_spatial_index_is_whole_at_every_depth_and_finds_what_lies_in_a_box(
    tmp_path, count
) -> None:
    out = homes(count)
    path = tmp_path / "a.gpkg"
    write(out, path, "gpkg")
    base = sqlite3.connect(path)
    assert base.execute("SELECT rtreecheck('rtree_households_geom')").fetchone() == ("ok",)
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not base.execute("PRAGMA foreign_key_check").fetchall()
    found = base.execute(
        "SELECT id FROM rtree_households_geom WHERE minx >= 104.5 AND maxx <= 105 AND miny >= 35.5"
    )
    x, y = shapely.get_x(out.geometry), shapely.get_y(out.geometry)
    inside = np.flatnonzero((x >= 104.5001) & (x <= 104.9999) & (y >= 35.5001)) + 1
    assert set(inside.tolist()) <= {row[0] for row in found} <= set(range(1, count + 1))
    base.close()


def test_who_edits_the_file_later_keeps_its_index_right(tmp_path) -> None:
    path = tmp_path / "a.gpkg"
    write(homes(60), path, "gpkg", verify=True)
    with fiona.open(path, "a", layer="households") as layer:
        layer.write(
            {
                "type": "Feature",
                "properties": {"id": "new", "name": "新"},
                "geometry": {"type": "Point", "coordinates": (100.0, 30.0)},
            }
        )
    base = sqlite3.connect(path)
    assert base.execute("SELECT rtreecheck('rtree_households_geom')").fetchone() == ("ok",)
    least, most, bottom, _ = base.execute(
        "SELECT minx, maxx, miny, maxy FROM rtree_households_geom WHERE id = 61"
    ).fetchone()
    assert least <= 100.0 <= most
    assert bottom <= 30.0
    base.close()


def test_shapes_in_metres_come_with_their_system_and_extent(tmp_path) -> None:
    shape = shapely.box(105, 35, 105.01, 35.01)
    out = Outgoing(
        "grids", pd.DataFrame({"code": ["G1"]}), np.array([shape], dtype=object), "MultiPolygon"
    )
    write(out, tmp_path / "a.gpkg", "gpkg", Form(crs="EPSG:4544"), verify=True)
    with fiona.open(tmp_path / "a.gpkg") as layer:
        assert layer.crs.to_epsg() == 4544
        assert layer.schema["geometry"] == "MultiPolygon"
        west, south, east, north = layer.bounds
    assert west == pytest.approx(500000, abs=0.01)
    assert east - west == pytest.approx(913, abs=1)
    assert north - south == pytest.approx(1109, abs=1)


def test_qgis_finds_the_style_by_the_question_that_it_asks(tmp_path) -> None:
    path = tmp_path / "a.gpkg"
    write(homes(3), path, "gpkg")
    base = sqlite3.connect(path)
    # As QGIS 3.22 asks when it opens a layer; a column that is missing leaves it without a style.
    (style,) = base.execute(
        'SELECT "styleQML" FROM "layer_styles" m WHERE f_table_schema = \'\' AND '
        "f_table_name = 'households' AND f_geometry_column = 'geom' "
        "ORDER BY CASE WHEN useAsDefault THEN 1 ELSE 2 END, update_time DESC LIMIT 1"
    ).fetchone()
    assert "renderer-v2" in style
    (when,) = base.execute("SELECT update_time FROM layer_styles").fetchone()
    assert when[10] == "T"
    assert when.endswith("Z")
    base.close()
