from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    Enter = Callable[..., FlaskClient]
    Found = Callable[..., list[dict[str, Any]]]

BY_AREA = (
    "/areas/{}",
    "/cases?area={}",
    "/households?area={}",
    "/api/v1/overview?area={}",
    "/api/v1/coverage?area={}",
    "/api/v1/case-table?area={}",
    "/api/v1/gaps?area={}",
    "/api/v1/cases?area={}",
    "/export/file?what=coverage&format=csv&area={}",
)
BY_HOUSEHOLD = ("/households/{}", "/api/v1/households/{}")


def same(page: str, word: str) -> str:
    """A page without what differs from one request to the next, and without the word asked for."""
    page = re.sub(r'content="[^"]+"|value="[^"]+"', "", page)
    return page.replace(f"“{word}”", "?").replace(f'="{word}"', "?").replace(f':"{word}"', "?")


@pytest.mark.parametrize("address", BY_AREA)
@pytest.mark.parametrize("foreign", ["T2", "V3", "G4", "C"])
def test_a_foreign_area_answers_like_a_missing_one(
    look_in: Enter, address: str, foreign: str
) -> None:
    client = look_in("data_officer", "T1")
    there, not_there = (client.get(address.format(code)) for code in (foreign, "ZZ"))
    assert there.status_code == not_there.status_code == 404
    assert same(there.text, foreign) == same(not_there.text, "ZZ")


@pytest.mark.parametrize("address", BY_HOUSEHOLD)
@pytest.mark.parametrize("foreign", ["G4-0", "U-2"])
def test_a_foreign_household_answers_like_a_missing_one(
    look_in: Enter, address: str, foreign: str
) -> None:
    client = look_in("supervisor", "T1")
    there, not_there = (client.get(address.format(code)) for code in (foreign, "ZZ-9"))
    assert there.status_code == not_there.status_code == 404
    assert same(there.text, foreign) == same(not_there.text, "ZZ-9")


def test_every_figure_and_list_ends_at_the_scope(enter: Enter, found: Found) -> None:
    client = enter("data_officer", "T1")
    rows = client.get("/api/v1/coverage?by=grid").json["rows"]
    assert [row["code"] for row in rows] == ["G1", "G2", "G3", ""]
    assert sum(row["households"] for row in rows) == 19
    gaps = client.get("/api/v1/gaps?limit=100").json["rows"]
    assert {row["grid"] for row in gaps} == {"G1", "G2", "G3"}
    cases = client.get("/api/v1/cases").json["rows"]
    assert {row["id"] for row in cases} == {"c1"}
    for what in ("T2", "G4", "Name G4", "Far"):
        assert found(client, what) == []
    for address in ("/households", "/export/file?what=households&format=csv"):
        assert "G4-0" not in client.get(address).text


def test_a_scope_of_one_grid_sees_that_grid(enter: Enter) -> None:
    client = enter("member", "G2")
    overview = client.get("/api/v1/overview").json
    assert overview["area"]["code"] == "G2"
    assert overview["totals"]["households"] == 7


def test_names_reach_only_those_who_serve(enter: Enter, found: Found) -> None:
    planner = enter("planner")
    for address in ("/households", "/households/G2-0", "/api/v1/households/G2-0", "/api/v1/gaps"):
        text = planner.get(address).text
        assert "Name G2" not in text, address
        assert "Road" not in text, address
        assert "Member G2" not in text, address
    assert found(planner, "Name") == []
    assert found(planner, "Road") == []
    hits = found(planner, "G2-0")
    assert [(hit["code"], hit["label"], hit["sublabel"]) for hit in hits] == [("G2-0", "G2-0", "")]
    supervisor = enter("supervisor")
    assert supervisor.get("/api/v1/households/G2-0").json["name"] == "Name G2 0"
    hit = found(supervisor, "Name G2 0")[0]
    assert (hit["code"], hit["label"], hit["sublabel"]) == ("G2-0", "Name G2 0", "Road G2 0")
    assert hit["lon"] == pytest.approx(105.011)
