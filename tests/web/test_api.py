from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE
from gisgrid.exchange.tables import table_csv
from gisgrid.operations import figures, sharing
from gisgrid.web import answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace

    Enter = Callable[..., FlaskClient]


def test_coverage_numbers_are_numbers_and_missing_is_null(enter: Enter) -> None:
    found = enter().get("/api/v1/coverage?by=township").json
    assert (found["as_of"], found["by"], found["area"]) == ("2026-11-22", "township", None)
    by_code = {row["code"]: row for row in found["rows"]}
    assert by_code["T1"] == {
        "code": "T1",
        "name": "新添堡",
        "households": 19,
        "on_time": 6,
        "due_soon": 0,
        "overdue": 9,
        "never": 4,
        "gap": 13,
        "coverage": pytest.approx(6 / 19),
        "unlocated": 1,
    }
    assert by_code[""]["households"] == 1
    empty = enter().get("/api/v1/coverage?by=township&as_of=2026-08-01").json["rows"]
    assert empty[0]["coverage"] is None


def test_figures_are_those_of_the_operations(enter: Enter, ws: Workspace) -> None:
    client = enter()
    for by in ("grid", "village", "county"):
        frame = figures.coverage_table(ws, CONSOLE, by=by, as_of=date(2026, 11, 15))
        asked = f"/api/v1/coverage?by={by}&as_of=2026-11-15&format=csv&level=case_work"
        assert client.get(asked).text == table_csv(frame)
    frame = figures.case_table(ws, CONSOLE, by="township", category="water")
    answer = client.get("/api/v1/case-table?by=township&category=water&format=csv&level=case_work")
    assert answer.text == table_csv(frame)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize(("what", "table"), [("coverage", "coverage"), ("case-table", "cases")])
def test_a_csv_of_figures_holds_what_may_be_shared_unless_more_is_asked_for(
    enter: Enter, ws: Workspace, what: str, table: str
) -> None:
    client = enter()
    make = figures.coverage_table if what == "coverage" else figures.case_table
    for by in ("grid", "village", "county"):
        whole = make(ws, CONSOLE, by=by)
        told = sharing.shared(ws, what, whole, by, ws.today())
        answer = client.get(f"/api/v1/{what}?by={by}&format=csv")
        assert answer.text == table_csv(told)
        assert f"gisgrid_{table}.csv" in answer.headers["Content-Disposition"]
        same = client.get(f"/api/v1/{what}?by={by}&format=csv&level=public")
        assert same.text == answer.text
        rows = client.get(f"/api/v1/{what}?by={by}&level=public").json["rows"]
        assert rows == answers.rows(told)
        counts = sharing.COLUMNS[what]
        small = [row[name] for row in rows for name in counts if (row[name] or 10) < 10]
        assert small == []
        rows = client.get(f"/api/v1/{what}?by={by}").json["rows"]
        assert rows == answers.rows(whole)


def test_what_could_be_subtracted_from_the_others_is_no_public_figure(enter: Enter) -> None:
    client = enter()
    for asked in ("case-table?category=water", "case-table?restate=1", "coverage?restate=1"):
        answer = client.get(f"/api/v1/{asked}&format=csv")
        assert (answer.status_code, answer.json["code"]) == (422, "apart_never_public"), asked
        assert client.get(f"/api/v1/{asked}&format=csv&level=case_work").status_code == 200
        assert client.get(f"/api/v1/{asked}").status_code == 200
    assert client.get("/api/v1/coverage?level=full").status_code == 400


def test_gaps_come_longest_wait_first_and_page_by_page(enter: Enter) -> None:
    client = enter()
    whole = client.get("/api/v1/gaps").json
    assert whole["total"] == len(whole["rows"])
    waits = [row["days_waiting"] for row in whole["rows"]]
    assert waits == sorted(waits, reverse=True)
    assert whole["rows"][0]["last_visit"] is None
    part = client.get("/api/v1/gaps?limit=3&offset=2").json
    assert part["rows"] == whole["rows"][2:5]
    assert (whole["next"], part["next"] is None) == (None, False)
    never = client.get("/api/v1/gaps?status=never").json
    assert {row["status"] for row in never["rows"]} == {"never"}
    lines = client.get("/api/v1/gaps?format=csv").text.splitlines()
    assert len(lines) == whole["total"] + 1


@pytest.mark.parametrize(("what", "key"), [("gaps", "household"), ("cases", "id")])
def test_lists_go_on_behind_the_last_row_whatever_leaves_them_meanwhile(
    enter: Enter, what: str, key: str
) -> None:
    """At most a hundred a page; a script reads on by `next`, and nothing comes twice."""
    client = enter()
    address = f"/api/v1/{what}"
    assert client.get(f"{address}?limit=101").status_code == 400
    whole = [row[key] for row in client.get(address).json["rows"]]
    assert len(whole) > 2
    read: list[str] = []
    at: dict[str, str] = {}
    while at is not None:
        page = client.get(address, query_string={"limit": "2"} | at).json
        read += [row[key] for row in page["rows"]]
        assert page["total"] == len(whole)
        at = {"after": page["next"]} if page["next"] else None
    assert read == whole
    second = client.get(f"{address}?limit=2").json["next"]
    number, _, name = second.partition("~")
    gone = client.get(address, query_string={"after": f"{number}~{name}!"}).json["rows"]
    assert [row[key] for row in gone] == whole[2:]
    assert client.get(f"{address}?after=~").status_code == 400


