from __future__ import annotations

import html
import io
import re
import zipfile
from datetime import date
from typing import TYPE_CHECKING, Any

import pyproj
import pytest
import shapefile as pyshp

from gisgrid.access import EVERYWHERE
from gisgrid.errors import UploadGone
from gisgrid.operations.uploads import Upload, Uploads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace

    Enter = Callable[..., FlaskClient]
    Token = Callable[..., str]

GOOD = "编号,姓名,经度,纬度,grid_code\nN-1,<b>王</b>,105.0045,35.005,\nN-2,李,,,G2\n"
BAD = "id,name,lon,lat\nN-1,Wang,0,0\nN-2,Li,105.0045,35.005\n"


def upload(client: FlaskClient, token: Token, text: str, **form: Any) -> Any:
    name = form.pop("name", "住户.csv")
    data = {"csrf_token": token(client, "/"), "layer": "households", **form}
    data["file"] = (io.BytesIO(text.encode()), name)
    return client.post("/import", data=data)


def waiting(app: Flask, address: str) -> Upload:
    """The file behind an address."""
    found: Upload = app.extensions["gisgrid.imports"].uploads.get(1, address.rpartition("/")[2])
    return found


def ended(client: FlaskClient, address: str, language: str = "en") -> Any:
    """The page of a file once the work on it has ended."""
    client.get(address)
    app = client.application
    app.extensions["gisgrid.imports"].wait(waiting(app, address), 60)
    return client.get(address, headers={"Accept-Language": language})


def finished(client: FlaskClient, token: Token, kept: Any) -> Any:
    """What came of importing a file."""
    said = client.post(kept.location, data={"csrf_token": token(client, "/")})
    assert (said.status_code, said.location) == (303, kept.location)
    return ended(client, kept.location)


def count(ws: Workspace) -> int:
    return len(ws.store.households(scope=EVERYWHERE))


