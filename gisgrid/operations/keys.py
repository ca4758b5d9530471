"""What a person holds in hand: sessions, tokens for programs, a second factor, the password.

Everybody sees and ends their own; whoever manages people sees and ends all, and makes none.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gisgrid.access import Action, may, require
from gisgrid.errors import CodeNeeded, SignInRefused, UnknownKey, UnknownWord
from gisgrid.operations import passwords, totp
from gisgrid.operations.auditing import object_of
from gisgrid.operations.people import actor_of, digest, known, near_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gisgrid.access import Actor
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Person, SessionRow, TokenRow, Writer

REACHES: tuple[str, ...] = ("read", "write")
"""How far a token reaches: `read` asks only, `write` also records and changes."""

TOKEN_DAYS_MOST = 366
TOKEN_SIGN = "gg_"  # noqa: S105
"""By this people and programs tell a token from a password."""
TOKENS_EACH = 20
RECOVERY_CODES = 10
RECOVERY_GROUPS = 9
"""Of four digits each: 119 bits, so that a plain hash keeps them, on any phone's number keys."""
SECRET = re.compile("[A-Z2-7]{32}")
"""As new_secret makes them."""
HANDLE = 16
"""Characters of a session's hash by which a page names it."""


@dataclass(frozen=True, slots=True)
class FactorMade:
    """What is shown once: the secret, its address for an app, the recovery codes."""

    secret: str
    address: str
    codes: list[str]


# Sessions -----------------------------------------------------------------------------------------


def sessions(ws: Workspace, actor: Actor, *, everybody: bool = False) -> list[SessionRow]:
    """The actor's live sessions, or everybody's. Raises NotAllowed for those of others."""
    if everybody:
        require(actor, Action.MANAGE_PEOPLE)
    idle = timedelta(minutes=ws.settings.session_idle_minutes)
    person = None if everybody else actor.person
    return ws.store.live_sessions(ws.clock(), idle, person=person)


def end_session(ws: Workspace, actor: Actor, handle: str) -> None:
    """End a session by its handle: one's own, or anybody's for whoever manages people.

    Raises UnknownKey where there is none, and for somebody else's.
    """
    found = sessions(ws, actor, everybody=may(actor, Action.MANAGE_PEOPLE))
    mine = [row for row in found if row.id_hash.startswith(handle) and len(handle) == HANDLE]
    if not mine:
        raise UnknownKey
    with ws.store.write() as w:
        w.end_session(mine[0].id_hash, ws.clock())
        w.audit(actor, "end_session", object_of("person", [mine[0].person_id]))


# Tokens -------------------------------------------------------------------------------------------


def tokens(ws: Workspace, actor: Actor, *, everybody: bool = False) -> list[TokenRow]:
    """The actor's live tokens, or everybody's. Raises NotAllowed for those of others."""
    if everybody:
        require(actor, Action.MANAGE_PEOPLE)
    return ws.store.live_tokens(ws.clock(), person=None if everybody else actor.person)


def make_token(ws: Workspace, actor: Actor, *, name: str, reach: str, days: int) -> str:
    """A token for a program of the actor's, to be shown once. Raises UnknownWord.

    It has the actor's rights as they are at each request, as far as it reaches, and no more.
    """
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise UnknownWord(value=name, kind="name", known="1 to 100 printable characters")
    if reach not in REACHES:
        raise UnknownWord(value=reach, kind="reach", known=", ".join(REACHES))
    if not 1 <= days <= TOKEN_DAYS_MOST:
        known = f"1 … {TOKEN_DAYS_MOST}"
        raise UnknownWord(value=str(days), kind="number of days", known=known)
    if len(tokens(ws, actor)) >= TOKENS_EACH:
        raise UnknownWord(value=name, kind="further token", known=f"{TOKENS_EACH} at most")
    token = f"{TOKEN_SIGN}{secrets.token_urlsafe(32)}"
    with ws.store.write() as w:
        expires = ws.clock() + timedelta(days=days)
        number = w.add_token(digest(token), actor.person, name, reach, expires)
        w.audit(actor, "make_token", object_of("token", [number], reach=reach, days=days))
    return token


def end_token(ws: Workspace, actor: Actor, number: int) -> None:
    """End a token: one's own, or anybody's for whoever manages people. Raises UnknownKey."""
    whose = None if may(actor, Action.MANAGE_PEOPLE) else actor.person
    with ws.store.write() as w:
        if not w.end_token(number, whose):
            raise UnknownKey
        w.audit(actor, "end_token", object_of("token", [number]))


def token_person(ws: Workspace, token: str) -> tuple[Person, str] | None:
    """Whose live token it is, with rights as of now, and how far it reaches."""
    return ws.store.person_by_token(digest(token), ws.clock())


def touch_token(ws: Workspace, token: str) -> None:
    """Note that the token is in use. Raises StoreBusy at once while another change is made."""
    with ws.store.write(patience=0) as w:
        w.touch_token(digest(token), ws.clock())


# The second factor --------------------------------------------------------------------------------


def has_factor(ws: Workspace, person: int) -> bool:
    """Whether a code is asked for when the person signs in."""
    return ws.store.factor(person) is not None