def test_cases_can_be_narrowed(enter: Enter) -> None:
    client = enter()

    def ids(asked: str) -> set[str]:
        return {row["id"] for row in client.get(f"/api/v1/cases?{asked}").json["rows"]}

    assert ids("") == {"c1", "c3", "c4"}
    assert ids("status=overdue") == {"c1"}
    assert ids("category=road") == {"c4"}
    assert ids("located=0") == {"c4"}
    assert ids("min_age=30") == {"c1"}
    assert ids("as_of=2026-11-05") == {"c1", "c2"}
    assert ids("area=T2") == {"c3"}


def test_a_household_tells_its_standing_visits_and_cases(enter: Enter) -> None:
    found = enter().get("/api/v1/households/G1-0").json
    assert found["name"] == "{{7*7}}"
    assert found["grid"] == "G1"
    assert [area["code"] for area in found["area"]] == ["C", "T1", "V1"]
    assert (found["status"], found["last_visit"], found["due_on"]) == (
        "on_time",
        "2026-11-21",
        "2026-11-28",
    )
    assert found["days_waiting"] == 1
    (visit,) = found["visits"]
    assert visit == {
        "id": "v-G1-0",
        "visited_on": "2026-11-21",
        "outcome": "met",
        "member": "Member G1",
        "flags": None,
        "corrects": None,
        "corrected": False,
    }
    assert found["cases"] == [
        {
            "id": "c1",
            "category": "water",
            "title": "<b>leak</b>",
            "opened_on": "2026-10-01",
            "due_on": "2026-11-01",
            "closed_on": None,
            "status": "overdue",
        }
    ]


def test_the_past_does_not_know_the_future(enter: Enter) -> None:
    client = enter()
    found = client.get("/api/v1/households/G1-1?as_of=2026-11-05").json
    assert found["visits"] == []
    assert found["status"] == "never"
    assert (found["cases"][0]["status"], found["cases"][0]["closed_on"]) == ("open", None)
    now = client.get("/api/v1/households/G1-1").json["cases"][0]
    assert (now["status"], now["closed_on"]) == ("closed", "2026-11-10")


def test_a_household_in_no_grid_has_none(enter: Enter) -> None:
    client = enter()
    assert client.get("/api/v1/households/U-1").json["grid"] == "G2"
    nowhere = client.get("/api/v1/households/U-2").json
    assert (nowhere["grid"], nowhere["area"], nowhere["lon"]) == (None, [], None)


@pytest.mark.parametrize(
    ("asked", "code", "word"),
    [
        ("/api/v1/coverage?as-of=2026-11-22", "unknown_word", "as_of"),
        ("/api/v1/coverage?as_of=22.11.2026", "bad_date", "2026-11-22"),
        ("/api/v1/coverage?as_of=2026-02-30", "bad_date", "2026-02-30"),
        ("/api/v1/coverage?as_of=２０２６-11-22", "bad_date", "2026-11-22"),
        ("/api/v1/coverage?by=street", "unknown_word", "township"),
        ("/api/v1/coverage?by=grid&by=county", "unknown_word", "twice"),
        ("/api/v1/gaps?limit=0", "unknown_word", "100"),
        ("/api/v1/gaps?limit=1e3", "unknown_word", "100"),
        ("/api/v1/cases?located=maybe", "unknown_word", "true"),
        ("/api/v1/cases?category=none", "unknown_word", "water"),
        ("/api/v1/categories?x=1", "unknown_word", "(none)"),
        ("/tiles/outlines/8/202/101.mvt?as_of=x", "bad_date", "2026-11-22"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(
    enter: Enter, asked: str, code: str, word: str
) -> None:
    answer = enter().get(asked)
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == code
    assert answer.json["status"] == 400
    assert word in answer.json["detail"]


def test_search_ranks_the_very_thing_first_and_gives_bounds(
    enter: Enter, found: Callable[..., list[dict[str, Any]]]
) -> None:
    client = enter()

    def hits(text: str) -> list[dict[str, Any]]:
        return found(client, text)

    assert [hit["code"] for hit in hits("G2")][:2] == ["G2", "G2-0"]
    township = hits("新添")[0]
    assert (township["kind"], township["code"], township["sublabel"]) == ("township", "T1", "会宁")
    assert township["bounds"] == pytest.approx([105.0, 35.0, 105.03, 35.01])
    assert hits("  ") == []
    assert [hit["code"] for hit in hits("%")] == ["G1-1"]
    assert hits("_") == []
    assert hits("upPER")[0]["code"] == "V1"
    assert len(hits("G")) == 14  # four grids and ten households


def test_control_characters_find_nothing(
    enter: Enter, found: Callable[..., list[dict[str, Any]]]
) -> None:
    client = enter("data_officer")
    for text in ("\0", "\0a", "a\a"):
        assert found(client, text) == [], text


def test_who_is_looked_for_stands_in_no_address(enter: Enter, token: Callable[..., str]) -> None:
    client = enter("supervisor")
    assert client.get("/api/v1/search?q=Name").status_code == 405
    headers = {"X-CSRFToken": token(client, "/")}
    answer = client.post("/api/v1/search?q=Name", json={"q": "Name"}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (400, "unknown_word")
    wrong = client.post("/api/v1/search", json={"text": "Name"}, headers=headers)
    assert (wrong.status_code, wrong.json["code"]) == (400, "unknown_word")
    assert client.post("/api/v1/search", json={"q": "Name"}).json["code"] == "other_site"
