from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE
from gisgrid.errors import GisgridError, StoreFull, TooManyTries
from gisgrid.operations import delays as delays_module
from gisgrid.operations import people
from gisgrid.operations.delays import Asker, Delays
from gisgrid.operations.workspace import Workspace
from gisgrid.store import Store
from gisgrid.web import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    from gisgrid.settings import Settings

    Enter = Callable[..., FlaskClient]
    Token = Callable[..., str]

PASSWORD = "a long enough phrase"
SECRET = b"thirty-two bytes of no chance at all"


def add(ws: Workspace, name: str = "Li", password: str | None = PASSWORD) -> None:
    people.add(ws, CONSOLE, name, role="supervisor", scope="*", password=password)


def sign_in(
    client: FlaskClient, token: Token, password: str, name: str = "Li", to: str = ""
) -> Any:
    form = {"name": name, "password": password, "csrf_token": token(client)}
    return client.post(f"/signin{to}", data=form)


def test_name_and_password_let_in_and_lead_back(app: Flask, ws: Workspace, token: Token) -> None:
    add(ws)
    client = app.test_client()
    answer = sign_in(client, token, PASSWORD, to="?next=/cases?area=T1")
    assert (answer.status_code, answer.location) == (303, "/cases?area=T1")
    assert client.get("/api/v1/categories").status_code == 200


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/e"],
)
def test_signing_in_never_leads_to_another_site(
    app: Flask, ws: Workspace, token: Token, address: str
) -> None:
    add(ws)
    client = app.test_client()
    form = {"name": "Li", "password": PASSWORD, "csrf_token": token(client)}
    answer = client.post("/signin", query_string={"next": address}, data=form)
    assert answer.location == "/"


@pytest.mark.parametrize("name", ["Li", "Nobody", "Linked", "Out"])
def test_every_refusal_reads_the_same(app: Flask, ws: Workspace, token: Token, name: str) -> None:
    add(ws)
    add(ws, "Linked", None)
    add(ws, "Out")
    people.disable(ws, CONSOLE, "Out")
    word = PASSWORD if name in ("Linked", "Out") else "not the right phrase"
    answer = sign_in(app.test_client(), token, word, name)
    assert answer.status_code == 403
    assert "Name and password do not fit together" in answer.text


def test_an_unknown_name_is_checked_as_long_as_a_known_one(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from argon2 import PasswordHasher

    checked = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher, "verify", lambda self, h, p: checked.append(h) or verify(self, h, p)
    )
    with pytest.raises(people.SignInRefused):
        people.sign_in(ws, "Nobody", "some phrase or other")
    assert len(checked) == 1


def test_wrong_passwords_make_the_next_try_wait_longer_each_time(ws: Workspace, clock: Any) -> None:
    delays = Delays(SECRET)
    key = Asker("li", "127.0.0.1")
    waits = []
    for _ in range(10):
        delays.failed(ws, key)
        try:
            delays.check(ws, key)
            waits.append(0)
        except TooManyTries as err:
            waits.append(err.facts["seconds"])
            clock.pass_by(seconds=err.facts["seconds"])
    assert waits[:2] == [0, 0]
    assert waits[2:] == sorted(waits[2:])
    assert waits[-1] > 60
    delays.check(ws, Asker("li", "10.0.0.1"))
    delays.passed(ws, key)
    delays.check(ws, key)


def test_one_address_over_many_accounts_is_slowed_and_who_came_in_there_is_not(
    ws: Workspace, clock: Any
) -> None:
    delays = Delays(SECRET)
    delays.passed(ws, Asker("li", "office"))
    for number in range(36):
        delays.failed(ws, Asker(f"person {number}", "office"))
    with pytest.raises(TooManyTries):
        delays.check(ws, Asker("wu", "office"))
    delays.check(ws, Asker("li", "office"))
    delays.check(ws, Asker("wu", "elsewhere"))
    clock.pass_by(seconds=31)
    delays.check(ws, Asker("wu", "office"))


def test_one_account_from_many_addresses_is_slowed_for_seconds_and_not_where_it_is_known(
    ws: Workspace,
) -> None:
    delays = Delays(SECRET)
    delays.passed(ws, Asker("li", "office"))
    for number in range(40):
        delays.failed(ws, Asker("li", f"10.0.0.{number}"))
    with pytest.raises(TooManyTries) as refused:
        delays.check(ws, Asker("li", "elsewhere"))
    assert refused.value.facts["seconds"] <= 6
    delays.check(ws, Asker("li", "office"))
    delays.check(ws, Asker("wu", "elsewhere"))
    delays.failed(ws, Asker("li", "office"))
    delays.passed(ws, Asker("li", "elsewhere"))
    with pytest.raises(TooManyTries):
        delays.check(ws, Asker("li", "third"))


