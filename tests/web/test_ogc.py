"""OGC API Features: read whole by GDAL and OWSLib, within the scope, in every system."""

from __future__ import annotations

import json
import os
import subprocess
from base64 import b64encode
from itertools import pairwise

import pytest
import shapely
from owslib.ogcapi.features import Features
from owslib.util import Authentication
from shapely.geometry import shape

from gisgrid.access import CONSOLE
from gisgrid.exchange.crs import named_crs, to_degrees
from gisgrid.operations import features, people
from gisgrid.operations.figures import coverage_table
from gisgrid.operations.lists import case_list, household_list

from ..conftest import listening

PASSWORD = "a long enough phrase"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
IDS = {
    "areas": "code",
    "grids": "code",
    "households": "household",
    "gaps": "household",
    "cases": "id",
}


def basic(name: str, password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture
def person(ws):
    def make(role: str = "supervisor", scope: str = "*") -> dict[str, str]:
        name = f"{role}-{scope}".replace("*", "all")
        people.add(ws, CONSOLE, name, role=role, scope=scope, password=PASSWORD)
        return basic(name)

    return make


@pytest.fixture
def get(app, person):
    """`get("/collections")` -> the JSON that a supervisor gets from /ogc."""
    headers = person()

    client = app.test_client()

    def read(path: str, expected: int = 200, **asked):
        answer = client.get(f"/ogc{path}", query_string=asked, headers=headers)
        assert answer.status_code == expected, answer.text
        return answer.json if answer.is_json else json.loads(answer.text)

    return read


@pytest.fixture
def served(app):
    """Address of a real server on a free port."""
    with listening(app, 4) as port:
        yield f"http://127.0.0.1:{port}"


def test_a_program_finds_its_way_from_the_landing_page(get) -> None:
    rels = {link["rel"]: link["href"] for link in get("/")["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(rels)
    assert all(
        uri.startswith("http://www.opengis.net/spec/") for uri in get("/conformance")["conformsTo"]
    )
    document = get("/api")
    assert document["openapi"].startswith("3.0.")
    found = get("/collections")
    assert [each["id"] for each in found["collections"]] == list(IDS)
    limits = [
        each["schema"]
        for each in document["paths"]["/collections/grids/items"]["get"]["parameters"]
        if each["name"] == "limit"
    ]
    assert limits == [{"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1000}]
    assert found["crs"][0] == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    assert EPSG + "4490" in found["crs"]
    for each in found["collections"]:
        assert each["crs"] == found["crs"], "programs of before Part 2 know no reference to a list"
        assert get(f"/collections/{each['id']}")["id"] == each["id"]
        assert set(get(f"/collections/{each['id']}/queryables")["properties"])


def test_page_after_page_gives_every_feature_once_in_order(get) -> None:
    for name in IDS:
        for limit in (1, 5, 1000):
            every_page(get, name, limit)


def every_page(get, name: str, limit: int) -> None:
    seen, asked = [], {"limit": limit}
    while True:
        found = get(f"/collections/{name}/items", **asked)
        assert found["numberReturned"] == len(found["features"]) <= limit
        seen += [feature["id"] for feature in found["features"]]
        following = [link["href"] for link in found["links"] if link["rel"] == "next"]
        if not following:
            break
        assert found["features"][-1]["id"] in following[0]
        asked["after"] = found["features"][-1]["id"]
    assert found["numberMatched"] == len(seen)
    assert all(a < b for a, b in pairwise(seen))


def test_features_are_the_rows_of_the_lists_and_figures(get, ws) -> None:
    rows = get("/collections/households/items")["features"]
    frame, _ = household_list(ws, CONSOLE, limit=None)
    expected = frame.set_index("household")
    assert {row["id"] for row in rows} == set(expected.index)
    for row in rows:
        want = expected.loc[row["id"]]
        assert row["properties"]["status"] == want["status"]
        assert row["properties"]["days_waiting"] == want["days_waiting"]
        if row["geometry"] is not None:
            assert row["geometry"]["coordinates"] == pytest.approx(
                [want["lon"], want["lat"]], abs=1e-9
            )
    cases = {row["id"]: row["properties"] for row in get("/collections/cases/items")["features"]}
    assert set(cases) == set(case_list(ws, CONSOLE, limit=None)[0]["id"])
    table = coverage_table(ws, CONSOLE, by="grid").set_index("code")
    for row in get("/collections/grids/items")["features"]:
        assert row["properties"]["gap"] == table.loc[row["id"], "gap"]


def test_nothing_personal_leaves(get) -> None:
    for name in IDS:
        text = json.dumps(get(f"/collections/{name}/items"), ensure_ascii=False)
        assert "Name G" not in text
        assert "Road" not in text
        assert "Member" not in text
        assert "leak" not in text


def test_a_scope_holds_for_every_answer(app, person) -> None:
    headers = person(scope="T2")

    def get(path: str) -> tuple[int, dict]:
        answer = app.test_client().get(f"/ogc{path}", headers=headers)
        return answer.status_code, json.loads(answer.text)

    for name, ids in (("grids", {"G4"}), ("areas", {"T2", "V3"}), ("cases", {"c3"})):
        found = get(f"/collections/{name}/items")[1]
        assert {each["id"] for each in found["features"]} == ids
        assert found["numberMatched"] == len(ids)
    homes = get("/collections/households/items")[1]["features"]
    assert {each["id"][:2] for each in homes} == {"G4"}
    missing, hidden = (
        get("/collections/households/items/none"),
        get("/collections/households/items/G1-0"),
    )
    assert (missing[0], hidden[0]) == (404, 404)
    assert missing[1]["detail"].replace("none", "") == hidden[1]["detail"].replace("G1-0", "")
    box = get("/collections/grids")[1]["extent"]["spatial"]["bbox"][0]
    assert box == [105.03, 35.0, 105.04, 35.01]


def test_roles_see_their_collections(app, person) -> None:
    headers = person("planner")
    answer = app.test_client().get("/ogc/collections", headers=headers)
    assert [each["id"] for each in answer.json["collections"]] == list(IDS)
    admin = app.test_client().get("/ogc/collections", headers=person("admin"))
    assert admin.status_code == 403


def test_boxes_and_days_cut(get) -> None:
    def ids(name: str, **asked) -> set[str]:
        return {each["id"] for each in get(f"/collections/{name}/items", **asked)["features"]}

    assert ids("grids", bbox="105.001,35.001,105.002,35.002") == {"G1"}
    assert ids("grids", bbox="105.01,35.0,105.02,35.01") == {"G1", "G2", "G3"}
    assert ids("grids", bbox="0,0,1,1") == set()
    assert ids("grids", bbox="35.001,105.001,35.002,105.002", **{"bbox-crs": EPSG + "4490"}) == {
        "G1"
    }
    assert len(ids("households", bbox="105.0,35.0,105.0101,35.01")) == 6
    assert "U-1" not in ids("households", bbox="-180,-90,180,90")
    assert ids("cases", datetime="2026-10-15") == {"c1"}
    assert ids("cases", datetime="../2026-10-15T00:00:00Z") == {"c1"}
    assert ids("cases", datetime="2026-10-15/..") == {"c1", "c3", "c4"}
    assert ids("households", datetime="2026-08-01") == set()
    assert ids("gaps", status="never") < ids("gaps")


def test_a_system_is_written_in_the_order_of_its_authority(get) -> None:
    for code in ("4326", "4490", "4544", "4523", "32648", "3857"):
        in_system(get, code)


def in_system(get, code: str) -> None:
    found = get("/collections/grids/items", crs=EPSG + code)
    plain = get("/collections/grids/items")
    system = named_crs(code)
    north = system.axis_info[0].direction == "north"
    for there, here in zip(found["features"], plain["features"], strict=True):
        points = shapely.get_coordinates(shape(there["geometry"]))
        x, y = (points[:, 1], points[:, 0]) if north else (points[:, 0], points[:, 1])
        lon, lat = to_degrees(x, y, system, "wgs84")
        assert (
            shapely.hausdorff_distance(
                shapely.linestrings(lon, lat),
                shape(here["geometry"]).geoms[0].exterior
                if here["geometry"]["type"] == "MultiPolygon"
                else shape(here["geometry"]).exterior,
            )
            < 2e-8
        )


QUESTIONS = (
    ("/collections/none", {}, 404),
    ("/collections/none/items", {}, 404),
    ("/collections/grids/items/none", {}, 404),
    ("/collections/grids/items", {"limit": "0"}, 400),
    ("/collections/grids/items", {"limit": "ten"}, 400),
    ("/collections/grids/items", {"limit": "20000"}, 200),
    ("/collections/grids/items", {"bbox": "1,2,3"}, 400),
    ("/collections/grids/items", {"bbox": "a,b,c,d"}, 400),
    ("/collections/grids/items", {"bbox": "nan,0,1,1"}, 400),
    ("/collections/grids/items", {"bbox": "0,0,1e400,1"}, 400),
    ("/collections/grids/items", {"bbox": "1,2,3,4,5,6"}, 200),
    ("/collections/grids/items", {"bbox": "0,5,1,1"}, 400),
    ("/collections/grids/items", {"crs": "EPSG:4326"}, 400),
    ("/collections/grids/items", {"crs": EPSG + "2326"}, 400),
    ("/collections/grids/items", {"datetime": "yesterday"}, 400),
    ("/collections/grids/items", {"datetime": "../.."}, 400),
    ("/collections/grids/items", {"datetime": "2026-13-01"}, 400),
    ("/collections/grids/items", {"datetime": "2026-11-02/2026-11-01"}, 400),
    ("/collections/grids/items", {"colour": "red"}, 400),
    ("/collections/grids/items", {"f": "html"}, 400),
    ("/collections/grids/items", {"f": "json"}, 200),
)


def test_wrong_questions_are_refused_with_what_is_known(get) -> None:
    for path, asked, status in QUESTIONS:
        found = get(path, status, **asked)
        if status >= 400:
            assert found["code"] in {"unknown_word", "unknown_feature", "bad_date"}, path
            said = [name for name in asked if name != "f"]
            named = any(name in found["detail"] for name in said)
            assert named or not said or found["code"] == "bad_date", found["detail"]


def test_a_password_opens_one_session_and_a_wrong_one_waits(app, person, ws, monkeypatch) -> None:
    headers = person()
    client = app.test_client()
    assert client.get("/ogc/", headers=headers).status_code == 200
    checked: list[str] = []
    real = people.sign_in

    def counted(*given):
        checked.append(given[1])
        return real(*given)

    monkeypatch.setattr(people, "sign_in", counted)
    for _ in range(5):
        assert app.test_client().get("/ogc/collections", headers=headers).status_code == 200
    assert checked == []
    wrong = basic("supervisor-all", "not this one")
    answers = [app.test_client().get("/ogc/", headers=wrong) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {401, 429}
    assert answers[0].headers["WWW-Authenticate"].startswith("Basic realm=")
    # Basic opens nothing but features and tiles.
    assert app.test_client().get("/api/v1/coverage", headers=headers).status_code == 401
    people.disable(ws, CONSOLE, "supervisor-all")
    assert app.test_client().get("/ogc/collections", headers=headers).status_code in {401, 429}


def test_a_browser_is_not_asked_for_a_password_by_a_tile(app) -> None:
    assert "WWW-Authenticate" not in app.test_client().get("/tiles/grids/0/0/0.mvt").headers
    assert "WWW-Authenticate" in app.test_client().get("/ogc/").headers


def test_what_is_read_of_households_is_in_the_account_of_use(get, ws) -> None:
    get("/collections/households/items", limit=5)
    get("/collections/grids/items")
    (row, *_) = ws.store.audit_rows(limit=10)
    assert (row.action, row.object, row.count) == ("features", "households", 5)


def test_a_change_is_seen_by_the_next_page(get, ws) -> None:
    assert get("/collections/cases/items")["numberMatched"] == 3
    with ws.store.write() as writer:
        import geopandas as gpd

        from .conftest import TODAY

        writer.put_cases(
            gpd.GeoDataFrame({"id": ["c9"], "opened_on": [TODAY]}, geometry=[None], crs="EPSG:4326")
        )
    assert get("/collections/cases/items")["numberMatched"] == 4
    assert features.KEPT >= 1


def test_gdal_reads_every_feature(served, person, ws, tmp_path) -> None:
    person()
    keys = {"GDAL_HTTP_USERPWD": f"supervisor-all:{PASSWORD}"}
    for name in IDS:
        target = tmp_path / f"{name}.geojson"
        done = subprocess.run(
            ["ogr2ogr", "-f", "GeoJSON", target, f"OAPIF:{served}/ogc", name, "-oo", "PAGE_SIZE=5"],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | keys,
        )
        assert done.stderr == ""
        found = json.loads(target.read_text("utf-8"))["features"]
        wanted = features.page(ws, CONSOLE, name, limit=10_000)
        assert {each["properties"][IDS[name]] for each in found} == set(wanted.keys)
        assert len(found) == wanted.matched


def test_owslib_reads_every_feature(served, person, ws) -> None:
    person()
    login = Authentication(username="supervisor-all", password=PASSWORD)
    reader = Features(f"{served}/ogc/", auth=login)
    assert set(reader.feature_collections()) == set(IDS)
    for name in IDS:
        seen = []
        found = reader.collection_items(name, limit=5)
        while True:
            seen += [each["id"] for each in found["features"]]
            if not any(link["rel"] == "next" for link in found["links"]):
                break
            found = reader.collection_items(name, limit=5, after=found["features"][-1]["id"])
        assert sorted(seen) == sorted(features.page(ws, CONSOLE, name, limit=10_000).keys)


def test_every_column_that_is_offered_can_be_asked_for_and_stays_in_the_links(get) -> None:
    samples = {"integer": "1", "number": "0.5", "boolean": "true"}
    for layer in IDS:
        for column, schema in get(f"/collections/{layer}/queryables")["properties"].items():
            kinds = schema.get("type", "string")
            kind = kinds if isinstance(kinds, str) else kinds[0]
            value = "2026-01-02" if schema.get("format") == "date" else samples.get(kind, "x")
            page = get(f"/collections/{layer}/items", **{column: value})
            mine = next(link["href"] for link in page["links"] if link["rel"] == "self")
            assert mine.endswith(f"/collections/{layer}/items?{column}={value}")


def test_tilejson_tells_where_tiles_are(app, person) -> None:
    headers = person()
    client = app.test_client()
    for layer in ("outlines", "townships", "villages", "grids", "households", "cases"):
        found = client.get(f"/tiles/{layer}.json", headers=headers).json
        assert found["tilejson"] == "3.0.0"
        assert found["bounds"] == pytest.approx([105.0, 35.0, 105.04, 35.01])
        address = found["tiles"][0].removeprefix("http://localhost")
        tile = client.get(address.format(z=12, x=3242, y=1621), headers=headers)
        assert tile.status_code in {200, 204}
    assert client.get("/tiles/none.json", headers=headers).status_code == 400


def test_what_a_program_has_already_is_not_sent_again(app, person, clock) -> None:
    headers, client = person(), app.test_client()
    for path in ("/", "/collections", "/collections/grids/items", "/collections/grids/items/G1"):
        first = client.get(f"/ogc{path}", headers=headers)
        tag = {"If-None-Match": first.headers["ETag"]}
        assert client.head(f"/ogc{path}", headers=headers).headers["ETag"] == first.headers["ETag"]
        again = client.get(f"/ogc{path}", headers=headers | tag)
        assert (again.status_code, again.data) == (304, b"")
    tag = {"If-None-Match": client.get(GAPS, headers=headers).headers["ETag"]}
    crs = {"crs": EPSG + "4490"}
    assert client.get(GAPS, headers=headers | tag, query_string=crs).status_code == 200
    clock.pass_by(days=1)
    assert client.get(GAPS, headers=headers | tag).status_code == 200, "it says what was yesterday"


GAPS = "/ogc/collections/gaps/items"


def test_gdal_reads_the_tiles(app, person, tmp_path) -> None:
    headers, client = person(), app.test_client()
    for layer in ("grids", "townships"):
        address = client.get(f"/tiles/{layer}.json", headers=headers).json
        place = address["tiles"][0].removeprefix("http://localhost").format(z=12, x=3242, y=1622)
        tile = client.get(place, headers=headers)
        path = tmp_path / f"{layer}.mvt"
        path.write_bytes(tile.data)
        place = ["-oo", "Z=12", "-oo", "X=3242", "-oo", "Y=1622"]
        told = subprocess.run(
            ["/usr/bin/ogr2ogr", "-f", "GeoJSONSeq", "/vsistdout/", *place, str(path)],
            capture_output=True,
            check=True,
            text=True,
        )
        rows = [json.loads(line) for line in told.stdout.splitlines()]
        assert rows
        fields = {name for row in rows for name in row["properties"]} - {"mvt_id"}
        assert fields <= set(address["vector_layers"][0]["fields"])
        west, south, east, north = shapely.union_all(
            [shape(row["geometry"]) for row in rows]
        ).bounds
        assert (west, south, north) == pytest.approx((105.0, 35.0, 35.01), abs=2e-3)
        assert 105.028 < east < 105.042, "the tile ends within the plan"
