"""Whose records lie on a device: a text that names a person to that person's device only."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING

from flask import current_app
from flask_login import current_user

if TYPE_CHECKING:
    from flask import Flask

    from gisgrid.access import Actor
    from gisgrid.store import Person


def owner(person: Person) -> str:
    """The same for the same account at each sign-in, and it tells nothing about the person.

    Made of what is in the store and in its backups alone: unsent records must find their owner
    again after a new key, and after a restore on another machine.
    """
    told = f"owner {person.id} {person.created_at.isoformat()}"
    return sha256(told.encode()).hexdigest()[:24]


def whose(actor: Actor) -> str:
    """Whose list a device keeps: another text once the person serves another grid."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    told = f"list {actor.person} {actor.role.value} {actor.scope.code}"
    return hmac.new(key, told.encode(), "sha256").hexdigest()[:24]


def register(app: Flask) -> None:
    """Give the templates `device_owner()`: empty where nobody is signed in."""

    def device_owner() -> str:
        return str(current_user.owner) if current_user.is_authenticated else ""

    app.jinja_env.globals["device_owner"] = device_owner
