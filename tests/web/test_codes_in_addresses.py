"""Codes are any text: every address that names one is asked for with the worst of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import geopandas as gpd
import pandas as pd
import pytest
from flask import url_for
from shapely.geometry import Point, box

from gisgrid.access import CONSOLE
from gisgrid.model import Programme
from gisgrid.operations import people
from gisgrid.operations.workspace import Workspace
from gisgrid.store import Store
from gisgrid.web import create_app

from .conftest import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from flask.testing import FlaskClient

CODES = (
    "relation/1028021",
    "/first",
    "last/",
    "a//b",
    "a/../b",
    "./a",
    "a/visits",
    "a/lineage",
    "new one",
    "100%",
    "50%2F25%25",
    "#7",
    "who?as_of=x&b=1",
    "a+b;c=d",
    "会宁/新添堡",
    "c:\\grids",
    "'\"<b>",
)
NAMES_CODES = {"code", "household", "case", "key", "report"}


def fill(store: Store) -> None:
    """A village, a grid, a household and a case of each code; V0 of another township has none."""
    one, count = date(2026, 9, 1), len(CODES)
    villages = [(f"V{code}", code, "village", "T1") for code in CODES]
    above = [
        ("C", "C", "county", None),
        ("T1", "T1", "township", "C"),
        ("T2", "T2", "township", "C"),
    ]
    points = [Point(105.005 + i / 100, 35.005) for i in range(count)]
    with store.write() as w:
        w.put_areas(
            pd.DataFrame([*above, *villages], columns=["code", "name", "level", "parent_code"])
        )
        w.put_grids(
            gpd.GeoDataFrame(
                {"code": CODES, "area_code": [f"V{code}" for code in CODES]},
                geometry=[box(105 + i / 100, 35, 105.01 + i / 100, 35.01) for i in range(count)],
                crs="EPSG:4326",
            ).assign(name=None, member=None, visit_every_days=None),
        )
        w.put_households(
            gpd.GeoDataFrame({"id": CODES}, geometry=points, crs="EPSG:4326").assign(
                name=None,
                address=None,
                visit_every_days=None,
                listed_on=one,
                unlisted_on=None,
                grid_code=None,
            )
        )
        w.place(list(CODES), list(CODES))
        w.put_cases(
            gpd.GeoDataFrame(
                {"id": CODES, "household_id": CODES}, geometry=[None] * count, crs="EPSG:4326"
            ).assign(
                category="water",
                title=None,
                opened_on=one,
                due_on=None,
                closed_on=None,
                note=None,
                status=None,
            )
        )


@pytest.fixture(scope="module")
def app(module_store_url: str) -> Iterator[Flask]:
    settings = settings_of(module_store_url)
    with Store.create(settings.store, Programme()) as store:
        fill(store)
        ws = Workspace(store, settings, lambda: datetime(2026, 11, 22, 4, tzinfo=UTC))
        for scope in ("T1", "T2"):
            people.add(ws, CONSOLE, scope, role="supervisor", scope=scope)
        people.add(ws, CONSOLE, "officer", role="data_officer", scope="*")
        yield create_app(settings, ws)


@pytest.fixture(scope="module")
def come_in(app: Flask) -> Callable[[str], tuple[FlaskClient, str]]:
    import re

    def enter(scope: str) -> tuple[FlaskClient, str]:
        client = app.test_client()

        def token() -> str:
            page = client.get("/signin", follow_redirects=True).text
            found = re.search(r'name="csrf-token" content="([^"]+)"', page)
            assert found
            return found[1]

        link = people.make_link(app.extensions["gisgrid"], CONSOLE, scope)
        client.post(f"/enter/{link}", data={"csrf_token": token()})
        return client, token()

    return enter


def rules(app: Flask) -> list[Any]:
    """The routes that name a code or an id of the county."""
    return [rule for rule in app.url_map.iter_rules() if rule.arguments & NAMES_CODES]


def address(app: Flask, rule: Any, code: str) -> str:
    values = dict.fromkeys(rule.arguments & NAMES_CODES, code)
    values |= {"layer": "households"} if "layer" in rule.arguments else {}
    values |= {"revision": 1} if "revision" in rule.arguments else {}
    with app.test_request_context():
        return url_for(rule.endpoint, **values)


def test_every_address_of_a_code_takes_every_code(app: Flask) -> None:
    """Written as encodeURIComponent does, and read as itself however it comes in."""
    bound = app.url_map.bind("localhost")
    for rule in rules(app):
        method = "POST" if "POST" in rule.methods else "GET"
        for code in CODES:
            written = address(app, rule, code)
            assert not {*"#? "} & {*written}
            assert "//" not in written
            endpoint, values = bound.match(unquote(written), method=method)
            assert (endpoint, {v for k, v in values.items() if k in NAMES_CODES}) == (
                rule.endpoint,
                {code},
            )


def test_every_page_and_answer_of_a_code_is_there_and_names_it(
    app: Flask, come_in: Callable[[str], tuple[FlaskClient, str]]
) -> None:
    supervisor, officer = (come_in(name)[0] for name in ("T1", "officer"))
    shown = [rule for rule in rules(app) if "GET" in rule.methods]
    for i, rule in enumerate(shown):
        client = officer if rule.endpoint.startswith("person_data.") else supervisor
        for code in {CODES[0], CODES[1 + i % (len(CODES) - 1)], CODES[-1 - i % len(CODES)]}:
            answer = client.get(address(app, rule, code))
            assert answer.status_code == 200, (rule.endpoint, code, answer.text)
            if answer.is_json:
                assert code in _texts(answer.get_json(force=True)), (rule.endpoint, code)


def _texts(found: Any) -> set[str]:
    if isinstance(found, dict):
        return set().union(*(_texts(value) for value in found.values()))
    if isinstance(found, list):
        return set().union(*(_texts(value) for value in found))
    return {found} if isinstance(found, str) else set()


def test_somebody_elses_code_answers_as_one_that_is_missing(
    app: Flask, come_in: Callable[[str], tuple[FlaskClient, str]]
) -> None:
    client, token = come_in("T2")
    for rule in rules(app):
        for code in CODES[:1]:
            both = []
            for asked in (code, f"{code}zz"):
                send = {"data": {"csrf_token": token}} if "POST" in rule.methods else {}
                how = client.post if send else client.get
                answer = how(address(app, rule, asked), **send)
                both.append((answer.status_code, answer.text.count(code) > 1))
            assert both[0] == both[1], (rule.endpoint, code, both)


def test_a_form_at_a_household_comes_back_to_it(
    app: Flask, come_in: Callable[[str], tuple[FlaskClient, str]]
) -> None:
    client, token = come_in("T1")
    for code in ("relation/1028021", "100%", "who?as_of=x&b=1"):
        with app.test_request_context():
            page = url_for("households.page", household=code)
        answer = client.post(
            f"{page}/visits",
            data={
                "csrf_token": token,
                "client_id": "11111111-1111-4111-8111-111111111111",
                "outcome": "met",
            },
        )
        assert (answer.status_code, answer.location) == (303, page), code
        assert client.get(answer.location).status_code == 200


@pytest.mark.parametrize("code", ["relation/1028021", "/first", "100%", "who?as_of=x&b=1"])
def test_the_way_by_the_sign_in_leads_back_to_the_code(app: Flask, code: str) -> None:
    with app.test_request_context():
        page = url_for("pages.area", code=code, as_of="2026-11-20")
        signin = url_for("people.signin", next=page)
    assert app.test_client().get(page).location == signin


def test_a_table_about_a_code_has_a_name_that_files_can_have() -> None:
    from gisgrid.web.answers import disposition

    assert "%2F" not in disposition("gisgrid_handover_1_relation/1028021.csv")
    assert "%5C" not in disposition("c:\\grids.csv")
