"""On the import page: overlaps drawn and settled, candidates of a coordinate system drawn."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pyproj
import pytest
import shapefile
from shapely.affinity import translate
from shapely.geometry import Point, box, mapping
from shapely.geometry import shape as geometry

from gisgrid.access import EVERYWHERE
from gisgrid.exchange.datum import from_wgs84
from gisgrid.model import Programme
from gisgrid.operations import importing_picture
from gisgrid.operations.workspace import Workspace
from gisgrid.store import Store
from gisgrid.web import create_app
from gisgrid.web.templating import reason

from .conftest import entering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from gisgrid.settings import Settings

    from .conftest import Clock

    Enter = Callable[..., FlaskClient]
    Token = Callable[..., str]

GPKG_ONLY = pytest.mark.parametrize("store_url", ["gpkg"], indirect=True)
"""What a file's numbers say and how they are drawn has nothing to do with the kind of database."""
WEST, EAST = box(105.5, 35, 105.512, 35.01), box(105.51, 35, 105.52, 35.01)


def upload(client: FlaskClient, token: Token, layer: str, name: str, data: bytes) -> Any:
    form = {"csrf_token": token(client, "/"), "layer": layer, "file": (io.BytesIO(data), name)}
    answer = client.post("/import", data=form)
    assert answer.status_code == 303, answer.text
    return answer.location


