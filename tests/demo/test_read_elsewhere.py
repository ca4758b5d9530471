"""Every export of the demo read by other programs: ogr2ogr and pyshp, every value and corner."""

from __future__ import annotations

import json
import struct
import subprocess
import zipfile
from datetime import date

import numpy as np
import polars
import pytest
import shapefile as pyshp
import shapely

from gisgrid.access import CONSOLE
from gisgrid.exchange.outgoing import Outgoing
from gisgrid.exchange.short_names import short_names
from gisgrid.operations.exporting import ExportOptions, export_file
from gisgrid.operations.exporting_rows import figure_rows, gap_rows, layer_rows
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings

WHAT = ("grids", "households", "gaps", "cases", "coverage")
BY_OGR = {"gpkg": "", "shp": "/vsizip/", "geojson": "", "fgb": "", "kml": "", "csv": "", "xlsx": ""}
EXACT = {"gpkg", "shp", "fgb"}
WHY = "checked against other programs"


@pytest.fixture(scope="module", params=["township", pytest.param("county", marks=pytest.mark.long)])
def ws(request):
    """A store of one township; in the long run of all 141,945 households."""
    store = request.getfixturevalue(f"demo_{request.param}_store")
    with Workspace.open(Settings(store=str(store))) as ws:
        yield ws


def rows_of(ws: Workspace, what: str) -> Outgoing:
    if what == "gaps":
        return gap_rows(ws, CONSOLE, None, None)
    if what == "coverage":
        return figure_rows(ws, CONSOLE, what, None, None, "grid")
    return layer_rows(ws, CONSOLE, what, None, None)


def written(ws: Workspace, what: str, form: str, folder, **more):
    options = ExportOptions(format=form, reason=WHY, **more)
    return export_file(ws, CONSOLE, what, folder, options).path


def plain(value):
    """A value as any program gives it: text, with numbers in one form and nothing as nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return value.isoformat()
    # FlatGeobuf has no days: a day is its midnight there.
    value = value.removesuffix("T00:00:00") if isinstance(value, str) else value
    try:
        return f"{float(value):.9g}"
    except (TypeError, ValueError):
        return str(value).replace("/", "-") if len(str(value)) == 10 else str(value)


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("form", BY_OGR)
def test_gdal_reads_every_value_and_corner(ws, tmp_path, what: str, form: str) -> None:
    out = rows_of(ws, what)
    path = written(ws, what, form, tmp_path)
    more = ["-oo", "AUTODETECT_TYPE=NO"] if form == "csv" else []
    more += (
        ["--config", "OGR_XLSX_HEADERS", "FORCE", "--config", "OGR_XLSX_FIELD_TYPES", "STRING"]
        if form == "xlsx"
        else []
    )
    told = subprocess.run(
        ["ogr2ogr", "-f", "GeoJSONSeq", "/vsistdout/", f"{BY_OGR[form]}{path}", *more]
        + ["-lco", "COORDINATE_PRECISION=15", "-lco", "RS=NO"]
        + ([out.name] if form == "gpkg" else []),
        capture_output=True,
        text=True,
        check=True,
    )
    found = [json.loads(line) for line in told.stdout.splitlines()]
    assert len(found) == len(out.frame) > 0
    kinds = out.kinds
    names = short_names(kinds) if form == "shp" else {name: name for name in kinds}
    for name in kinds:
        # KML has a name of its own beside the data; GDAL keeps one of the two.
        if form == "kml" and name == "name":
            continue
        have = [plain(row["properties"].get(names[name])) for row in found]
        want = [plain(cell) for cell in out.cells(name)]
        assert have == want, name
    if form not in {"csv", "xlsx"}:
        compare_shapes(out, found, exact=form in EXACT)


def compare_shapes(out: Outgoing, found, *, exact: bool) -> None:
    texts = [row["geometry"] and json.dumps(row["geometry"]) for row in found]
    have, want = alike(shapely.from_geojson(texts)), alike(out.geometry)
    assert np.array_equal(shapely.is_missing(have), shapely.is_missing(want))
    same = shapely.equals_exact(have, want, 1e-12) | shapely.is_missing(want)
    for index in np.flatnonzero(~same):
        # Rounded corners may sort in another order.
        assert not exact
        assert have[index].hausdorff_distance(want[index]) < 1.2e-7


def alike(shapes):
    """Polygons as multipolygons, all in one order; empty ones as none."""
    made = np.array(shapes, dtype=object)
    made[shapely.is_empty(made)] = None
    lone = shapely.get_type_id(made) == shapely.GeometryType.POLYGON
    made[lone] = shapely.multipolygons(made[lone][:, np.newaxis])
    return shapely.normalize(made)


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_pyshp_reads_every_value(ws, tmp_path, what: str, encoding: str) -> None:
    out = rows_of(ws, what)
    path = written(ws, what, "shp", tmp_path, encoding=encoding, crs="EPSG:4490")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "out")
    short = short_names(out.kinds)
    with pyshp.Reader(str(tmp_path / "out" / out.name)) as reader:
        records = [record.as_dict() for record in reader.records()]
        assert len(reader) == len(out.frame)
        kinds = {shape.shapeType for shape in reader.shapes()} - {0}
    assert kinds == {1 if out.shape == "Point" else 5}
    for name in out.kinds:
        assert [plain(record[short[name]]) for record in records] == [
            plain(cell) for cell in out.cells(name)
        ], name
    if what == "households":
        assert any(
            "\u4e00" <= letter <= "\u9fff" for record in records for letter in record["name"]
        )


def point_or_polygons(wkb: bytes):
    """A shape of plain well-known binary, read by hand, with one part or more."""

    def take(form: str):
        nonlocal at
        values = struct.unpack_from(form, wkb, at)
        at += struct.calcsize(form)
        return values

    def ring():
        (count,) = take("<I")
        return list(zip(*[iter(take(f"<{2 * count}d"))] * 2, strict=True))

    at = 0
    order, kind = take("<BI")
    assert order == 1
    if kind == 1:
        return shapely.Point(take("<2d"))
    assert kind == 6
    parts = []
    for _ in range(take("<I")[0]):
        assert take("<BI") == (1, 3)
        shell, *holes = (ring() for _ in range(take("<I")[0]))
        parts.append(shapely.Polygon(shell, holes))
    assert at == len(wkb)
    return shapely.MultiPolygon(parts)


@pytest.mark.parametrize("what", WHAT)
def test_polars_reads_every_value_and_corner_of_geoparquet(ws, tmp_path, what: str) -> None:
    """By a reader in Rust, none of DuckDB's, and WKB read by hand."""
    out = rows_of(ws, what)
    path = written(ws, what, "parquet", tmp_path, crs="EPSG:4490")
    table = polars.read_parquet(path, use_pyarrow=False)
    assert table.columns == [*out.kinds, "geometry"]
    for name, kind in out.kinds.items():
        cells = out.cells(name)
        assert table[name].to_list() == cells, name
        if kind == "date" and any(cells):
            assert table.schema[name] == polars.Date
    told = json.loads(polars.read_parquet_metadata(path)["geo"])
    assert (told["version"], told["primary_column"]) == ("1.1.0", "geometry")
    column = told["columns"]["geometry"]
    assert (column["encoding"], column["geometry_types"]) == ("WKB", [out.shape])
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 4490}
    shapes = np.array(
        [None if wkb is None else point_or_polygons(wkb) for wkb in table["geometry"]], dtype=object
    )
    assert column["bbox"] == list(shapely.total_bounds(out.geometry))
    have, want = shapely.normalize(shapes), alike(out.geometry)
    assert np.array_equal(shapely.is_missing(have), shapely.is_missing(want))
    assert (shapely.equals_exact(have, want, 0) | shapely.is_missing(want)).all()


