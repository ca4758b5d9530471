"""The rest of the table of `case_files`: structures, damage, and files that mean harm."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import zipfile
from pathlib import Path
from typing import Any

import shapefile as pyshp
import shapely

from .case_files import (
    CASES,
    HERE,
    NAMES,
    POINTS,
    case,
    geojson,
    point,
    shp,
    text,
    write_shp,
)

__all__ = ["CASES"]

# --- points --------------------------------------------------------------------------------------

case("a shape that is null", shp(points=[HERE[0], None]), at=(HERE[0], None))
case("points with Z", shp(kind=pyshp.POINTZ, lay=lambda w, at: w.pointz(*at, 1840.5)))
case("points with M", shp(kind=pyshp.POINTM, lay=lambda w, at: w.pointm(*at, 7.0)))
case("multipoints of one", shp(kind=pyshp.MULTIPOINT, lay=lambda w, at: w.multipoint([at])))
case(
    "multipoints of two",
    shp(kind=pyshp.MULTIPOINT, lay=lambda w, at: w.multipoint([at, HERE[0]])),
    at=None,
    refused={1: "wrong_shape", 2: "wrong_shape"},
)
case(
    "lines for households",
    shp(kind=pyshp.POLYLINE, lay=lambda w, at: w.line([[at, HERE[0]]])),
    at=None,
    refused={1: "wrong_shape", 2: "wrong_shape"},
)
case("points at (0, 0)", shp(points=[HERE[0], (0.0, 0.0)]), at=None, refused={2: "zero_position"})
for title, x in (
    ("NaN", float("nan")),
    ("infinite", float("inf")),
    ("1e308", 1e308),
    ("-1e308", -1e308),
):
    reason = "position_out_of_range" if abs(x) == 1e308 else "unreadable"
    case(
        f"a point that is {title}",
        shp(points=[HERE[0], (x, 35.7)]),
        at=None,
        refused={2: reason},
    )
case(
    "a table alone",
    lambda f: write_shp(f, edit=lambda p: p.update(shp=None, shx=None)).with_suffix(".dbf"),
    at=(None, None),
)
case("ids that stand twice", shp(fields={"id": ["H1", "H1"]}), at=None, refused={2: "duplicate"})
case(
    "rows marked as deleted",
    shp(edit=lambda p: p.update(dbf=p["dbf"].replace(b" H1", b"*H1"))),
    rows=1,
    at=HERE[1:],
    values={"id": ["H2"]},
    notes=("1 rows are marked as deleted",),
)


def twin(parts: dict[str, bytes]) -> None:
    parts["dbf"] = parts["dbf"].replace(b"other\0", b"name\0\0")


case(
    "two columns of one name",
    shp(fields={"id": ["H1", "H2"], "name": ["a", "b"], "other": ["c", "d"]}, edit=twin),
    values={"name": ["a", "b"]},
)


def numeric(cells: list[bytes], kind: bytes = b"N") -> Any:
    """The column `visit_every_days` with raw cells of eight bytes."""

    def edit(parts: dict[str, bytes]) -> None:
        data = parts["dbf"]
        at = data.index(b"everydays") + 11
        data = data[:at] + kind + data[at + 1 :]
        for number, cell in enumerate(cells):
            data = data.replace(f"cell{number}   ".encode(), cell.rjust(8))
        parts["dbf"] = data

    return shp(fields={"id": ["H1", "H2"], "everydays": ["cell0", "cell1"]}, width=8, edit=edit)


case("numbers and none", numeric([b"7", b""]), values={"visit_every_days": [7, None]})
case(
    "numbers with a fraction of zero",
    numeric([b"7.0", b"14"]),
    values={"visit_every_days": [7, 14]},
)
case("a number that is none", numeric([b"7", b"sieben"]), at=None, refused={2: "bad_number"})
case(
    "a cell of stars",
    numeric([b"7", b"********"]),
    values={"visit_every_days": [7, None]},
    notes=("visit_every_days"[:0] + "everydays: 1 cells hold only *",),
)

# --- damage --------------------------------------------------------------------------------------

case("no .shx", shp(edit=lambda p: p.update(shx=None)), notes=("Its index (.shx) was missing",))
case(
    "a .shx of zeros",
    shp(edit=lambda p: p.update(shx=p["shx"][:100] + bytes(16))),
    notes=("Its index (.shx) was damaged",),
)
case(
    "a .shx cut off",
    shp(edit=lambda p: p.update(shx=p["shx"][:108])),
    notes=("Its index (.shx) was damaged",),
)
case(
    "a .shx that points elsewhere",
    shp(
        edit=lambda p: p.update(
            shx=p["shx"][:100]
            + p["shx"][108:]
            + p["shx"][100:108].replace(b"\0\0\0\x32", b"\0\0\0\x34")
        )
    ),
    notes=("Its index (.shx) was damaged",),
)
case(
    "a .shp that states a wrong length",
    shp(edit=lambda p: p.update(shp=p["shp"][:24] + struct.pack(">i", 999) + p["shp"][28:])),
    notes=("The length that its .shp states is wrong",),
)
case(
    "no .dbf",
    shp(edit=lambda p: p.update(dbf=None)),
    error="FileUnreadable",
    says="its .dbf is missing",
)
DAMAGE: dict[str, tuple[Any, str]] = {
    "a .shp cut off": (lambda p: p.update(shp=p["shp"][:-10]), "its .shp is cut off or damaged"),
    "a .dbf cut off": (lambda p: p.update(dbf=p["dbf"][:-30]), "its .dbf is shorter than it says"),
    "a .dbf that says one row more": (
        lambda p: p.update(dbf=p["dbf"][:4] + b"\x03" + p["dbf"][5:]),
        "its .dbf is shorter than it says",
    ),
    "a .dbf that says 2^31 rows": (
        lambda p: p.update(dbf=p["dbf"][:4] + b"\0\0\0\x80" + p["dbf"][8:]),
        "its .dbf is shorter than it says",
    ),
    "a .dbf that says one row less": (
        lambda p: p.update(dbf=p["dbf"][:4] + b"\x01" + p["dbf"][5:]),
        "its shapes and its rows differ in number",
    ),
    "a record that is too long": (
        lambda p: p.update(
            shp=p["shp"][:132] + struct.pack(">i", 10**6) + p["shp"][136:], shx=None
        ),
        "its .shp is cut off or damaged",
    ),
}
for title, (edit, problem) in DAMAGE.items():
    case(title, shp(edit=edit), error="FileDamaged", says=problem)
    left = 1 if "more" not in title and "2^31" not in title else 2
    case(
        f"{title}, taken as it is",
        shp(edit=edit),
        options={"salvage": True},
        rows=left,
        at=HERE[:left],
        notes=(*(("Its index",) if False else ()), problem),
    )
case(
    "a .shp of a head alone",
    shp(edit=lambda p: p.update(shp=p["shp"][:50])),
    error="FileUnreadable",
    says="its .shp is cut off",
)
case(
    "a .dbf of a head alone",
    shp(edit=lambda p: p.update(dbf=p["dbf"][:20])),
    error="FileUnreadable",
    says="its .dbf is cut off",
)
case(
    "a .dbf with a column of width 0",
    shp(edit=lambda p: p.update(dbf=p["dbf"][:48] + b"\0" + p["dbf"][49:])),
    error="FileUnreadable",
    says="head of its .dbf is damaged",
)
case(
    "a .dbf with a column of no kind",
    shp(edit=lambda p: p.update(dbf=p["dbf"][:43] + b"~" + p["dbf"][44:])),
    error="FileUnreadable",
    says="a column of no known kind",
)
case(
    "a .shp that is no .shp",
    shp(edit=lambda p: p.update(shp=b"hello" * 100)),
    error="FileNotWhatItSays",
)
case(
    "a shape that claims 2 billion points",
    shp(
        kind=pyshp.POLYGON,
        lay=lambda w, at: w.poly([[at, (105.2, 35.7), (105.2, 35.8), at]]),
        edit=lambda p: p.update(shp=p["shp"][:148] + struct.pack("<i", 2 * 10**9) + p["shp"][152:]),
    ),
    at=None,
    refused={1: "unreadable", 2: "wrong_shape"},
)

# --- polygons ------------------------------------------------------------------------------------

SQUARE = [(105.1, 35.7), (105.1, 35.71), (105.11, 35.71), (105.11, 35.7), (105.1, 35.7)]
HOLE = [
    (105.104, 35.704),
    (105.106, 35.704),
    (105.106, 35.706),
    (105.104, 35.706),
    (105.104, 35.704),
]
FAR = [(x + 0.05, y) for x, y in SQUARE]


def poly(*rings: Any, kind: int = pyshp.POLYGON) -> Any:
    fields = {"code": ["N1"]}
    return shp(
        points=[None],
        fields=fields,
        kind=kind,
        lay=lambda w, _: (
            w._shapeparts(list(map(list, rings)), kind)
            if False
            else w.poly([list(ring) for ring in rings])
        ),
    )


WHOLE, HOLED, TWO = 1004110.6, 963946.1, 2008221.1
"""Square metres of a square, one with a hole, and two of them."""
GRID: dict[str, Any] = {"layer": "grids", "rows": 1, "at": None}
case("a polygon", poly(SQUARE), values={"shape": [WHOLE]}, **GRID)
case("a polygon that turns the wrong way", poly(SQUARE[::-1]), values={"shape": [WHOLE]}, **GRID)
case("a polygon with a hole", poly(SQUARE, HOLE), values={"shape": [HOLED]}, **GRID)
case(
    "a hole that turns as its shell",
    poly(SQUARE, HOLE[::-1]),
    values={"shape": [HOLED]},
    repaired=("hole",),
    **GRID,
)
case("a polygon of two parts", poly(SQUARE, FAR), values={"shape": [TWO]}, **GRID)
case(
    "a polygon with points that stand twice",
    poly([SQUARE[0], *SQUARE]),
    values={"shape": [WHOLE]},
    **GRID,
)
SPIKE = [*SQUARE[:2], (105.1, 35.7101), *SQUARE[1:]]
case(
    "a polygon with a spike",
    poly(SPIKE),
    values={"shape": [WHOLE]},
    repaired=("shape",),
    **GRID,
)
BOW = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]
case("a bow-tie", poly(BOW), refused={1: "ambiguous_shape"}, **GRID)
case(
    "a polygon of Z",
    shp(
        points=[None],
        fields={"code": ["N1"]},
        kind=pyshp.POLYGONZ,
        lay=lambda w, _: w.polyz([[(*at, 1800.0) for at in SQUARE]]),
    ),
    values={"shape": [WHOLE]},
    **GRID,
)
RING = [list(at) for at in SQUARE]
for title, shape, reason in (
    ("a polygon in GeoJSON", {"type": "Polygon", "coordinates": [RING]}, None),
    ("a polygon that is not closed", {"type": "Polygon", "coordinates": [RING[:-1]]}, "unreadable"),
    ("a line for a grid", {"type": "LineString", "coordinates": RING}, "wrong_shape"),
    ("a point for a grid", POINTS[0], "wrong_shape"),
    (
        "a collection for a grid",
        {
            "type": "GeometryCollection",
            "geometries": [{"type": "Polygon", "coordinates": [RING]}, POINTS[0]],
        },
        "wrong_shape",
    ),
    ("an empty polygon", {"type": "Polygon", "coordinates": []}, "no_shape"),
    ("no polygon", None, "no_shape"),
    (
        "a polygon of two points",
        {"type": "Polygon", "coordinates": [RING[:2] + RING[:1]]},
        "ambiguous_shape",
    ),
    (
        "a corner of 1e308",
        {"type": "Polygon", "coordinates": [[[1e308, 35.7], *RING[1:-1], [1e308, 35.7]]]},
        "position_out_of_range",
    ),
    ("a shape of no kind", {"type": "Circle", "coordinates": [105, 35]}, "unreadable"),
):
    case(title, geojson(shape, ids=["N1"]), refused={1: reason} if reason else {}, **GRID)
case(
    "coordinates as text",
    geojson(point("105.005", "35.705"), point(" 105.015 ", "35.715")),
    notes=("2 shapes have coordinates written as text",),
)
case(
    "coordinates that are words",
    geojson(POINTS[0], point("east", "north")),
    at=None,
    refused={2: "unreadable"},
)
case(
    "points of a kind each",
    geojson(POINTS[0], {"type": "Polygon", "coordinates": [RING]}),
    at=None,
    refused={2: "wrong_shape"},
)
case(
    "NaN in GeoJSON",
    text(
        "a.geojson",
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"H1"},"geometry":{"type":"Point","coordinates":[NaN,1]}}]}',
    ),
    error="FileUnreadable",
    says="NaN is not a number",
)
case(
    "GeoJSON cut off",
    text("a.geojson", '{"type":"FeatureCollection","features":[{"type":"Fea'),
    error="FileUnreadable",
)
case(
    "GeoJSON without features",
    text("a.geojson", '{"type":"FeatureCollection","features":[]}'),
    error="FileEmpty",
)
case("TopoJSON", text("a.json", '{"type":"Topology","objects":{}}'), error="FileNotWhatItSays")

# --- other formats -------------------------------------------------------------------------------

KML = (
    '<?xml version="1.0" encoding="UTF-8"?>{doctype}'
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>'
)
MARKS = "".join(
    f"<Placemark><name>{name}</name>"
    f'<ExtendedData><Data name="id"><value>H{n}</value></Data></ExtendedData>'
    f"<Point><coordinates>{x},{y},1800</coordinates></Point></Placemark>"
    for n, ((x, y), name) in enumerate(zip(HERE, NAMES, strict=False), 1)
)
case(
    "KML",
    text("a.kml", KML.format(doctype="", marks=MARKS)),
    values={"id": ["H1", "H2"], "name": list(NAMES[:2])},
)
case(
    "KML with an entity bomb",
    text(
        "a.kml",
        KML.format(doctype='<!DOCTYPE k [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', marks=MARKS),
    ),
    error="FileUnreadable",
    says="declares a document type",
)
case(
    "KML with an outside entity",
    text(
        "a.kml",
        KML.format(
            doctype='<!DOCTYPE k [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            marks=MARKS.replace("H1", "&x;"),
        ),
    ),
    error="FileUnreadable",
    says="declares a document type",
)
case(
    "KML nested too deep",
    text("a.kml", KML.format(doctype="", marks="<Folder>" * 200 + "</Folder>" * 200)),
    error="FileUnreadable",
    says="nested too deep",
)
case("KML without places", text("a.kml", KML.format(doctype="", marks="")), error="FileEmpty")
case(
    "KML cut off",
    text("a.kml", KML.format(doctype="", marks=MARKS)[:-20]),
    error="FileUnreadable",
    says="no whole XML",
)
case(
    "KML with a network link",
    text(
        "a.kml",
        KML.format(
            doctype="",
            marks=f"<NetworkLink><Link><href>http://127.0.0.1:9/</href></Link></NetworkLink>{MARKS}",
        ),
    ),
    values={"id": ["H1", "H2"]},
)


def zipped(entries: dict[str, bytes], name: str = "a.zip", **how: Any) -> Any:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, data in entries.items():
                info = zipfile.ZipInfo(entry)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = how.get("mode", 0o644) << 16
                archive.writestr(info, data)
        if how.get("flag"):
            raw = bytearray((folder / name).read_bytes())
            for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
                place = raw.find(mark)
                while place >= 0:
                    raw[place + at] |= 1
                    place = raw.find(mark, place + 4)
            (folder / name).write_bytes(bytes(raw))
        return folder / name

    return make


def parts(stem: str = "a", **said: Any) -> dict[str, bytes]:
    """The parts of a good shapefile, as entries of an archive."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = write_shp(Path(folder), **said)
        return {f"{stem}{part.suffix}": part.read_bytes() for part in sorted(path.parent.iterdir())}