@pytest.mark.parametrize("worn", ["Li", " Li", "Li ", "LI"])
def test_a_name_written_otherwise_is_the_same_account(ws: Workspace, worn: str) -> None:
    delays = Delays(SECRET)
    for _ in range(3):
        delays.failed(ws, Asker("Li", "10.0.0.1"))
    with pytest.raises(TooManyTries):
        delays.check(ws, Asker(worn, "10.0.0.1"))


def test_two_servers_on_one_store_count_together(
    app: Flask, ws: Workspace, settings: Settings, token: Token, clock: Any
) -> None:
    """A guesser who asks each in turn waits as at one; the right password forgets at both."""
    add(ws)
    with Store.open(settings.store) as store:
        second = create_app(settings, Workspace(store, settings, clock))
        servers = [app.test_client(), second.test_client()]
        waits = [sign_in(servers[n % 2], token, "wrong and wrong") for n in range(4)]
        assert [answer.status_code for answer in waits] == [403, 403, 403, 429]
        assert [sign_in(one, token, PASSWORD).status_code for one in servers] == [429, 429]
        clock.pass_by(seconds=2)
        assert sign_in(servers[1], token, PASSWORD).status_code == 303
        again = [sign_in(server.test_client(), token, "wrong") for server in (app, second)]
        assert [answer.status_code for answer in again] == [403, 403]


def test_of_many_tries_at_once_no_more_are_taken_than_one_after_the_other(ws: Workspace) -> None:
    delays, taken = Delays(SECRET), []

    def guess(number: int) -> str:
        try:
            with delays.attempt(ws, Asker("li", "10.0.0.1")):
                taken.append(number)
                people.sign_in(ws, "li", f"guess number {number}")
        except GisgridError as err:
            return err.code
        return "in"

    with ThreadPoolExecutor(8) as pool:
        told = sorted(pool.map(guess, range(8)))
    assert len(taken) == 3
    assert told == ["sign_in_refused"] * 3 + ["too_many_tries"] * 5


def test_a_browser_that_came_in_before_waits_for_what_failed_in_it_alone(
    ws: Workspace, clock: Any
) -> None:
    delays = Delays(SECRET)
    delays.passed(ws, Asker("li", "office", "phone"))
    for number in range(12):
        delays.failed(ws, Asker("li", f"10.0.0.{number}"))
        delays.failed(ws, Asker("li", "road"))
    for stranger in (Asker("li", "new"), Asker("li", "new", "made up"), Asker("li", "road")):
        with pytest.raises(TooManyTries):
            delays.check(ws, stranger)
    delays.check(ws, Asker("li", "new", "phone"))
    delays.check(ws, Asker("li", "road", "phone"))  # where somebody guesses at this very moment
    for number in range(12):
        delays.failed(ws, Asker("wu", f"10.0.0.{number}"))
    with pytest.raises(TooManyTries):
        delays.check(ws, Asker("wu", "new", "phone"))  # known for the account that came in
    for _ in range(4):
        delays.failed(ws, Asker("li", "new", "phone"))
    with pytest.raises(TooManyTries):
        delays.check(ws, Asker("li", "another", "phone"))  # a stolen browser guesses no faster
    clock.pass_by(days=31)
    delays.failed(ws, Asker("li", "office"))
    for number in range(12):
        delays.failed(ws, Asker("li", f"10.0.0.{number}"))
    with pytest.raises(TooManyTries):
        delays.check(ws, Asker("li", "new", "phone"))


def test_what_is_kept_of_failed_tries_names_nobody(
    ws: Workspace, stored: Callable[[], bytes]
) -> None:
    delays, guesser = Delays(SECRET), Asker("张三 who guesses", "203.0.113.77")
    delays.passed(ws, guesser)
    for _ in range(4):
        delays.failed(ws, guesser)
    assert ws.store.counts()["tries"] == 4
    Delays(SECRET[::-1]).check(ws, guesser)  # who has another key cannot tell who it was
    kept = stored()
    for word in ("张三", "\\u5f20", "203.0.113"):
        assert word.encode() not in kept


def test_old_tries_are_swept_and_their_number_is_bounded(
    ws: Workspace, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delays_module, "KEPT", 5)
    delays = Delays(SECRET)
    delays.passed(ws, Asker("li", "office"))
    for number in range(12):
        clock.pass_by(seconds=1)
        delays.failed(ws, Asker(f"person {number}", f"10.0.0.{number}"))
    assert ws.store.counts()["tries"] == 3 * 5 + 1, "who came in is not pushed out by a guesser"
    clock.pass_by(minutes=16)
    delays.failed(ws, Asker("li", "home"))
    assert ws.store.counts()["tries"] == 3 + 1
    clock.pass_by(days=31)
    delays.failed(ws, Asker("li", "home"))
    assert ws.store.counts()["tries"] == 3


