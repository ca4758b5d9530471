"""No list of people or households shows more than a hundred; the pages together show each once."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gisgrid.access import Actor, Role, Scope
from gisgrid.operations import people, recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace

MANY = 130


def walked(client: FlaskClient, address: str, pattern: str) -> list[list[str]]:
    """What the pattern finds on each page, as `next` leads on from page to page."""
    found, waiting = [], address
    while waiting:
        page = client.get(waiting).text
        found.append(re.findall(pattern, page))
        way = re.search(r'rel="next" href="([^"]+)"', page)
        waiting = way[1].replace("&amp;", "&") if way else ""
    return found


@pytest.fixture
def crowd(ws: Workspace) -> list[str]:
    """Accounts of many, each with a session."""
    names = [f"Person {n:03d}" for n in range(MANY)]
    with ws.store.write() as w:
        for n, name in enumerate(names):
            person = w.add_person(name, "member", f"G{n % 4 + 1}", None)
            until = ws.clock() + timedelta(days=1)
            w.add_session(f"{n:064d}", person.id, ws.clock(), until, "a phone")
    return names


def test_accounts_and_sessions_come_a_hundred_a_page(
    enter: Callable[..., FlaskClient], crowd: list[str]
) -> None:
    client = enter("admin")
    for address in ("/people", "/people/sessions"):
        pages = walked(client, address, r'<th scope="row">(Person \d+)')
        assert [len(rows) for rows in pages][1:] == [len(pages[1])]
        assert max(len(rows) for rows in pages) <= 100
        assert sorted(name for rows in pages for name in rows) == crowd
    assert client.get("/people?page=9").status_code == 200


def test_an_account_is_found_by_name_number_role_and_area(
    enter: Callable[..., FlaskClient], token: Callable[..., str], ws: Workspace, crowd: list[str]
) -> None:
    client = enter("admin")

    def found(text: str) -> list[str]:
        data = {"q": text, "csrf_token": token(client, "/people")}
        page = client.post("/people/find", data=data).text
        return re.findall(r'<th scope="row">([^<]+?) <', page)

    assert found("person 007") == ["Person 007"]
    assert len(found("g1")) == 33
    assert len(found("grid member")) == 100
    number = people.known(ws, "Person 100").id
    assert "Person 100" in found(str(number))
    assert found("<script>") == []


@pytest.mark.parametrize("state", ["waiting", "decided"])
def test_reports_come_a_hundred_a_page_and_no_other_is_looked_at(
    enter: Callable[..., FlaskClient], ws: Workspace, state: str
) -> None:
    numbers = [str(uuid.uuid4()) for _ in range(MANY)]
    outside = Actor("Li", Role.MEMBER, Scope("G2"), 0)
    items: list[object] = [
        {"client_id": n, "household": "G1-3", "outcome": "met", "note": n} for n in numbers
    ]
    recording.record_visits(ws, outside, items)
    if state == "decided":
        with ws.store.write() as w:
            for n in numbers:
                w.decide(n, "set_aside", ws.clock(), "Li", "no")
    client = enter("member", "G1")
    pages = walked(client, f"/decisions?state={state}", r"<dd>([0-9a-f-]{36})")
    assert [len(rows) for rows in pages] == [100, 30]
    assert sorted(n for rows in pages for n in rows) == sorted(numbers)
    assert [row.count for row in ws.store.audit_rows(limit=2)] == [30, 100]