case(
    "KMZ",
    zipped({"doc.kml": KML.format(doctype="", marks=MARKS).encode()}, "a.kmz"),
    values={"id": ["H1", "H2"]},
)
case("KMZ without KML", zipped({"a.png": b"x"}, "a.kmz"), error="FileNotWhatItSays")
GML = (
    '<?xml version="1.0"?>{doctype}'
    '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:x="http://x">'
    "{body}</gml:FeatureCollection>"
)
HOME = (
    "<gml:featureMember><x:home><x:id>H{n}</x:id><x:geom>"
    '<gml:Point srsName="EPSG:4326"><gml:coordinates>{x},{y}</gml:coordinates></gml:Point>'
    "</x:geom></x:home></gml:featureMember>"
)
HOMES = "".join(HOME.format(n=n, x=x, y=y) for n, (x, y) in enumerate(HERE, 1))
case("GML", text("a.gml", GML.format(doctype="", body=HOMES)), values={"id": ["H1", "H2"]})
case(
    "GML with an outside entity",
    text(
        "a.gml",
        GML.format(doctype='<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]>', body=HOMES),
    ),
    error="FileUnreadable",
    says="declares a document type",
)
case(
    "GML that names a schema elsewhere",
    text(
        "a.gml",
        GML.replace(
            "<gml:FeatureCollection",
            '<gml:FeatureCollection xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xsi:schemaLocation="http://x http://127.0.0.1:9/x.xsd"',
            1,
        ).format(doctype="", body=HOMES),
    ),
    values={"id": ["H1", "H2"]},
)

