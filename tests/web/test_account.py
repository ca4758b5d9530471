"""What one holds in hand: sessions, tokens, a second factor, the password; the first of all."""

from __future__ import annotations

import base64
import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE, EVERYWHERE, Scope
from gisgrid.errors import FirstTaken, LinkSpent, SignInRefused, WeakPassword
from gisgrid.operations import keys, people, totp
from gisgrid.operations.delays import Asker
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store
from gisgrid.web import create_app
from gisgrid.web.first import FirstCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    Enter = Callable[..., FlaskClient]
    Token = Callable[..., str]

PASSWORD = "a long enough phrase"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36"


def post(client: FlaskClient, token: Token, address: str, **form: Any) -> Any:
    return client.post(address, data=form | {"csrf_token": token(client, "/account")})


def person(ws: Workspace, name: str) -> Any:
    found = ws.store.person(name)
    assert found is not None
    return found


# Sessions -----------------------------------------------------------------------------------------


def test_one_sees_and_ends_ones_own_sessions(enter: Enter, ws: Workspace, token: Token) -> None:
    here, there = enter("supervisor", "T1"), enter("supervisor", "T1")
    enter("supervisor", "T2")
    page = here.get("/account", headers={"User-Agent": CHROME}).text
    handles = re.findall(r'name="session" value="([0-9a-f]{16})"', page)
    assert len(handles) == 2
    mine = re.search(r"<strong>.*?value=\"([0-9a-f]{16})\"", page, re.DOTALL)
    assert mine
    other = next(h for h in handles if h != mine[1])
    assert post(here, token, "/account/session/end", session=other).status_code == 303
    assert there.get("/account").status_code == 303
    assert there.get("/api/v1/overview").status_code == 401
    assert here.get("/account").status_code == 200


def test_a_session_says_in_plain_words_where_it_runs(
    ws: Workspace, app: Flask, token: Token
) -> None:
    people.add(ws, CONSOLE, "Li", role="member", scope="G1")
    client = app.test_client()
    address = f"/enter/{people.make_link(ws, CONSOLE, 'Li')}"
    form = {"csrf_token": token(client, address)}
    client.post(address, data=form, headers={"User-Agent": CHROME})
    assert "Chrome · Windows" in client.get("/account").text
    assert ">2026-11-22 12:00</time>" in client.get("/account").text, "by the programme's clock"
    assert "AppleWebKit" not in client.get("/account").text


