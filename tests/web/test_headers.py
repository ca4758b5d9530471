from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gisgrid.web import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace
    from gisgrid.settings import Settings

    Enter = Callable[..., FlaskClient]
    Token = Callable[..., str]

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; worker-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
ADDRESSES = (
    "/",
    "/cases",
    "/households",
    "/households/none",
    "/signin",
    "/nowhere",
    "/healthz",
    "/api/v1/coverage",
    "/api/v1/coverage?as_of=x",
    "/map/coverage.js",
    "/tiles/nothing/8/202/101.mvt",
    "/static/css/gisgrid.css",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_headers(look_in: Enter, address: str) -> None:
    headers = look_in().get(address).headers
    assert headers["Content-Security-Policy"] == CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=(self)" in headers["Permissions-Policy"]


def test_a_tile_carries_short_headers_since_it_is_never_a_document(enter: Enter) -> None:
    for address in ("/tiles/outlines/8/202/101.mvt", "/tiles/outlines/0/0/0.mvt"):
        answer = enter().get(address)
        assert answer.status_code in (200, 204)
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert sum(len(f"{name}: {value}\r\n") for name, value in answer.headers) < 400


@pytest.mark.parametrize("address", [a for a in ADDRESSES if "static" not in a])
def test_no_personal_answer_is_kept_by_others(look_in: Enter, address: str) -> None:
    kept = look_in().get(address).headers["Cache-Control"]
    assert "private" in kept
    assert ("no-cache" in kept) == address.startswith("/map")
    assert ("no-store" in kept) != address.startswith("/map")


def test_pages_hold_no_inline_script_or_style(enter: Enter) -> None:
    client = enter("data_officer")
    admin = enter("admin")
    for browser, address in (
        (client, "/"),
        (client, "/cases"),
        (client, "/households"),
        (client, "/households/G1-0"),
        (client, "/import"),
        (client, "/export"),
        (admin, "/people"),
    ):
        page = browser.get(address).text.lower()
        assert "<style" not in page, address
        assert " onclick=" not in page, address
        for script in page.split("<script")[1:]:
            assert "src=" in script.partition(">")[0], address


def test_a_base_map_opens_the_policy_for_its_pictures_only(
    settings: Settings, ws: Workspace
) -> None:
    base_map = "https://tiles.example/{z}/{x}/{y}.png"
    ws.settings = replace(settings, base_map=base_map)
    csp = (
        create_app(ws.settings, ws).test_client().get("/signin").headers["Content-Security-Policy"]
    )
    assert csp == CSP.replace("data: blob:;", "data: blob: https://tiles.example;", 1)


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(app: Flask) -> None:
    cookie = app.test_client().get("/signin").headers["Set-Cookie"]
    assert cookie.startswith("gisgrid=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie


def test_behind_tls_the_cookie_travels_encrypted_only(settings: Settings, ws: Workspace) -> None:
    ws.settings = replace(settings, secure_cookies=True)
    client = create_app(ws.settings, ws).test_client()
    cookie = client.get("/signin", base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("__Host-gisgrid=")
    assert "Secure" in cookie
    assert "Path=/" in cookie


def test_another_host_name_is_refused(app: Flask) -> None:
    assert app.test_client().get("/signin", base_url="http://evil.example").status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_cannot_post_nor_run_the_map_script(
    enter: Enter, token: Token, site: str
) -> None:
    client = enter()
    form = {"csrf_token": token(client, "/")}
    header = {"Sec-Fetch-Site": site}
    assert client.post("/signout", data=form, headers=header).status_code == 403
    assert client.get("/map/coverage.js", headers=header).status_code == 403
    assert client.get("/", headers=header).status_code == 200


def test_a_form_without_its_token_changes_nothing(enter: Enter) -> None:
    client = enter()
    answer = client.post("/signout")
    assert answer.status_code == 403
    assert "other_site" in answer.text
    assert client.get("/api/v1/categories").status_code == 200


def test_large_json_is_zipped_for_who_takes_it(enter: Enter) -> None:
    client = enter()
    plain = client.get("/api/v1/openapi.json")
    zipped = client.get("/api/v1/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert len(zipped.data) < len(plain.data) / 2


def test_nothing_is_changed_by_looking(app: Flask, enter: Enter, ws: Workspace) -> None:
    client = enter("data_officer")
    client.get("/")
    before = ws.store.changes()
    for rule in app.url_map.iter_rules():
        if rule.methods and "GET" in rule.methods and not rule.arguments:
            client.get(rule.rule)
    assert ws.store.changes() == before


def test_sec_fetch_and_head_requests_work(enter: Enter) -> None:
    assert enter().head("/households").status_code == 200