def test_a_clock_that_is_set_back_locks_nobody_out(ws: Workspace, clock: Any) -> None:
    delays = Delays(SECRET)
    for _ in range(4):
        delays.failed(ws, Asker("li", "office"))
    clock.pass_by(days=-2)
    with pytest.raises(TooManyTries) as refused:
        delays.check(ws, Asker("li", "office"))
    assert refused.value.facts["seconds"] <= 3


def test_while_the_store_cannot_write_a_guesser_is_slowed_and_the_right_password_passes(
    ws: Workspace, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise StoreFull

    delays = Delays(SECRET)
    for _ in range(2):
        delays.failed(ws, Asker("li", "office"))
    with monkeypatch.context() as broken:
        broken.setattr(ws.store, "write", full)
        delays.failed(ws, Asker("li", "office"))
        with pytest.raises(TooManyTries):
            delays.check(ws, Asker("li", "office"))
        delays.passed(ws, Asker("wu", "office"))
    delays.failed(ws, Asker("li", "office"))
    with pytest.raises(TooManyTries) as refused:
        Delays(SECRET).check(ws, Asker("li", "office"))
    assert refused.value.facts["seconds"] == 3, "four failures, and another server knows them all"


def test_a_guesser_is_told_to_wait(app: Flask, ws: Workspace, token: Token) -> None:
    add(ws)
    client = app.test_client()
    for _ in range(4):
        answer = sign_in(client, token, "wrong and wrong again")
    assert answer.status_code == 429
    assert "wait" in answer.text
    assert sign_in(client, token, PASSWORD).status_code == 429


def test_a_phone_that_came_in_before_is_not_kept_out_by_who_guesses_elsewhere(
    app: Flask, ws: Workspace, token: Token
) -> None:
    add(ws)
    phone, guesser, stranger = (app.test_client() for _ in range(3))
    address = f"/enter/{people.make_link(ws, CONSOLE, 'Li')}"
    assert phone.post(address, data={"csrf_token": token(phone, address)}).status_code == 303
    phone.post("/signout", data={"csrf_token": token(phone, "/")})
    for number in range(10):
        at = {"REMOTE_ADDR": f"127.0.7.{number}"}
        guesser.environ_base = guesser.environ_base | at
        assert sign_in(guesser, token, "wrong and wrong again").status_code == 403
    for client in (phone, stranger):
        client.environ_base = client.environ_base | {"REMOTE_ADDR": "127.0.9.9"}
    assert sign_in(stranger, token, PASSWORD).status_code == 429
    assert sign_in(phone, token, PASSWORD).status_code == 303


@pytest.mark.parametrize("secure", [False, True])
def test_the_cookie_of_a_browser_names_nobody_and_travels_to_this_site_alone(
    settings: Settings, ws: Workspace, token: Token, secure: bool
) -> None:
    ws.settings = replace(settings, secure_cookies=secure)
    add(ws)
    client = create_app(ws.settings, ws).test_client()
    base = f"http{'s' if secure else ''}://localhost"
    client.environ_base = client.environ_base | {"wsgi.url_scheme": base.partition(":")[0]}
    cookies = sign_in(client, token, PASSWORD).headers.getlist("Set-Cookie")
    (kept,) = [one for one in cookies if "device" in one]
    name, _, rest = kept.partition("=")
    assert name == ("__Host-gisgrid_device" if secure else "gisgrid_device")
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", rest.partition(";")[0])
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(kept.split("; "))
    assert ("Secure" in kept.split("; ")) is secure
    again = sign_in(client, token, PASSWORD).headers.getlist("Set-Cookie")
    assert [one.partition(";")[0] for one in again if "device" in one] == [kept.partition(";")[0]]


def test_a_link_is_spent_by_its_button_not_by_a_look(
    app: Flask, ws: Workspace, token: Token
) -> None:
    add(ws, password=None)
    address = f"/enter/{people.make_link(ws, CONSOLE, 'Li')}"
    client, other = app.test_client(), app.test_client()
    for _ in range(3):
        assert client.get(address).status_code == 200
    assert client.post(address, data={"csrf_token": token(client, address)}).status_code == 303
    again = other.post(address, data={"csrf_token": token(other, address)})
    assert again.status_code == 410


def test_a_link_is_worth_nothing_after_its_time(
    app: Flask, ws: Workspace, token: Token, clock: Any
) -> None:
    add(ws, password=None)
    address = f"/enter/{people.make_link(ws, CONSOLE, 'Li')}"
    clock.pass_by(minutes=31)
    client = app.test_client()
    assert client.post(address, data={"csrf_token": token(client, address)}).status_code == 410


def test_the_store_keeps_no_token(ws: Workspace, stored: Callable[[], bytes]) -> None:
    add(ws, password=None)
    link = people.make_link(ws, CONSOLE, "Li")
    session = people.start_session(ws, people.use_link(ws, link))
    kept = stored()
    assert people.digest(session).encode() in kept
    assert link.encode() not in kept
    assert session.encode() not in kept


def test_signing_in_gives_a_new_session_id(app: Flask, ws: Workspace, token: Token) -> None:
    add(ws)
    client = app.test_client()
    ids = []
    for _ in range(2):
        sign_in(client, token, PASSWORD)
        with client.session_transaction() as session:
            ids.append(session["_user_id"])
        client.post("/signout", data={"csrf_token": token(client, "/")})
    assert len(set(ids)) == 2


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(
    app: Flask, enter: Enter, token: Token
) -> None:
    client = enter()
    cookie = client.get_cookie("gisgrid")
    assert cookie
    client.post("/signout", data={"csrf_token": token(client, "/")})
    thief = app.test_client()
    thief.set_cookie("gisgrid", cookie.value)
    assert thief.get("/api/v1/categories").status_code == 401


def test_who_signs_out_is_out_of_this_browser_also_while_the_store_cannot_write(
    enter: Enter, ws: Workspace, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = enter()
    sent = token(client, "/")

    def full(*_: Any, **__: Any) -> Any:
        raise StoreFull

    with monkeypatch.context() as broken:
        broken.setattr(ws.store, "write", full)
        answer = client.post("/signout", data={"csrf_token": sent})
    assert (answer.status_code, answer.location) == (303, "/signin")
    assert client.get("/api/v1/categories").status_code == 401
    assert "The store could not note it" in client.get("/signin").text


@pytest.mark.parametrize("role", ["member", "supervisor", "admin", "data_protection"])
def test_the_way_out_is_on_every_page(enter: Enter, role: str) -> None:
    client, seen = enter(role, "G1" if role == "member" else "*"), 0
    for path in ("/", "/cases", "/work", "/plans", "/export", "/people", "/audit", "/rights"):
        answer = client.get(path)
        if answer.status_code == 200:
            seen += 1
            assert '<form method="post" action="/signout">' in answer.text, path
    assert seen >= 2


def test_a_person_shut_out_is_out_with_the_next_request(enter: Enter, ws: Workspace) -> None:
    client = enter(name="Li")
    assert client.get("/api/v1/categories").status_code == 200
    people.disable(ws, CONSOLE, "Li")
    assert client.get("/api/v1/categories").status_code == 401


def test_a_session_ends_after_hours_of_rest_and_after_days_in_any_case(
    enter: Enter, clock: Any
) -> None:
    resting, busy = enter(name="Resting"), enter(name="Busy")
    for _ in range(3):
        clock.pass_by(hours=11)
        app_touches_forget(busy)
        assert busy.get("/api/v1/categories").status_code == 200
    assert resting.get("/api/v1/categories").status_code == 401
    clock.pass_by(days=6)
    assert busy.get("/api/v1/categories").status_code == 401


def app_touches_forget(client: FlaskClient) -> None:
    """The clock of the tests jumps; the one that spaces out writes does not."""
    client.application.extensions["gisgrid.touches"].clear()


def test_the_log_has_no_names(
    app: Flask, ws: Workspace, token: Token, caplog: pytest.LogCaptureFixture
) -> None:
    add(ws, "张三 of the log")
    with caplog.at_level(logging.DEBUG):
        sign_in(app.test_client(), token, "wrong and wrong again", "张三 of the log")
        client = app.test_client()
        sign_in(client, token, PASSWORD, "张三 of the log")
        client.get("/households/G2-0")
        client.post(
            "/api/v1/search", json={"q": "Name G2"}, headers={"X-CSRFToken": token(client, "/")}
        )
    assert "张三" not in caplog.text
    assert "Name G2" not in caplog.text


@pytest.mark.parametrize(
    "password", ["short", "password1234", "aaaaaaaaaaaaaa", "qwertyuiop12", "Li Li Li Li Li", ""]
)
def test_weak_passwords_are_refused(ws: Workspace, password: str) -> None:
    add(ws, password=None)
    with pytest.raises(people.passwords.WeakPassword):
        people.set_password(ws, CONSOLE, "Li", password)
