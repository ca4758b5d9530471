"""Coming in, going out, and the list of who may."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from gisgrid.access import ROLES
from gisgrid.errors import CodeNeeded, FirstCodeWrong, FirstTaken, GisgridError, SignInRefused
from gisgrid.operations import keys, people
from gisgrid.operations.plans import choices
from gisgrid.web import sessions, tries
from gisgrid.web.addresses import own_address
from gisgrid.web.arguments import PAGE, form, query, text
from gisgrid.web.current import actor, workspace
from gisgrid.web.first import FirstCode
from gisgrid.web.labels import label
from gisgrid.web.paging import cut
from gisgrid.web.problems import STATUS, sentence
from gisgrid.web.recording import home

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState
    from werkzeug.wrappers import Response as Answer

    from gisgrid.store import Person

blueprint = Blueprint("people", __name__)


@blueprint.record
def prepare(state: BlueprintSetupState) -> None:
    """What counts failed attempts, and the code for the first administrator."""
    tries.register(state.app)
    state.app.extensions["gisgrid.first"] = FirstCode()


@blueprint.route("/signin", methods=["GET", "POST"])
def signin() -> str | Answer | tuple[str, int]:
    """Name and password."""
    back = own_address(query(text("next")).get("next", "/"))
    if request.method == "GET":
        return redirect(back, 303) if current_user.is_authenticated else signin_form(back)
    given = form(text("name"), text("password"), text("code"))
    try:
        tried(given.get("name", ""), request.form.get("password", ""), given.get("code", ""))
    except GisgridError as err:
        return signin_form(back, sentence(err), given.get("name", "")), STATUS[err.code]
    return redirect(home() if back == "/" else back, 303)


def signin_form(back: str, problem: str = "", name: str = "") -> str:
    """The form, with what went wrong."""
    return render_template("signin.html", next=back, problem=problem, name=name)


def tried(name: str, password: str, code: str) -> None:
    """Sign in, or refuse after a wait that grows.

    Raises SignInRefused, CodeNeeded, TooManyTries.
    """
    try:
        with tries.attempt(name):
            person = people.sign_in(workspace(), name, password)
            keys.check_code(workspace(), person, code)
    except SignInRefused:
        current_app.logger.warning("sign-in refused from %s", request.remote_addr)
        raise
    tries.passed(name)
    sessions.begin(person)


@blueprint.post("/signout")
def signout() -> Answer:
    """End the session."""
    form()
    if not sessions.leave():
        flash(
            _(
                "You are signed out in this browser. The store could not note it: end the session "
                "under My account, or ask an administrator."
            ),
            "error",
        )
    return redirect(url_for("people.signin"), 303)


@blueprint.route("/enter/<token>", methods=["GET", "POST"])
def enter(token: str) -> str | Answer | tuple[str, int]:
    """A one-time link: looking at it (as mail programs do) spends nothing, the button does."""
    if request.method == "GET":
        query()
        return render_template("enter.html", token=token, problem="")
    code = form(text("code")).get("code", "")
    ws = workspace()
    try:
        with tries.attempt(f"(link) {people.digest(token)}"):
            person = people.use_link(ws, token, lambda w, p: keys.take_code(ws, w, p, code))
    except (CodeNeeded, SignInRefused) as err:
        problem = sentence(err)
        return render_template("enter.html", token=token, problem=problem), STATUS[err.code]
    tries.passed(person.name)
    sessions.begin(person)
    return redirect(home(), 303)


@blueprint.get("/people")
def accounts() -> str:
    """Everybody who has an account, a hundred a page."""
    return listed(query(PAGE).get("page", 1))


def listed(
    number: int = 1,
    *,
    looked_for: str = "",
    link: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
) -> str:
    """A page of the accounts, or those that fit; with a fresh link on top."""
    found = people.accounts(workspace(), actor())
    if looked_for:
        found = [one for one in found if fits(one, looked_for.casefold())]
    page = cut(found, number)
    return render_template(
        "people.html",
        page=page,
        names=choices.names(workspace(), {account.scope for account in page.rows}),
        roles=ROLES,
        link=link,
        form=given or {},
        looked_for=looked_for,
    )


def fits(account: people.Account, wanted: str) -> bool:
    """Whether the name holds the text, or number, role or area is it."""
    role = str(label("role", account.role)).casefold()
    words = (str(account.number), account.role, role, account.scope.casefold())
    return wanted in account.name.casefold() or wanted in words


@blueprint.post("/people/find")
def find() -> str:
    """Accounts that fit a text; a name stays out of addresses."""
    return listed(looked_for=form(text("q")).get("q", ""))


@blueprint.post("/people")
def add() -> str | tuple[str, int]:
    """A new account, and at once the link by which the person comes in."""
    given = form(text("name"), text("role"), text("scope"))
    name = given.get("name", "")
    try:
        people.add(
            workspace(), actor(), name, role=given.get("role", ""), scope=given.get("scope", "")
        )
    except GisgridError as err:
        flash(sentence(err), "error")
        return with_link("", "", given), STATUS[err.code]
    return with_link(name.strip(), people.make_link(workspace(), actor(), name.strip()), {})


@blueprint.post("/people/link")
def link() -> str:
    """A new one-time link for somebody; shown once, here."""
    name = form(text("name")).get("name", "")
    return with_link(name, people.make_link(workspace(), actor(), name), {})


def with_link(name: str, token: str, given: dict[str, str]) -> str:
    """The list of people with a fresh link on top."""
    address = url_for("people.enter", token=token, _external=True) if token else None
    shown = {"name": name, "address": address} if address else None
    return listed(link=shown, given=given)


@blueprint.post("/people/rights")
def rights() -> Answer:
    """Another role and area; the person signs in anew."""
    given = form(text("name"), text("role"), text("scope"))
    name = given.get("name", "")
    role, scope = given.get("role", ""), given.get("scope", "*")
    people.change_rights(workspace(), actor(), name, role=role, scope=scope)
    flash(_("%(name)s has other rights now and signs in anew.", name=name), "notice")
    return redirect(url_for("people.accounts"), 303)


@blueprint.post("/people/factor")
def factor() -> Answer:
    """Take a second factor away from somebody who lost the phone."""
    name = form(text("name")).get("name", "")
    keys.drop_factor(workspace(), actor(), name)
    flash(_("%(name)s signs in without a second factor now.", name=name), "notice")
    return redirect(url_for("people.accounts"), 303)


@blueprint.route("/first", methods=["GET", "POST"])
def first() -> str | Answer | tuple[str, int]:
    """The first administrator, by the code on the server's console."""
    if workspace().store.people():
        raise FirstTaken
    if request.method == "GET":
        query()
        return render_template("first.html", problem="", name="")
    given = form(text("code"), text("name"), text("password"))
    try:
        person = made_first(given.get("code", ""), given.get("name", ""))
    except GisgridError as err:
        name = given.get("name", "")
        page = render_template("first.html", problem=sentence(err), name=name)
        return page, STATUS[err.code]
    sessions.begin(person)
    return redirect(url_for("people.accounts"), 303)


def made_first(code: str, name: str) -> Person:
    """Make the account when the code fits.

    Raises FirstCodeWrong, TooManyTries, and as people.first_admin.
    """
    known = cast("FirstCode", current_app.extensions["gisgrid.first"])
    with tries.attempt("(first)"):
        if not known.fits(code):
            raise FirstCodeWrong
    person = people.first_admin(workspace(), name, request.form.get("password", ""))
    known.spend()
    return person


@blueprint.post("/people/let-in")
def let_in() -> str:
    """Let somebody in again, by a link that is shown once, here."""
    name = form(text("name")).get("name", "")
    people.let_in(workspace(), actor(), name)
    return with_link(name, people.make_link(workspace(), actor(), name), {})


@blueprint.post("/people/disable")
def disable() -> Answer:
    """Shut somebody out, at once."""
    name = form(text("name")).get("name", "")
    people.disable(workspace(), actor(), name)
    flash(_("%(name)s is shut out.", name=name), "notice")
    return redirect(url_for("people.accounts"), 303)