# --- archives ------------------------------------------------------------------------------------

case("a zip", zipped(parts()), values={"id": ["H1", "H2"]})
case("a zip with folders", zipped(parts("data/2026/a")), values={"id": ["H1", "H2"]})
case(
    "a zip with other files",
    zipped(
        parts()
        | {"readme.pdf": b"x", "__MACOSX/._a.shp": b"x", "a.qix": b"x", "a.shp.xml": b"<x/>"}
    ),
    values={"id": ["H1", "H2"]},
)
case(
    "a zip of upper case",
    zipped({name.upper(): data for name, data in parts().items()}),
    values={"id": ["H1", "H2"]},
)


def gbk_names(folder: Path) -> Path:
    """An archive as Chinese Windows makes it: names in GBK, and no word of it."""
    path = zipped({name.replace("a.", "AAAA."): data for name, data in parts().items()})(folder)
    path.write_bytes(path.read_bytes().replace(b"AAAA.", "户籍.".encode("gbk")))
    return path


case("a zip with names in GBK", gbk_names, values={"id": ["H1", "H2"]})


def gbk_two(folder: Path) -> Path:
    path = zipped(parts() | {n.replace("a.", "AAAA."): d for n, d in parts().items()})(folder)
    path.write_bytes(path.read_bytes().replace(b"AAAA.", "户籍.".encode("gbk")))
    return path


