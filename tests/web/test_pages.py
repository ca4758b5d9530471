from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gisgrid.model import Programme

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace
    from gisgrid.settings import Settings

    Enter = Callable[..., FlaskClient]


def test_hostile_names_are_text_on_every_page(enter: Enter, hostile: tuple[str, ...]) -> None:
    client = enter()
    page = client.get("/households?area=G1").text
    for text in hostile:
        shown = escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
        assert shown in page
        assert "<script>alert" not in page
    for n, text in enumerate(hostile):
        one = client.get(f"/households/G1-{n}")
        assert one.status_code == 200
        shown = escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
        assert f"<h1>{shown}</h1>" in one.text
    assert "<b>leak</b>" not in client.get("/households/G1-0").text


def test_an_area_without_a_grid_today_opens_on_the_map(enter: Enter, ws: Workspace) -> None:
    """The first steps are for a store without any grid, and not for one such area."""
    client = enter()
    with ws.store.write() as w:
        bare = {"code": "V9", "name": "Bare", "level": "village", "parent_code": "T1"}
        w.put_areas(pd.DataFrame([bare]))
    for path in ("/areas/V9", "/?area=V9", "/cases?area=V9"):
        page = client.get(path).text
        assert 'id="map"' in page, path
        assert "Three steps" not in page, path
    assert client.get("/areas/V8").status_code == 404


def test_the_list_holds_the_households_behind_a_number(enter: Enter) -> None:
    client = enter()
    never = client.get("/households?status=never&area=T1&as_of=2026-11-22").text
    assert never.count('class="status never"') == 4
    assert "4 households" in never
    assert "no one home" in never
    assert client.get("/households?status=unassigned").text.count('href="/households/U-2') == 1
    beyond = client.get("/households?page=9999").text
    assert beyond.count('href="/households/U-2') == 1, "the last page there is"


def test_a_day_to_come_is_refused_in_every_form(enter: Enter) -> None:
    client = enter("data_officer")
    for path in ("/households", "/households/G1-0", "/cases", "/"):
        answer = client.get(f"{path}?as_of=2026-11-23")
        assert (answer.status_code, path) == (400, path)
        assert "still to come" in answer.text
    for path in ("overview", "coverage", "gaps", "cases", "households/G1-0"):
        answer = client.get(f"/api/v1/{path}?as_of=2026-11-23")
        assert (answer.status_code, answer.json["code"]) == (400, "day_to_come")
    assert client.get("/tiles/households/14/12973/6471.mvt?as_of=2026-11-23").status_code == 400


def test_long_lists_come_a_hundred_a_page(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gisgrid.operations.households.PAGE_ROWS", 10)
    page = enter().get("/households?page=2").text
    assert page.count("<tr>") == 11
    assert "Page 2 of 3" in page
    assert 'rel="prev" href="/households"' in page
    assert 'rel="next" href="/households?page=3"' in page


def test_a_household_without_a_location_says_so(enter: Enter) -> None:
    page = enter().get("/households/U-2").text
    assert "unlocated" in page
    assert "Show on the map" not in page


def test_map_pages_hold_no_row_of_data(enter: Enter) -> None:
    client = enter()
    for address in ("/", "/cases", "/areas/T1"):
        page = client.get(address).text
        assert "Name G2" not in page
        assert "Upper" not in page
        assert "/map/" in page
    script = client.get("/map/coverage.js")
    assert script.mimetype in ("application/javascript", "text/javascript")
    again = client.get("/map/coverage.js", headers={"If-None-Match": script.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/map/other.js").status_code == 404


def test_the_demo_says_that_it_is_invented(enter: Enter, ws: Workspace) -> None:
    client = enter()
    assert "Invented data" not in client.get("/households").text
    with ws.store.write() as w:
        w.set_programme(Programme(demo=True))
    for address in ("/", "/cases", "/households", "/export", "/signin"):
        assert "Invented data" in client.get(address, follow_redirects=True).text


def test_an_empty_store_shows_the_steps(settings: Settings, token: Callable[..., str]) -> None:
    from gisgrid.access import CONSOLE
    from gisgrid.operations import people
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Store
    from gisgrid.web import create_app

    with Store.create(settings.store) as store:
        ws = Workspace(store, settings)
        people.add(ws, CONSOLE, "Li", role="data_officer", scope="*")
        client = create_app(settings, ws).test_client()
        address = f"/enter/{people.make_link(ws, CONSOLE, 'Li')}"
        client.post(address, data={"csrf_token": token(client, address)})
        page = client.get("/")
        assert page.status_code == 200
        assert 'href="/import"' in page.text
        for other in ("/cases", "/households", "/map/coverage.js", "/export", "/import"):
            assert client.get(other).status_code == 200, other
        rows = client.get("/api/v1/coverage").json["rows"]
        assert [row["name"] for row in rows] == ["(unassigned)"]


def test_search_works_without_the_script(enter: Enter, token: Callable[..., str]) -> None:
    client = enter()
    form = {"csrf_token": token(client, "/"), "q": "G2-0"}
    assert 'href="/households/G2-0"' in client.post("/search", data=form).text
    assert "Nothing found" in client.post("/search", data={**form, "q": "zzz"}).text


def test_people_are_added_and_shut_out(
    enter: Enter, token: Callable[..., str], ws: Workspace
) -> None:
    admin = enter("admin")
    key = token(admin, "/people")
    form = {"csrf_token": key, "name": "王芳", "role": "member", "scope": "G1"}
    page = admin.post("/people", data=form).text
    assert "http://localhost/enter/" in page
    assert "王芳" in page
    again = admin.post("/people", data=form)
    assert again.status_code == 409
    wrong = admin.post("/people", data={**form, "name": "x", "scope": "nowhere"})
    assert wrong.status_code == 404
    assert "/enter/" in admin.post("/people/link", data={"csrf_token": key, "name": "王芳"}).text
    out = admin.post("/people/disable", data={"csrf_token": key, "name": "王芳"})
    assert out.status_code == 303
    person = ws.store.person("王芳")
    assert person is not None
    assert person.disabled
    assert admin.post("/people/link", data={"csrf_token": key, "name": "zz"}).status_code == 404


def test_an_account_without_an_area_is_refused_not_given_everything(
    enter: Enter, ws: Workspace, token: Callable[..., str]
) -> None:
    client = enter("admin")
    given = {"csrf_token": token(client, "/people"), "name": "Forgotten", "role": "supervisor"}
    answer = client.post("/people", data=given)
    assert answer.status_code == 400
    assert "a code, or * for everything" in answer.text
    assert ws.store.person("Forgotten") is None
    assert client.post("/people", data={**given, "scope": "*"}).status_code == 200
    person = ws.store.person("Forgotten")
    assert person is not None
    assert person.scope == "*"
