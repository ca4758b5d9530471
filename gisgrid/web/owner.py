"""Whose records lie on a device: a text that names a person to that person's device only."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from flask_login import current_user

if TYPE_CHECKING:
    from flask import Flask

    from gisgrid.store import Person


def owner(person: Person) -> str:
    """The same for the same account at each sign-in, and it tells nothing about the person.

    Made of what is in the store and in its backups alone: unsent records must find their owner
    again after a new key, and after a restore on another machine.
    """
    told = f"owner {person.id} {person.created_at.isoformat()}"
    return sha256(told.encode()).hexdigest()[:24]


def register(app: Flask) -> None:
    """Give the templates `device_owner()`: empty where nobody is signed in."""

    def device_owner() -> str:
        return str(current_user.owner) if current_user.is_authenticated else ""

    app.jinja_env.globals["device_owner"] = device_owner