case("a zip with two shapefiles, a name in GBK", gbk_two, error="LayerChoice", says="户籍")
case(
    "a zip with two shapefiles, a name in GBK named",
    gbk_two,
    options={"layer_name": "户籍"},
    values={"id": ["H1", "H2"]},
)
case("a zip with two shapefiles", zipped(parts() | parts("b")), error="LayerChoice")
case(
    "a zip with two shapefiles, one named",
    zipped(parts() | parts("b")),
    options={"layer_name": "b"},
)
case("a zip with nothing in it", zipped({}), error="FileNotWhatItSays")
case("a zip without a shapefile", zipped({"a.pdf": b"x"}), error="FileNotWhatItSays")
case("a zip within a zip", zipped({"a.zip": b"PK\x03\x04"}), error="FileNotWhatItSays")
for title, entry in {
    "a name that climbs": "../a.shp",
    "a name from the root": "/etc/a.shp",
    "a name of Windows": "C:\\a.shp",
    "a name with a drive": "c:a.shp",
    "a name that climbs inside": "x/../../a.shp",
}.items():
    case(
        f"a zip with {title}",
        zipped(parts() | {entry: b"x"}),
        error="FileUnreadable",
        says="leads out of the archive",
    )
case(
    "a zip with a link",
    zipped({"a.shp": b"/etc/passwd", "a.dbf": b"x"}, mode=0o120777),
    error="FileUnreadable",
    says="a link",
)
case("a zip with a password", zipped(parts(), flag=True), error="FileUnreadable", says="password")
case(
    "a zip that unpacks to a thousand times",
    zipped(parts() | {"a.shp": bytes(30_000_000)}),
    error="FileUnreadable",
    says="unpacks to far more",
)
case(
    "a zip of many files",
    zipped({f"{n}.txt": b"x" for n in range(100)}),
    error="FileUnreadable",
    says="more than 32 files",
)
case("a zip cut off", text("a.zip", b"PK\x03\x04" + bytes(50)), error="FileUnreadable")
case(
    "a zip with a part twice",
    zipped(parts() | {"x/a.shp": b"x"}),
    error="FileUnreadable",
    says="twice",
)


