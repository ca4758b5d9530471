"""Sessions: a random id in the signed cookie, a row in the store, rights read at every request."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from flask import session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from gisgrid.errors import StoreBusy, StoreFull
from gisgrid.operations import people
from gisgrid.web import basic
from gisgrid.web.current import workspace

if TYPE_CHECKING:
    from flask import Flask, Request

    from gisgrid.store import Person

TOUCH_SECONDS = 300.0
"""How often a session's last use is written: each write waits for the disk."""


class SignedIn(UserMixin):  # type: ignore[misc]
    """The person of one session, for one request."""

    def __init__(self, token: str, person: Person) -> None:
        self.token = token
        self.actor = people.actor_of(person)

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
        found = basic.signed_in(asking)
        return None if found is None else SignedIn(*found)


def begin(person: Person) -> None:
    """Sign `person` in with a session that is new, whatever the browser brought along."""
    leave()
    token = people.start_session(workspace(), person)
    session.permanent = True
    login_user(SignedIn(token, person))


def leave() -> None:
    """End the session in the store and in the browser; nothing happens when there is none."""
    if current_user.is_authenticated:
        people.end_session(workspace(), current_user.token)
    logout_user()
    session.clear()
