"""The page of whoever answers for data: counts, one file with a reason, erasure in two steps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace

    Enter = Callable[..., FlaskClient]

REASON = "asked for by letter 12/2026"
PLACE = "/person-data"


@pytest.fixture
def officer(enter: Enter, token: Callable[..., str]) -> Any:
    """`officer.post(address, **fields)` of a data officer."""
    client = enter("data_officer", "T1")
    key = token(client, PLACE)

    def post(address: str, **fields: str) -> Any:
        return client.post(f"{PLACE}{address}", data=fields | {"csrf_token": key})

    client.say = post
    return client


def test_counts_come_first_and_hold_no_names(officer: Any, ws: Workspace) -> None:
    name = ws.store.households(scope=EVERYWHERE, ids=["G1-1"])["name"].iloc[0]
    page = officer.say("", household="G1-1")
    assert page.status_code == 200
    assert "visits" in page.text
    assert name not in page.text
    assert officer.get(f"{PLACE}/G1-1").status_code == 200


def test_one_file_holds_everything_for_a_reason_that_is_kept(officer: Any, ws: Workspace) -> None:
    assert officer.say("/G1-1/file", format="json", reason="because").status_code == 400
    answer = officer.say("/G1-1/file", format="json", reason=REASON)
    found = json.loads(answer.data)
    row = ws.store.households(scope=EVERYWHERE, ids=["G1-1"]).iloc[0]
    assert found["tables"]["households"][0]["name"] == row["name"]
    assert found["tables"]["households"][0]["lon"] == row.geometry.x
    assert "attachment" in answer.headers["Content-Disposition"]
    text = officer.say("/G1-1/file", format="text", reason=REASON).text
    assert f"name {row['name']}" in text
    looks = ws.store.audit_rows(limit=9, action="show_person_data")
    assert [(r.object, r.reason) for r in looks] == [("household:G1-1", REASON)] * 2


def test_erasing_shows_what_goes_and_asks_for_the_number_once_more(
    officer: Any, ws: Workspace
) -> None:
    def name() -> Any:
        return ws.store.households(scope=EVERYWHERE, ids=["G1-1"])["name"].iloc[0]

    assert officer.say("/G1-1/erase", reason="short").status_code == 400
    look = officer.say("/G1-1/erase", reason=REASON)
    assert (look.status_code, "Erase household G1-1?" in look.text) == (200, True)
    wrong = officer.say("/G1-1/erase", reason=REASON, again="G1-2")
    assert (wrong.status_code, "Nothing was erased" in wrong.text) == (400, True)
    assert name() is not None
    done = officer.say("/G1-1/erase", reason=REASON, again="G1-1")
    assert (done.status_code, done.location) == (303, f"{PLACE}/G1-1")
    assert name() is None
    page = officer.get(f"{PLACE}/G1-1").text
    assert ("It was erased" in page, "/G1-1/file" in page, "/erase" in page) == (True, True, False)
    (row,) = ws.store.audit_rows(limit=9, action="erase_household")
    assert (row.object, row.reason) == ("household:G1-1", REASON)


def test_a_foreign_household_answers_like_a_missing_one(officer: Any, ws: Workspace) -> None:
    for address, fields in (
        ("", {}),
        ("/{}/file", {"reason": REASON}),
        ("/{}/erase", {"reason": REASON}),
        ("/{}/erase", {"reason": REASON, "again": "{}"}),
    ):
        told = []
        for household in ("G4-1", "nobody"):
            said = {key: value.format(household) for key, value in fields.items()}
            more = {} if address else {"household": household}
            answer = officer.say(address.format(household), **said, **more)
            told.append((answer.status_code, answer.text.replace(household, "?")))
        assert told[0][0] == 404
        assert _plain(told[0]) == _plain(told[1])
    assert ws.store.erased() == []


def _plain(told: tuple[int, str]) -> tuple[int, list[str]]:
    lines = told[1].splitlines()
    return told[0], [line for line in lines if "csrf" not in line]


@pytest.mark.parametrize("role", ["planner", "supervisor", "member", "admin"])
def test_it_is_for_nobody_else(enter: Enter, role: str) -> None:
    assert enter(role, "G1" if role == "member" else "*").get(PLACE).status_code == 403
