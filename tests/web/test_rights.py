from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gisgrid.access import ROLES, Action, Field
from gisgrid.web.labels import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace

    Enter = Callable[..., FlaskClient]
    Token = Callable[..., str]


@pytest.mark.parametrize("role", ROLES)
def test_everybody_is_told_their_rights(enter: Enter, role: str) -> None:
    page = enter(role, "T1").get("/rights").text
    assert page.count('<th scope="row">') == len(Action) + len(Field)
    assert "T1" in page


def test_every_action_and_field_has_words_of_its_own() -> None:
    assert set(TABLES["action"]) == set(Action)
    assert set(TABLES["field"]) == set(Field)


def test_the_account_shows_numbers_and_no_names(enter: Enter, ws: Workspace) -> None:
    enter("supervisor", "T1", name="Secret Wang").get("/households/G2-0")
    officer = enter("data_protection", name="Officer")
    page = officer.get("/audit").text
    assert "household:G2-0" in page
    assert "Secret" not in page
    assert "Name G2" not in page
    person = ws.store.person("Secret Wang")
    assert person is not None
    only = officer.get(f"/audit?person={person.id}&action=look_household").text
    assert only.count("<tr><td") == 1
    assert ws.store.audit_rows(limit=1)[0].action == "look_audit"


def test_what_was_done_is_chosen_by_the_words_that_the_rows_say(enter: Enter) -> None:
    enter("supervisor", "T1").get("/households/G2-0")
    officer = enter("data_protection")
    said = re.search(r'data-label="Action">(looked at a household)<', officer.get("/audit").text)
    assert said
    choices = dict(re.findall(r'<option value="(\w*)"[^>]*>([^<]+)<', officer.get("/audit").text))
    assert set(choices) == {"", *TABLES["deed"]}
    code = next(code for code, words in choices.items() if words == said[1])
    only = officer.get(f"/audit?person=&action={code}").text
    assert only.count("<tr><td") == 1
    assert f'<option value="{code}" selected>' in only
    assert len(re.findall("<tr><td", officer.get("/audit?person=&action=").text)) > 1


def test_the_account_comes_a_hundred_rows_a_page(enter: Enter, ws: Workspace) -> None:
    officer = enter("data_protection")
    from gisgrid.access import CONSOLE

    with ws.store.write() as w:
        for _ in range(130):
            w.audit(CONSOLE, "export", "x")
    page = officer.get("/audit").text
    assert page.count("<tr><td") == 100
    older = re.search(r'href="(/audit\?before=\d+)"', page)
    assert older
    assert 0 < officer.get(older[1]).text.count("<tr><td") < 100


def test_the_account_proves_itself_on_the_page(enter: Enter, ws: Workspace, token: Token) -> None:
    officer = enter("data_protection")
    key = {"csrf_token": token(officer, "/rights")}
    page = officer.post("/audit/verify", data=key).text
    assert str(ws.store.audit_head()).partition(":")[0] in page
    head = f"1:{'0' * 64}"
    assert 'role="alert"' in officer.post("/audit/verify", data=key | {"head": head}).text
    assert officer.post("/audit/verify", data=key | {"head": "1:x"}).status_code == 400


def test_who_protects_only_a_part_does_not_see_the_account_of_all(enter: Enter) -> None:
    assert enter("data_protection", "T1").get("/audit").status_code == 403