def lying(folder: Path) -> Path:
    """An archive whose entry holds more than its head says."""
    path = zipped(parts())(folder)
    data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo("a.dbf").file_size
    path.write_bytes(data.replace(struct.pack("<I", size), struct.pack("<I", size - 60)))
    return path


case("a zip whose sizes lie", lying, error="FileUnreadable")

# --- files that mean harm ------------------------------------------------------------------------

VRT = (
    b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>CSV:/etc/passwd</SrcDataSource>'
    b"</OGRVRTLayer></OGRVRTDataSource>"
)
for ending in ("vrt", "shp", "geojson", "gpkg", "kml", "gml", "csv", "xlsx", "fgb", "dxf", "zip"):
    case(
        f"a VRT called .{ending}",
        text(f"a.{ending}", VRT),
        error="UnknownWord" if ending == "vrt" else "FileNotWhatItSays",
    )
case(
    "a VRT in a zip", zipped({"a.shp": VRT, "a.dbf": VRT, "a.shx": VRT}), error="FileNotWhatItSays"
)
case("a VRT in a zip as .vrt", zipped({"a.vrt": VRT}), error="FileNotWhatItSays")
case(
    "GDALG as GeoJSON",
    text(
        "a.geojson",
        '{"type":"gdal_streamed_alg","command_line":"gdal vector pipeline ! read /etc/passwd"}',
    ),
    error="FileNotWhatItSays",
)
case(
    "WFS as GML",
    text(
        "a.gml",
        "<OGRWFSDataSource><URL>http://127.0.0.1:9/http://www.opengis.net/gml</URL></OGRWFSDataSource>",
    ),
    error="FileUnreadable",
)
case(
    "JSON nested 100,000 deep",
    text("a.geojson", '{"a":' + "[" * 100_000),
    error="FileUnreadable",
    says="nested too deep",
)
case(
    "GeoJSON with a name of its own for each feature",
    text(
        "a.geojson",
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {"type": "Feature", "properties": {f"k{n}": n}, "geometry": None}
                    for n in range(3000)
                ],
            }
        ),
    ),
    error="FileUnreadable",
    says="more than 128 columns",
)
case(
    "CSV with 200 columns",
    text("a.csv", ",".join(f"c{n}" for n in range(200)) + "\n1\n"),
    error="FileUnreadable",
    says="more than 128 columns",
)


