"""What a view works with: the workspace of the application, the actor of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app
from flask_login import current_user

if TYPE_CHECKING:
    from gisgrid.access import Action, Actor
    from gisgrid.operations.workspace import Workspace


PROGRAMS = ("/api/", "/tiles/", "/map/", "/ogc/", "/healthz", "/readyz")
"""Addresses that programs ask: a refusal is problem+json there, never a page."""


def workspace() -> Workspace:
    """The store, read model and clock behind this application."""
    return cast("Workspace", current_app.extensions["gisgrid"])


def actor() -> Actor:
    """Who asks, with rights read for this request. Only behind the gate (gate.py)."""
    return cast("Actor", current_user.actor)


def may(action: Action) -> bool:
    """Whether the signed-in person has the right; False for nobody. For templates."""
    from gisgrid.access import may as allowed  # noqa: PLC0415 - a name of its own in templates

    return bool(current_user.is_authenticated) and allowed(actor(), action)
