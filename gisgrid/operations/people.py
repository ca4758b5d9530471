"""Accounts, one-time links and sessions: who comes in, and for how long.

The store keeps hashes of links and sessions only, so that a copy of it lets nobody in.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from gisgrid.access import CONSOLE, EVERYWHERE, ROLES, Action, Actor, Role, Scope, require
from gisgrid.errors import (
    FirstTaken,
    LinkSpent,
    PersonExists,
    SignInRefused,
    UnknownArea,
    UnknownPerson,
    UnknownWord,
)
from gisgrid.operations import passwords
from gisgrid.operations.auditing import object_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Person, Writer

LINK_LASTS = timedelta(minutes=30)
DEMO_LINK_LASTS = timedelta(hours=24)
"""Long enough for a newcomer who comes back after lunch; the demo holds invented people only."""

NAME_LIMIT = 100
LEAVE_SECONDS = 3.0
"""How long who signs out waits for a store that is held."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person as the list of people shows them. scope: an area or grid code, "*" for all.

    number: by which the account of use names them.
    """

    number: int
    name: str
    role: str
    scope: str
    has_password: bool
    disabled: bool


def digest(token: str) -> str:
    """What the store keeps of a link or session. The tokens are random: no salt is needed."""
    return sha256(token.encode()).hexdigest()


def actor_of(person: Person) -> Actor:
    """The person's rights as they are now in the store."""
    return Actor(person.name, Role(person.role), Scope(person.scope), person.id)


# Accounts -----------------------------------------------------------------------------------------


def accounts(ws: Workspace, actor: Actor) -> list[Account]:
    """Everybody who has an account, by name. Raises NotAllowed."""
    require(actor, Action.MANAGE_PEOPLE)
    found = [
        Account(p.id, p.name, p.role, p.scope, p.password_hash is not None, p.disabled)
        for p in ws.store.people()
    ]
    return sorted(found, key=lambda account: account.name)


def add(
    ws: Workspace, actor: Actor, name: str, *, role: str, scope: str, password: str | None = None
) -> None:
    """A new account; without a password the person comes in by a one-time link.

    Raises NotAllowed, PersonExists, UnknownWord (role), UnknownArea (scope names nothing),
    WeakPassword.
    """
    require(actor, Action.MANAGE_PEOPLE)
    name = _check_name(name)
    _check_role(role)
    _check_scope(ws, scope)
    if ws.store.person(name) is not None:
        raise PersonExists(name=name)
    if password is not None:
        passwords.check(password, name=name, context=near_words(ws))
    with ws.store.write() as w:
        person = w.add_person(name, role, scope, passwords.hashed(password) if password else None)
        w.audit(actor, "add_person", object_of("person", [person.id], role=role, scope=scope))


def _check_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise UnknownWord(value=name, kind="name", known=f"1 to {NAME_LIMIT} printable characters")
    return name


def _check_role(role: str) -> None:
    if role not in [r.value for r in ROLES]:
        raise UnknownWord(value=role, kind="role", known=", ".join(ROLES))


def _check_scope(ws: Workspace, scope: str) -> None:
    """A scope that names nothing would show nothing: better said at once."""
    if not scope:
        # Never taken for everything: what is forgotten must not open the whole county.
        raise UnknownWord(value="", kind="area", known="a code, or * for everything")
    if scope == EVERYWHERE.code:
        return
    for codes in (ws.store.areas(scope=EVERYWHERE), ws.store.grids(scope=EVERYWHERE)):
        if (codes["code"] == scope).any():
            return
    raise UnknownArea(area=scope)


def near_words(ws: Workspace) -> list[str]:
    """What a guesser who knows the place tries: names and codes of programme, county, townships."""
    rows = ws.store.areas(scope=EVERYWHERE)
    near = rows[rows["level"].isin(["county", "township"])]
    names = [name for name in near["name"] if isinstance(name, str)]
    bare = [name[:-1] for name in names if len(name) > 2 and name[-1] in "县区市乡镇旗"]
    found = [ws.programme().name, *near["code"], *names, *bare]
    return [word for word in found if len(word) > 1]


def set_password(ws: Workspace, actor: Actor, name: str, password: str) -> None:
    """A new password for `name`. Raises NotAllowed, UnknownPerson, WeakPassword."""
    require(actor, Action.MANAGE_PEOPLE)
    person = known(ws, name)
    passwords.check(password, name=name, context=near_words(ws))
    with ws.store.write() as w:
        w.set_password(name, passwords.hashed(password))
        w.audit(actor, "set_password", object_of("person", [person.id]))


def change_rights(ws: Workspace, actor: Actor, name: str, *, role: str, scope: str) -> None:
    """Another role and scope; the sessions end, the next has a new id. Raises as add."""
    require(actor, Action.MANAGE_PEOPLE)
    person = known(ws, name)
    _check_role(role)
    _check_scope(ws, scope)
    with ws.store.write() as w:
        w.change_rights(name, role, scope)
        w.audit(actor, "change_rights", object_of("person", [person.id], role=role, scope=scope))


