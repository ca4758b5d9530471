"""HTTP Basic for programs that keep no cookie (QGIS): name and password, on /ogc and /tiles alone.

A password takes a tenth of a second to check, on purpose. So the first request opens a session and
the next ones find it again by a digest of what they sent; the session itself is looked up each
time, and one that has ended, or whose person is shut out, opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, cast

from flask import current_app, request

from gisgrid.errors import SignInRefused
from gisgrid.operations import keys, people
from gisgrid.web import tries
from gisgrid.web.current import workspace

if TYPE_CHECKING:
    from flask import Flask, Request, Response

    from gisgrid.store import Person

PREFIXES = ("/ogc", "/tiles/")
KEPT = 1000
REALM = 'Basic realm="gisgrid", charset="UTF-8"'


def register(app: Flask) -> None:
    """Ask programs for a name and password; a browser's map must not make it open a window."""

    @app.after_request
    def ask(answer: Response) -> Response:
        program = request.path.startswith("/ogc") or request.authorization is not None
        if answer.status_code == 401 and program:
            answer.headers["WWW-Authenticate"] = REALM
        return answer


class Known:
    """Digest of what a program sends -> token of its session; thread-safe, the oldest goes first.

    The digest is keyed with chance of this process: it says nothing to who finds it.
    """

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(32)
        self._tokens: OrderedDict[bytes, str] = OrderedDict()
        self._lock = threading.Lock()

    def digest(self, name: str, password: str) -> bytes:
        """What stands for a name and password."""
        said = f"{len(name)}:{name}{password}".encode()
        return hmac.new(self._salt, said, hashlib.sha256).digest()

    def get(self, digest: bytes) -> str | None:
        """The token of the session that these opened."""
        with self._lock:
            return self._tokens.get(digest)

    def put(self, digest: bytes, token: str) -> None:
        """Remember a session."""
        with self._lock:
            self._tokens[digest] = token
            while len(self._tokens) > KEPT:
                self._tokens.popitem(last=False)


def signed_in(asking: Request) -> tuple[str, Person] | None:
    """Token and person of a request with Basic credentials; None without, or with wrong ones.

    Raises TooManyTries while the wait after wrong ones lasts.
    """
    given = asking.authorization
    if not asking.path.startswith(PREFIXES) or given is None or given.type != "basic":
        return None
    name, password = given.username or "", given.password or ""
    known = cast("Known", current_app.extensions.setdefault("gisgrid.basic", Known()))
    digest = known.digest(name, password)
    token = known.get(digest)
    person = people.session_person(workspace(), token) if token else None
    if token is None or person is None:
        person = _verified(name, password)
        if person is None:
            return None
        token = people.start_session(workspace(), person)
        known.put(digest, token)
    return token, person


def _verified(name: str, password: str) -> Person | None:
    """The person, or None after noting a failed attempt."""
    try:
        with tries.attempt(name):
            person = people.sign_in(workspace(), name, password)
    except SignInRefused:
        return None
    tries.passed(name, by_page=False)
    # A password alone is not enough for who has a second factor: programs of theirs take a token.
    return None if keys.has_factor(workspace(), person.id) else person