def test_somebody_elses_session_is_as_one_that_is_not_there(
    enter: Enter, ws: Workspace, token: Token
) -> None:
    enter("supervisor", "T2")
    here = enter("supervisor", "T1")
    idle = ws.clock() - ws.clock().replace(year=2025)
    foreign = ws.store.live_sessions(ws.clock(), idle, person=person(ws, "supervisor T2").id)
    answers = [
        post(here, token, "/account/session/end", session=handle)
        for handle in (foreign[0].id_hash[:16], "0" * 16, "", foreign[0].id_hash)
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({re.sub(r'(content|value)="[^"]+"', "", a.text) for a in answers}) == 1


def test_the_list_of_people_says_which_place_a_code_is(enter: Enter) -> None:
    for role, scope in (("member", "G1"), ("supervisor", "T1"), ("planner", "*")):
        enter(role, scope)
    page = enter("admin").get("/people").text
    for place, code in (("Grid G1", "G1"), ("新添堡", "T1")):
        assert f'{place}<br><span class="hint">{code}</span>' in page
    assert "everything" in page


def test_an_administrator_sees_and_ends_everybodys(enter: Enter, token: Token) -> None:
    member, admin = enter("member", "G1"), enter("admin")
    page = admin.get("/people/sessions").text
    assert "member G1" in page
    row = re.search(r"member G1</th>.*?value=\"([0-9a-f]{16})\"", page, re.DOTALL)
    assert row
    assert post(admin, token, "/account/session/end", session=row[1]).status_code == 303
    assert member.get("/api/v1/overview").status_code == 401


def test_other_rights_end_the_sessions_and_the_next_one_has_a_new_id(
    enter: Enter, ws: Workspace, token: Token
) -> None:
    client, admin = enter("supervisor", "T1", name="Li"), enter("admin")
    before = client.get_cookie("gisgrid")
    assert client.get("/api/v1/households/G2-0").status_code == 200
    form = {"name": "Li", "role": "planner", "scope": "T2"}
    assert post(admin, token, "/people/rights", **form).status_code == 303
    assert client.get("/api/v1/households/G2-0").status_code == 401
    again = enter(name="Li")
    after = again.get_cookie("gisgrid")
    assert before
    assert after
    assert before.value != after.value
    assert again.get("/api/v1/households/G2-0").status_code == 404
    assert again.get("/api/v1/households/G4-0").json["name"] is None


@pytest.mark.parametrize(("rest", "known"), [(719, 200), (721, 401)])
def test_a_session_idles_out(enter: Enter, clock: Any, rest: int, known: int) -> None:
    client = enter("supervisor")
    clock.pass_by(minutes=rest)
    assert client.get("/api/v1/categories").status_code == known


# The password -------------------------------------------------------------------------------------


def test_a_new_password_ends_all_sessions_and_gives_this_browser_a_new_one(
    enter: Enter, ws: Workspace, token: Token
) -> None:
    here, there = enter("supervisor", name="Li"), enter("supervisor", name="Li")
    before = here.get_cookie("gisgrid")
    assert post(here, token, "/account/password", new=PASSWORD).status_code == 303
    after = here.get_cookie("gisgrid")
    assert before
    assert after
    assert before.value != after.value
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    assert people.sign_in(ws, "Li", PASSWORD).name == "Li"
    wrong = post(here, token, "/account/password", old="not the right one", new=PASSWORD + "!")
    assert wrong.status_code == 403
    assert post(here, token, "/account/password", old=PASSWORD, new="short").status_code == 422


def test_who_only_sits_at_an_open_session_does_not_guess_the_password(
    enter: Enter, token: Token
) -> None:
    client = enter("supervisor", name="Li")
    post(client, token, "/account/password", new=PASSWORD)
    form = {"old": "wrong and wrong again", "new": "another long phrase"}
    said = [post(client, token, "/account/password", **form).status_code for _ in range(5)]
    assert said == [403, 403, 403, 429, 429]


# Tokens -------------------------------------------------------------------------------------------


def made(client: FlaskClient, token: Token, **form: Any) -> str:
    page = post(client, token, "/account/token", name="QGIS", **form).text
    found = re.search(r"gg_[\w-]{43}", page)
    assert found, page
    return found[0]


def test_a_token_is_not_made_by_who_only_sits_at_an_open_session(
    ws: Workspace, enter: Enter, token: Token
) -> None:
    owner = enter("supervisor", name="Li")
    made(owner, token)  # an account without a password has nothing to prove
    post(owner, token, "/account/password", new=PASSWORD)
    assert 'name="proof"' in owner.get("/account").text
    for wrong in ({}, {"proof": "not the right one"}):
        refused = post(owner, token, "/account/token", name="QGIS", **wrong)
        assert refused.status_code == 403
        assert "gg_" not in refused.text
    assert len(ws.store.live_tokens(ws.clock(), person=people.known(ws, "Li").id)) == 1
    made(owner, token, proof=PASSWORD)


def basic(secret: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{secret}".encode()).decode()


def test_a_token_asks_with_the_rights_of_its_owner(enter: Enter, app: Flask, token: Token) -> None:
    owner = enter("supervisor", "T1")
    secret = made(owner, token)
    assert secret not in owner.get("/account").text
    program = app.test_client()
    for header in (f"Bearer {secret}", basic(secret)):
        said = {"Authorization": header}
        assert program.get("/api/v1/households/G2-0", headers=said).json["name"] == "Name G2 0"
        assert program.get("/api/v1/households/G4-0", headers=said).status_code == 404
        assert program.get("/tiles/grids/12/3242/1621.mvt", headers=said).status_code in (200, 204)
        assert program.get("/", headers=said).status_code == 303
        assert program.get("/people", headers=said).status_code == 303
        assert "Set-Cookie" not in program.get("/api/v1/overview", headers=said).headers
    assert program.get("/api/v1/overview").status_code == 401


@pytest.mark.parametrize("header", ["Bearer gg_nonsense", "Bearer", "Basic ???", "Digest a=b", ""])
def test_a_wrong_token_lets_nobody_in(app: Flask, header: str) -> None:
    client = app.test_client()
    answer = client.get("/api/v1/overview", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_token_that_reads_changes_nothing_and_needs_no_form(
    enter: Enter, app: Flask, ws: Workspace, token: Token
) -> None:
    owner = enter("planner")
    program = app.test_client()
    reads, writes = (made(owner, token, reach=reach) for reach in ("read", "write"))
    for secret, code in ((reads, "token_reads_only"), (writes, None)):
        said = {"Authorization": f"Bearer {secret}"}
        answer = program.post("/api/v1/drafts", json={"name": "A plan"}, headers=said)
        assert answer.json.get("code") == code, answer.json
    refused = program.post("/api/v1/drafts", json={"name": "B"})
    assert refused.status_code in (401, 403)


def test_a_browsers_cookie_does_not_stand_in_for_a_form_because_a_header_is_there(
    enter: Enter,
) -> None:
    client = enter("planner")
    said = {"Authorization": "Bearer gg_nonsense"}
    answer = client.post("/api/v1/drafts", json={"name": "A plan"}, headers=said)
    assert (answer.status_code, answer.json["code"]) == (403, "other_site")


def test_a_token_ends_by_its_owner_its_day_and_with_its_owners_account(
    enter: Enter, app: Flask, ws: Workspace, token: Token, clock: Any
) -> None:
    owner, other = enter("supervisor", "T1"), enter("supervisor", "T2")
    first, second, third = (made(owner, token, days=days) for days in (1, 30, 30))
    program = app.test_client()

    def status(secret: str) -> int:
        said = {"Authorization": f"Bearer {secret}"}
        return program.get("/api/v1/categories", headers=said).status_code

    number = keys.tokens(ws, people.actor_of(person(ws, "supervisor T1")))[1].id
    assert post(other, token, "/account/token/end", number=number).status_code == 404
    assert status(second) == 200
    assert post(owner, token, "/account/token/end", number=number).status_code == 303
    assert (status(first), status(second), status(third)) == (200, 401, 200)
    clock.pass_by(hours=25)
    assert (status(first), status(third)) == (401, 200)
    people.disable(ws, CONSOLE, "supervisor T1")
    assert status(third) == 401


def test_who_is_let_in_again_comes_by_the_new_link_and_by_nothing_known_before(
    app: Flask, enter: Enter, ws: Workspace, token: Token
) -> None:
    mine, admin = enter("supervisor", name="Li"), enter("admin")
    secret = made(mine, token)
    people.set_password(ws, CONSOLE, "Li", PASSWORD)
    link = people.make_link(ws, CONSOLE, "Li")
    people.disable(ws, CONSOLE, "Li")
    page = post(admin, token, "/people/let-in", name="Li").text
    fresh = re.search(r"/enter/([\w-]+)", page)
    assert fresh
    program = app.test_client()
    headers = {"Authorization": f"Bearer {secret}"}
    assert program.get("/api/v1/categories", headers=headers).status_code == 401
    assert mine.get("/api/v1/categories").status_code == 401
    for spent, status in ((link, 410), (fresh[1], 303)):
        client = app.test_client()
        assert post(client, token, f"/enter/{spent}").status_code == status
    with pytest.raises(SignInRefused):
        people.sign_in(ws, "Li", PASSWORD)


def test_words_near_at_hand_are_those_of_the_store(ws: Workspace) -> None:
    near = people.near_words(ws)
    areas = ws.store.areas(scope=EVERYWHERE)
    towns = areas[areas["level"] == "township"]
    assert {*towns["code"], *towns["name"]} <= set(near)
    assert not {*areas[areas["level"] == "village"]["code"]} & set(near)
    people.add(ws, CONSOLE, "Li", role="planner", scope="*")
    word = f"{towns['name'].iloc[0]}123456789{towns['code'].iloc[0]}"
    with pytest.raises(WeakPassword):
        people.set_password(ws, CONSOLE, "Li", word)


def test_the_store_keeps_no_token(enter: Enter, stored: Callable[[], bytes], token: Token) -> None:
    secret = made(enter("supervisor"), token)
    kept = stored()
    assert b"supervisor" in kept
    assert secret.encode() not in kept


# The second factor --------------------------------------------------------------------------------

VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
"""RFC 6238, appendix B, SHA-1."""


@pytest.mark.parametrize("seconds", VECTORS)
def test_codes_are_those_of_the_standard(seconds: int) -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert totp.code(secret, totp.step_at(seconds), digits=8) == VECTORS[seconds]


def enrol(client: FlaskClient, token: Token, clock: Any, proof: str = "") -> tuple[str, list[str]]:
    secret = re.search(r'name="secret" value="([A-Z2-7]{32})"', client.get("/account").text)
    assert secret
    code = totp.code(secret[1], totp.step_at(clock().timestamp()))
    form = {"secret": secret[1], "code": code, "proof": proof}
    page = post(client, token, "/account/factor", **form).text
    codes = re.findall(r"<code>((?:\d{4}-){8}\d{4})</code>", page)
    assert len(codes) == 10
    return secret[1], codes


def test_a_second_factor_is_asked_for_and_no_code_counts_twice(
    enter: Enter, app: Flask, ws: Workspace, token: Token, clock: Any
) -> None:
    owner = enter("supervisor", name="Li")
    post(owner, token, "/account/password", new=PASSWORD)
    secret, codes = enrol(owner, token, clock, PASSWORD)
    clock.pass_by(seconds=90)

    def sign_in(code: str) -> int:
        client = app.test_client()
        form = {"name": "Li", "password": PASSWORD, "code": code, "csrf_token": token(client)}
        app.extensions["gisgrid.delays"].passed(ws, Asker("li", "127.0.0.1"))
        return client.post("/signin", data=form).status_code

    now = totp.step_at(clock().timestamp())
    code = totp.code(secret, now)
    assert sign_in("") == 403
    assert sign_in(totp.code(secret, now + 5)) == 403
    assert sign_in(code[:3] + " " + code[3:]) == 303
    assert sign_in(code) == 403
    assert sign_in(codes[0].replace("-", " ")) == 303
    assert sign_in(codes[0]) == 403
    assert sign_in(codes[1]) == 303
    link = people.make_link(ws, CONSOLE, "Li")
    client = app.test_client()
    form = {"csrf_token": token(client, f"/enter/{link}")}
    assert client.post(f"/enter/{link}", data=form).status_code == 403
    assert client.post(f"/enter/{link}", data=form | {"code": "000"}).status_code == 403
    assert client.post(f"/enter/{link}", data=form | {"code": codes[2]}).status_code == 303
    with pytest.raises(LinkSpent):
        people.use_link(ws, link)
    assert sign_in(codes[3]) == 303
    with ws.store.write() as w:  # as they were made before, with letters
        person = people.known(ws, "Li").id
        w.set_factor(person, secret, now, [people.digest("0a1b2c3d-4e5f6a7b")])
    assert sign_in("0A1B2C3D-4E5F6A7B") == 303


def test_a_recovery_code_fits_number_keys_and_is_too_long_to_guess(
    enter: Enter, token: Token, clock: Any, app: Flask
) -> None:
    """119 bits are kept safely by a plain hash; a field for numbers must take the whole of it."""
    _, codes = enrol(enter("supervisor", name="Li"), token, clock)
    assert len(set(codes)) == 10
    assert all(re.sub("[- ]", "", code).isdigit() for code in codes)
    assert all(10 ** sum(c.isdigit() for c in code) > 2**112 for code in codes)
    field = re.search(r'<input id="code"[^>]*>', app.test_client().get("/signin").text)
    assert field
    assert 'inputmode="numeric"' in field[0]
    longest = re.search(r'maxlength="(\d+)"', field[0])
    assert longest
    assert int(longest[1]) >= len(codes[0])


@pytest.mark.parametrize("secret", ["abc", "", "A" * 31, "a" * 32, "A" * 31 + "="])
def test_a_secret_that_is_none_of_ours_is_refused(
    enter: Enter, ws: Workspace, token: Token, clock: Any, secret: str
) -> None:
    owner = enter("supervisor", name="Li")
    now = totp.step_at(clock().timestamp())
    code = totp.code(secret, now) if secret in {"", "A" * 32} else "123456"
    assert post(owner, token, "/account/factor", secret=secret, code=code).status_code == 403
    assert not keys.has_factor(ws, person(ws, "Li").id)


def test_a_first_password_asks_for_a_code_of_the_factor_that_is_there(
    enter: Enter, ws: Workspace, token: Token, clock: Any
) -> None:
    client = enter("supervisor", name="Li")
    secret, _ = enrol(client, token, clock)
    page = client.get("/account").text
    assert "A code of the second factor" in page
    for wrong in ({}, {"old": "000000"}):
        refused = post(client, token, "/account/password", new=PASSWORD, **wrong)
        assert refused.status_code == 403
        assert not person(ws, "Li").password_hash
    clock.pass_by(seconds=90)
    code = totp.code(secret, totp.step_at(clock().timestamp()))
    assert post(client, token, "/account/password", old=code, new=PASSWORD).status_code == 303
    assert people.sign_in(ws, "Li", PASSWORD).name == "Li"


def test_a_factor_is_replaced_only_with_proof_and_ends_the_other_sessions(
    enter: Enter, ws: Workspace, token: Token, clock: Any
) -> None:
    owner = enter("supervisor", name="Li")
    _, codes = enrol(owner, token, clock)
    kept = ws.store.factor(person(ws, "Li").id)
    fresh = keys.new_secret()
    form = {"secret": fresh, "code": totp.code(fresh, totp.step_at(clock().timestamp()))}
    for proof in ({}, {"proof": "000000"}, {"proof": form["code"]}):
        assert post(owner, token, "/account/factor", **form, **proof).status_code == 403
    assert ws.store.factor(person(ws, "Li").id) == kept
    other = people.start_session(ws, person(ws, "Li"))
    assert post(owner, token, "/account/factor", **form, proof=codes[0]).status_code == 200
    factor = ws.store.factor(person(ws, "Li").id)
    assert factor
    assert factor.secret == fresh
    assert people.session_person(ws, other) is None
    assert owner.get("/account").status_code == 200


def test_an_administrator_takes_a_lost_factor_away(
    enter: Enter, ws: Workspace, token: Token, clock: Any
) -> None:
    owner, admin = enter("supervisor", name="Li"), enter("admin")
    enrol(owner, token, clock)
    assert post(admin, token, "/people/factor", name="Li").status_code == 303
    assert not keys.has_factor(ws, person(ws, "Li").id)
    assert owner.get("/account").status_code == 303


def test_a_role_that_needs_a_factor_sees_nothing_before_it_has_one(
    ws: Workspace, clock: Any, token: Token
) -> None:
    settings = replace(ws.settings, second_factor_roles=("supervisor",))
    app = create_app(settings, Workspace(ws.store, settings, clock))
    people.add(ws, CONSOLE, "Li", role="supervisor", scope="T1")
    client = app.test_client()
    address = f"/enter/{people.make_link(ws, CONSOLE, 'Li')}"
    client.post(address, data={"csrf_token": token(client, address)})
    assert client.get("/households").location == "/account"
    answer = client.get("/api/v1/overview")
    assert (answer.status_code, answer.json["code"]) == (403, "factor_needed")
    enrol(client, token, clock)
    assert client.get("/api/v1/overview").status_code == 200


# The first administrator --------------------------------------------------------------------------


@pytest.fixture
def empty(settings: Settings, clock: Any) -> Any:
    with Store.create(settings.store) as store:
        yield create_app(settings, Workspace(store, settings, clock))


def first(client: FlaskClient, token: Token, code: str, name: str = "Wu") -> Any:
    form = {"code": code, "name": name, "password": PASSWORD, "csrf_token": token(client, "/first")}
    return client.post("/first", data=form)


def test_the_first_administrator_comes_in_by_the_code_on_the_console(
    empty: Flask, token: Token
) -> None:
    client = empty.test_client()
    assert first(client, token, "").status_code == 403
    code = empty.extensions["gisgrid.first"].make()
    assert first(client, token, "wrong-code").status_code == 403
    assert first(client, token, code.upper()).location == "/people"
    assert client.get("/people").status_code == 200
    other = empty.test_client()
    assert other.get("/first").status_code == 409
    form = {"code": code, "name": "Too late", "password": PASSWORD}
    assert other.post("/first", data=form | {"csrf_token": token(other)}).status_code == 409


def test_the_code_is_worth_nothing_after_a_quarter_of_an_hour() -> None:
    now = [0.0]
    code = FirstCode(lambda: now[0])
    assert not code.fits("")
    word = code.make()
    now[0] = 899
    assert code.fits(word)
    now[0] = 900
    assert not code.fits(word)


def test_of_two_first_administrators_at_once_one_wins(settings: Settings) -> None:
    Store.create(settings.store).close()
    came: list[str] = []
    gate = threading.Barrier(4)

    def begin(name: str) -> None:
        with Workspace.open(settings) as ws:
            gate.wait()
            try:
                came.append(people.first_admin(ws, name, PASSWORD).name)
            except FirstTaken:
                came.append("taken")

    threads = [threading.Thread(target=begin, args=(f"Wu {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came)[1:] == ["taken"] * 3
    with Workspace.open(settings) as ws:
        assert [p.scope for p in ws.store.people()] == [Scope("*").code]


def test_a_refused_code_of_a_person_without_factor_asks_for_none(ws: Workspace) -> None:
    people.add(ws, CONSOLE, "Li", role="member", scope="G1")
    keys.check_code(ws, person(ws, "Li"), "")
    actor = people.actor_of(person(ws, "Li"))
    with pytest.raises(SignInRefused):
        keys.set_factor(ws, actor, keys.new_secret(), "000000")