QGIS = """
import json, os, sys
from qgis.core import QgsApplication, QgsVectorLayer
from qgis.PyQt.QtCore import QDate, QDateTime, Qt
app = QgsApplication([], False)
app.initQgis()
def plain(value):
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return None
    return value.toString(Qt.ISODate) if isinstance(value, (QDate, QDateTime)) else value
for form, address in json.load(sys.stdin).items():
    layer = QgsVectorLayer(address, form, "ogr")
    assert layer.isValid(), address
    rows = [
        {
            "properties": {f.name(): plain(row[f.name()]) for f in layer.fields()},
            "wkb": None if row.geometry().isNull() else bytes(row.geometry().asWkb()).hex(),
        }
        for row in layer.getFeatures()
    ]
    print("ROWS", json.dumps([form, layer.crs().authid(), rows]), flush=True)
os._exit(0)  # QGIS dies on its way out while layers are about
"""
XLSX = {"OGR_XLSX_HEADERS": "FORCE", "OGR_XLSX_FIELD_TYPES": "STRING"}


@pytest.mark.long  # QGIS is not among what a machine for the gates has
@pytest.mark.parametrize("what", WHAT)
def test_qgis_reads_every_value_and_corner(ws, tmp_path, what: str) -> None:
    out = rows_of(ws, what)
    asked = {}
    for form, before in BY_OGR.items():
        path = written(ws, what, form, tmp_path)
        asked[form] = f"{before}{path}" + (
            f"|layername={out.name}" if form in {"gpkg", "shp"} else ""
        )
    told = subprocess.run(
        ["/usr/bin/python3", "-c", QGIS],
        input=json.dumps(asked),
        env={"PATH": "/usr/bin:/bin", "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)} | XLSX,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line[5:] for line in told.stdout.splitlines() if line.startswith("ROWS ")]
    assert len(lines) == len(BY_OGR), told.stderr[-800:]
    for form, system, found in map(json.loads, lines):
        assert len(found) == len(out.frame) > 0
        kinds = out.kinds
        names = short_names(kinds) if form == "shp" else {name: name for name in kinds}
        for name in kinds:
            if form == "kml" and name == "name":  # as above
                continue
            have = [plain(row["properties"].get(names[name])) for row in found]
            assert have == [plain(cell) for cell in out.cells(name)], (form, name)
        if form not in {"csv", "xlsx"}:
            assert system == "EPSG:4326" or form == "kml"  # a KML has no other, and no place to say
            have = alike(shapely.from_wkb([row["wkb"] for row in found]))
            same = shapely.equals_exact(have, alike(out.geometry), 1e-12)
            same |= shapely.is_missing(have) & shapely.is_missing(alike(out.geometry))
            for index in np.flatnonzero(~same):
                assert form not in EXACT
                assert have[index].hausdorff_distance(out.geometry[index]) < 1.2e-7