def new_secret() -> str:
    """160 random bits in base32, to be kept by an app before it counts."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def proof_asked(ws: Workspace, actor: Actor) -> bool:
    """Whether a new second factor or token asks for what only the actor knows or holds."""
    return has_password(ws, actor) or has_factor(ws, actor.person)


def set_factor(
    ws: Workspace, actor: Actor, secret: str, given: str, *, proof: str = "", keep: str = ""
) -> FactorMade:
    """Ask for codes of `secret` from now on, once the actor's app has shown that it knows it.

    proof: the password, or a code of the factor that is replaced; empty for who has neither.
    keep: the token of the session that goes on; all others end. Raises SignInRefused for a secret
    that is none of ours, a code or proof that does not fit, CodeNeeded for no proof at all.
    """
    if not SECRET.fullmatch(secret):
        raise SignInRefused
    person = known(ws, actor.name)
    step = totp.fitting_step(secret, _digits(given), _now(ws.clock()))
    if step is None:
        raise SignInRefused
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    knows = _knows(person, proof)
    with ws.store.write() as w:
        _prove(ws, w, person, proof, knows=knows)
        w.end_sessions(actor.person, digest(keep))
        w.set_factor(actor.person, secret, step, [digest(_plain(code)) for code in codes])
        w.audit(actor, "set_factor", object_of("person", [actor.person]))
    return FactorMade(secret, totp.address(secret, actor.name), codes)


def check_proof(ws: Workspace, actor: Actor, proof: str) -> None:
    """Let nobody on who only sits at the actor's open session.

    proof: the password, or a code of the second factor, which is spent; anything for who has
    neither. Raises SignInRefused, CodeNeeded.
    """
    person = known(ws, actor.name)
    if not _knows(person, proof) and proof_asked(ws, actor):
        with ws.store.write() as w:
            _prove(ws, w, person, proof, knows=False)


def _knows(person: Person, proof: str) -> bool:
    return bool(person.password_hash) and passwords.fits(proof, person.password_hash)


def _prove(ws: Workspace, w: Writer, person: Person, proof: str, *, knows: bool) -> None:
    """Take a code for who does not know the password; who has neither proves nothing."""
    if not knows and has_factor(ws, person.id):
        take_code(ws, w, person, proof)
    elif not knows and person.password_hash:
        raise SignInRefused


def drop_factor(ws: Workspace, actor: Actor, name: str) -> None:
    """No second factor for `name`: the phone is lost. Raises NotAllowed, UnknownPerson."""
    require(actor, Action.MANAGE_PEOPLE)
    person = known(ws, name)
    with ws.store.write() as w:
        w.drop_factor(person.id)
        w.end_sessions(person.id)
        w.audit(actor, "drop_factor", object_of("person", [person.id]))


def check_code(ws: Workspace, person: Person, given: str) -> None:
    """Take the code of a person who has a second factor, or one of the recovery codes; once.

    Raises CodeNeeded where none is given, SignInRefused where it does not fit or was used.
    """
    if has_factor(ws, person.id):
        with ws.store.write() as w:
            take_code(ws, w, person, given)


def take_code(ws: Workspace, w: Writer, person: Person, given: str) -> None:
    """As check_code, together with another change: both are made, or neither."""
    factor = ws.store.factor(person.id)
    if factor is None:
        return
    if not given.strip():
        raise CodeNeeded
    step = totp.fitting_step(factor.secret, _digits(given), _now(ws.clock()))
    if step is not None:
        fits = w.spend_step(person.id, step)
    else:
        fits = w.spend_recovery(person.id, digest(_plain(given)))
        if fits:
            w.audit(actor_of(person), "use_recovery_code", object_of("person", [person.id]))
    if not fits:
        raise SignInRefused


def _recovery_code() -> str:
    return "-".join(f"{secrets.randbelow(10_000):04}" for _ in range(RECOVERY_GROUPS))


def _plain(given: str) -> str:
    """A recovery code as it is kept: its digits, however they are grouped.

    Those of before had letters too, and are kept as they were shown.
    """
    digits = _digits(given)
    return digits if len(digits) == 4 * RECOVERY_GROUPS else given.strip().lower()


def _digits(given: str) -> str:
    return "".join(c for c in given if c.isascii() and c.isdigit())


def _now(moment: datetime) -> int:
    return totp.step_at(moment.timestamp())


def factor_needed(roles: Sequence[str], actor: Actor) -> bool:
    """Whether the settings ask the actor's role for a second factor."""
    return actor.role.value in roles


# The own password ---------------------------------------------------------------------------------


def change_password(ws: Workspace, actor: Actor, *, old: str, new: str) -> None:
    """A password of one's own; all sessions end, whoever changes it signs in anew.

    old: the present one; for who has none yet a code of the second factor, and for who has neither
    it may be empty. Raises SignInRefused, CodeNeeded, WeakPassword.
    """
    person = ws.store.person(actor.name)
    if person is None or (person.password_hash and not _knows(person, old)):
        raise SignInRefused
    passwords.check(new, name=person.name, context=near_words(ws))
    hashed = passwords.hashed(new)
    with ws.store.write() as w:
        _prove(ws, w, person, old, knows=bool(person.password_hash))
        w.set_password(person.name, hashed)
        w.audit(actor, "set_password", object_of("person", [person.id]))


def has_password(ws: Workspace, actor: Actor) -> bool:
    """Whether the actor signs in by a password."""
    return bool(known(ws, actor.name).password_hash)