def grids(ws: Workspace, *shapes: Any) -> bytes:
    area = ws.store.areas(scope=EVERYWHERE).query("level == 'village'")["code"].iloc[0]
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "area_code": area},
            "geometry": mapping(shape),
        }
        for code, shape in zip(("N1", "N2"), shapes or (WEST, EAST), strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def send(client: FlaskClient, token: Token, address: str, **fields: str) -> Any:
    return client.post(address, data={"csrf_token": token(client, "/"), **fields})


def ended(client: FlaskClient, address: str, language: str = "en") -> Any:
    """The page of a file once the work on it has ended."""
    client.get(address)
    jobs = client.application.extensions["gisgrid.imports"]
    jobs.wait(jobs.uploads.get(1, address.rpartition("/")[2]), 60)
    return client.get(address, headers={"Accept-Language": language})


def test_an_overlap_is_drawn_given_to_one_of_the_two_and_only_then_imported(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    client = enter("data_officer")
    address = upload(client, token, "grids", "grids.geojson", grids(ws))
    page = ended(client, address).text
    assert "N1 · N2" in page
    assert page.count('class="is-overlap"') >= 2
    assert "in the file, as stored" not in page  # nothing is compared yet
    assert "Import now" not in page
    (choice,) = re.findall(r'name="whose 1" value="([^"]*N1[^"]*N2[^"]*)"', page)[:1]
    assert json.loads(choice.replace("&#34;", '"')) == [["N1", "N2"]]
    settled = send(client, token, f"{address}/settle", **{"whose 1": json.dumps([["N2", "N1"]])})
    assert settled.location == address
    page = ended(client, address).text
    assert "overlap given to the first, taken from the second" in page
    assert "N2, N1" in page
    assert 'class="is-new"' in page
    before = len(ws.store.grids(scope=EVERYWHERE))
    send(client, token, address)
    assert "Imported" in ended(client, address).text
    found = ws.store.grids(scope=EVERYWHERE).set_index("code").geometry
    assert len(found) == before + 2
    assert round(found["N1"].bounds[2], 6) == 105.51


def test_many_overlaps_stand_in_one_list_and_are_settled_at_once(
    enter: Enter, token: Token, ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those too that there is no drawing of; each answer would else read the file once more."""
    monkeypatch.setattr(importing_picture, "MOST_OVERLAPS", 1)
    found = json.loads(grids(ws))
    for number in range(2, 5):
        for code, feature in zip("ab", found["features"][:2], strict=True):
            shape = translate(geometry(feature["geometry"]), 0.1 * number)
            properties = feature["properties"] | {"code": f"N{number}{code}"}
            found["features"].append(
                {**feature, "properties": properties, "geometry": mapping(shape)}
            )
    client = enter("data_officer")
    address = upload(client, token, "grids", "grids.geojson", json.dumps(found).encode())
    page = ended(client, address).text
    assert page.count("<fieldset>") == 4
    assert page.count("<summary>Drawing") == 1
    asked = re.findall(r'name="whose (\d+)" value="([^"]*)"', page)
    pairs = [(name, json.loads(html.unescape(value))) for name, value in asked if value]
    chosen = {
        f"whose {name}": json.dumps([[a, b]]) for name, [[a, b]] in pairs if a in ("N2b", "N4a")
    }
    assert len(chosen) == 2
    left = {f"whose {name}": "" for name, _ in pairs if f"whose {name}" not in chosen}
    send(client, token, f"{address}/settle", **chosen, **left)
    page = ended(client, address).text
    assert page.count("<fieldset>") == 2
    assert "N2a · N2b" not in page
    assert "N3a · N3b" in page
    for wrong in ("N1", '[["N1"]]'):
        assert send(client, token, f"{address}/settle", **{"whose 1": wrong}).status_code == 400


def test_an_overlap_is_drawn_also_with_a_grid_whose_shape_the_file_lacks(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    stored = ws.store.grids(scope=EVERYWHERE).iloc[0]
    found = json.loads(grids(ws, stored.geometry.buffer(-0.0001), EAST))
    found["features"][1] |= {"geometry": None}
    found["features"][1]["properties"]["code"] = stored["code"]
    client = enter("data_officer")
    address = upload(client, token, "grids", "grids.geojson", json.dumps(found).encode())
    page = ended(client, address).text
    assert f"N1 · {stored['code']}" in page or f"{stored['code']} · N1" in page
    assert page.count('class="is-overlap"') >= 2


def test_what_is_left_can_be_repaired_in_one_go(enter: Enter, token: Token, ws: Workspace) -> None:
    client = enter("data_officer")
    address = upload(client, token, "grids", "grids.geojson", grids(ws))
    send(client, token, f"{address}/settle", repair="1")
    page = ended(client, address, "zh").text
    assert "重叠划归接触边最长的网格" in page
    assert "立即导入" in page


RING = box(105.5, 35, 105.52, 35.01).difference(box(105.51, 35.005, 105.5101, 35.0051))


def test_a_gap_is_drawn_with_its_area_and_filled_on_request(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    client = enter("data_officer")
    beside = box(105.52, 35, 105.53, 35.01)
    address = upload(client, token, "grids", "grids.geojson", grids(ws, RING, beside))
    page = ended(client, address).text
    assert "Gaps between grids" in page
    assert re.search(r"<h3>N1 <span class=\"quiet\">10[0-9] m²", page)  # 9 m by 11 m
    assert page.count('class="is-gap"') >= 2
    assert "Import now" in page  # a lake is no fault
    send(client, token, f"{address}/settle", gap_m="20")
    page = ended(client, address).text
    assert "Gaps between grids" not in page
    assert "<td>gap between grids</td>" in page
    assert 'class="is-repaired"' in page
    send(client, token, address)
    assert "Imported" in ended(client, address).text
    (ring,) = ws.store.grids(scope=EVERYWHERE).query("code == 'N1'").geometry
    assert not ring.interiors
    assert send(client, token, f"{address}/settle", gap_m="wide").status_code == 400


def zone_file(tmp_path: Path, prj: str = "", zone: int = 0) -> bytes:
    """A zipped shapefile of three households in the zone of the county, its number in front."""
    with shapefile.Writer(str(tmp_path / "homes")) as sink:
        sink.field("id", "C", 20)
        for number in range(3):
            sink.point(zone * 1_000_000 + 500_400 + 10 * number, 3_874_500)
            sink.record(f"X{number}")
    endings = ["shp", "shx", "dbf"]
    if prj:
        (tmp_path / "homes.prj").write_text(prj)
        endings.append("prj")
    with zipfile.ZipFile(tmp_path / "homes.zip", "w") as archive:
        for ending in endings:
            archive.write(tmp_path / f"homes.{ending}", f"homes.{ending}")
    return (tmp_path / "homes.zip").read_bytes()


@GPKG_ONLY
def test_a_file_whose_own_system_puts_it_elsewhere_is_asked_for_with_drawings(
    enter: Enter, token: Token, tmp_path: Path
) -> None:
    data = zone_file(tmp_path, pyproj.CRS("EPSG:4543").to_wkt("WKT1_ESRI"))
    client = enter("data_officer")
    address = upload(client, token, "households", "homes.zip", data)
    page = ended(client, address).text
    assert "the file lies away from the grids on record" in page
    assert 'name="crs" value="EPSG:4544"' in page
    assert page.count('<svg class="sketch"') > page.count('name="crs" value=')  # and all of it
    send(client, token, f"{address}/settle", crs="EPSG:4544")
    page = ended(client, address).text
    assert 'name="crs"' not in page
    assert "Import now" in page


@GPKG_ONLY
def test_positions_nowhere_on_earth_leave_the_system_to_be_named_beside_them(
    enter: Enter, token: Token
) -> None:
    client = enter("data_officer")
    data = b"id,lon,lat\nN-1,88000500,99000400\nN-2,88000700,99000300\n"
    address = upload(client, token, "households", "homes.csv", data)
    page = ended(client, address).text
    assert "nowhere on Earth in the system that it was read in" in page
    assert re.search(f'action="{address}/settle".*?name="crs"', page, re.DOTALL)
    assert "The position 88000500, 99000400 does not lie on Earth" in page
    send(client, token, f"{address}/settle", crs="EPSG:4544")
    assert "EPSG:4544" in ended(client, address).text
    data = b"id,lon,lat\nN-1,105.0045,35.005\nN-2,0,0\n"  # a row to mend is no system to name
    page = ended(client, upload(client, token, "households", "homes.csv", data)).text
    assert 'name="crs"' not in page


@GPKG_ONLY
def test_longitude_and_latitude_are_exchanged_on_request(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    homes = ws.store.households(scope=EVERYWHERE)
    homes = homes[~homes.geometry.is_empty & homes.geometry.notna()]
    features = [
        {"type": "Feature", "properties": {"id": number}, "geometry": mapping(Point(at.y, at.x))}
        for number, at in zip(homes["id"], homes.geometry, strict=True)
    ]
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    client = enter("data_officer")
    address = upload(client, token, "households", "homes.geojson", data)
    page = ended(client, address).text
    assert 0 < page.index('name="swap_axes" value="1"') < page.index("Every row is refused")
    assert "--swap-axes" not in page
    assert "Import now" not in page
    send(client, token, f"{address}/settle", swap_axes="1")
    page = ended(client, address).text
    assert "Longitude and latitude were exchanged, as you asked." in page
    assert "Import now" in page
    assert set(re.findall(r"moved by ([0-9.]+) m", page)) <= {"0.0"}


def test_the_shift_of_web_maps_is_taken_off_on_request(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    homes = ws.store.households(scope=EVERYWHERE)
    homes = homes[~homes.geometry.is_empty & homes.geometry.notna()]
    lon, lat = from_wgs84(homes.geometry.x.to_numpy(), homes.geometry.y.to_numpy(), "gcj02")
    rows = zip(homes["id"], lon.round(9), lat.round(9), strict=True)
    text = "\n".join(["id,lon,lat", *(f"{a},{b},{c}" for a, b, c in rows)])
    client = enter("data_officer")
    address = upload(client, token, "households", "homes.csv", text.encode())
    page = ended(client, address).text
    assert "Take the shift of GCJ-02 off" in page
    send(client, token, f"{address}/settle", datum="gcj02")
    page = ended(client, address).text
    assert "Take the shift" not in page
    assert "Import now" in page
    assert set(re.findall(r"moved by ([0-9.]+) m", page)) <= {"0.0"}


def test_a_text_that_does_not_read_right_is_read_in_another_encoding(
    enter: Enter, token: Token
) -> None:
    client = enter("data_officer")
    data = "id,name,lon,lat\nH9,張偉,105.01,35.71\n".encode("big5")
    address = upload(client, token, "households", "homes.csv", data)
    page = ended(client, address).text
    assert "張偉" not in page
    assert "Read the text as GB18030" not in page, "it is read so"
    send(client, token, f"{address}/settle", encoding="UTF-8")
    page = ended(client, address).text
    assert "is in no known encoding" in page
    assert "Read the text as Big5" in page
    send(client, token, f"{address}/settle", encoding="Big5")
    assert "張偉" in ended(client, address).text


def test_settling_says_what_it_does_not_understand_and_is_the_owners_alone(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    client = enter("data_officer")
    address = upload(client, token, "grids", "grids.geojson", grids(ws))
    for wrong in ("N1", "[1]", '[["N1"]]', "{"):
        assert send(client, token, f"{address}/settle", winners=wrong).status_code == 400
    other = enter("data_officer", "T2")
    assert send(other, token, f"{address}/settle", repair="1").status_code == 410


@GPKG_ONLY
def test_the_systems_that_a_file_may_be_in_are_drawn_over_the_grids_on_record(
    enter: Enter, token: Token, tmp_path: Path
) -> None:
    client = enter("data_officer")
    address = upload(client, token, "households", "homes.zip", zone_file(tmp_path))
    asked = ended(client, address)
    assert asked.status_code == 422
    assert 'name="crs" value="EPSG:4544"' in asked.text
    assert asked.text.count('<svg class="sketch"') == asked.text.count('name="crs" value=')
    assert "<circle" in asked.text
    names = re.findall(r"<section><h2>([^<]*)", asked.text)
    assert len(names) > 2
    assert len({name.partition("·")[2] for name in names}) == len(names), "two are the same"
    chinese = client.get(address, headers={"Accept-Language": "zh"}).text
    assert "西安 1980" in chinese
    assert re.search(r"与 EPSG:4544 下的位置相差 [0-9,]+ 米", chinese)
    send(client, token, f"{address}/settle", crs="EPSG:4544")
    assert "EPSG:4544" in ended(client, address).text


@GPKG_ONLY
def test_a_few_positions_far_away_do_not_make_the_drawing_a_dot(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    homes = ws.store.households(scope=EVERYWHERE).dropna(subset=["geometry"]).iloc[:4]
    at = [(shape.x, shape.y) for shape in homes.geometry]
    rows = [f"{n},{x},{y}" for n, (x, y) in enumerate([*at, (0.5, 36)])]
    client = enter("data_officer")
    data = "\n".join(["id,lon,lat", *rows]).encode()
    page = ended(client, upload(client, token, "households", "homes.csv", data)).text
    assert "1 position lies far from the grids on record and is not in the drawing." in page
    (marks,) = re.findall(r'<path class="mark is-new" d="([^"]*)"', page.partition("<ul")[0])
    drawn = [float(x) for x in re.findall("M([-0-9.]+) ", marks)]
    assert len(drawn) == 5
    assert sum(0 < x < 640 for x in drawn) == 4


@GPKG_ONLY
def test_a_file_with_few_changes_opens_on_them_and_all_of_it_is_a_click_away(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    homes = ws.store.households(scope=EVERYWHERE)
    homes = homes[~homes.geometry.is_empty & homes.geometry.notna()]
    rows = [(key, at.x, at.y) for key, at in zip(homes["id"], homes.geometry, strict=True)]
    rows = [row for row in rows if row[1] == round(row[1], 7)]  # as an import would have put them
    moved, west, south = rows[0]
    rows[0] = (moved, west + 1e-6, south)
    rows.append(("N-1", west, south + 1e-6))
    data = "\n".join(["id,lon,lat", *(f"{key},{x},{y}" for key, x, y in rows)]).encode()
    client = enter("data_officer")
    page = ended(client, upload(client, token, "households", "homes.csv", data)).text
    first, whole = re.findall(r'<svg class="sketch".*?</svg>', page, re.DOTALL)
    assert page.index("<details><summary>Show all of it") < page.index(whole)
    for drawn in (first, whole):
        for kind in ("changed", "new"):
            assert drawn.count(f'class="mark is-{kind}"') == 1
    assert whole.count("<circle") == len(rows) - 2  # what stays is small, and there
    dots = [float(x) for x in re.findall(r'<circle cx="([-0-9.]+)"', first)]
    assert sum(0 <= x <= 640 for x in dots) < len(dots)
    legend = page.partition('<ul class="sketch-legend">')[2].partition("</ul>")[0]
    assert re.findall(r"</svg>(\w+) <span[^>]*>\(1\)", legend) == ["changed", "new"]
    same = "\n".join(["id,lon,lat", *(f"{key},{x},{y}" for key, x, y in rows[1:-1])]).encode()
    page = ended(client, upload(client, token, "households", "same.csv", same)).text
    assert "Show all of it" not in page


@GPKG_ONLY
def test_many_refused_rows_are_folded_and_stand_above_the_drawing_in_the_readers_words(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    home = ws.store.households(scope=EVERYWHERE)["id"].iloc[0]
    lines = [f"{home},2026-11-0{n},无人" for n in (1, 2)] + [
        f"X{n},2026-11-01,见到" for n in range(130)
    ]
    client = enter("data_officer")
    data = "\n".join(["户号,走访时间,结果", *lines]).encode()
    page = ended(client, upload(client, token, "visits", "v.csv", data), "zh").text
    assert "被拒绝的行" in page
    first, more = page.split("<details><summary>", 2)[1:]
    assert first.count("没有住户") == 10
    assert more.startswith("…")
    assert more.count("没有住户") == 90
    assert "<td>无人在家</td>" in page
    assert "no_one_home" not in page
    rows = "\n".join(["id,lon,lat", *(f"N{n},105.005,35.00{n}" for n in range(3)), "N9,900,35"])
    page = ended(client, upload(client, token, "households", "h.csv", rows.encode())).text
    assert page.index("Refused rows") < page.index('<svg class="sketch"')


@GPKG_ONLY
def test_a_grid_that_changes_is_marked_by_a_shape_of_its_own(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    plan = ws.store.grids(scope=EVERYWHERE)
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "area_code": area, "member": "somebody else"},
            "geometry": mapping(shape),
        }
        for code, area, shape in zip(
            plan["code"][:1], plan["area_code"][:1], plan.geometry[:1], strict=True
        )
    ]
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    client = enter("data_officer")
    page = ended(client, upload(client, token, "grids", "grids.geojson", data)).text
    legend = page.partition('<ul class="sketch-legend">')[2].partition("</ul>")[0]
    assert "changed <span" in legend
    assert 'class="mark is-changed"' in legend
    for mark in re.findall(r'class="mark is-changed" d="M([-0-9.]+) ([-0-9.]+)m', page):
        assert 0 < float(mark[0]) < 640


@pytest.fixture
def empty(settings: Settings, clock: Clock) -> Iterator[FlaskClient]:
    """A data officer before a store without a row."""
    with Store.create(settings.store, programme=Programme()) as store:
        ws = Workspace(store, settings, clock)
        yield entering(create_app(settings, ws), ws)("data_officer")


def test_what_a_first_file_would_do_is_drawn_before_there_is_any_grid(
    empty: FlaskClient, token: Token
) -> None:
    rings = {"N1": WEST, "N2": box(105.512, 35, 105.52, 35.01)}
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": mapping(ring)}
        for code, ring in rings.items()
    ]
    plan = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    for layer, name, data in (
        ("grids", "grids.geojson", plan),
        ("households", "homes.csv", b"id,lon,lat\nH1,105.501,35.001\nH2,105.502,35.002"),
    ):
        page = ended(empty, upload(empty, token, layer, name, data)).text
        assert "Import now" in page
        assert 'class="mark is-new"' in page
        assert page.count("<td>N1</td>") + page.count("<td>H1</td>") == 1  # among the first rows
        assert "<h2>New" not in page


@GPKG_ONLY
def test_without_any_grid_only_what_the_numbers_say_is_offered(
    empty: FlaskClient, token: Token, tmp_path: Path
) -> None:
    """An easting that begins with the number of its zone says it; others could be anywhere."""
    data = zone_file(tmp_path, zone=35)
    page = ended(empty, upload(empty, token, "households", "homes.zip", data)).text
    assert "there are no grids on record to compare it with" in page
    assert re.findall('name="crs" value="EPSG:([0-9]+)"', page)[0] == "4523"
    assert "lie in a grid" not in page
    assert "<circle" not in page
    assert 'class="button primary">It is' not in page
    data = zone_file(tmp_path)
    address = upload(empty, token, "households", "homes.zip", data)
    page = ended(empty, address).text
    assert "does not say its coordinate system" in page
    assert "It is EPSG" not in page
    assert f'action="{address}/settle"' in page  # the file stays, and the system is named beside it
    send(empty, token, f"{address}/settle", crs="EPSG:4544")
    assert "EPSG:4544" in ended(empty, address).text
    chinese = ended(empty, address, "zh").text
    assert '<th scope="col">户号</th>' in chinese
    assert 'id <span class="quiet">户号</span>' in chinese


def test_a_draft_of_nothing_is_refused_with_a_sentence(
    settings: Settings, clock: Clock, token: Token
) -> None:
    with Store.create(settings.store, programme=Programme()) as store:
        ws = Workspace(store, settings, clock)
        planner = entering(create_app(settings, ws), ws)("planner")
        answer = send(planner, token, "/plans", name="first")
    assert answer.status_code == 409
    assert "There are no grids yet" in answer.text


def test_a_refusal_names_the_order_of_dates_in_the_readers_language(app: Flask) -> None:
    facts = {"column": "listed_on", "value": "2026-13-01", "format": "year-month-day"}
    for language, order in (("en", "year-month-day"), ("zh", "年-月-日")):
        with app.test_request_context(headers={"Accept-Language": language}):
            assert order in reason({"code": "bad_date", "facts": facts})


@GPKG_ONLY
def test_a_file_of_refused_rows_alone_is_offered_nothing_to_import(
    enter: Enter, token: Token
) -> None:
    client = enter("data_officer")
    text = "户号,姓名,登记日期,经度,纬度\nZ1,孙,2099-01-01,105.005,35.005\n"
    address = upload(client, token, "households", "homes.csv", text.encode())
    for _ in range(2):
        page = ended(client, address, "zh").text
        assert "所有行都被拒绝" in page
        assert "立即导入" not in page
        assert 'name="skip_bad_rows"' not in page
        assert "登记日期 2099-01-01" in page  # as the file calls it
        assert "登记日期: 年-月-日" in page
        send(client, token, f"{address}/settle", skip_bad_rows="1")
    missing = upload(client, token, "visits", "v.csv", "户号,结果\nG1-1,见到\n".encode())
    page = ended(client, missing, "zh").text
    assert "走访时间（visited_at）" in page
    assert "文件中的列名" not in page


@GPKG_ONLY
def test_the_first_rows_are_the_files_own_without_refused_ones(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    client = enter("data_officer")
    address = upload(client, token, "grids", "g.geojson", grids(ws, WEST, EAST))
    assert "First rows as they will be" not in ended(client, address).text  # they overlap
    apart = grids(ws, WEST, translate(EAST, 0.1))
    address = upload(client, token, "grids", "g.geojson", apart)
    page = ended(client, address).text.partition("First rows as they will be")[2]
    assert re.findall(r"<td>(N\d)</td>", page) == ["N1", "N2"]
    assert len(re.findall(r"<td>1,[0-9,]{7,} m²</td>", page)) == 2
    assert "Polygon" not in page


@GPKG_ONLY
def test_a_damaged_shapefile_is_taken_with_what_is_chosen_on_its_page(
    enter: Enter, token: Token, tmp_path: Path
) -> None:
    data = zone_file(tmp_path, pyproj.CRS("EPSG:4544").to_wkt("WKT1_ESRI"))
    torn = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(torn, "w") as parts:
        for name in whole.namelist():
            part = whole.read(name)
            parts.writestr(name, part[:-40] if name.endswith(".shp") else part)
    client = enter("data_officer")
    address = upload(client, token, "households", "homes.zip", torn.getvalue())
    page = ended(client, address).text
    button = re.search(r'form="(\w+)" formaction="([^"]+)" formnovalidate', page)
    assert button
    assert button[2] == f"{address}/settle"
    assert f'<form id="{button[1]}"' in page
    send(client, token, f"{address}/settle", salvage="1")  # the one button
    assert "rows are taken, as you asked" in ended(client, address).text
    form = {"layer": "households", "crs": "EPSG:4544", "fields": "id=ID"}
    send(client, token, f"{address}/settle", **form)  # the form, without the tick
    page = ended(client, address).text
    assert 'value="EPSG:4544"' in page
    assert "rows are taken, as you asked" not in page
    send(client, token, f"{address}/settle", **form, salvage="1")
    assert "rows are taken, as you asked" in ended(client, address).text
    assert "5 at most" in client.get("/import").text