def test_a_file_is_looked_at_first_and_imported_on_a_word(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    client = enter("data_officer")
    before = count(ws)
    kept = upload(client, token, GOOD)
    assert kept.status_code == 303
    page = ended(client, kept.location).text
    assert "住户.csv" in page
    assert "&lt;b&gt;王" in page
    assert re.search(r"<th scope=\"row\">id</th><td>编号</td>", page)
    assert count(ws) == before
    assert "Imported" in finished(client, token, kept).text
    assert count(ws) == before + 2
    found = client.get("/api/v1/households/N-2").json
    assert (found["name"], found["grid"]) == ("李", "G2")
    again = finished(client, token, kept)
    assert "Imported" in again.text
    assert again.text.count(">2</dd>") == 2  # as it was the first time: read and new


def parts(folder: Path) -> dict[str, bytes]:
    """A shapefile of a household by pyshp, as its files lie in a folder."""
    with pyshp.Writer(str(folder / "住户"), pyshp.POINT, encoding="utf-8") as sink:
        sink.field("id", "C", 10)
        sink.point(105.0045, 35.005)
        sink.record("N-1")
    made = {each.name: each.read_bytes() for each in folder.glob("住户.*")}
    wgs84 = pyproj.CRS(4326).to_wkt("WKT1_ESRI").encode()
    return made | {"住户.PRJ": wgs84, "住户.shp.xml": b"<x/>", "住户.qmd": b"<x/>"}


def test_a_shapefile_is_taken_as_its_parts(enter: Enter, token: Token, tmp_path: Path) -> None:
    client = enter("data_officer")
    given = parts(tmp_path)
    data = {"csrf_token": token(client, "/"), "layer": "households"}
    chosen = [(io.BytesIO(part), name) for name, part in given.items()]
    kept = client.post("/import", data=data | {"file": chosen})
    page = ended(client, kept.location).text
    assert "住户.zip" in page
    assert "Import now" in page
    for more in ({"村.shp": b""}, {"住户.DBF": b""}, {"a.csv": b"id"}):
        chosen = [(io.BytesIO(part), name) for name, part in (given | more).items()]
        refused = client.post("/import", data=data | {"file": chosen})
        assert refused.status_code == 422
        assert "not the parts of one shapefile" in refused.text


def test_refused_rows_are_shown_with_reason_and_cure(
    enter: Enter, token: Token, ws: Workspace
) -> None:
    client = enter("data_officer")
    before = count(ws)
    kept = upload(client, token, BAD)
    page = ended(client, kept.location, "zh").text
    assert "非洲外海" in page
    assert "立即导入" not in page
    refused = finished(client, token, kept)
    assert refused.status_code == 422
    assert "Look at 住户.csv again" in refused.text
    assert count(ws) == before
    kept = upload(client, token, BAD)
    assert "Leave the refused rows out" in ended(client, kept.location).text
    form = {"csrf_token": token(client, "/"), "skip_bad_rows": "1"}
    client.post(f"{kept.location}/settle", data=form)
    assert "Import now" in ended(client, kept.location).text
    finished(client, token, kept)
    assert count(ws) == before + 1


def test_an_upload_is_its_owners_alone(enter: Enter, token: Token) -> None:
    kept = upload(enter("data_officer"), token, GOOD)
    other = enter("data_officer", "T2")
    assert other.get(kept.location).status_code == 410
    form = {"csrf_token": token(other, "/")}
    assert other.post(kept.location, data=form).status_code == 410
    assert other.post(f"{kept.location}/cancel", data=form).status_code == 410


def test_an_upload_can_be_discarded_and_leaves_nothing_behind(
    app: Flask, enter: Enter, token: Token
) -> None:
    client = enter("data_officer")
    kept = upload(client, token, GOOD)
    path = waiting(app, kept.location).path
    assert path.parent.stat().st_mode & 0o077 == 0
    assert path.parent.parent.stat().st_mode & 0o077 == 0
    assert path.name == "upload.csv"
    form = {"csrf_token": token(client, "/")}
    assert client.post(f"{kept.location}/cancel", data=form).status_code == 303
    assert not path.parent.exists()
    assert client.get(kept.location).status_code == 410


def test_an_upload_waits_an_hour_at_most_and_five_a_person(tmp_path: Path) -> None:
    now = [0.0]
    uploads = Uploads(tmp_path / "uploads", lambda: now[0])

    def keep() -> Upload:
        now[0] += 1
        return uploads.keep(1, lambda path: path.write_bytes(b"x"), "a.csv", "areas", {})

    first = keep()
    now[0] = 3600.0
    assert uploads.get(1, first.number) == first
    now[0] = 3602.0
    with pytest.raises(UploadGone):
        uploads.get(1, first.number)
    assert not first.path.exists()
    many = [keep() for _ in range(6)]
    assert [one.path.exists() for one in many] == [False, *[True] * 5]


def test_what_was_said_of_a_file_is_the_same_for_every_process(tmp_path: Path) -> None:
    said = {"valid_from": date(2026, 11, 1), "winners": (("A", "B"),), "fields": {"id": "户号"}}
    uploads, other = Uploads(tmp_path / "u"), Uploads(tmp_path / "u")
    kept = uploads.keep(1, lambda path: path.write_bytes(b"x"), "住户.csv", "grids", said)
    assert other.get(1, kept.number) == kept
    other.explain(kept, repair=True)
    assert uploads.get(1, kept.number).options == {**said, "repair": True}
    for number in ("..", "../../etc", "x" * 32, ""):
        with pytest.raises(UploadGone):
            uploads.get(1, number)


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/passwd", "a\\b.csv", "x" * 300 + ".csv"])
def test_the_name_of_an_upload_never_becomes_a_path(name: str, tmp_path: Path) -> None:
    kept = Uploads(tmp_path).keep(1, lambda path: path.write_bytes(b"x"), name, "areas", {})
    assert kept.path.name in ("upload.csv", "upload")
    assert kept.path.parent.parent == tmp_path


def test_no_file_and_a_slip_in_the_form_are_said_plainly(enter: Enter, token: Token) -> None:
    client = enter("data_officer")
    answer = client.post("/import", data={"csrf_token": token(client, "/"), "layer": "areas"})
    assert answer.status_code == 422
    assert "no file was chosen" in answer.text
    assert '<option value="areas" selected>' in answer.text
    odd = upload(client, token, GOOD, datum="mars")
    assert odd.status_code == 400
    assert "gcj02" in odd.text


def test_a_file_that_is_not_what_its_name_says_is_refused(enter: Enter, token: Token) -> None:
    client = enter("data_officer")
    kept = upload(client, token, "\x89PNG\r\n not a table", name="households.xlsx")
    page = ended(client, kept.location)
    assert page.status_code in (415, 422)
    assert "households.xlsx" in page.text


def test_an_export_is_a_download_with_a_plain_and_a_full_name(enter: Enter) -> None:
    answer = enter("data_officer").get("/export/file?what=coverage&format=csv&by=village&area=T1")
    assert answer.status_code == 200
    said = answer.headers["Content-Disposition"]
    assert said.startswith('attachment; filename="gisgrid_coverage_T1_20261122.csv"; filename*=')
    assert answer.text.lstrip("\ufeff").startswith("code,name,households")


@pytest.mark.parametrize(
    ("more", "heading"),
    [
        ({}, "code,name,households,gap,coverage,hidden"),
        ({"reason": "the yearly count"}, "code,name,households,gap,coverage,hidden"),
        ({"take coverage code": "1", "take coverage gap": "1"}, "code,gap,hidden"),
        ({"level": "case_work", "take coverage code": "1", "take coverage gap": "1"}, "code,gap"),
    ],
)
def test_the_page_makes_public_files_of_figures_unless_another_level_is_chosen(
    enter: Enter, token: Token, more: dict[str, str], heading: str
) -> None:
    client = enter("supervisor")
    asked = {"what": "coverage", "format": "csv", "csrf_token": token(client, "/"), **more}
    file = fetched(client, client.post("/export", data=asked))
    assert file.decode("utf-8-sig").splitlines()[0] == heading


@pytest.mark.parametrize("kind", ["shp", "gpkg", "geojson", "csv", "xlsx"])
def test_every_format_comes_out(enter: Enter, kind: str) -> None:
    answer = enter("supervisor").get(f"/export/file?what=households&format={kind}")
    assert answer.status_code == 200
    assert len(answer.data) > 100


def fetched(client: FlaskClient, asked: Any) -> bytes:
    """The file that was asked for, without the mark of a CSV."""
    assert asked.status_code == 303, asked.text
    exports = client.application.extensions["gisgrid.exports"]
    exports.wait(asked.location.rpartition("/")[2], 60)
    with client.get(f"{asked.location}/file") as answer:
        return bytes(answer.data).removeprefix(b"\xef\xbb\xbf")


def test_the_ticked_columns_of_what_is_asked_come_and_those_of_other_layers_are_left_aside(
    enter: Enter, token: Token
) -> None:
    client = enter("data_officer")
    page = client.get("/export").text
    assert 'name="take households name"' in page
    assert 'name="take coverage due_soon"' in page
    form = {"what": "households", "format": "csv", "csrf_token": token(client, "/")}
    ticks = dict.fromkeys(("take households address", "take households id", "take grids code"), "1")
    asked = client.post("/export", data=form | ticks)
    assert fetched(client, asked).startswith(b"id,address,lon,lat\n")
    full = dict.fromkeys(("take households name", "take households id"), "1")
    named = client.post("/export", data=form | full)
    assert fetched(client, named).startswith(b"id,lon,lat\n")  # names are for full files
    odd = client.post("/export", data=form | {"take households id": "perhaps"})
    assert odd.status_code == 400


def test_a_page_in_chinese_offers_a_table_in_chinese_first(enter: Enter, token: Token) -> None:
    client = enter("data_officer")
    chosen = re.compile(r'<option value="(\w+)" lang="[\w-]+" selected>')
    asked = {"what": "areas", "format": "csv", "csrf_token": token(client, "/")}
    for language, first in (("en", "code,name,level"), ("zh", "编号,名称,级别")):
        page = client.get("/export", headers={"Accept-Language": language}).text
        assert chosen.findall(page) == [language]
        data = fetched(client, client.post("/export", data=asked | {"language": language}))
        assert data.decode().startswith(first)
    assert client.post("/export", data=asked | {"language": "fr"}).status_code == 400
    answer = client.get("/export/file?what=areas&format=csv", headers={"Accept-Language": "zh"})
    assert answer.text.lstrip("\ufeff").startswith("code,")  # programs get what they always got


def test_an_export_that_failed_is_chosen_again_with_what_was_asked(
    enter: Enter, token: Token
) -> None:
    client = enter("data_officer")
    form = {"what": "gaps", "format": "csv", "area": "NOPE", "csrf_token": token(client, "/")}
    asked = client.post("/export", data=form)
    client.application.extensions["gisgrid.exports"].wait(asked.location.rpartition("/")[2], 60)
    page = client.get(asked.location).text
    assert "There is no file" in page
    (again,) = re.findall(r'<a class="button primary" href="(/export[^"]*)"', page)
    form_again = client.get(html.unescape(again)).text
    assert '<option value="gaps" selected>' in form_again
    assert re.search(r'<input id="area"[^>]* value="NOPE"', form_again)


def test_a_shapefile_of_the_page_has_its_twin_where_it_is_ticked(
    enter: Enter, token: Token
) -> None:
    client = enter("data_officer")
    form = {"what": "grids", "format": "shp", "csrf_token": token(client, "/")}
    for more, there in (({"twin": "1"}, True), ({}, False)):
        data = fetched(client, client.post("/export", data=form | more))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert ("grids.gpkg" in archive.namelist()) is there


def test_an_export_holds_what_the_screen_shows_and_no_names_for_planners(
    enter: Enter, token: Token
) -> None:
    address = "/export/file?what=households&format=csv"
    planner = enter("planner").get(address).text
    assert "Name G2" not in planner
    assert "Road" not in planner
    supervisor = enter("supervisor", "T1")
    for_work = supervisor.get(address).text
    assert "Road G2 1" in for_work
    assert "Name G2 1" not in for_work
    form = {"what": "households", "format": "csv", "reason": "the yearly count"}
    full = supervisor.post("/export/file", data=form | {"csrf_token": token(supervisor)}).text
    assert "Name G2 1" in full
    assert "G4-0" not in full


def test_a_full_export_without_a_reason_is_refused_and_a_reason_is_no_part_of_an_address(
    enter: Enter, token: Token
) -> None:
    supervisor = enter("supervisor")
    form = {"what": "households", "format": "csv", "level": "full", "csrf_token": token(supervisor)}
    for reason in ("", "   too   ", "short"):
        answer = supervisor.post("/export/file", data=form | {"reason": reason})
        assert answer.status_code == 422, reason
        assert "reason_needed" in answer.text
    assert supervisor.get("/export/file?what=grids&reason=the+yearly+count").status_code == 400
    form |= {"level": "public", "reason": "for the newspaper"}
    assert "never_public" in supervisor.post("/export/file", data=form).text


def test_the_systems_of_the_county_come_first_and_wgs_84_is_that_of_gps(enter: Enter) -> None:
    page = enter("data_officer").get("/export", headers={"Accept-Language": "zh"}).text
    choice = page.partition('<select id="crs"')[2].partition("</select>")[0]
    codes = re.findall(r'<option value="([^"]*)"( selected)?', choice)
    assert [code for code, _ in codes][:4] == ["EPSG:4490", "EPSG:4544", "EPSG:4523", "EPSG:4326"]
    assert "与 GPS 和 QGIS 相同" in choice
    assert "网络地图" not in choice
    assert "例如 EPSG:4544" in page
