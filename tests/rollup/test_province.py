"""The page of the level above shows what every county shows of itself, and says what it lacks."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from gisgrid.access import CONSOLE, Actor, Role, Scope
from gisgrid.errors import NotAllowed, UnknownArea
from gisgrid.operations import figures, people, rolling
from gisgrid.operations.province import province
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store
from gisgrid.web import create_app

from .conftest import NOW, TODAY, areas

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient


@pytest.fixture
def root(counties: list[Workspace], tmp_path: Path) -> Path:
    for ws in counties:
        rolling.publish(ws, CONSOLE, str(tmp_path / "root"))
    return tmp_path / "root"


@pytest.fixture
def above(root: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A store with accounts and no county, that looks at the folder of all."""
    url = str(tmp_path / "above.gpkg")
    with Store.create(url) as store, store.write() as w:
        w.put_areas(areas("620420").iloc[:1])
    settings = Settings(store=url, rollup_folder=str(root), rollup_expected=("620420", "620429"))
    with Workspace.open(settings, lambda: NOW) as ws:
        yield ws


def enter(ws: Workspace, scope: str = "*", role: str = "supervisor") -> FlaskClient:
    name = f"{role} {scope}"
    people.add(ws, CONSOLE, name, role=role, scope=scope)
    client = create_app(ws.settings, ws).test_client()
    address = f"/enter/{people.make_link(ws, CONSOLE, name)}"
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(address).text)
    assert found
    assert client.post(address, data={"csrf_token": found[1]}).status_code == 303
    return client


def test_every_county_and_township_has_the_figures_of_its_own_store(
    above: Workspace, counties: list[Workspace]
) -> None:
    for day in (TODAY, date(2026, 9, 30)):
        found = province(above, CONSOLE, as_of=day)
        assert {place.code for place in found.places} == {"620420", "620421", "620422"}
        for ws in counties:
            own = figures.coverage_table(ws, CONSOLE, as_of=day, by="county").iloc[0]
            (place,) = [p for p in found.places if p.code == own["code"]]
            assert (place.households, place.gap) == (own["households"], own["gap"])
            assert place.shape.is_valid
            towns = figures.coverage_table(ws, CONSOLE, as_of=day, by="township").iloc[:-1]
            inside = province(above, CONSOLE, as_of=day, county=own["code"])
            told = {p.code: p.households for p in inside.places if p.households is not None}
            assert told
            assert (
                told.items() <= dict(zip(towns["code"], towns["households"], strict=True)).items()
            )
            assert {p.code for p in inside.places} == set(towns["code"])
        shares = [p.share for p in found.places if p.share is not None]
        assert shares == sorted(shares, reverse=True)


def test_a_small_count_is_told_on_neither_page(above: Workspace) -> None:
    """“Town without a village” has a handful of households: it and its neighbour are hidden."""
    inside = province(above, CONSOLE, county="620420").places
    hidden = [place for place in inside if place.households is None]
    assert len(hidden) >= 2
    assert all(place.share is None and place.gap is None for place in hidden)
    page = enter(above).get("/province?county=620420").text
    assert page.count("hidden</span>") >= 4


def test_what_is_missing_late_doubled_or_foreign_is_named(above: Workspace, root: Path) -> None:
    page = enter(above).get("/province").text
    assert "County 620429 is not counted" in page
    assert "620420 is not counted" not in page
    manifest = root / "county=620421" / "manifest.json"
    given = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(given | {"through": "2026-11-01", "published_at": "later"}))
    (root / "county=620422").rename(root / "county=elsewhere")
    page = enter(above, role="data_officer").get("/province").text
    assert "620421 is counted as it was: its publication ends on 2026-11-01" in page
    assert "620422 is not counted: it lies there twice (county=elsewhere)" in page


def test_it_is_for_those_without_a_limit_of_area_where_a_folder_is_named(
    above: Workspace, tmp_path: Path
) -> None:
    client = enter(above, "620420")
    assert client.get("/province").status_code == 403
    assert 'href="/province"' not in client.get("/rights").text
    whole = enter(above, "*", "planner")
    assert 'href="/province"' in whole.get("/rights").text
    assert whole.get("/province").status_code == 200
    assert whole.get("/province?county=none").status_code == 404
    with pytest.raises(UnknownArea):
        province(above, CONSOLE, county="none")
    with pytest.raises(NotAllowed):
        province(above, Actor("x", Role.SUPERVISOR, Scope("620420")))
    url = str(tmp_path / "alone.gpkg")
    Store.create(url).close()
    with Workspace.open(Settings(store=url), lambda: NOW) as alone:
        client = enter(alone)
        assert client.get("/province").status_code == 404
        assert 'href="/province"' not in client.get("/rights").text


def test_it_opens_on_the_last_day_that_a_county_is_published_through(
    above: Workspace, root: Path
) -> None:
    days = {"620420": "2026-11-20", "620421": "2026-11-20", "620422": "2026-11-19"}
    for code, day in days.items():
        manifest = root / f"county={code}" / "manifest.json"
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"through": day}))
    found = province(above, CONSOLE)
    assert found.day == date(2026, 11, 20)
    assert [fault.county for fault in found.faults if fault.what == "late"] == ["620422"]
    assert 'value="2026-11-20"' in enter(above).get("/province").text
    asked = province(above, CONSOLE, as_of=TODAY)
    assert asked.day == TODAY
    assert len([fault for fault in asked.faults if fault.what == "late"]) == 3


def test_where_nothing_is_counted_nothing_is_called_hidden(above: Workspace, root: Path) -> None:
    for place in root.iterdir():
        (place / "manifest.json").unlink()
    page = enter(above).get("/province").text
    assert "No county is counted as of this day." in page
    assert "are hidden" not in page
    assert "hidden</span>" not in page
    assert "County 620429 is not counted: it has not been published here." in page


def test_many_faults_of_a_kind_stand_behind_one_line(above: Workspace, root: Path) -> None:
    """Each is there to be read; together they would push the map out of sight."""
    for n in range(5):
        (root / "county=620420" / f"stray-{n}.parquet").write_bytes(b"")
    page = enter(above).get("/province").text
    assert "<summary>5 files belong to no publication and are left out</summary>" in page
    assert page.count("belongs to no publication and is left out") == 5
    assert "<summary>1 county is not counted" not in page
    assert "County 620429 is not counted" in page


def test_a_store_without_a_county_opens_on_the_page_of_all_counties(
    above: Workspace, counties: list[Workspace]
) -> None:
    client = enter(above)
    first = client.get("/")
    assert (first.status_code, first.location) == (303, "/province")
    assert client.get("/cases").status_code == 200, "the steps to a map of its own stay in reach"
    limited = enter(above, scope="620420").get("/")
    assert (limited.status_code, limited.location) == (200, None)
    settings = replace(counties[0].settings, rollup_folder=above.settings.rollup_folder)
    with Workspace.open(settings, lambda: NOW) as county:
        assert enter(county).get("/").status_code == 200, "a county has a map of its own"
