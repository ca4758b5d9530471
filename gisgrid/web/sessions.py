"""Sessions: a random id in the signed cookie, a row in the store, rights read at every request."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from flask import current_app, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from gisgrid.errors import StoreBusy, StoreFull
from gisgrid.operations import keys, people
from gisgrid.operations.delays import CANNOT
from gisgrid.web import basic
from gisgrid.web.current import workspace
from gisgrid.web.owner import owner

if TYPE_CHECKING:
    from flask import Flask, Request

    from gisgrid.store import Person

TOUCH_SECONDS = 300.0
"""How often a session's last use is written: each write waits for the disk."""


TOKEN_PATHS = ("/api/", "/tiles/", "/ogc")
"""Below which a token counts; pages are for people."""


class SignedIn(UserMixin):  # type: ignore[misc]
    """The person of one session or token, for one request.

    by_token: a program with a token, that no browser sends along by itself. reach: read or write.
    """

    def __init__(
        self, token: str, person: Person, *, reach: str = "write", by_token: bool = False
    ) -> None:
        self.token = token
        self.reach, self.by_token = reach, by_token
        self.actor = people.actor_of(person)
        self.owner = owner(person)

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie: the session's token, never a person's number."""
        return self.token


class Touches:
    """When each session was last written as used; thread-safe, forgets the oldest half."""

    LIMIT = 4096

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Forget all: the next request of each session writes."""
        with self._lock:
            self._last.clear()

    def due(self, token: str) -> bool:
        """Whether it is time to write; asking counts as writing."""
        now = time.monotonic()
        with self._lock:
            if now - self._last.get(token, -TOUCH_SECONDS) < TOUCH_SECONDS:
                return False
            if len(self._last) >= self.LIMIT:
                newest = sorted(self._last, key=self._last.__getitem__)[self.LIMIT // 2 :]
                self._last = {key: self._last[key] for key in newest}
            self._last[token] = now
            return True


def register(app: Flask) -> None:
    """Hang sessions onto the application."""
    manager = LoginManager()
    # Phones change their address between two requests; the token alone decides.
    manager.session_protection = None
    manager.init_app(app)
    basic.register(app)
    touches = app.extensions["gisgrid.touches"] = Touches()

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> SignedIn | None:
        person = people.session_person(workspace(), token)
        if person is None:
            return None
        if touches.due(token):
            try:
                people.touch_session(workspace(), token)
            except (StoreBusy, StoreFull):
                app.logger.warning("could not note that a session is in use; trying later")
        return SignedIn(token, person)

    @manager.request_loader  # type: ignore[untyped-decorator]
    def load_program(asking: Request) -> SignedIn | None:
        token = token_given()
        if not token:
            known = basic.signed_in(asking)
            return None if known is None else SignedIn(*known, reach="read", by_token=True)
        found = keys.token_person(workspace(), token)
        if found is None:
            return None
        if touches.due(token):
            with suppress(StoreBusy, StoreFull):
                keys.touch_token(workspace(), token)
        return SignedIn(token, found[0], reach=found[1], by_token=True)


def token_given() -> str:
    """The token that a program sends: Bearer, or as the password of Basic, whatever the name."""
    sent = request.authorization
    if sent is None or not request.path.startswith(TOKEN_PATHS):
        return ""
    if sent.type == "bearer":
        return sent.token or ""
    password = str(sent.password or "") if sent.type == "basic" else ""
    return password if password.startswith(keys.TOKEN_SIGN) else ""


BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def device() -> str:
    """Browser and system in plain words: enough to know one's own, too little to follow anybody."""
    agent = request.headers.get("User-Agent", "")
    words = [
        next((word for sign, word in signs if sign in agent), "") for signs in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(word for word in words if word)


def begin(person: Person) -> None:
    """Sign `person` in with a session that is new, whatever the browser brought along."""
    leave()
    token = people.start_session(workspace(), person, device())
    session.permanent = True
    login_user(SignedIn(token, person))


def leave() -> bool:
    """End the session in the store and in the browser; nothing happens when there is none.

    False where the store could not end it (full, locked, away): this browser forgets it all the
    same, as who leaves a shared phone must not stay signed in.
    """
    ended = True
    if current_user.is_authenticated:
        try:
            people.end_session(workspace(), current_user.actor, current_user.token)
        except CANNOT as err:
            current_app.logger.warning("a session could not be ended in the store: %s", err.code)
            ended = False
    logout_user()
    session.clear()
    return ended
