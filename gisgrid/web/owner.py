"""Whose records lie on a device: a text that names a person to that person's device only."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from flask import current_app
from flask_login import current_user

if TYPE_CHECKING:
    from flask import Flask

    from gisgrid.access import Actor


def owner(actor: Actor) -> str:
    """The same for the same person at each sign-in; without the server's key it tells nothing."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"owner {actor.person}".encode(), "sha256").hexdigest()[:24]


def register(app: Flask) -> None:
    """Give the templates `device_owner()`: empty where nobody is signed in."""

    def device_owner() -> str:
        return owner(current_user.actor) if current_user.is_authenticated else ""

    app.jinja_env.globals["device_owner"] = device_owner
