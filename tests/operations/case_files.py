"""Files as people send them, and as nobody should: made afresh, each with what must come of it.

`CASES` is the table. A file is made by its own writer (pyshp, zipfile, sqlite3 and plain bytes),
none of gisgrid's, so that a fault of ours does not hide itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyproj
import shapefile as pyshp

HERE = ((105.005, 35.705), (105.015, 35.715))
"""Where the two rows of nearly every file lie."""
NAMES = ("张伟与李芳", "谢英和王秀英", "欧阳修的新宅")
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """make: writes a file in a folder. The rest: what must come of previewing it.

    error: name of the error that refuses the file, and `says` a part of its sentence. rows: how
    many are read. refused: {row: code}. notes: beginnings of what is said. values: columns of the
    sample. at: positions. repaired: whats. options: of the import.
    """

    name: str
    make: Callable[[Path], Path]
    layer: str = "households"
    options: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    says: str = ""
    rows: int | None = 2
    refused: dict[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    values: dict[str, list[Any]] = field(default_factory=dict)
    at: tuple[tuple[float, float] | None, ...] | None = HERE
    within: float = 1e-7
    repaired: tuple[str, ...] = ()


CASES: list[Case] = []


def case(name: str, make: Callable[[Path], Path], **expected: Any) -> None:
    """Put a case into the table."""
    if expected.get("error"):
        expected.setdefault("at", None)
    CASES.append(Case(name, make, **expected))


def lay_point(sink: Any, at: Any) -> None:
    """A point, or a null shape."""
    if at is None:
        sink.null()
    else:
        sink.point(*at)


def write_shp(
    folder: Path,
    points: Iterable[Any] = HERE,
    *,
    fields: dict[str, list[Any]] | None = None,
    encoding: str = "utf-8",
    cpg: str | bytes | None = None,
    mark: int | None = None,
    prj: str | bytes | None = "EPSG:4326",
    kind: int = pyshp.POINT,
    width: int = 60,
    edit: Callable[[dict[str, bytes]], None] | None = None,
    lay: Callable[[Any, Any], None] | None = None,
) -> Path:
    """A shapefile by pyshp. edit: changes its parts (ending -> bytes; None takes one away)."""
    points = list(points)
    table = fields or {"id": [f"H{n + 1}" for n in range(len(points))]}
    with pyshp.Writer(str(folder / "a"), shapeType=kind, encoding=encoding) as sink:
        for name in table:
            sink.field(name, "C", size=width)
        for at, row in zip(points, zip(*table.values(), strict=True), strict=True):
            (lay or lay_point)(sink, at)
            sink.record(*row)
    parts = {end: (folder / f"a.{end}").read_bytes() for end in ("shp", "shx", "dbf")}
    if mark is not None:
        parts["dbf"] = parts["dbf"][:29] + bytes([mark]) + parts["dbf"][30:]
    if cpg is not None:
        parts["cpg"] = cpg if isinstance(cpg, bytes) else cpg.encode()
    if prj is not None:
        named = isinstance(prj, str) and prj.startswith("EPSG:")
        text = pyproj.CRS(prj).to_wkt("WKT1_ESRI") if named else prj
        parts["prj"] = text if isinstance(text, bytes) else text.encode()
    if edit is not None:
        edit(parts)
    return put(folder, parts)


def put(folder: Path, parts: dict[str, Any]) -> Path:
    """Write the parts that there are, and take the others away."""
    for end in ("shp", "shx", "dbf", "cpg", "prj"):
        path = folder / f"a.{end}"
        path.unlink(missing_ok=True)
        if parts.get(end) is not None:
            path.write_bytes(parts[end])
    return folder / "a.shp"


def shp(**said: Any) -> Callable[[Path], Path]:
    return lambda folder: write_shp(folder, **said)


def names(count: int = 2) -> dict[str, list[Any]]:
    return {"户号": ["H8", "H9"][:count], "户主": list(NAMES[:count])}


def text(name: str, content: str | bytes, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return make


def geojson(
    *shapes: Any, name: str = "a.geojson", ids: list[str] | None = None, **more: Any
) -> Callable[[Path], Path]:
    keys = ids or [f"H{n + 1}" for n in range(len(shapes))]
    features = [
        {"type": "Feature", "properties": {"id": key, "code": key}, "geometry": shape}
        for key, shape in zip(keys, shapes, strict=True)
    ]
    return text(name, json.dumps({"type": "FeatureCollection", "features": features} | more))


def point(x: Any, y: Any, *rest: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y, *rest]}


POINTS = [point(*at) for at in HERE]


# --- encodings -----------------------------------------------------------------------------------

DECLARED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "cpg UTF-8": {"cpg": "UTF-8"},
    "cpg utf8": {"cpg": "utf8"},
    "cpg 65001": {"cpg": "65001"},
    "cpg with BOM": {"cpg": b"\xef\xbb\xbfUTF-8\r\n"},
    "cpg GBK": {"cpg": "GBK"},
    "cpg gb2312": {"cpg": "gb2312"},
    "cpg 936": {"cpg": "936"},
    "cpg CP936": {"cpg": "CP936"},
    "cpg GB18030": {"cpg": "GB18030"},
    "cpg ANSI 936": {"cpg": "ANSI 936"},
    "cpg ISO-8859-1": {"cpg": "ISO-8859-1"},
    "cpg ISO88591": {"cpg": "ISO88591"},
    "cpg 1252": {"cpg": "1252"},
    "cpg ANSI 1252": {"cpg": "ANSI 1252"},
    "cpg of nonsense": {"cpg": "Klingon"},
    "cpg empty": {"cpg": b""},
    "mark 0x4D": {"mark": 0x4D},
    "mark 0x57": {"mark": 0x57},
    "mark 0x03": {"mark": 0x03},
    "cpg UTF-8, mark 0x4D": {"cpg": "UTF-8", "mark": 0x4D},
    "cpg GBK, mark 0x57": {"cpg": "GBK", "mark": 0x57},
}
_UTF8 = {"cpg UTF-8", "cpg utf8", "cpg 65001", "cpg with BOM", "cpg UTF-8, mark 0x4D"}
_GB = {"cpg GBK", "cpg gb2312", "cpg 936", "cpg CP936", "cpg GB18030", "cpg ANSI 936", "mark 0x4D"}
_GB |= {"cpg GBK, mark 0x57"}
_SILENT = {"nothing", "cpg of nonsense", "cpg empty"}

for word, declared in DECLARED.items():
    for real, honest in (("utf-8", _UTF8), ("gbk", _GB)):
        case(
            f"{real} that declares {word}",
            shp(fields=names(), encoding=real, **declared),
            values={"id": ["H8", "H9"], "name": list(NAMES[:2])},
            notes=() if word in honest | _SILENT else ("It says ",),
        )
for word in ("nothing", "cpg ISO-8859-1", "mark 0x4D"):
    case(f"ASCII that declares {word}", shp(**DECLARED[word]), values={"id": ["H1", "H2"]})
case(
    "gb18030 beyond GBK",
    shp(fields={"户号": ["H8", "H9"], "户主": ["𠮷田㐂", "王"]}, encoding="gb18030", cpg="GB18030"),
    values={"name": ["𠮷田㐂", "王"]},
)
case(
    "big5 that declares it",
    shp(fields={"id": ["H8", "H9"], "name": ["張偉與李芳", "謝英"]}, encoding="big5", cpg="BIG5"),
    values={"name": ["張偉與李芳", "謝英"]},
)
case(
    "big5 that says nothing, named by a person",
    shp(fields={"id": ["H8", "H9"], "name": ["張偉與李芳", "謝英"]}, encoding="big5"),
    options={"encoding": "big5"},
    values={"name": ["張偉與李芳", "謝英"]},
)
case(
    "two names that fit both encodings are said",
    shp(fields={"id": ["H8", "H9"], "name": ["张伟", "李芳"]}),
    values={"name": ["张伟", "李芳"]},
    notes=("Its text can be read as utf-8 and as gb18030",),
)
case(
    "an encoding that a person names and that does not fit",
    shp(fields=names(), encoding="gbk"),
    options={"encoding": "utf-8"},
    error="EncodingUnknown",
)
case(
    "an encoding that there is not",
    shp(fields=names()),
    options={"encoding": "klingon"},
    error="UnknownWord",
)
case(
    "bytes of no encoding",
    shp(edit=lambda p: p.update(dbf=p["dbf"].replace(b"H1", b"\xff\xff"))),
    error="EncodingUnknown",
)
for real in ("utf-8", "gbk"):
    whole = "市" * 30
    kept = whole.encode(real)[:19].decode(real, "ignore")

    def torn(parts: dict[str, bytes], real: str = real, whole: str = whole) -> None:
        # As GDAL cuts: at the width of the field, wherever that falls.
        parts["dbf"] = parts["dbf"].replace(b"x" * 19, whole.encode(real)[:19])

    case(
        f"{real} text cut within a character",
        shp(
            fields={"id": ["H8", "H9"], "name": ["x" * 19, "好"]},
            width=19,
            encoding=real,
            edit=torn,
        ),
        values={"name": [kept, "好"]},
        notes=("1 texts end in the middle of a character",),
    )
    torn_name = "网格员姓名" if real == "utf-8" else "a网格员姓名"

    def cut(parts: dict[str, bytes], real: str = real, name: str = torn_name) -> None:
        parts["dbf"] = parts["dbf"].replace(b"yyyyyyyyyy", name.encode(real)[:10])

    case(
        f"{real} name of a column cut within a character",
        shp(fields=names() | {"yyyyyyyyyy": ["a", "b"]}, encoding=real, edit=cut),
        values={"name": list(NAMES[:2])},
        notes=("The name of column ",),
    )
for real in ("utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"):
    lines = "户号,户主,经度,纬度\r\nH8,张伟与李芳,105.005,35.705\r\nH9,谢英,105.015,35.715\r\n"
    case(
        f"CSV in {real}",
        text("a.csv", lines, real),
        values={"id": ["H8", "H9"], "name": ["张伟与李芳", "谢英"]},
    )
case("CSV of no encoding", text("a.csv", b"id,name\nH8,\xff\xff\xff\n"), error="EncodingUnknown")
case(
    "GeoJSON in GBK",
    text("a.geojson", '{"type":"Feature","properties":{"id":"H1","name":"张伟"},"geometry":'
         '{"type":"Point","coordinates":[105.005,35.705]}}', "gbk"),
    rows=1,
    at=HERE[:1],
    values={"name": ["张伟"]},
    notes=("it says utf-8, but its text is gb18030",),
)  # fmt: skip
case(
    "GeoJSON of no encoding",
    text("a.geojson", b'{"type":"\xff\xff\xff"}'),
    error="EncodingUnknown",
)

# --- coordinate systems --------------------------------------------------------------------------

SYSTEMS = {
    "WGS 84": "EPSG:4326",
    "CGCS2000": "EPSG:4490",
    "CGCS2000 3-degree CM": "EPSG:4544",
    "CGCS2000 3-degree zone": "EPSG:4523",
    "CGCS2000 6-degree CM": "EPSG:4507",
    "CGCS2000 6-degree zone": "EPSG:4496",
    "UTM": "EPSG:32648",
    "web Mercator": "EPSG:3857",
    "Xi'an 80": "EPSG:4610",
    "Xi'an 80 3-degree CM": "EPSG:2380",
    "Xi'an 80 3-degree zone": "EPSG:2359",
    "Beijing 54": "EPSG:4214",
    "Beijing 54 3-degree CM": "EPSG:2432",
    "Beijing 54 3-degree zone": "EPSG:2411",
}


def moved(crs: str) -> list[tuple[float, float]]:
    change = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    return [change.transform(*at) for at in HERE]


for title, system in SYSTEMS.items():
    rough = title.startswith(("Xi'an", "Beijing"))
    for form in ("WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"):
        case(
            f"{title} as {form}",
            shp(points=moved(system), prj=pyproj.CRS(system).to_wkt(form)),
            within=2e-7,
            notes=("Its datum (",) if rough else (),
        )
_PLAIN_PRJ = pyproj.CRS("EPSG:4490").to_wkt("WKT1_ESRI")
case(".prj with a BOM", shp(prj=b"\xef\xbb\xbf" + _PLAIN_PRJ.encode()))
case(".prj in UTF-16", shp(prj=_PLAIN_PRJ.encode("utf-16")))
case(
    ".prj over many lines",
    shp(prj=pyproj.CRS("EPSG:4544").to_wkt("WKT1_ESRI", pretty=True), points=moved("EPSG:4544")),
    within=2e-7,
)
case(
    ".prj as Chicago writes it",
    shp(
        prj='GEOGCS["WGS84(DD)",DATUM["WGS84",SPHEROID["WGS84",6378137.0,298.257223563]],'
        'PRIMEM["Greenwich",0.0],UNIT["degree",0.017453292519943295],'
        'AXIS["Geodetic longitude",EAST],AXIS["Geodetic latitude",NORTH]]'
    ),
)
for title, prj in {
    "without .prj": None,
    "with an empty .prj": b"",
    "with nonsense in the .prj": b"hello",
    "with a link in the .prj": b"http://127.0.0.1:9/x.wkt",
    "with a file in the .prj": b"+init=/etc/passwd:1",
    "with a deep .prj": b"GEOGCS[" * 200_000,
    "with 5 MB of .prj": b"GEOGCS[" + b" " * 5_000_000,
    "with half a .prj": _PLAIN_PRJ.encode()[:60],
}.items():
    case(
        f"degrees {title}",
        shp(prj=prj),
        error="CrsChoice",
        says="EPSG:4326 (WGS 84)",
    )
_NO_SUCH = pyproj.CRS("EPSG:4544").to_wkt("WKT1_ESRI").replace("Gauss_Kruger", "Gauss_Kluger")
case(
    "a .prj of a projection that there is not",
    shp(prj=_NO_SUCH, points=moved("EPSG:4544")),
    error="CrsChoice",
    says="EPSG:4544 (",
)
case("degrees without .prj, named", shp(prj=None), options={"crs": "4490"})
case(
    "metres without .prj",
    shp(prj=None, points=moved("EPSG:4544")),
    error="CrsChoice",
    says="EPSG:4544 (",
)
case(
    "zone-numbered eastings without .prj",
    shp(prj=None, points=moved("EPSG:4523")),
    error="CrsChoice",
    says="EPSG:4523 (",
)
case(
    "UTM without .prj",
    shp(prj=None, points=moved("EPSG:32648")),
    error="CrsChoice",
    says="EPSG:32648 (",
)
case(
    "numbers of no system without .prj",
    shp(prj=None, points=[(9e9, 9e9), (8e9, 8e9)]),
    error="CrsUnknown",
)
case(
    "metres without .prj, named",
    shp(prj=None, points=moved("EPSG:4544")),
    options={"crs": "EPSG:4544"},
)
case(
    "a system that there is not, named",
    shp(prj=None),
    options={"crs": "EPSG:999999"},
    error="UnknownWord",
)
case("degrees that a .prj calls metres", shp(prj="EPSG:4544"), error="CrsMismatch")
case(
    "metres that a .prj calls degrees",
    shp(points=moved("EPSG:4544")),
    refused={1: "position_out_of_range", 2: "position_out_of_range"},
    at=None,
    notes=("With EPSG:4326 WGS 84 it does not lie where",),
)
case(
    "zone numbers that a .prj does not say",
    shp(points=moved("EPSG:4523"), prj="EPSG:4544"),
    at=None,
    refused={1: "position_out_of_range", 2: "position_out_of_range"},
    notes=("With EPSG:4544 CGCS2000",),
)
case(
    "the zone beside the true one",
    shp(points=moved("EPSG:4544"), prj="EPSG:4543"),
    at=None,
    notes=("With EPSG:4543 CGCS2000",),
)
case(
    "axes swapped",
    shp(points=[(y, x) for x, y in HERE]),
    at=None,
    refused={1: "swapped_position", 2: "swapped_position"},
    notes=("It lies elsewhere as it stands",),
)
for title, member, good in (
    ("no crs", None, True),
    ("CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84", True),
    ("EPSG 4490", "urn:ogc:def:crs:EPSG::4490", True),
    ("EPSG:4326", "EPSG:4326", True),
    ("a name that is a link", "http://127.0.0.1:9/crs", False),
):
    crs = None if member is None else {"type": "name", "properties": {"name": member}}
    case(
        f"GeoJSON with {title}",
        geojson(*POINTS, **({} if crs is None else {"crs": crs})),
        **({} if good else {"error": "CrsUnknown"}),
    )
for kind in ("link", "url"):
    case(
        f"GeoJSON with a crs of type {kind}",
        geojson(*POINTS, crs={"type": kind, "properties": {"href": "http://127.0.0.1:9/"}}),
        error="CrsUnknown",
    )
case(
    "CSV of metres",
    text("a.csv", "id,x,y\nH1,500452.3,3952938.1\nH2,501356.9,3954047.5\n"),
    error="CrsChoice",
    says="EPSG:4544 (",
)
