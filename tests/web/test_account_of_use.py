"""Who looked at whom, took along what, changed what: each has its row before the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.errors import StoreBusy
from gisgrid.operations import auditing

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace

    Enter = Callable[..., FlaskClient]
    Token = Callable[..., str]


def newest(ws: Workspace, count: int = 1) -> list[tuple[Any, ...]]:
    rows = ws.store.audit_rows(limit=count)
    return [(row.role, row.action, row.object, row.count, row.reason) for row in rows]


LOOKS = {
    "/households/G2-0": ("look_household", "household:G2-0", 1),
    "/api/v1/households/G2-0": ("look_household", "household:G2-0", 1),
    "/households?area=G3&status=never": (
        "list_households",
        "households?area=G3&status=never&page=1:G3-5",
        1,
    ),
}


@pytest.mark.parametrize("address", LOOKS)
def test_a_look_at_named_data_is_written_down(enter: Enter, ws: Workspace, address: str) -> None:
    client = enter("supervisor", "T1")
    before = ws.store.audit_head().seq
    assert client.get(address).status_code == 200
    assert newest(ws) == [("supervisor", *LOOKS[address], None)]
    assert ws.store.audit_head().seq == before + 1


def test_a_search_keeps_whom_it_found_and_not_what_was_typed(
    enter: Enter, found: Callable[..., list[dict[str, Any]]], ws: Workspace
) -> None:
    found(enter("supervisor"), "Road G2 3")
    assert newest(ws) == [("supervisor", "search", "households:G2-3", 1, None)]
    found(enter("supervisor", "*"), "Name G2")
    assert newest(ws)[0][1:4] == ("search", "households:G2-0,G2-1,G2-2,G2-3,G2-4,G2-5", 6)


NO_NAMES = (
    "/",
    "/cases",
    "/areas/T1",
    "/api/v1/overview",
    "/api/v1/coverage",
    "/api/v1/gaps",
    "/tiles/households/14/12969/6484.mvt",
)


def test_counts_come_first_and_are_no_looks_at_people(enter: Enter, ws: Workspace) -> None:
    client = enter("supervisor")
    before = ws.store.audit_head().seq
    for address in NO_NAMES:
        text = client.get(address).text
        assert not re.search(r"Name G|Road G|Member G", text), address
    assert ws.store.audit_head().seq == before


def test_an_export_and_its_reason_are_written_down(
    enter: Enter, ws: Workspace, token: Token
) -> None:
    client = enter("supervisor", "T1")
    client.get("/export/file?what=households&format=csv&area=G2")
    what = "households?area=G2&format=csv&level=case_work"
    assert newest(ws) == [("supervisor", "export", what, 7, None)]
    form = {"what": "visits", "format": "csv", "reason": "for the yearly count"}
    client.post("/export/file", data=form | {"csrf_token": token(client)})
    what = "visits?format=csv&level=full"
    assert newest(ws) == [("supervisor", "export", what, 18, "for the yearly count")]
    client.get("/api/v1/gaps?format=csv")
    assert newest(ws)[0][1:3] == ("export", "gaps?format=csv&level=case_work")


def test_a_refused_export_takes_nothing_along_and_leaves_no_row(
    enter: Enter, ws: Workspace
) -> None:
    client = enter("supervisor", "T1")
    before = ws.store.audit_head().seq
    assert client.get("/export/file?what=households&format=csv&area=G4").status_code == 404
    assert ws.store.audit_head().seq == before


def test_changes_of_people_are_written_down_by_number(
    enter: Enter, ws: Workspace, token: Token
) -> None:
    admin = enter("admin")
    form = {"name": "Zhao Hidden", "role": "member", "scope": "G1", "csrf_token": token(admin)}
    admin.post("/people", data=form)
    person = ws.store.person("Zhao Hidden")
    assert person is not None
    made, added = newest(ws, 2)
    assert added[:4] == ("admin", "add_person", f"person?role=member&scope=G1:{person.id}", 1)
    assert made[:3] == ("admin", "make_link", f"person:{person.id}")
    admin.post("/people/disable", data={"name": "Zhao Hidden", "csrf_token": token(admin)})
    assert newest(ws)[0][:3] == ("admin", "disable_person", f"person:{person.id}")
    text = repr(ws.store.audit_rows(limit=1000))
    assert "Zhao" not in text
    assert "Name" not in text


def test_without_its_row_there_is_no_answer(
    enter: Enter, ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = enter("supervisor")

    def busy(*_: object, **__: object) -> None:
        raise StoreBusy

    for way in ("write", "write_together"):
        monkeypatch.setattr(ws.store, way, busy)
    for address in (*LOOKS, "/export/file?what=households&format=csv"):
        answer = client.get(address)
        assert answer.status_code == 503, address
        assert "Name G" not in answer.text
        assert "Road G" not in answer.text.replace("Road G2 3", ""), address


def test_log_lines_hold_no_names(
    enter: Enter, ws: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    client = enter("supervisor", "T1", name="Secret Wang")
    for address in (*LOOKS, "/households/Name G2 0", "/households/G4-0", "/export/file?what=x"):
        client.get(address)
    assert client.get("/api/v1/households/%00").status_code == 404
    for word in ("Secret", "Name G", "Road G"):
        assert word not in caplog.text


def test_what_a_row_is_about_cannot_be_forged_by_an_id() -> None:
    what = auditing.object_of("household", ["a,b?c:d&e=张", ""], area="x&status=never")
    assert what == "household?area=x%26status%3Dnever:a%2Cb%3Fc%3Ad%26e%3D%E5%BC%A0,"


def test_coming_in_and_leaving_are_written_down(enter: Enter, ws: Workspace, token: Token) -> None:
    client = enter("supervisor")
    person = f"person:{newest(ws)[0][2].rpartition(':')[2]}"
    assert [row[1:3] for row in newest(ws, 2)] == [("sign_in", person), ("use_link", person)]
    client.post("/signout", data={"csrf_token": token(client)})
    assert newest(ws)[0][:3] == ("supervisor", "sign_out", person)