_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER, organization TEXT,
    organization_coordsys_id INTEGER, definition TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, '');
CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, srs_id INTEGER);
CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
CREATE TABLE homes (fid INTEGER PRIMARY KEY, geom BLOB, id TEXT);
"""


def gpkg(*statements: str, layer: str = "homes") -> Any:
    """A GeoPackage by plain sqlite3, and whatever else is done to it."""

    def make(folder: Path) -> Path:
        path = folder / "a.gpkg"
        base = sqlite3.connect(path)
        base.executescript(_TABLES)
        base.execute("INSERT INTO gpkg_contents VALUES (?, 'features', 4326)", (layer,))
        base.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 4326)", (layer,))
        for number, at in enumerate(HERE, 1):
            blob = b"GP\x00\x01" + struct.pack("<i", 4326) + shapely.to_wkb(shapely.Point(at))
            base.execute("INSERT INTO homes VALUES (?, ?, ?)", (number, blob, f"H{number}"))
        base.commit()
        for statement in statements:
            base.executescript(statement)
        base.commit()
        base.close()
        return path

    return make


case("a GeoPackage", gpkg(), values={"id": ["H1", "H2"]})
case(
    "a GeoPackage whose layer is a view without end",
    gpkg(
        "CREATE VIEW v AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c) "
        "SELECT n AS fid, NULL AS geom, n AS id FROM c;",
        layer="v",
    ),
    error="FileNotWhatItSays",
)
case(
    "a GeoPackage whose layer is a view of zeros",
    gpkg("CREATE VIEW v AS SELECT 1 AS fid, zeroblob(900000000) AS geom, '1' AS id;", layer="v"),
    error="FileNotWhatItSays",
)
case(
    "a GeoPackage with triggers",
    gpkg("CREATE TRIGGER t AFTER INSERT ON homes BEGIN DELETE FROM homes; END;"),
    values={"id": ["H1", "H2"]},
)
case(
    "a GeoPackage whose layer is a virtual table",
    gpkg("CREATE VIRTUAL TABLE v USING rtree(id, a, b);", layer="v"),
    error="FileNotWhatItSays",
)
case(
    "a GeoPackage with a shape that is none",
    gpkg("UPDATE homes SET geom = 'hello' WHERE fid = 2;"),
    at=None,
    refused={2: "unreadable"},
)
case(
    "a GeoPackage with an empty shape",
    gpkg("UPDATE homes SET geom = x'47500011E6100000' WHERE fid = 2;"),
    at=(HERE[0], None),
)
case(
    "a GeoPackage with no system",
    gpkg("UPDATE gpkg_geometry_columns SET srs_id = -1;"),
    error="CrsChoice",
)
case(
    "a database that is no GeoPackage", gpkg("DROP TABLE gpkg_contents;"), error="FileNotWhatItSays"
)


def overwritten(folder: Path) -> Path:
    path = gpkg()(folder)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\x5a" * (len(data) - 4096)
    path.write_bytes(bytes(data))
    return path


case("a GeoPackage overwritten", overwritten, error="FileUnreadable")
case("an Excel file cut off", text("a.xlsx", b"PK\x03\x04" + bytes(200)), error="FileUnreadable")
case(
    "an Excel file that unpacks to 2 GB",
    zipped({f"xl/{n}.xml": bytes(70_000_000) for n in range(16)}, "a.xlsx"),
    error="FileUnreadable",
    says="unpacks to more",
)
case(
    "FlatGeobuf of a head alone",
    text("a.fgb", b"fgb\x03fgb\x00" + bytes(40)),
    error="FileUnreadable",
)
case("DXF cut off", text("a.dxf", "0\nSECTION\n2\nENTITIES\n0\nLINE\n"), error="FileEmpty")
case("an empty file", text("a.csv", b""), error="FileEmpty")
case("a PDF called .csv", text("a.csv", b"%PDF-1.4"), error="FileNotWhatItSays")
