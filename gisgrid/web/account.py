"""What one holds in hand: password, second factor, sessions, tokens; and the same of everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from gisgrid.errors import GisgridError
from gisgrid.operations import keys, people
from gisgrid.web import sessions, tries
from gisgrid.web.arguments import PAGE, Argument, form, one_of, query, text, whole
from gisgrid.web.current import actor, workspace
from gisgrid.web.paging import cut
from gisgrid.web.problems import STATUS, sentence

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.wrappers import Response as Answer

blueprint = Blueprint("account", __name__)

DAYS = Argument("days", *whole("number of days", 1, keys.TOKEN_DAYS_MOST), "")
REACH = Argument("reach", *one_of("reach", keys.REACHES), "")
NUMBER = Argument("number", *whole("token", 1, 2**31 - 1), "")


def shown(problem: str = "", **more: Any) -> str:
    """The page of one's account."""
    ws, me = workspace(), actor()
    return render_template(
        "account.html",
        problem=problem,
        sessions=cut(keys.sessions(ws, me), 1).rows,
        tokens=keys.tokens(ws, me),
        mine=people.digest(current_user.token),
        proof_asked=keys.proof_asked(ws, me),
        has_factor=keys.has_factor(ws, me.person),
        has_password=keys.has_password(ws, me),
        secret=more.pop("secret", None) or keys.new_secret(),
        reaches=keys.REACHES,
        handle=keys.HANDLE,
        **({"token": None, "made": None} | more),
    )


def refused(err: GisgridError, **more: Any) -> tuple[str, int]:
    """The page once more, with what went wrong."""
    return shown(sentence(err), **more), STATUS[err.code]


@blueprint.get("/account")
def page() -> str:
    """Password, second factor, sessions and tokens of one's own."""
    query()
    return shown()


@blueprint.post("/account/password")
def password() -> Answer | tuple[str, int]:
    """A password of one's own; every session ends, this browser gets a new one."""
    form(text("old"), text("new"))
    old, new = (request.form.get(name, "") for name in ("old", "new"))
    try:
        with tries.attempt(actor().name):
            keys.change_password(workspace(), actor(), old=old, new=new)
    except GisgridError as err:
        return refused(err)
    person = people.known(workspace(), actor().name)
    sessions.begin(person)
    flash(_("The password is changed; all other sessions have ended."), "notice")
    return redirect(url_for("account.page"), 303)


@blueprint.post("/account/factor")
def factor() -> str | tuple[str, int]:
    """A second factor, once the app has shown that it knows the secret."""
    given = form(text("secret"), text("code"), text("proof"))
    secret, code = given.get("secret", ""), given.get("code", "")
    proof = request.form.get("proof", "")
    try:
        with tries.attempt(actor().name):
            made = keys.set_factor(
                workspace(), actor(), secret, code, proof=proof, keep=current_user.token
            )
    except GisgridError as err:
        if not keys.SECRET.fullmatch(secret):
            secret = ""
        return refused(err, secret=secret)
    return shown(made=made)


@blueprint.post("/account/token")
def token() -> str | tuple[str, int]:
    """A token for a program; shown once, here."""
    given = form(text("name"), REACH, DAYS, text("proof"))
    asked = {"name": given.get("name", ""), "reach": given.get("reach", "read")}
    try:
        with tries.attempt(actor().name):
            keys.check_proof(workspace(), actor(), request.form.get("proof", ""))
        made = keys.make_token(workspace(), actor(), **asked, days=given.get("days", 90))
    except GisgridError as err:
        return refused(err)
    return shown(token=made)


@blueprint.post("/account/token/end")
def end_token() -> Answer:
    """End a token."""
    keys.end_token(workspace(), actor(), form(NUMBER).get("number", 0))
    return redirect(back(), 303)


@blueprint.post("/account/session/end")
def end_session() -> Answer:
    """End a session, one's own or (for administrators) anybody's."""
    keys.end_session(workspace(), actor(), form(text("session")).get("session", ""))
    return redirect(back(), 303)


def back() -> str:
    """Administrators come from the list of everybody's, all others from their own."""
    from gisgrid.access import Action  # noqa: PLC0415 - only here
    from gisgrid.web.current import may  # noqa: PLC0415 - only here

    return url_for("account.everybody" if may(Action.MANAGE_PEOPLE) else "account.page")


@blueprint.get("/people/sessions")
def everybody() -> str:
    """All live sessions and tokens."""
    number = query(PAGE).get("page", 1)
    ws, me = workspace(), actor()
    names = {account.number: account.name for account in people.accounts(ws, me)}
    return render_template(
        "sessions.html",
        sessions=cut(keys.sessions(ws, me, everybody=True), number),
        tokens=cut(keys.tokens(ws, me, everybody=True), number),
        names=names,
        mine=people.digest(current_user.token),
        handle=keys.HANDLE,
    )
