"""Tries at a password, code or link, each with where it comes from; and the browser's cookie."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from flask import after_this_request, current_app, request

from gisgrid.operations.delays import KNOWN_DAYS, Asker, Delays
from gisgrid.web.current import workspace

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from flask.sansio.app import App
    from werkzeug.wrappers import Response as Answer

COOKIE = "gisgrid_device"
SECONDS = int(timedelta(days=KNOWN_DAYS).total_seconds())
DEVICE = re.compile(r"[A-Za-z0-9_-]{22}")


def register(app: App) -> None:
    """Hang the counts of failed attempts onto the application."""
    app.extensions["gisgrid.delays"] = Delays(app.config["SECRET_KEY"])


def attempt(account: str) -> AbstractContextManager[None]:
    """One try; who fails often waits. Raises TooManyTries; see Delays.attempt."""
    return _delays().attempt(workspace(), _asker(account))


def passed(account: str, *, by_page: bool = True) -> None:
    """The right proof came; a browser is known from now on by a cookie that names nobody."""
    asker = _asker(account)
    if by_page and not asker.device:
        asker = asker._replace(device=secrets.token_urlsafe(16))
    _delays().passed(workspace(), asker)
    if by_page:
        after_this_request(lambda answer: _with_cookie(answer, asker.device))


def _delays() -> Delays:
    return cast("Delays", current_app.extensions["gisgrid.delays"])


def _asker(account: str) -> Asker:
    device = request.cookies.get(_cookie(), "")
    known = device if DEVICE.fullmatch(device) else ""
    return Asker(account, request.remote_addr or "", known)


def _cookie() -> str:
    return f"__Host-{COOKIE}" if current_app.config["SESSION_COOKIE_SECURE"] else COOKIE


def _with_cookie(answer: Answer, device: str) -> Answer:
    answer.set_cookie(
        _cookie(),
        device,
        max_age=SECONDS,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Strict",
    )
    return answer