def first_admin(ws: Workspace, name: str, password: str) -> Person:
    """The first account of all: an administrator. Of two at once, one is refused.

    Who may ask is decided before, by the code on the console. Raises FirstTaken, UnknownWord,
    WeakPassword.
    """
    name = _check_name(name)
    passwords.check(password, name=name, context=near_words(ws))
    hashed = passwords.hashed(password)
    with ws.store.write() as w:
        if not w.first_person():
            raise FirstTaken
        person = w.add_person(name, Role.ADMIN.value, EVERYWHERE.code, hashed)
        w.audit(CONSOLE, "add_person", object_of("person", [person.id], role="admin", scope="*"))
    return person


def disable(ws: Workspace, actor: Actor, name: str) -> None:
    """Shut `name` out; their sessions end with their next request. Raises as set_password."""
    require(actor, Action.MANAGE_PEOPLE)
    person = known(ws, name)
    with ws.store.write() as w:
        w.disable_person(name)
        w.audit(actor, "disable_person", object_of("person", [person.id]))


def let_in(ws: Workspace, actor: Actor, name: str) -> None:
    """Let `name` in again after `disable`: by a new link; the password and tokens are gone."""
    require(actor, Action.MANAGE_PEOPLE)
    person = known(ws, name)
    with ws.store.write() as w:
        w.let_in(name)
        w.audit(actor, "let_in_person", object_of("person", [person.id]))


def known(ws: Workspace, name: str) -> Person:
    """The account of this name. Raises UnknownPerson."""
    person = ws.store.person(name)
    if person is None:
        raise UnknownPerson(name=name)
    return person


# One-time links -----------------------------------------------------------------------------------


def make_link(ws: Workspace, actor: Actor, name: str, *, lasts: timedelta = LINK_LASTS) -> str:
    """The token of a link that lets `name` in once. Raises NotAllowed, UnknownPerson."""
    require(actor, Action.MANAGE_PEOPLE)
    person = known(ws, name)
    token = secrets.token_urlsafe(32)
    with ws.store.write() as w:
        w.add_link(digest(token), person.id, ws.clock() + lasts)
        w.audit(actor, "make_link", object_of("person", [person.id]))
    return token


def use_link(
    ws: Workspace, token: str, also: Callable[[Writer, Person], None] = lambda _w, _p: None
) -> Person:
    """Spend a link. Raises LinkSpent when it was used, is too old, or never was one.

    also: asked before the link is spent; what it raises leaves the link as it was.
    """
    with ws.store.write() as w:
        person = w.use_link(digest(token), ws.clock())
        if person is None or person.disabled:
            raise LinkSpent
        also(w, person)
        w.audit(actor_of(person), "use_link", object_of("person", [person.id]))
    return person


# Signing in ---------------------------------------------------------------------------------------


def sign_in(ws: Workspace, name: str, password: str) -> Person:
    """The person with this name and password.

    Raises SignInRefused, after the same time and with the same words for a wrong password, an
    unknown name, a person without a password and a disabled one.
    """
    person = ws.store.person(name.strip())
    right = passwords.fits(password, person.password_hash if person else None)
    if person is None or not right or person.disabled:
        raise SignInRefused
    return person


def start_session(ws: Workspace, person: Person, device: str | None = None) -> str:
    """A new session and its token: 256 random bits that only the person's browser keeps.

    device: browser and system in plain words, for the list of sessions.
    """
    token = secrets.token_urlsafe(32)
    now = ws.clock()
    with ws.store.write() as w:
        until = now + timedelta(days=ws.settings.session_days)
        w.add_session(digest(token), person.id, now, until, device)
        w.audit(actor_of(person), "sign_in", object_of("person", [person.id]))
    return token


def session_person(ws: Workspace, token: str) -> Person | None:
    """Who the session belongs to, as of now; None when it ended, idled out or was never one."""
    idle = timedelta(minutes=ws.settings.session_idle_minutes)
    person = ws.store.person_by_session(digest(token), ws.clock(), idle)
    return None if person is None or person.disabled else person


def touch_session(ws: Workspace, token: str) -> None:
    """Note that the session is in use. Raises StoreBusy at once while another change is made."""
    with ws.store.write(patience=0) as w:
        w.touch_session(digest(token), ws.clock())


def end_session(ws: Workspace, actor: Actor, token: str) -> None:
    """End the actor's session for good; a copy of its cookie is worth nothing from now on."""
    with ws.store.write(patience=LEAVE_SECONDS) as w:
        w.end_session(digest(token), ws.clock())
        w.audit(actor, "sign_out", object_of("person", [actor.person]))
